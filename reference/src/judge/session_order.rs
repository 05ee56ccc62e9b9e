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
//! ([`super::sources`]).

use super::Finding;
use super::execution::{Execution, INITIAL, UNREAD};
use super::happens_before::{Edges, Order, Readers};
use super::proof::Proof;
use super::sources::{Conflict, decide};
use crate::history::History;

/// Judges monotonic writes.
pub fn check_monotonic_writes(history: &History) -> Finding {
    let missing = "no session read a register again after it had seen a later write of that register's writer";
    decide(history, missing, |execution| check_sources(execution, Guarantee::MonotonicWrites))
}

/// Judges writes-follow-reads.
pub fn check_writes_follow_reads(history: &History) -> Finding {
    let missing = "no session read a register after it had seen a write whose session had read that register";
    decide(history, missing, |execution| check_sources(execution, Guarantee::WritesFollowReads))
}

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Guarantee {
    MonotonicWrites,
    WritesFollowReads,
}

/// Judges an execution whose sources are chosen.
pub(super) fn check_sources(execution: &Execution<'_>, guarantee: Guarantee) -> Result<bool, Conflict> {
    let mut observer = Observer::new(execution, guarantee);
    let mut telling = false;
    for chain in 0..execution.chain_count() {
        telling |= observer.observe(chain)?;
    }
    Ok(telling)
}

/// A write that the observer has seen, and how.
#[derive(Debug, Clone, Copy)]
struct Seen {
    write: u32,
    /// The operation of the other session by which it counts: the write itself, or the read that saw
    /// it.
    by: u32,
    /// The write of that session that was seen.
    later: u32,
    /// How `later` was seen: an index into [`Observer::seen`], or the observer's read past it.
    through: Through,
}

#[derive(Debug, Clone, Copy)]
enum Through {
    Read(u32),
    Seen(usize),
}

struct Observer<'a, 'h> {
    execution: &'a Execution<'h>,
    guarantee: Guarantee,
    /// Per chain, the first operation not yet walked over.
    walked: Vec<u32>,
    seen: Vec<Seen>,
    /// Per register, the seen write that was invoked last, as an index into `seen`.
    floor: Vec<Option<usize>>,
    touched: Vec<u32>,
}

impl<'a, 'h> Observer<'a, 'h> {
    fn new(execution: &'a Execution<'h>, guarantee: Guarantee) -> Self {
        let floor = vec![None; execution.history.registers.len()];
        Self { execution, guarantee, walked: Vec::new(), seen: Vec::new(), floor, touched: Vec::new() }
    }

    /// Goes through the reads of a chain.
    fn observe(&mut self, chain: usize) -> Result<bool, Conflict> {
        self.walked.clear();
        self.walked.extend_from_slice(&self.execution.chain_starts[..self.execution.chain_count()]);
        self.seen.clear();
        for register in self.touched.drain(..) {
            self.floor[register as usize] = None;
        }
        let mut telling = false;
        for read in self.execution.chain(chain) {
            let source = self.execution.source[read];
            if source == UNREAD || self.execution.is_left_out(read) {
                continue;
            }
            if source != INITIAL {
                self.learn(source, read as u32);
            }
            if let Some(floor) = self.floor[self.execution.ops[read].register as usize] {
                telling = true;
                let invoked = self.execution.write_times(self.seen[floor].write).0;
                if source == INITIAL || self.execution.write_times(source).1 < invoked {
                    return Err(self.conflict(read as u32, floor));
                }
            }
        }
        Ok(telling)
    }

    /// Takes note of all that comes with a write.
    fn learn(&mut self, write: u32, read: u32) {
        let mut to_walk = vec![(write, Through::Read(read))];
        while let Some((later, through)) = to_walk.pop() {
            let chain = self.execution.ops[later as usize].chain as usize;
            let follows_reads = self.guarantee == Guarantee::WritesFollowReads;
            // A swap that is seen had read before it wrote.
            let end = later + u32::from(follows_reads);
            let start = self.walked[chain];
            self.walked[chain] = start.max(end);
            for by in start..end {
                let write = match (follows_reads, self.execution.source[by as usize]) {
                    (false, _) if self.execution.is_present_write(by as usize) => by,
                    (true, source) if source < UNREAD => source,
                    _ => continue,
                };
                self.seen.push(Seen { write, by, later, through });
                let number = self.seen.len() - 1;
                self.raise(number);
                if follows_reads {
                    to_walk.push((write, Through::Seen(number)));
                }
            }
        }
    }

    fn raise(&mut self, number: usize) {
        let invoked = |number: usize| self.execution.write_times(self.seen[number].write).0;
        let register = self.execution.ops[self.seen[number].write as usize].register;
        let floor = self.floor[register as usize];
        if floor.is_none_or(|floor| invoked(floor) < invoked(number)) {
            if floor.is_none() {
                self.touched.push(register);
            }
            self.floor[register as usize] = Some(number);
        }
    }

    fn conflict(&self, read: u32, floor: usize) -> Conflict {
        let none = Edges::none(0);
        let mut proof = Proof::new(self.execution, Order { readers: Readers::All, edges: &none });
        let mut links = vec![self.seen[floor]];
        while let Through::Seen(number) = links[links.len() - 1].through {
            links.push(self.seen[number]);
        }
        for link in links.iter().rev() {
            if let Through::Read(first) = link.through {
                proof.saw(first);
            }
            if link.by != link.later {
                let line = format!("{} comes before {} in its session", proof.text(link.by), proof.text(link.later));
                proof.say(&[link.by, link.later], line);
            }
            proof.saw(link.by);
        }
        let newer = proof.text(self.seen[floor].write);
        proof.saw(read);
        proof.say(&[self.seen[floor].write], format!("{} saw a state certainly older than {newer}", proof.text(read)));
        proof.conflict()
    }
}
