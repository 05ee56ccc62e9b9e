//! Where the state that a read gave comes from: how it relates to the writes of the history.

use kvspec_reference::History;
use kvspec_reference::history::{Kind, Outcome, Rank, Record, State, Value};

/// Where the state that a read gave comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// It is one of the last writes, or one that may have been.
    Current,
    /// A set that was followed by a delete.
    Deleted,
    /// A set that was followed by another.
    Overwritten {
        /// It is also what is left where the last write was put over the start of the old value.
        may_be_torn: bool,
    },
    /// Nothing is there, where a set was last.
    Missing {
        /// Whether a delete of another key may be to blame.
        may_be_another: bool,
    },
    /// A write of another key.
    OtherKey,
    /// A part of what was written, or a mixture.
    Part,
    /// Nobody wrote it.
    Nobody,
}

/// Where the state that a read gave comes from; `None` of what is no read with a result.
pub(super) fn origin(history: &History, read: usize) -> Option<Origin> {
    let read = history.records().get(read).filter(|record| record.is_ok_read())?;
    let before = |record: &&Record| record.invoke < read.response && record.outcome != Outcome::Failed;
    let all = history.records().iter().filter(before).filter_map(|record| Some((record, written(history, record)?)));
    let (own, others): (Vec<_>, Vec<_>) = all.partition(|(record, _)| record.register == read.register);
    let gives = |state: State| is_given(read, state);
    let last = last_writes(&own, read);
    let is_open = |record: &Record| record.outcome != Outcome::Ok || record.response > read.invoke;
    let is_initial = gives(State::ABSENT) && !own.iter().any(|(record, _)| !is_open(record));
    let may_be =
        |(record, state): &(&Record, State)| gives(*state) && (is_open(record) || last.contains(&record.invoke));
    Some(if is_initial || own.iter().any(may_be) {
        Origin::Current
    } else if gives(State::ABSENT) {
        let since =
            own.iter().filter(|(record, _)| last.contains(&record.invoke)).map(|(record, _)| record.invoke).min();
        let follows = |record: &Record| since.is_none_or(|since| record.response > since);
        Origin::Missing {
            may_be_another: others.iter().any(|(record, state)| *state == State::ABSENT && follows(record)),
        }
    } else if own.iter().any(|(_, state)| gives(*state)) {
        let is_deleted = own.iter().any(|(record, state)| *state == State::ABSENT && last.contains(&record.invoke));
        let is_last = |record: &Record| last.contains(&record.invoke);
        let begins = |(record, state): &(&Record, State)| {
            is_last(record) && bytes_of(history, read.operand.state()).starts_with(bytes_of(history, *state))
        };
        let may_be_torn = read.kind == Kind::Get && own.iter().any(begins);
        if is_deleted { Origin::Deleted } else { Origin::Overwritten { may_be_torn } }
    } else if others.iter().any(|(_, state)| gives(*state)) {
        Origin::OtherKey
    } else if history
        .records()
        .iter()
        .filter_map(|record| written(history, record))
        .any(|s| shares(history, s, read.operand.state()))
        || is_mixture(history, &own, read.operand.state())
    {
        Origin::Part
    } else {
        Origin::Nobody
    })
}

/// The state that an operation leaves, if it is a write that may have taken effect.
fn written(history: &History, record: &Record) -> Option<State> {
    match record.kind {
        Kind::Set => Some(record.operand.state()),
        Kind::Delete => Some(State::ABSENT),
        Kind::CompareAndSwap => {
            let swap = history.swaps()[record.operand.swap_index()];
            (swap.swapped || record.outcome != Outcome::Ok).then_some(swap.new)
        }
        Kind::Increment => Some(history.calls().counted),
        Kind::Swap => {
            let swap = history.calls().exchanges[record.operand.exchange_index()];
            (swap.swapped || record.outcome != Outcome::Ok).then_some(swap.state)
        }
        Kind::Get | Kind::Exists | Kind::List | Kind::CasNew | Kind::CasCurrent => None,
    }
}

fn is_given(read: &Record, state: State) -> bool {
    match read.kind {
        Kind::Exists | Kind::List => (read.operand.state() == State::PRESENT) == (state != State::ABSENT),
        _ => read.operand.state() == state,
    }
}

/// The invocations of the writes that ended before the read and that no other such write follows.
fn last_writes(own: &[(&Record, State)], read: &Record) -> Vec<Rank> {
    let ended = |record: &Record| record.outcome == Outcome::Ok && record.response < read.invoke;
    let latest_invoke = own.iter().filter(|(record, _)| ended(record)).map(|(record, _)| record.invoke).max();
    let is_last = |record: &Record| ended(record) && latest_invoke.is_some_and(|latest| record.response >= latest);
    own.iter().filter(|(record, _)| is_last(record)).map(|(record, _)| record.invoke).collect()
}

/// Whether more than half of what was read is the start and the end of what was written.
fn shares(history: &History, written: State, read: State) -> bool {
    let (written, read) = (bytes_of(history, written), bytes_of(history, read));
    (common_start(written, read) + common_end(written, read)) * 2 > read.len()
}

/// Whether what was read begins as one write of the key and ends as another.
fn is_mixture(history: &History, own: &[(&Record, State)], read: State) -> bool {
    let read = bytes_of(history, read);
    let longest = |common: fn(&[u8], &[u8]) -> usize| {
        own.iter().map(|(_, state)| common(bytes_of(history, *state), read)).max().unwrap_or(0)
    };
    let (start, end) = (longest(common_start), longest(common_end));
    start > 0 && end > 0 && start + end >= read.len()
}

fn common_start(a: &[u8], b: &[u8]) -> usize {
    a.iter().zip(b).take_while(|(a, b)| a == b).count()
}

fn common_end(a: &[u8], b: &[u8]) -> usize {
    a.iter().rev().zip(b.iter().rev()).take_while(|(a, b)| a == b).count()
}

/// The bytes of a state; none of absence.
fn bytes_of(history: &History, state: State) -> &[u8] {
    match history.values().get(state.index()) {
        Some(Value::Bytes(bytes)) if state != State::ABSENT => bytes,
        Some(Value::Cut(cut)) => cut.start(),
        _ => &[],
    }
}
