//! What reports, complaints and the help say.

use kvspec_tests::guest;
use std::path::Path;

use super::{command, fuzz, store};

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
    for part in ["components of every profile", "kvspec run --host", "[default: ./kvspec.toml", "- jsonl:"] {
        assert!(help.contains(part), "{part} is not in\n{help}");
    }
}
