//! `kvspec fuzz` as its users meet it: exit codes, reports, and what is on disk.

mod guest;

use std::path::Path;
use std::process::Command;
use std::sync::atomic::AtomicBool;

use kvspec::Declaration;
use kvspec::fuzzing::{Budget, Campaign, CampaignError, Options, Prototype};
use kvspec::subject::component;
use kvspec_suites::property::Regression;

/// Runs `kvspec fuzz` on the Rust component with this bug; gives the exit code and the report without
/// what differs from run to run.
fn command(bug: &str, folder: &Path, more: &[&str]) -> (i32, serde_json::Value) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kvspec"));
    command.current_dir(folder).arg("fuzz").arg(guest::store("")).args(["--format", "json"]);
    command.arg("--env").arg(format!("KVSPEC_BUG={bug}")).args(more);
    if !more.contains(&"--budget") && !more.contains(&"--replay") {
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
    // The other command, which sees none, says which one does.
    let (code, text) = in_shell(folder.path(), &format!("replay {file} {} --env KVSPEC_BUG=forgets-values", store()));
    assert_eq!(code, Some(3), "{text}");
    let (_, line) =
        text.split_once("it was kept for a leak, and `replay` looks for none; this shows it: kvspec ").unwrap();
    let (code, text) = in_shell(folder.path(), line.trim_end());
    assert!(code == Some(1) && text.contains("holds ever more"), "{text}");
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

/// What a run of `kvspec fuzz` came to: exit code, standard output, standard error.
fn fuzz(folder: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kvspec"));
    let output = command.current_dir(folder).arg("fuzz").args(arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

/// The path of the Rust component.
fn store() -> String {
    guest::store("").to_str().unwrap().to_owned()
}

/// The lines of a report that give commands for a shell.
fn replay_lines(report: &str) -> Vec<&str> {
    report.lines().filter_map(|line| line.trim().strip_prefix("replay    kvspec ")).collect()
}

/// Runs a command line of kvspec as a user would who copied it from a report.
fn in_shell(folder: &Path, line: &str) -> (Option<i32>, String) {
    let line = format!("'{}' {line}", env!("CARGO_BIN_EXE_kvspec"));
    let output = Command::new("sh").current_dir(folder).args(["-c", &line]).output().unwrap();
    (output.status.code(), String::from_utf8(output.stdout).unwrap() + &String::from_utf8_lossy(&output.stderr))
}

/// The names of the files in a folder, sorted.
fn names_in(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
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

#[test]
fn a_store_that_answers_nothing_is_not_searched_in_vain() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = [&*store(), "--env", "KVSPEC_BUG=open-fails", "--budget", "50"];
    let (code, _, errors) = fuzz(folder.path(), &arguments);
    assert_eq!(code, Some(2), "{errors}");
    assert!(errors.contains("opening a bucket creates none") && errors.contains("buckets = [\"NAME\"]"), "{errors}");
    // Told that it creates buckets, there is nothing left to try.
    std::fs::write(folder.path().join("kvspec.toml"), "[capabilities]\ncreates_buckets = true\n").unwrap();
    let (code, report, _) = fuzz(folder.path(), &arguments);
    assert_eq!(code, Some(3), "{report}");
    assert!(report.contains("nothing was decided: no operation was answered"), "{report}");
    let (code, report) = command("open-fails", folder.path(), &["--budget", "50"]);
    assert_eq!((code, &report["operations"], &report["exit"]), (3, &0.into(), &3.into()), "{report}");
}

#[test]
fn errors_that_the_model_allows_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let stores = guest::stores().to_str().unwrap().to_owned();
    let run = |mutant: &str, more: &[&str]| {
        let environment = format!("KVSPEC_STORE=mutant:{mutant}");
        let arguments = [&*stores, "--env", &environment, "--ignore-leak", "memory", "--budget", "100"];
        let (code, report, errors) = fuzz(folder.path(), &[&arguments[..], more].concat());
        assert_eq!(code, Some(0), "{errors}");
        report
    };
    let report = run("get-of-absent-is-an-error", &[]);
    let line = report.lines().find_map(|line| line.strip_prefix("answered with errors, which are no finds: "));
    let parts: Vec<&str> = line.expect("there is such a line").split(' ').collect();
    let [errors, "of", all, "get"] = parts[..] else { panic!("{report}") };
    assert!((1..all.parse::<u64>().unwrap()).contains(&errors.parse().unwrap()), "{report}");
    let json: serde_json::Value =
        serde_json::from_str(&run("get-of-absent-is-an-error", &["--format", "json"])).unwrap();
    assert_eq!(json["errors"], serde_json::json!({ "get": errors.parse::<u64>().unwrap() }));
    let (_, report, _) = fuzz(folder.path(), &[&store(), "--budget", "100"]);
    assert!(!report.contains("answered with errors"), "{report}");
}

#[test]
fn what_a_component_prints_does_not_reach_the_terminal_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    // It names the bug that it does not know, and traps.
    let bug = "KVSPEC_BUG=\u{1b}[31mred\u{1b}]0;title\u{7}";
    let (code, report, _) = fuzz(folder.path(), &[&store(), "--env", bug, "--budget", "20", "--color", "never"]);
    let (_, found) = report.split_once("  actual ").expect("it is a find");
    let (shown, _) = found.split_once("  replay ").expect("it says how to run it again");
    assert_eq!(code, Some(1), "{report}");
    assert!(shown.contains("[31mred") && !shown.contains('\u{1b}') && !shown.contains('\u{7}'), "{shown:?}");
}

#[test]
fn what_is_found_by_trying_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let (code, report, errors) = fuzz(folder.path(), &[&store(), "--budget", "50"]);
    assert_eq!(code, Some(0), "{report}{errors}");
    assert!(report.contains("found by trying: capabilities.creates_buckets = true"), "{report}");
    assert!(report.contains("reads after convergence compared\n"), "{report}");
}

