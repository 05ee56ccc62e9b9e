//! The choice of sources where a history leaves it open.
//!
//! A level of the causal family is kept when **some** choice of sources keeps it. [`decide`]
//! chooses the likeliest sources and checks that choice. A conflict (a part of the execution that
//! breaks the level whatever the rest is) forbids one combination of choices for ever; then the
//! open reads of all combinations forbidden so far are chosen anew, by backtracking, and all is
//! checked again. When nothing is left to choose, the level is broken. This is lazy clause
//! learning, as in solvers of satisfiability modulo a theory (Nieuwenhuis, Oliveras, Tinelli 2006);
//! the theory here is a checker for given sources. The problem is NP-complete, so the work is
//! bounded; past the bound the verdict is unknown.

use std::collections::{BTreeMap, HashSet};

use crate::consistency::causal::execution::{Execution, INITIAL};
use crate::consistency::causal::forced::Forced;
use crate::consistency::causal::happens_before::Readers;
use crate::consistency::causal::likely;
use crate::consistency::{Finding, Witness};
use crate::history::History;

/// The most operations looked at in all checks of one history: some minutes.
const CHECKED_OPERATIONS_MAX: usize = 200_000_000;
/// The most steps of one backtracking search for new choices.
const SEARCH_STEPS_MAX: usize = 2_000_000;
/// The most entries of all vector clocks: 1 GiB.
const CLOCK_ENTRIES_MAX: usize = 1 << 28;

/// Operations that break a level by themselves, with the sources they have now.
#[derive(Debug, Clone)]
pub(super) struct Conflict {
    /// The operations, in any order.
    pub(super) ops: Vec<u32>,
    /// Why, as a chain.
    pub(super) because: Vec<String>,
}

/// All that one check found: many conflicts at once spare as many checks.
#[derive(Debug)]
pub(super) struct Conflicts(pub(super) Vec<Conflict>);

impl From<Conflict> for Conflicts {
    fn from(conflict: Conflict) -> Self {
        Self(vec![conflict])
    }
}

