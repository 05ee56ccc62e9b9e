//! The choice of sources where a history leaves it open.
//!
//! A level of the causal family is kept when **some** choice of sources keeps it. [`decide`]
//! chooses plausible sources and checks that choice. A conflict (a part of the execution that
//! breaks the level whatever the rest is) forbids one combination of choices forever; then the
//! open reads of all combinations forbidden so far are chosen anew, by backtracking, and all is
//! checked again. When nothing is left to choose, the level is broken. This is lazy clause
//! learning, as in solvers of satisfiability modulo a theory (Nieuwenhuis, Oliveras, Tinelli 2006);
//! the theory here is a checker for given sources. The problem is NP-complete, so the work is
//! bounded; past the bound the verdict is unknown.

use std::collections::{BTreeMap, HashSet};

use crate::consistency::budget::Budget;
use crate::consistency::causal::conflict::{Conflict, Refusal};
use crate::consistency::causal::execution::{Execution, INITIAL, normalise};
use crate::consistency::causal::forced::Forced;
use crate::consistency::causal::happens_before::Readers;
use crate::consistency::causal::heuristic;
use crate::consistency::finding::{Finding, Witness};
use crate::history::History;

/// What a step of the backtracking search for new choices costs, and a literal of a clause.
const SEARCH_STEP: usize = 256;
/// What it costs to look for the source of an open read in one chain.
const GUESS_STEPS: usize = 8;
/// The most entries of all vector clocks: 1 GiB.
const CLOCK_ENTRIES_MAX: usize = 1 << 28;

/// Whether some choice of sources passes `check`. The check gets an execution whose sources are all
/// chosen; it answers whether the level could have been broken by what the execution holds. Without
/// that evidence the finding is not exercised, for want of what `missing` says.
///
/// `infeasible` says, for the chain of a read, whose reads put their source before themselves in an
/// order of which the level demands: no read sees a write that comes after it, nor a state that was
/// overwritten before it. `None` where the level demands no such thing.
pub(super) fn decide(
    history: &History,
    budget: &Budget,
    missing: &str,
    infeasible: Option<fn(u32) -> Readers>,
    mut check: impl FnMut(&Execution<'_>) -> Result<bool, Refusal>,
) -> Finding {
    let mut execution = match normalise(history, budget) {
        Ok(execution) => execution,
        Err(witness) => return Finding::Broken(witness),
    };
    let needs_clocks = !execution.open.is_empty() || infeasible.is_some_and(|readers| readers(0) != Readers::Nobody);
    let chains = execution.chain_count();
    if needs_clocks && (execution.ops.len() + chains).saturating_mul(chains) > CLOCK_ENTRIES_MAX {
        let sessions = history.session_count();
        return Finding::Unknown(format!(
            "{sessions} sessions, broken off into {chains} by writes without a sure end, are too many for so long a history"
        ));
    }
    if !execution.open.is_empty() {
        if execution.charge(GUESS_STEPS * execution.open.len() * chains).is_err() {
            return Finding::Unknown(
                "the budget of steps was spent before the first choice of sources was made".into(),
            );
        }
        heuristic::choose(&mut execution);
        execution.settle_optional_writes();
    }
    let mut forbidden =
        Forbidden { clauses: Vec::new(), conflicts: Vec::new(), possible: BTreeMap::new(), forced: None };
    loop {
        let checked_now = impossible_swap(&execution).map_or_else(|| check(&execution), |swap| Err(swap.into()));
        let conflicts = match checked_now {
            Ok(true) => return Finding::Kept,
            Ok(false) => return Finding::NotExercised(missing.into()),
            Err(Refusal::Conflicts(conflicts)) => conflicts,
            Err(Refusal::OutOfBudget) => return forbidden.out_of_budget(),
        };
        for conflict in conflicts {
            if execution.budget.is_exhausted() {
                return forbidden.out_of_budget();
            }
            if !forbidden.learn(&execution, conflict, infeasible) {
                return Finding::Broken(forbidden.witness(&execution, infeasible));
            }
        }
        match forbidden.choose(&execution) {
            Search::Found(choice) => {
                for (read, source) in choice {
                    let op = execution.open[read].op;
                    execution.source[op as usize] = source;
                }
                execution.settle_optional_writes();
            }
            Search::None(clauses) => {
                forbidden.conflicts = clauses.into_iter().map(|i| forbidden.conflicts[i].clone()).collect();
                return Finding::Broken(forbidden.witness(&execution, infeasible));
            }
            Search::OutOfBudget => return forbidden.out_of_budget(),
        }
    }
}

/// The conflict with the fewest operations, of the first few: the shortest proof is the best.
pub(super) fn smallest(conflicts: impl Iterator<Item = Conflict>) -> Option<Conflict> {
    const COMPARED_MAX: usize = 64;
    conflicts.take(COMPARED_MAX).min_by_key(|conflict| conflict.ops.len())
}

/// An indeterminate swap that was read although it cannot have taken effect.
fn impossible_swap(execution: &Execution<'_>) -> Option<Conflict> {
    let swap = execution.impossible.iter().find(|&&op| !execution.is_left_out(op as usize))?;
    let because = vec![format!("{} expected a state that no write gave to this register", execution.text(*swap))];
    Some(Conflict { ops: vec![*swap], because })
}

/// Open read, as an index into [`Execution::open`], and its source.
type Literal = (usize, u32);

enum Search {
    Found(BTreeMap<usize, u32>),
    /// No choice avoids all of these clauses.
    None(Vec<usize>),
    OutOfBudget,
}

/// The combinations of choices that break the level.
struct Forbidden<'h> {
    /// Each a set of choices that must not all be made.
    clauses: Vec<Vec<Literal>>,
    conflicts: Vec<Conflict>,
    /// For reads that some clause names: the sources that are not ruled out whatever the rest is.
    possible: BTreeMap<usize, Vec<u32>>,
    /// What the forced sources imply, for the observer asked about last.
    forced: Option<Forced<'h>>,
}

