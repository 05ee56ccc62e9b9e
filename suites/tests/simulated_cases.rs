//! The conformance cases pass on the simulated store: it is weak, but it keeps what it declares.

use std::collections::BTreeSet;

use kvspec_reference::Profile;
use kvspec_reference::interface::Subject;
use kvspec_reference::stores::simulated::subject;
use kvspec_reference::workload::recorder::ManualClock;
use kvspec_suites::declaration::Declaration;
use kvspec_suites::{Verdict, cases, run_case};

#[test]
fn no_case_fails_the_simulated_store() {
    let simulated = subject(None);
    let bound_ms = simulated.parameters.convergence_bound().as_millis() as u64;
    let mut declaration = Declaration::default();
    declaration.consistency.convergence_ms = Some(bound_ms);
    let mut skipped = BTreeSet::new();
    for case in cases::all() {
        for seed in 0..3 {
            let store = simulated.start(seed).unwrap();
            let report = run_case(case, Profile::Eventual, &*store, &ManualClock::default(), &declaration, seed);
            let legal = matches!(report.verdict, Verdict::Pass | Verdict::Skip(_));
            assert!(legal, "{}, seed {seed}: {:?} {:#?}", case.name, report.verdict, report.anomalies);
            if report.verdict != Verdict::Pass {
                skipped.insert(case.name);
            }
        }
    }
    // What it does not declare, and nothing else.
    let expected = [
        "eventual::buckets::opening_a_missing_bucket_is_an_error",
        "eventual::convergence::claimed_guarantees_hold",
        "eventual::errors::a_refused_call_leaves_other_sessions",
        "eventual::errors::refused_calls_are_followed_by_normal_work",
        "eventual::errors::refused_opens_leave_open_buckets",
        "eventual::handles::one_handle_too_many_harms_no_other",
        "eventual::key_limits::longest_key_is_kept",
        "eventual::key_limits::one_pair_too_many_is_refused_or_kept",
        "eventual::key_limits::pairs_up_to_the_declared_total_are_kept",
        "eventual::key_limits::too_long_key_is_refused",
        "eventual::key_limits::undeclared_characters_are_refused",
        "eventual::outgoing::undeclared_streaming_is_no_trap",
        "eventual::persistence::a_delete_outlives_the_instance",
        "eventual::persistence::data_outlives_the_instance",
        "eventual::sizes::above_the_declared_limit_is_refused",
        "eventual::sizes::the_declared_limit_is_kept_whole",
    ];
    assert_eq!(skipped.into_iter().collect::<Vec<_>>(), expected);
}
