//! Functions that compare memory, such as `memcmp`: what they compare is kept, so that the search
//! can try the bytes that some part of its input was compared with.
//!
//! This is what reaches through an interpreter. Edges there are those of the interpreter, and say
//! little of the program; but a string of the program is still compared by `memcmp`.

use wasm_encoder::{BlockType, Function, MemArg, ValType};
use wasmparser::{FunctionBody, Operator};

use super::facts::Facts;
use super::layout::{Layout, OPERAND_BYTES_MAX, OPERAND_SLOT_BYTES, OPERAND_SLOTS};

/// The shortest operands that are kept, in bytes: single ones are guessed.
const OPERAND_BYTES_MIN: u32 = 2;

/// The most operators of a function that is taken for one that compares memory, where the module
/// names no functions. That of wasi-libc has about 60.
const OPERATORS_MAX: usize = 160;

/// The functions that compare memory, by their index among those that the module defines: those
/// that have the name, else those that look like it. Keeping operands only reads, and never beyond
/// the memory, so a function that is none does no harm.
pub(super) fn find(facts: &Facts<'_>) -> Vec<usize> {
    if facts.memories != 1 || facts.has_memory64 {
        return Vec::new();
    }
    let imported = facts.imported_functions;
    let named = facts.named_comparers.iter().filter_map(|function| Some(function.checked_sub(imported)? as usize));
    let named: Vec<usize> = named.filter(|defined| facts.is_type_of_comparer(*defined)).collect();
    if !named.is_empty() || !facts.named_comparers.is_empty() {
        return named;
    }
    let candidates = facts.bodies.iter().enumerate().filter(|(defined, _)| facts.is_type_of_comparer(*defined));
    candidates.filter(|(_, body)| looks_like_comparer(body)).map(|(defined, _)| defined).collect()
}

/// It reads bytes in a loop, and neither calls nor writes.
fn looks_like_comparer(body: &FunctionBody<'_>) -> bool {
    let Ok(operators) = body.get_operators_reader() else { return false };
    let (mut count, mut byte_loads, mut loops) = (0, 0, 0);
    for operator in operators {
        count += 1;
        match operator {
            Ok(Operator::I32Load8U { .. }) => byte_loads += 1,
            Ok(Operator::Loop { .. }) => loops += 1,
            Ok(
                Operator::Call { .. }
                | Operator::CallIndirect { .. }
                | Operator::GlobalGet { .. }
                | Operator::GlobalSet { .. }
                | Operator::I32Store { .. }
                | Operator::I32Store8 { .. }
                | Operator::I64Store { .. }
                | Operator::MemoryCopy { .. }
                | Operator::MemoryFill { .. },
            )
            | Err(_) => return false,
            Ok(_) => {}
        }
    }
    count <= OPERATORS_MAX && byte_loads >= 2 && loops >= 1
}

/// The function `(a, b, length)` that keeps two operands: reads of `memory` 0, writes to `region`.
pub(super) fn keep_operands(layout: Layout, region: u32) -> Function {
    const PAGE_BYTES_LOG2: i64 = 16;
    let (a, b, length, slot) = (0, 1, 2, 3);
    let byte = |offset: u32| MemArg { offset: u64::from(offset), align: 0, memory_index: 0 };
    let in_region = |offset: u32| MemArg { offset: u64::from(offset), align: 0, memory_index: region };
    let mut function = Function::new([(1, ValType::I32)]);
    let mut code = function.instructions();
    // Others are not kept: as unsigned numbers, lengths below the least are large.
    code.local_get(length).i32_const(OPERAND_BYTES_MIN.cast_signed()).i32_sub();
    code.i32_const((OPERAND_BYTES_MAX - OPERAND_BYTES_MIN).cast_signed()).i32_gt_u().if_(BlockType::Empty);
    code.return_().end();
    for operand in [a, b] {
        code.local_get(operand).i64_extend_i32_u().local_get(length).i64_extend_i32_u().i64_add();
        code.memory_size(0).i64_extend_i32_u().i64_const(PAGE_BYTES_LOG2).i64_shl();
        code.i64_gt_u().if_(BlockType::Empty).return_().end();
    }
    // Which slot depends on some of the bytes, so that one pair that is compared all the time takes
    // one slot.
    code.local_get(length).i32_const(3).i32_mul();
    for (operand, factor) in [(a, 7), (b, 31)] {
        code.local_get(operand).i32_load8_u(byte(0)).i32_const(factor).i32_mul().i32_add();
    }
    for (operand, factor) in [(a, 131), (b, 521)] {
        code.local_get(operand).local_get(length).i32_add().i32_const(1).i32_sub().i32_load8_u(byte(0));
        code.i32_const(factor).i32_mul().i32_add();
    }
    code.i32_const((OPERAND_SLOTS - 1).cast_signed()).i32_and();
    code.i32_const(OPERAND_SLOT_BYTES.cast_signed()).i32_mul();
    code.i32_const(layout.operands_offset().cast_signed()).i32_add().local_tee(slot);
    code.local_get(length).i32_store8(in_region(0));
    for (operand, place) in [(a, 1), (b, 1 + OPERAND_BYTES_MAX)] {
        code.local_get(slot).i32_const(place.cast_signed()).i32_add();
        code.local_get(operand).local_get(length).memory_copy(region, 0);
    }
    code.end();
    function
}
