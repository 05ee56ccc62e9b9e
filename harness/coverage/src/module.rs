//! Rewriting one core module: the added memory, the counting code, and two added functions.
//!
//! What is added comes last in its index space, so no index of the module changes.

use std::convert::Infallible;

use wasm_encoder::reencode::{self, Reencode, utils};
use wasm_encoder::{
    CodeSection, CustomSection, ExportKind, ExportSection, Function, FunctionSection, MemorySection, MemoryType,
    Module, SectionId, TypeSection, ValType,
};
use wasmparser::{Operator, Parser};

use super::Reason;
use super::comparers;
use super::counting::{Counting, Scratch};
use super::facts::Facts;
use super::layout::{Layout, OPERAND_SLOTS};
use super::plan::{Comparison, FunctionPlan, PlanError, SiteKind};

/// The core export of the added memory.
pub(super) const MEMORY_EXPORT: &str = "kvspec:region";
/// The core export that gives the address of the region's pointer and length.
pub(super) const READ_EXPORT: &str = "kvspec:read-region";
/// The core export that zeroes the region.
pub(super) const RESET_EXPORT: &str = "kvspec:reset-region";

/// The most memories that a module may have, imported ones too, as validation has it.
pub(super) const MEMORIES_MAX: u32 = 100;

/// A module with counters.
pub(super) struct Rewritten {
    pub(super) bytes: Vec<u8>,
    pub(super) layout: Layout,
    pub(super) comparisons: Vec<Comparison>,
    /// The names of the resources that are counted.
    pub(super) resources: Vec<String>,
}

/// Adds counters to a module.
///
/// # Errors
/// Why the module is better left alone.
pub(super) fn rewrite(module: &[u8]) -> Result<Rewritten, Reason> {
    let facts = Facts::of(module).map_err(|error| Reason::Unsupported(error.to_string()))?;
    if facts.bodies.is_empty() {
        return Err(Reason::NoCode);
    }
    if let Some(name) = facts.exports.iter().find(|name| [MEMORY_EXPORT, READ_EXPORT, RESET_EXPORT].contains(*name)) {
        return Err(Reason::Unsupported(format!("it has an export `{name}` already")));
    }
    if facts.memories >= MEMORIES_MAX {
        return Err(Reason::Unsupported(format!("it has {} memories, and none can be added", facts.memories)));
    }
    let plans: Vec<FunctionPlan> = facts.bodies.iter().map(FunctionPlan::of).collect::<Result<_, _>>()?;
    let comparisons: Vec<Comparison> = plans.iter().flat_map(FunctionPlan::comparisons).collect();
    let edges: usize = plans.iter().map(FunctionPlan::edge_count).sum();
    let compared: usize = plans.iter().map(FunctionPlan::compared_count).sum();
    let comparers = comparers::find(&facts);
    let resources = facts.resources();
    let too_large = || Reason::Unsupported("it has too many edges".into());
    let layout = Layout {
        edges: u32::try_from(edges).map_err(|_| too_large())?,
        comparisons: u32::try_from(comparisons.len()).map_err(|_| too_large())?,
        operand_pairs: if comparers.is_empty() { 0 } else { OPERAND_SLOTS },
        word_pairs: u32::try_from(compared).map_err(|_| too_large())?,
        resources: resources.len() as u32,
    };
    let names = resources.iter().map(|resource| resource.name.clone()).collect();
    let mut rewriter = Rewriter {
        types: facts.types.len() as u32,
        parameters: (0..facts.functions.len())
            .map(|f| facts.type_of(f).map_or(0, |t| t.params().len() as u32))
            .collect(),
        plans,
        counting: Counting {
            memory: facts.memories,
            imported_functions: facts.imported_functions,
            read_function: facts.imported_functions + facts.functions.len() as u32,
            comparers,
            resources,
            layout,
            next_function: 0,
            next_edge: 0,
            next_comparison: 0,
            next_word_pair: 0,
        },
        has_memory_section: false,
        has_export_section: false,
    };
    let mut rewritten = Module::new();
    rewriter
        .parse_core_module(&mut rewritten, Parser::new(0), module)
        .map_err(|error| Reason::Unsupported(format!("it cannot be rewritten: {error}")))?;
    Ok(Rewritten { bytes: rewritten.finish(), layout, comparisons, resources: names })
}

