//! The suite as tests of one's own crate: one test a case, run by `cargo test` and nextest.

mod arguments;
pub mod trials;

use std::process::ExitCode;
use std::sync::Arc;

use kvspec_reference::interface::{Implementation, Subject};
use kvspec_suites::{Case, Declaration, Verdict};

use crate::configuration::refusal_to_create;
use crate::report::exit::Exit;
use crate::report::human;
use crate::run::exploration::{Budget, Unwatched, explore};
use crate::run::{run_one, threads};
use crate::subject::native::{Native, silence_caught_panics};

use trials::{Arguments, Completion, Trial};

/// Makes a test target (with `harness = false`) of a function that gives fresh stores, and, where
/// the store has limits or lacks capabilities, its [`Declaration`](crate::Declaration).
///
/// ```no_run
/// kvspec::conformance!(kvspec::InMemory::new);
/// ```
///
/// A store that is [`Sync`] is also driven by real threads with `threads` as the third argument:
///
/// ```ignore
/// kvspec::conformance!(MyStore::new, kvspec::Declaration::default(), threads);
/// ```
#[macro_export]
macro_rules! conformance {
    ($subject:expr) => {
        $crate::conformance!($subject, $crate::Declaration::default());
    };
    ($subject:expr, $declaration:expr) => {
        fn main() -> std::process::ExitCode {
            $crate::conformance::main($subject, $declaration)
        }
    };
    ($subject:expr, $declaration:expr, threads) => {
        fn main() -> std::process::ExitCode {
            $crate::conformance::main_with_threads($subject, $declaration)
        }
    };
}

/// The seed of runs under `cargo test`, unless `KVSPEC_SEED` names another.
const DEFAULT_SEED: u64 = 1;

/// How many workloads are run by real threads, unless letting the bound pass takes real time.
const CONCURRENT_WORKLOADS: u64 = 64;
/// How many, where it does.
const CONCURRENT_WORKLOADS_IN_REAL_TIME: u64 = 4;

/// Runs the suite with the arguments of a test binary.
pub fn main<S>(subject: S, declaration: Declaration) -> ExitCode
where
    S: Subject + Send + Sync + 'static,
{
    run(subject, declaration, |_, _| Vec::new())
}

/// As [`main`], with sessions on real threads too.
pub fn main_with_threads<I, F>(start: F, declaration: Declaration) -> ExitCode
where
    I: Implementation + Sync + 'static,
    F: Fn() -> I + Clone + Send + Sync + 'static,
{
    run(start.clone(), declaration, |declaration, seed| vec![concurrent(start, declaration, seed)])
}

fn run<S>(subject: S, declaration: Declaration, more: impl FnOnce(Declaration, u64) -> Vec<Trial>) -> ExitCode
where
    S: Subject + Send + Sync + 'static,
{
    let (subject, arguments) = (Native(subject), Arguments::from_args());
    silence_caught_panics();
    let seed = match seed().and_then(|seed| fault(&subject, &declaration, arguments.list).map_or(Ok(seed), Err)) {
        Ok(seed) => seed,
        Err(complaint) => {
            eprintln!("kvspec: {complaint}");
            return ExitCode::from(Exit::Usage as u8);
        }
    };
    let mut all = all(subject, declaration.clone(), seed);
    all.extend(more(declaration, seed));
    trials::run(&arguments, all)
}

/// What makes the tests useless before they begin, and the mend.
fn fault(subject: &dyn Subject, declaration: &Declaration, lists_only: bool) -> Option<String> {
    let faults: Vec<String> = declaration.faults().iter().map(ToString::to_string).collect();
    if !faults.is_empty() {
        return Some(format!("the declaration cannot be used\n{}", faults.join("\n")));
    }
    let capabilities = &declaration.capabilities;
    if lists_only || !capabilities.creates_buckets || !capabilities.buckets.is_empty() {
        return None;
    }
    let failure = refusal_to_create(subject)?;
    Some(format!(
        "opening a bucket creates none ({failure}), so there is none to work in: give conformance! a Declaration with \
         capabilities.creates_buckets = false, and in capabilities.buckets the name of one that exists"
    ))
}

