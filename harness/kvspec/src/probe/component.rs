//! The probe as the text of a component.

use std::fmt::Write;

use super::dialect::Dialect;
use super::interface::{BODY, Interface, interfaces, resources, streams_of_commands, write_import, write_imports};

/// The oldest stable release of WASI: a host of any later one of 0.2 offers it, too.
pub const WASI_RELEASE: &str = "0.2.0";

/// Where the arguments of a call are put.
pub(crate) const ARGUMENTS_ADDRESS: u32 = 65536;
/// How many bytes of the result of a call begin an answer.
pub const ANSWER_HEAD_BYTES: u32 = 64;
/// Where the result of a call is put.
const RESULT_ADDRESS: u32 = 16;
/// What begins the names of the streams that are standard input and output.
const COMMAND: &str = "command";

/// The probe for hosts of this dialect, as the text of a component (WAT). `wasi` is the release of WASI
/// whose standard input and output it uses: [`WASI_RELEASE`] for most hosts.
pub fn component(dialect: &Dialect, wasi: &str) -> String {
    let of_interface = interfaces(dialect, wasi);
    let mut imports = streams_of_commands(COMMAND, wasi);
    // Nothing can be imported twice: then standard input and output are streams as bodies are.
    let shares_streams = imports.iter().any(|streams| of_interface.iter().any(|other| other.id == streams.id));
    if shares_streams {
        imports.clear();
    }
    imports.extend(of_interface);
    let greeting = format!("kvspec-probe 2 {}", dialect.words());
    let named = |text: &str| {
        text.replace("{STREAMS}", if shares_streams { BODY } else { COMMAND })
            .replace("{WASI}", wasi)
            .replace("{GREETING_BYTES}", &(greeting.len() + 1).to_string())
            .replace("{GREETING}", &greeting)
    };
    let core = around_imports(&interfaces(dialect, wasi), dialect, include_str!("command.wat.in"));
    format!("(component\n{}{}{}", imported(&imports), named(STANDARD_STREAMS), named(&core))
}

/// As [`component`], but one that is told a call by a function that it exports, `exchange`, and answers by its
/// result: for a host in this process.
pub fn exchanging_component(dialect: &Dialect) -> String {
    let imports = interfaces(dialect, WASI_RELEASE);
    let core = around_imports(&imports, dialect, include_str!("exchange.wat.in"));
    format!("(component\n{}{core}", imported(&imports))
}

/// A component that only imports: whether it links tells whether a host has this dialect.
pub fn imports_only(dialect: &Dialect) -> String {
    let mut out = String::from("(component\n");
    write_imports(&mut out, dialect, WASI_RELEASE);
    out + ")"
}

/// What the probe can be told to call, by number: the functions of the interfaces, and then for each
/// resource how a handle is dropped, as `drop-bucket`.
pub(crate) fn functions(dialect: &Dialect) -> Vec<String> {
    let functions = interfaces(dialect, WASI_RELEASE).into_iter().flat_map(|interface| interface.functions);
    let drops = resources(dialect).iter().map(|resource| format!("drop-{resource}"));
    functions.map(|function| function.name.to_owned()).chain(drops).collect()
}

/// Standard input and output.
const STANDARD_STREAMS: &str = r#"  (import "wasi:cli/stdin@{WASI}" (instance $stdin
    (export "input-stream" (type $input (eq ${STREAMS}-input)))
    (export "get-stdin" (func (result (own $input))))))
  (import "wasi:cli/stdout@{WASI}" (instance $stdout
    (export "output-stream" (type $output (eq ${STREAMS}-output)))
    (export "get-stdout" (func (result (own $output))))))
"#;

fn imported(imports: &[Interface]) -> String {
    let mut out = String::new();
    imports.iter().for_each(|imported| write_import(&mut out, imported));
    out
}

/// The core code, with what it needs of each import.
fn around_imports(imports: &[Interface], dialect: &Dialect, main: &str) -> String {
    let calls = Call::all(imports, dialect);
    let numbered = |line: &dyn Fn(usize, &Call) -> String| -> String {
        calls.iter().enumerate().map(|(number, call)| line(number, call)).collect()
    };
    let parts = [
        ("{IMPORTS}", numbered(&|number, call| call.imported_by_core(number))),
        ("{TRAMPOLINES}", numbered(&|number, call| call.trampoline(number))),
        ("{TABLE}", numbered(&|number, _| format!("$call-{number} "))),
        ("{EXPORTS}", numbered(&|number, _| format!("      (export \"{number}\" (func $import-{number}))\n"))),
        ("{ARGUMENTS}", ARGUMENTS_ADDRESS.to_string()),
        ("{HEAD}", ANSWER_HEAD_BYTES.to_string()),
        ("{HEAD_END}", (RESULT_ADDRESS + ANSWER_HEAD_BYTES).to_string()),
    ];
    let lowered = numbered(&|number, call| format!("  (core func $import-{number} {})\n", call.lowered));
    let main = parts.iter().fold(main.to_owned(), |text, (name, part)| text.replace(name, part));
    format!("{}{lowered}{main}", include_str!("memory.wat.in"))
}

/// What the core code may call of the host.
struct Call {
    /// How it becomes a core function.
    lowered: String,
    /// The core types of its parameters, but for where the result goes.
    parameters: &'static str,
    end: End,
}

/// Where the result of a call is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    InMemory,
    OneValue,
    Nothing,
}

impl Call {
    fn all(imports: &[Interface], dialect: &Dialect) -> Vec<Self> {
        let mut all = Vec::new();
        for interface in imports {
            all.extend(interface.functions.iter().map(|function| Self {
                lowered: format!(
                    "(canon lower (func ${} \"{}\") (memory $memory) (realloc $realloc))",
                    interface.name, function.name
                ),
                parameters: function.core,
                end: if function.is_in_memory { End::InMemory } else { End::OneValue },
            }));
        }
        all.extend(resources(dialect).iter().map(|resource| Self {
            lowered: format!("(canon resource.drop ${resource})"),
            parameters: "i32",
            end: End::Nothing,
        }));
        all
    }

    fn imported_by_core(&self, number: usize) -> String {
        let parameters = self.parameters;
        let ty = match self.end {
            End::InMemory => format!("(param {parameters} i32)"),
            End::OneValue => format!("(param {parameters}) (result i32)"),
            End::Nothing => format!("(param {parameters})"),
        };
        format!("    (import \"host\" \"{number}\" (func $host-{number} {ty}))\n")
    }

    /// One function without parameters: it takes the arguments from memory.
    fn trampoline(&self, number: usize) -> String {
        let mut call = format!("(call $host-{number}");
        for (place, ty) in (0u32..).zip(self.parameters.split_whitespace()) {
            let _ = write!(call, " ({ty}.load (i32.const {}))", ARGUMENTS_ADDRESS + 8 * place);
        }
        let body = match self.end {
            End::InMemory => format!("{call} (i32.const {RESULT_ADDRESS}))"),
            End::OneValue => format!("(i32.store (i32.const {RESULT_ADDRESS}) {call}))"),
            End::Nothing => format!("{call})"),
        };
        format!("    (func $call-{number} (type $call) {body})\n")
    }
}
