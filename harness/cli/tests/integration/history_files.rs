//! Recorded histories: reading, writing and refusing them.

use std::collections::BTreeMap;
use std::path::PathBuf;

use kvspec_recording::{Format, ReadError, json_lines};
use kvspec_reference::interface::{ManualClock, Subject};
use kvspec_reference::stores::simulated;
use kvspec_reference::workload::{driver, text};
use kvspec_reference::{History, Kind};

fn data(name: &str) -> PathBuf {
    kvspec_tests::folders::recording(name)
}

const HEADER: &str = r#"{"kvspec":"history","version":1,"profile":"eventual@0.1.0","clock":"counter"}"#;

fn with_header(lines: &str) -> String {
    format!("{HEADER}\n{lines}")
}

fn parse(text: &str) -> History {
    json_lines::read(text.as_bytes()).unwrap_or_else(|error| panic!("{error:?}\n{text}"))
}

fn fault_of(text: impl AsRef<[u8]>) -> String {
    match json_lines::read(text.as_ref()) {
        Err(ReadError::Fault(fault)) => fault.to_string(),
        other => panic!("refused, not {other:?}"),
    }
}

fn written(history: &History) -> String {
    let mut text = Vec::new();
    json_lines::write(history, &mut text).unwrap();
    String::from_utf8(text).unwrap()
}

const EVERY_FIELD: &str = r#"{"kvspec":"history","version":1,"profile":"eventual@0.1.0","initial":"absent","clock":"ns","convergence_bound_ns":500}
{"session":0,"op":"set","bucket":"b","key":"k \"\n\u0000é","value":"v1","invoke":1,"return":4,"outcome":"ok"}
{"session":1,"op":"get","bucket":"b","key":"k \"\n\u0000é","result":"v1","invoke":2,"return":6,"outcome":"ok"}
{"session":1,"op":"exists","bucket":"b","key":"k","result":false,"invoke":7,"return":9,"outcome":"ok"}
{"session":1,"op":"exists","bucket":"b","key":"k","result":true,"invoke":9,"return":10,"outcome":"ok"}
{"session":0,"op":"cas","bucket":"b","key":"k","expected":null,"new":{"base64":"/wA="},"invoke":11,"return":12,"outcome":"ok","swapped":true}
{"session":0,"op":"cas","bucket":"b","key":"k","expected":"","new":null,"invoke":13,"return":14,"outcome":"failed"}
{"session":2,"op":"set","bucket":"","key":"","value":{"id":18446744073709551615},"invoke":14,"return":15,"outcome":"error"}
{"session":2,"op":"get","bucket":"b","key":"k","invoke":16,"return":17,"outcome":"trap"}
{"session":0,"op":"delete","bucket":"b","key":"k","invoke":18,"return":null,"outcome":"unknown"}
{"session":2,"op":"get","bucket":"b","key":"k","result":null,"invoke":19,"return":20,"outcome":"ok"}
{"mark":"quiescent","at":12}
"#;

#[test]
fn what_is_written_is_what_was_read() {
    let history = parse(EVERY_FIELD);
    let text = written(&history);
    // The one field order that differs: `swapped` is written before the times.
    let swapped_last = r#","invoke":11,"return":12,"outcome":"ok","swapped":true}"#;
    let swapped_first = r#","swapped":true,"invoke":11,"return":12,"outcome":"ok"}"#;
    // Marks are read, and not kept: what they say follows from the operations.
    let without_marks: String =
        EVERY_FIELD.lines().filter(|line| !line.contains("mark")).map(|line| format!("{line}\n")).collect();
    assert_eq!(text, without_marks.replace(swapped_last, swapped_first));
    assert_eq!(written(&parse(&text)), text);
}

#[test]
fn operations_come_in_any_order_and_are_ranked() {
    let lines: Vec<&str> = EVERY_FIELD.lines().collect();
    let reversed: Vec<&str> = lines[..1].iter().chain(lines[1..].iter().rev()).copied().collect();
    let texts = |history: &History| -> Vec<String> {
        (0..history.records().len()).map(|i| history.operation_text(i)).collect()
    };
    assert_eq!(texts(&parse(&reversed.join("\r\n"))), texts(&parse(EVERY_FIELD)));
}

#[test]
fn a_string_and_its_base64_are_one_value() {
    let set = r#"{"session":0,"op":"set","bucket":"b","key":"k","value":"v1","invoke":1,"return":2,"outcome":"ok"}"#;
    let get = r#"{"session":0,"op":"get","bucket":"b","key":"k","result":{"base64":"djE="},"invoke":3,"return":4,"outcome":"ok"}"#;
    let history = parse(&with_header(&format!("{set}\n\n{get}")));
    assert_eq!(history.records()[0].operand, history.records()[1].operand);
}

