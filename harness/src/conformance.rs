//! The suite as tests of one's own crate: one test a case, run by `cargo test` and nextest.

use std::process::ExitCode;

use kvspec_reference::interface::Subject;
use kvspec_suites::{Declaration, Verdict};
use libtest_mimic::{Arguments, Completion, Trial};

use crate::report::human;
use crate::run::run_one;
use crate::subject::native::{Native, silence_caught_panics};

/// Makes a test target (with `harness = false`) of a function that gives fresh stores, and, where
/// the store has limits or lacks capabilities, its [`Declaration`](crate::Declaration).
///
/// ```no_run
/// kvspec::conformance!(kvspec::InMemory::new);
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
}

/// The seed of runs under `cargo test`, unless `KVSPEC_SEED` names another.
const DEFAULT_SEED: u64 = 1;

/// Runs the suite with the arguments of a test binary.
pub fn main<S>(subject: S, declaration: Declaration) -> ExitCode
where
    S: Subject + Send + Sync + 'static,
{
    silence_caught_panics();
    let seed = match std::env::var("KVSPEC_SEED").map(|text| text.parse()) {
        Err(_) => DEFAULT_SEED,
        Ok(Ok(seed)) => seed,
        Ok(Err(_)) => {
            eprintln!("KVSPEC_SEED must be a whole number from 0 to 2^64 - 1");
            return ExitCode::from(2);
        }
    };
    // Tests outlive this function's borrows only by the letter of the type: the process ends with them.
    let subject: &'static Native<S> = Box::leak(Box::new(Native(subject)));
    let declaration: &'static Declaration = Box::leak(Box::new(declaration));
    let trials = kvspec_suites::cases::all().into_iter().map(|case| {
        Trial::ignorable_test(case.name, move || {
            let run = run_one(case, subject, declaration, seed);
            match &run.report.verdict {
                Verdict::Pass => Ok(Completion::Completed),
                Verdict::Skip(why) => Ok(Completion::ignored_with(why)),
                _ => Err(human::failure_text(&run, &human::Replay::CargoTest { seed }).into()),
            }
        })
    });
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit_code()
}
