//! Causal consistency with convergence (CCv): causal, with one arbitration of the writes for all.
//!
//! **Definition.** Causal order is as in [`super::causal`]. There is one total order of all writes,
//! the arbitration, that extends causal order, and each read returns the write of its register that
//! is last in it among those in the read's causal past; with none there, the initial state
//! (Burckhardt 2014; Bouajjani, Enea, Guerraoui, Hamza, POPL 2017).
//!
//! ```text
//!   session 0        session 1
//!   set x = 1        set x = 2
//!   get x -> 2       get x -> 1      causal, but not convergent: each put the other's write last
//! ```
//!
//! **What is looked for** when every read has one source: a cycle in causal order and the conflict
//! edges, from each write in a read's causal past to the read's source; a read of the initial state
//! with a write of the register in its causal past.
//!
//! **Complexity.** O(operations · sessions) with vector clocks when sources are unique. Of the
//! conflict edges only those are kept that others do not imply: from each session the last write of
//! the register, and for each read only where that write is another than at the session's read
//! before. NP-complete with repeated values: bounded search over the sources (`sources`).

use super::Finding;
use super::causal::{MISSING, cyclic, initial_after_write};
use super::execution::{Execution, INITIAL, UNREAD};
use super::happens_before::{Clocks, Edge, Edges, Order, Readers};
use super::proof::Proof;
use super::sources::{Conflict, decide};
use super::walk::{Segments, Visit, Walk, is_telling, missed_write};
use crate::history::History;

/// Judges causal consistency with convergence.
pub fn check(history: &History) -> Finding {
    decide(history, MISSING, Some(|_| Readers::All), check_sources)
}

/// Judges an execution whose sources are chosen.
pub(super) fn check_sources(execution: &Execution<'_>) -> Result<bool, Conflict> {
    let none = Edges::none(0);
    let order = Order { readers: Readers::All, edges: &none };
    let clocks = Clocks::new(execution, order).map_err(|cycle| cyclic(execution, order, &cycle))?;
    let mut conflicts = ConflictEdges::new(execution, &clocks);
    let segments = Segments::new(execution);
    let mut walk = Walk::new(execution, &segments);
    let mut telling = false;
    for chain in 0..execution.chain_count() {
        conflicts.begin_chain();
        walk.chain(chain, &clocks, order, |visit| {
            telling = telling || is_telling(execution, &visit);
            if let Some(write) = missed_write(&visit) {
                return Err(initial_after_write(execution, order, write, visit.read));
            }
            conflicts.visit(&visit);
            Ok(())
        })?;
    }
    // The order in which the clocks were made extends causal order: mostly it serves as arbitration.
    let place = &clocks.place;
    if conflicts.edges.iter().all(|edge| place[edge.before as usize] < place[edge.after as usize]) {
        return Ok(telling);
    }
    match Arbitration::new(execution, &conflicts.edges).cycle() {
        None => Ok(telling),
        Some(cycle) => Err(told(execution, order, &cycle)),
    }
}

/// Collects the conflict edges of one chain after another.
struct ConflictEdges<'a, 'h> {
    execution: &'a Execution<'h>,
    clocks: &'a Clocks,
    edges: Vec<Edge>,
    /// The source that the chain saw last, by register.
    last_source: Vec<u32>,
    touched: Vec<u32>,
}

impl<'a, 'h> ConflictEdges<'a, 'h> {
    fn new(execution: &'a Execution<'h>, clocks: &'a Clocks) -> Self {
        let last_source = vec![UNREAD; execution.history.registers.len()];
        Self { execution, clocks, edges: Vec::new(), last_source, touched: Vec::new() }
    }

    fn begin_chain(&mut self) {
        for register in self.touched.drain(..) {
            self.last_source[register as usize] = UNREAD;
        }
    }

    fn visit(&mut self, visit: &Visit<'_>) {
        if visit.source == INITIAL {
            return;
        }
        let ops = &self.execution.ops;
        let register = ops[visit.read as usize].register;
        let previous = std::mem::replace(&mut self.last_source[register as usize], visit.source);
        if previous == UNREAD {
            self.touched.push(register);
        }
        // A write that came before the previous read already came before its source, and that source
        // comes before the last write of its chain, which gets an edge.
        let previous_chain = if previous < UNREAD { ops[previous as usize].chain } else { u32::MAX };
        let past_of_source = self.clocks.of(visit.source);
        for last in visit.last_writes {
            let is_implied = !last.is_new && (last.chain != previous_chain || visit.source == previous);
            let is_known = past_of_source[last.chain as usize] > last.write;
            if !is_implied && !is_known && last.write != visit.source {
                self.edges.push(Edge { before: last.write, after: visit.source, read: visit.read });
            }
        }
    }
}

