//! Convergence and last write: what reads return once writes pause (KVE-CON-01 and KVE-CON-02).
//!
//! ```text
//! session 0: |--set k=1--|  |--set k=2--|
//! session 1:                             ..bound..  |--get k -> 2--|
//! session 2:                             ..bound..    |--get k -> 1--|   broken
//! ```
//!
//! **Definition.** A read (`get` or `exists`) is **settled** when no write of its register is in
//! flight or begins from the convergence bound before its invocation until its response: each
//! write ended at least the bound earlier, or was invoked later. (An indeterminate write counts as
//! ended when it was answered, or when it was invoked if it never was.) Settled reads with the same
//! writes before them belong to one **pause**. A history that ended with the pause would be a
//! history too, in which the pause is the quiescence; so every pause is judged, not only the last.
//!
//! - Convergent: all settled reads of a pause return one state. An indeterminate write before it has
//!   no end, so that it may still surface: there are one state and one moment at which the register
//!   leaves it, perhaps never, such that each read saw that state and began less than the bound after
//!   the moment, or saw what an indeterminate write wrote and ended no earlier. Which of several such
//!   writes surfaces where and when nobody can know. ([`crate::eventual::model`] says the same of the last
//!   writes; the level asks nothing of which state it is.)
//! - Last write: the state a settled read returns was written by an ok write that precedes no other
//!   ok write, or by an indeterminate one; without an ok write the initial absence will do too.
//!
//! A compare-and-swap counts as a write when it swapped, and not at all when it did not.
//!
//! **Algorithm.** One pass in the order of invocation. The write that ends a pause ends it for all its
//! reads alike, so that only the earliest responses are kept (see `View`). O(n).

mod last_write;
mod pause;
mod surfacing;

use std::collections::BTreeMap;

pub use last_write::check as check_last_write;
use pause::{Pause, View, end_of, is_read, is_write};
use surfacing::{Soft, check_unsure};

use crate::consistency::{Finding, Witness, operation_name};
use crate::history::effect::seen;
use crate::history::{History, NEVER, Outcome};

/// Judges convergence. Memory: 52 bytes a register; 4 an indeterminate write, and 8 a read after one.
pub fn check(history: &History) -> Finding {
    let mut pauses = vec![Pause::START; history.registers.len()];
    let mut views = vec![View::NONE; history.registers.len()];
    let mut soft: BTreeMap<u32, Soft> = BTreeMap::new();
    let mut unsure = Vec::new();
    let mut exercised = false;
    for (index, record) in history.records.iter().enumerate() {
        let (pause, view) = (&mut pauses[record.register as usize], &mut views[record.register as usize]);
        if is_read(record) {
            if record.outcome == Outcome::Ok && pause.has_lasted(history, record.invoke) {
                view.add(index, record.response, seen(history, record));
                if pause.indeterminate {
                    soft.entry(record.register).or_default().reads.push(index);
                }
            }
        } else if is_write(history, record) {
            exercised |= pause.number > 0 && view.second_response < record.invoke;
            if let Some((first, second)) = view.differ_before(record.invoke) {
                if !pause.indeterminate {
                    return Finding::Broken(two_states(history, first, second));
                }
                unsure.push(soft.entry(record.register).or_default().end_pause(history, record.invoke));
            }
            *view = View::NONE;
            pause.add(record);
            if pause.indeterminate {
                let soft = soft.entry(record.register).or_default();
                soft.reads.clear();
                if record.outcome != Outcome::Ok {
                    soft.writes.push(index as u32);
                }
            }
        }
    }
    for (register, (view, pause)) in (0u32..).zip(views.iter().zip(&pauses)) {
        exercised |= pause.number > 0 && view.second_response < NEVER;
        if let Some((first, second)) = view.differ_before(NEVER) {
            if !pause.indeterminate {
                return Finding::Broken(two_states(history, first, second));
            }
            unsure.push(soft.entry(register).or_default().end_pause(history, NEVER));
        }
    }
    match check_unsure(history, &soft, &unsure) {
        Some(witness) => Finding::Broken(witness),
        None if exercised => Finding::Kept,
        None => Finding::NotExercised("no two reads of a register began the bound after its last write".into()),
    }
}

/// The write before the operation at `index` that ended last.
fn last_write_before(history: &History, index: usize) -> Option<usize> {
    let register = history.records[index].register;
    let write = |i: &usize| history.records[*i].register == register && is_write(history, &history.records[*i]);
    (0..index).filter(write).max_by_key(|&i| end_of(&history.records[i]))
}

fn two_states(history: &History, first: usize, second: usize) -> Witness {
    let (first, second) = (first.min(second), first.max(second));
    let mut operations = vec![first, second];
    let mut because = Vec::new();
    match last_write_before(history, first) {
        Some(write) => {
            operations.push(write);
            because.push(format!(
                "{} was the last write to end before {} began",
                operation_name(history, write),
                operation_name(history, first)
            ));
        }
        None => because.push("nothing was written to the register before".into()),
    }
    because.push(format!("the convergence bound had passed when {} began", operation_name(history, first)));
    because.push(format!("no write began before {} ended, and it saw another state", operation_name(history, second)));
    operations.sort_unstable();
    Witness { operations, because }
}
