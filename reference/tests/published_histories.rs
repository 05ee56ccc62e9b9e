//! The published histories of etcd get their published verdicts.

mod random;

use std::collections::HashMap;
use std::path::Path;

use kvspec_reference::consistency::Finding;
use kvspec_reference::consistency::register::linearizable;
use kvspec_reference::history::sub_history::sub_history;
use kvspec_reference::history::{Entry, Header, History, HistoryBuilder, Kind, Outcome, State, SwapArguments};

const ABSENT: u32 = State::ABSENT.number();

#[test]
fn etcd_histories_get_their_published_verdicts() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/etcd");
    let verdicts = std::fs::read_to_string(data.join("verdicts.csv")).expect("verdicts.csv is there");
    let (mut kept, mut broken) = (0, 0);
    for line in verdicts.lines().skip(1) {
        let (file, verdict) = line.split_once(',').expect("a line is FILE,VERDICT");
        let log = std::fs::read_to_string(data.join(file)).expect("each verdict has its log");
        let history = parse(&log);
        match linearizable::check(&history) {
            // One of them has no read that could have been stale.
            Finding::Kept | Finding::NotExercised(_) => {
                assert_eq!(verdict, "true", "{file} is published as not linearizable");
                kept += 1;
            }
            Finding::Broken(witness) => {
                assert_eq!(verdict, "false", "{file} is published as linearizable: {:?}", witness.because);
                let part = sub_history(&history, &witness.operations);
                assert!(matches!(linearizable::check(&part), Finding::Broken(_)), "{file}: {}", random::text(&part));
                println!("{file}: {} of {} operations prove it", witness.operations.len(), history.records().len());
                broken += 1;
            }
            Finding::Unknown(why) => panic!("{file}: {why}"),
        }
    }
    assert_eq!((kept, broken), (11, 41), "how many are linearizable, and how many are not");
}

/// Reads a log of Jepsen's etcd test. A process whose operation ends as unknown starts no other, so
/// that process numbers are sessions.
fn parse(log: &str) -> History {
    let mut builder = HistoryBuilder::new(Header::default());
    builder.register("jepsen", "r");
    let mut open: HashMap<u16, Entry> = HashMap::new();
    for (time, line) in (0u64..).zip(log.lines()) {
        let Some(event) = line.strip_prefix("INFO  jepsen.util - ") else { continue };
        let fields: Vec<&str> = event.split('\t').collect();
        let [process, phase, operation, argument] = fields[..] else { continue };
        let Ok(session) = process.trim().parse::<u16>() else { continue };
        if phase == ":invoke" {
            let (kind, value) = invocation(&mut builder, operation, argument);
            let entry = Entry {
                session,
                kind,
                register: 0,
                operand: State::value(value).into(),
                outcome: Outcome::Unknown,
                invoke: time,
                response: None,
            };
            assert!(open.insert(session, entry).is_none(), "process {session} calls twice");
            continue;
        }
        let mut entry = open.remove(&session).expect("a response follows an invocation");
        match (phase, entry.kind) {
            (":ok", _) => entry.outcome = Outcome::Ok,
            (":fail", Kind::CompareAndSwap) => entry.outcome = Outcome::Ok,
            (":fail", _) => entry.outcome = Outcome::Failed,
            (":info", _) => {}
            _ => panic!("unknown phase {phase}"),
        }
        if entry.kind == Kind::Get && phase == ":ok" {
            entry.operand = State::value(value(&mut builder, argument)).into();
        }
        if entry.kind == Kind::CompareAndSwap {
            entry.operand = State::value(swap(&mut builder, argument_of(log, time, session), phase == ":ok")).into();
        }
        entry.response = (phase != ":info").then_some(time);
        builder.push(entry);
    }
    for entry in open.into_values() {
        builder.push(entry);
    }
    builder.finish().expect("the log is a history")
}

fn invocation(builder: &mut HistoryBuilder, operation: &str, argument: &str) -> (Kind, u32) {
    match operation {
        ":read" => (Kind::Get, ABSENT),
        ":write" => (Kind::Set, value(builder, argument)),
        ":cas" => (Kind::CompareAndSwap, swap(builder, argument, false)),
        _ => panic!("unknown operation {operation}"),
    }
}

/// The argument with which `session` invoked what ends at line `end`.
fn argument_of(log: &str, end: u64, session: u16) -> &str {
    let start = format!("INFO  jepsen.util - {session}\t:invoke\t");
    let invocations = log.lines().take(end as usize).filter(|line| line.starts_with(&start));
    invocations.last().and_then(|line| line.rsplit('\t').next()).expect("an invocation has an argument")
}

fn swap(builder: &mut HistoryBuilder, argument: &str, swapped: bool) -> u32 {
    let pair = argument.trim_matches(['[', ']']);
    let (expected, new) = pair.split_once(' ').expect("a swap has two values");
    let (expected, new) = (value(builder, expected), value(builder, new));
    builder.swap(SwapArguments { expected: State::value(expected), new: State::value(new), swapped }).state().number()
}

fn value(builder: &mut HistoryBuilder, text: &str) -> u32 {
    if text == "nil" { ABSENT } else { builder.value_named(text.parse().expect("values are numbers")).number() }
}
