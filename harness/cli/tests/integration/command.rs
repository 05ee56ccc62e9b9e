//! The command as its users meet it: outputs and exit codes.

use kvspec_tests::guest;
use std::process::{Command, Output};

fn kvspec(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kvspec"));
    command.args(arguments).current_dir(env!("CARGO_TARGET_TMPDIR")).output().expect("kvspec can be started")
}

fn code_and_errors(arguments: &[&str]) -> (Option<i32>, String) {
    let output = kvspec(arguments);
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

fn temporary_file(name: &str, content: &[u8]) -> String {
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, content).expect("the folder for test files can be written");
    path.to_str().expect("the folder has a UTF-8 name").to_owned()
}

#[test]
fn alone_it_judges_the_built_in_store() {
    let output = kvspec(&[]);
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(text.ends_with("conformant to eventual@0.1.0\n"), "{text}");
}

#[test]
fn a_good_component_passes_without_a_configuration() {
    for features in ["", "own-streams"] {
        let store = guest::store(features);
        let output = kvspec(&["run", store.to_str().unwrap(), "--cases", "32"]);
        let text = String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.code(), Some(0), "{text}");
        assert_eq!(text.contains("found by trying: capabilities.streaming = false"), features.is_empty(), "{text}");
    }
}

#[test]
fn a_cut_value_names_the_requirement_the_key_and_both_values() {
    let store = guest::store("");
    let output = kvspec(&["run", store.to_str().unwrap(), "--env", "KVSPEC_BUG=value-cut-at-100", "--filter", "sizes"]);
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{text}");
    for part in ["KVE-INT-03", "cut off after 100 of 1000 bytes", "1 cause of ", "expected", "actual", "set k", "get k"]
    {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
    // What was set, whole, and what came back: the first hundred bytes of it.
    let unfolded = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let (_, rest) = unfolded.split_once(" expected ").unwrap();
    let (expected, rest) = rest.split_once(" actual ").unwrap();
    let (actual, because) = rest.split_once(" because ").unwrap();
    assert!(expected.contains("exactly the bytes of one set of this key"), "{expected}");
    assert!(because.contains("(1000 bytes, fnv "), "{because}");
    assert!(actual.contains("(100 bytes, fnv "), "{actual}");
}

#[test]
fn a_probe_proposes_a_configuration_that_can_be_used() {
    let store = guest::store("");
    let proposed = kvspec(&["run", store.to_str().unwrap(), "--probe"]);
    assert_eq!(proposed.status.code(), Some(0));
    let text = String::from_utf8_lossy(&proposed.stdout);
    assert!(text.contains("\nprofile = \"eventual@0.1.0\"\n") && text.contains("# convergence_ms = 0 "), "{text}");
    let config = temporary_file("proposed.toml", &proposed.stdout);
    let output = kvspec(&["run", store.to_str().unwrap(), "--config", &config, "--cases", "32"]);
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(!text.contains("found by trying"), "{text}");
}

#[test]
fn a_profile_that_the_target_does_not_offer_is_refused_and_both_are_named() {
    let store = &*kvspec_tests::folders::data("exports-store.wat").display().to_string();
    let config = temporary_file("other-profile.toml", b"profile = \"eventual@0.1.0\"\n");
    let (code, errors) = code_and_errors(&["run", store, "--config", &config]);
    assert_eq!(code, Some(2), "{errors}");
    for part in ["other-profile.toml", "eventual@0.1.0", "store@0.2.0-draft with u64 cursor", "leave the line out"] {
        assert!(errors.contains(part), "{part} is not in\n{errors}");
    }
    let workload = temporary_file("other-profile.workload", b"kvspec workload 1\nsessions 1\n0 get b k\n");
    let (code, errors) = code_and_errors(&["replay", &workload, store]);
    assert_eq!(code, Some(2), "{errors}");
    assert!(errors.contains("eventual@0.1.0") && errors.contains("store@0.2.0-draft with u64 cursor"), "{errors}");
}

#[test]
fn a_failing_search_keeps_a_workload_that_replays() {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("kept-workloads");
    let _ = std::fs::remove_dir_all(&folder);
    let keep = folder.to_str().unwrap();
    let search = ["run", "--bug", "lost-tombstone", "--filter", "random_workloads", "--keep", keep];
    assert_eq!(kvspec(&search).status.code(), Some(1));
    let kept: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    let [file] = &kept[..] else { panic!("one workload is kept: {kept:?}") };
    let file = file.to_str().unwrap();
    assert!(file.contains("KVE-CON-02-1-"), "{file}");
    assert_eq!(kvspec(&["replay", file, "--bug", "lost-tombstone"]).status.code(), Some(1));
    assert_eq!(kvspec(&["replay", file]).status.code(), Some(0), "it passes once the bug is gone");
}

#[test]
fn a_broken_component_is_told_what_it_broke() {
    let store = guest::store("");
    let output = kvspec(&["run", store.to_str().unwrap(), "--env", "KVSPEC_BUG=delete-ignored", "--filter", "delete"]);
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("KVE-CON-02") && text.contains("1 cause of "), "{text}");
    assert!(text.contains("NOT CONFORMANT"), "{text}");
}

