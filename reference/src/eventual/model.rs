//! The model of one register under eventual consistency: which states a read may return.
//!
//! # Sources
//!
//! Eventual consistency is what Terry et al. (*Session guarantees for weakly consistent replicated
//! data*, 1994) and Vogels (*Eventually consistent*, 2009) say of it: if no new updates are made,
//! eventually all accesses return the last updated value. Viotti and Vukolić (*Consistency in
//! non-transactional distributed storage systems*, 2016) name the same **quiescent consistency**; to
//! Burckhardt (*Principles of eventual consistency*, 2014) it is what remains of eventual visibility
//! once updates stop. The bound on "eventually" is what Vogels calls the inconsistency window, and
//! Bailis et al. (*Probabilistically bounded staleness*, 2012) t-visibility, here with certainty;
//! the text that we test has no bound, a declaration sets it. That a read returns nothing but what
//! was written before it ended is the absence of values out of thin air in Burckhardt 2014. No
//! session guarantee is part of the model.
//!
//! # What it says
//!
//! A register is one key of one bucket, at the start absent (`-`). Time runs to the right; a box is
//! a write in flight, `B` the convergence bound.
//!
//! ```text
//! session 0   [set a]
//! session 1      [set b]                           [delete]
//! session 2               [set c: error]
//! bound                                 |---B---|          |---B---|
//!
//! reads may   -  - a - a   - a b c               a   - a b           -
//! give             b                             b   c               c
//!                                                c
//!             `----- any state so far -------' `last' `any so far' `last'
//! ```
//!
//! *While updates go on*, a read may return the initial state or the state of any write that was
//! invoked before the read responded, however old: the interface promises no more. That covers
//! stale values, values that come and go, and absent keys. (Absence needs no write: it is the
//! initial state of each register, so that no read of it comes from the future.)
//!
//! *Once the register is settled* the set collapses to the **last writes**: the ok writes that
//! precede no other ok write (`a` and `b` overlap, so either may win), every indeterminate write
//! (`c`, answered with an error, may have taken effect, may do so later, or never), and the initial
//! state if there is no ok write. A read is **settled** when every write invoked before its response
//! ended at least `B` before its invocation. A write that was never answered counts as ended when
//! it was invoked: it stays among the last writes forever, but does not excuse others forever.
//! The next write opens the set again.
//!
//! The settled reads between two writes form one **pause**. A history that ended with the pause
//! would be a history too, in which the pause is the quiescence; so every pause counts, not only the
//! last. It is kept when both hold:
//!
//! * **Last write**: each of its reads returns the state of a last write, or the initial state where
//!   that is one.
//! * **Convergent**: there are one state and one moment at which the register leaves it, perhaps
//!   never or before the pause, such that each read either returns that state and begins less than
//!   `B` after the moment, or returns what an indeterminate write wrote and ends no earlier than the
//!   moment. So an indeterminate write may still surface, once: having left, a register does not
//!   return. Without indeterminate writes, all reads return one state.
//!
//! `get` returns a state that it equals; `exists` one that is as present as it says.
//!
//! # Why it claims neither too much nor too little
//!
//! *Never too much*: take a store that keeps the requirements as their registry words them.
//! Reads before settling return written values, which are all admitted. At quiescence plus `B` all
//! replicas hold one state (KVE-CON-01) that is a last write (KVE-CON-02); if a completed write left
//! it, it changes (KVE-CON-03) only when an indeterminate write takes effect, and `B` after that
//! moment no replica shows the old state. That moment is the one asked for. *Never too little*: let
//! the set admit every read. Then a run of a correct store explains them: before settling, each read
//! was served by a replica that had heard of just the write it returned; in a pause all replicas
//! hold the one state and, from that moment on, those of indeterminate writes. (The state can be
//! chosen among the last writes: a read that no indeterminate write explains has the state itself,
//! and it is a last write.) The explanation uses only what the interface allows. Between several
//! indeterminate writes a register may go back and forth: which of them takes effect when, nobody
//! can know, since none of them ever ends.
//!
//! A compare-and-swap that swapped is a write, as is an increment, of which it is known only that it leaves some
//! value; one that did not swap, or that certainly failed, is nothing. What the handle of a swap gave as its
//! current value was the state at some moment from the making of the handle on; so it is settled where the
//! register was so from that moment on. A listing reads, of each key, whether it is there.
//!
//! The model is tested against [`definitions::eventual`](crate::definitions::eventual), which tries all states
//! and all moments.

