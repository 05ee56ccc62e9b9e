//! Leaks in components of languages that collect garbage: what is kept is found, and garbage that
//! waits for its collection is no leak.
//!
//! Skipped, with the reason, where componentize-js or componentize-py is not installed; in CI, that fails.

use std::path::PathBuf;

use kvspec::Declaration;
use kvspec::conformance::trials::{Completion, Failed, Trial};
use kvspec_component::component;
use kvspec_fuzzing::{Engine, Execution, Find, Leak, Options, Prototype, Target};
use kvspec_reference::workload::text;
use kvspec_tests::guest::{self, Unbuilt};

type Build = fn(&str) -> Result<PathBuf, Unbuilt>;

/// As the command has it.
const RENEW_AFTER: usize = 32;

/// What the bug `hoards` keeps of every set, in bytes.
const HOARDED: f64 = 65_536.0;

/// The most that a store without a bug leaks with one of the workloads below, in bytes a run. With
/// componentize-py 0.25.1, some hundred bytes for each resource that was ever made are never given
/// back.
const KNOWN_OF_PYTHON: f64 = 4_096.0;

pub(crate) fn trials() -> Vec<Trial> {
    let trial = |name: &str, test: fn(Build) -> Result<Completion, Failed>, build: Build| {
        Trial::ignorable_test(name, move || test(build))
    };
    vec![
        trial("javascript::a_hoard_is_found", a_hoard_is_found, guest::javascript),
        trial("javascript::garbage_is_no_leak", |build| leaks_at_most(build, None), guest::javascript),
        trial("python::a_hoard_is_found", a_hoard_is_found, guest::python),
        trial("python::nothing_leaks_but_what_is_known", |b| leaks_at_most(b, Some(KNOWN_OF_PYTHON)), guest::python),
    ]
}

/// The component with this bug, or why the test ends here.
fn load(build: Build, bug: &str) -> Result<Prototype, Result<Completion, Failed>> {
    let file = build(bug).map_err(Unbuilt::outcome)?;
    // What these stores do with streams is that of their toolchains: see suites/findings.
    let mut declaration = Declaration::default();
    declaration.capabilities.streaming = false;
    let loaded = Prototype::load(&file, component::Options::default(), declaration);
    loaded.map(|(prototype, _)| prototype).map_err(|error| Err(error.into()))
}

/// How many bytes more memory it holds after each run of the workload, if that is a leak.
fn leaked(find: &Find) -> Option<f64> {
    match find {
        Find::Leak { leak: Leak::Memory, per_run, .. } => Some(*per_run),
        _ => None,
    }
}

fn a_hoard_is_found(build: Build) -> Result<Completion, Failed> {
    let prototype = match load(build, "hoards") {
        Ok(prototype) => prototype,
        Err(done) => return done,
    };
    let target = prototype.target(1).renewed_after(RENEW_AFTER);
    // One is made no smaller than it is soon: each run of an interpreter takes its time.
    let options = Options { shrink_executions_max: 20, ..Options::default() };
    let mut engine = Engine::new(target, Vec::new(), options);
    engine.run(|progress, finds| progress.executions < 400 && finds.is_empty())?;
    match engine.finds() {
        [found] if leaked(&found.find).is_some_and(|bytes| bytes >= HOARDED) => Ok(Completion::Completed),
        finds => Err(format!("no leak of what is hoarded: {finds:?}").into()),
    }
}

fn leaks_at_most(build: Build, known: Option<f64>) -> Result<Completion, Failed> {
    let prototype = match load(build, "") {
        Ok(prototype) => prototype,
        Err(done) => return done,
    };
    for steps in ["1 set b k \"a\"\nquiesce\nquiesce", "0 set b k stamp(0.1 900)\n0 get b k"] {
        let workload = text::parse(&format!("kvspec workload 1\nsessions 4\n\n{steps}\n"))?.workload;
        for leak in Leak::ALL {
            let Execution { finds, .. } = prototype.target(1).execute_alone(&workload, Some(leak))?;
            if let Some(find) = finds.iter().find(|find| leaked(find).is_none_or(|bytes| bytes > known.unwrap_or(0.0)))
            {
                return Err(format!("{steps}: {find}").into());
            }
        }
    }
    Ok(Completion::Completed)
}
