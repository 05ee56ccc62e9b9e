//! Rewriting a component: each core module in it, nested components included, and at the end of
//! each component the exports that hand its regions to whoever instantiates it.

use std::rc::Rc;
use std::sync::Arc;

use wasm_encoder::{
    Alias, CanonicalFunctionSection, CanonicalOption, Component, ComponentAliasSection, ComponentExportKind,
    ComponentExportSection, ComponentSectionId, ComponentTypeSection, ComponentValType, ExportKind, PrimitiveValType,
    RawSection,
};
use wasmparser::{Chunk, Encoding, Parser, Payload};

use super::facts;
use super::module::{self, MEMORIES_MAX, MEMORY_EXPORT, READ_EXPORT, RESET_EXPORT};
use super::scope::{CoreModule, ModuleCounters, Scope};
use super::{InstrumentError, Instrumented, Reason, Region, Untouched};

/// How the exports begin that give regions, and those that zero them.
const READ_PREFIX: &str = "kvspec-region-r";
const RESET_PREFIX: &str = "kvspec-reset-region-r";

/// How many components may lie around one that is rewritten: each takes room on the stack, and its
/// content is copied once for each.
const DEPTH_MAX: usize = 100;

/// The most regions of a component. Components that instantiate others twice double them at each level,
/// and what is added to a component is there once for each of its instances.
const REGIONS_MAX: usize = 1_000;

/// The most regions that all components of a file export together: what is at the bottom is handed
/// on by each component around it.
const EXPORTED_REGIONS_MAX: usize = REGIONS_MAX * DEPTH_MAX;

/// Rewrites a component.
///
/// # Errors
/// See [`super::instrument`].
pub(super) fn rewrite(component: &[u8]) -> Result<Instrumented, InstrumentError> {
    let too_deep = format!("it lies more than {DEPTH_MAX} components deep");
    match Rewriter::new(DEPTH_MAX, too_deep).outermost(component) {
        Ok(instrumented) => Ok(instrumented),
        Err(Stopped::TooManyRegions) => {
            let too_many = format!("nested components would have more than {REGIONS_MAX} core instances with counters");
            // Its own are no more than a module may have memories.
            Rewriter::new(0, too_many).outermost(component).map_err(|stopped| match stopped {
                Stopped::Refused(error) => error,
                Stopped::TooManyRegions => unreachable!("nested components have none"),
            })
        }
        Err(Stopped::Refused(error)) => Err(error),
    }
}

/// Why rewriting ended early.
enum Stopped {
    /// It cannot be rewritten.
    Refused(InstrumentError),
    /// It has more regions than is good.
    TooManyRegions,
}

impl From<InstrumentError> for Stopped {
    fn from(error: InstrumentError) -> Self {
        Stopped::Refused(error)
    }
}

struct Rewriter {
    /// How many components may lie around one that is rewritten.
    depth_max: usize,
    /// Why those are left alone that lie deeper.
    too_deep: String,
    /// The scopes around the component that is being rewritten, the innermost last.
    outer: Vec<Scope>,
    untouched: Vec<Untouched>,
    /// How many more regions may be exported, of all components together.
    regions_left: usize,
}

impl Rewriter {
    fn new(depth_max: usize, too_deep: String) -> Self {
        Self { depth_max, too_deep, outer: Vec::new(), untouched: Vec::new(), regions_left: EXPORTED_REGIONS_MAX }
    }

    fn outermost(mut self, component: &[u8]) -> Result<Instrumented, Stopped> {
        let (bytes, regions) = self.component(component, 0, "")?;
        Ok(Instrumented { bytes, regions, untouched: self.untouched })
    }

