//! Who can have written what a read saw: a source where one write can, else a class of writes.

use std::collections::HashMap;

use super::execution::{Execution, INITIAL, Observed, Op, OpenRead, UNREAD};
use crate::consistency::finding::{Witness, operation_name};
use crate::history::{Kind, Outcome, State};

/// Finds the forced sources, and for the other reads what they may choose from.
///
/// # Errors
/// The witness, when no write of the register can have given a read its state.
pub(super) fn find_sources(execution: &mut Execution<'_>) -> Result<(), Witness> {
    let writers = SoleWriters::new(execution);
    let mut classes = Classes::default();
    for op in 0..execution.ops.len() {
        let Some(seen) = execution.seen(op) else { continue };
        let register = execution.ops[op].register;
        let sole = match seen {
            Observed::State(state) => writers.sole(state, register),
            Observed::Not(_) => None,
        };
        if let Some(source) = sole.filter(|&source| source != op as u32) {
            execution.source[op] = source;
            continue;
        }
        let (class, admitted) = classes.of(execution, register, seen);
        let initial = seen.admits(State::ABSENT);
        let own = execution.ops[op].written().is_some_and(|state| seen.admits(state));
        match admitted + usize::from(initial) - usize::from(own) {
            0 if execution.is_optional(op as u32) => execution.impossible.push(op as u32),
            0 => return Err(thin_air(execution, op as u32)),
            1 => {
                let admits = |&&w: &&u32| w != op as u32 && seen.admits(execution.ops[w as usize].written);
                let other = classes.members[class].iter().find(admits);
                execution.source[op] = *other.unwrap_or(&INITIAL);
            }
            _ => {
                let end = execution.history.records()[execution.ops[op].record as usize].response;
                let invoked = |&w: &u32| execution.history.records()[execution.ops[w as usize].record as usize].invoke;
                let begun = classes.members[class].partition_point(|w| invoked(w) < end) as u32;
                execution.open.push(OpenRead { op: op as u32, seen, class: class as u32, initial, begun });
            }
        }
    }
    execution.classes = classes.members;
    execution.settle_optional_writes();
    Ok(())
}

fn thin_air(execution: &Execution<'_>, op: u32) -> Witness {
    let register = execution.ops[op as usize].register;
    let seen = execution.seen(op as usize);
    let aborted = execution.history.records().iter().position(|r| {
        let same = r.kind == Kind::Set && seen.is_some_and(|seen| seen.admits(r.operand.state()));
        same && r.outcome == Outcome::Failed && r.register == register
    });
    let mut because = vec![format!("{} saw a state that no write gave to this register", execution.text(op))];
    let mut witness = execution.witness(&[op], Vec::new());
    if let Some(failed) = aborted {
        because.push(format!("{} failed, so it wrote nothing", operation_name(execution.history, failed)));
        witness.operations.push(failed);
        witness.operations.sort_unstable();
    }
    Witness { because, ..witness }
}

/// The sole writer of each value, where there is one: the common case without a hash table.
struct SoleWriters {
    /// By value: the writer, with its register.
    writer: Vec<(u32, u32)>,
}

const NOBODY: u32 = u32::MAX;
const SEVERAL: u32 = u32::MAX - 1;

impl SoleWriters {
    fn new(execution: &Execution<'_>) -> Self {
        let mut writer = vec![(NOBODY, 0); execution.history.values().len() + 1];
        for (i, op) in execution.ops.iter().enumerate().filter(|(_, op)| op.is_write()) {
            let slot = &mut writer[op.written.index()];
            *slot = if slot.0 == NOBODY { (i as u32, op.register) } else { (SEVERAL, 0) };
        }
        // Absence is written many times; the initial state is a writer of it too.
        writer[State::ABSENT.index()] = (SEVERAL, 0);
        Self { writer }
    }

    fn sole(&self, state: State, register: u32) -> Option<u32> {
        let (writer, at) = *self.writer.get(state.index())?;
        (writer < SEVERAL && at == register).then_some(writer)
    }
}

/// The writes of each register, and those of each state of it: found once, when a read is open.
#[derive(Default)]
struct Classes {
    members: Vec<Vec<u32>>,
    /// By register and state; `None` for all states.
    numbers: HashMap<(u32, Option<State>), usize>,
    is_sorted: bool,
}

impl Classes {
    /// The class with the possible writers of what was seen, and how many of its members are.
    fn of(&mut self, execution: &Execution<'_>, register: u32, seen: Observed) -> (usize, usize) {
        if !self.is_sorted {
            self.sort(execution);
        }
        match seen {
            Observed::State(state) => {
                let class = self.number(register, Some(state));
                (class, self.members[class].len())
            }
            Observed::Not(state) => {
                let (all, those) = (self.number(register, None), self.number(register, Some(state)));
                (all, self.members[all].len() - self.members[those].len())
            }
        }
    }

    fn sort(&mut self, execution: &Execution<'_>) {
        self.is_sorted = true;
        for &op in execution.op_of_record.iter().filter(|&&op| op != UNREAD) {
            let Op { register, .. } = execution.ops[op as usize];
            if let Some(state) = execution.ops[op as usize].written() {
                for key in [Some(state), None] {
                    let class = self.number(register, key);
                    self.members[class].push(op);
                }
            }
        }
    }

    fn number(&mut self, register: u32, state: Option<State>) -> usize {
        *self.numbers.entry((register, state)).or_insert_with(|| {
            self.members.push(Vec::new());
            self.members.len() - 1
        })
    }
}
