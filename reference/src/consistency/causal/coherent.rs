//! Coherence: per register one order of its operations that respects each session's order.
//!
//! **Definition.** For each register by itself there is one order of all operations on it that
//! respects every session's order, in which each read returns the last write before it (cache
//! consistency: Goodman 1989; sequential consistency per location). Registers are not related.
//!
//! ```text
//!   session 0        session 1        session 2
//!   set x = 1        set x = 2
//!                    get x -> 1       get x -> 1
//!                                     get x -> 2      not coherent: session 1 saw 2 before 1
//! ```
//!
//! **What is looked for** when every read has one source. A write and the reads that saw it form a
//! cluster, which any order can keep together. A session's operations put the cluster of the
//! earlier before that of the later; the cluster of the initial state is first. The clusters must
//! not form a cycle, and no read may precede its own write in their session. A compare-and-swap ends
//! the cluster it read and at once begins its own, so the two are one block with a fixed order
//! inside; two swaps of one cluster cannot both be.
//!
//! **Complexity.** O(operations) when sources are unique; NP-complete with repeated values (Gibbons,
//! Korach 1997): bounded search over the sources (`sources`).

use crate::consistency::budget::Budget;
use crate::consistency::causal::conflict::{Conflict, Refusal};
use crate::consistency::causal::execution::{Execution, INITIAL, Observed, UNREAD, normalise};
use crate::consistency::causal::happens_before::{Edges, Order, Readers};
use crate::consistency::causal::order_search::{Found, Search};
use crate::consistency::causal::proof::Proof;
use crate::consistency::causal::sources::decide;
use crate::consistency::finding::{Finding, Witness};
use crate::history::sub_history::sub_history;
use crate::history::{History, Record, State};

/// Judges coherence.
pub fn check(history: &History) -> Finding {
    check_within(history, &Budget::default())
}

/// The same within a budget.
pub(crate) fn check_within(history: &History, budget: &Budget) -> Finding {
    let open = match normalise(history, budget) {
        Ok(execution) => execution.open_registers(),
        Err(witness) => return Finding::Broken(witness),
    };
    if open.is_empty() {
        return check_by_sources(history, budget);
    }
    let is_open = |record: &Record| open.binary_search(&record.register).is_ok();
    let rest: Vec<usize> = (0..history.records().len()).filter(|&i| !is_open(&history.records()[i])).collect();
    let mut judgement = Judgement { kept: false, unknown: None };
    let of_rest = check_by_sources(&sub_history(history, &rest), budget);
    if let Some(broken) = judgement.add(of_rest, &rest) {
        return broken;
    }
    let mut of_register: Vec<Vec<usize>> = vec![Vec::new(); open.len()];
    for (i, record) in history.records().iter().enumerate() {
        if let Ok(number) = open.binary_search(&record.register) {
            of_register[number].push(i);
        }
    }
    for (number, indices) in of_register.iter().enumerate() {
        let share = budget.part(budget.left() / (open.len() - number) as u64);
        let finding = check_register(&sub_history(history, indices), &share);
        budget.settle(&share);
        if let Some(broken) = judgement.add(finding, indices) {
            return broken;
        }
    }
    judgement.finding()
}

/// What is known after some of the registers.
struct Judgement {
    kept: bool,
    unknown: Option<String>,
}

impl Judgement {
    /// Adds the finding of a part of the history with these records; gives it back when it is broken.
    fn add(&mut self, finding: Finding, indices: &[usize]) -> Option<Finding> {
        match finding {
            Finding::Broken(witness) => {
                let operations = witness.operations.iter().map(|&i| indices[i]).collect();
                return Some(Finding::Broken(Witness { operations, because: witness.because }));
            }
            Finding::Unknown(why) => self.unknown = self.unknown.take().or(Some(why)),
            Finding::Kept => self.kept = true,
            Finding::NotExercised(_) => {}
        }
        None
    }

    fn finding(self) -> Finding {
        match self.unknown {
            Some(why) => Finding::Unknown(why),
            None if self.kept => Finding::Kept,
            None => Finding::NotExercised(MISSING.into()),
        }
    }
}

/// What the search for an order and that for sources get at first, and by how much more each time.
const FIRST_STEPS: u64 = 1 << 20;
const MORE: u64 = 8;

/// Judges the history of one register. On one register sequential consistency is coherence, and a
/// search for its one order mostly is quicker than one for sources; but where the one takes long,
/// the other may not, so they take turns.
fn check_register(history: &History, budget: &Budget) -> Finding {
    let execution = match normalise(history, budget) {
        Ok(execution) => execution,
        Err(witness) => return Finding::Broken(witness),
    };
    let mut steps = FIRST_STEPS;
    loop {
        let part = budget.part(steps);
        let found = Search::new(&execution).run(&part);
        budget.settle(&part);
        match found {
            Found::Order if is_exercised(&execution) => return Finding::Kept,
            Found::Order => return Finding::NotExercised(MISSING.into()),
            Found::None => return Finding::Broken(no_order(&execution)),
            Found::OutOfBudget => {}
        }
        let part = budget.part(steps);
        let finding = check_by_sources(history, &part);
        budget.settle(&part);
        if !matches!(finding, Finding::Unknown(_)) || budget.left() <= steps {
            return finding;
        }
        steps = (steps * MORE).min(budget.left() / 2);
    }
}