    /// Rewrites one component, which begins at `base` within the outermost. `place` names it.
    fn component(&mut self, bytes: &[u8], base: usize, place: &str) -> Result<(Vec<u8>, Vec<Region>), Stopped> {
        let malformed = |error: wasmparser::Error| InstrumentError::Malformed {
            offset: base + error.offset(),
            message: error.message().to_owned(),
        };
        let mut output = Component::new();
        let mut scope = Scope::default();
        let (mut modules_met, mut components_met) = (0, 0);
        let mut parser = Parser::new(0);
        let mut at = 0;
        loop {
            let payload = match parser.parse(&bytes[at..], true).map_err(malformed)? {
                Chunk::Parsed { consumed, payload } => {
                    at += consumed;
                    payload
                }
                Chunk::NeedMoreData(_) => {
                    let message = "it ends too early".into();
                    return Err(InstrumentError::Malformed { offset: base + at, message }.into());
                }
            };
            match &payload {
                Payload::Version { encoding: Encoding::Module, .. } => return Err(InstrumentError::CoreModule.into()),
                Payload::End(_) => break,
                Payload::ModuleSection { unchecked_range, .. } => {
                    let range = unchecked_range.clone();
                    at = range.end;
                    let section = bytes.get(range).ok_or_else(|| cut_short(base + bytes.len()))?;
                    let place = format!("{place}module {modules_met}");
                    modules_met += 1;
                    let (rewritten, module) = self.core_module(section, place);
                    let data = rewritten.as_deref().unwrap_or(section);
                    output.section(&RawSection { id: ComponentSectionId::CoreModule.into(), data });
                    scope.core_modules.push(module);
                }
                Payload::ComponentSection { unchecked_range, .. } => {
                    let range = unchecked_range.clone();
                    at = range.end;
                    let section = bytes.get(range.clone()).ok_or_else(|| cut_short(base + bytes.len()))?;
                    let number = components_met;
                    components_met += 1;
                    if self.outer.len() >= self.depth_max {
                        self.leave_deep(place, number);
                        output.section(&RawSection { id: ComponentSectionId::Component.into(), data: section });
                        scope.components.push(Rc::new([]));
                        continue;
                    }
                    let place = format!("{place}component {number}, ");
                    self.outer.push(scope);
                    let nested = self.component(section, base + range.start, &place);
                    scope = self.outer.pop().expect("it was pushed above");
                    let (data, regions) = nested?;
                    output.section(&RawSection { id: ComponentSectionId::Component.into(), data: &data });
                    scope.components.push(regions.into());
                }
                other => {
                    refuse_own_exports(other).map_err(malformed)??;
                    scope.note(other, &self.outer).map_err(malformed)?;
                    if let Some((id, range)) = other.as_section() {
                        output.section(&RawSection { id, data: &bytes[range] });
                    }
                }
            }
        }
        self.list_foreign_modules(&scope, place);
        let regions = self.export_regions(&mut output, &scope, place)?;
        Ok((output.finish(), regions))
    }

    fn core_module(&mut self, bytes: &[u8], place: String) -> (Option<Vec<u8>>, CoreModule) {
        let place = match facts::name_of(bytes) {
            Some(name) => format!("{place} ({})", name.escape_debug()),
            None => place,
        };
        match module::rewrite(bytes) {
            Ok(rewritten) => {
                let module::Rewritten { bytes, layout, comparisons, resources } = rewritten;
                let (place, comparisons, resources) = (place.into(), comparisons.into(), resources.into());
                let counters = ModuleCounters { place, layout, comparisons, resources };
                (Some(bytes), CoreModule::Counted(Rc::new(counters)))
            }
            Err(reason) => {
                self.untouched.push(Untouched { module: place, reason });
                (None, CoreModule::Plain)
            }
        }
    }

    fn list_foreign_modules(&mut self, scope: &Scope, place: &str) {
        for (number, module) in scope.core_instances.iter().enumerate() {
            let module = module.and_then(|index| scope.core_modules.get(index as usize));
            if let Some(CoreModule::Foreign) = module {
                let module = format!("{place}core instance {number}");
                self.untouched.push(Untouched { module, reason: Reason::Foreign });
            }
        }
    }

    /// Lists a component that lies too deep; of the place around it, the outermost part is told.
    fn leave_deep(&mut self, place: &str, number: u32) {
        let around = place.split_once(", ").map_or(String::new(), |(outermost, _)| format!("{outermost}, …, "));
        let (module, reason) = (format!("{around}component {number}"), Reason::Unsupported(self.too_deep.clone()));
        self.untouched.push(Untouched { module, reason });
    }

    /// Appends the exports of all regions: those of the component's own core instances, and those that
    /// instances of nested components export. A component names no more core memories than a module may
    /// have; core instances beyond are listed by their number.
    fn export_regions(&mut self, output: &mut Component, scope: &Scope, place: &str) -> Result<Vec<Region>, Stopped> {
        let mut tail = Tail::new(scope);
        let mut left_out = 0;
        for (instance, module) in (0..).zip(&scope.core_instances) {
            let module = module.and_then(|index| scope.core_modules.get(index as usize));
            if let Some(CoreModule::Counted(counters)) = module {
                match tail.next_core_memory < MEMORIES_MAX {
                    true => tail.core_instance(instance, counters),
                    false => left_out += 1,
                }
            }
        }
        if left_out > 0 {
            let reason = Reason::Unsupported(format!("{} others have counters", tail.regions.len()));
            self.untouched.push(Untouched { module: format!("{place}{left_out} core instances"), reason });
        }
        for (instance, component) in (0..).zip(&scope.instances) {
            let regions = component.and_then(|index| scope.components.get(index as usize));
            for region in regions.iter().flat_map(|regions| regions.iter()) {
                if tail.regions.len() == REGIONS_MAX {
                    return Err(Stopped::TooManyRegions);
                }
                tail.nested(instance, region);
            }
        }
        self.regions_left = self.regions_left.checked_sub(tail.regions.len()).ok_or(Stopped::TooManyRegions)?;
        Ok(tail.finish(output))
    }
}