#[test]
fn other_profiles_are_refused_as_by_run_and_replay() {
    let folder = tempfile::tempdir().unwrap();
    let in_folder = |name: &str, content: &str| std::fs::write(folder.path().join(name), content).unwrap();
    in_folder("other.workload", "kvspec workload 1\nprofile store@0.2.0-draft\nsessions 1\n\n0 get b k\n");
    let (code, _, errors) = fuzz(folder.path(), &[&store(), "--replay", "other.workload"]);
    assert_eq!(code, Some(2), "{errors}");
    for part in ["other.workload", "store@0.2.0-draft", "the target offers eventual@0.1.0", "write «profile"] {
        assert!(errors.contains(part), "{part} is not in\n{errors}");
    }
    in_folder("other.toml", "profile = \"store@0.2.0-draft\"\n");
    let (code, _, errors) = fuzz(folder.path(), &[&store(), "--config", "other.toml", "--budget", "50"]);
    assert_eq!(code, Some(2), "{errors}");
    for part in ["other.toml", "store@0.2.0-draft", "the target offers eventual@0.1.0", "leave the line out"] {
        assert!(errors.contains(part), "{part} is not in\n{errors}");
    }
    let target = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/exports-store.wat");
    let (code, _, errors) = fuzz(folder.path(), &[target, "--budget", "50"]);
    assert_eq!(code, Some(2), "{errors}");
    let run = format!("use `kvspec run {target} --cases N`");
    for part in ["exports-store.wat", "offers store@0.2.0-draft", "takes eventual@0.1.0 only", &run] {
        assert!(errors.contains(part), "{part} is not in\n{errors}");
    }
}

#[test]
fn lines_that_replay_are_copied_to_a_shell() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    std::fs::copy(guest::store(""), folder.join("my store.wasm")).unwrap();
    std::fs::write(folder.join("it's.toml"), "[consistency]\nconvergence_ms = 2000\n").unwrap();
    let finds = ["--finds", "my finds", "--config", "it's.toml", "--first", "--budget", "5000"];
    for (bug, more, line) in [
        ("traps-on-empty-key", &[][..], "replay 'my finds/trap-"),
        ("traps-on-empty-key", &["--memory", "64"], "fuzz 'my store.wasm'"),
        ("eats-memory", &["--memory", "64"], "fuzz 'my store.wasm'"),
        ("hoards", &["--ignore-leak", "resources"], "fuzz 'my store.wasm'"),
    ] {
        let bug = format!("KVSPEC_BUG={bug}");
        let (code, report, errors) =
            fuzz(folder, &[&["my store.wasm", "--env", &bug, "--env", "OTHER=a b"], &finds[..], more].concat());
        assert_eq!(code, Some(1), "{bug}: {report}{errors}");
        let lines = replay_lines(&report);
        assert!(lines[0].starts_with(line), "{bug}: {lines:?}");
        let parts = ["--config 'it'\\''s.toml'", "--env 'OTHER=a b'", &more.join(" ")];
        assert!(parts.iter().all(|part| lines[0].contains(part)), "{bug}: {lines:?}");
        let (code, again) = in_shell(folder, lines[0]);
        assert_eq!(code, Some(1), "{bug}: {again}");
        assert!(again.contains("KVE-ERR-01"), "{bug}: {again}");
    }
}

/// A loop is a find with any limit, so only the line shows which one it was.
#[test]
fn a_hang_is_replayed_with_its_limits() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("hang"), "kvspec workload 1\nsessions 1\n\n0 get b \"loop\"\n").unwrap();
    let target = [&*store(), "--env", "KVSPEC_BUG=loops-on-get"];
    let (code, report, _) = fuzz(folder.path(), &[&target, &["--call-timeout", "1", "--replay", "hang"][..]].concat());
    assert_eq!(code, Some(1), "{report}");
    let lines = replay_lines(&report);
    assert!(lines[0].ends_with(" --memory 256 --call-timeout 1 --replay hang"), "{report}");
}