use std::collections::HashSet;

use crate::history::effect::{Seen, observed};
use crate::history::{History, Outcome, Rank, Record, State};

/// The rank at which a write counts as ended: its response, or its invocation when it was never
/// answered.
pub(crate) fn end_of(write: &Record) -> Rank {
    if write.response == Rank::NEVER { write.invoke } else { write.response }
}

/// Whether the event at rank `later` comes after the one at `earlier`, by the convergence bound at
/// least.
#[inline]
pub(crate) fn is_bound_later(history: &History, earlier: Rank, later: Rank) -> bool {
    let bound = history.header().convergence_bound;
    let times = || Some((history.time(earlier)?, history.time(later)?));
    earlier < later && (bound == 0 || times().is_some_and(|(from, to)| to.saturating_sub(from) >= bound))
}

/// A completed write, by the state it left.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OkWrite {
    /// Index of its record.
    pub(crate) index: u32,
    /// A value, or absence.
    pub(crate) state: State,
    /// Rank of the invocation.
    pub(crate) invoke: Rank,
    /// Rank of the response.
    pub(crate) response: Rank,
}

/// The last writes of one register, were it quiescent now, and when it became so.
#[derive(Debug, Clone, Default)]
pub(crate) struct LastWrites {
    /// The ok write that began last.
    newest: Option<OkWrite>,
    /// Earlier ok writes; those that precede the newest are dropped now and then.
    earlier: Vec<OkWrite>,
    indeterminate: Option<Box<Indeterminate>>,
    /// The rank at which the last of all writes ended.
    end: Option<Rank>,
}

/// The indeterminate writes of one register so far.
#[derive(Debug, Clone, Default)]
struct Indeterminate {
    /// Indices of their records.
    writes: Vec<u32>,
    states: HashSet<State>,
}

impl LastWrites {
    /// Adds the write at `index`, which leaves `state`. Writes come in the order of their
    /// invocations. Amortised O(1).
    pub(crate) fn add(&mut self, history: &History, index: usize, record: &Record, state: State) {
        self.end = self.end.max(Some(end_of(record)));
        if record.outcome != Outcome::Ok {
            let indeterminate = self.indeterminate.get_or_insert_default();
            indeterminate.writes.push(index as u32);
            indeterminate.states.insert(state);
            return;
        }
        let write = OkWrite { index: index as u32, state, invoke: record.invoke, response: record.response };
        if !history.handovers().is_empty() {
            // Ranks do not say all: what came before it in its session precedes it, too.
            let precedes = |other: &OkWrite| is_next_in_session(history, other.index as usize, index);
            self.earlier.retain(|other| !precedes(other));
            if self.newest.is_some_and(|newest| precedes(&newest)) {
                self.newest = None;
            }
        }
        if let Some(newest) = self.newest.replace(write)
            && newest.response > write.invoke
        {
            if self.earlier.len() == self.earlier.capacity() {
                self.drop_replaced();
                // Room for as many again, so that this is not done at each write.
                self.earlier.reserve(self.earlier.len() + 1);
            }
            self.earlier.push(newest);
        }
    }

    /// Forgets the ok writes that precede the newest. Asking is cheaper then.
    pub(crate) fn drop_replaced(&mut self) {
        let newest_invoke = self.newest.map_or(Rank::FIRST, |newest| newest.invoke);
        self.earlier.retain(|write| write.response > newest_invoke);
    }

    /// Whether nothing was written yet.
    pub(crate) fn is_unwritten(&self) -> bool {
        self.end.is_none()
    }

    /// Whether no write was completed, so that the initial state, absent, is among the last.
    pub(crate) fn has_initial(&self) -> bool {
        self.newest.is_none()
    }

    /// Whether one of the writes is indeterminate.
    pub(crate) fn has_indeterminate(&self) -> bool {
        self.indeterminate.is_some()
    }

