//! Finds that are run again, by the lines that reports give.

use super::{command, fuzz, in_shell, replay_lines, store};
use kvspec_tests::guest;

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