fn no_order(execution: &Execution<'_>) -> Witness {
    let mut operations: Vec<usize> = execution.ops.iter().map(|op| op.record as usize).collect();
    operations.sort_unstable();
    let because = "no order of these operations that keeps each session's order explains every read";
    Witness { operations, because: vec![because.into()] }
}

/// Whether some session read the register after it had seen or written a state of it.
fn is_exercised(execution: &Execution<'_>) -> bool {
    (0..execution.chain_count()).any(|chain| {
        let mut ops = execution.chain(chain);
        let has_state =
            |op: usize| execution.ops[op].is_write() || execution.seen(op) != Some(Observed::State(State::ABSENT));
        ops.by_ref().any(has_state) && ops.any(|op| execution.seen(op).is_some())
    })
}

const MISSING: &str = "no session used a register again after it had seen or written a state of it";

/// Judges all registers together, by what their reads saw.
fn check_by_sources(history: &History, budget: &Budget) -> Finding {
    decide(history, budget, MISSING, Some(|_| Readers::Nobody), check_sources)
}

/// Judges an execution whose sources are chosen.
pub(super) fn check_sources(execution: &Execution<'_>) -> Result<bool, Refusal> {
    execution.charge(24 * execution.ops.len())?;
    let blocks = Blocks::new(execution)?;
    let mut graph = Graph::default();
    let mut last_of_register: Vec<u32> = vec![UNREAD; execution.history.registers().len()];
    let mut exercised = false;
    for chain in 0..execution.chain_count() {
        for op in execution.chain(chain).filter(|&op| !execution.is_left_out(op)) {
            let register = execution.ops[op].register as usize;
            let last = last_of_register[register];
            if last != UNREAD && execution.chain(chain).contains(&(last as usize)) {
                let was_initial = blocks.end(execution, last) == blocks.initial(register);
                exercised |= execution.source[op] != UNREAD && !was_initial;
                blocks.relate(execution, &mut graph, last, op as u32)?;
            }
            last_of_register[register] = op as u32;
        }
    }
    match graph.cycle(execution.ops.len()) {
        None => Ok(exercised),
        Some(pairs) => Err(cyclic(execution, &blocks, &pairs).into()),
    }
}

/// The place of a cluster: the write that begins its block, and how many swaps it is into it. The
/// initial state's block has the number of its register, shifted past the operations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    block: u32,
    depth: u32,
}

/// Clusters joined by swaps.
struct Blocks {
    /// By write.
    place: Vec<Place>,
    first_initial: u32,
}

impl Blocks {
    fn new(execution: &Execution<'_>) -> Result<Self, Conflict> {
        let count = execution.ops.len();
        let registers = execution.history.registers().len();
        // The swap that ended each cluster.
        let mut swapped_by = vec![UNREAD; count + registers];
        let first_initial = count as u32;
        let mut roots = (first_initial..(count + registers) as u32).collect::<Vec<_>>();
        for op in (0..count).filter(|&op| execution.is_present_write(op)) {
            let cluster = match execution.source[op] {
                UNREAD => {
                    roots.push(op as u32);
                    continue;
                }
                INITIAL => first_initial + execution.ops[op].register,
                source => source,
            };
            let other = std::mem::replace(&mut swapped_by[cluster as usize], op as u32);
            if other != UNREAD {
                return Err(swapped_twice(execution, other, op as u32));
            }
        }
        let mut place = vec![Place { block: UNREAD, depth: 0 }; count];
        for root in roots {
            let (mut op, mut depth) = (root, 0);
            while op != UNREAD {
                if op < first_initial {
                    place[op as usize] = Place { block: root, depth };
                }
                op = swapped_by[op as usize];
                depth += 1;
            }
        }
        // Swaps that saw each other in a ring hang on no root.
        match (0..count).find(|&op| execution.is_present_write(op) && place[op].block == UNREAD) {
            None => Ok(Self { place, first_initial }),
            Some(op) => Err(ring(execution, op as u32)),
        }
    }

    fn initial(&self, register: usize) -> Place {
        Place { block: self.first_initial + register as u32, depth: 0 }
    }

    /// The place in which an operation begins: a swap in the cluster it read.
    fn start(&self, execution: &Execution<'_>, op: u32) -> Place {
        match execution.source[op as usize] {
            UNREAD => self.place[op as usize],
            INITIAL => self.initial(execution.ops[op as usize].register as usize),
            source => self.place[source as usize],
        }
    }

    /// The place in which an operation ends: a write in its own cluster.
    fn end(&self, execution: &Execution<'_>, op: u32) -> Place {
        if execution.is_present_write(op as usize) { self.place[op as usize] } else { self.start(execution, op) }
    }

