//! A store that keeps its data in files, over the file system in memory.

use std::path::Path;
use std::process::Command;

use kvspec_tests::{folders, guest};

/// The store in this profile: `""` for that of `store`, or `eventual`.
fn store(features: &str) -> String {
    guest::files(features).to_str().expect("the folder of tests has a UTF-8 name").to_owned()
}

/// Exit code, standard output, standard error.
fn kvspec(folder: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kvspec"));
    let output = command.args(arguments).current_dir(folder).output().expect("kvspec can be started");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("there is room for a folder")
}

const DATA: [&str; 2] = ["--dir", "::/data"];

#[test]
fn a_store_over_files_is_conformant_and_each_run_repeats() {
    let folder = folder();
    for features in ["", "eventual"] {
        let store = store(features);
        let run = || kvspec(folder.path(), &[&["run", &store, "--cases", "32"], &DATA[..]].concat());
        let first = run();
        assert_eq!(first.0, Some(0), "{}{}", first.1, first.2);
        assert!(first.1.contains("conformant to"), "{}", first.1);
        assert_eq!(run(), first, "byte for byte");
    }
}

#[test]
fn a_store_over_files_without_a_folder_is_told_which_option_gives_it() {
    let (code, out, errors) = kvspec(folder().path(), &["run", &store("")]);
    assert_eq!((code, &*out), (Some(69), ""), "{errors}");
    assert!(errors.contains("wasi:filesystem") && errors.contains("--dir ::/data"), "{errors}");
}

#[test]
fn bugs_over_files_are_found_by_cases_and_by_feedback() {
    let folder = folder();
    for (features, bug, words) in [("", "keeps-tail", "KVE-"), ("eventual", "folds-case", "KVE-KEY")] {
        let environment = format!("KVSPEC_BUG={bug}");
        let store = store(features);
        let arguments = [&["run", &store, "--env", &environment, "--cases", "0"], &DATA[..]].concat();
        let (code, out, errors) = kvspec(folder.path(), &arguments);
        assert_eq!(code, Some(1), "{bug}: {out}{errors}");
        assert!(out.contains(words) && out.contains("--dir ::/data"), "the line to repeat it is whole: {out}");
    }
    let fuzz = |more: &[&str]| kvspec(folder.path(), &[&["fuzz", &store("eventual")], &DATA[..], more].concat());
    let (code, out, errors) = fuzz(&["--budget", "300"]);
    assert_eq!(code, Some(0), "no false alarm: {out}{errors}");
    let (code, out, errors) = fuzz(&["--budget", "2000", "--first", "--env", "KVSPEC_BUG=keeps-tail"]);
    assert_eq!(code, Some(1), "{out}{errors}");
    let kept = std::fs::read_dir(folder.path().join("kvspec-finds")).unwrap().next().expect("it is kept").unwrap();
    let kept = kept.path().display().to_string();
    let replay =
        |more: &[&str]| kvspec(folder.path(), &[&["replay", &kept, &store("eventual")], &DATA[..], more].concat());
    let (code, out, errors) = replay(&["--env", "KVSPEC_BUG=keeps-tail"]);
    assert_eq!(code, Some(1), "{out}{errors}");
    assert_eq!(replay(&[]).0, Some(0), "the store without the bug shows nothing");
}

#[test]
fn a_configuration_grants_what_options_do() {
    let folder = folder();
    std::fs::write(folder.path().join("kvspec.toml"), "[grants]\ndir = [\"::/data\"]\n").unwrap();
    let run = |more: &[&str]| kvspec(folder.path(), &[&["run", &store("eventual")], more].concat());
    let (code, out, errors) = run(&["--filter", "eventual::delete::*"]);
    assert_eq!(code, Some(0), "{out}{errors}");
    let (code, out, errors) = run(&["--propose"]);
    assert!(code == Some(0) && out.contains("profile = \"eventual@0.1.0\""), "{out}{errors}");
    let (code, _, errors) = kvspec(folder.path(), &["run", "--config", "kvspec.toml"]);
    assert!(code == Some(2) && errors.contains("[grants] is for a component"), "{errors}");
    std::fs::write(folder.path().join("kvspec.toml"), "[grants]\ndir = [\"/tmp\"]\n").unwrap();
    let (code, _, errors) = run(&[]);
    assert!(code == Some(2) && errors.contains("kvspec.toml") && errors.contains("::/data"), "{errors}");
}

