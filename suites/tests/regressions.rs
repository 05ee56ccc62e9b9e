//! Kept failures are replayed: each still violates its requirement on the store with the bug it is
//! named after, and nothing on the healthy one.
//!
//! When the simulated store changes, a kept seed may no longer show the bug. Then
//! `KVSPEC_KEEP_REGRESSIONS=1 cargo test -p kvspec-suites --test regressions` searches anew and
//! writes the files.

use std::path::PathBuf;

use kvspec_reference::RequirementId;
use kvspec_reference::stores::simulated::{Bug, subject};
use kvspec_reference::workload::recorder::ManualClock;
use kvspec_suites::declaration::Declaration;
use kvspec_suites::workloads::property::{PropertyFailure, Regression, Search, execute, search};

/// Which seed the kept failures and the snapshots are searched with.
const SEED: u64 = 1;

fn declaration() -> Declaration {
    let bound_ms = subject(None).parameters.convergence_bound().as_millis() as u64;
    let mut declaration = Declaration::default();
    declaration.consistency.convergence_ms = Some(bound_ms);
    declaration
}

fn failure(bug: Bug) -> PropertyFailure {
    let wanted = Search { seed: SEED, ..Search::default() };
    let report = search(&subject(Some(bug)), &ManualClock::default(), &declaration(), wanted);
    report.failure.unwrap_or_else(|| panic!("{bug} is not found"))
}

fn file(bug: Bug) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("regressions");
    folder.join(format!("simulated-{bug}.workload"))
}

/// The requirements that a kept workload violates.
fn violated(regression: &Regression, bug: Option<Bug>) -> Vec<RequirementId> {
    let Regression { file, implementation_seed, .. } = regression;
    let (clock, subject) = (ManualClock::default(), subject(bug));
    let profile = file.profile.parse().unwrap();
    let execution = execute(&subject, &clock, &declaration(), profile, &file.workload, *implementation_seed).unwrap();
    execution.anomalies.iter().map(|a| a.requirement).collect()
}

#[test]
fn kept_failures_fail_with_their_bug_and_pass_without() {
    for bug in Bug::ALL {
        if std::env::var_os("KVSPEC_KEEP_REGRESSIONS").is_some() {
            std::fs::write(file(bug), failure(bug).regression().to_string()).unwrap();
        }
        let path = file(bug);
        let text = std::fs::read_to_string(&path).unwrap_or_else(|why| panic!("{}: {why}", path.display()));
        let kept = Regression::parse(&text).unwrap_or_else(|why| panic!("{}: {why}", path.display()));
        assert_eq!(kept.to_string(), text, "{} is as kvspec writes it", path.display());
        let with_bug = violated(&kept, Some(bug));
        assert!(
            with_bug.contains(&kept.requirement.parse().unwrap()),
            "{bug} violates {with_bug:?}, not {}",
            kept.requirement
        );
        let without = violated(&kept, None);
        assert!(without.is_empty(), "{bug} is switched off, and yet: {without:?}");
    }
}

/// The words for each classic bug. They are the product: read a change before accepting it.
#[test]
fn failures_are_told_in_words() {
    for bug in Bug::ALL {
        insta::assert_snapshot!(bug.name(), failure(bug).to_string());
    }
}
