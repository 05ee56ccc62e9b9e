//! What the command says to those who are wrong, and to those who ask too little: exits and words.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use kvspec_reference::consistency::Level;
use kvspec_tests::guest;

use kvspec_tests::EXPORTS_STORE as STORE;

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kvspec"));
    command.args(arguments).current_dir(env!("CARGO_TARGET_TMPDIR"));
    command
}

fn kvspec(arguments: &[&str]) -> (Option<i32>, String, String) {
    let Output { status, stdout, stderr } = command(arguments).output().expect("kvspec can be started");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("reports are UTF-8");
    (status.code(), text(stdout), text(stderr))
}

fn temporary_file(name: &str, content: &str) -> String {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("first-steps-{name}"));
    std::fs::write(&path, content).expect("the folder for test files can be written");
    path.to_str().expect("the folder has a UTF-8 name").to_owned()
}

#[test]
fn a_component_that_cannot_start_is_no_target() {
    let memory = r#"(memory (export "memory") 1)"#;
    let trapping = STORE.replace(memory, &format!("{memory} (func $s (unreachable)) (start $s)"));
    let other_type = STORE.replace("(result bool (error", "(result u32 (error");
    assert!(trapping != STORE && other_type != STORE);
    for (name, text, said) in
        [("traps.wat", trapping, "traps as it starts"), ("other-type.wat", other_type, "[method]bucket.exists")]
    {
        let file = temporary_file(name, &text);
        let (code, out, errors) = kvspec(&["run", &file]);
        assert_eq!((code, out.as_str()), (Some(69), ""), "{errors}");
        assert!(errors.contains(name) && errors.contains(said), "{errors}");
        assert!(!errors.contains("fault of kvspec"), "{errors}");
    }
}

#[cfg(unix)]
#[test]
fn a_host_that_does_not_start_is_its_own_fault() {
    let greets = "sh -c 'echo kvspec-probe 1 store@0.2.0-draft'";
    for (arguments, exit, said) in [
        (vec!["--host", "echo hi"], 69, "\"hi\", which is no greeting"),
        (vec!["--host", greets, "--reset", "false"], 69, "--reset: false: it must empty the store"),
        (vec!["--host", ""], 2, "there is no command"),
        (vec!["--host", "sh -c 'x"], 2, "is not closed"),
        (vec!["--host", greets, "--reset", "'x"], 2, "is not closed"),
        (vec!["--host", "kvspec-no-such-program {probe}"], 69, "no-such-program cannot be started"),
        (vec!["--host", "sh -c 'echo no keyvalue here >&2' {probe}"], 69, "no keyvalue here"),
        (vec!["--host", "x {probe}", "--dialect", "store@9"], 2, "store@0.2.0-draft2"),
        (vec!["--host", "x {probe}", "--wasi", "0.3"], 2, "write it as 0.2.0"),
    ] {
        let (code, out, errors) = kvspec(&[&["run"], &arguments[..]].concat());
        assert_eq!((code, out.as_str()), (Some(exit), ""), "{arguments:?}: {errors}");
        assert!(errors.contains(said) && !errors.contains("fault of kvspec"), "{arguments:?}: {errors}");
    }
}

#[test]
fn a_client_is_told_that_it_is_none() {
    let client = r#"(component (import "wasi:keyvalue/store@0.2.0-draft" (instance)))"#;
    let (code, _, errors) = kvspec(&["run", &temporary_file("client.wat", client)]);
    assert_eq!(code, Some(69), "{errors}");
    assert!(errors.contains("is a client") && errors.contains("wasi:keyvalue/store@0.2.0-draft"), "{errors}");
}

#[test]
fn who_opens_no_unknown_bucket_is_told_to_name_one() {
    let file = temporary_file("no-bucket.wat", STORE);
    let (code, out, errors) = kvspec(&["run", &file]);
    assert_eq!((code, out.as_str()), (Some(2), ""), "{errors}");
    assert!(errors.contains("creates_buckets = false") && errors.contains("buckets = ["), "{errors}");

    let (code, out, errors) = kvspec(&["run", &file, "--propose"]);
    assert_eq!((code, out.as_str()), (Some(3), ""), "{errors}");
    assert!(errors.contains("capabilities.buckets") && errors.contains("kvspec.toml"), "{errors}");

    for option in [&["--format", "json"][..], &["--filter", "get"], &["--junit", "x.xml"]] {
        let (code, _, errors) = kvspec(&[&["run", &file, "--propose"], option].concat());
        assert!(code == Some(2) && errors.contains("cannot be used with"), "{errors}");
    }

    // Named, it is tried, and refused again.
    let config = temporary_file("one-bucket.toml", "[capabilities]\nbuckets = [\"default\"]\n");
    let (code, out, errors) = kvspec(&["run", &file, "--config", &config, "--filter", "buckets", "--cases", "0"]);
    assert_eq!((code, out.as_str()), (Some(69), ""), "{errors}");
    assert!(errors.contains("opening a bucket answered the error no-such-store"), "{errors}");
}

