//! `kvspec judge` on recorded histories: verdicts, proofs, exit codes and forms.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use kvspec::report::Exit;
use kvspec::report::diagram::Charset;
use kvspec::report::human::Palette;
use kvspec_cli::format::Format;
use kvspec_cli::judge_command::{Options, run};
use kvspec_reference::consistency::budget::DEFAULT_STEPS;
use kvspec_reference::consistency::{Finding, Level, ladder};

/// Relative, since the name is in the report.
fn data(name: &str) -> PathBuf {
    Path::new("../../reference/tests/data").join(name)
}

/// Nobody interrupts.
static STOP: AtomicBool = AtomicBool::new(false);

fn options(file: PathBuf, require: Option<Level>, format: Format) -> Options {
    Options {
        html: None,
        file,
        require,
        convergence: None,
        initial: None,
        proof: None,
        levels: None,
        steps: DEFAULT_STEPS,
        when_read: || (),
        stop: &STOP,
        format,
        palette: Palette::PLAIN,
        width: 80,
        charset: Charset::Boxes,
    }
}

/// The exit and both outputs.
fn judge(file: PathBuf, require: Option<Level>, format: Format) -> (Exit, String, String) {
    let (mut out, mut complaints) = (Vec::new(), Vec::new());
    let exit = run(&options(file, require, format), &mut out, &mut complaints).unwrap();
    (exit, String::from_utf8(out).unwrap(), String::from_utf8(complaints).unwrap())
}

const HEADER: &str =
    r#"{"kvspec":"history","version":1,"profile":"eventual@0.1.0","clock":"counter","convergence_bound_events":100}"#;

/// Judges lines after a header; the name of the file is replaced.
fn judge_lines(lines: &[&str], require: Option<Level>) -> (Exit, String) {
    judge_lines_after(HEADER, lines, require)
}

fn judge_lines_after(header: &str, lines: &[&str], require: Option<Level>) -> (Exit, String) {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("history.jsonl");
    std::fs::write(&file, format!("{header}\n{}\n", lines.join("\n"))).unwrap();
    let (exit, text, complaints) = judge(file.clone(), require, Format::Human);
    assert_eq!(complaints, "");
    (exit, text.replace(&file.display().to_string(), "history.jsonl"))
}

const SET_1: &str =
    r#"{"session":0,"op":"set","bucket":"b","key":"k","value":"v1","invoke":1,"return":2,"outcome":"ok"}"#;
const SET_2: &str =
    r#"{"session":0,"op":"set","bucket":"b","key":"k","value":"v2","invoke":3,"return":4,"outcome":"ok"}"#;
const GET_2: &str =
    r#"{"session":0,"op":"get","bucket":"b","key":"k","result":"v2","invoke":5,"return":6,"outcome":"ok"}"#;
const STALE: &str =
    r#"{"session":1,"op":"get","bucket":"b","key":"k","result":"v1","invoke":7,"return":8,"outcome":"ok"}"#;
/// Within the convergence bound, as the history above is.
const FRESH: &str =
    r#"{"session":1,"op":"get","bucket":"b","key":"k","result":"v2","invoke":9,"return":10,"outcome":"ok"}"#;

#[test]
fn a_good_history_takes_three_lines() {
    let (exit, text) = judge_lines(&[SET_1, SET_2, GET_2, FRESH], None);
    assert_eq!(exit, Exit::Conformant);
    insta::assert_snapshot!(text);
}

#[test]
fn a_stale_read_is_proven() {
    let (exit, text) = judge_lines(&[SET_1, SET_2, GET_2, STALE, FRESH], Some(Level::Linearizable));
    assert_eq!(exit, Exit::NotConformant);
    insta::assert_snapshot!(text);
}

#[test]
fn a_value_out_of_thin_air_violates_the_interface() {
    let thin_air = STALE.replace("v1", "v0");
    let (exit, text) = judge_lines(&[SET_1, SET_2, GET_2, &thin_air], None);
    assert_eq!(exit, Exit::NotConformant);
    insta::assert_snapshot!(text);
}

