//! What a CI job is told: the summary, annotations, shards, expectations that end.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Output};

use kvspec_tests::guest;

fn kvspec(folder: &Path, variables: &[(&str, &str)], arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kvspec"));
    command.args(arguments).current_dir(folder).envs(variables.iter().copied());
    for unwanted in ["GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "GITHUB_WORKSPACE"] {
        if !variables.iter().any(|(name, _)| *name == unwanted) {
            command.env_remove(unwanted);
        }
    }
    let Output { status, stdout, stderr } = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("reports are UTF-8");
    (status.code(), text(stdout), text(stderr))
}

const BUG: [&str; 4] = ["--bug", "lost-tombstone", "--filter", "delete"];

#[test]
fn a_summary_names_causes_first_and_how_to_repeat_them() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let (code, out, _) = kvspec(folder, &[], &[&BUG[..], &["--summary", "summary.md"]].concat());
    assert_eq!(code, Some(1), "{out}");
    let summary = std::fs::read_to_string(folder.join("summary.md")).unwrap();
    assert!(summary.starts_with("## ❌ kvspec: NOT CONFORMANT to eventual\\@0.1.0\n"), "{summary}");
    let at = |part: &str| summary.find(part).unwrap_or_else(|| panic!("{part} is not in\n{summary}"));
    assert!(at("### 1. deleted values come back") < at("kvspec run --bug lost-tombstone --filter eventual::"));
    // The step's own file may have something already; it stays.
    std::fs::write(folder.join("step.md"), "before\n").unwrap();
    let (_, out, errors) = kvspec(folder, &[("GITHUB_STEP_SUMMARY", "step.md")], &BUG);
    let step = std::fs::read_to_string(folder.join("step.md")).unwrap();
    assert_eq!(step, format!("before\n{summary}"), "{out}{errors}");
    let (code, out, errors) = kvspec(folder, &[], &["--filter", "delete", "--summary", "/nowhere/at/all.md"]);
    assert_eq!((code, out.as_str()), (Some(2), ""), "nothing was run: {errors}");
}

#[test]
fn annotations_stand_on_the_lines_of_the_file_of_expectations() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let here = root.join("store");
    std::fs::create_dir(&here).unwrap();
    let text = "[[expect]]\nid = \"eventual::delete::*\"\nreason = \"100 % sure\"\nexpires = 2001-01-01\n\n\
                [[expect]]\nid = \"eventual::sizes::*\"\nreason = \"none fails\"\n";
    std::fs::write(here.join("expect.toml"), text).unwrap();
    let variables = [("GITHUB_ACTIONS", "true"), ("GITHUB_WORKSPACE", root.to_str().unwrap())];
    let arguments = [&BUG[..], &["--filter", "sizes", "--expect", "expect.toml", "--format", "json"]].concat();
    let (code, out, errors) = kvspec(&here, &variables, &arguments);
    assert_eq!(code, Some(1), "{errors}");
    assert!(serde_json::from_str::<serde_json::Value>(&out).is_ok(), "standard output is the report alone: {out}");
    let commands: Vec<&str> = errors.lines().filter(|line| line.starts_with("::")).collect();
    let has = |start: &str, part: &str| commands.iter().any(|line| line.starts_with(start) && line.contains(part));
    assert!(has("::error file=store/expect.toml,line=2,title=expectation expired::", "100 %25 sure"), "{errors}");
    assert!(has("::error file=store/expect.toml,line=7,title=expectation is stale::", "remove"), "{errors}");
    assert!(has("::error title=KVE-", "deleted values come back%0A"), "{errors}");
    let (_, _, errors) = kvspec(&here, &[], &arguments);
    assert!(!errors.contains("::error"), "outside GitHub nothing reads them: {errors}");
}

