//! Two of the four session guarantees: monotonic writes and writes-follow-reads (Terry et al. 1994).
//! Both say what else a session must have seen that saw some write `w'`.
//!
//! **Definition.** Monotonic writes: the writes that the session of `w'` had issued before `w'`.
//! Writes-follow-reads: the writes that the session of `w'` had read before it issued `w'`, and in
//! turn what those follow. What a read has seen beside its source, the later reads of its session
//! have seen too; so a later read must not return a state that is **certainly older** than a write
//! the session has seen. (One read of one register shows nothing but its source: without the words
//! on later reads, no history of registers could break monotonic writes.) The session's own writes
//! and the very sources of its reads are not counted here: these are read-your-writes and monotonic
//! reads.
//!
//! **Arbitration.** The named assumption is that the arbitration extends real time on writes: a write
//! is certainly older than another when it responded before the other was invoked. The initial state
//! is older than every write. An indeterminate write never responds.
//!
//! ```text
//!   monotonic writes broken            writes-follow-reads broken
//!
//!   session 0      session 1           session 0      session 1      session 2
//!   set x = 1                          set x = 1
//!   set y = 2                                         get x -> 1
//!                  get y -> 2                         set y = 2
//!                  get x -> absent                                   get y -> 2
//!                                                                    get x -> absent
//! ```
//!
//! **Complexity.** O(operations · sessions) when sources are unique: each session walks once over
//! what it has seen of each other one. With repeated values: bounded search over the sources
//! (`sources`).

use crate::consistency::budget::Budget;
use crate::consistency::causal::conflict::{Conflict, Refusal};
use crate::consistency::causal::execution::{Execution, INITIAL, UNREAD};
use crate::consistency::causal::happens_before::{Edges, Order, Readers};
use crate::consistency::causal::proof::Proof;
use crate::consistency::causal::sources::decide;
use crate::consistency::finding::Finding;
use crate::history::History;

/// Judges monotonic writes.
pub fn check_monotonic_writes(history: &History) -> Finding {
    monotonic_writes_within(history, &Budget::default())
}

/// The same within a budget.
pub(crate) fn monotonic_writes_within(history: &History, budget: &Budget) -> Finding {
    let missing = "no session read a register again after it had seen a later write of that register's writer";
    decide(history, budget, missing, None, |execution| check_sources(execution, Guarantee::MonotonicWrites))
}

/// Judges writes-follow-reads.
pub fn check_writes_follow_reads(history: &History) -> Finding {
    writes_follow_reads_within(history, &Budget::default())
}

/// The same within a budget.
pub(crate) fn writes_follow_reads_within(history: &History, budget: &Budget) -> Finding {
    let missing = "no session read a register after it had seen a write whose session had read that register";
    decide(history, budget, missing, None, |execution| check_sources(execution, Guarantee::WritesFollowReads))
}

/// What it costs to look at an operation, and to walk over one, in steps of the budget.
const OPERATION_STEPS: usize = 6;
const WALK_STEPS: usize = 3;

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Guarantee {
    MonotonicWrites,
    WritesFollowReads,
}

/// Judges an execution whose sources are chosen.
pub(super) fn check_sources(execution: &Execution<'_>, guarantee: Guarantee) -> Result<bool, Refusal> {
    execution.charge(OPERATION_STEPS * execution.ops.len())?;
    let mut observer = Observer::new(execution, guarantee);
    let mut exercised = false;
    for chain in 0..execution.chain_count() {
        exercised |= observer.observe(chain)?;
    }
    Ok(exercised)
}

/// A walk over a session because one of its writes was seen.
#[derive(Debug, Clone, Copy)]
struct Link {
    /// The write that was seen.
    later: u32,
    how: How,
}

#[derive(Debug, Clone, Copy)]
enum How {
    /// The observer's read saw it.
    Read(u32),
    /// This read, met on the walk with this number, saw it.
    Met(u32, u32),
}

/// The seen write of a register that was invoked last.
#[derive(Debug, Clone, Copy)]
struct Floor {
    write: u32,
    invoke: u32,
    /// Where it was met: the write itself, or the read that saw it.
    by: u32,
    /// On which walk, as an index into [`Observer::links`].
    link: u32,
}

/// What an operation adds to what comes with the later writes of its session.
#[derive(Debug, Clone, Copy)]
struct Item {
    write: u32,
    invoke: u32,
    register: u32,
}

struct Observer<'a, 'h> {
    execution: &'a Execution<'h>,
    /// The chain whose reads are looked at.
    observer: u32,
    /// By operation; a write of [`UNREAD`] where it adds nothing.
    items: Vec<Item>,
    guarantee: Guarantee,
    /// Per chain, the first operation that this observer has not yet walked over.
    walked: Vec<(u32, u32)>,
    links: Vec<Link>,
    to_walk: Vec<Link>,
    /// By register, with the observer whose floor it is.
    floor: Vec<Option<(u32, Floor)>>,
}

