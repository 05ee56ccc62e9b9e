//! `kvspec fuzz` on a component of `store@0.2.0`.

use kvspec_suites::workloads::property::Regression;
use kvspec_tests::guest;

use super::{fuzz, in_shell, replay_lines};

#[test]
fn a_find_is_kept_with_its_profile_and_shown_again() {
    let folder = tempfile::tempdir().unwrap();
    for (features, bug, profile) in [
        ("", "sums-wrap-at-32-bits", "store@0.2.0-draft"),
        ("draft2", "swap-ignores-base", "store@0.2.0-draft2"),
        ("draft2", "forgets-swaps", "store@0.2.0-draft2"),
    ] {
        let store = guest::draft_store(features).to_str().unwrap().to_owned();
        let environment = format!("KVSPEC_BUG={bug}");
        let arguments = [&*store, "--env", &environment, "--budget", "3000", "--first"];
        let (code, report, errors) = fuzz(folder.path(), &arguments);
        assert_eq!(code, Some(1), "{report}{errors}");
        assert!(report.contains(&format!(" for {profile}, seed 1")), "{report}");
        let file = report.lines().find_map(|line| line.trim().strip_prefix("saved     ")).expect("it is kept");
        let kept = Regression::parse(&std::fs::read_to_string(folder.path().join(file)).unwrap()).unwrap();
        assert_eq!(kept.file.profile, profile);
        let lines = replay_lines(&report);
        assert_eq!(lines.len(), 1, "{report}");
        let (code, again) = in_shell(folder.path(), lines[0]);
        assert_eq!(code, Some(1), "{}\n{again}", lines[0]);
        assert!(again.contains(&kept.requirement), "{again}");
    }
}

#[test]
fn a_listing_that_does_not_end_is_a_hang() {
    let folder = tempfile::tempdir().unwrap();
    let workload = "kvspec workload 1\nprofile store@0.2.0-draft\nsessions 1\n\n0 set b loop \"v\"\n0 list b\n";
    std::fs::write(folder.path().join("kept"), workload).unwrap();
    let store = guest::draft_store("").to_str().unwrap().to_owned();
    let arguments = [&*store, "--env", "KVSPEC_BUG=loops-on-list", "--call-timeout", "1", "--replay", "kept"];
    let (code, report, errors) = fuzz(folder.path(), &arguments);
    assert_eq!(code, Some(1), "{report}{errors}");
    assert!(report.contains("a call did not end within the time limit"), "{report}");
}

#[test]
fn a_corpus_is_of_one_profile() {
    let folder = tempfile::tempdir().unwrap();
    let corpus = folder.path().join("corpus");
    std::fs::create_dir(&corpus).unwrap();
    std::fs::write(corpus.join("a.workload"), "kvspec workload 1\nsessions 1\n\n0 get b k\n").unwrap();
    let store = guest::draft_store("").to_str().unwrap().to_owned();
    let (code, _, errors) = fuzz(folder.path(), &[&store, "--corpus", "corpus", "--budget", "50"]);
    assert_eq!(code, Some(2), "{errors}");
    for part in ["a.workload", "eventual@0.1.0", "offers store@0.2.0-draft", "write «profile store@0.2.0-draft»"] {
        assert!(errors.contains(part), "{part} is not in\n{errors}");
    }
}
