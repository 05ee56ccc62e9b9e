//! The suite as tests of one's own crate: one test a case, run by `cargo test` and nextest.

use std::process::ExitCode;
use std::sync::Arc;

use kvspec_reference::interface::{Implementation, Subject};
use kvspec_suites::{Case, Declaration, Verdict};
use libtest_mimic::{Arguments, Completion, Trial};

use crate::report::human;
use crate::run::exploration::{Budget, explore};
use crate::run::{run_one, threads};
use crate::subject::native::{Native, silence_caught_panics};

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
    match seed() {
        Ok(seed) => conclude(trials(subject, declaration, seed)),
        Err(exit) => exit,
    }
}

/// As [`main`], with sessions on real threads too.
pub fn main_with_threads<I, F>(start: F, declaration: Declaration) -> ExitCode
where
    I: Implementation + Sync + 'static,
    F: Fn() -> I + Clone + Send + Sync + 'static,
{
    let seed = match seed() {
        Ok(seed) => seed,
        Err(exit) => return exit,
    };
    let mut all = trials(start.clone(), declaration.clone(), seed);
    all.push(Trial::test("eventual::concurrent_workloads", move || {
        let is_quick = declaration.convergence_bound().is_zero();
        let count = if is_quick { CONCURRENT_WORKLOADS } else { CONCURRENT_WORKLOADS_IN_REAL_TIME };
        match threads::search(&start, &declaration, seed, count) {
            Ok(None) => Ok(()),
            Ok(Some(failure)) => Err(human::concurrent_text(&failure).into()),
            Err(why) => Err(why.into()),
        }
    }));
    conclude(all)
}

fn conclude(trials: Vec<Trial>) -> ExitCode {
    silence_caught_panics();
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn seed() -> Result<u64, ExitCode> {
    match std::env::var("KVSPEC_SEED").map(|text| text.parse()) {
        Err(_) => Ok(DEFAULT_SEED),
        Ok(Ok(seed)) => Ok(seed),
        Ok(Err(_)) => {
            eprintln!("KVSPEC_SEED must be a whole number from 0 to 2^64 - 1");
            Err(ExitCode::from(2))
        }
    }
}

fn trials<S>(subject: S, declaration: Declaration, seed: u64) -> Vec<Trial>
where
    S: Subject + Send + Sync + 'static,
{
    let shared = Arc::new((Native(subject), declaration));
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
        let exploration = explore(subject, declaration, seed, Budget { cases: None, time: None }, |_| true);
        if exploration.verdict() == Verdict::Pass {
            return Ok(());
        }
        Err(human::exploration_text(&exploration, &human::Replay::CargoTest { seed }).into())
    }));
    trials
}