#[test]
fn shards_share_a_run() {
    let folder = tempfile::tempdir().unwrap();
    let names = |arguments: &[&str]| {
        let all = [arguments, &["--cases", "8", "--format", "json"]].concat();
        let (code, out, errors) = kvspec(folder.path(), &[], &all);
        let report: serde_json::Value = serde_json::from_str(&out).unwrap_or_else(|_| panic!("{errors}"));
        let of_cases = report["cases"].as_array().unwrap().iter().map(|case| case["name"].clone());
        let random = report["random_workloads"].as_object().map(|search| search["name"].clone());
        let names: Vec<String> = of_cases.chain(random).map(|name| name.as_str().unwrap().to_owned()).collect();
        (code, report["conformant"].clone(), names)
    };
    let (_, conformant, whole) = names(&[]);
    assert_eq!(conformant, true);
    let mut together = BTreeSet::new();
    for shard in ["1/3", "2/3", "3/3"] {
        let (code, conformant, part) = names(&["--shard", shard]);
        assert_eq!((code, conformant), (Some(0), serde_json::Value::Null), "a part says nothing of the whole");
        assert!(part.len().abs_diff(whole.len() / 3) <= 1, "{shard}: {}", part.len());
        assert!(part.into_iter().all(|name| together.insert(name)), "{shard}");
    }
    assert_eq!(together, whole.into_iter().collect());
    for (shard, code) in [("0/3", 2), ("4/3", 2), ("1000/1000", 4)] {
        assert_eq!(kvspec(folder.path(), &[], &["--shard", shard]).0, Some(code), "{shard}");
    }
}

#[test]
fn what_another_shard_meets_is_not_stale() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let text = "[[expect]]\nid = \"**\"\nreason = \"known\"\n";
    std::fs::write(folder.join("expect.toml"), text).unwrap();
    let run = |more: &[&str]| kvspec(folder, &[], &[&["--expect", "expect.toml", "--cases", "0"], more].concat()).0;
    assert_eq!(run(&[]), Some(1), "of the whole, nothing fails");
    assert_eq!(run(&["--shard", "1/2"]), Some(0));
}

#[test]
fn the_page_is_written_and_hostile_texts_stay_text() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    // The name of a file is told as it is: it may be anything.
    let store = folder.join("<img src=x onerror=alert(1)>.wasm");
    std::fs::copy(guest::store(""), &store).unwrap();
    let file = store.file_name().unwrap().to_str().unwrap();
    let arguments = ["run", file, "--env", "KVSPEC_BUG=delete-ignored", "--cases", "0", "--html", "page.html"];
    let (code, out, errors) = kvspec(folder, &[], &arguments);
    assert_eq!(code, Some(1), "{out}{errors}");
    let page = std::fs::read_to_string(folder.join("page.html")).unwrap();
    assert!(!page.contains("<img"), "{page}");
    assert!(page.contains("&lt;img src=x onerror=alert(1)&gt;.wasm"), "{page}");
    let policy =
        "http-equiv=\"Content-Security-Policy\" content=\"default-src &#x27;none&#x27;; style-src &#x27;sha256-";
    assert!(page.contains(policy), "{page}");
    for part in ["What is wrong", "Requirements", "The declaration used", "What was skipped", "KVE-DEL-01"] {
        assert!(page.contains(part), "{part}");
    }
    let (_, _, errors) = kvspec(folder, &[], &["--filter", "delete", "--html", "/nowhere/at/all.html"]);
    assert!(errors.contains("--html /nowhere/at/all.html: cannot be written"), "{errors}");
}

#[test]
fn the_page_of_a_search_shows_its_finds() {
    let folder = tempfile::tempdir().unwrap();
    let (folder, store) = (folder.path(), guest::store(""));
    let store = store.to_str().unwrap();
    let bug =
        ["fuzz", store, "--env", "KVSPEC_BUG=delete-ignored", "--budget", "400", "--first", "--html", "page.html"];
    let (code, out, errors) = kvspec(folder, &[], &bug);
    assert_eq!(code, Some(1), "{out}{errors}");
    let page = std::fs::read_to_string(folder.join("page.html")).unwrap();
    for part in
        ["<h2 id=\"finds\">What is wrong</h2>", "data-timeline=\"0\"", "<code>kvspec replay ", "The declaration used"]
    {
        assert!(page.contains(part), "{part} is not in\n{page}");
    }
    let (_, out, errors) = kvspec(folder, &[], &["fuzz", store, "--budget", "20", "--html", "page.html"]);
    let page = std::fs::read_to_string(folder.join("page.html")).unwrap();
    assert!(page.contains("nothing was found: that proves nothing") && !page.contains("id=\"finds\""), "{out}{errors}");
}

#[test]
fn shells_and_man_get_what_the_command_has() {
    for (arguments, part) in
        [(&["completions", "bash"][..], "--junit"), (&["completions", "zsh"], "compare"), (&["man"], ".TH kvspec")]
    {
        let (code, out, _) = kvspec(Path::new("."), &[], arguments);
        assert!(code == Some(0) && out.contains(part), "{arguments:?}: {out}");
    }
}
