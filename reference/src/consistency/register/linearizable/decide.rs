//! Which algorithm settles one register.

use super::clusters::{Shape, Verdict};
use super::operations::Operation;
use super::search::{self, Found};
use super::{absence, swaps};
use crate::consistency::budget::Budget;
use crate::history::{NEVER, State};

/// Judges the operations of one register, in the order of invocation, states numbered densely.
/// The search takes what it needs from the budget; the others cost next to nothing.
pub(super) fn decide(operations: &[Operation], budget: &Budget) -> Verdict {
    let shape = Shape::of(operations);
    if let Some(at) = shape.unwritten(operations) {
        return Verdict::Broken(vec![at]);
    }
    let handed_over = operations.iter().any(|operation| operation.after != NEVER);
    if !shape.repeated && !shape.others && !handed_over {
        if !shape.swaps {
            if let Some(verdict) = absence::decide(operations, &shape.clusters) {
                return verdict;
            }
        } else if !shape.deletes && !shape.presence && !shape.doubled {
            return swaps::decide(operations, &shape.clusters);
        }
    }
    match search::search(operations, shape.clusters.len(), State::ABSENT, budget) {
        Found::Order => Verdict::Linearizable,
        Found::NoOrder { at } => Verdict::Broken(vec![at]),
        Found::Unknown(why) => Verdict::Unknown(why),
    }
}
