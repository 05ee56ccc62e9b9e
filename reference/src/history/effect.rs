//! What an operation wrote and saw, once its outcome is taken into account.
//!
//! Every level reads records through these few functions, so that all of them agree on what a
//! failed, unanswered or refused operation means:
//!
//! | operation, outcome | writes | sees |
//! |---|---|---|
//! | set, ok | its value, certainly | nothing |
//! | delete, ok | absent, certainly | nothing |
//! | set or delete; error, trap, unknown | the same, perhaps, at any time after its invocation | nothing |
//! | get, exists; ok | nothing | what it returned |
//! | compare-and-swap, swapped | the new value, certainly | the expected value |
//! | compare-and-swap, not swapped | nothing | a state that differs from the expected one |
//! | compare-and-swap; error, trap, unknown | the new value, perhaps, where it finds the expected one | nothing |
//! | increment, ok | some value, certainly | nothing |
//! | increment; error, trap, unknown | some value, perhaps | nothing |
//! | swap, swapped | the new value, certainly | nothing: what it found is judged with its base |
//! | swap, not swapped | nothing | nothing |
//! | swap; error, trap, unknown | the new value, perhaps | nothing |
//! | cas.new, and current of its handle | nothing | nothing: see [`observed`] |
//! | list, ok | nothing | what it says of the key |
//! | anything, failed; a read without an ok outcome | nothing | nothing |

use super::complete::History;
use super::record::{Kind, Outcome, Rank, Record, State, SwapArguments};

/// What an operation saw of its register.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Seen {
    /// Nothing.
    Nothing,
    /// This very state.
    State(State),
    /// Some value.
    Present,
    /// Any state but this one.
    Not(State),
}

impl Seen {
    /// Whether a register in `state` can have been seen so.
    pub(crate) fn matches(self, state: State) -> bool {
        match self {
            Seen::Nothing => true,
            Seen::State(seen) => state == seen,
            Seen::Present => state != State::ABSENT,
            Seen::Not(other) => state != other,
        }
    }
}

/// What `record` saw.
pub(crate) fn seen(history: &History, record: &Record) -> Seen {
    match (record.kind, record.outcome) {
        (Kind::Get, Outcome::Ok) => Seen::State(record.operand.state()),
        (Kind::Exists | Kind::List, Outcome::Ok) if record.operand.state() == State::PRESENT => Seen::Present,
        (Kind::Exists | Kind::List, Outcome::Ok) => Seen::State(State::ABSENT),
        (Kind::CompareAndSwap, Outcome::Ok) => {
            let swap = &history.swaps[record.operand.swap_index()];
            if swap.swapped { Seen::State(swap.expected) } else { Seen::Not(swap.expected) }
        }
        _ => Seen::Nothing,
    }
}

/// As [`seen`], and also what the handle of a compare-and-swap gave as its current value: that was the state at
/// some moment since the handle was made, not only in the interval of the record.
pub(crate) fn observed(history: &History, record: &Record) -> Seen {
    match (record.kind, record.outcome) {
        (Kind::CasCurrent, Outcome::Ok) => Seen::State(history.calls.exchanges[record.operand.exchange_index()].state),
        _ => seen(history, record),
    }
}

/// The first moment whose state a read can have given: its invocation, or that of what made its handle. `None`
/// where the record is no ok read, or that moment is not known.
#[inline]
pub(crate) fn read_from(history: &History, record: &Record) -> Option<Rank> {
    if record.outcome != Outcome::Ok {
        return None;
    }
    if record.kind.is_read() { Some(record.invoke) } else { current_from(history, record) }
}

#[cold]
fn current_from(history: &History, record: &Record) -> Option<Rank> {
    if record.kind != Kind::CasCurrent {
        return None;
    }
    let base = history.calls.exchanges[record.operand.exchange_index()].base?;
    Some(history.records[base as usize].invoke)
}

/// The state that `record` writes, certainly or perhaps; `None` when it certainly writes nothing.
pub(crate) fn written(history: &History, record: &Record) -> Option<State> {
    match (record.kind, record.outcome) {
        (_, Outcome::Failed) | (Kind::Get | Kind::Exists | Kind::List | Kind::CasNew | Kind::CasCurrent, _) => None,
        (Kind::Set, _) => Some(record.operand.state()),
        (Kind::Delete, _) => Some(State::ABSENT),
        (Kind::CompareAndSwap, outcome) => {
            let swap = &history.swaps[record.operand.swap_index()];
            (outcome != Outcome::Ok || swap.swapped).then_some(swap.new)
        }
        (Kind::Increment, _) => Some(history.calls.counted),
        (Kind::Swap, outcome) => {
            let exchange = &history.calls.exchanges[record.operand.exchange_index()];
            (outcome != Outcome::Ok || exchange.swapped).then_some(exchange.state)
        }
    }
}

/// The rank by which a write has certainly taken effect: its response when it is ok, else
/// [`Rank::NEVER`].
pub(crate) fn effective_response(record: &Record) -> Rank {
    if record.outcome == Outcome::Ok { record.response } else { Rank::NEVER }
}

/// Whether `record` swapped a value for itself, so that it cannot have seen what it wrote.
pub(crate) fn swaps_for_itself(history: &History, record: &Record) -> bool {
    let same = |swap: &SwapArguments| swap.expected == swap.new;
    record.kind == Kind::CompareAndSwap && same(&history.swaps[record.operand.swap_index()])
}