#[test]
fn broken_files_are_refused_with_place_and_mend() {
    let ok = r#"{"session":0,"op":"set","bucket":"b","key":"k","value":"v1","invoke":1,"return":4,"outcome":"ok"}"#;
    let lines = |lines: &str| fault_of(with_header(lines));
    let change = |from: &str, to: &str| {
        assert!(ok.contains(from), "{from}");
        lines(&ok.replace(from, to))
    };
    let list: Vec<(&str, String)> = vec![
        ("empty", fault_of("")),
        ("no header", fault_of(ok)),
        ("other kind", fault_of(HEADER.replace("\"history\"", "\"workload\""))),
        ("newer version", fault_of(HEADER.replace("\"version\":1", "\"version\":2,\"more\":0"))),
        ("no version", fault_of(HEADER.replace("\"version\":1,", ""))),
        ("unknown in header", fault_of(HEADER.replace("\"version\":1", "\"version\":1,\"seed\":0"))),
        ("clock", fault_of(HEADER.replace("counter", "seconds"))),
        ("initial", fault_of(HEADER.replace("\"version\":1", "\"version\":1,\"initial\":\"v0\""))),
        ("bound without duration", fault_of(HEADER.replace("}", ",\"convergence_bound_ns\":5}"))),
        ("cut off", lines(&format!("{ok}\n{}", &ok[..40]))),
        ("broken line", lines(&format!("{}\n{ok}\n", &ok[..40]))),
        ("two on a line", lines(&format!("{ok} {ok}"))),
        ("two on a line, comma", lines(&format!("{ok},{ok}"))),
        ("interleaved", lines(&format!("{}{ok}\n{}\n", &ok[..30], &ok[30..]))),
        ("interleaved within a string", lines(&format!("{}{ok}\n{}\n", &ok[..45], &ok[45..]))),
        ("twice", lines(&format!("{ok}\n{ok}"))),
        (
            "overlap",
            lines(&format!("{ok}\n\n{}", ok.replace("\"invoke\":1,\"return\":4", "\"invoke\":3,\"return\":9"))),
        ),
        ("response before invocation", change("\"return\":4", "\"return\":0")),
        ("unknown field", change("\"key\"", "\"kye\"")),
        ("field twice", change("\"key\":\"k\"", "\"key\":\"k\",\"key\":\"k\"")),
        ("unknown op", change("\"op\":\"set\"", "\"op\":\"put\"")),
        ("unknown outcome", change("\"outcome\":\"ok\"", "\"outcome\":\"fine\"")),
        ("no session", change("\"session\":0,", "")),
        ("session too great", change("\"session\":0", "\"session\":65535")),
        ("negative", change("\"invoke\":1", "\"invoke\":-1")),
        ("no value", change("\"value\":\"v1\",", "")),
        ("null value", change("\"value\":\"v1\"", "\"value\":null")),
        ("number value", change("\"value\":\"v1\"", "\"value\":5")),
        ("bool value", change("\"value\":\"v1\"", "\"value\":true")),
        ("bad base64", change("\"value\":\"v1\"", "\"value\":{\"base64\":\"?\"}")),
        ("odd value", change("\"value\":\"v1\"", "\"value\":{\"hex\":\"00\"}")),
        ("two values", change("\"value\":\"v1\"", "\"value\":{\"id\":1,\"id\":2}")),
        ("no return", change("\"return\":4,", "")),
        ("ok without answer", change("\"return\":4", "\"return\":null")),
        ("unknown with answer", change("\"outcome\":\"ok\"", "\"outcome\":\"unknown\"")),
        ("result of a set", change("\"key\"", "\"result\":null,\"key\"")),
        ("get without result", lines(&ok.replace("set", "get").replace("\"value\":\"v1\",", ""))),
        ("exists with a value", lines(&ok.replace("set", "exists").replace("value", "result"))),
        ("mark", lines("{\"mark\":\"noisy\",\"at\":1}")),
        ("mark without time", lines("{\"mark\":\"quiescent\"}")),
        ("mark and operation", lines(&ok.replace("{", "{\"mark\":\"quiescent\",\"at\":1,"))),
        ("no object", lines("[1,2]")),
    ];
    let shown: Vec<String> = list.iter().map(|(what, fault)| format!("{what}\n    {fault}\n")).collect();
    insta::assert_snapshot!(shown.concat());
}

