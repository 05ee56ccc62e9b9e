//! Recorded histories: reading, refusing and drawing them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use kvspec::history_file::{self, Format, ReadError, json_lines};
use kvspec::report::diagram::{self, Charset};
use kvspec_reference::history::{Header, Kind, Outcome};
use kvspec_reference::{History, HistoryBuilder};

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
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
    assert_eq!(text, EVERY_FIELD.replace(swapped_last, swapped_first));
    assert_eq!(written(&parse(&text)), text);
}

#[test]
fn operations_come_in_any_order_and_are_ranked() {
    let lines: Vec<&str> = EVERY_FIELD.lines().collect();
    let reversed: Vec<&str> = lines[..1].iter().chain(lines[1..].iter().rev()).copied().collect();
    let texts =
        |history: &History| -> Vec<String> { (0..history.records.len()).map(|i| history.operation_text(i)).collect() };
    assert_eq!(texts(&parse(&reversed.join("\r\n"))), texts(&parse(EVERY_FIELD)));
}

#[test]
fn a_string_and_its_base64_are_one_value() {
    let set = r#"{"session":0,"op":"set","bucket":"b","key":"k","value":"v1","invoke":1,"return":2,"outcome":"ok"}"#;
    let get = r#"{"session":0,"op":"get","bucket":"b","key":"k","result":{"base64":"djE="},"invoke":3,"return":4,"outcome":"ok"}"#;
    let history = parse(&with_header(&format!("{set}\n\n{get}")));
    assert_eq!(history.records[0].value, history.records[1].value);
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
    lines.extend(operations.iter().chain(&marks).map(ToString::to_string));
    let history = parse(&lines.join("\n"));
    assert_eq!(history.records.len(), operations.len());
    assert_eq!(history.quiescent.len(), marks.len());
}

#[test]
fn the_schema_knows_the_fields_that_are_read() {
    let schema: serde_json::Value = serde_json::from_str(json_lines::SCHEMA).unwrap();
    let fault = fault_of(with_header("{\"?\":0}"));
    let (_, list) = fault.split_once("expected one of ").unwrap();
    let mut read: Vec<&str> = list.split('`').skip(1).step_by(2).collect();
    let mut published: Vec<&str> = ["operation", "mark"]
        .iter()
        .flat_map(|name| schema["$defs"][name]["properties"].as_object().unwrap().keys())
        .map(String::as_str)
        .collect();
    read.sort_unstable();
    published.sort_unstable();
    assert_eq!(read, published);
}

