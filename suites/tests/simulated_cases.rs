//! The conformance cases pass on the simulated store: it is weak, but it keeps what it declares.

use std::collections::BTreeSet;

use kvspec_reference::Profile;
use kvspec_reference::interface::Subject;
use kvspec_reference::stores::simulated::subject;
use kvspec_reference::workload::recorder::ManualClock;
use kvspec_suites::declaration::{Consistency, Declaration};
use kvspec_suites::{Verdict, cases, run_case};

#[test]
fn no_case_fails_the_simulated_store() {
    let simulated = subject(None);
    let bound_ms = simulated.parameters.convergence_bound().as_millis() as u64;
    let consistency = Consistency { convergence_ms: Some(bound_ms), ..Consistency::default() };
    let declaration = Declaration { consistency, ..Declaration::default() };
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
    let expected = [""; 0];
    assert_eq!(skipped.into_iter().collect::<Vec<_>>(), expected);
}