#[test]
fn a_declaration_that_cannot_be_meant_is_refused() {
    for (name, text, field) in [
        ("no-bucket.toml", "[capabilities]\ncreates_buckets = false\n", "capabilities.buckets"),
        ("long-bound.toml", "[consistency]\nconvergence_ms = 18446744073709551615\n", "consistency.convergence_ms"),
        ("no-key.toml", "[limits]\nmax_key_bytes = 0\n", "limits.max_key_bytes"),
        ("other-profile.toml", "profile = \"store@0.2.0-draft\"\n", "eventual@0.1.0"),
    ] {
        let file = temporary_file(name, text);
        let (code, out, errors) = kvspec(&["--config", &file]);
        assert_eq!((code, out.as_str()), (Some(2), ""), "{errors}");
        assert!(errors.contains(name) && errors.contains(field), "{errors}");
    }
}

#[test]
fn what_is_not_declared_is_not_promised() {
    let store = guest::store("");
    let config = temporary_file("name.toml", "[implementation]\nname = \"x\"\n");
    let (code, out, errors) = kvspec(&["run", store.to_str().unwrap(), "--config", &config, "--cases", "8"]);
    assert_eq!(code, Some(0), "{out}{errors}");
    assert!(out.contains("found by trying: capabilities.streaming = false"), "{out}");

    let config = temporary_file("streams.toml", "[capabilities]\nstreaming = true\n");
    let (code, out, errors) = kvspec(&["run", store.to_str().unwrap(), "--config", &config, "--cases", "0"]);
    assert_eq!(code, Some(1), "what is promised is demanded: {out}{errors}");
}

#[test]
fn a_claim_fails_who_breaks_it() {
    let text = "[consistency]\nconvergence_ms = 60000\nclaims = [\"read-your-writes\"]\n";
    let config = temporary_file("claims.toml", text);
    let (code, out, _) = kvspec(&["--config", &config, "--filter", "random_workloads"]);
    assert_eq!(code, Some(1), "{out}");
    assert!(out.contains("KVE-CLM-01") && out.contains("NOT CONFORMANT"), "{out}");
}

/// The ladder and the search speak of the same workloads, so one cannot pass what the other breaks.
#[test]
fn what_passed_broke_no_promise() {
    for bug in
        ["lost-tombstone", "clock-skew", "never-heals", "stale-exists", "resurrected-delete", "wrong-read-repair"]
    {
        for cases in ["1", "2", "3", "4"] {
            let (code, out, _) = kvspec(&["--cases", cases, "--bug", bug, "--filter", "random_workloads"]);
            let words: Vec<&str> = out.split_whitespace().map(|word| word.trim_end_matches(',')).collect();
            let broken = words.iter().skip_while(|word| **word != "broken").skip(1);
            // The list ends with the first word that is no level.
            let levels = broken.map_while(|name| Level::from_name(name));
            let is_broken =
                levels.into_iter().any(|l| [Level::LastWrite, Level::Convergent, Level::Integrity].contains(&l));
            assert!(code == Some(1) || code == Some(0) && !is_broken, "{bug}, {cases}: {code:?}\n{out}");
        }
    }
}

#[test]
fn a_part_of_the_suite_conforms_to_nothing() {
    let (code, out, _) = kvspec(&["--filter", "delete"]);
    assert_eq!(code, Some(0), "{out}");
    assert!(!out.contains("conformant") && out.contains("cases were selected: nothing in them failed"), "{out}");

    let (_, out, _) = kvspec(&["--filter", "delete", "--format", "json"]);
    let report: serde_json::Value = serde_json::from_str(&out).expect("the report is JSON");
    assert_eq!((&report["conformant"], &report["exit"]), (&serde_json::Value::Null, &0.into()));
    assert!(report["selected"].as_u64() < report["of"].as_u64() && report["selected"].as_u64() > Some(0), "{out}");
}

