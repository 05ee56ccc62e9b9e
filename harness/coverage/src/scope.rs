//! The index spaces of a component, as far as the rewriter must know them: how many items of each
//! sort there are, and what modules, components and instances stand for.

use std::rc::Rc;
use std::sync::Arc;

use wasmparser::{
    CanonicalFunction, ComponentAlias, ComponentExternalKind, ComponentInstance, ComponentOuterAliasKind,
    ComponentTypeRef, ExternalKind, Instance, Payload,
};

use super::Region;
use super::layout::Layout;
use super::plan::Comparison;

/// A core module of the component.
#[derive(Debug)]
pub(super) struct ModuleCounters {
    /// Its place and name, for reports.
    pub(super) place: Arc<str>,
    pub(super) layout: Layout,
    pub(super) comparisons: Arc<[Comparison]>,
    pub(super) resources: Arc<[String]>,
}

/// What an index of the core module space stands for.
#[derive(Debug, Clone)]
pub(super) enum CoreModule {
    /// A module with counters.
    Counted(Rc<ModuleCounters>),
    /// A module of the component that is left alone.
    Plain,
    /// A module that comes from outside.
    Foreign,
}

/// The regions that each instance of a component exports. Empty for one from outside.
pub(super) type ComponentRegions = Rc<[Region]>;

/// The index spaces of one component while its sections are read.
#[derive(Debug, Default)]
pub(super) struct Scope {
    pub(super) types: u32,
    pub(super) functions: u32,
    pub(super) core_functions: u32,
    pub(super) core_memories: u32,
    pub(super) core_modules: Vec<CoreModule>,
    pub(super) components: Vec<ComponentRegions>,
    /// The module that each core instance is of; `None` for a bundle of items.
    pub(super) core_instances: Vec<Option<u32>>,
    /// The component that each instance is of; `None` for any other instance.
    pub(super) instances: Vec<Option<u32>>,
}

impl Scope {
    /// Counts the items that a section adds. Modules and components themselves are added by the
    /// rewriter. `outer` are the scopes around this one, the innermost last.
    pub(super) fn note(&mut self, payload: &Payload<'_>, outer: &[Scope]) -> wasmparser::Result<()> {
        match payload {
            Payload::ComponentTypeSection(section) => self.types += section.count(),
            Payload::ComponentImportSection(section) => {
                for import in section.clone() {
                    self.add(sort_of(&import?.ty));
                }
            }
            Payload::ComponentExportSection(section) => {
                for export in section.clone() {
                    let export = export?;
                    self.add_same(export.kind, export.index);
                }
            }
            Payload::ComponentCanonicalSection(section) => {
                for function in section.clone() {
                    match function? {
                        CanonicalFunction::Lift { .. } => self.functions += 1,
                        _ => self.core_functions += 1,
                    }
                }
            }
            Payload::ComponentAliasSection(section) => {
                for alias in section.clone() {
                    self.note_alias(&alias?, outer);
                }
            }
            Payload::InstanceSection(section) => {
                for instance in section.clone() {
                    self.core_instances.push(match instance? {
                        Instance::Instantiate { module_index, .. } => Some(module_index),
                        Instance::FromExports(_) => None,
                    });
                }
            }
            Payload::ComponentInstanceSection(section) => {
                for instance in section.clone() {
                    self.instances.push(match instance? {
                        ComponentInstance::Instantiate { component_index, .. } => Some(component_index),
                        ComponentInstance::FromExports(_) => None,
                    });
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// An item that comes from outside.
    fn add(&mut self, kind: ComponentExternalKind) {
        match kind {
            ComponentExternalKind::Module => self.core_modules.push(CoreModule::Foreign),
            ComponentExternalKind::Func => self.functions += 1,
            ComponentExternalKind::Type => self.types += 1,
            ComponentExternalKind::Instance => self.instances.push(None),
            ComponentExternalKind::Component => self.components.push(Rc::new([])),
            ComponentExternalKind::Value => {}
        }
    }

    /// A further index for an item that has one: an export makes one. An exported instance is
    /// not counted again, its regions are read through the first index.
    fn add_same(&mut self, kind: ComponentExternalKind, index: u32) {
        match kind {
            ComponentExternalKind::Module => self.core_modules.extend(self.core_modules.get(index as usize).cloned()),
            ComponentExternalKind::Component => self.components.extend(self.components.get(index as usize).cloned()),
            other => self.add(other),
        }
    }

    fn note_alias(&mut self, alias: &ComponentAlias<'_>, outer: &[Scope]) {
        match *alias {
            ComponentAlias::InstanceExport { kind, .. } => self.add(kind),
            ComponentAlias::CoreInstanceExport { kind, .. } => match kind {
                ExternalKind::Func | ExternalKind::FuncExact => self.core_functions += 1,
                ExternalKind::Memory => self.core_memories += 1,
                ExternalKind::Table | ExternalKind::Global | ExternalKind::Tag => {}
            },
            ComponentAlias::Outer { kind, count, index } => {
                let scope = match count as usize {
                    0 => Some(&*self),
                    levels => outer.len().checked_sub(levels).map(|at| &outer[at]),
                };
                match kind {
                    ComponentOuterAliasKind::CoreModule => {
                        let module = scope.and_then(|scope| scope.core_modules.get(index as usize)).cloned();
                        self.core_modules.push(module.unwrap_or(CoreModule::Foreign));
                    }
                    ComponentOuterAliasKind::Component => {
                        let regions = scope.and_then(|scope| scope.components.get(index as usize)).cloned();
                        self.components.push(regions.unwrap_or_else(|| Rc::new([])));
                    }
                    ComponentOuterAliasKind::Type => self.types += 1,
                    ComponentOuterAliasKind::CoreType => {}
                }
            }
        }
    }
}

fn sort_of(ty: &ComponentTypeRef) -> ComponentExternalKind {
    match ty {
        ComponentTypeRef::Module(_) => ComponentExternalKind::Module,
        ComponentTypeRef::Func(_) => ComponentExternalKind::Func,
        ComponentTypeRef::Value(_) => ComponentExternalKind::Value,
        ComponentTypeRef::Type(_) => ComponentExternalKind::Type,
        ComponentTypeRef::Instance(_) => ComponentExternalKind::Instance,
        ComponentTypeRef::Component(_) => ComponentExternalKind::Component,
    }
}