/// Whether some choice of sources passes `check`. The check gets an execution whose sources are all
/// chosen; it answers whether the level could have been broken by what the execution holds. Without
/// that evidence the finding is not exercised, for want of what `missing` says.
///
/// `hopeless` says, for the chain of a read, whose reads put their source before themselves in an
/// order of which the level demands: no read sees a write that comes after it, nor a state that was
/// overwritten before it. `None` where the level demands no such thing.
pub(super) fn decide(
    history: &History,
    missing: &str,
    hopeless: Option<fn(u32) -> Readers>,
    mut check: impl FnMut(&Execution<'_>) -> Result<bool, Conflicts>,
) -> Finding {
    let mut execution = match Execution::new(history) {
        Ok(execution) => execution,
        Err(witness) => return Finding::Broken(witness),
    };
    let needs_clocks = !execution.open.is_empty() || hopeless.is_some_and(|readers| readers(0) != Readers::Nobody);
    let chains = execution.chain_count();
    if needs_clocks && (execution.ops.len() + chains).saturating_mul(chains) > CLOCK_ENTRIES_MAX {
        let sessions = history.session_count();
        return Finding::Unknown(format!(
            "{sessions} sessions, broken off into {chains} by writes without a sure end, are too many for so long a history"
        ));
    }
    if !execution.open.is_empty() {
        likely::choose(&mut execution);
        execution.settle_optional_writes();
    }
    let mut forbidden =
        Forbidden { clauses: Vec::new(), conflicts: Vec::new(), possible: BTreeMap::new(), forced: None };
    let mut checked = 0usize;
    loop {
        let checked_now = impossible_swap(&execution).map_or_else(|| check(&execution), |swap| Err(swap.into()));
        let conflicts = match checked_now {
            Ok(true) => return Finding::Kept,
            Ok(false) => return Finding::NotExercised(missing.into()),
            Err(Conflicts(conflicts)) => conflicts,
        };
        for conflict in conflicts {
            if !forbidden.learn(&execution, conflict, hopeless) {
                return Finding::Broken(forbidden.witness(&execution, hopeless));
            }
        }
        checked += execution.ops.len();
        if checked > CHECKED_OPERATIONS_MAX {
            let tried = forbidden.clauses.len();
            return Finding::Unknown(format!(
                "which write some reads saw is open; {tried} choices were refuted, and the bound on work was hit"
            ));
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
                return Finding::Broken(forbidden.witness(&execution, hopeless));
            }
            Search::TooLong => {
                return Finding::Unknown(format!(
                    "which write some reads saw is open; no choice was found in {SEARCH_STEPS_MAX} steps"
                ));
            }
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
    TooLong,
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
    /// Forbids the choices a conflict rests on; false when it rests on none.
    fn learn(
        &mut self,
        execution: &Execution<'h>,
        mut conflict: Conflict,
        hopeless: Option<fn(u32) -> Readers>,
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
                let possible = self.possible_sources(execution, read, hopeless);
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
        hopeless: Option<fn(u32) -> Readers>,
    ) -> Vec<u32> {
        let read = &execution.open[read];
        let choices: Vec<u32> = execution.choices(read).collect();
        if execution.is_optional(read.op) {
            return choices;
        }
        match self.forced_for(execution, read.op, hopeless) {
            Some(forced) => forced.without_hopeless(read.op, choices),
            None => choices,
        }
    }

    /// What the forced sources imply for the observer that this read belongs to.
    fn forced_for(
        &mut self,
        execution: &Execution<'h>,
        read: u32,
        hopeless: Option<fn(u32) -> Readers>,
    ) -> Option<&Forced<'h>> {
        let readers = hopeless?(execution.ops[read as usize].chain);
        if self.forced.as_ref().is_none_or(|forced| forced.readers != readers) {
            self.forced = Forced::new(execution.history, readers);
        }
        self.forced.as_ref()
    }

    /// Choices for the open reads of clauses that violate none, or the certainty that there are none.
    /// Clauses that share no read, directly or by way of others, are solved by themselves.
    fn choose(&self, execution: &Execution<'_>) -> Search {
        let present = |read: usize| execution.source[execution.open[read].op as usize];
        let (mut found, mut steps, mut too_long) = (BTreeMap::new(), 0, false);
        for clauses in self.components() {
            let is_violated = |&i: &usize| self.clauses[i].iter().all(|&(read, source)| present(read) == source);
            if !clauses.iter().any(is_violated) {
                continue;
            }
            match self.solve(execution, &clauses, &mut steps) {
                Search::Found(choice) => found.extend(choice),
                Search::None(clauses) => return Search::None(clauses),
                Search::TooLong => too_long = true,
            }
        }
        if too_long { Search::TooLong } else { Search::Found(found) }
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
    fn solve(&self, execution: &Execution<'_>, clauses: &[usize], steps: &mut usize) -> Search {
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
            *steps += 1;
            if *steps > SEARCH_STEPS_MAX {
                return Search::TooLong;
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

    /// What was learned, as a proof. A source that was ruled out at once is told about when it is the
    /// initial state or a write that takes part in the proof; others need not be in it.
    fn witness(&mut self, execution: &Execution<'h>, hopeless: Option<fn(u32) -> Readers>) -> Witness {
        let mut told: HashSet<Literal> = HashSet::new();
        let mut number = 0;
        while number < self.conflicts.len() {
            let ops: HashSet<u32> = self.conflicts.iter().flat_map(|c| c.ops.iter().copied()).collect();
            number = self.conflicts.len();
            for (read, possible) in std::mem::take(&mut self.possible) {
                let open = &execution.open[read];
                let takes_part = |choice: &u32| *choice == INITIAL || ops.contains(choice);
                let ruled_out =
                    execution.choices(open).filter(|choice| takes_part(choice) && !possible.contains(choice));
                for choice in ruled_out.filter(|&choice| told.insert((read, choice))).collect::<Vec<u32>>() {
                    let proof = self.forced_for(execution, open.op, hopeless).and_then(|f| f.proof(open.op, choice));
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