fn cut_short(offset: usize) -> InstrumentError {
    InstrumentError::Malformed { offset, message: "a section is cut short".into() }
}

/// A component that has exports of our names would get them twice.
fn refuse_own_exports(payload: &Payload<'_>) -> wasmparser::Result<Result<(), InstrumentError>> {
    if let Payload::ComponentExportSection(section) = payload {
        for export in section.clone() {
            let name = export?.name.name;
            if name.starts_with(READ_PREFIX) || name.starts_with(RESET_PREFIX) {
                return Ok(Err(InstrumentError::AlreadyInstrumented { export: name.to_owned() }));
            }
        }
    }
    Ok(Ok(()))
}

/// The sections that are appended to a component.
struct Tail {
    /// The index of the type `func() -> list<u8>`; that of `func()` follows.
    read_type: u32,
    next_core_function: u32,
    next_core_memory: u32,
    next_function: u32,
    core_aliases: ComponentAliasSection,
    lifts: CanonicalFunctionSection,
    nested_aliases: ComponentAliasSection,
    exports: ComponentExportSection,
    regions: Vec<Region>,
}

impl Tail {
    fn new(scope: &Scope) -> Self {
        Self {
            // The list comes first.
            read_type: scope.types + 1,
            next_core_function: scope.core_functions,
            next_core_memory: scope.core_memories,
            next_function: scope.functions,
            core_aliases: ComponentAliasSection::new(),
            lifts: CanonicalFunctionSection::new(),
            nested_aliases: ComponentAliasSection::new(),
            exports: ComponentExportSection::new(),
            regions: Vec::new(),
        }
    }

    fn core_instance(&mut self, instance: u32, counters: &ModuleCounters) {
        for (kind, name) in
            [(ExportKind::Func, READ_EXPORT), (ExportKind::Func, RESET_EXPORT), (ExportKind::Memory, MEMORY_EXPORT)]
        {
            self.core_aliases.alias(Alias::CoreInstanceExport { instance, kind, name });
        }
        self.lifts.lift(self.next_core_function, self.read_type, [CanonicalOption::Memory(self.next_core_memory)]);
        self.lifts.lift(self.next_core_function + 1, self.read_type + 1, []);
        self.next_core_function += 2;
        self.next_core_memory += 1;
        self.export(&counters.place, counters.layout, &counters.comparisons, &counters.resources);
    }

    fn nested(&mut self, instance: u32, region: &Region) {
        for name in [&region.read_export, &region.reset_export] {
            self.nested_aliases.alias(Alias::InstanceExport { instance, kind: ComponentExportKind::Func, name });
        }
        self.export(&region.module, region.layout, &region.comparisons, &region.resources);
    }

    /// Exports the two functions that were added last.
    fn export(
        &mut self,
        module: &Arc<str>,
        layout: super::Layout,
        comparisons: &Arc<[super::Comparison]>,
        resources: &Arc<[String]>,
    ) {
        let number = self.regions.len();
        let region = Region {
            module: module.clone(),
            read_export: format!("{READ_PREFIX}{number}"),
            reset_export: format!("{RESET_PREFIX}{number}"),
            layout,
            comparisons: comparisons.clone(),
            resources: resources.clone(),
        };
        for (name, function) in [(&region.read_export, 0), (&region.reset_export, 1)] {
            self.exports.export(name.as_str(), ComponentExportKind::Func, self.next_function + function, None);
        }
        self.next_function += 2;
        self.regions.push(region);
    }

    /// Lifted functions get their indices before aliased ones, as they were numbered.
    fn finish(self, output: &mut Component) -> Vec<Region> {
        if !self.lifts.is_empty() {
            let mut types = ComponentTypeSection::new();
            types.defined_type().list(ComponentValType::Primitive(PrimitiveValType::U8));
            let list = ComponentValType::Type(self.read_type - 1);
            types.function().params::<_, ComponentValType>([]).result(Some(list));
            types.function().params::<_, ComponentValType>([]).result(None);
            output.section(&types).section(&self.core_aliases).section(&self.lifts);
        }
        if !self.nested_aliases.is_empty() {
            output.section(&self.nested_aliases);
        }
        if !self.exports.is_empty() {
            output.section(&self.exports);
        }
        self.regions
    }
}
