//! A component written in another language, to prove that nothing of ours leaks in.
//!
//! It is built with componentize-js from npm; without that, the tests are skipped and say so.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use kvspec::Declaration;
use kvspec::report::human::{Replay, failure_text};
use kvspec::run::run_one;
use kvspec::subject::component::{ComponentSubject, Options};
use kvspec_suites::Verdict;
use libtest_mimic::{Arguments, Completion, Failed, Trial};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/guests/javascript");

fn main() -> ExitCode {
    let trial = Trial::ignorable_test("a_store_in_javascript_passes", || {
        if !Path::new(FOLDER).join("node_modules").exists() {
            let missing = "componentize-js is not installed: run `npm install` in harness/tests/guests/javascript";
            return Ok(Completion::ignored_with(missing));
        }
        judge(&build()?)
    });
    libtest_mimic::run(&Arguments::from_args(), vec![trial]).exit_code()
}

fn build() -> Result<PathBuf, Failed> {
    let output = Path::new(env!("CARGO_TARGET_TMPDIR")).join("store-javascript.wasm");
    let built = Command::new("node").current_dir(FOLDER).arg("build.js").arg(&output).output()?;
    if !built.status.success() {
        return Err(format!("node build.js failed:\n{}", String::from_utf8_lossy(&built.stderr)).into());
    }
    Ok(output)
}

fn judge(component: &Path) -> Result<Completion, Failed> {
    let subject = ComponentSubject::load(component, Options::default())?;
    let mut declaration = Declaration::default();
    declaration.capabilities.streaming = false;
    for case in kvspec_suites::cases::all() {
        let run = run_one(case, &subject, &declaration, 1);
        if !matches!(run.report.verdict, Verdict::Pass | Verdict::Skip(_)) {
            return Err(failure_text(&run, &Replay::CargoTest { seed: 1 }).into());
        }
    }
    Ok(Completion::Completed)
}
