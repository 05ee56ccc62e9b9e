//! What is on disk after a search, and that equal searches are equal.

use std::process::Command;
use std::sync::atomic::AtomicBool;

use kvspec::Declaration;
use kvspec_component::component;
use kvspec_fuzzing::{Budget, Campaign, CampaignError, Options, Prototype};
use kvspec_reference::Profile;
use kvspec_suites::workloads::property::Regression;
use kvspec_tests::guest;

use super::{command, names_in};

#[test]
fn the_command_keeps_finds_and_corpus_and_repeats_itself() {
    // Each workload alone, so that all that was seen is owed to what is kept.
    const CORPUS: &[&str] = &["--corpus", "corpus", "--renew", "1", "--budget", "1500"];
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let (code, report) = command("traps-on-empty-key", folder, CORPUS);
    assert_eq!(code, 1, "{report}");
    let find = &report["finds"][0];
    assert_eq!((find["kind"].as_str(), find["requirement"].as_str()), (Some("trap"), Some("KVE-ERR-01")));
    let kept = std::fs::read_to_string(folder.join(find["file"].as_str().unwrap())).unwrap();
    let kept = Regression::parse(&kept).unwrap();
    assert_eq!((kept.requirement.as_str(), kept.implementation_seed), ("KVE-ERR-01", 1));
    assert_eq!(kept.file.to_string(), find["workload"].as_str().unwrap());

    let corpus = kvspec_fuzzing::load_corpus(&folder.join("corpus"), Profile::Eventual).unwrap();
    assert!(corpus.len() > 50, "{}", corpus.len());
    // What is known is not lost: with the corpus, a run of its length takes as many edges.
    let (_, again) = command("traps-on-empty-key", folder, CORPUS);
    assert!(again["edges_taken"].as_u64() >= report["edges_taken"].as_u64(), "{again}");

    let other = tempfile::tempdir().unwrap();
    assert_eq!(command("traps-on-empty-key", other.path(), CORPUS), (1, report));
}

#[test]
fn searches_side_by_side_share_what_they_find_and_repeat_themselves() {
    let run = || {
        let folder = tempfile::tempdir().unwrap();
        command("traps-on-empty-key", folder.path(), &["--jobs", "2", "--budget", "4000", "--corpus", "corpus"])
    };
    let (code, report) = run();
    assert_eq!((code, &report["jobs"]), (1, &2.into()), "{report}");
    assert_eq!(run().1, report);
}

#[test]
fn the_command_searches_side_by_side_and_in_parts() {
    let folder = tempfile::tempdir().unwrap();
    let (code, report) = command("shows-after-60s", folder.path(), &["--jobs", "2", "--shard", "2/3", "--first"]);
    assert_eq!(code, 1, "{report}");
    assert_eq!(report["finds"][0]["requirement"], "KVE-CON-02", "{report}");
    assert_ne!(report["finds"][0]["seed"], 1, "another part has other chance");
    assert_eq!(report["shard"], "2/3");
}

#[test]
fn a_budget_of_executions_is_kept_to_the_last_one() {
    let folder = tempfile::tempdir().unwrap();
    for (budget, jobs) in [("100", "1"), ("101", "1"), ("102", "1"), ("200", "3")] {
        let (_, report) = command("tenth-bucket-is-first", folder.path(), &["--budget", budget, "--jobs", jobs]);
        assert_eq!(report["executions"].to_string(), budget, "{jobs} jobs");
    }
}

/// Several searches make the same find; which of them is first on the clock is chance.
#[test]
fn what_searches_side_by_side_find_is_on_disk_as_reported() {
    const SEARCHES: &[&str] = &["--jobs", "4", "--budget", "1200", "--finds", "finds", "--seed", "4"];
    let run = |bug| {
        let folder = tempfile::tempdir().unwrap();
        let (code, report) = command(bug, folder.path(), SEARCHES);
        assert_eq!(code, 1, "{report}");
        let finds = report["finds"].as_array().unwrap();
        let mut reported: Vec<String> = finds
            .iter()
            .map(|find| find["file"].as_str().unwrap().strip_prefix("finds/").unwrap().to_owned())
            .collect();
        reported.sort();
        assert_eq!(names_in(&folder.path().join("finds")), reported, "{report}");
        reported
    };
    for bug in ["delete-ignored", "lossy-utf8"] {
        assert_eq!(run(bug), run(bug), "{bug}");
    }
}

#[test]
fn a_folder_that_cannot_be_written_is_told_before_the_search() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("file"), "").unwrap();
    for option in ["--corpus", "--finds"] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kvspec"));
        command.current_dir(folder.path()).arg("fuzz").arg(guest::store("")).args([option, "file/folder"]);
        // Longer than the test may take: it must end at once.
        let output = command.args(["--budget", "24h"]).output().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!((output.status.code(), &*output.stdout), (Some(2), &b""[..]), "{errors}");
        for part in ["file/folder", "cannot be written", "name a folder"] {
            assert!(errors.contains(part), "{part} is not in\n{errors}");
        }
    }
}

#[test]
fn a_search_without_a_find_leaves_no_folder() {
    let folder = tempfile::tempdir().unwrap();
    let (_, report) = command("tenth-bucket-is-first", folder.path(), &["--budget", "20", "--renew", "1"]);
    assert_eq!((report["finds"].as_array().unwrap().len(), names_in(folder.path()).len()), (0, 0), "{report}");
}

/// The folders of a campaign become files in the middle of the search.
#[test]
fn folders_that_fail_late_cost_no_report() {
    static NEVER: AtomicBool = AtomicBool::new(false);
    let folder = tempfile::tempdir().unwrap();
    let [corpus_folder, finds_folder] = ["corpus", "finds"].map(|name| folder.path().join(name));
    let environment = vec![("KVSPEC_BUG".to_owned(), "traps-on-empty-key".to_owned())];
    let loading = component::Options { environment, ..Default::default() };
    let (prototype, _) = Prototype::load(&guest::store(""), loading, Declaration::default()).unwrap();
    let campaign = Campaign {
        options: Options::default(),
        budget: Budget::Executions(3_000),
        stops_at_find: false,
        jobs: 1,
        renew_after: 1,
        ignored_leaks: Vec::new(),
        shard: (0, 1),
        corpus_folder: Some(corpus_folder.clone()),
        finds_folder: finds_folder.clone(),
    };
    let break_folders = |_: &_| {
        for folder in [&corpus_folder, &finds_folder] {
            if folder.is_dir() {
                std::fs::remove_dir_all(folder).unwrap();
                std::fs::write(folder, "").unwrap();
            }
        }
    };
    let outcome = campaign.run(&prototype, &NEVER, &break_folders).unwrap();
    assert_eq!(outcome.progress.executions, 3_000);
    assert!(outcome.finds.iter().any(|kept| kept.file.is_none()), "{:?}", outcome.finds);
    let faults: Vec<String> = outcome.faults.iter().map(CampaignError::to_string).collect();
    for folder in [corpus_folder, finds_folder] {
        let is_named = |fault: &&String| fault.starts_with(folder.to_str().unwrap());
        assert!(faults.iter().find(is_named).is_some_and(|fault| fault.contains("cannot be written")), "{faults:?}");
    }
}
