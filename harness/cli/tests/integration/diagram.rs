//! Operations, drawn.

use kvspec::report::diagram::{self, Charset};
use kvspec_reference::history::{ClockUnit, Entry, Header, Kind, Outcome, State, SwapArguments};
use kvspec_reference::{History, HistoryBuilder};

/// A history from lines of `session op key argument invoke return`, in bucket `b`; `-` for a
/// return that never came.
fn history_of(lines: &str) -> History {
    let mut builder = HistoryBuilder::new(Header::default());
    for line in lines.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [session, op, key, argument, invoke, response] = words[..] else { panic!("{line}") };
        let register = builder.register("b", key);
        let (kind, value) = match (op, argument) {
            ("get", "absent") => (Kind::Get, State::ABSENT),
            ("get", value) => (Kind::Get, builder.value_bytes(value.as_bytes())),
            ("set", value) => (Kind::Set, builder.value_bytes(value.as_bytes())),
            ("exists", answer) => (Kind::Exists, if answer == "true" { State::PRESENT } else { State::ABSENT }),
            _ => (Kind::Delete, State::ABSENT),
        };
        let response = response.parse().ok();
        let outcome = if response.is_some() { Outcome::Ok } else { Outcome::Unknown };
        let (session, invoke) = (session.parse().unwrap(), invoke.parse().unwrap());
        builder.push(Entry { session, kind, register, operand: value.into(), outcome, invoke, response });
    }
    builder.finish().unwrap()
}

fn all(history: &History) -> Vec<usize> {
    (0..history.records().len()).collect()
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
    let entry = Entry {
        session: 0,
        kind: Kind::Get,
        register,
        operand: value.into(),
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

#[test]
fn every_outcome_has_its_word_and_nanoseconds_count_from_the_first() {
    let mut builder = HistoryBuilder::new(Header { clock: ClockUnit::Nanoseconds, ..Header::default() });
    let (one, two) = (builder.register("b", "k"), builder.register("c", "k"));
    let (old, new) = (builder.value_bytes(b"old"), builder.value_named(7));
    let swapped = builder.swap(SwapArguments { expected: State::ABSENT, new: old, swapped: true });
    let lost = builder.swap(SwapArguments { expected: old, new, swapped: false });
    let mut push = |session, kind, register, operand, outcome, invoke, response| {
        builder.push(Entry { session, kind, register, operand, outcome, invoke, response: Some(response) });
    };
    push(0, Kind::CompareAndSwap, one, swapped, Outcome::Ok, 1_000, 1_500);
    push(0, Kind::CompareAndSwap, one, lost, Outcome::Ok, 2_500, 2_000_000);
    push(1, Kind::CompareAndSwap, two, lost, Outcome::Failed, 3_000, 1_250_000);
    push(1, Kind::Get, two, State::ABSENT.into(), Outcome::Error, 1_300_000, 61_000_000_000);
    push(1, Kind::Set, two, new.into(), Outcome::Trap, 61_000_000_001, 61_000_000_002);
    let history = builder.finish().unwrap();
    insta::assert_snapshot!(diagram::draw(&history, &all(&history), 80), @r#"
        time  session 0                             session 1
        0 ns  ─ cas b/k absent to "old" -> swapped
      1.5 us  ┌ cas b/k "old" to #7
        2 us  │                                     ─ cas c/k "old" to #7 -> failed
    1.299 ms  │                                     ┌ get c/k
    1.999 ms  └ not swapped                         │
    60.999 s                                        └ error
    60.999 s                                        ─ set c/k = #7 -> trap
    "#);
}

#[test]
fn only_the_operations_asked_for_are_drawn_each_once() {
    let history = history_of(STALE_READ);
    let some = diagram::draw(&history, &[3, 0, 3], 80);
    assert_eq!(some.lines().count(), 3, "{some}");
    assert!(!some.contains("v2"), "{some}");
    assert_eq!(diagram::draw(&history, &[], 80), "(no operations)\n");
}
