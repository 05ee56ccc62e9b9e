//! Reading one core module: what rewriting it needs to know.

use std::collections::BTreeMap;

use wasmparser::{CompositeInnerType, ExternalKind, FuncType, KnownCustom, Name, Parser, Payload, TypeRef, ValType};

/// What the rewriter must know before it starts.
#[derive(Default)]
pub(super) struct Facts<'a> {
    /// Each type; `None` for types that are no functions.
    pub(super) types: Vec<Option<FuncType>>,
    pub(super) imported_functions: u32,
    /// The module and name of each imported function.
    pub(super) imports: Vec<(&'a str, &'a str)>,
    /// The type of each function the module defines.
    pub(super) functions: Vec<u32>,
    pub(super) memories: u32,
    /// Whether a memory is addressed with 64 bits.
    pub(super) has_memory64: bool,
    pub(super) bodies: Vec<wasmparser::FunctionBody<'a>>,
    /// The names of its exports.
    pub(super) exports: Vec<&'a str>,
    /// The exported functions: name and index.
    pub(super) exported_functions: Vec<(&'a str, u32)>,
    /// Functions that are called `memcmp` or `bcmp`, by the names the module gives or exports them by.
    pub(super) named_comparers: Vec<u32>,
}

/// A type of resource that a module makes and ends, as the canonical ABI names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ResourceFunctions {
    /// The interface and the resource, such as `wasi:keyvalue/types@0.1.0#bucket`.
    pub(super) name: String,
    /// The imported function `resource.new`.
    pub(super) new: u32,
    /// The exported function that is its destructor.
    pub(super) destructor: u32,
}

impl<'a> Facts<'a> {
    pub(super) fn of(module: &'a [u8]) -> wasmparser::Result<Self> {
        let mut facts = Facts::default();
        for payload in Parser::new(0).parse_all(module) {
            facts.note(payload?)?;
        }
        Ok(facts)
    }

    fn note(&mut self, payload: Payload<'a>) -> wasmparser::Result<()> {
        match payload {
            Payload::TypeSection(section) => {
                for group in section {
                    self.types.extend(group?.types().map(|ty| match &ty.composite_type.inner {
                        CompositeInnerType::Func(function) => Some(function.clone()),
                        _ => None,
                    }));
                }
            }
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    let import = import?;
                    match import.ty {
                        TypeRef::Func(_) | TypeRef::FuncExact(_) => {
                            self.imported_functions += 1;
                            self.imports.push((import.module, import.name));
                        }
                        TypeRef::Memory(memory) => self.note_memory(memory.memory64),
                        _ => {}
                    }
                }
            }
            Payload::FunctionSection(section) => {
                self.functions = section.into_iter().collect::<wasmparser::Result<_>>()?;
            }
            Payload::MemorySection(section) => {
                for memory in section {
                    self.note_memory(memory?.memory64);
                }
            }
            Payload::ExportSection(section) => {
                for export in section {
                    let export = export?;
                    self.exports.push(export.name);
                    if export.kind == ExternalKind::Func {
                        self.exported_functions.push((export.name, export.index));
                        self.note_name(export.name, export.index);
                    }
                }
            }
            Payload::CodeSectionEntry(body) => self.bodies.push(body),
            Payload::CustomSection(section) => {
                if let KnownCustom::Name(names) = section.as_known() {
                    // Names are for people: broken ones are no fault of the module.
                    for name in names.into_iter().filter_map(Result::ok) {
                        let Name::Function(functions) = name else { continue };
                        functions.into_iter().filter_map(Result::ok).for_each(|n| self.note_name(n.name, n.index));
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn note_memory(&mut self, memory64: bool) {
        self.memories += 1;
        self.has_memory64 |= memory64;
    }

    fn note_name(&mut self, name: &str, function: u32) {
        if matches!(name, "memcmp" | "bcmp") && !self.named_comparers.contains(&function) {
            self.named_comparers.push(function);
        }
    }

    /// The type of a function that the module defines, numbered from 0 after the imported ones.
    pub(super) fn type_of(&self, defined: usize) -> Option<&FuncType> {
        self.types.get(*self.functions.get(defined)? as usize)?.as_ref()
    }

    /// Whether the type is that of `memcmp`: two addresses and a length.
    pub(super) fn is_type_of_comparer(&self, defined: usize) -> bool {
        self.type_of(defined).is_some_and(|ty| ty.params() == [ValType::I32; 3] && ty.results() == [ValType::I32])
    }

    /// The resources that the module both makes and ends. One whose destructor serves another
    /// resource too is left out: calls could not be told apart.
    pub(super) fn resources(&self) -> Vec<ResourceFunctions> {
        let mut destructors: BTreeMap<u32, u32> = BTreeMap::new();
        for (_, function) in self.exported_functions.iter().filter(|(name, _)| name.contains(DESTRUCTOR)) {
            *destructors.entry(*function).or_default() += 1;
        }
        let news = (0..).zip(&self.imports).filter_map(|(function, (module, name))| {
            Some((function, module.strip_prefix(EXPORT_MODULE)?, name.strip_prefix(RESOURCE_NEW)?))
        });
        news.filter_map(|(new, interface, resource)| {
            let wanted = format!("{interface}{DESTRUCTOR}{resource}");
            let (_, destructor) = self.exported_functions.iter().find(|(name, _)| *name == wanted)?;
            let name = format!("{interface}#{resource}");
            (destructors[destructor] == 1).then_some(ResourceFunctions { name, new, destructor: *destructor })
        })
        .collect()
    }
}

// How core modules name the functions of their exported resources, by the build targets section of
// the component model's canonical ABI.
const EXPORT_MODULE: &str = "[export]";
const RESOURCE_NEW: &str = "[resource-new]";
const DESTRUCTOR: &str = "#[dtor]";

/// The name that a module's name section gives it.
pub(super) fn name_of(module: &[u8]) -> Option<String> {
    let sections = Parser::new(0).parse_all(module).filter_map(Result::ok);
    let mut names = sections.filter_map(|payload| match payload {
        Payload::CustomSection(section) => match section.as_known() {
            KnownCustom::Name(names) => Some(names),
            _ => None,
        },
        _ => None,
    });
    names.next()?.filter_map(Result::ok).find_map(|name| match name {
        Name::Module { name, .. } => Some(name.to_owned()),
        _ => None,
    })
}
