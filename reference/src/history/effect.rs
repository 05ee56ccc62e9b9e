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
        (Kind::Exists, Outcome::Ok) if record.operand.state() == State::PRESENT => Seen::Present,
        (Kind::Exists, Outcome::Ok) => Seen::State(State::ABSENT),
        (Kind::CompareAndSwap, Outcome::Ok) => {
            let swap = &history.swaps[record.operand.swap_index()];
            if swap.swapped { Seen::State(swap.expected) } else { Seen::Not(swap.expected) }
        }
        _ => Seen::Nothing,
    }
}

/// The state that `record` writes, certainly or perhaps; `None` when it certainly writes nothing.
pub(crate) fn written(history: &History, record: &Record) -> Option<State> {
    match (record.kind, record.outcome) {
        (_, Outcome::Failed) | (Kind::Get | Kind::Exists, _) => None,
        (Kind::Set, _) => Some(record.operand.state()),
        (Kind::Delete, _) => Some(State::ABSENT),
        (Kind::CompareAndSwap, outcome) => {
            let swap = &history.swaps[record.operand.swap_index()];
            (outcome != Outcome::Ok || swap.swapped).then_some(swap.new)
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