#[test]
fn a_lost_write_violates_the_interface() {
    let late = FRESH.replace("v2", "v1").replace(r#""invoke":9,"return":10"#, r#""invoke":900,"return":901"#);
    let (exit, text) = judge_lines(&[SET_1, SET_2, GET_2, &late], None);
    assert_eq!(exit, Exit::NotConformant);
    insta::assert_snapshot!(text);
}

/// Of the later profile, a client's own writes are promised.
#[test]
fn what_the_profile_promises_is_judged() {
    let old = GET_2.replace("v2", "v1");
    let late = FRESH.replace(r#""invoke":9,"return":10"#, r#""invoke":900,"return":901"#);
    let history = [SET_1, SET_2, &old, &late];
    let (exit, text) = judge_lines(&history, None);
    assert_eq!(exit, Exit::Conformant, "{text}");
    for profile in ["store@0.2.0-draft", "store@0.2.0-draft2"] {
        let header = HEADER.replace("eventual@0.1.0", profile);
        let (exit, text) = judge_lines_after(&header, &history, None);
        assert_eq!(exit, Exit::NotConformant, "{text}");
        assert!(text.contains("KVS-RYW-01") && text.contains(&format!("NOT CONFORMANT to {profile}")), "{text}");
    }
}

/// Nobody promised that a write shows at once, so a read that comes too early breaks nothing.
#[test]
fn convergence_is_not_judged_without_a_bound() {
    let early = STALE.replace(r#""invoke":7,"return":8"#, r#""invoke":900,"return":901"#);
    let history = [SET_1, SET_2, GET_2, &early];
    let unbound = HEADER.replace(r#","convergence_bound_events":100"#, "");
    assert_ne!(unbound, HEADER);
    let (exit, text) = judge_lines(&history, None);
    assert_eq!(exit, Exit::NotConformant, "{text}");
    let (exit, text) = judge_lines_after(&unbound, &history, None);
    assert_eq!(exit, Exit::Inconclusive, "{text}");
    assert!(text.contains("names no convergence bound") && text.contains("--convergence"), "{text}");
    // What needs no bound is known all the same.
    let (exit, text) = judge_lines_after(&unbound, &history, Some(Level::ReadYourWrites));
    assert_eq!(exit, Exit::Conformant, "{text}");
    let (exit, text) = judge_lines_after(&unbound, &history, Some(Level::LastWrite));
    assert_eq!(exit, Exit::Inconclusive, "{text}");
    let (exit, text) = judge_lines_after(&unbound, &[SET_1, SET_2, GET_2], None);
    assert_eq!(exit, Exit::Conformant, "linearizable, and so convergent with any bound: {text}");
}

const EDN: &str = "{:process 0, :type :invoke, :f :write, :value 1, :time 10}
{:process 0, :type :ok, :f :write, :value 1, :time 20}
{:process 0, :type :invoke, :f :write, :value 2, :time 30}
{:process 0, :type :ok, :f :write, :value 2, :time 40}
{:process 1, :type :invoke, :f :read, :value nil, :time 50}
{:process 1, :type :ok, :f :read, :value 1, :time 60}
";

#[test]
fn a_bound_can_be_given_to_a_recording_that_has_none() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("history.edn");
    std::fs::write(&file, EDN).unwrap();
    let judged = |bound: Option<&str>| {
        let convergence = bound.map(|bound| bound.parse().unwrap());
        let options = Options { convergence, ..options(file.clone(), None, Format::Human) };
        let (mut out, mut complaints) = (Vec::new(), Vec::new());
        let exit = run(&options, &mut out, &mut complaints).unwrap();
        (exit, String::from_utf8([out, complaints].concat()).unwrap())
    };
    let (exit, text) = judged(None);
    assert_eq!(exit, Exit::Inconclusive, "{text}");
    for (bound, expected) in [("0", Exit::NotConformant), ("5ns", Exit::NotConformant), ("500ms", Exit::Conformant)] {
        let (exit, text) = judged(Some(bound));
        assert_eq!(exit, expected, "{bound}: {text}");
    }
    let (exit, text) = judged(Some("100"));
    assert!(exit == Exit::Usage && text.contains("500ms"), "{text}");
}

#[test]
fn an_unknown_profile_is_refused_and_hostile_text_escaped() {
    let directory = tempfile::tempdir().unwrap();
    for (text, said) in [
        (HEADER.replace("eventual@0.1.0", "\\u001b[31m"), "the profile \"\\u{1b}[31m\" is not known"),
        ("INFO  jepsen.util - 0 \t:invoke \t\u{1b}]0;pwned\u{7}\n".into(), "\\u{1b}]0;pwned"),
    ] {
        let file = directory.path().join("hostile");
        std::fs::write(&file, text).unwrap();
        let (exit, out, complaints) = judge(file, None, Format::Human);
        assert_eq!((exit, out.as_str()), (Exit::Usage, ""));
        assert!(complaints.contains(said) && !complaints.trim_end().contains(char::is_control), "{complaints:?}");
    }
}

#[test]
fn a_published_history_that_is_not_linearizable_is_proven() {
    let (exit, text, _) = judge(data("etcd/etcd_000.log"), Some(Level::Linearizable), Format::Human);
    assert_eq!(exit, Exit::NotConformant);
    insta::assert_snapshot!(text);
}

#[test]
fn what_is_not_known_is_no_pass() {
    let (exit, text) = judge_lines(&[SET_1, SET_2], Some(Level::Linearizable));
    assert_eq!(exit, Exit::Inconclusive, "{text}");
    let (exit, text) = judge_lines(&[SET_1, SET_2], None);
    assert_eq!(exit, Exit::Inconclusive, "{text}");
    let (exit, text) = judge_lines(&[], None);
    assert_eq!(exit, Exit::Inconclusive, "{text}");
}

#[test]
fn a_level_required_is_a_gate() {
    let history = [SET_1, SET_2, GET_2, STALE, FRESH];
    let (exit, text) = judge_lines(&history, Some(Level::ReadYourWrites));
    assert_eq!(exit, Exit::Conformant, "{text}");
    let (exit, text) = judge_lines(&history, Some(Level::Regular));
    assert_eq!(exit, Exit::NotConformant, "{text}");
}

/// 64 sessions take turns on 100 registers, each register with a writer of its own; one read near
/// the end sees the value before the last.
#[test]
fn one_stale_read_among_many_operations_is_named() {
    const OPERATIONS: u64 = 20_000;
    const STALE_AT: u64 = 19_000;
    let mut text = String::from(
        r#"{"kvspec":"history","version":1,"profile":"eventual@0.1.0","clock":"ns","convergence_bound_ns":0}"#,
    );
    let mut versions = [0u64; 100];
    for i in 0..OPERATIONS {
        let (session, key, invoke) = (i % 64, (i / 3) % 100, i * 10);
        let version = &mut versions[key as usize];
        let what = if i % 3 == 0 {
            *version += 1;
            format!(r#""op":"set","value":"k{key}v{version}""#)
        } else {
            let seen = if i == STALE_AT { *version - 1 } else { *version };
            format!(r#""op":"get","result":"k{key}v{seen}""#)
        };
        text += &format!(
            "\n{{\"session\":{session},{what},\"bucket\":\"b\",\"key\":\"k{key}\",\"invoke\":{invoke},\"return\":{},\"outcome\":\"ok\"}}",
            invoke + 5
        );
    }
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("history.jsonl");
    std::fs::write(&file, text).unwrap();
    let options =
        Options { levels: Some(Level::ALL.to_vec()), ..options(file, Some(Level::Linearizable), Format::Json) };
    let (mut out, mut complaints) = (Vec::new(), Vec::new());
    assert_eq!(run(&options, &mut out, &mut complaints).unwrap(), Exit::NotConformant);
    let report: serde_json::Value = serde_json::from_slice(&out).unwrap();
    let is_judged = |level: &serde_json::Value| level["finding"] != "not judged";
    assert!(report["ladder"].as_array().unwrap().iter().all(is_judged));
    let proofs = report["proofs"].as_array().unwrap();
    assert!(!proofs.is_empty());
    for proof in proofs {
        let operations = proof["operations"].as_array().unwrap();
        assert!(operations.len() <= 8, "{proof:#}");
        assert!(operations.iter().any(|operation| operation["index"] == STALE_AT), "{proof:#}");
    }
    assert_eq!(report["staleness"]["stalest"], STALE_AT);
}

#[test]
fn what_is_not_asked_for_is_not_judged() {
    let history = [SET_1, SET_2, GET_2, STALE, FRESH];
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("history.jsonl");
    std::fs::write(&file, format!("{HEADER}\n{}\n", history.join("\n"))).unwrap();
    let judged = |require: Option<Level>, levels: Option<Vec<Level>>| {
        let options = Options { levels, ..options(file.clone(), require, Format::Json) };
        let (mut out, mut complaints) = (Vec::new(), Vec::new());
        let exit = run(&options, &mut out, &mut complaints).unwrap();
        let report: serde_json::Value = serde_json::from_slice(&out).unwrap();
        let entries = report["ladder"].as_array().unwrap().clone();
        let is_judged = |entry: &&serde_json::Value| entry["finding"] != "not judged";
        let names: Vec<String> =
            entries.iter().filter(is_judged).map(|entry| entry["level"].as_str().unwrap().to_owned()).collect();
        (exit, names)
    };
    assert_eq!(judged(None, None).1.len(), Level::ALL.len());
    assert_eq!(judged(Some(Level::Regular), Some(Level::ALL.to_vec())).1.len(), Level::ALL.len());
    // What is not regular is not linearizable; the last three are what the profile promises.
    let (exit, names) = judged(Some(Level::Regular), None);
    assert_eq!(
        (exit, names),
        (
            Exit::NotConformant,
            ["linearizable", "regular", "last-write", "convergent", "integrity"].map(String::from).to_vec()
        )
    );
    let (exit, names) = judged(Some(Level::MonotonicReads), Some(vec![Level::MonotonicReads]));
    assert_eq!(exit, Exit::Conformant, "{names:?}");
    assert!(names.contains(&"monotonic-reads".to_owned()) && !names.contains(&"causal".to_owned()), "{names:?}");
}

/// Who does not wait gets what is decided by then, and no verdict.
#[test]
fn an_interrupted_judgement_reports_what_there_is() {
    static STOPPED: AtomicBool = AtomicBool::new(true);
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("history.jsonl");
    std::fs::write(&file, format!("{HEADER}\n{SET_1}\n{SET_2}\n{STALE}\n")).unwrap();
    for format in [Format::Human, Format::Json] {
        let options = Options { stop: &STOPPED, ..options(file.clone(), None, format) };
        let (mut out, mut complaints) = (Vec::new(), Vec::new());
        assert_eq!(run(&options, &mut out, &mut complaints).unwrap(), Exit::Interrupted);
        let text = String::from_utf8(out).unwrap();
        assert!(text.contains("linearizable") && text.contains("was ended before it was decided"), "{text}");
    }
}

#[test]
fn what_is_no_history_is_a_fault_of_usage() {
    let (exit, text, complaints) = judge(data("etcd/verdicts.csv"), None, Format::Human);
    assert_eq!((exit, text.as_str()), (Exit::Usage, ""));
    assert!(complaints.starts_with("kvspec: ../../reference/tests/data/etcd/verdicts.csv:1:1: "), "{complaints}");
    let (exit, _, complaints) = judge(data("none.jsonl"), None, Format::Human);
    assert_eq!(exit, Exit::Usage);
    assert!(complaints.contains("none.jsonl: cannot be read"), "{complaints}");
}

#[test]
fn machines_are_told_the_same() {
    let file = data("etcd/etcd_000.log");
    let (exit, document, _) = judge(file.clone(), Some(Level::Linearizable), Format::Json);
    let document: serde_json::Value = serde_json::from_str(&document).unwrap();
    assert_eq!(document["exit"], exit as u8);
    assert_eq!(document["required"], "linearizable");
    assert_eq!(document["ladder"][0], serde_json::json!({"level": "linearizable", "finding": "broken"}));
    let proof = &document["proofs"][0];
    assert!(!proof["because"].as_array().unwrap().is_empty());

    let (_, lines, _) = judge(file, Some(Level::Linearizable), Format::Jsonl);
    let lines: Vec<serde_json::Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let parts = |name: &str| lines.iter().filter(|line| line["part"] == name).count();
    assert_eq!((parts("head"), parts("conclusion")), (1, 1));
    assert_eq!(parts("level"), document["ladder"].as_array().unwrap().len());
    assert_eq!(parts("proof"), document["proofs"].as_array().unwrap().len());
    let proof_line = lines.iter().find(|line| line["part"] == "proof").unwrap();
    assert_eq!(proof_line["operations"], proof["operations"]);
}

#[test]
fn every_published_verdict_is_ours() {
    let verdicts = std::fs::read_to_string(data("etcd/verdicts.csv")).unwrap();
    let only = ladder::Options { levels: vec![Level::Linearizable], ..ladder::Options::default() };
    let mut wrong = Vec::new();
    let mut judged = 0;
    for line in verdicts.lines().skip(1) {
        let (name, verdict) = line.split_once(',').unwrap();
        let history = kvspec_recording::open(&data("etcd").join(name)).unwrap().history;
        let ladder = ladder::judge(&history, &only);
        let is_as_published = match ladder.finding(Level::Linearizable) {
            Some(Finding::Kept) => verdict == "true",
            Some(Finding::Broken(witness)) => verdict == "false" && !witness.operations.is_empty(),
            _ => false,
        };
        if !is_as_published {
            wrong.push(format!("{name} is {verdict}, not {:?}", ladder.finding(Level::Linearizable)));
        }
        judged += 1;
    }
    assert_eq!(judged, 52);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
