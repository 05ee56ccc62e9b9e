//! `kvspec compare` on the reports of real runs.

use std::path::Path;
use std::process::{Command, Output};

fn kvspec(folder: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kvspec"));
    let Output { status, stdout, stderr } = command.args(arguments).current_dir(folder).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("reports are UTF-8");
    (status.code(), text(stdout), text(stderr))
}

#[test]
fn a_bug_that_came_and_one_that_went_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for (file, bug) in [("good.json", None), ("bad.json", Some("stale-exists")), ("other.json", Some("lost-tombstone"))]
    {
        let bug = bug.map(|bug| ["--bug", bug]);
        let arguments = [bug.iter().flatten().copied().collect(), vec!["--cases", "0", "--format", "json"]].concat();
        std::fs::write(folder.join(file), kvspec(folder, &arguments).1).unwrap();
    }
    let (code, out, _) = kvspec(folder, &["compare", "good.json", "good.json"]);
    assert_eq!(code, Some(0), "{out}");
    assert!(out.ends_with("0 newly failing, 0 fixed, 0 still failing, 0 gone\n"), "{out}");

    let (code, out, _) = kvspec(folder, &["compare", "good.json", "bad.json"]);
    assert_eq!(code, Some(1), "{out}");
    assert!(
        out.contains("newly failing (") && out.contains("eventual::convergence::get_agrees_with_exists (KVE-CON-01)"),
        "{out}"
    );

    let (code, out, _) = kvspec(folder, &["compare", "bad.json", "good.json"]);
    assert_eq!(code, Some(0), "{out}");
    assert!(out.contains("\nfixed (") && !out.contains("\nstill failing ("), "{out}");

    let (code, out, _) = kvspec(folder, &["compare", "bad.json", "other.json", "--format", "json"]);
    let comparison: serde_json::Value = serde_json::from_str(&out).unwrap();
    let count = |of: &str| comparison[of].as_array().unwrap().len();
    assert_eq!(code, Some(1), "{out}");
    assert!(count("newly_failing") > 0 && count("fixed") > 0, "{out}");
}

#[test]
fn a_file_that_is_no_report_is_refused_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let good = r#"{"kvspec_report": 1, "profile": "p", "target": "t", "cases": []}"#;
    std::fs::write(folder.join("good.json"), good).unwrap();
    let wrong = "{\"kvspec_report\": 1, \"profile\": \"p\", \"target\": \"t\",\n\"cases\": [{\"name\": \"a\", \"verdict\": \"good\"}]}";
    for (content, said) in [
        ("{\"kvspec_report\": 1,", "line 1 column 20"),
        (wrong, "line 2 column"),
        (&good.replace(": 1", ": 2"), "version 2"),
        (&good.replace("\"p\"", "\"q\""), "different profiles, q and p"),
    ] {
        std::fs::write(folder.join("wrong.json"), content).unwrap();
        let (code, out, errors) = kvspec(folder, &["compare", "wrong.json", "good.json"]);
        assert_eq!((code, out.as_str()), (Some(2), ""), "{errors}");
        assert!(errors.contains(said), "{said} is not in {errors}");
        assert!(said.starts_with("different") || errors.contains("wrong.json: "), "{errors}");
    }
    let (code, _, errors) = kvspec(folder, &["compare", "none.json", "good.json"]);
    assert!(code == Some(2) && errors.contains("none.json: cannot be read"), "{errors}");
}
