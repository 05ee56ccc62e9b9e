//! Causal consistency with convergence (CCv): causal, with one arbitration of the writes for all.
//!
//! **Definition.** Causal order is as in [`crate::consistency::causal::causal_consistency`]. There is one total order of all writes,
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

use std::collections::{HashMap, VecDeque};

use crate::consistency::budget::Budget;
use crate::consistency::causal::causal_consistency::{MISSING, cyclic, initial_after_write};
use crate::consistency::causal::conflict::{Conflict, Refusal};
use crate::consistency::causal::execution::{Execution, INITIAL, UNREAD};
use crate::consistency::causal::happens_before::{Clocks, Edge, Edges, Order, Readers};
use crate::consistency::causal::proof::Proof;
use crate::consistency::causal::sources::decide;
use crate::consistency::causal::walk::{Segments, Visit, Walk, is_exercised, missed_write};
use crate::consistency::finding::Finding;
use crate::history::History;

/// Judges causal consistency with convergence.
pub fn check(history: &History) -> Finding {
    check_within(history, &Budget::default())
}

/// The same within a budget.
pub(crate) fn check_within(history: &History, budget: &Budget) -> Finding {
    decide(history, budget, MISSING, Some(|_| Readers::All), check_sources)
}

/// Judges an execution whose sources are chosen.
fn check_sources(execution: &Execution<'_>) -> Result<bool, Refusal> {
    execution.charge(6 * execution.clock_steps())?;
    let none = Edges::none(0);
    let order = Order { readers: Readers::All, edges: &none };
    let clocks = Clocks::new(execution, order).map_err(|cycle| cyclic(execution, order, &cycle))?;
    let mut conflicts = ConflictEdges::new(execution, &clocks);
    let segments = Segments::new(execution);
    let mut walk = Walk::new(execution, &segments);
    let mut exercised = false;
    let mut missed = Vec::new();
    for chain in 0..execution.chain_count() {
        conflicts.begin_chain();
        walk.chain(chain, &clocks, order, |visit| {
            exercised = exercised || is_exercised(execution, &visit);
            if let Some(write) = missed_write(&visit) {
                missed.push(initial_after_write(execution, order, write, visit.read));
                return if missed.len() < CONFLICTS_MAX { Ok(()) } else { Err(()) };
            }
            conflicts.visit(&visit);
            Ok(())
        })
        .map_err(|()| Refusal::Conflicts(std::mem::take(&mut missed)))?;
    }
    if !missed.is_empty() {
        return Err(Refusal::Conflicts(missed));
    }
    // The order in which the clocks were made extends causal order: mostly it serves as arbitration.
    let place = &clocks.place;
    if conflicts.edges.iter().all(|edge| place[edge.before as usize] < place[edge.after as usize]) {
        return Ok(exercised);
    }
    let cycles = Arbitration::new(execution, &conflicts.edges).cycles();
    if cycles.is_empty() {
        return Ok(exercised);
    }
    Err(Refusal::Conflicts(cycles.iter().map(|cycle| arbitrated_both_ways(execution, order, cycle)).collect()))
}

/// The most conflicts that one check reports.
const CONFLICTS_MAX: usize = 4096;
/// The most cycles reported of one component of writes.
const CYCLES_OF_COMPONENT_MAX: usize = 16;

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
        let last_source = vec![UNREAD; execution.history.registers().len()];
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

    /// Shortest cycles, as their edges: in each component one through each of the first few conflict edges.
    fn cycles(&self) -> Vec<Vec<Link>> {
        let components = self.components();
        let count = self.starts.len() - 1;
        let mut reported_of: HashMap<u32, usize> = HashMap::new();
        let mut cycles = Vec::new();
        for before in (0..count as u32).filter(|&op| components[op as usize] != NO_COMPONENT) {
            let component = components[before as usize];
            for &(after, read) in self.out(before) {
                if read == UNREAD || components[after as usize] != component {
                    continue;
                }
                let reported = reported_of.entry(component).or_default();
                if *reported == CYCLES_OF_COMPONENT_MAX || cycles.len() == CONFLICTS_MAX {
                    continue;
                }
                *reported += 1;
                cycles.push(self.shortest_cycle(Link { before, after, read }, &components));
            }
        }
        cycles
    }

    /// By operation the component it is in: a set of several writes each of which leads to each other
    /// ([`NO_COMPONENT`] for those in none). The strongly connected components (Tarjan 1972).
    fn components(&self) -> Vec<u32> {
        let count = self.starts.len() - 1;
        let mut components = vec![NO_COMPONENT; count];
        let (mut number, mut low) = (vec![0u32; count], vec![0u32; count]);
        let (mut met, mut open, mut calls) = (0, Vec::new(), Vec::new());
        let mut is_open = vec![false; count];
        for root in 0..count as u32 {
            if number[root as usize] == 0 {
                calls.push((root, self.starts[root as usize]));
            }
            while let Some(&mut (op, ref mut edge)) = calls.last_mut() {
                let at = op as usize;
                if number[at] == 0 {
                    met += 1;
                    (number[at], low[at], is_open[at]) = (met, met, true);
                    open.push(op);
                }
                if *edge < self.starts[at + 1] {
                    let (to, _) = self.edges[*edge as usize];
                    *edge += 1;
                    if number[to as usize] == 0 {
                        calls.push((to, self.starts[to as usize]));
                    } else if is_open[to as usize] {
                        low[at] = low[at].min(number[to as usize]);
                    }
                    continue;
                }
                calls.pop();
                if let Some(&(above, _)) = calls.last() {
                    low[above as usize] = low[above as usize].min(low[at]);
                }
                if low[at] == number[at] {
                    let is_component = open.last() != Some(&op);
                    loop {
                        let member = open.pop().expect("an operation is open until its component is known");
                        is_open[member as usize] = false;
                        if is_component {
                            components[member as usize] = op;
                        }
                        if member == op {
                            break;
                        }
                    }
                }
            }
        }
        components
    }

    /// The shortest cycle through an edge of a component.
    fn shortest_cycle(&self, edge: Link, components: &[u32]) -> Vec<Link> {
        let mut came_by: HashMap<u32, Link> = HashMap::new();
        let mut queue = VecDeque::from([edge.after]);
        while let Some(before) = queue.pop_front() {
            if before == edge.before {
                break;
            }
            let component = components[edge.before as usize];
            for &(after, read) in self.out(before).iter().filter(|&&(to, _)| components[to as usize] == component) {
                came_by.entry(after).or_insert_with(|| {
                    queue.push_back(after);
                    Link { before, after, read }
                });
            }
        }
        let mut links = vec![edge];
        let mut op = edge.before;
        while op != edge.after {
            let link = came_by[&op];
            links.push(link);
            op = link.before;
        }
        links.reverse();
        links
    }
}

/// No component.
const NO_COMPONENT: u32 = u32::MAX;

/// An edge of the graph: see [`Arbitration::edges`].
#[derive(Debug, Clone, Copy)]
struct Link {
    before: u32,
    after: u32,
    read: u32,
}

fn arbitrated_both_ways(execution: &Execution<'_>, order: Order<'_>, cycle: &[Link]) -> Conflict {
    let mut proof = Proof::new(execution, order);
    for &Link { before, after, read } in cycle {
        if read == UNREAD {
            proof.before(before, after);
        } else {
            proof.overwritten(Edge { before, after, read }, 0);
        }
    }
    let corners: Vec<String> = cycle.iter().map(|link| proof.text(link.before)).collect();
    proof.say(&[], format!("no one order of the writes has {} before each other in turn", corners.join(" and ")));
    proof.conflict()
}