impl From<PlanError> for Reason {
    fn from(error: PlanError) -> Self {
        match error {
            PlanError::Malformed(error) => Reason::Unsupported(error.to_string()),
            PlanError::Unsupported(what) => Reason::Unsupported(format!("it uses {what}")),
        }
    }
}

struct Rewriter {
    /// How many types the module had.
    types: u32,
    /// The number of parameters of each function.
    parameters: Vec<u32>,
    plans: Vec<FunctionPlan>,
    counting: Counting,
    has_memory_section: bool,
    has_export_section: bool,
}

type Rewriting<T> = Result<T, reencode::Error<Infallible>>;

impl Reencode for Rewriter {
    type Error = Infallible;

    fn parse_type_section(
        &mut self,
        types: &mut TypeSection,
        section: wasmparser::TypeSectionReader<'_>,
    ) -> Rewriting<()> {
        utils::parse_type_section(self, types, section)?;
        types.ty().function([], [ValType::I32]);
        types.ty().function([], []);
        types.ty().function([ValType::I32; 3], []);
        Ok(())
    }

    fn parse_function_section(
        &mut self,
        functions: &mut FunctionSection,
        section: wasmparser::FunctionSectionReader<'_>,
    ) -> Rewriting<()> {
        utils::parse_function_section(self, functions, section)?;
        functions.function(self.types).function(self.types + 1);
        if !self.counting.comparers.is_empty() {
            functions.function(self.types + 2);
        }
        Ok(())
    }

    fn parse_memory_section(
        &mut self,
        memories: &mut MemorySection,
        section: wasmparser::MemorySectionReader<'_>,
    ) -> Rewriting<()> {
        utils::parse_memory_section(self, memories, section)?;
        self.add_memory(memories);
        Ok(())
    }

    fn parse_export_section(
        &mut self,
        exports: &mut ExportSection,
        section: wasmparser::ExportSectionReader<'_>,
    ) -> Rewriting<()> {
        utils::parse_export_section(self, exports, section)?;
        self.add_exports(exports);
        Ok(())
    }

    /// Adds the sections that the module has not, each before the first that must follow it.
    fn intersperse_section_hook(
        &mut self,
        module: &mut Module,
        _after: Option<SectionId>,
        before: Option<SectionId>,
    ) -> Rewriting<()> {
        if !self.has_memory_section && comes_after(before, SectionId::Memory) {
            let mut memories = MemorySection::new();
            self.add_memory(&mut memories);
            module.section(&memories);
        }
        if !self.has_export_section && comes_after(before, SectionId::Export) {
            let mut exports = ExportSection::new();
            self.add_exports(&mut exports);
            module.section(&exports);
        }
        Ok(())
    }

    fn parse_code_section(
        &mut self,
        code: &mut CodeSection,
        section: wasmparser::CodeSectionReader<'_>,
    ) -> Rewriting<()> {
        utils::parse_code_section(self, code, section)?;
        code.function(&self.counting.read_function_body()).function(&self.counting.reset_function_body());
        if !self.counting.comparers.is_empty() {
            code.function(&comparers::keep_operands(self.counting.layout, self.counting.memory));
        }
        Ok(())
    }

    fn parse_function_body(&mut self, code: &mut CodeSection, body: wasmparser::FunctionBody<'_>) -> Rewriting<()> {
        let plan = std::mem::take(&mut self.plans[self.counting.next_function]);
        let (mut function, scratch) = self.open_function(&body)?;
        self.counting.at_start(&mut function.instructions());
        self.counting.next_function += 1;
        self.counting.count_edge(&mut function.instructions(), scratch);
        let mut sites = plan.sites.iter().peekable();
        for (number, operator) in (0..).zip(body.get_operators_reader()?) {
            let site = sites.next_if(|site| site.operator == number);
            match site.map(|site| site.kind) {
                Some(SiteKind::Comparison(comparison)) => {
                    self.counting.note_closeness(&mut function.instructions(), scratch, comparison);
                }
                Some(SiteKind::Operands(width)) => {
                    self.counting.keep_words(&mut function.instructions(), scratch, width);
                }
                Some(SiteKind::Edge) | None => {}
            }
            let operator = operator?;
            if let Operator::Call { function_index } | Operator::ReturnCall { function_index } = operator {
                self.counting.count_resource_made(&mut function.instructions(), function_index);
            }
            function.instruction(&self.instruction(operator)?);
            if let Some(SiteKind::Edge) = site.map(|site| site.kind) {
                self.counting.count_edge(&mut function.instructions(), scratch);
            }
        }
        code.function(&function);
        Ok(())
    }

