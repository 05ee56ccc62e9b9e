//! The imported interface, in the text that the features name. What it lacks gives `None`.

#[cfg(all(not(feature = "draft2"), not(feature = "store-only")))]
wit_bindgen::generate!({ path: "../wit/store-0.2.0-draft", world: "imports", generate_all });
#[cfg(all(not(feature = "draft2"), feature = "store-only"))]
wit_bindgen::generate!({ path: "../wit/store-0.2.0-draft", world: "store-only", generate_all });
#[cfg(all(feature = "draft2", not(feature = "store-only")))]
wit_bindgen::generate!({ path: "../wit/store-0.2.0-draft2", world: "imports", generate_all });
#[cfg(all(feature = "draft2", feature = "store-only"))]
wit_bindgen::generate!({ path: "../wit/store-0.2.0-draft2", world: "store-only", generate_all });

pub(crate) use wasi::keyvalue::store::{Bucket, Error, open};
#[cfg(not(feature = "store-only"))]
use wasi::keyvalue::{atomics, batch};

/// The greeting's profile and capabilities.
pub(crate) const OFFERED: &str = match (cfg!(feature = "draft2"), cfg!(feature = "store-only")) {
    (false, false) => "store@0.2.0-draft atomics batch",
    (false, true) => "store@0.2.0-draft",
    (true, false) => "store@0.2.0-draft2 atomics cas batch",
    (true, true) => "store@0.2.0-draft2",
};

type Page = (Vec<String>, Option<String>);

#[cfg(not(feature = "draft2"))]
pub(crate) fn list_keys(bucket: &Bucket, cursor: Option<String>) -> Option<Result<Page, Error>> {
    let cursor = match cursor {
        None => None,
        Some(text) => Some(text.parse::<u64>().ok()?),
    };
    Some(bucket.list_keys(cursor).map(|page| (page.keys, page.cursor.map(|cursor| cursor.to_string()))))
}

#[cfg(feature = "draft2")]
pub(crate) fn list_keys(bucket: &Bucket, cursor: Option<String>) -> Option<Result<Page, Error>> {
    Some(bucket.list_keys(cursor.as_deref()).map(|page| (page.keys, page.cursor)))
}

#[cfg(not(feature = "store-only"))]
pub(crate) fn increment(bucket: &Bucket, key: &str, delta: i64) -> Option<Result<i128, Error>> {
    #[cfg(not(feature = "draft2"))]
    let delta = u64::try_from(delta).ok()?;
    Some(atomics::increment(bucket, key, delta).map(i128::from))
}

#[cfg(all(feature = "draft2", not(feature = "store-only")))]
pub(crate) mod cas {
    use super::wasi::keyvalue::atomics::{self, CasError};
    use super::{Bucket, Error};

    pub(crate) use atomics::Cas;

    pub(crate) fn new(bucket: &Bucket, key: &str) -> Option<Result<Cas, Error>> {
        Some(Cas::new(bucket, key))
    }

    pub(crate) fn current(cas: &Cas) -> Result<Option<Vec<u8>>, Error> {
        cas.current()
    }

    /// `Some`: the swap failed, and this is the handle to try again with.
    pub(crate) fn swap(cas: Cas, value: &[u8]) -> Result<Option<Cas>, Error> {
        match atomics::swap(cas, value) {
            Ok(()) => Ok(None),
            Err(CasError::CasFailed(fresh)) => Ok(Some(fresh)),
            Err(CasError::StoreError(error)) => Err(error),
        }
    }
}

/// The first draft has no such resource: there is none to call.
#[cfg(any(not(feature = "draft2"), feature = "store-only"))]
pub(crate) mod cas {
    use super::{Bucket, Error};

    pub(crate) enum Cas {}

    pub(crate) fn new(_: &Bucket, _: &str) -> Option<Result<Cas, Error>> {
        None
    }

    pub(crate) fn current(cas: &Cas) -> Result<Option<Vec<u8>>, Error> {
        match *cas {}
    }

    pub(crate) fn swap(cas: Cas, _: &[u8]) -> Result<Option<Cas>, Error> {
        match cas {}
    }
}

type Answers = Vec<Option<(String, Vec<u8>)>>;

#[cfg(not(feature = "store-only"))]
pub(crate) fn get_many(bucket: &Bucket, keys: &[String]) -> Option<Result<Answers, Error>> {
    Some(batch::get_many(bucket, keys))
}

#[cfg(not(feature = "store-only"))]
pub(crate) fn set_many(bucket: &Bucket, pairs: &[(String, Vec<u8>)]) -> Option<Result<(), Error>> {
    Some(batch::set_many(bucket, pairs))
}

#[cfg(not(feature = "store-only"))]
pub(crate) fn delete_many(bucket: &Bucket, keys: &[String]) -> Option<Result<(), Error>> {
    Some(batch::delete_many(bucket, keys))
}

#[cfg(feature = "store-only")]
pub(crate) fn increment(_: &Bucket, _: &str, _: i64) -> Option<Result<i128, Error>> {
    None
}

#[cfg(feature = "store-only")]
pub(crate) fn get_many(_: &Bucket, _: &[String]) -> Option<Result<Answers, Error>> {
    None
}

#[cfg(feature = "store-only")]
pub(crate) fn set_many(_: &Bucket, _: &[(String, Vec<u8>)]) -> Option<Result<(), Error>> {
    None
}

#[cfg(feature = "store-only")]
pub(crate) fn delete_many(_: &Bucket, _: &[String]) -> Option<Result<(), Error>> {
    None
}
