//! Another checker, porcupine-rs, on the same histories.

use std::time::Duration;

use kvspec_reference::history::{History, Kind, Outcome, Record, State};
use porcupine_rs::{CheckResult, Model, Operation};

const ABSENT: u32 = State::ABSENT.number();
const PRESENT: u32 = State::PRESENT.number();

/// A register of this specification as a model of porcupine-rs.
#[derive(Debug, Clone)]
pub(crate) struct Register;

/// An operation with its result, and the register it goes to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Call {
    register: u32,
    step: Step,
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Write(u32),
    Read(u32),
    Exists(bool),
    Swap {
        expected: u32,
        new: u32,
        swapped: bool,
    },
    /// A swap without an answer: at the end of time it swaps if it can.
    PerhapsSwap {
        expected: u32,
        new: u32,
    },
}

impl Model for Register {
    type State = u32;
    type Op = Call;
    type Metadata = ();

    fn partition_operations(history: &[Operation<Self>]) -> Vec<Vec<Operation<Self>>> {
        let registers = history.iter().map(|o| o.op.register as usize + 1).max().unwrap_or(0);
        let mut parts = vec![Vec::new(); registers];
        for operation in history {
            parts[operation.op.register as usize].push(operation.clone());
        }
        parts
    }

    fn init() -> u32 {
        ABSENT
    }

    fn step(state: &u32, call: &Call) -> (bool, u32) {
        match call.step {
            Step::Write(new) => (true, new),
            Step::Read(seen) => (seen == *state, *state),
            Step::Exists(seen) => (seen == (*state != ABSENT), *state),
            Step::Swap { expected, new, swapped: true } => (expected == *state, new),
            Step::Swap { expected, swapped: false, .. } => (expected != *state, *state),
            Step::PerhapsSwap { expected, new } => (true, if expected == *state { new } else { *state }),
        }
    }
}

/// The history in the peer's own form. An indeterminate write never returns; it may as well take
/// effect after everything else, where nobody sees it.
pub(crate) fn operations(history: &History) -> Vec<Operation<Register>> {
    let call = |record: &Record| {
        let step = match (record.kind, record.outcome) {
            (_, Outcome::Failed) => return None,
            (Kind::Set, _) => Step::Write(record.operand.state().number()),
            (Kind::Delete, _) => Step::Write(ABSENT),
            (Kind::Get, Outcome::Ok) => Step::Read(record.operand.state().number()),
            (Kind::Exists | Kind::List, Outcome::Ok) => Step::Exists(record.operand == State::PRESENT.into()),
            (Kind::Get | Kind::Exists | Kind::List | Kind::CasNew | Kind::CasCurrent, _) => return None,
            (kind @ (Kind::Increment | Kind::Swap), _) => unreachable!("no such history has a {}", kind.name()),
            (Kind::CompareAndSwap, outcome) => {
                let swap = history.swaps()[record.operand.swap_index()];
                let (expected, new) = (swap.expected, swap.new);
                match outcome {
                    Outcome::Ok => Step::Swap { expected: expected.number(), new: new.number(), swapped: swap.swapped },
                    _ => Step::PerhapsSwap { expected: expected.number(), new: new.number() },
                }
            }
        };
        Some(Call { register: record.register, step })
    };
    let end = |record: &Record| match record.outcome {
        Outcome::Ok => i64::from(record.response.place()),
        _ => i64::from(u32::MAX) + i64::from(record.invoke.place()),
    };
    let operation = |record: &Record| {
        Some(Operation {
            client_id: Some(u32::from(record.session)),
            call_time: i64::from(record.invoke.place()),
            return_time: end(record),
            op: call(record)?,
            metadata: None,
        })
    };
    history.records().iter().filter_map(operation).collect()
}

/// The peer's verdict; `None` when it has none within the limit.
pub(crate) fn is_linearizable(operations: &[Operation<Register>], limit: Duration) -> Option<bool> {
    match porcupine_rs::check_operations_timeout(operations, limit) {
        CheckResult::Ok => Some(true),
        CheckResult::Illegal => Some(false),
        CheckResult::Unknown => None,
    }
}
