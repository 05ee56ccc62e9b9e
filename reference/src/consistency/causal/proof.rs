//! Conflicts with their reasons: why one operation comes before another, in words.

use std::collections::{HashMap, HashSet, VecDeque};

use crate::consistency::causal::conflict::Conflict;
use crate::consistency::causal::execution::{Execution, INITIAL, UNREAD};
use crate::consistency::causal::happens_before::{Cycle, Edge, Order};

/// Collects the operations of a conflict and the chain of reasons.
pub(super) struct Proof<'a, 'h> {
    execution: &'a Execution<'h>,
    order: Order<'a>,
    ops: Vec<u32>,
    because: Vec<String>,
    said: HashSet<String>,
    /// Inferred edges already accounted for.
    shown: Vec<u32>,
}

/// Of a longer chain of swaps only the ends are shown.
const SWAPS_SHOWN_MAX: usize = 8;

/// What a line costs, in steps of the budget.
const LINE_STEPS: usize = 1024;

/// One step of a path.
#[derive(Debug, Clone, Copy)]
enum Step {
    /// In a chain, from an operation to a later one.
    Session(u32, u32),
    /// From its source to this read.
    Source(u32),
    /// An inferred edge, by number.
    Inferred(u32),
}

impl<'a, 'h> Proof<'a, 'h> {
    /// A proof that has said nothing yet.
    pub(super) fn new(execution: &'a Execution<'h>, order: Order<'a>) -> Self {
        Self { execution, order, ops: Vec::new(), because: Vec::new(), said: HashSet::new(), shown: Vec::new() }
    }

    /// Says that `from` comes before `to`, and why.
    pub(super) fn before(&mut self, from: u32, to: u32) {
        self.before_by(from, to, u32::MAX);
    }

    /// Says that a read saw its source.
    pub(super) fn saw(&mut self, read: u32) {
        match self.execution.source[read as usize] {
            INITIAL => self.say(&[read], format!("{} saw the initial state", self.text(read))),
            UNREAD => {}
            source => self.say(&[source, read], format!("{} saw what {} wrote", self.text(read), self.text(source))),
        }
    }

    /// Says an inferred edge with all it rests on: edges up to `limit`.
    pub(super) fn overwritten(&mut self, edge: Edge, limit: u32) {
        self.before_by(edge.before, edge.read, limit);
        self.saw(edge.read);
        let (before, after) = (self.text(edge.before), self.text(edge.after));
        self.say(&[], format!("so {before} comes before {after}"));
    }

    /// Says the swaps by which the clusters of two operations are one block: from each operation back
    /// to where the two meet.
    pub(super) fn chain_of_swaps(&mut self, a: u32, b: u32) {
        let back = |mut op: u32| {
            let (mut swaps, mut met) = (Vec::new(), HashSet::new());
            while op < UNREAD && self.execution.source[op as usize] != UNREAD && met.insert(op) {
                swaps.push(op);
                op = self.execution.source[op as usize];
            }
            swaps
        };
        let (mut one, mut other) = (back(a), back(b));
        while one.len() > 1 && other.len() > 1 && one.last() == other.last() {
            one.pop();
            other.pop();
        }
        for mut swaps in [one, other] {
            swaps.reverse();
            // A long chain is shown by its ends; all of it takes part.
            let left_out = swaps.len().saturating_sub(SWAPS_SHOWN_MAX);
            let (first, rest) = swaps.split_at(SWAPS_SHOWN_MAX.min(swaps.len()) / 2);
            let (between, last) = rest.split_at(left_out);
            first.iter().for_each(|&op| self.saw(op));
            if left_out > 0 {
                self.say(between, format!("and so on by {left_out} more swaps, each seeing what the one before wrote"));
            }
            last.iter().for_each(|&op| self.saw(op));
        }
    }

