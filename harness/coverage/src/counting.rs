//! The code that counts: what is put into the functions of a module, and the functions that are
//! added to it.

use wasm_encoder::{BlockType, Function, InstructionSink, MemArg};

use super::facts::ResourceFunctions;
use super::layout::Layout;
use super::plan::{Comparison, Width};

/// The locals that counting needs.
#[derive(Clone, Copy)]
pub(super) struct Scratch {
    /// Two of 32 bits, then two of 64.
    pub(super) first: u32,
}

/// What the counting code of a module refers to, and how far it has come in writing it.
pub(super) struct Counting {
    /// The index of the added memory.
    pub(super) memory: u32,
    pub(super) imported_functions: u32,
    /// The index of the added function that gives the region; the one that zeroes it follows, and
    /// then the one that keeps operands, where there are functions to watch.
    pub(super) read_function: u32,
    /// The functions that compare memory, by their index among those the module defines.
    pub(super) comparers: Vec<usize>,
    pub(super) resources: Vec<ResourceFunctions>,
    pub(super) layout: Layout,
    /// The function being written, by its index among those the module defines.
    pub(super) next_function: usize,
    pub(super) next_edge: u32,
    pub(super) next_comparison: u32,
    pub(super) next_word_pair: u32,
}

impl Counting {
    /// What a function begins with, beside its edge: its operands, if it compares memory; the end
    /// of a resource, if it is a destructor.
    pub(super) fn at_start(&self, code: &mut InstructionSink<'_>) {
        if self.comparers.contains(&self.next_function) {
            code.local_get(0).local_get(1).local_get(2).call(self.read_function + 2);
        }
        let function = self.imported_functions + self.next_function as u32;
        for (resource, functions) in (0..).zip(&self.resources) {
            if functions.destructor == function {
                self.add_one(code, self.layout.ended_offset(resource));
            }
        }
    }

    /// Before a call: a resource is made, if that is what the function does.
    pub(super) fn count_resource_made(&self, code: &mut InstructionSink<'_>, called: u32) {
        for (resource, functions) in (0..).zip(&self.resources) {
            if functions.new == called {
                self.add_one(code, self.layout.made_offset(resource));
            }
        }
    }

    /// Adds one to a count of 32 bits.
    fn add_one(&self, code: &mut InstructionSink<'_>, address: u32) {
        let count = MemArg { offset: u64::from(address), align: 0, memory_index: self.memory };
        code.i32_const(0).i32_const(0).i32_load(count).i32_const(1).i32_add().i32_store(count);
    }

    /// Adds one to the counter of the next edge, unless it is 255: a counter that wrapped would
    /// hide a loop of 256 rounds.
    pub(super) fn count_edge(&mut self, code: &mut InstructionSink<'_>, scratch: Scratch) {
        let counter = self.byte_at(self.layout.edge_offset(self.next_edge));
        self.next_edge += 1;
        let raised = scratch.first;
        code.i32_const(0);
        code.i32_const(0).i32_load8_u(counter).i32_const(1).i32_add().local_tee(raised);
        code.local_get(raised).i32_const(8).i32_shr_u().i32_sub();
        code.i32_store8(counter);
    }

    /// Raises the closeness of the next comparison to that of the topmost operand, which stays, and
    /// keeps the operand if it came closer than those before.
    pub(super) fn note_closeness(&mut self, code: &mut InstructionSink<'_>, scratch: Scratch, comparison: Comparison) {
        let best = self.byte_at(self.layout.comparison_offset(self.next_comparison));
        let nearest = self.byte_at(self.layout.nearest_offset(self.next_comparison));
        self.next_comparison += 1;
        let closeness = scratch.first;
        let operand = match comparison.width {
            Width::Bits32 => scratch.first + 1,
            Width::Bits64 => scratch.first + 2,
        };
        code.local_tee(operand);
        match comparison.width {
            Width::Bits32 => {
                code.i32_const(33);
                code.local_get(operand).i32_const((comparison.constant as u32).cast_signed());
                code.i32_xor().i32_popcnt().i32_sub();
            }
            Width::Bits64 => {
                code.i32_const(65);
                code.local_get(operand).i64_const(comparison.constant.cast_signed());
                code.i64_xor().i64_popcnt().i32_wrap_i64().i32_sub();
            }
        }
        code.local_tee(closeness);
        code.i32_const(0).i32_load8_u(best).i32_gt_u().if_(BlockType::Empty);
        code.i32_const(0).local_get(closeness).i32_store8(best);
        code.i32_const(0).local_get(operand);
        match comparison.width {
            Width::Bits32 => code.i32_store(nearest),
            Width::Bits64 => code.i64_store(nearest),
        };
        code.end();
    }

    /// Keeps the two topmost operands, which stay, if they differ.
    pub(super) fn keep_words(&mut self, code: &mut InstructionSink<'_>, scratch: Scratch, width: Width) {
        let left_word = self.byte_at(self.layout.word_pair_offset(self.next_word_pair));
        let right_word = MemArg { offset: left_word.offset + 8, ..left_word };
        self.next_word_pair += 1;
        let left = match width {
            Width::Bits32 => scratch.first,
            Width::Bits64 => scratch.first + 2,
        };
        let right = left + 1;
        code.local_set(right).local_tee(left).local_get(right);
        code.local_get(left).local_get(right);
        match width {
            Width::Bits32 => code.i32_ne(),
            Width::Bits64 => code.i64_ne(),
        };
        code.if_(BlockType::Empty);
        for (operand, place) in [(left, left_word), (right, right_word)] {
            code.i32_const(0).local_get(operand);
            match width {
                Width::Bits32 => code.i32_store(place),
                Width::Bits64 => code.i64_store(place),
            };
        }
        code.end();
    }

    /// Gives the region as the canonical ABI returns a list: the address of pointer and length.
    pub(super) fn read_function_body(&self) -> Function {
        let mut function = Function::new([]);
        let area = Layout::return_area_offset();
        let word = |offset: u32| MemArg { offset: u64::from(offset), align: 2, memory_index: self.memory };
        let mut code = function.instructions();
        code.i32_const(0).i32_const(Layout::region_offset().cast_signed()).i32_store(word(area));
        code.i32_const(0).i32_const(self.layout.len().cast_signed()).i32_store(word(area + 4));
        code.i32_const(area.cast_signed()).end();
        function
    }

    pub(super) fn reset_function_body(&self) -> Function {
        let mut function = Function::new([]);
        let mut code = function.instructions();
        code.i32_const(Layout::region_offset().cast_signed()).i32_const(0);
        code.i32_const(self.layout.zeroed_len().cast_signed()).memory_fill(self.memory).end();
        function
    }

    fn byte_at(&self, offset: u32) -> MemArg {
        MemArg { offset: u64::from(offset), align: 0, memory_index: self.memory }
    }
}