impl<'h> Forbidden<'h> {
    /// Nothing is certain yet, and nothing is left to spend.
    fn out_of_budget(&self) -> Finding {
        Finding::Unknown(match self.clauses.len() {
            0 => "the budget of steps was spent before the first choice of sources was judged".into(),
            refuted => format!(
                "which write some reads saw is open; {refuted} choices were refuted when the budget of steps was spent"
            ),
        })
    }

    /// Forbids the choices a conflict rests on; false when it rests on none.
    fn learn(
        &mut self,
        execution: &Execution<'h>,
        mut conflict: Conflict,
        infeasible: Option<fn(u32) -> Readers>,
    ) -> bool {
        // An indeterminate write is only there because something read it.
        let mut at = 0;
        while at < conflict.ops.len() {
            let op = conflict.ops[at];
            let is_read_here = |w: u32| conflict.ops.iter().any(|&r| execution.source[r as usize] == w);
            if execution.is_optional(op) && !is_read_here(op) {
                conflict.ops.extend(execution.a_reader_of(op));
            }
            at += 1;
        }
        let literal = |&op: &u32| {
            let read = execution.open.binary_search_by_key(&op, |read| read.op).ok()?;
            Some((read, execution.source[op as usize]))
        };
        let mut clause: Vec<Literal> = conflict.ops.iter().filter_map(literal).collect();
        clause.sort_unstable();
        clause.dedup();
        if clause.is_empty() {
            self.conflicts = vec![conflict];
            self.possible.clear();
            return false;
        }
        for &(read, _) in &clause {
            if !self.possible.contains_key(&read) {
                let possible = self.possible_sources(execution, read, infeasible);
                self.possible.insert(read, possible);
            }
        }
        self.clauses.push(clause);
        self.conflicts.push(conflict);
        true
    }

    /// The sources of an open read that the forced sources alone do not rule out. For a swap that
    /// need not have taken effect, running out of sources is no contradiction: all are kept.
    fn possible_sources(
        &mut self,
        execution: &Execution<'h>,
        read: usize,
        infeasible: Option<fn(u32) -> Readers>,
    ) -> Vec<u32> {
        let read = &execution.open[read];
        let choices: Vec<u32> = execution.choices(read).collect();
        if execution.is_optional(read.op) {
            return choices;
        }
        // Running out is noticed before the next conflict is learnt.
        let _ = execution.charge(choices.len() * (1 + execution.chain_count()));
        match self.forced_for(execution, read.op, infeasible) {
            Some(forced) => forced.without_infeasible(read.op, choices),
            None => choices,
        }
    }

