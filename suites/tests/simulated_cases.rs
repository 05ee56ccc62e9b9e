//! The conformance cases pass on the simulated store: it is weak, but it keeps what it declares.

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
    let mut passed = 0;
    for case in cases::all() {
        for seed in 0..3 {
            let store = simulated.start(seed).unwrap();
            let report = run_case(case, &*store, &ManualClock::default(), &declaration, seed);
            let legal = matches!(report.verdict, Verdict::Pass | Verdict::Skip(_));
            assert!(legal, "{}, seed {seed}: {:?} {:#?}", case.name, report.verdict, report.anomalies);
            passed += u64::from(report.verdict == Verdict::Pass);
        }
    }
    assert!(passed > 0, "no case ran");
}
