//! Components that stand in the middle: over a store of kvspec's own.

use std::process::Command;

use kvspec_tests::guest;

/// Exit code, standard output, standard error of a run on the cache.
fn run(arguments: &[&str]) -> (Option<i32>, String, String) {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let mut command = Command::new(env!("CARGO_BIN_EXE_kvspec"));
    command.arg("run").arg(guest::cache()).args(arguments).current_dir(folder.path());
    let output = command.output().expect("kvspec can be started");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn a_cache_over_an_eventual_store_is_conformant_and_each_run_repeats() {
    let arguments = ["--plug", "built-in", "--cases", "64"];
    let first = run(&arguments);
    assert_eq!(first.0, Some(0), "{}{}", first.1, first.2);
    assert!(first.1.contains("conformant to store@0.2.0-draft"), "{}", first.1);
    assert_eq!(run(&arguments), first, "byte for byte");
    let (code, out, errors) = run(&["--plug", "built-in:perfect", "--cases", "16"]);
    assert_eq!(code, Some(0), "{out}{errors}");
}

#[test]
fn a_cache_that_forgets_to_drop_on_delete_is_found() {
    let (code, out, errors) =
        run(&["--plug", "built-in", "--cases", "0", "--env", "KVSPEC_BUG=forgets-to-drop", "--filter", "delete"]);
    assert_eq!(code, Some(1), "{out}{errors}");
    assert!(out.contains("deleted values come back") && out.contains("--plug built-in --filter"), "{out}");
}

#[test]
fn errors_of_the_store_behind_are_errors_of_the_middle() {
    let (code, out, errors) = run(&["--plug", "built-in:failing", "--filter", "eventual::set::*"]);
    assert_eq!(code, Some(1), "{out}{errors}");
    assert!(out.contains("errors, not declared"), "{out}");
}

#[test]
fn a_middle_without_a_store_behind_is_told_which_option_gives_one() {
    let (code, out, errors) = run(&[]);
    assert_eq!((code, &*out), (Some(69), ""), "{errors}");
    assert!(errors.contains("wasi:keyvalue/store@0.2.0-draft: give it with --plug built-in"), "{errors}");
    let (code, _, errors) = run(&["--plug", "other.wasm"]);
    assert!(code == Some(2) && errors.contains("wac plug"), "{errors}");
}