fn concurrent<I, F>(start: F, declaration: Declaration, seed: u64) -> Trial
where
    I: Implementation + Sync + 'static,
    F: Fn() -> I + Send + 'static,
{
    Trial::test("eventual::concurrent_workloads", move || {
        let is_quick = declaration.convergence_bound().is_zero();
        let count = if is_quick { CONCURRENT_WORKLOADS } else { CONCURRENT_WORKLOADS_IN_REAL_TIME };
        match threads::search(&start, &declaration, seed, count) {
            Ok(None) => Ok(()),
            Ok(Some(failure)) => Err(human::concurrent_text(&failure, &human::Replay::CargoTest { seed }).into()),
            Err(why) => Err(why.into()),
        }
    })
}

fn seed() -> Result<u64, String> {
    let Some(text) = std::env::var_os("KVSPEC_SEED") else { return Ok(DEFAULT_SEED) };
    let number = text.to_str().and_then(|text| text.parse().ok());
    number.ok_or_else(|| format!("KVSPEC_SEED is {text:?}: it must be a whole number from 0 to 2^64 - 1"))
}

fn all<S>(subject: Native<S>, declaration: Declaration, seed: u64) -> Vec<Trial>
where
    S: Subject + Send + Sync + 'static,
{
    let shared = Arc::new((subject, declaration));
    let of_case = |case: &'static Case| {
        let shared = shared.clone();
        Trial::ignorable_test(case.name, move || {
            let (subject, declaration) = &*shared;
            let run = run_one(case, subject, declaration, seed);
            match &run.report.verdict {
                Verdict::Pass => Ok(Completion::Completed),
                Verdict::Skip(why) => Ok(Completion::ignored_with(why)),
                _ => Err(human::failure_text(&run, &human::Replay::CargoTest { seed }).into()),
            }
        })
    };
    let mut trials: Vec<Trial> = kvspec_suites::cases::of(shared.0.profile()).into_iter().map(of_case).collect();
    trials.push(Trial::test("eventual::random_workloads", move || {
        let (subject, declaration) = &*shared;
        let exploration = explore(subject, declaration, seed, Budget { cases: None, time: None }, &mut Unwatched);
        if exploration.verdict() == Verdict::Pass {
            return Ok(());
        }
        Err(human::exploration_text(&exploration, &human::Replay::CargoTest { seed }).into())
    }));
    trials
}

#[cfg(test)]
mod tests {
    use kvspec_reference::InMemory;
    use kvspec_reference::interface::{Bucket, Failure, Result};

    use super::*;

    /// Opens what exists.
    struct OneBucket;

    impl Implementation for OneBucket {
        fn open(&self, name: &str) -> Result<Box<dyn Bucket>> {
            if name == "default" { InMemory::new().open(name) } else { Err(Failure::error("no such bucket")) }
        }
    }

    #[test]
    fn who_opens_no_unknown_bucket_is_told_to_name_one() {
        let subject = || OneBucket;
        let mut declaration = Declaration::default();
        let hint = fault(&subject, &declaration, false).expect("there is no bucket to work in");
        assert!(hint.contains("no such bucket") && hint.contains("capabilities.buckets"), "{hint}");
        assert_eq!(fault(&subject, &declaration, true), None, "a list starts no store");
        assert_eq!(fault(&InMemory::new, &declaration, false), None);
        declaration.capabilities.creates_buckets = false;
        assert!(fault(&subject, &declaration, true).expect("no bucket is named").contains("capabilities.buckets"));
        declaration.capabilities.buckets = vec!["default".into()];
        assert_eq!(fault(&subject, &declaration, false), None);
    }
}
