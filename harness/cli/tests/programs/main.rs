//! Tests that need programs which may not be installed, or real stores: each is skipped, with the
//! reason, where its program is missing; in CI, it fails.

mod hidden_bugs;
mod language_leaks;
mod languages;
mod missing_programs;
mod pages;
mod process_hosts;
mod redis_replica;

use std::process::ExitCode;

use kvspec::conformance::trials::{Arguments, Trial, run};

fn main() -> ExitCode {
    let parts = [
        ("hidden_bugs", hidden_bugs::trials()),
        ("language_leaks", language_leaks::trials()),
        ("languages", languages::trials()),
        ("missing_programs", missing_programs::trials()),
        ("pages", pages::trials()),
        ("process_hosts", process_hosts::trials()),
        ("redis_replica", redis_replica::trials()),
    ];
    let trials = parts.into_iter().flat_map(|(part, trials)| trials.into_iter().map(move |trial| trial.within(part)));
    run(&Arguments::from_args(), trials.collect::<Vec<Trial>>())
}