    /// Names stay, for readable traces of traps. Other custom sections hold offsets into code
    /// (debug information, branch hints), which are wrong now.
    fn parse_custom_section(
        &mut self,
        module: &mut Module,
        section: wasmparser::CustomSectionReader<'_>,
    ) -> Rewriting<()> {
        if section.name() == "name" {
            module.section(&CustomSection { name: section.name().into(), data: section.data().into() });
        }
        Ok(())
    }
}

impl Rewriter {
    fn add_memory(&mut self, memories: &mut MemorySection) {
        self.has_memory_section = true;
        let pages = self.counting.layout.pages();
        memories.memory(MemoryType {
            minimum: pages,
            // It cannot grow, so it cannot move.
            maximum: Some(pages),
            memory64: false,
            shared: false,
            page_size_log2: None,
        });
    }

    fn add_exports(&mut self, exports: &mut ExportSection) {
        self.has_export_section = true;
        exports
            .export(MEMORY_EXPORT, ExportKind::Memory, self.counting.memory)
            .export(READ_EXPORT, ExportKind::Func, self.counting.read_function)
            .export(RESET_EXPORT, ExportKind::Func, self.counting.read_function + 1);
    }

    /// A function with the locals of `body`, followed by ours.
    fn open_function(&mut self, body: &wasmparser::FunctionBody<'_>) -> Rewriting<(Function, Scratch)> {
        let mut first = self.parameters[self.counting.next_function];
        let mut locals = Vec::new();
        for group in body.get_locals_reader()? {
            let (count, ty) = group?;
            first += count;
            locals.push((count, self.val_type(ty)?));
        }
        locals.extend([(2, ValType::I32), (2, ValType::I64)]);
        Ok((Function::new(locals), Scratch { first }))
    }
}

/// Whether the section `next` (`None`: the end) must follow `section`. The binary format orders
/// sections, but not by their numbers.
fn comes_after(next: Option<SectionId>, section: SectionId) -> bool {
    const ORDER: [SectionId; 13] = [
        SectionId::Type,
        SectionId::Import,
        SectionId::Function,
        SectionId::Table,
        SectionId::Memory,
        SectionId::Tag,
        SectionId::Global,
        SectionId::Export,
        SectionId::Start,
        SectionId::Element,
        SectionId::DataCount,
        SectionId::Code,
        SectionId::Data,
    ];
    let rank = |id: SectionId| ORDER.iter().position(|other| *other == id);
    next.is_none_or(|next| rank(next) > rank(section))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Proposals that the wasmtime of this project is built without can still be rewritten.
    #[test]
    fn modules_of_newer_proposals_stay_valid() {
        let module = wat::parse_str(
            "(module
                (rec (type $node (struct (field (ref null $node)))) (type $f (func (param (ref null $node)) (result i32))))
                (tag $t (param i32))
                (memory i64 1)
                (func (type $f)
                    (block $caught (result i32)
                        (try_table (catch $t $caught)
                            (if (i32.eq (i32.load (i64.const 0)) (i32.const 77777)) (then (throw $t (i32.const 1)))))
                        (br_if $caught (i32.const 2) (ref.is_null (local.get 0)))
                        (drop)
                        (drop (struct.get $node 0 (br_on_null 1 (i32.const 3) (local.get 0))))))
                (func $tail (param i32) (result i32) (return_call $tail (local.get 0))))",
        )
        .unwrap();
        let mut validator = wasmparser::Validator::new_with_features(wasmparser::WasmFeatures::all());
        validator.validate_all(&module).expect("the module to rewrite is valid");
        let rewritten = rewrite(&module).map_err(|reason| format!("{reason:?}")).unwrap();
        wasmparser::Validator::new_with_features(wasmparser::WasmFeatures::all())
            .validate_all(&rewritten.bytes)
            .expect("the rewritten module is valid");
        assert_eq!(rewritten.comparisons.len(), 1);
    }
}
