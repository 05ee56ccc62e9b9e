//! The cases, grouped as the interface is.
//!
//! A case tries to break a claim that holds of every good store, weak ones included: reads wait out
//! the convergence bound, and only what a declaration allows may be refused. Keys and values are as
//! short and plain as the claim permits, so that stores with small limits run most cases.

mod eventual;
mod store;

use kvspec_reference::{Profile, RequirementId};

use crate::case::Case;
use crate::requirement;

/// All cases of `eventual@0.1.0`, in the order of the interface.
pub fn all() -> Vec<&'static Case> {
    of_eventual().collect()
}

/// The cases of a profile: for `store@0.2.0` those that test only what it shares with
/// `eventual@0.1.0`, then its own.
pub fn of(profile: Profile) -> Vec<&'static Case> {
    if !profile.is_store() {
        return all();
    }
    let is_shared = |case: &&Case| case.requirements.iter().all(|id| requirement::find(*id).is_of(profile));
    let without_value_resources = eventual::GROUPS.iter().filter(|group| !group.needs_value_resources);
    let shared = without_value_resources.flat_map(|group| group.cases).filter(is_shared);
    shared.chain(of_store()).collect()
}

/// Every case there is, each once.
pub fn of_any_profile() -> impl Iterator<Item = &'static Case> {
    of_eventual().chain(of_store())
}

/// The cases that test a requirement.
pub fn testing(requirement: RequirementId) -> impl Iterator<Item = &'static Case> {
    of_any_profile().filter(move |case| case.requirements.contains(&requirement))
}

fn of_eventual() -> impl Iterator<Item = &'static Case> {
    eventual::GROUPS.iter().flat_map(|group| group.cases)
}

fn of_store() -> impl Iterator<Item = &'static Case> {
    store::GROUPS.iter().copied().flatten()
}

/// The case of this name.
pub fn find(name: &str) -> Option<&'static Case> {
    of_any_profile().find(|case| case.name == name)
}

#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) mod weak_stores;
