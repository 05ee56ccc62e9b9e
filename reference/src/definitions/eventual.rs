//! Eventual semantics by brute force: what [`model`](crate::eventual::model) defines, tried word for word.
//!
//! This module shares nothing with the model and the [`oracle`](crate::eventual) but the history
//! type, so that they can be tested against it. It tries every firm state and every moment
//! of leaving it; cubic in the length of the history and more, so for small ones only.

use std::collections::BTreeSet;

use crate::history::{ABSENT, History, Kind, Outcome, PRESENT, Record};

/// What a register did that no store may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Breach {
    /// A read gave what nobody ever writes to the register (KVE-INT-01, KVE-INT-03).
    NeverWritten,
    /// A read gave what is written only after it (KVE-INT-02).
    NotYetWritten,
    /// Settled reads that no choice among the last writes explains (KVE-CON-01 to KVE-CON-04).
    NotSettled,
}

/// All breaches, each with its register.
pub fn breaches(history: &History) -> BTreeSet<(u32, Breach)> {
    let mut found = BTreeSet::new();
    for register in 0..history.registers.len() as u32 {
        let of_register = || history.records.iter().filter(move |r| r.register == register);
        let writes: Vec<(&Record, u32)> = of_register().filter_map(|r| Some((r, written(history, r)?))).collect();
        let mut sound = Vec::new();
        for read in of_register().filter(|r| r.is_ok_read()) {
            let sources: Vec<&Record> = writes.iter().filter(|(_, s)| fits(read, *s)).map(|(w, _)| *w).collect();
            if fits(read, ABSENT) || sources.iter().any(|w| w.invoke < read.response) {
                sound.push(read);
            } else if sources.is_empty() {
                found.insert((register, Breach::NeverWritten));
            } else {
                found.insert((register, Breach::NotYetWritten));
            }
        }
        if sound.iter().any(|read| !window_is_explained(history, read, &sound, &writes)) {
            found.insert((register, Breach::NotSettled));
        }
    }
    found
}

/// What a record writes, if it may write.
fn written(history: &History, record: &Record) -> Option<u32> {
    match (record.kind, record.outcome) {
        (_, Outcome::Failed) | (Kind::Get | Kind::Exists, _) => None,
        (Kind::Set, _) => Some(record.value),
        (Kind::Delete, _) => Some(ABSENT),
        (Kind::CompareAndSwap, outcome) => {
            let swap = history.swaps[record.value as usize];
            (swap.swapped || outcome != Outcome::Ok).then_some(swap.new)
        }
    }
}

fn fits(read: &Record, state: u32) -> bool {
    if read.kind == Kind::Exists { (read.value == PRESENT) == (state != ABSENT) } else { read.value == state }
}

/// Whether the settled reads that share a window with `read` have a firm state and a moment of
/// leaving it. True when `read` is not settled.
fn window_is_explained(history: &History, read: &Record, reads: &[&Record], writes: &[(&Record, u32)]) -> bool {
    let bound = history.header.convergence_bound;
    let time = |rank| history.time(rank);
    let before = |r: &Record| writes.iter().filter(|(w, _)| w.invoke < r.response).count();
    let is_settled = |r: &Record| {
        writes.iter().filter(|(w, _)| w.invoke < r.response).all(|(w, _)| {
            let end = if time(w.response).is_some() { w.response } else { w.invoke };
            end < r.invoke && time(end).unwrap().saturating_add(bound) <= time(r.invoke).unwrap()
        })
    };
    if !is_settled(read) {
        return true;
    }
    let earlier: Vec<(&Record, u32)> = writes.iter().filter(|(w, _)| w.invoke < read.response).copied().collect();
    let window: Vec<&Record> = reads.iter().filter(|r| before(r) == earlier.len() && is_settled(r)).copied().collect();

    let ok = || earlier.iter().filter(|(w, _)| w.outcome == Outcome::Ok);
    let mut firm: Vec<Option<u32>> =
        ok().filter(|(w, _)| !ok().any(|(later, _)| w.precedes(later))).map(|(_, state)| Some(*state)).collect();
    if firm.is_empty() {
        firm.push(Some(ABSENT));
    }
    firm.push(None);
    let soft: Vec<u32> = earlier.iter().filter(|(w, _)| w.outcome != Outcome::Ok).map(|(_, state)| *state).collect();

    // The moment of leaving is just before the event of this rank; the one past the end is never.
    let moments = || 0..=history.times.len() as u32;
    firm.iter().any(|firm| {
        moments().any(|moment| {
            window.iter().all(|r| {
                let still_firm =
                    r.invoke < moment || time(r.invoke).unwrap() < time(moment).unwrap().saturating_add(bound);
                let already_left = r.response >= moment;
                firm.is_some_and(|state| fits(r, state)) && still_firm
                    || soft.iter().any(|state| fits(r, *state)) && already_left
            })
        })
    })
}