    /// Says a cycle of the order.
    pub(super) fn cycle(&mut self, cycle: &Cycle) {
        let corners = &cycle.0;
        for (i, &(op, blocker)) in corners.iter().enumerate() {
            let (next, _) = corners[(i + 1) % corners.len()];
            if next != blocker {
                self.step(Step::Session(next, blocker));
            }
            if self.order.source_before(self.execution, op as usize) == Some(blocker) {
                self.step(Step::Source(op));
            } else {
                let edges = self.order.edges;
                let edge = edges.into(op).find(|&e| edges.list[e as usize].before == blocker);
                self.step(Step::Inferred(edge.expect("a chain waits for a source or an inferred edge")));
            }
        }
        self.say(&[], "each of these comes before itself".into());
    }

    /// Adds operations and a line.
    pub(super) fn say(&mut self, ops: &[u32], line: String) {
        let _ = self.execution.charge(LINE_STEPS);
        self.ops.extend_from_slice(ops);
        if self.said.insert(line.clone()) {
            self.because.push(line);
        }
    }

    /// The operation in words.
    pub(super) fn text(&self, op: u32) -> String {
        self.execution.text(op)
    }

    /// The conflict that was proved.
    pub(super) fn conflict(mut self) -> Conflict {
        self.ops.sort_unstable();
        self.ops.dedup();
        Conflict { ops: self.ops, because: self.because }
    }

    fn before_by(&mut self, from: u32, to: u32, limit: u32) {
        for step in self.path(from, to, limit) {
            self.step(step);
        }
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Session(a, b) => {
                let line = format!("{} comes before {} in its session", self.text(a), self.text(b));
                self.say(&[a, b], line);
            }
            Step::Source(read) => self.saw(read),
            Step::Inferred(number) => {
                if !self.shown.contains(&number) {
                    self.shown.push(number);
                    self.overwritten(self.order.edges.list[number as usize], number);
                }
            }
        }
    }

    /// A path with the fewest steps between chains. Only edges numbered below `limit` count: an
    /// edge rests on earlier ones. What began long before `from` is looked at only if need be.
    fn path(&self, from: u32, to: u32, limit: u32) -> Vec<Step> {
        const EARLIER_RECORDS: u32 = 1 << 12;
        let near = self.execution.ops[from as usize].record.saturating_sub(EARLIER_RECORDS);
        let path = self.path_since(near, from, to, limit).or_else(|| self.path_since(0, from, to, limit));
        path.expect("the clocks say that there is a path")
    }

    /// A path through operations of records from `earliest` on. O(operations since).
    fn path_since(&self, earliest: u32, from: u32, to: u32, limit: u32) -> Option<Vec<Step>> {
        let execution = self.execution;
        // By operation: its successor, and the edge there.
        let mut ways: HashMap<u32, (u32, u32)> = HashMap::new();
        let mut queue = VecDeque::from([(to, to, UNREAD)]);
        while let Some((op, successor, edge)) = queue.pop_front() {
            if ways.contains_key(&op) || execution.ops[op as usize].record < earliest {
                continue;
            }
            ways.insert(op, (successor, edge));
            if op == from {
                break;
            }
            if let Some(source) = self.order.source_before(execution, op as usize) {
                queue.push_back((source, op, UNREAD));
            }
            for number in self.order.edges.into(op).filter(|&number| number < limit) {
                queue.push_back((self.order.edges.list[number as usize].before, op, number));
            }
            if op > execution.chain_starts[execution.ops[op as usize].chain as usize] {
                queue.push_front((op - 1, op, UNREAD));
            }
        }
        // What the words cost is counted; running out is noticed by who asked for them.
        let _ = execution.charge(128 * ways.len());
        ways.get(&from)?;
        let mut steps = Vec::new();
        let mut op = from;
        while op != to {
            let start = op;
            let same_chain = |a: u32, b: u32| execution.ops[a as usize].chain == execution.ops[b as usize].chain;
            while op != to && ways[&op].1 == UNREAD && same_chain(op, ways[&op].0) {
                op = ways[&op].0;
            }
            if op != start {
                steps.push(Step::Session(start, op));
                continue;
            }
            let (next, edge) = ways[&op];
            steps.push(if edge == UNREAD { Step::Source(next) } else { Step::Inferred(edge) });
            op = next;
        }
        Some(steps)
    }
}
