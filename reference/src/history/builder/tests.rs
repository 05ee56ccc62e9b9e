use super::super::record::{Outcome, Record};
use super::super::{History, HistoryError};
use super::*;

fn entry(session: u16, invoke: u64, response: Option<u64>) -> Entry {
    Entry {
        session,
        kind: Kind::Delete,
        register: 0,
        operand: State::ABSENT.into(),
        outcome: Outcome::Ok,
        invoke,
        response,
    }
}

#[test]
fn a_record_is_small() {
    assert_eq!(size_of::<Record>(), 20);
}

#[test]
fn touching_operations_of_two_sessions_overlap() {
    let mut builder = HistoryBuilder::new(Header::default());
    builder.register("b", "k");
    builder.push(entry(1, 5, Some(9)));
    builder.push(entry(0, 1, Some(5)));
    let history = builder.finish().unwrap();
    assert_eq!(history.records[0].session, 0);
    assert!(!history.records[0].precedes(&history.records[1]));
    assert_eq!(history.times, [1, 5, 5, 9]);
}

/// Whether each precedes the next, of operations given as session, invocation and response.
fn precedences(entries: &[(u16, u64, u64)]) -> Vec<(usize, usize)> {
    let mut builder = HistoryBuilder::new(Header::default());
    builder.register("b", "k");
    for (i, &(session, invoke, response)) in entries.iter().enumerate() {
        let mut entry = entry(session, invoke, Some(response));
        // The value says which entry a record is.
        (entry.kind, entry.operand) = (Kind::Set, builder.value_named(i as u64).into());
        builder.push(entry);
    }
    let history = builder.finish().unwrap();
    let of_value = |record: &Record| record.operand.state().index() - 1;
    let pairs = history.records.iter().flat_map(|a| history.records.iter().map(move |b| (a, b)));
    let mut found: Vec<_> = pairs.filter(|(a, b)| a.precedes(b)).map(|(a, b)| (of_value(a), of_value(b))).collect();
    found.sort_unstable();
    found
}

#[test]
fn a_session_that_touches_itself_goes_one_after_another() {
    // C and D touch A and B, of another session, on either side.
    assert_eq!(precedences(&[(0, 1, 5), (0, 5, 9), (1, 5, 7), (2, 3, 5)]), [(0, 1)]);
    // Operations without duration, several at one instant.
    assert_eq!(precedences(&[(0, 1, 5), (0, 5, 5), (0, 5, 5), (0, 5, 9), (1, 5, 5)]), {
        [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)]
    });
    // What ends at the instant was before what goes on, whichever is pushed first.
    assert_eq!(precedences(&[(0, 5, 9), (0, 5, 5)]), [(1, 0)]);
    assert_eq!(precedences(&[(0, 5, 5), (0, 1, 5)]), [(1, 0)]);
}

#[test]
fn of_two_sessions_that_touch_themselves_at_one_instant_one_is_known() {
    assert_eq!(precedences(&[(3, 1, 5), (3, 5, 9), (1, 2, 5), (1, 5, 8)]), [(2, 3)]);
}

#[test]
fn impossible_histories_are_refused() {
    let mut builder = HistoryBuilder::new(Header::default());
    builder.push(entry(0, 5, Some(4)));
    assert_eq!(builder.finish().unwrap_err(), HistoryError::ResponseBeforeInvocation { entry: 0 });

    let mut builder = HistoryBuilder::new(Header::default());
    builder.push(entry(7, 1, Some(4)));
    builder.push(entry(7, 3, Some(5)));
    let overlap = HistoryError::OverlapInSession { session: 7, first: 0, second: 1 };
    assert_eq!(builder.finish().unwrap_err(), overlap);
}

#[test]
fn large_values_have_a_bound_together() {
    let mut builder = HistoryBuilder::new(Header::default());
    let value = |first: u8, bytes: usize| {
        let mut value = vec![7; bytes];
        value[0] = first;
        value
    };
    let small: Vec<State> = (0..9).map(|i| builder.value_bytes(&value(i, LARGE_BYTES - 1))).collect();
    let ids: Vec<State> = (0..9).map(|i| builder.value_bytes(&value(i, 20 << 20))).collect();
    let again: Vec<State> = (0..9).map(|i| builder.value_bytes(&value(i, 20 << 20))).collect();
    assert_eq!(ids, again, "what is cut is still known");
    let too_long = builder.value_bytes(&value(1, WHOLE_BYTES_MAX + 1));
    let is_cut = |id: &State| matches!(builder.values[id.index()], Value::Cut(_));
    assert_eq!(ids.iter().position(is_cut), Some(ALL_LARGE_BYTES_MAX / (20 << 20)));
    assert!(is_cut(&too_long) && !small.iter().any(is_cut));
}

#[test]
fn a_cut_value_reads_as_before() {
    let mut builder = HistoryBuilder::new(Header::default());
    let (long, other) = (builder.value_bytes(&[9; 5000]), builder.value_bytes(&[9; 5001]));
    let mut history = builder.finish().unwrap();
    let texts = |history: &History| [long, other].map(|id| history.state_text(id));
    let before = texts(&history);
    history.cut_values(100);
    assert_eq!(texts(&history), before);
    assert!(history.values[1..].iter().all(|value| matches!(value, Value::Cut(_))));
    assert_ne!(history.values[1], history.values[2]);
}

#[test]
fn equal_values_and_registers_are_one() {
    let mut builder = HistoryBuilder::new(Header::default());
    assert_eq!(builder.value_bytes(b"x"), builder.value_bytes(b"x"));
    assert_ne!(builder.value_bytes(b""), State::ABSENT, "the empty value is a value");
    assert_ne!(builder.register("a", "b"), builder.register("b", "a"));
    assert_eq!(builder.value_named(9), builder.value_named(9));
}
