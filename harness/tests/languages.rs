//! Components written in other languages, to prove that nothing of ours leaks in.
//!
//! They are built with componentize-js from npm and componentize-py from PyPI; without those, the
//! tests are skipped and say so.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use kvspec::Declaration;
use kvspec::report::human::{Replay, failure_text};
use kvspec::run::run_one;
use kvspec::subject::component::{ComponentSubject, Options};
use kvspec_suites::Verdict;
use libtest_mimic::{Arguments, Completion, Failed, Trial};

const GUESTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/guests");

/// What is known to break with componentize-js 0.23 (see `suites/findings/componentize-js.md`). The
/// day it no longer does, the test says so.
const KNOWN_OF_JAVASCRIPT: &[(&str, &str)] = &[
    ("eventual::keys::invisible_characters_matter", "KVE-KEY-01"),
    ("eventual::outgoing::undeclared_streaming_is_an_error", "KVE-ERR-01"),
];

fn main() -> ExitCode {
    let trials = vec![
        Trial::ignorable_test("a_store_in_javascript_breaks_only_what_is_known", || {
            if !Path::new(GUESTS).join("javascript/node_modules").exists() {
                let missing = "componentize-js is not installed: run `npm install` in harness/tests/guests/javascript";
                return Ok(Completion::ignored_with(missing));
            }
            judge(&build_javascript()?, KNOWN_OF_JAVASCRIPT)
        }),
        Trial::ignorable_test("a_store_in_python_passes", || {
            if Command::new("componentize-py").arg("--version").output().is_err() {
                return Ok(Completion::ignored_with("componentize-py is not installed: `pip install componentize-py`"));
            }
            judge(&build_python()?, &[])
        }),
    ];
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn build_javascript() -> Result<PathBuf, Failed> {
    let output = Path::new(env!("CARGO_TARGET_TMPDIR")).join("store-javascript.wasm");
    let mut node = Command::new("node");
    succeed(node.current_dir(Path::new(GUESTS).join("javascript")).arg("build.js").arg(&output))?;
    Ok(output)
}

fn build_python() -> Result<PathBuf, Failed> {
    let output = Path::new(env!("CARGO_TARGET_TMPDIR")).join("store-python.wasm");
    let mut componentize = Command::new("componentize-py");
    componentize.current_dir(Path::new(GUESTS).join("python")).args(["-d", "../../../wit/eventual-0.1.0-method"]);
    succeed(componentize.args(["-w", "wasi:keyvalue/store", "componentize", "app", "-o"]).arg(&output))?;
    Ok(output)
}

fn succeed(command: &mut Command) -> Result<(), Failed> {
    let output = command.output()?;
    if !output.status.success() {
        return Err(format!("{command:?} failed:\n{}", String::from_utf8_lossy(&output.stderr)).into());
    }
    Ok(())
}

/// Every case passes or does not apply, but those known, which break the requirement named.
fn judge(component: &Path, known: &[(&str, &str)]) -> Result<Completion, Failed> {
    let subject = ComponentSubject::load(component, Options::default())?;
    let mut declaration = Declaration::default();
    declaration.capabilities.streaming = false;
    for case in kvspec_suites::cases::all() {
        let run = run_one(case, &subject, &declaration, 1);
        let expected = known.iter().find(|(name, _)| *name == case.name);
        match (&run.report.verdict, expected) {
            (Verdict::Pass | Verdict::Skip(_), None) => {}
            (Verdict::Fail, Some((_, id))) if run.report.anomalies.iter().any(|a| a.requirement == *id) => {}
            (_, None) => return Err(failure_text(&run, &Replay::CargoTest { seed: 1 }).into()),
            (verdict, Some((name, id))) => {
                return Err(format!("{name} is known to break {id}, but it ended as {verdict:?}").into());
            }
        }
    }
    Ok(Completion::Completed)
}