#[test]
fn equal_seeds_give_equal_reports() {
    let store = guest::store("");
    let report = || {
        let output = kvspec(&["run", store.to_str().unwrap(), "--format", "json", "--seed", "7"]);
        let mut report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("the report is JSON");
        report.as_object_mut().unwrap().remove("real_time").expect("real time is kept apart");
        report.to_string()
    };
    assert_eq!(report(), report());
}

#[test]
fn a_target_that_is_none_says_what_was_found() {
    let core = temporary_file("core.wasm", b"\0asm\x01\0\0\0");
    let text = temporary_file("text.wasm", b"hello");
    let empty = temporary_file("empty.wat", b"(component)");
    let other = temporary_file(
        "other.wat",
        br#"(component (instance $i) (export "wasi:keyvalue/eventual@0.9.0" (instance $i)))"#,
    );
    for (target, found) in [
        ("missing.wasm", "cannot be read"),
        (core.as_str(), "a core module, not a component"),
        (text.as_str(), "not WebAssembly"),
        (empty.as_str(), "exports nothing"),
        (other.as_str(), "wasi:keyvalue/eventual@0.9.0"),
    ] {
        let (code, errors) = code_and_errors(&["run", target]);
        assert_eq!(code, Some(69), "{target}: {errors}");
        assert!(errors.contains(found) && errors.contains(target), "{target}: {errors}");
    }
}

#[test]
fn escape_codes_of_a_component_do_not_reach_the_terminal() {
    let store = guest::store("");
    let config = temporary_file("named.toml", b"[capabilities]\ncreates_buckets = true\n");
    let run = ["run", store.to_str().unwrap(), "--env", "KVSPEC_BUG=open-fails"];
    let declared = [&run[..], &["--config", &config]].concat();
    for (arguments, code) in [(&run[..], 2), (&declared, 69)] {
        let output = kvspec(arguments);
        let said = [output.stdout, output.stderr].concat();
        let text = String::from_utf8_lossy(&said);
        assert_eq!(output.status.code(), Some(code), "{text}");
        assert!(text.contains("\\u{1b}"), "what it said is there, escaped: {text}");
        assert!(!said.iter().any(|b| *b == 0x1b || *b == 7), "{}", said.escape_ascii());
    }
}

#[test]
fn wrong_usage_is_told_apart() {
    for arguments in
        [["--filter", "nothing-is-named-so"], ["--skip", "nothing-is-named-so"], ["list", "--filter=*::delete"]]
    {
        let (code, errors) = code_and_errors(&arguments);
        assert!(code == Some(2) && errors.contains("matches no case"), "{arguments:?}: {errors}");
    }
    let both = ["--filter", "delete", "--skip", "*"];
    assert_eq!(code_and_errors(&both).0, Some(4));
    assert_eq!(code_and_errors(&["--sed", "1"]).0, Some(2));
    let config = temporary_file("wrong.toml", b"[limits]\nmax_key_size = 1\n");
    let (code, errors) = code_and_errors(&["--config", &config]);
    assert_eq!(code, Some(2));
    assert!(errors.contains("wrong.toml") && errors.contains("line 2"), "{errors}");
}
