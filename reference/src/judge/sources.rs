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

use std::collections::BTreeMap;

use super::execution::{Execution, OpenRead};
use super::{Finding, Witness};
use crate::history::History;

/// The most operations looked at in all checks of one history: about two minutes.
const CHECKED_OPERATIONS_MAX: usize = 400_000_000;
/// The most steps of one backtracking search for new choices.
const SEARCH_STEPS_MAX: usize = 2_000_000;
/// The most entries of all vector clocks: 1 GiB.
const CLOCK_ENTRIES_MAX: usize = 1 << 28;

/// Operations that break a level by themselves, with the sources they have now.
#[derive(Debug)]
pub(super) struct Conflict {
    /// The operations, in any order.
    pub(super) ops: Vec<u32>,
    /// Why, as a chain.
    pub(super) because: Vec<String>,
}

/// Whether some choice of sources passes `check`. The check gets an execution whose sources are all
/// chosen; it answers whether the level could have been broken by what the execution holds. Without
/// that evidence the finding is not exercised, for want of what `missing` says.
pub(super) fn decide(
    history: &History,
    missing: &str,
    mut check: impl FnMut(&Execution<'_>) -> Result<bool, Conflict>,
) -> Finding {
    let mut execution = match Execution::new(history) {
        Ok(execution) => execution,
        Err(witness) => return Finding::Broken(witness),
    };
    if execution.ops.len().saturating_add(execution.chain_count()).saturating_mul(execution.chain_count())
        > CLOCK_ENTRIES_MAX
    {
        let chains = execution.chain_count();
        return Finding::Unknown(format!("{chains} sessions are too many for so long a history"));
    }
    let mut forbidden = Forbidden::default();
    forbidden.apply(&mut execution, &BTreeMap::new());
    let mut checked = 0usize;
    loop {
        let conflict = match impossible_swap(&execution).map_or_else(|| check(&execution), Err) {
            Ok(true) => return Finding::Kept,
            Ok(false) => return Finding::NotExercised(missing.into()),
            Err(conflict) => conflict,
        };
        if !forbidden.learn(&execution, conflict) {
            return Finding::Broken(forbidden.witness(&execution));
        }
        checked += execution.ops.len();
        if checked > CHECKED_OPERATIONS_MAX {
            return Finding::Unknown(format!("more than {} choices of who read what", forbidden.clauses.len()));
        }
        match forbidden.choose(&execution) {
            Search::Found(choice) => forbidden.apply(&mut execution, &choice),
            Search::None => return Finding::Broken(forbidden.witness(&execution)),
            Search::TooLong => return Finding::Unknown("the search for who read what was too long".into()),
        }
    }
}

/// An indeterminate swap that was read although it cannot have taken effect.
fn impossible_swap(execution: &Execution<'_>) -> Option<Conflict> {
    let swap = execution.impossible.iter().find(|&&op| !execution.is_left_out(op as usize))?;
    let because = vec![format!("{} expected a state that no write gave to this register", execution.text(*swap))];
    Some(Conflict { ops: vec![*swap], because })
}

/// Open read, as an index into [`Execution::open`], and number of its choice.
type Literal = (usize, usize);

enum Search {
    Found(BTreeMap<usize, usize>),
    None,
    TooLong,
}

/// The combinations of choices that break the level.
#[derive(Default)]
struct Forbidden {
    /// Each a set of choices that must not all be made.
    clauses: Vec<Vec<Literal>>,
    conflicts: Vec<Conflict>,
    /// The choice of each open read that is not the first.
    chosen: BTreeMap<usize, usize>,
    applied_once: bool,
}

impl Forbidden {
    /// Sets the sources of all open reads.
    fn apply(&mut self, execution: &mut Execution<'_>, choice: &BTreeMap<usize, usize>) {
        let open = std::mem::take(&mut execution.open);
        let mut set = |read: &OpenRead, number: usize| {
            let source = execution.choice(read, number);
            execution.source[read.op as usize] = source;
        };
        if !std::mem::replace(&mut self.applied_once, true) {
            open.iter().for_each(|read| set(read, 0));
        }
        for (&read, &number) in choice {
            set(&open[read], number);
            self.chosen.insert(read, number);
        }
        execution.open = open;
        execution.settle_optional_writes();
    }

    /// Forbids the choices a conflict rests on; false when it rests on none.
    fn learn(&mut self, execution: &Execution<'_>, mut conflict: Conflict) -> bool {
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
        let open_read = |op: &u32| execution.open.binary_search_by_key(op, |read| read.op).ok();
        let mut clause: Vec<Literal> =
            conflict.ops.iter().filter_map(open_read).map(|r| (r, self.chosen_of(r))).collect();
        clause.sort_unstable();
        clause.dedup();
        let rests_on_choice = !clause.is_empty();
        if !rests_on_choice {
            self.conflicts.clear();
        }
        self.clauses.push(clause);
        self.conflicts.push(conflict);
        rests_on_choice
    }

    fn chosen_of(&self, read: usize) -> usize {
        self.chosen.get(&read).copied().unwrap_or(0)
    }

    /// Choices for the open reads of all clauses that violate none, or the certainty that there are
    /// none. A choice that no clause names is as good as any other such, so that one is tried.
    fn choose(&self, execution: &Execution<'_>) -> Search {
        let mut named: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for &(read, number) in self.clauses.iter().flatten() {
            named.entry(read).or_default().push(number);
        }
        let reads: Vec<usize> = named.keys().copied().collect();
        let domains: Vec<Vec<usize>> = reads.iter().map(|&r| self.domain(execution, r, &named[&r])).collect();
        let place: BTreeMap<usize, usize> = reads.iter().enumerate().map(|(i, &r)| (r, i)).collect();
        // A clause is looked at when the last of its reads is chosen.
        let mut ending_at: Vec<Vec<&[Literal]>> = vec![Vec::new(); reads.len()];
        for clause in &self.clauses {
            let last = clause.iter().map(|(read, _)| place[read]).max().expect("a clause rests on a choice");
            ending_at[last].push(clause);
        }
        let mut tried = vec![0usize; reads.len() + 1];
        let mut choice = BTreeMap::new();
        let (mut depth, mut steps) = (0, 0);
        while depth < reads.len() {
            steps += 1;
            if steps > SEARCH_STEPS_MAX {
                return Search::TooLong;
            }
            let Some(&number) = domains[depth].get(tried[depth]) else {
                if depth == 0 {
                    return Search::None;
                }
                tried[depth] = 0;
                depth -= 1;
                continue;
            };
            tried[depth] += 1;
            choice.insert(reads[depth], number);
            let holds = |clause: &&[Literal]| clause.iter().all(|(read, number)| choice[read] == *number);
            if !ending_at[depth].iter().any(holds) {
                depth += 1;
                tried[depth] = 0;
            }
        }
        Search::Found(choice)
    }

    /// The choices worth trying: the present one, one that no clause names, and the named ones.
    fn domain(&self, execution: &Execution<'_>, read: usize, named: &[usize]) -> Vec<usize> {
        let mut domain = vec![self.chosen_of(read)];
        let count = execution.choices(&execution.open[read]);
        let unnamed = (0..count).find(|number| !named.contains(number));
        for &number in unnamed.iter().chain(named) {
            if !domain.contains(&number) {
                domain.push(number);
            }
        }
        domain
    }

    fn witness(&self, execution: &Execution<'_>) -> Witness {
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
