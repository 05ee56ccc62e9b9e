//! Whose fault an error is: which requirement it refutes where the claim at hand does not speak of
//! errors.
//!
//! Most requirements say of some call that it succeeds with a result, and an error refutes them. Others
//! speak of states alone: that no other key changes, that no value is made up, that reads agree. A call
//! that answers an error breaks none of those, but the requirement that the call itself has.

use kvspec_reference::history::Kind;

use crate::requirement::{self, Requirement};

/// Whether an error of a call refutes this requirement.
pub(super) fn is_refuted_by_an_error(claim: &str) -> bool {
    // An error is an answer, so it does not break KVE-ERR-01 either.
    let of_states = ["KVE-BKT-01", "KVE-KEY-02", "KVE-ERR-01", "KVE-INT-", "KVE-CON-"];
    !of_states.iter().any(|start| claim.starts_with(start))
        && !requirement::find(claim).is_some_and(Requirement::is_only_observed)
}

/// What an error of one of the four operations refutes. `present` is the state of the register before:
/// what the last write that succeeded left, if there was one.
pub(super) fn of_operation(kind: Kind, present: Option<bool>) -> &'static str {
    match (kind, present) {
        (Kind::Get, Some(true)) => "KVE-GET-01",
        (Kind::Get, _) => "KVE-GET-02",
        (Kind::Exists, Some(true)) => "KVE-EXI-01",
        (Kind::Exists, _) => "KVE-EXI-02",
        (Kind::Delete, Some(true)) => "KVE-DEL-01",
        (Kind::Delete, _) => "KVE-DEL-02",
        (Kind::Set | Kind::CompareAndSwap, Some(true)) => "KVE-SET-02",
        (Kind::Set | Kind::CompareAndSwap, Some(false)) => "KVE-DEL-03",
        (Kind::Set | Kind::CompareAndSwap, None) => "KVE-SET-01",
    }
}

/// What an error of a call on a value refutes. `None`: a call that is no part of a value's life.
pub(super) fn of_value_call(call: &str) -> Option<&'static str> {
    let begins = |starts: &[&str]| starts.iter().any(|start| call.starts_with(start));
    match () {
        () if begins(&["new-outgoing-value", "write-body", "writing to the stream", "flushing the stream"]) => {
            Some("KVE-OUT-01")
        }
        () if begins(&["consume-", "reading the stream"]) => Some("KVE-INC-01"),
        () => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cases;

    #[test]
    fn whatever_is_blamed_is_registered_and_refuted_by_an_error() {
        let kinds = [Kind::Get, Kind::Exists, Kind::Set, Kind::Delete];
        let of_operations = kinds.into_iter().flat_map(|k| [None, Some(false), Some(true)].map(|p| of_operation(k, p)));
        let of_values = ["new-outgoing-value", "write-body-sync", "writing to the stream", "consume-async"];
        for id in of_operations.chain(of_values.into_iter().filter_map(of_value_call)) {
            assert!(requirement::find(id).is_some() && is_refuted_by_an_error(id), "{id}");
        }
    }

    #[test]
    fn no_case_starts_with_a_claim_that_is_only_reported() {
        for case in cases::of_any_profile() {
            let claim = super::super::first_demanded(case);
            assert!(requirement::find(claim).is_some_and(|r| !r.is_only_observed()), "{}: {claim}", case.name);
        }
    }
}