impl<'a, 'h> Observer<'a, 'h> {
    fn new(execution: &'a Execution<'h>, guarantee: Guarantee) -> Self {
        let item = |op: usize| {
            let write = match guarantee {
                _ if execution.is_left_out(op) => UNREAD,
                Guarantee::WritesFollowReads if execution.source[op] < UNREAD => execution.source[op],
                Guarantee::MonotonicWrites if execution.ops[op].is_write() => op as u32,
                _ => UNREAD,
            };
            let invoke = if write < UNREAD { execution.write_times(write).0 } else { 0 };
            Item { write, invoke, register: execution.ops[op].register }
        };
        Self {
            execution,
            observer: 0,
            items: (0..execution.ops.len()).map(item).collect(),
            guarantee,
            walked: vec![(UNREAD, 0); execution.chain_count()],
            links: Vec::new(),
            to_walk: Vec::new(),
            floor: vec![None; execution.history.registers().len()],
        }
    }

    /// Goes through the reads of a chain.
    fn observe(&mut self, chain: usize) -> Result<bool, Refusal> {
        self.observer = chain as u32;
        self.links.clear();
        let mut exercised = false;
        for read in self.execution.chain(chain) {
            let source = self.execution.source[read];
            if source == UNREAD || self.execution.is_left_out(read) {
                continue;
            }
            if source != INITIAL {
                self.learn(source, read as u32)?;
            }
            if let Some(floor) = self.floor_of(self.execution.ops[read].register) {
                exercised = true;
                if source == INITIAL || self.execution.write_times(source).1 < floor.invoke {
                    return Err(self.conflict(read as u32, floor).into());
                }
            }
        }
        Ok(exercised)
    }

    /// The end of the walk over the session of a write that was seen.
    fn walk_end(&self, later: u32) -> u32 {
        // A swap that is seen had read before it wrote.
        later + u32::from(self.guarantee == Guarantee::WritesFollowReads)
    }

    /// The first operation of a chain that this observer has not yet walked over. What another
    /// observer left here does not count: to clear it for each would be quadratic where sessions
    /// break off often.
    fn walked(&self, chain: usize) -> u32 {
        let (observer, walked) = self.walked[chain];
        if observer == self.observer { walked } else { self.execution.chain_starts[chain] }
    }

    fn floor_of(&self, register: u32) -> Option<Floor> {
        self.floor[register as usize].filter(|(observer, _)| *observer == self.observer).map(|(_, floor)| floor)
    }

    /// Takes note of all that comes with a write.
    fn learn(&mut self, write: u32, read: u32) -> Result<(), Refusal> {
        self.to_walk.push(Link { later: write, how: How::Read(read) });
        while let Some(walk) = self.to_walk.pop() {
            let chain = self.execution.ops[walk.later as usize].chain as usize;
            let (start, end) = (self.walked(chain), self.walk_end(walk.later));
            if start >= end {
                continue;
            }
            self.execution.charge(WALK_STEPS * (end - start) as usize)?;
            self.walked[chain] = (self.observer, end);
            let link = self.links.len() as u32;
            self.links.push(walk);
            for by in start..end {
                let item = self.items[by as usize];
                if item.write == UNREAD {
                    continue;
                }
                if self.floor_of(item.register).is_none_or(|floor| floor.invoke < item.invoke) {
                    let floor = Floor { write: item.write, invoke: item.invoke, by, link };
                    self.floor[item.register as usize] = Some((self.observer, floor));
                }
                if item.write != by {
                    let other = self.execution.ops[item.write as usize].chain as usize;
                    if self.walked(other) < self.walk_end(item.write) {
                        self.to_walk.push(Link { later: item.write, how: How::Met(by, link) });
                    }
                }
            }
        }
        Ok(())
    }

    fn conflict(&self, read: u32, floor: Floor) -> Conflict {
        let none = Edges::none(0);
        let mut proof = Proof::new(self.execution, Order { readers: Readers::All, edges: &none });
        // From the observer's read to the walk on which the newer write was met.
        let mut met = vec![(floor.by, self.links[floor.link as usize])];
        while let How::Met(by, link) = met[met.len() - 1].1.how {
            met.push((by, self.links[link as usize]));
        }
        for (by, link) in met.into_iter().rev() {
            if let How::Read(first) = link.how {
                proof.saw(first);
            }
            if by != link.later {
                let line = format!("{} comes before {} in its session", proof.text(by), proof.text(link.later));
                proof.say(&[by, link.later], line);
            }
            if self.guarantee == Guarantee::WritesFollowReads {
                proof.saw(by);
            }
        }
        let newer = proof.text(floor.write);
        proof.saw(read);
        proof.say(&[floor.write], format!("{} saw a state certainly older than {newer}", proof.text(read)));
        proof.conflict()
    }
}
