//! Hosts that cannot be judged, and why the command says so: nothing of this is a pass, and none of it is a
//! hundred failures.
#![cfg(unix)]

use std::path::Path;
use std::process::{Command, Output};

/// Runs the command on the host of this mode, which keeps what it keeps in a folder of its own.
fn run(mode: &str, name: &str, arguments: &[&str]) -> (Option<i32>, String, String) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("odd-host-{name}"));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    let config = folder.join("kvspec.toml");
    std::fs::write(&config, "[consistency]\nconvergence_ms = 0\n").unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/hosts/odd/host.sh");
    let host = format!("sh '{}' {mode} '{}'", script.display(), folder.join("data").display());
    let mut command = Command::new(env!("CARGO_BIN_EXE_kvspec"));
    command.current_dir(&folder).args(["run", "--host", &host, "--config", config.to_str().unwrap()]).args(arguments);
    let Output { status, stdout, stderr } = command.output().expect("kvspec can be started");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("reports are UTF-8");
    (status.code(), text(stdout), text(stderr))
}

const SOME: [&str; 4] = ["--filter", "eventual::delete::*", "--cases", "0"];

#[test]
fn the_host_of_these_tests_is_a_store() {
    let (code, out, errors) = run("alone", "alone", &SOME);
    assert_eq!(code, Some(0), "{out}{errors}");
}

#[test]
fn a_host_that_stops_answering_leaves_much_undecided() {
    let within = [&SOME[..], &["--call-timeout", "2s", "--format", "json"]].concat();
    let (code, out, errors) = run("stops", "stops", &within);
    assert_eq!(code, Some(3), "{out}{errors}");
    let report: serde_json::Value = serde_json::from_str(&out).expect("the report is JSON");
    assert!(report["totals"]["inconclusive"].as_u64() > Some(0), "{out}");
    assert_eq!((&report["totals"]["fail"], &report["totals"]["error"]), (&0.into(), &0.into()), "{out}");
    let reasons = report["cases"].as_array().unwrap().iter().filter_map(|case| case["reason"].as_str());
    assert!(
        reasons.clone().any(|reason| reason.contains("was not answered: no answer to") && reason.contains("within 2s")),
        "{out}"
    );
}

#[test]
fn a_backend_that_is_down_is_no_violation() {
    let (code, out, errors) = run("down", "down", &["--cases", "0"]);
    assert_eq!((code, out.as_str()), (Some(69), ""), "{errors}");
    for words in
        ["no case was run", "opening a bucket answered an error, 3 times", "connection refused", "can be reached"]
    {
        assert!(errors.contains(words), "{words}: {errors}");
    }
}

#[test]
fn a_store_that_answers_one_call_in_ten_is_not_tested_unless_it_says_so() {
    let (code, out, errors) = run("tenth", "tenth", &SOME);
    assert_eq!((code, out.as_str()), (Some(69), ""), "{errors}");
    assert!(errors.contains("too busy") && errors.contains("[errors] retries"), "{errors}");
}

#[test]
fn processes_that_share_nothing_are_not_tested_together() {
    let together = [&SOME[..], &["--processes", "2"]].concat();
    let (code, out, errors) = run("alone", "share-nothing", &together);
    assert_eq!((code, out.as_str()), (Some(69), ""), "{errors}");
    for words in ["of 2 processes", "they share nothing", "leave --processes out"] {
        assert!(errors.contains(words), "{words}: {errors}");
    }
    let reset = "sh -c 'rm -rf data/data'";
    let (code, out, errors) = run("shared", "share-all", &[&together[..], &["--reset", reset]].concat());
    assert_eq!(code, Some(0), "{out}{errors}");
}

/// Workloads whose sessions are processes of their own.
fn run_concurrently(mode: &str, workloads: &str) -> (Option<i32>, String, String) {
    let reset = "rm -rf data/data";
    let together = ["--processes", "2", "--reset", reset, "--filter", "concurrent_workloads", "--cases", workloads];
    run(mode, &format!("concurrent-{mode}"), &together)
}

#[test]
fn increments_that_processes_lose_are_found() {
    // Far more than are needed: each takes long enough for another to come between.
    let (code, out, errors) = run_concurrently("loses", "100");
    assert_eq!(code, Some(1), "{out}{errors}");
    assert!(out.contains("KVS-INC-"), "{out}");
}

#[test]
fn processes_that_count_together_pass() {
    let (code, out, errors) = run_concurrently("counts", "4");
    assert_eq!(code, Some(0), "{out}{errors}");
}
