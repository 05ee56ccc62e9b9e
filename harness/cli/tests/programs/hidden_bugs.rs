//! Bugs that are hidden behind a key of four bytes, or behind several right calls, in components of
//! three languages: how many executions `kvspec fuzz` takes to find them, with feedback and without.

use std::path::PathBuf;

use kvspec::Declaration;
use kvspec::conformance::trials::{Completion, Failed, Trial};
use kvspec_component::component;
use kvspec_fuzzing::{Engine, Leak, Options, Prototype};
use kvspec_tests::guest::{self, Unbuilt};

/// As the command has it.
const RENEW_AFTER: usize = 32;

/// Where a component comes from, and what it is called in the table.
struct Hidden {
    language: &'static str,
    bug: &'static str,
    build: fn(&str) -> Result<PathBuf, Unbuilt>,
    /// The most executions of one search in the table.
    executions_max: u64,
}

fn rust(_bug: &str) -> Result<PathBuf, Unbuilt> {
    Ok(guest::store(""))
}

fn rust_draft(_bug: &str) -> Result<PathBuf, Unbuilt> {
    Ok(guest::draft_store(""))
}

fn rust_draft2(_bug: &str) -> Result<PathBuf, Unbuilt> {
    Ok(guest::draft_store("draft2"))
}

/// In the names of tests, for components of `store@0.2.0-draft` and `-draft2`.
const RUST_DRAFT: &str = "Rust, store@0.2.0-draft";
const RUST_DRAFT2: &str = "Rust, store@0.2.0-draft2";
const JAVASCRIPT_DRAFT: &str = "JavaScript, store@0.2.0-draft";

const HIDDEN: &[Hidden] = &[
    Hidden { language: RUST_DRAFT, bug: "loses-one-key", build: rust_draft, executions_max: 10_000 },
    Hidden { language: RUST_DRAFT, bug: "delete-after-list-ignored", build: rust_draft, executions_max: 10_000 },
    Hidden { language: RUST_DRAFT2, bug: "loses-one-key", build: rust_draft2, executions_max: 10_000 },
    Hidden { language: RUST_DRAFT2, bug: "delete-after-list-ignored", build: rust_draft2, executions_max: 10_000 },
    Hidden { language: JAVASCRIPT_DRAFT, bug: "loses-one-key", build: guest::draft_javascript, executions_max: 1_000 },
    Hidden {
        language: JAVASCRIPT_DRAFT,
        bug: "delete-after-list-ignored",
        build: guest::draft_javascript,
        executions_max: 1_000,
    },
    Hidden { language: "Rust", bug: "loses-one-key", build: rust, executions_max: 30_000 },
    Hidden { language: "Rust", bug: "loses-one-key-bytewise", build: rust, executions_max: 30_000 },
    Hidden { language: "Rust", bug: "delete-ignored-after-nine-steps", build: rust, executions_max: 30_000 },
    Hidden { language: "JavaScript", bug: "loses-one-key", build: guest::javascript, executions_max: 1_000 },
    Hidden {
        language: "JavaScript",
        bug: "delete-ignored-after-nine-steps",
        build: guest::javascript,
        executions_max: 3_000,
    },
    Hidden { language: "Python", bug: "loses-one-key", build: guest::python, executions_max: 1_000 },
    Hidden { language: "Python", bug: "delete-ignored-after-nine-steps", build: guest::python, executions_max: 1_000 },
];

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = Vec::new();
    for hidden in HIDDEN {
        let name = format!("table::{}::{}", hidden.language, hidden.bug);
        trials.push(Trial::ignorable_test(name, || table(hidden)).with_ignored_flag(true));
        // Those in Rust are among the integration tests.
        if hidden.bug == "loses-one-key" && !hidden.language.starts_with("Rust") {
            let name = format!("{}::a_key_of_four_bytes_is_found_only_with_feedback", hidden.language);
            trials.push(Trial::ignorable_test(name, || found_only_with_feedback(hidden)));
        }
    }
    trials
}

/// One row for each way: executions until the bug is found, by seed. Only numbers of executions
/// matter; `-` says: not within the bound.
fn table(hidden: &Hidden) -> Result<Completion, Failed> {
    let prototype = match prototype(hidden) {
        Ok(prototype) => prototype,
        Err(done) => return done,
    };
    for feedback in [true, false] {
        let cells: Vec<String> = (1..=10)
            .map(|seed| search(&prototype, seed, feedback, hidden.executions_max))
            .map(|found| found.map_or("-".into(), |executions| executions.to_string()))
            .collect();
        let (way, most) = (if feedback { "feedback" } else { "blind" }, hidden.executions_max);
        println!("{} | {} | {way} | {} | of {most}", hidden.language, hidden.bug, cells.join(" "));
    }
    Ok(Completion::Completed)
}

/// The most executions of the one search that CI makes: searches took 180 on average, 573 at most, and
/// each build of these components is another.
const CI_EXECUTIONS: u64 = 5_000;

/// The blind search gets this many times as many executions, and no fewer than so many.
const BLIND_TIMES: u64 = 4;
const BLIND_EXECUTIONS_MIN: u64 = 500;

fn found_only_with_feedback(hidden: &Hidden) -> Result<Completion, Failed> {
    let prototype = match prototype(hidden) {
        Ok(prototype) => prototype,
        Err(done) => return done,
    };
    let Some(executions) = search(&prototype, 1, true, CI_EXECUTIONS) else {
        return Err(format!("not found within {CI_EXECUTIONS} executions with feedback").into());
    };
    let blind_executions = (BLIND_TIMES * executions).max(BLIND_EXECUTIONS_MIN);
    match search(&prototype, 1, false, blind_executions) {
        None => Ok(Completion::Completed),
        Some(blind) => Err(format!("found blindly after {blind} executions, with feedback after {executions}").into()),
    }
}

/// The component, or why the test ends here.
fn prototype(hidden: &Hidden) -> Result<Prototype, Result<Completion, Failed>> {
    let file = (hidden.build)(hidden.bug).map_err(Unbuilt::outcome)?;
    let environment = vec![("KVSPEC_BUG".to_owned(), hidden.bug.to_owned())];
    let options = component::Options { environment, ..component::Options::default() };
    // What interpreters do with streams is that of their toolchains, and no bug that is hidden here.
    let mut declaration = Declaration::default();
    declaration.capabilities.streaming = false;
    let loaded = Prototype::load(&file, options, declaration);
    loaded.map(|(prototype, _)| prototype).map_err(|error| Err(error.into()))
}

/// How many executions it takes to find the bug; `None`: more than allowed. Anything else that is
/// found on the way is known, and does not count.
fn search(prototype: &Prototype, seed: u64, feedback: bool, executions_max: u64) -> Option<u64> {
    // Leaks are not what is looked for, and a suspicion costs hundreds of runs.
    let target = prototype.target(seed).renewed_after(RENEW_AFTER).ignoring(&Leak::ALL);
    let mut engine = Engine::new(target, Vec::new(), Options { seed, feedback, ..Options::default() });
    // What a client of a store is promised of its own writes breaks, too, when one is lost.
    let is_it = |signature: String| ["KVE-CON", "KVS-RYW", "KVS-LST"].iter().any(|kind| signature.starts_with(kind));
    engine
        .run(|progress, finds| {
            progress.executions < executions_max && !finds.iter().any(|found| is_it(found.find.signature()))
        })
        .expect("the component runs");
    engine.finds().iter().find(|found| is_it(found.find.signature())).map(|found| found.executions)
}