#[test]
fn every_published_log_is_read_whole() {
    let verdicts = std::fs::read_to_string(data("etcd/verdicts.csv")).unwrap();
    let mut counts: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    let mut logs = 0;
    for line in verdicts.lines().skip(1) {
        let (name, _) = line.split_once(',').unwrap();
        let file = history_file::open(&data("etcd").join(name)).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(file.format, Format::JepsenLog);
        for record in &file.history.records {
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
    let log = history_file::open(&data("etcd/etcd_000.log")).unwrap().history;
    let text = written(&log);
    let again = history_file::read(text.as_bytes()).unwrap();
    assert_eq!(again.format, Format::JsonLines);
    assert_eq!(again.history.records.len(), log.records.len());
    for i in 0..log.records.len() {
        assert_eq!(again.history.operation_text(i), log.operation_text(i));
    }
}

#[test]
fn a_file_that_cannot_be_opened_is_named() {
    let error = history_file::open(&data("none.jsonl")).unwrap_err().to_string();
    assert!(error.contains("none.jsonl: cannot be read: "), "{error}");
    let error = history_file::open(&data("etcd/verdicts.csv")).unwrap_err().to_string();
    assert!(error.contains("verdicts.csv:1:1: this is no format of histories"), "{error}");
}

/// A history from lines of `session op key argument invoke return`, in bucket `b`; `-` for a
/// return that never came.
fn history_of(lines: &str) -> History {
    let mut builder = HistoryBuilder::new(Header::default());
    for line in lines.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [session, op, key, argument, invoke, response] = words[..] else { panic!("{line}") };
        let register = builder.register("b", key);
        let (kind, value) = match (op, argument) {
            ("get", "absent") => (Kind::Get, 0),
            ("get", value) => (Kind::Get, builder.value_bytes(value.as_bytes())),
            ("set", value) => (Kind::Set, builder.value_bytes(value.as_bytes())),
            ("exists", answer) => (Kind::Exists, if answer == "true" { u32::MAX } else { 0 }),
            _ => (Kind::Delete, 0),
        };
        let response = response.parse().ok();
        let outcome = if response.is_some() { Outcome::Ok } else { Outcome::Unknown };
        let (session, invoke) = (session.parse().unwrap(), invoke.parse().unwrap());
        builder.push(kvspec_reference::history::Entry { session, kind, register, value, outcome, invoke, response });
    }
    builder.finish().unwrap()
}

fn all(history: &History) -> Vec<usize> {
    (0..history.records.len()).collect()
}

const STALE_READ: &str = "0 set k v1 1 2\n0 set k v2 3 8\n1 get k v2 4 5\n2 get k v1 6 7";

#[test]
fn a_stale_read_is_drawn() {
    let history = history_of(STALE_READ);
    insta::assert_snapshot!(diagram::draw(&history, &all(&history), 80), @r#"
    time  session 0       session 1        session 2
       1  ─ set k = "v1"
       3  ┌ set k = "v2"
       4  │               ─ get k -> "v2"
       6  │                                ─ get k -> "v1"
       8  └ ok
    "#);
    insta::assert_snapshot!(diagram::draw_with(&history, &all(&history), 80, Charset::Ascii), @r#"
    time  session 0       session 1        session 2
       1  - set k = "v1"
       3  + set k = "v2"
       4  |               - get k -> "v2"
       6  |                                - get k -> "v1"
       8  + ok
    "#);
}

#[test]
fn what_was_never_answered_stays_open() {
    let history = history_of(
        "0 set k v1 1 -\n1 get k absent 2 9\n2 delete k x 3 -\n2 exists k false 4 5\n0 get k v1 6 7\n1 get k v1 10 11",
    );
    insta::assert_snapshot!(diagram::draw(&history, &all(&history), 80), @r#"
    time  session 0        session 1        session 2
       1  ┌ set k = "v1"
       2  ┊ no answer      ┌ get k
       3  ┊                │                ┌ delete k
          ┊                │                ┊ no answer
       4  ┊                │                ─ exists k -> false
       6  ─ get k -> "v1"  │
       9                   └ absent
      10                   ─ get k -> "v1"
    "#);
}

#[test]
fn four_sessions_fit_eighty_columns_with_long_values() {
    let long = |writer: &str| format!("{writer}-{}", "x".repeat(90));
    let (a, b) = (long("s0o1l100c"), long("s1o2l100c"));
    let history = history_of(&format!(
        "0 set key-17 {a} 1 6\n1 set key-17 {b} 2 7\n2 get key-17 {a} 3 8\n3 get key-17 {b} 4 9\n3 delete key-18 x 10 11"
    ));
    let drawing = diagram::draw(&history, &all(&history), 80);
    assert!(drawing.lines().take_while(|line| !line.contains(" is ")).all(|line| line.chars().count() <= 80));
    insta::assert_snapshot!(drawing, @r#"
    time  session 0         session 1         session 2     session 3
       1  ┌ set key-17 = A
       2  │                 ┌ set key-17 = B
       3  │                 │                 ┌ get key-17
       4  │                 │                 │             ┌ get key-17
       6  └ ok              │                 │             │
       7                    └ ok              │             │
       8                                      └ A           │
       9                                                    └ B
      10                                                    ─ delete key-18
      A is "s0o1l100c-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"... (100 bytes, fnv 71e677798b367ecd)
      B is "s1o2l100c-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"... (100 bytes, fnv cc677ec19bc1372b)
    "#);
}

#[test]
fn what_does_not_fit_is_a_list() {
    let lines: Vec<String> = (0..12).map(|s| format!("{s} get k v{s} {} {}", s + 1, s + 20)).collect();
    let history = history_of(&lines.join("\n"));
    insta::assert_snapshot!(diagram::draw(&history, &all(&history), 80), @r#"
     1 to 20  session 0: get b/k -> "v0"
     2 to 21  session 1: get b/k -> "v1"
     3 to 22  session 2: get b/k -> "v2"
     4 to 23  session 3: get b/k -> "v3"
     5 to 24  session 4: get b/k -> "v4"
     6 to 25  session 5: get b/k -> "v5"
     7 to 26  session 6: get b/k -> "v6"
     8 to 27  session 7: get b/k -> "v7"
     9 to 28  session 8: get b/k -> "v8"
    10 to 29  session 9: get b/k -> "v9"
    11 to 30  session 10: get b/k -> "v10"
    12 to 31  session 11: get b/k -> "v11"
    "#);
}

#[test]
fn nothing_a_store_returns_reaches_the_terminal() {
    let mut builder = HistoryBuilder::new(Header::default());
    let register = builder.register("b\u{1b}[31m", "k\u{202e}\r\n");
    let value = builder.value_bytes(b"\x1b]0;title\x07\xff\n");
    let entry = kvspec_reference::history::Entry {
        session: 0,
        kind: Kind::Get,
        register,
        value,
        outcome: Outcome::Ok,
        invoke: 1,
        response: Some(2),
    };
    builder.push(entry);
    let history = builder.finish().unwrap();
    for width in [20, 80, 200] {
        let drawing = diagram::draw_with(&history, &[0], width, Charset::Ascii);
        assert!(drawing.bytes().all(|b| b == b'\n' || b == b' ' || b.is_ascii_graphic()), "{drawing}");
    }
}