/// The graph of the writes under causal order and conflict edges.
struct Arbitration {
    /// The first edge out of each operation, and at the end their number.
    starts: Vec<u32>,
    /// Where each edge leads, and the read that made it a conflict edge ([`UNREAD`]: causal order).
    edges: Vec<(u32, u32)>,
}

impl Arbitration {
    fn new(execution: &Execution<'_>, conflicts: &[Edge]) -> Self {
        let mut list: Vec<(u32, u32, u32)> = Vec::with_capacity(conflicts.len() + execution.ops.len());
        for chain in 0..execution.chain_count() {
            // From the operations that the chain's next write comes after, to that write.
            let mut pending: Vec<u32> = Vec::new();
            for op in execution.chain(chain).filter(|&op| !execution.is_left_out(op)) {
                let source = execution.source[op];
                if source < UNREAD && execution.ops[source as usize].chain != chain as u32 {
                    pending.push(source);
                }
                if execution.is_present_write(op) {
                    list.extend(pending.drain(..).map(|before| (before, op as u32, UNREAD)));
                    pending.push(op as u32);
                }
            }
        }
        list.extend(conflicts.iter().map(|edge| (edge.before, edge.after, edge.read)));
        let mut starts = vec![0u32; execution.ops.len() + 1];
        for &(from, _, _) in &list {
            starts[from as usize + 1] += 1;
        }
        for i in 1..starts.len() {
            starts[i] += starts[i - 1];
        }
        let mut next = starts.clone();
        let mut edges = vec![(0, 0); list.len()];
        for (from, to, read) in list {
            edges[next[from as usize] as usize] = (to, read);
            next[from as usize] += 1;
        }
        Self { starts, edges }
    }

    fn out(&self, op: u32) -> &[(u32, u32)] {
        &self.edges[self.starts[op as usize] as usize..self.starts[op as usize + 1] as usize]
    }

    /// A shortest cycle through one of the writes that lie on cycles, as its edges.
    fn cycle(&self) -> Option<Vec<(u32, u32, u32)>> {
        let count = self.starts.len() - 1;
        let mut into = vec![0u32; count];
        self.edges.iter().for_each(|&(to, _)| into[to as usize] += 1);
        let mut free: Vec<u32> = (0..count as u32).filter(|&op| into[op as usize] == 0).collect();
        while let Some(op) = free.pop() {
            for &(to, _) in self.out(op) {
                into[to as usize] -= 1;
                if into[to as usize] == 0 {
                    free.push(to);
                }
            }
        }
        // What is left lies on a cycle or after one. Going back along edges from there ends in a
        // cycle; going round it once gives a write on it.
        let is_left = |op: u32| into[op as usize] > 0;
        let mut before = vec![UNREAD; count];
        for op in (0..count as u32).filter(|&op| is_left(op)) {
            self.out(op).iter().for_each(|&(to, _)| before[to as usize] = op);
        }
        let mut op = (0..count as u32).find(|&op| is_left(op))?;
        for _ in 0..count {
            op = before[op as usize];
        }
        Some(self.shortest_cycle(op, is_left))
    }

    fn shortest_cycle(&self, start: u32, is_left: impl Fn(u32) -> bool) -> Vec<(u32, u32, u32)> {
        let mut came_by: std::collections::HashMap<u32, (u32, u32)> = std::collections::HashMap::new();
        let mut queue = std::collections::VecDeque::from([start]);
        while let Some(op) = queue.pop_front() {
            for &(to, read) in self.out(op).iter().filter(|&&(to, _)| is_left(to)) {
                came_by.entry(to).or_insert_with(|| {
                    queue.push_back(to);
                    (op, read)
                });
            }
            if came_by.contains_key(&start) {
                break;
            }
        }
        let mut edges = Vec::new();
        let mut op = start;
        loop {
            let (from, read) = came_by[&op];
            edges.push((from, op, read));
            op = from;
            if op == start {
                edges.reverse();
                return edges;
            }
        }
    }
}

fn told(execution: &Execution<'_>, order: Order<'_>, cycle: &[(u32, u32, u32)]) -> Conflict {
    let mut proof = Proof::new(execution, order);
    for &(before, after, read) in cycle {
        if read == UNREAD {
            proof.before(before, after);
        } else {
            proof.overwritten(Edge { before, after, read }, 0);
        }
    }
    let corners: Vec<String> = cycle.iter().map(|&(before, _, _)| proof.text(before)).collect();
    proof.say(&[], format!("no one order of the writes has {} before each other in turn", corners.join(" and ")));
    proof.conflict()
}