    /// Puts two operations of one chain in order.
    fn relate(&self, execution: &Execution<'_>, graph: &mut Graph, a: u32, b: u32) -> Result<(), Conflict> {
        let (from, to) = (self.end(execution, a), self.start(execution, b));
        if execution.is_present_write(b as usize) && execution.source[b as usize] == UNREAD && from == to {
            // The later operation begins the cluster that the earlier one saw.
            return Err(backwards(execution, a, b));
        }
        if from.block != to.block {
            if to.block >= self.first_initial {
                return Err(backwards(execution, a, b));
            }
            graph.edges.push((from.block, to.block, a, b));
        } else if from.depth > to.depth {
            return Err(backwards(execution, a, b));
        }
        Ok(())
    }
}

/// Blocks, and for each edge the two operations that make it.
#[derive(Default)]
struct Graph {
    edges: Vec<(u32, u32, u32, u32)>,
}

impl Graph {
    /// The pairs of operations around a cycle.
    fn cycle(&mut self, first_initial: usize) -> Option<Vec<(u32, u32)>> {
        // Nothing leads into the initial blocks, so they lie on no cycle.
        self.edges.retain(|edge| (edge.0 as usize) < first_initial);
        self.edges.sort_unstable_by_key(|edge| edge.0);
        let mut into = vec![0u32; first_initial];
        let mut starts = vec![0u32; first_initial + 1];
        for edge in &self.edges {
            into[edge.1 as usize] += 1;
            starts[edge.0 as usize + 1] += 1;
        }
        for block in 0..first_initial {
            starts[block + 1] += starts[block];
        }
        let mut free: Vec<u32> = (0..first_initial as u32).filter(|&block| into[block as usize] == 0).collect();
        while let Some(block) = free.pop() {
            for edge in &self.edges[starts[block as usize] as usize..starts[block as usize + 1] as usize] {
                into[edge.1 as usize] -= 1;
                if into[edge.1 as usize] == 0 {
                    free.push(edge.1);
                }
            }
        }
        // Each block that is left has an edge into it from one that is left: follow these back.
        let mut came_by = std::collections::HashMap::new();
        for edge in self.edges.iter().filter(|edge| into[edge.0 as usize] > 0) {
            came_by.insert(edge.1, *edge);
        }
        let mut block = (0..first_initial as u32).find(|&block| into[block as usize] > 0)?;
        for _ in 0..came_by.len() {
            block = came_by[&block].0;
        }
        let start = block;
        let mut pairs = Vec::new();
        loop {
            let (from, _, a, b) = came_by[&block];
            pairs.push((a, b));
            block = from;
            if block == start {
                pairs.reverse();
                return Some(pairs);
            }
        }
    }
}

/// A proof about single registers needs no order but that of the sessions.
fn proof<'a, 'h>(execution: &'a Execution<'h>, none: &'a Edges) -> Proof<'a, 'h> {
    Proof::new(execution, Order { readers: Readers::All, edges: none })
}

fn swapped_twice(execution: &Execution<'_>, a: u32, b: u32) -> Conflict {
    let none = Edges::none(0);
    let mut proof = proof(execution, &none);
    proof.saw(a);
    proof.saw(b);
    proof.say(&[a, b], "both replaced the same write, but the one came before the other".into());
    proof.conflict()
}

fn ring(execution: &Execution<'_>, start: u32) -> Conflict {
    let none = Edges::none(0);
    let mut proof = proof(execution, &none);
    let mut seen = std::collections::HashSet::new();
    let mut op = start;
    while seen.insert(op) {
        proof.saw(op);
        op = execution.source[op as usize];
    }
    proof.say(&[], "each of these swaps comes before itself".into());
    proof.conflict()
}

fn backwards(execution: &Execution<'_>, a: u32, b: u32) -> Conflict {
    let none = Edges::none(0);
    let mut proof = proof(execution, &none);
    let mut line = format!("{} comes before {} in its session", proof.text(a), proof.text(b));
    proof.saw(a);
    proof.saw(b);
    proof.chain_of_swaps(a, b);
    line.push_str(", but what the later one saw or wrote came first");
    proof.say(&[a, b], line);
    proof.conflict()
}

fn cyclic(execution: &Execution<'_>, blocks: &Blocks, pairs: &[(u32, u32)]) -> Conflict {
    let none = Edges::none(0);
    let mut proof = proof(execution, &none);
    for (i, &(a, b)) in pairs.iter().enumerate() {
        proof.saw(a);
        proof.saw(b);
        let line = format!("{} comes before {} in its session", proof.text(a), proof.text(b));
        proof.say(&[a, b], line);
        // The swaps that join the cluster reached here with the cluster the next pair leaves.
        let next = pairs[(i + 1) % pairs.len()].0;
        debug_assert_eq!(blocks.start(execution, b).block, blocks.end(execution, next).block);
        proof.chain_of_swaps(b, next);
    }
    proof.say(&[], "so each of the states seen here comes before itself".into());
    proof.conflict()
}