#[test]
fn json_lines_are_lines_of_json() {
    let folder = tempfile::tempdir().unwrap();
    let run = |format| {
        let bug = ["--env", "KVSPEC_BUG=lossy-utf8", "--budget", "600", "--format", format];
        let (code, report, errors) = fuzz(folder.path(), &[&[&*store()], &bug[..]].concat());
        assert_eq!(code, Some(1), "{errors}");
        report
    };
    let report = run("jsonl");
    let lines: Vec<serde_json::Value> = report.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let document: serde_json::Value = serde_json::from_str(&run("json")).unwrap();
    let finds = document["finds"].as_array().unwrap();
    let parts: Vec<&str> = lines.iter().map(|line| line["part"].as_str().unwrap()).collect();
    let (first, [middle @ .., last]) = parts.split_first().unwrap() else { panic!("one line only: {report}") };
    assert_eq!((*first, *last, middle.len()), ("head", "conclusion", finds.len()), "{parts:?}");
    assert!(!middle.is_empty() && middle.iter().all(|part| *part == "find"), "{parts:?}");
    // All that the document has but the times, in its place.
    for (find, line) in finds.iter().zip(&lines[1..]) {
        assert!(find["replay"].as_str().unwrap().starts_with("kvspec replay kvspec-finds/anomaly-"), "{find}");
        assert!(find.as_object().unwrap().iter().all(|(name, value)| line[name] == *value), "{line}");
    }
    let outside = [&lines[0], &lines[lines.len() - 1]];
    for (name, value) in
        document.as_object().unwrap().iter().filter(|(name, _)| !["finds", "real_time"].contains(&&***name))
    {
        assert!(outside.iter().any(|line| line[name] == *value), "{name} is in no line of {report}");
    }
}

#[test]
fn a_workload_alone_has_no_search_to_tell_of() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("kept");
    std::fs::write(&file, "kvspec workload 1\n# seed 7\nsessions 1\n\n0 set b k \"v\"\nquiesce\n").unwrap();
    let (code, report, errors) = fuzz(folder.path(), &[&store(), "--replay", "kept"]);
    assert_eq!(code, Some(0), "{report}{errors}");
    assert!(report.contains("running kept again on") && report.contains("seed 7\n"), "{report}");
    assert!(!report.contains("edges") && !report.contains("corpus"), "{report}");
    let (_, report) = command("forgets-values", folder.path(), &["--replay", "kept"]);
    assert_eq!((&report["seed"], &report["replayed"]), (&7.into(), &"kept".into()), "{report}");
    assert!(report.get("edges_taken").is_none() && report.get("corpus").is_none(), "{report}");
}

#[test]
fn options_that_would_do_nothing_are_refused_and_others_hold_for_a_workload_alone() {
    let folder = tempfile::tempdir().unwrap();
    let workload = "kvspec workload 1\nsessions 1\n\n0 set b k \"v\"\nquiesce\n";
    std::fs::write(folder.path().join("kept"), workload).unwrap();
    for option in [
        &["--budget", "9"][..],
        &["--steps", "9"],
        &["--renew", "9"],
        &["--finds", "f"],
        &["--first"],
        &["--seed", "9"],
        &["--jobs", "2"],
    ] {
        let (code, _, errors) = fuzz(folder.path(), &[&[&*store(), "--replay", "kept"], option].concat());
        assert_eq!(code, Some(2), "{option:?}: {errors}");
        assert!(errors.contains("cannot be used with") && errors.contains(option[0]), "{errors}");
    }
    let (code, _, errors) = fuzz(folder.path(), &[&store(), "--steps", "1"]);
    assert!(code == Some(2) && errors.contains("1 is not in 2.."), "{errors}");
    let replayed = |more: &[&str]| command("hoards", folder.path(), &[&["--replay", "kept"], more].concat());
    let (code, report) = replayed(&[]);
    assert_eq!((code, &report["finds"][0]["signature"]), (1, &"leak: linear memory".into()), "{report}");
    assert_eq!(replayed(&["--ignore-leak", "resources"]).0, 1);
    let (code, report) = replayed(&["--ignore-leak", "memory"]);
    assert_eq!((code, report["finds"].as_array().map(Vec::len)), (0, Some(0)), "{report}");
}

#[test]
fn the_help_says_what_it_takes() {
    let (_, help, _) = fuzz(Path::new("."), &["--help"]);
    for part in ["eventual@0.1.0 only", "kvspec run TARGET --cases N", "[default: ./kvspec.toml", "- jsonl:"] {
        assert!(help.contains(part), "{part} is not in\n{help}");
    }
}
