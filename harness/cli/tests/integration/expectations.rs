//! Known violations and JUnit reports, as a CI job meets them.

use std::path::Path;
use std::process::{Command, Output};

fn kvspec(arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kvspec"));
    command.args(arguments).current_dir(env!("CARGO_TARGET_TMPDIR"));
    let Output { status, stdout, stderr } = command.output().expect("kvspec can be started");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("reports are UTF-8");
    (status.code(), text(stdout), text(stderr))
}

fn temporary(name: &str) -> String {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("expectations-{name}"));
    path.to_str().expect("the folder has a UTF-8 name").to_owned()
}

fn temporary_file(name: &str, content: &str) -> String {
    let path = temporary(name);
    std::fs::write(&path, content).expect("the folder for test files can be written");
    path
}

const BUG: [&str; 4] = ["--bug", "lost-tombstone", "--filter", "random_workloads"];

fn expecting(name: &str, requirement: &str) -> String {
    let text = format!(
        "[[expect]]\nid = \"**::random_workloads\"\nrequirement = \"{requirement}\"\nreason = \"tombstones are collected\"\n"
    );
    temporary_file(name, &text)
}

#[test]
fn a_known_violation_fails_no_run() {
    let (code, out, _) = kvspec(&BUG);
    assert_eq!(code, Some(1), "{out}");
    let file = expecting("known.toml", "KVE-CON-02");
    let expected = [&BUG[..], &["--expect", &file]].concat();
    let (code, out, errors) = kvspec(&expected);
    assert_eq!(code, Some(0), "{out}{errors}");
    assert!(out.contains("tombstones are collected") && out.contains("1 known violation"), "{out}");
    assert!(!out.contains("\nconformant to"), "{out}");

    let (code, out, _) = kvspec(&[&expected[..], &["--format", "json"]].concat());
    let report: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &report["conformant"]), (Some(0), &false.into()));
    assert_eq!((&report["expected_failures"], &report["exit"]), (&1.into(), &0.into()));
    assert_eq!(report["random_workloads"]["expected"], "tombstones are collected");
}

#[test]
fn another_violation_than_the_known_one_is_a_failure() {
    let file = expecting("other.toml", "KVE-INT-01");
    let (code, out, _) = kvspec(&[&BUG[..], &["--expect", &file]].concat());
    assert_eq!(code, Some(1), "{out}");
    assert!(out.contains("STALE") && out.contains("NOT CONFORMANT"), "{out}");
}

#[test]
fn an_expectation_that_nothing_meets_is_a_failure() {
    let file = expecting("stale.toml", "KVE-CON-02");
    let (code, out, _) = kvspec(&["--filter", "random_workloads", "--expect", &file]);
    assert_eq!(code, Some(1), "{out}");
    assert!(out.contains("STALE") && out.contains("remove the expectation"), "{out}");
    // Of what did not run, nothing is known.
    let (code, out, _) = kvspec(&["--filter", "delete", "--expect", &file]);
    assert_eq!(code, Some(0), "{out}");
}

#[test]
fn a_file_of_expectations_that_is_wrong_is_refused() {
    let file = temporary_file("wrong.toml", "[[expect]]\nid = \"a\"\n");
    let (code, out, errors) = kvspec(&["--expect", &file]);
    assert_eq!((code, out.as_str()), (Some(2), ""), "{errors}");
    assert!(errors.contains("wrong.toml") && errors.contains("reason"), "{errors}");

    let file = temporary_file("nope.toml", "[[expect]]\nid = \"eventual::nope::*\"\nreason = \"x\"\n");
    let (code, out, errors) = kvspec(&["--expect", &file, "--filter", "delete"]);
    assert_eq!((code, out.as_str()), (Some(2), ""), "{errors}");
    assert!(errors.contains("nope.toml: expectation 1: id") && errors.contains("kvspec list"), "{errors}");
}

#[test]
fn junit_counts_what_the_report_counts() {
    let file = temporary("report.xml");
    let (code, out, _) =
        kvspec(&["--bug", "lost-tombstone", "--filter", "random_workloads", "--filter", "delete", "--junit", &file]);
    assert_eq!(code, Some(1), "{out}");
    let xml = std::fs::read_to_string(&file).unwrap();
    let (_, json, _) =
        kvspec(&["--bug", "lost-tombstone", "--filter", "random_workloads", "--filter", "delete", "--format", "json"]);
    let report: serde_json::Value = serde_json::from_str(&json).unwrap();
    let totals = &report["totals"];
    let all: u64 =
        ["pass", "fail", "skip", "inconclusive", "error"].iter().map(|name| totals[name].as_u64().unwrap()).sum();
    let parsed = quick_junit::Report::deserialize_from_str(&xml).expect("it is JUnit");
    assert_eq!((parsed.tests as u64, parsed.failures as u64), (all, totals["fail"].as_u64().unwrap()), "{xml}");
    assert!(xml.contains(r#"type="KVE-CON-02""#) && xml.contains("eventual::random_workloads"), "{xml}");
    assert!(xml.contains("replay"), "{xml}");

    let (code, out, errors) = kvspec(&["--filter", "delete", "--junit", "/nowhere/at/all.xml"]);
    assert_eq!((code, out.as_str()), (Some(2), ""), "nothing was run: {errors}");
    assert!(errors.contains("--junit /nowhere/at/all.xml"), "{errors}");
}
