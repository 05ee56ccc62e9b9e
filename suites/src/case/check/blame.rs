//! Whose fault an error is: which requirement it refutes where the claim at hand does not speak of
//! errors.
//!
//! Most requirements say of some call that it succeeds with a result, and an error refutes them. Others
//! speak of states alone: that no other key changes, that no value is made up, that reads agree. A call
//! that answers an error breaks none of those, but the requirement that the call itself has.

use kvspec_reference::RequirementId::{self, *};
use kvspec_reference::history::Kind;

/// What an error of one of the four operations refutes. `present` is the state of the register before:
/// what the last write that succeeded left, if there was one.
pub(super) fn of_operation(kind: Kind, present: Option<bool>) -> RequirementId {
    match (kind, present) {
        (Kind::Get, Some(true)) => KveGet01,
        (Kind::Get, _) => KveGet02,
        (Kind::Exists, Some(true)) => KveExi01,
        (Kind::Exists, _) => KveExi02,
        (Kind::Delete, Some(true)) => KveDel01,
        (Kind::Delete, _) => KveDel02,
        (Kind::Set | Kind::CompareAndSwap, Some(true)) => KveSet02,
        (Kind::Set | Kind::CompareAndSwap, Some(false)) => KveDel03,
        (Kind::Set | Kind::CompareAndSwap, None) => KveSet01,
        (Kind::Increment, _) => KvsInc02,
        (Kind::CasNew | Kind::CasCurrent, _) => KvsCas01,
        (Kind::Swap, _) => KvsCas02,
        (Kind::List, _) => KvsLst01,
    }
}

#[cfg(test)]
mod tests {
    use super::super::context::first_demanded;
    use super::super::value_call::ValueCall;
    use super::*;
    use crate::{cases, requirement};

    #[test]
    fn whatever_is_blamed_is_refuted_by_an_error() {
        let kinds = [Kind::Get, Kind::Exists, Kind::Set, Kind::Delete];
        let of_operations = kinds.into_iter().flat_map(|k| [None, Some(false), Some(true)].map(|p| of_operation(k, p)));
        let of_values = [ValueCall::WriteBodySync, ValueCall::ConsumeAsync].map(ValueCall::requirement);
        for id in of_operations.chain(of_values) {
            assert!(requirement::find(id).is_broken_by_an_error(), "{id}");
        }
    }

    #[test]
    fn no_case_starts_with_a_claim_that_is_only_reported() {
        for case in cases::of_any_profile() {
            let claim = first_demanded(case.requirements);
            assert!(!requirement::find(claim).is_only_observed(), "{}: {claim}", case.name);
        }
    }
}
