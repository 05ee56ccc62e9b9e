//! The suite as a program: a component that imports `wasi:keyvalue`, runs the cases against its host, and
//! judges what was answered by the same model as the command. It needs no input and nothing of kvspec: the
//! results are TAP on standard output, and the exit code is 0 where nothing failed and nothing was left open.
//!
//! * [`arguments`]: what is asked for.
//! * [`host`]: the imported interface as an implementation.
//! * [`interface`]: the dialects of it.

mod arguments;
mod host;
mod interface;

use std::process::ExitCode;

use kvspec::report::tap::{Line, Outcome};
use kvspec::run::exploration::{Budget, Unwatched, explore};
use kvspec::run::{RealClock, first_check, run_one};
use kvspec::selection::random_workloads;
use kvspec_suites::Declaration;

use arguments::{Arguments, Asked};
use host::Host;

fn main() -> ExitCode {
    let variable = |name: &str| std::env::var(name).ok();
    match Arguments::parse(std::env::args().skip(1), variable) {
        Ok(Asked::Help) => {
            print!("{}", arguments::HELP);
            ExitCode::SUCCESS
        }
        Ok(Asked::List(arguments)) => {
            arguments.names().iter().for_each(|name| println!("{name}"));
            ExitCode::SUCCESS
        }
        Ok(Asked::Run(arguments)) => run(&arguments),
        Err(fault) => {
            eprintln!("kvspec: {fault}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> ExitCode {
    println!("TAP version 14");
    let host = Host::default();
    let tried = match arguments.configuration.clone().tried(&host, &RealClock::starting_now()) {
        Ok(tried) => tried,
        Err(fault) => return bail_out(&fault),
    };
    let host = host.waiting(tried.declaration.convergence_bound());
    let names = arguments.names();
    println!("1..{}", names.len());
    tried.found.iter().for_each(|found| println!("# {found}"));
    let mut is_good = true;
    for (number, name) in (1..).zip(names) {
        let outcome = outcome_of(name, arguments, &host, &tried.declaration);
        if let Outcome::Lost(why) = outcome {
            return bail_out(&why);
        }
        is_good &= outcome.is_good();
        print!("{}", Line { number, name, outcome });
    }
    if is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn bail_out(why: &str) -> ExitCode {
    println!("Bail out! {}", why.lines().next().unwrap_or_default());
    eprintln!("{why}");
    ExitCode::FAILURE
}

fn outcome_of(name: &str, arguments: &Arguments, host: &Host, declaration: &Declaration) -> Outcome {
    let seed = arguments.seed;
    let outcome = match kvspec_suites::cases::find(name) {
        Some(case) => Outcome::of_case(&run_one(case, host, declaration, seed), seed),
        None => {
            debug_assert_eq!(name, random_workloads(interface::PROFILE));
            let budget = Budget { cases: Some(arguments.workloads), time: None };
            Outcome::of_search(&explore(host, declaration, seed, budget, &mut Unwatched), seed)
        }
    };
    match outcome {
        // A backend that is down fails whatever is asked of it: that is no verdict on the host.
        Outcome::Failed(evidence) => match first_check(host, declaration, 1, seed) {
            Ok(()) => Outcome::Failed(evidence),
            Err(unusable) => Outcome::Lost(unusable.to_string()),
        },
        outcome => outcome,
    }
}