    /// What the forced sources imply for the observer that this read belongs to.
    fn forced_for(
        &mut self,
        execution: &Execution<'h>,
        read: u32,
        infeasible: Option<fn(u32) -> Readers>,
    ) -> Option<&Forced<'h>> {
        let readers = infeasible?(execution.ops[read as usize].chain);
        if self.forced.as_ref().is_none_or(|forced| forced.readers != readers) {
            self.forced = Forced::new(execution.history, execution.budget, readers);
        }
        self.forced.as_ref()
    }

    /// Choices for the open reads of clauses that violate none, or the certainty that there are none.
    /// Clauses that share no read, directly or by way of others, are solved by themselves.
    fn choose(&self, execution: &Execution<'_>) -> Search {
        let present = |read: usize| execution.source[execution.open[read].op as usize];
        if execution.charge(SEARCH_STEP * self.clauses.iter().map(Vec::len).sum::<usize>()).is_err() {
            return Search::OutOfBudget;
        }
        let mut found = BTreeMap::new();
        for clauses in self.components() {
            let is_violated = |&i: &usize| self.clauses[i].iter().all(|&(read, source)| present(read) == source);
            if !clauses.iter().any(is_violated) {
                continue;
            }
            match self.solve(execution, &clauses) {
                Search::Found(choice) => found.extend(choice),
                Search::None(clauses) => return Search::None(clauses),
                Search::OutOfBudget => return Search::OutOfBudget,
            }
        }
        Search::Found(found)
    }

    /// The clauses, as numbers, grouped by what reads they share.
    fn components(&self) -> Vec<Vec<usize>> {
        let mut parent: BTreeMap<usize, usize> = self.possible.keys().map(|&read| (read, read)).collect();
        let root = |parent: &mut BTreeMap<usize, usize>, mut read: usize| {
            while parent[&read] != read {
                let above = parent[&parent[&read]];
                parent.insert(read, above);
                read = above;
            }
            read
        };
        for clause in &self.clauses {
            let first = root(&mut parent, clause[0].0);
            for &(read, _) in &clause[1..] {
                let other = root(&mut parent, read);
                parent.insert(other, first);
            }
        }
        let mut components: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (i, clause) in self.clauses.iter().enumerate() {
            components.entry(root(&mut parent, clause[0].0)).or_default().push(i);
        }
        components.into_values().collect()
    }

    /// Choices that violate none of these clauses. A choice that no clause names is as good as any
    /// other such, so that one is tried.
    fn solve(&self, execution: &Execution<'_>, clauses: &[usize]) -> Search {
        let mut named: BTreeMap<usize, HashSet<u32>> = BTreeMap::new();
        for &(read, source) in clauses.iter().flat_map(|&i| &self.clauses[i]) {
            named.entry(read).or_default().insert(source);
        }
        // In the order of time: what hinders a read was mostly chosen shortly before.
        let mut reads: Vec<usize> = named.keys().copied().collect();
        reads.sort_unstable_by_key(|&read| execution.ops[execution.open[read].op as usize].record);
        let domains: Vec<Vec<u32>> = reads.iter().map(|&r| self.domain(execution, r, &named[&r])).collect();
        let place: BTreeMap<usize, usize> = reads.iter().enumerate().map(|(i, &r)| (r, i)).collect();
        // A clause is looked at when the last of its reads is chosen.
        let mut ending_at: Vec<Vec<&[Literal]>> = vec![Vec::new(); reads.len()];
        for &clause in clauses {
            let clause = &self.clauses[clause];
            let last = clause.iter().map(|(read, _)| place[read]).max().expect("a clause rests on a choice");
            ending_at[last].push(clause);
        }
        let mut tried = vec![0usize; reads.len() + 1];
        let mut choice = BTreeMap::new();
        let mut depth = 0;
        while depth < reads.len() {
            if execution.charge(SEARCH_STEP).is_err() {
                return Search::OutOfBudget;
            }
            let Some(&source) = domains[depth].get(tried[depth]) else {
                if depth == 0 {
                    return Search::None(clauses.to_vec());
                }
                tried[depth] = 0;
                depth -= 1;
                continue;
            };
            tried[depth] += 1;
            choice.insert(reads[depth], source);
            let holds = |clause: &&[Literal]| clause.iter().all(|(read, source)| choice[read] == *source);
            if !ending_at[depth].iter().any(holds) {
                depth += 1;
                tried[depth] = 0;
            }
        }
        Search::Found(choice)
    }

    /// The sources worth trying: the present one, one that no clause names, and the named ones.
    fn domain(&self, execution: &Execution<'_>, read: usize, named: &HashSet<u32>) -> Vec<u32> {
        let present = execution.source[execution.open[read].op as usize];
        let possible = &self.possible[&read];
        let unnamed = possible.iter().find(|source| !named.contains(source));
        let mut domain: Vec<u32> = possible.iter().copied().filter(|&source| source == present).collect();
        for &source in unnamed.into_iter().chain(possible.iter().filter(|source| named.contains(source))) {
            if !domain.contains(&source) {
                domain.push(source);
            }
        }
        domain
    }

    /// What was learned, as a proof. A source that was ruled out at once is explained when it is the
    /// initial state or a write that takes part in the proof; others need not be in it.
    fn witness(&mut self, execution: &Execution<'h>, infeasible: Option<fn(u32) -> Readers>) -> Witness {
        let mut explained: HashSet<Literal> = HashSet::new();
        let mut number = 0;
        while number < self.conflicts.len() {
            let ops: HashSet<u32> = self.conflicts.iter().flat_map(|c| c.ops.iter().copied()).collect();
            number = self.conflicts.len();
            for (read, possible) in std::mem::take(&mut self.possible) {
                let open = &execution.open[read];
                let takes_part = |choice: &u32| *choice == INITIAL || ops.contains(choice);
                let ruled_out =
                    execution.choices(open).filter(|choice| takes_part(choice) && !possible.contains(choice));
                for choice in ruled_out.filter(|&choice| explained.insert((read, choice))).collect::<Vec<u32>>() {
                    let proof = self.forced_for(execution, open.op, infeasible).and_then(|f| f.proof(open.op, choice));
                    self.conflicts.extend(proof);
                }
                self.possible.insert(read, possible);
            }
        }
        let ops: Vec<u32> = self.conflicts.iter().flat_map(|c| c.ops.iter().copied()).collect();
        if let [only] = &self.conflicts[..] {
            return execution.witness(&ops, only.because.clone());
        }
        let mut because = vec!["It is open which write some reads saw; each possibility fails:".to_owned()];
        for (i, conflict) in self.conflicts.iter().enumerate() {
            because.extend(conflict.because.iter().map(|line| format!("{}. {line}", i + 1)));
        }
        execution.witness(&ops, because)
    }
}
