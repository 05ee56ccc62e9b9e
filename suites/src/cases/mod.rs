//! The cases, grouped as the interface is.
//!
//! A case tries to break a claim that holds of every good store, weak ones included: reads wait out
//! the convergence bound, and only what a declaration allows may be refused. Keys and values are as
//! short and plain as the claim permits, so that stores with small limits run most cases.

mod eventual;
mod store;

use crate::case::Case;
use crate::requirement;

/// All cases of `eventual@0.1.0`, in the order of the interface.
pub fn all() -> Vec<&'static Case> {
    eventual::GROUPS.iter().copied().flatten().collect()
}

/// The cases of a profile: for `store@0.2.0` those that test only what it shares with
/// `eventual@0.1.0`, then its own. None for a profile that is not known.
pub fn of(profile: &str) -> Vec<&'static Case> {
    let of_value_resources =
        |case: &Case| ["outgoing", "incoming"].iter().any(|g| case.name.split("::").nth(1) == Some(g));
    let is_shared = |case: &&Case| {
        !of_value_resources(case) && case.requirements.iter().all(|id| requirement::store::SHARED.contains(id))
    };
    match requirement::PROFILES.iter().find(|known| known.name == profile).map(|known| known.prefix) {
        Some("KVE") => all(),
        Some(_) => all().into_iter().filter(is_shared).chain(store::GROUPS.iter().copied().flatten()).collect(),
        None => Vec::new(),
    }
}

/// Every case there is, each once.
pub fn of_any_profile() -> impl Iterator<Item = &'static Case> {
    eventual::GROUPS.iter().chain(store::GROUPS).copied().flatten()
}

/// The case of this name.
pub fn find(name: &str) -> Option<&'static Case> {
    of_any_profile().find(|case| case.name == name)
}

#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) mod weak_stores;