/// Starts a run that says its head, sends it a signal, and gives its exit code, its last line and
/// what it said on standard error.
fn signalled(mut command: Command, signal: &str) -> (Option<i32>, serde_json::Value, String) {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it can be started");
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    // Once the head is out, interruptions are heard.
    let head = lines.next().unwrap().unwrap();
    assert!(head.contains(r#""part":"head""#), "{head}");
    let sent = Command::new("kill").args([signal, &child.id().to_string()]).status().expect("there is kill");
    assert!(sent.success());
    let last = lines.map(Result::unwrap).last().unwrap();
    let mut errors = String::new();
    child.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
    (child.wait().unwrap().code(), serde_json::from_str(&last).expect("each line is JSON"), errors)
}

#[cfg(unix)]
#[test]
fn an_interrupted_run_is_no_verdict() {
    use std::os::unix::process::CommandExt as _;

    for signal in ["-INT", "-TERM", "-HUP"] {
        // So many workloads do not end by themselves.
        let mut endless = command(&["--format", "jsonl", "--cases", "100000000", "--filter", "random_workloads"]);
        let hear_hangup = || {
            // SAFETY: the default disposition is no function of ours.
            unsafe { libc::signal(libc::SIGHUP, libc::SIG_DFL) };
            Ok(())
        };
        // These tests may themselves run under `nohup`, which the command would respect.
        // SAFETY: setting a disposition is allowed between fork and exec.
        unsafe { endless.pre_exec(hear_hangup) };
        let (code, conclusion, errors) = signalled(endless, signal);
        assert_eq!(code, Some(130), "{errors}");
        // The signal may come before the first workload is made.
        let places = ["interrupted in the random workloads, after ", "interrupted after the last case"];
        assert!(places.iter().any(|place| errors.contains(place)), "{signal}: {errors}");
        assert_eq!((&conclusion["part"], &conclusion["interrupted"]), (&"conclusion".into(), &true.into()));
        assert_eq!((&conclusion["conformant"], &conclusion["exit"]), (&serde_json::Value::Null, &130.into()));
    }
}

#[cfg(unix)]
#[test]
fn a_hangup_that_is_ignored_ends_nothing() {
    let mut under_nohup = Command::new("sh");
    let run = "trap '' HUP; exec \"$0\" --format jsonl --cases 20000 --filter random_workloads";
    under_nohup.args(["-c", run, env!("CARGO_BIN_EXE_kvspec")]).current_dir(env!("CARGO_TARGET_TMPDIR"));
    let (code, conclusion, errors) = signalled(under_nohup, "-HUP");
    assert_eq!((code, &conclusion["interrupted"]), (Some(0), &false.into()), "{errors}");
}

#[test]
fn json_lines_have_a_head_and_an_end() {
    let (code, out, _) =
        kvspec(&["--format", "jsonl", "--filter", "delete", "--filter", "random_workloads", "--cases", "2"]);
    assert_eq!(code, Some(0), "{out}");
    let lines: Vec<serde_json::Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let parts: Vec<&str> = lines.iter().map(|line| line["part"].as_str().unwrap()).collect();
    let (first, last) = (parts[0], parts[parts.len() - 2..].to_vec());
    assert_eq!((first, last), ("head", vec!["random_workloads", "conclusion"]));
    assert!(parts[1..parts.len() - 2].iter().all(|part| *part == "case") && parts.len() > 4, "{parts:?}");
    assert_eq!((&lines[0]["seed"], &lines[0]["profile"]), (&1.into(), &"eventual@0.1.0".into()));
}

#[test]
fn workloads_of_other_seeds_are_kept_beside() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("kept-of-seeds");
    let _ = std::fs::remove_dir_all(&folder);
    let keep = folder.to_str().unwrap();
    for seed in ["1", "2"] {
        let search = ["--bug", "lost-tombstone", "--filter", "random_workloads", "--keep", keep, "--seed", seed];
        assert_eq!(kvspec(&search).0, Some(1));
    }
    let mut names: Vec<String> =
        std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    assert_eq!(names.len(), 2, "one each, the shrunk one: {names:?}");
    assert!(names[0].contains("-1-") && names[1].contains("-2-"), "{names:?}");
    for name in names {
        let file = folder.join(name);
        let workload = std::fs::read_to_string(&file).unwrap();
        let (code, out, _) = kvspec(&["replay", file.to_str().unwrap(), "--bug", "lost-tombstone"]);
        assert_eq!(code, Some(1), "{out}");
        assert!(out.contains("as when it was kept"), "{out}");

        let other = temporary_file("other.workload", &workload.replace("# violates KVE-CON-0", "# violates KVE-INT-0"));
        let (code, out, _) = kvspec(&["replay", &other, "--bug", "lost-tombstone"]);
        assert_eq!(code, Some(1), "{out}");
        assert!(out.contains("it was kept for KVE-INT-0"), "{out}");
    }
}

#[test]
fn misplaced_words_are_told_apart() {
    let (code, _, errors) = kvspec(&["store.wasm"]);
    assert!(code == Some(2) && errors.contains("did you mean `kvspec run store.wasm`"), "{errors}");
    for (id, said) in [
        ("ééééé", "kvspec list"),
        ("kve-del-99", "there are KVE-DEL-01"),
        ("absent_key_is_ok", "there is eventual::delete::absent_key_is_ok"),
        ("eventual", "more: `kvspec list`"),
    ] {
        let (code, _, errors) = kvspec(&["explain", id]);
        assert!(code == Some(2) && errors.contains(said), "{id}: {code:?} {errors}");
    }
    for (arguments, said) in [
        (vec!["--env", "A=b"], "--env is for a component"),
        (vec!["run", "x.wasm", "--env", "=b"], "NAME=VALUE"),
        (vec!["run", "--host", "x {probe}", "--bug", "lost-tombstone"], "--bug is for the built-in store"),
        (vec!["--budget", "1.5m"], "budget"),
        (vec!["selftest", "--seeds", "0"], "--seeds"),
        (vec!["judge", "x.jsonl", "--width", "0"], "40..=1000"),
    ] {
        let (code, _, errors) = kvspec(&arguments);
        assert!(code == Some(2) && errors.contains(said), "{arguments:?}: {code:?} {errors}");
    }
    let (code, _, errors) = kvspec(&["--filter", "random_workloads", "--cases", "0"]);
    assert!(code == Some(4) && errors.contains("--cases 0"), "{errors}");
    assert!(kvspec(&["list", "--filter", "random_workloads"]).1.contains("eventual::random_workloads"));
}

#[test]
fn a_component_in_the_place_of_the_workload_is_told() {
    let file = temporary_file("swapped.wat", STORE);
    let workload = temporary_file("swapped.workload", "kvspec workload 1\nsessions 1\n0 get b k\n");
    let (code, _, errors) = kvspec(&["replay", &file, &workload]);
    assert!(code == Some(2) && errors.contains("the workload comes first"), "{errors}");
}

#[test]
fn a_mark_at_the_beginning_of_a_file_is_no_text() {
    let config = temporary_file("marked.toml", "\u{feff}[consistency]\nconvergence_ms = 60000\n");
    let (code, out, errors) = kvspec(&["--config", &config, "--filter", "delete"]);
    assert_eq!(code, Some(0), "{out}{errors}");
}

#[test]
fn what_a_report_names_is_explained() {
    for (name, said) in [
        ("eventual::random_workloads", "several sessions"),
        ("random_workloads", "several sessions"),
        ("concurrent_workloads", "--processes"),
        ("lost-tombstone", "`kvspec --bug lost-tombstone`"),
        ("read-your-writes", "see its own writes"),
        ("linearizable", "implies:  sequential"),
        ("KVE-DEL-01", "mutants:"),
    ] {
        let (code, out, errors) = kvspec(&["explain", name]);
        assert!(code == Some(0) && out.contains(said), "{name}: {out}{errors}");
    }
    for level in Level::ALL {
        assert_eq!(kvspec(&["explain", level.name()]).0, Some(0), "{}", level.name());
    }
}

#[test]
fn a_budget_is_a_time() {
    for (budget, said) in [("3", "--cases 3"), ("0s", "--cases 0")] {
        let (code, out, errors) = kvspec(&["--filter", "random_workloads", "--budget", budget]);
        assert_eq!((code, out.as_str()), (Some(2), ""), "{errors}");
        assert!(errors.contains("--budget") && errors.contains(said), "{errors}");
    }
    let (code, out, errors) = kvspec(&["--filter", "random_workloads", "--budget", "50ms"]);
    assert_eq!(code, Some(0), "{out}{errors}");
}

#[test]
fn a_report_that_is_lost_is_no_pass() {
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full");
    let Ok(full) = full else { return println!("skipped: this system has no /dev/full") };
    let output = command(&["list"]).stdout(full).output().expect("kvspec can be started");
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.code() == Some(70) && errors.contains("cannot be written"), "{errors}");
}

#[test]
fn lines_to_replay_survive_a_shell() {
    let store = guest::store("");
    let copy = Path::new(env!("CARGO_TARGET_TMPDIR")).join("my store.wasm");
    std::fs::copy(store, &copy).unwrap();
    let arguments =
        ["run", copy.to_str().unwrap(), "--env", "KVSPEC_BUG=delete-ignored", "--filter", "delete::present"];
    let (code, out, _) = kvspec(&arguments);
    assert_eq!(code, Some(1), "{out}");
    assert!(out.contains("my store.wasm' --env KVSPEC_BUG=delete-ignored --filter"), "{out}");
}
