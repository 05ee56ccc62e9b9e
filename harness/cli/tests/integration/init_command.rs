//! `kvspec init`, and the runs after it.

use std::path::Path;
use std::process::{Command, Output};

use kvspec_tests::guest;

fn kvspec(folder: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    output(Command::new(env!("CARGO_BIN_EXE_kvspec")).args(arguments).current_dir(folder))
}

fn output(command: &mut Command) -> (Option<i32>, String, String) {
    let Output { status, stdout, stderr } = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("reports are UTF-8");
    (status.code(), text(stdout), text(stderr))
}

/// A folder with a component, and nothing else.
fn folder_with(store: &Path) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(store, folder.path().join("my store.wasm")).unwrap();
    folder
}

#[test]
fn a_good_store_is_set_up_and_runs() {
    let folder = folder_with(&guest::store(""));
    let (code, out, errors) = kvspec(folder.path(), &["init", "--action", "example/kvspec@v1"]);
    assert_eq!(code, Some(0), "{out}{errors}");
    let read = |file: &str| std::fs::read_to_string(folder.path().join(file)).unwrap();
    assert!(read("kvspec.toml").contains("\ntarget = \"my store.wasm\"\nprofile = \"eventual@0.1.0\"\n"));
    assert!(!read("kvspec-expect.toml").contains("[[expect]]"));
    let workflow = read(".github/workflows/kvspec.yml");
    assert!(workflow.contains("uses: example/kvspec/.github/actions/kvspec@v1\n"), "{workflow}");
    assert!(workflow.contains("target: 'my store.wasm'\n"), "{workflow}");
    let (code, out, errors) = kvspec(folder.path(), &["run"]);
    assert_eq!(code, Some(0), "{out}{errors}");
    assert!(
        out.contains("against 'my store.wasm' --config kvspec.toml") && out.ends_with("conformant to eventual@0.1.0\n"),
        "{out}"
    );
}

#[test]
fn the_run_after_it_is_gated_by_what_it_found() {
    let folder = folder_with(&guest::store(""));
    let with_bug = |bug: &str| format!("KVSPEC_BUG={bug}");
    let (delete, exists) = (with_bug("delete-ignored"), with_bug("value-cut-at-100"));
    let (code, out, errors) = kvspec(folder.path(), &["init", "--env", &delete]);
    assert_eq!(code, Some(0), "{out}{errors}");
    assert!(out.contains("failures are known now") && out.contains("one thing is left to you"), "{out}");
    let expected = std::fs::read_to_string(folder.path().join("kvspec-expect.toml")).unwrap();
    assert!(
        expected.contains("requirement = \"KVE-DEL-01\"") && expected.contains("found by kvspec init: "),
        "{expected}"
    );
    let (code, out, errors) = kvspec(folder.path(), &["run", "--env", &delete]);
    assert_eq!(code, Some(0), "{out}{errors}");
    let (code, out, errors) = kvspec(folder.path(), &["run", "my store.wasm", "--env", &delete]);
    assert_eq!(code, Some(0), "{out}{errors}");
    assert!(out.contains("known violations and nothing else"), "{out}");
    // Another bug, and none at all, are both not what is known.
    let (code, out, _) = kvspec(folder.path(), &["run", "my store.wasm", "--env", &exists]);
    assert_eq!(code, Some(1), "{out}");
    let (code, out, _) = kvspec(folder.path(), &["run", "my store.wasm"]);
    assert!(code == Some(1) && out.contains("STALE"), "{out}");
}

#[test]
fn nothing_that_is_there_is_overwritten() {
    let folder = folder_with(&guest::store(""));
    std::fs::write(folder.path().join("kvspec-expect.toml"), "# mine\n").unwrap();
    std::fs::write(folder.path().join("kvspec.toml"), "# mine too\n").unwrap();
    let (code, out, errors) = kvspec(folder.path(), &["init"]);
    assert_eq!(code, Some(0), "{out}{errors}");
    assert!(out.contains("kept kvspec.toml, which was there\nkept kvspec-expect.toml, which was there\n"), "{out}");
    let read = |file: &str| std::fs::read_to_string(folder.path().join(file)).unwrap();
    assert_eq!((read("kvspec.toml"), read("kvspec-expect.toml")), ("# mine too\n".into(), "# mine\n".into()));
}

#[test]
fn what_cannot_be_found_out_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let (code, _, errors) = kvspec(folder.path(), &["init"]);
    assert!(code == Some(2) && errors.contains("kvspec init FILE"), "{errors}");
    for name in ["a.wasm", "b.wasm"] {
        std::fs::write(folder.path().join(name), "").unwrap();
    }
    let (code, _, errors) = kvspec(folder.path(), &["init"]);
    assert!(code == Some(2) && errors.contains("a.wasm, b.wasm"), "{errors}");
    let left = std::fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(left, 2, "nothing was written");
}

#[test]
fn the_action_gives_its_inputs_to_the_command() {
    let folder = folder_with(&guest::store(""));
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.github/actions/kvspec/run.sh");
    std::fs::create_dir(folder.path().join("here")).unwrap();
    std::fs::write(folder.path().join("here/k.toml"), "[implementation]\nname = \"x\"\n").unwrap();
    std::fs::write(folder.path().join("here/e.toml"), "").unwrap();
    let mut command = Command::new("bash");
    command.arg(script).current_dir(folder.path()).env("KVSPEC", env!("CARGO_BIN_EXE_kvspec"));
    command.envs([("TARGET", "../my store.wasm"), ("FOLDER", "here"), ("CONFIG", "k.toml"), ("EXPECT", "e.toml")]);
    command.env("ARGUMENTS", "--filter\neventual::delete::*\n--html\nthe page.html\n");
    let (code, out, errors) = output(&mut command);
    assert_eq!(code, Some(0), "{out}{errors}");
    assert!(out.contains("against '../my store.wasm' --config k.toml"), "{out}");
    assert!(folder.path().join("here/the page.html").is_file());
}