    /// Whether a read that is invoked at this rank is settled, if no write begins before it ends.
    #[inline]
    pub(crate) fn settle(&self, history: &History, invoke: Rank) -> bool {
        self.end.is_none_or(|end| is_bound_later(history, end, invoke))
    }

    /// The completed ones: the ok writes that precede no other. O(1) each, but for what
    /// [`LastWrites::drop_replaced`] would drop.
    pub(crate) fn completed(&self) -> impl Iterator<Item = OkWrite> + '_ {
        let newest_invoke = self.newest.map_or(Rank::FIRST, |newest| newest.invoke);
        self.earlier.iter().copied().filter(move |write| write.response > newest_invoke).chain(self.newest)
    }

    /// The indeterminate ones, as indices of records.
    pub(crate) fn indeterminate(&self) -> &[u32] {
        self.indeterminate.as_ref().map_or(&[], |all| &all.writes)
    }

    /// Whether the newest completed write left what was seen, or nothing was completed and it is the
    /// initial state.
    #[inline]
    pub(crate) fn newest_left(&self, what: Seen) -> bool {
        what.matches(self.newest.map_or(State::ABSENT, |newest| newest.state))
    }

    /// Whether a last write left what was seen, or it is the initial state and that is among them.
    pub(crate) fn left(&self, what: Seen) -> bool {
        self.newest_left(what) || self.completed().any(|w| what.matches(w.state)) || self.indeterminate_left(what)
    }

    /// Whether an indeterminate write wrote what was seen.
    pub(crate) fn indeterminate_left(&self, what: Seen) -> bool {
        let Some(Indeterminate { states, .. }) = self.indeterminate.as_deref() else { return false };
        match what {
            Seen::State(state) => states.contains(&state),
            // More than one state, or the one that is not absence.
            Seen::Present => states.len() > 1 || !states.contains(&State::ABSENT),
            Seen::Nothing | Seen::Not(_) => states.iter().any(|&state| what.matches(state)),
        }
    }
}

/// Whether an operation came before a later one in its session, and the two are not one call on many keys.
fn is_next_in_session(history: &History, earlier: usize, later: usize) -> bool {
    let session = |index: usize| history.records()[index].session;
    session(earlier) == session(later) && !history.calls().group_of(later).contains(&(earlier as u32))
}

/// Two reads of one pause that no one state and moment explain, in the order of their invocations;
/// `None` when the pause is convergent. `reads` are indices of records. O(reads).
///
/// A read that no indeterminate write explains has the one state: so that state is known, and all of
/// these reads must agree. The moment comes less than the bound before the last of them, and no
/// later than the end of each read that has another state.
pub(crate) fn disagreement(history: &History, last: &LastWrites, reads: &[u32]) -> Option<[usize; 2]> {
    let record = |read: u32| &history.records()[read as usize];
    let saw = |read: u32| observed(history, record(read));
    let ordered = |a: u32, b: u32| [a.min(b) as usize, a.max(b) as usize];
    let has_the_state = |read: &u32| !last.indeterminate_left(saw(*read));
    let latest = reads.iter().copied().filter(has_the_state).max_by_key(|&read| record(read).invoke)?;
    // «Some value» names no state: a read of a value says more.
    let names_it = |read: &u32| has_the_state(read) && matches!(saw(*read), Seen::State(_));
    let chosen = reads.iter().copied().find(names_it).unwrap_or(latest);
    let agrees = |read: u32| !differ(saw(chosen), saw(read));
    if let Some(other) = reads.iter().copied().find(|read| has_the_state(read) && !agrees(*read)) {
        return Some(ordered(chosen, other));
    }
    let others = reads.iter().copied().filter(|&read| !agrees(read));
    let surfaced = others.min_by_key(|&read| record(read).response)?;
    let has_left = is_bound_later(history, record(surfaced).response, record(latest).invoke);
    has_left.then(|| ordered(surfaced, latest))
}

/// Whether no state can have been seen in both ways by reads.
pub(crate) fn differ(a: Seen, b: Seen) -> bool {
    match (a, b) {
        (Seen::State(x), Seen::State(y)) => x != y,
        (Seen::State(state), other) | (other, Seen::State(state)) => !other.matches(state),
        _ => false,
    }
}
