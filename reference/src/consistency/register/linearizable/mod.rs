//! Linearizable: each operation seems to happen at one instant between its invocation and its
//! response (Herlihy, Wing 1990).
//!
//! ```text
//! session 0: |--set k=1--|  |--set k=2--|
//! session 1:                              |--get k -> 1--|    broken: 2 was there before
//! ```
//!
//! **Definition.** For each register there is one order of its operations that respects real time
//! (what ended before another began comes first) and in which each read returns the state that the
//! write before it left; at the start the register is absent. Linearizability is local: the
//! registers are judged one by one. An indeterminate write may be anywhere after its invocation, or
//! left out. A compare-and-swap that swapped saw the expected value and wrote the new one; one that
//! answered «no» saw *another* state than the expected one, and that is held against the store.
//!
//! **Algorithm.** While the values of a register are unique, a value and its reads form a cluster
//! that must be contiguous; two numbers say all about it (Gibbons, Korach 1997), see `zones`. Two
//! passes over the records settle registers with sets, gets and absence at the start: O(n). Deletes
//! bring absence back, several times: a sweep in O(n log n), see `absence`. Swaps join clusters
//! to chains, O(n log n), see `swaps`. Repeated values make the problem NP-complete: an exact
//! search with a bound, see `search`; when the bound is hit the finding is unknown, unless
//! another register is broken.

mod absence;
mod clusters;
mod configuration;
mod decide;
mod operations;
mod search;
mod smallest;
mod swaps;
mod witness;
mod zones;

use crate::consistency::budget::Budget;
use crate::consistency::finding::{Finding, Witness};
use crate::history::effect::{Seen, seen, written};
use crate::history::{History, NEVER, Outcome, Rank};
use clusters::Verdict;
use operations::RegisterOperations;
use zones::{Conflict, Scan};

/// Judges whether the history is linearizable, within [`Budget::default`].
///
/// Time: O(n) for registers of unique values without deletes, O(n log n) with deletes or swaps; a
/// bounded search for registers with repeated values. Memory: 16 bytes a value and 16 a register;
/// for the other registers besides, about 60 bytes for each operation of the largest of them.
pub fn check(history: &History) -> Finding {
    check_within(history, &Budget::default())
}

/// The same within a budget.
pub(crate) fn check_within(history: &History, budget: &Budget) -> Finding {
    match decide(history, budget) {
        Decision::Kept => Finding::Kept,
        Decision::NotExercised(missing) => Finding::NotExercised(missing),
        Decision::Broken(fault) => Finding::Broken(fault.prove(history, budget)),
        Decision::Unknown(why) => Finding::Unknown(why),
    }
}

/// A finding whose proof is not worked out yet.
pub(crate) enum Decision {
    Kept,
    NotExercised(String),
    Broken(Fault),
    Unknown(String),
}

/// Where a history is not linearizable.
pub(crate) struct Fault(Place);

enum Place {
    /// Two numbers of a register whose values are unique.
    Zones(Conflict),
    /// A register, and operations near which the proof is.
    Register(RegisterOperations, Vec<usize>),
}

impl Fault {
    /// The proof. It has bounds of its own, but ends with this budget when the user ends that.
    pub(crate) fn prove(&self, history: &History, budget: &Budget) -> Witness {
        match &self.0 {
            Place::Zones(conflict) => witness::of_conflict(history, *conflict, budget),
            Place::Register(register, core) => witness::of_register(history, &register.operations, core, budget),
        }
    }
}

/// Decides without a proof.
pub(crate) fn decide(history: &History, budget: &Budget) -> Decision {
    let mut scan = Scan::of(history);
    if let Some(conflict) = scan.conflict(history) {
        return Decision::Broken(Fault(Place::Zones(conflict)));
    }
    let mut unknown = None;
    for register in operations::of_hard_registers(history, &scan) {
        match decide::decide(&register.operations, budget) {
            Verdict::Linearizable => {}
            Verdict::Broken(core) => return Decision::Broken(Fault(Place::Register(register, core))),
            Verdict::Unknown(why) => {
                let (bucket, key) = &history.registers()[register.number as usize];
                let place = format!("{}/{}", crate::anomaly::name_text(bucket), crate::anomaly::name_text(key));
                unknown.get_or_insert(format!("register {place}: {why}"));
            }
        }
    }
    match unknown {
        Some(why) => Decision::Unknown(why),
        None => match exercised(history) {
            Finding::NotExercised(missing) => Decision::NotExercised(missing),
            _ => Decision::Kept,
        },
    }
}

/// Kept when some operation saw a register after a write of it had ended, so that it could have
/// seen what was there before.
pub(super) fn exercised(history: &History) -> Finding {
    let mut first_end = vec![NEVER; history.registers().len()];
    for record in history.records() {
        let end = &mut first_end[record.register as usize];
        if *end < record.invoke.place() && seen(history, record) != Seen::Nothing {
            return Finding::Kept;
        }
        if record.outcome == Outcome::Ok && written(history, record).is_some() {
            *end = record.response.min(Rank::at(*end)).place();
        }
    }
    Finding::NotExercised("no read of a register began after a write of it had ended".into())
}
