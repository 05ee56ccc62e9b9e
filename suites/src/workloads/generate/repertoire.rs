//! What an implementation can be asked beyond the four operations.

use kvspec_reference::Profile;
use kvspec_reference::interface::{Bucket, Counter, Subject};

use crate::declaration::Declaration;

/// What an implementation can be asked beyond the four operations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Repertoire {
    /// `list-keys`.
    pub listing: bool,
    /// `increment`, and the type of its number.
    pub increment: Option<Counter>,
    /// `cas` and `swap`.
    pub swap: bool,
    /// `get-many`, `set-many` and `delete-many`.
    pub batch: bool,
    /// How many keys a page of a listing has, where that was found.
    pub page_keys: Option<u32>,
}

/// How many keys are set to find the size of a page.
const PAGE_TRIED_KEYS: usize = 1_200;

impl Repertoire {
    /// get, set, delete and exists alone.
    pub const FOUR_OPERATIONS: Self =
        Self { listing: false, increment: None, swap: false, batch: false, page_keys: None };

    /// All that the text of a profile has. An implementation that offers less is asked in vain.
    pub fn of(profile: Profile) -> Self {
        let (is_store, is_second) = (profile.is_store(), profile == Profile::StoreDraft2);
        let counter = if is_second { Counter::Signed } else { Counter::Unsigned };
        let increment = is_store.then_some(counter);
        Self { listing: is_store, increment, swap: is_second, batch: is_store, page_keys: None }
    }

    /// What a handle of the subject offers, of what its profile has; and how many keys its first page holds,
    /// which takes up to 1,200 pairs in an implementation that is thrown away. What cannot be found out is taken
    /// from the profile.
    pub fn offered_by(subject: &dyn Subject, declaration: &Declaration) -> Self {
        let of_profile = Self::of(subject.profile());
        if of_profile == Self::FOUR_OPERATIONS {
            return of_profile;
        }
        let Ok(implementation) = subject.start(0) else { return of_profile };
        let buckets = &declaration.capabilities.buckets;
        let Ok(bucket) = implementation.open(buckets.first().map_or("b", String::as_str)) else { return of_profile };
        let increment = bucket.atomics().map(|atomics| atomics.counter());
        Self {
            listing: of_profile.listing && bucket.listing().is_some(),
            swap: of_profile.swap && increment.is_some(),
            increment,
            batch: of_profile.batch && bucket.batch().is_some(),
            page_keys: page_keys(&*bucket, declaration),
        }
    }
}

/// How many keys the first of several pages holds.
fn page_keys(bucket: &dyn Bucket, declaration: &Declaration) -> Option<u32> {
    let listing = bucket.listing()?;
    let limits = &declaration.limits;
    let count = limits.max_keys.unwrap_or(PAGE_TRIED_KEYS).min(PAGE_TRIED_KEYS);
    if limits.max_key_bytes.is_some_and(|longest| longest < 5) || limits.max_value_bytes == Some(0) {
        return None;
    }
    let keys: Vec<String> = (0..count).map(|number| format!("k{number:04}")).collect();
    for key in &keys {
        bucket.set(key, b"v").ok()?;
    }
    let page = listing.list_keys(None);
    // Whoever keeps data from one start to the next is left as it was.
    keys.iter().for_each(|key| drop(bucket.delete(key)));
    let page = page.ok()?;
    page.cursor?;
    u32::try_from(page.keys.len()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stores::legal;
    use kvspec_reference::InMemory;
    use kvspec_reference::interface::fresh;

    #[test]
    fn what_is_offered_is_found() {
        let plain = legal::store::all().iter().find(|store| store.name == "store-plain").expect("the correct store");
        let subject = fresh(|seed| Boxed((plain.start)(seed))).of(Profile::StoreDraft2);
        let found = Repertoire::offered_by(&subject, &(plain.declaration)());
        let all = Repertoire { page_keys: Some(64), ..Repertoire::of(Profile::StoreDraft2) };
        assert_eq!(found, all);
        assert_eq!(Repertoire::offered_by(plain, &(plain.declaration)()), Repertoire::FOUR_OPERATIONS);
        let in_memory = fresh(|_| InMemory::new()).of(Profile::StoreDraft);
        assert_eq!(Repertoire::offered_by(&in_memory, &Declaration::default()), Repertoire::FOUR_OPERATIONS);
    }

    /// A store behind a pointer.
    struct Boxed(Box<dyn kvspec_reference::Implementation>);

    impl kvspec_reference::Implementation for Boxed {
        fn open(&self, name: &str) -> kvspec_reference::interface::Result<Box<dyn Bucket>> {
            self.0.open(name)
        }
    }
}
