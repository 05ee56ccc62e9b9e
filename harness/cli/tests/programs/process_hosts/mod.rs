//! Hosts in processes of their own: the probe as a program, in a JavaScript host with a store of
//! twenty lines, in the command line of wasmtime, and in hosts of crates.io that need another wasmtime
//! than ours. What is not installed or built is skipped, with what to run; in CI, it fails.

pub(crate) mod built;
mod crates;
mod javascript;
mod known;
mod python;
mod wasmtime_cli;

use kvspec::conformance::trials::{Completion, Failed, Trial};

type Test = fn() -> Result<Completion, Failed>;

const TESTS: &[(&str, Test)] = &[
    ("a_host_in_javascript_fails_only_where_it_is_known_to", javascript::first_draft),
    ("a_host_in_javascript_swaps_in_a_process_of_its_own", javascript::second_draft),
    ("a_host_of_eventual_in_javascript_passes_and_its_bug_is_found", javascript::eventual),
    ("a_host_of_eventual_in_python_passes_and_its_bug_is_found", python::eventual),
    ("wasmtime_run_fails_only_where_it_is_known_to", wasmtime_cli::known_verdicts),
    ("the_dialect_of_wasmtime_run_is_found_by_trying", wasmtime_cli::found_by_trying),
    ("what_wasmtime_run_does_not_offer_is_refused_in_its_words", wasmtime_cli::what_is_not_offered),
    ("wasmtime_run_takes_a_probe_that_imports_store_alone", wasmtime_cli::store_alone),
    ("redb_fails_only_where_it_is_known_to", crates::redb),
    ("redb_data_is_refused_without_a_reset", crates::redb_without_reset),
    ("redis_in_four_processes_fails_only_where_it_is_known_to", crates::redis),
    ("redis_in_four_processes_keeps_what_concurrent_sessions_may_expect", crates::redis_concurrently),
    ("redis_in_four_processes_counts_every_increment", crates::redis_counts),
    ("four_processes_that_share_nothing_are_found_out", wasmtime_cli::processes_that_share_nothing),
];

pub(crate) fn trials() -> Vec<Trial> {
    TESTS.iter().map(|&(name, test)| Trial::ignorable_test(name, test)).collect()
}
