//! Sequential consistency: one order of all operations that respects each session's order.
//!
//! **Definition.** There is one total order of all operations, of all registers, that respects the
//! order of every session and in which each read returns the last write before it (Lamport 1979).
//! Real time does not count between sessions: everything may be late, but for all in the same order.
//!
//! ```text
//!   session 0        session 1
//!   set x = 1        set y = 1
//!   get y -> absent  get x -> absent     not sequential: one of the writes came first
//! ```
//!
//! **Complexity.** NP-complete even when all sources are known (Gibbons, Korach 1997). So it is done
//! by degrees: a quick search that follows real time, which finds the order of any history that is
//! nearly linearizable; the levels that sequential consistency implies, one of which mostly shows
//! what is wrong; then a longer search. Past its budget the verdict is unknown.

use crate::consistency::budget::Budget;
use crate::consistency::causal::execution::{Execution, normalise};
use crate::consistency::causal::order_search::{Found, Search};
use crate::consistency::causal::{causal_convergent, causal_memory, coherent};
use crate::consistency::finding::{Finding, Witness};
use crate::history::History;

/// What of a budget the quick search may spend for each operation and chain.
const QUICK_STEPS: u64 = 64;

/// Judges sequential consistency. The long search comes last: what breaks a weaker level breaks this
/// one, and is found in much less time.
pub fn check(history: &History) -> Finding {
    check_within(history, &Budget::default())
}

/// The same within a budget.
pub(crate) fn check_within(history: &History, budget: &Budget) -> Finding {
    judge(history, budget, |budget| {
        let weaker = [coherent::check_within, causal_convergent::check_within, causal_memory::check_within];
        weaker.into_iter().find_map(|check| {
            let part = budget.part(budget.left() / 4);
            let finding = check(history, &part);
            budget.settle(&part);
            matches!(finding, Finding::Broken(_)).then_some(finding)
        })
    })
}

/// The same where it is known of coherence and the causal levels that they are not broken, or are
/// no easier to judge.
pub(crate) fn check_after_weaker(history: &History, budget: &Budget) -> Finding {
    judge(history, budget, |_| None)
}

fn judge(history: &History, budget: &Budget, broken_weaker: impl FnOnce(&Budget) -> Option<Finding>) -> Finding {
    let execution = match normalise(history, budget) {
        Ok(execution) => execution,
        Err(witness) => return Finding::Broken(witness),
    };
    let quick = budget.part((1 << 16) + QUICK_STEPS * (execution.ops.len() * (4 + execution.chain_count())) as u64);
    let mut found = Search::new(&execution).run(&quick);
    budget.settle(&quick);
    if found == Found::Order {
        return if is_exercised(&execution) {
            Finding::Kept
        } else {
            Finding::NotExercised("no session read a register that another session wrote".into())
        };
    }
    if let Some(broken) = broken_weaker(budget) {
        return broken;
    }
    if found == Found::OutOfBudget {
        found = Search::new(&execution).run(budget);
    }
    match found {
        Found::Order => Finding::Kept,
        Found::None => Finding::Broken(no_order(&execution)),
        Found::OutOfBudget => Finding::Unknown("no order was found before the budget of steps was spent".into()),
    }
}

fn no_order(execution: &Execution<'_>) -> Witness {
    let mut operations: Vec<usize> = execution.ops.iter().map(|op| op.record as usize).collect();
    operations.sort_unstable();
    let because = "no order of these operations that keeps each session's order explains every read";
    Witness { operations, because: vec![because.into()] }
}

/// Whether some read could have shown that there is no order: it saw another session's write, or
/// what came before one.
fn is_exercised(execution: &Execution<'_>) -> bool {
    let mut writer_of: Vec<Option<u32>> = vec![None; execution.history.registers().len()];
    let mut several = vec![false; writer_of.len()];
    for op in execution.ops.iter().filter(|op| op.is_write()) {
        let register = op.register as usize;
        let writer = *writer_of[register].get_or_insert(op.chain);
        several[register] |= writer != op.chain;
    }
    (0..execution.ops.len()).any(|i| {
        let (op, register) = (execution.ops[i], execution.ops[i].register as usize);
        execution.seen(i).is_some() && (several[register] || writer_of[register].is_some_and(|w| w != op.chain))
    })
}