#[test]
fn bytes_that_are_no_utf8_are_refused() {
    let mut text = with_header(r#"{"session":0,"op":"set","bucket":"b","key":"k","value":"v?"}"#).into_bytes();
    let at = text.iter().position(|b| *b == b'?').unwrap();
    text[at] = 0xff;
    assert!(fault_of(text).starts_with("2:"));
}

#[test]
fn an_operation_that_is_there_twice_is_refused_with_either_line_first() {
    let open = r#"{"session":0,"op":"delete","bucket":"b","key":"k","invoke":5,"return":null,"outcome":"unknown"}"#;
    let done = r#"{"session":0,"op":"delete","bucket":"b","key":"k","invoke":5,"return":9,"outcome":"ok"}"#;
    let twice = fault_of(with_header(&format!("{open}\n{open}\n")));
    assert!(twice.starts_with("3:1: the operation of line 2 is here again"), "{twice}");
    for (lines, line) in [(format!("{done}\n{open}\n"), 3), (format!("{open}\n{done}\n"), 2)] {
        let fault = fault_of(with_header(&lines));
        assert!(fault.starts_with(&format!("{line}:1: session 0 ")), "{fault}");
    }
}

#[test]
fn any_cut_of_a_file_is_a_history_or_a_fault() {
    let histories = (0..=EVERY_FIELD.len())
        .filter(|&end| EVERY_FIELD.is_char_boundary(end) && json_lines::read(&EVERY_FIELD.as_bytes()[..end]).is_ok());
    // A whole line with and without its end.
    assert_eq!(histories.count(), 2 * EVERY_FIELD.lines().count());
}

const EDN: &str = "[{:process 0, :type :invoke, :f :write, :value [7 3], :time 1}
 #jepsen.history.Op{:process 1, :type :invoke, :f :cas, :value [7 [3 \"é\"]], :error {:a #{1.5 nil}}} ; noise
 {:process 0, :type :ok, :f :write, :value [7 3]} {:process :nemesis, :type :info}
 {:process 1, :type :info, :f :cas, :value [7 [3 \"é\"]]}]
";

/// Changes one byte to a few others, at each place, and pairs of bytes at fixed random places.
fn damaged(text: &str) -> impl Iterator<Item = Vec<u8>> {
    let others = *b"\0\n\"{}[]:, \\9-a\xff#;(";
    let text = text.as_bytes().to_vec();
    let (length, twin) = (text.len(), text.clone());
    let single = (0..length).flat_map(move |at| others.map(|other| (at, other))).map(move |(at, other)| {
        let mut damaged = text.clone();
        damaged[at] = other;
        damaged
    });
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let moved = (0..2_000).map(move |_| {
        let mut damaged = twin.clone();
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state as usize % length
        };
        let (from, to, count) = (next(), next(), next() % 40);
        let piece: Vec<u8> = damaged.iter().skip(from).take(count).copied().collect();
        damaged.splice(to..to, piece);
        damaged.truncate(length - next() % 20);
        damaged
    });
    single.chain(moved)
}

#[test]
fn damaged_files_are_histories_or_faults_with_a_place() {
    let log = std::fs::read_to_string(data("etcd/etcd_000.log")).unwrap();
    let log: String = log.lines().take(12).map(|line| format!("{line}\n")).collect();
    let (mut histories, mut faults) = (0, 0);
    for text in [EVERY_FIELD, EDN, &log] {
        assert!(kvspec_recording::read(text.as_bytes()).is_ok());
        for damaged in damaged(text) {
            match kvspec_recording::read(&damaged[..]) {
                Ok(_) => histories += 1,
                Err(ReadError::Fault(fault)) => {
                    faults += 1;
                    let lines = damaged.split(|b| *b == b'\n').count() as u64;
                    assert!((1..=lines).contains(&fault.line) && fault.column > 0, "{fault}");
                    assert!(!fault.problem.is_empty() && !fault.help.is_empty());
                }
                Err(error) => panic!("{error:?}"),
            }
        }
    }
    assert!(histories > 1_000 && faults > 1_000, "{histories} histories, {faults} faults");
}

#[test]
fn the_examples_of_the_schema_are_accepted() {
    let schema: serde_json::Value = serde_json::from_str(json_lines::SCHEMA).unwrap();
    let examples = |name: &str| schema["$defs"][name]["examples"].as_array().unwrap().clone();
    let mut lines = vec![];
    for header in examples("header") {
        parse(&header.to_string());
        lines = vec![header.to_string()];
    }
    let (operations, marks) = (examples("operation"), examples("mark"));
    let (listings, faults) = (examples("listing"), examples("fault"));
    lines.extend(operations.iter().chain(&marks).chain(&listings).chain(&faults).map(ToString::to_string));
    let history = parse(&lines.join("\n"));
    // The listing speaks of each key that its bucket ever had.
    let listed = history.records().iter().filter(|record| record.kind == Kind::List).count();
    assert_eq!((history.records().len() - listed, listed), (operations.len(), 4));
    assert_eq!((marks.len(), history.calls().faults.len()), (1, faults.len()));
}

#[test]
fn histories_of_all_operations_come_back_the_same() {
    let steps = "0 increment b n 5\n0 set-many b a \"x\" k[0..2] \"y\"\n1 get-many b a c\n1 cas-new h b a\n\
                 1 cas-current h\n0 set b a \"z\"\n1 swap h \"lost\"\n1 swap h \"won\"\n1 delete-many b k0001\nwait 1s\n\
                 0 list b\n0 list b page 1\n0 get b n\nquiesce\n";
    let workload = text::parse(&format!("kvspec workload 1\nsessions 2\n{steps}")).unwrap().workload;
    for seed in 0..20 {
        let (subject, clock) = (simulated::subject(None), ManualClock::default());
        let store = subject.start(seed).unwrap();
        let bound = subject.parameters.convergence_bound();
        let history = driver::run(&workload, &*store, &clock, "store@0.2.0-draft2", bound).history;
        let text = written(&history);
        let again = parse(&text);
        let lines =
            |history: &History| (0..history.records().len()).map(|i| history.operation_text(i)).collect::<Vec<_>>();
        assert_eq!(lines(&again), lines(&history));
        assert_eq!(again.calls().groups, history.calls().groups);
        assert_eq!(again.calls().exchanges, history.calls().exchanges);
        assert_eq!(written(&again), text);
        assert!(text.starts_with("{\"kvspec\":\"history\",\"version\":2,"), "{text}");
        let as_first = text.replacen("\"version\":2", "\"version\":1", 1);
        assert!(fault_of(as_first).contains("version 1 of the format has no"));
    }
}

#[test]
fn the_schema_knows_the_fields_that_are_read() {
    let schema: serde_json::Value = serde_json::from_str(json_lines::SCHEMA).unwrap();
    let fault = fault_of(with_header("{\"?\":0}"));
    let (_, list) = fault.split_once("expected one of ").unwrap();
    let mut read: Vec<&str> = list.split('`').skip(1).step_by(2).collect();
    let mut published: Vec<&str> = ["operation", "listing", "fault", "mark", "initial"]
        .iter()
        .flat_map(|name| schema["$defs"][name]["properties"].as_object().unwrap().keys())
        .map(String::as_str)
        .collect();
    read.sort_unstable();
    published.sort_unstable();
    published.dedup();
    assert_eq!(read, published);
}

#[test]
fn every_published_log_is_read_whole() {
    let verdicts = std::fs::read_to_string(data("etcd/verdicts.csv")).unwrap();
    let mut counts: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    let mut logs = 0;
    for line in verdicts.lines().skip(1) {
        let (name, _) = line.split_once(',').unwrap();
        let file = kvspec_recording::open(&data("etcd").join(name)).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(file.format, Format::JepsenLog);
        for record in file.history.records() {
            *counts.entry((record.kind.name(), record.outcome.name())).or_default() += 1;
        }
        logs += 1;
    }
    // As grep counts the lines.
    let expected = [
        (("cas", "failed"), 900),
        (("cas", "ok"), 214),
        (("cas", "unknown"), 325),
        (("get", "failed"), 12),
        (("get", "ok"), 1507),
        (("set", "ok"), 1047),
        (("set", "unknown"), 328),
    ];
    assert_eq!(counts, BTreeMap::from(expected));
    assert_eq!(logs, 52);
}

#[test]
fn a_log_written_as_json_lines_is_the_same_history() {
    let log = kvspec_recording::open(&data("etcd/etcd_000.log")).unwrap().history;
    let text = written(&log);
    let again = kvspec_recording::read(text.as_bytes()).unwrap();
    assert_eq!(again.format, Format::JsonLines);
    assert_eq!(again.history.records().len(), log.records().len());
    for i in 0..log.records().len() {
        assert_eq!(again.history.operation_text(i), log.operation_text(i));
    }
}

#[test]
fn a_file_that_cannot_be_opened_is_named() {
    let error = kvspec_recording::open(&data("none.jsonl")).unwrap_err().to_string();
    assert!(error.contains("none.jsonl: cannot be read: "), "{error}");
    let error = kvspec_recording::open(&data("etcd/verdicts.csv")).unwrap_err().to_string();
    assert!(error.contains("verdicts.csv:1:1: this is no format of histories"), "{error}");
}
