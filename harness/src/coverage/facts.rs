//! Reading one core module: what rewriting it needs to know.

use wasmparser::{CompositeInnerType, KnownCustom, Name, Parser, Payload, TypeRef};

/// What the rewriter must know before it starts.
#[derive(Default)]
pub(super) struct Facts<'a> {
    /// The number of parameters of each type; 0 for types that are no functions.
    pub(super) type_parameters: Vec<u32>,
    pub(super) imported_functions: u32,
    /// The type of each function the module defines.
    pub(super) functions: Vec<u32>,
    pub(super) memories: u32,
    pub(super) bodies: Vec<wasmparser::FunctionBody<'a>>,
    /// The names of its exports.
    pub(super) exports: Vec<&'a str>,
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
                    self.type_parameters.extend(group?.types().map(|ty| match &ty.composite_type.inner {
                        CompositeInnerType::Func(function) => function.params().len() as u32,
                        _ => 0,
                    }));
                }
            }
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    match import?.ty {
                        TypeRef::Func(_) | TypeRef::FuncExact(_) => self.imported_functions += 1,
                        TypeRef::Memory(_) => self.memories += 1,
                        _ => {}
                    }
                }
            }
            Payload::FunctionSection(section) => {
                self.functions = section.into_iter().collect::<wasmparser::Result<_>>()?;
            }
            Payload::MemorySection(section) => self.memories += section.count(),
            Payload::ExportSection(section) => {
                for export in section {
                    self.exports.push(export?.name);
                }
            }
            Payload::CodeSectionEntry(body) => self.bodies.push(body),
            _ => {}
        }
        Ok(())
    }
}

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