#[test]
fn all_that_is_missing_is_named_with_its_option() {
    let folder = folder();
    let target = folders::data("imports-much.wat").display().to_string();
    let (code, out, errors) = kvspec(folder.path(), &["run", &target]);
    assert_eq!((code, &*out), (Some(69), ""), "{errors}");
    for line in [
        "imports what it is not granted: wasi:config/store@0.2.0-draft, own:backend/connection",
        "wasi:config/store@0.2.0-draft: give it with -S config-var=KEY=VALUE",
        "own:backend/connection: plug a component",
    ] {
        assert!(errors.contains(line), "{line} is not in\n{errors}");
    }
    let (code, _, errors) = kvspec(folder.path(), &["run", &target, "-S", "config-var=a=b"]);
    assert!(code == Some(69) && !errors.contains("wasi:config"), "{errors}");
    let (code, _, errors) = kvspec(folder.path(), &["run", "-S", "config-var=a=b"]);
    assert!(code == Some(2) && errors.contains("-S is for a component"), "{errors}");
}

#[test]
fn a_crash_finds_a_missing_sync() {
    let folder = folder();
    std::fs::write(folder.path().join("kvspec.toml"), "[capabilities]\noutlives_instance = true\n").unwrap();
    for features in ["", "eventual"] {
        let store = store(features);
        let run = |bug: Option<&str>, more: &[&str]| {
            let environment = bug.map(|bug| format!("KVSPEC_BUG={bug}"));
            let bug: Vec<&str> = environment.iter().flat_map(|bug| ["--env", bug.as_str()]).collect();
            let filter = ["--filter", "eventual::persistence::*"];
            kvspec(folder.path(), &[&["run", &store], &DATA[..], &filter[..], &bug, more].concat())
        };
        let (code, out, errors) = run(None, &["--crash"]);
        assert!(code == Some(0) && out.contains("2 passed, 0 failed, 0 skipped"), "{features}: {out}{errors}");
        for bug in ["skips-sync", "skips-folder-sync"] {
            let (code, out, errors) = run(Some(bug), &["--crash"]);
            assert_eq!(code, Some(1), "{features} {bug}: {out}{errors}");
            assert!(out.contains("--crash --filter eventual::persistence::"), "{out}");
            let (code, out, errors) = run(Some(bug), &[]);
            assert!(
                code == Some(0) && out.contains("2 passed"),
                "an instance that ends as it should loses nothing: {out}{errors}"
            );
        }
    }
    let (code, _, errors) = kvspec(folder.path(), &["run", &store(""), "--crash"]);
    assert!(code == Some(2) && errors.contains("--dir"), "{errors}");
}

#[test]
fn what_is_configured_is_asked_and_what_is_logged_is_shown_with_a_trap() {
    let folder = folder();
    let store = store("configured");
    let run = |more: &[&str]| kvspec(folder.path(), &[&["run", &store, "--dir", "::/elsewhere"], more].concat());
    let config = ["-S", "config-var=root=/elsewhere"];
    let (code, _, errors) = run(&[]);
    assert!(code == Some(69) && errors.contains("wasi:config/store@0.2.0-draft: give it with -S"), "{errors}");
    let (code, _, errors) = run(&["-S", "config-var=other=x"]);
    assert!(code == Some(69) && errors.contains("`root` is not configured"), "{errors}");
    let filter = ["--filter", "eventual::set::*"];
    let (code, out, errors) = run(&[&config[..], &filter].concat());
    assert_eq!(code, Some(0), "{out}{errors}");
    let bug = ["--env", "KVSPEC_BUG=panics-on-delete", "--filter", "eventual::delete::present_key_becomes_absent"];
    let (code, out, errors) = run(&[&config[..], &bug].concat());
    assert_eq!(code, Some(1), "{out}{errors}");
    for part in ["[info files] opens bucket-a", "nothing can be deleted", "-S config-var=root=/elsewhere"] {
        assert!(out.contains(part), "{part} is not in\n{out}");
    }
    std::fs::write(folder.path().join("kvspec.toml"), "[grants]\nconfig = { root = \"/elsewhere\" }\n").unwrap();
    let (code, out, errors) = run(&filter);
    assert_eq!(code, Some(0), "{out}{errors}");
}
