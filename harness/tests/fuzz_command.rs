//! `kvspec fuzz` as its users meet it: exit codes, reports, and what is on disk.

mod guest;

use std::path::Path;
use std::process::Command;

use kvspec_suites::property::Regression;

/// Runs `kvspec fuzz` on the Rust component with this bug; gives the exit code and the report without
/// what differs from run to run.
fn command(bug: &str, folder: &Path, more: &[&str]) -> (i32, serde_json::Value) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kvspec"));
    command.current_dir(folder).arg("fuzz").arg(guest::store("")).args(["--format", "json"]);
    command.arg("--env").arg(format!("KVSPEC_BUG={bug}")).args(more);
    if !more.contains(&"--budget") {
        command.args(["--budget", "400"]);
    }
    let output = command.output().unwrap();
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    report.as_object_mut().unwrap().remove("real_time").expect("it says how long it took");
    (output.status.code().unwrap(), report)
}

#[test]
fn the_command_keeps_finds_and_corpus_and_repeats_itself() {
    // Each workload alone, so that all that was seen is owed to what is kept.
    const CORPUS: &[&str] = &["--corpus", "corpus", "--renew", "1"];
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

    let corpus = kvspec::fuzzing::load_corpus(&folder.join("corpus")).unwrap();
    assert!(corpus.len() > 50, "{}", corpus.len());
    // What is known is not lost: with the corpus, a run of its length takes as many edges.
    let (_, again) = command("traps-on-empty-key", folder, CORPUS);
    assert!(again["edges_taken"].as_u64() >= report["edges_taken"].as_u64(), "{again}");

    let other = tempfile::tempdir().unwrap();
    assert_eq!(command("traps-on-empty-key", other.path(), CORPUS), (1, report));
}

#[test]
fn a_leak_that_the_command_keeps_is_replayed() {
    let folder = tempfile::tempdir().unwrap();
    let (code, report) = command("forgets-values", folder.path(), &["--first"]);
    assert_eq!((code, report["finds"][0]["kind"].as_str()), (1, Some("leak")), "{report}");
    let file = report["finds"][0]["file"].as_str().unwrap().to_owned();
    let (code, again) = command("forgets-values", folder.path(), &["--replay", &file]);
    assert_eq!((code, &again["finds"][0]["summary"]), (1, &report["finds"][0]["summary"]), "{again}");
    assert_eq!(command("shows-after-60s", folder.path(), &["--replay", &file]).0, 0);
}

#[test]
fn searches_side_by_side_share_what_they_find_and_repeat_themselves() {
    let run = || {
        let folder = tempfile::tempdir().unwrap();
        command("traps-on-empty-key", folder.path(), &["--jobs", "2", "--budget", "1200", "--corpus", "corpus"])
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
}

#[test]
fn a_budget_of_executions_is_kept_to_the_last_one() {
    let folder = tempfile::tempdir().unwrap();
    for (budget, jobs) in [("100", "1"), ("101", "1"), ("102", "1"), ("200", "3")] {
        let (_, report) = command("tenth-bucket-is-first", folder.path(), &["--budget", budget, "--jobs", jobs]);
        assert_eq!(report["executions"].to_string(), budget, "{jobs} jobs");
    }
}
