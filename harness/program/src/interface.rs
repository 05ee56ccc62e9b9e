//! The imported interface, in the dialect that the features name. What a dialect lacks gives `None`.

use kvspec::Profile;
use kvspec::{ErrorKind, Failure, InterfaceError, KeyPage};

#[cfg(all(not(feature = "draft2"), not(feature = "store-only")))]
wit_bindgen::generate!({ path: "../wit/store-0.2.0-draft", world: "imports", generate_all });
#[cfg(all(not(feature = "draft2"), feature = "store-only"))]
wit_bindgen::generate!({ path: "../wit/store-0.2.0-draft", world: "store-only", generate_all });
#[cfg(all(feature = "draft2", not(feature = "store-only")))]
wit_bindgen::generate!({ path: "../wit/store-0.2.0-draft2", world: "imports", generate_all });
#[cfg(all(feature = "draft2", feature = "store-only"))]
wit_bindgen::generate!({ path: "../wit/store-0.2.0-draft2", world: "store-only", generate_all });

pub(crate) use wasi::keyvalue::store::{Bucket, Error, open};

/// The profile that is imported.
pub(crate) const PROFILE: Profile = if cfg!(feature = "draft2") { Profile::StoreDraft2 } else { Profile::StoreDraft };
/// Whether cursors are strings.
pub(crate) const HAS_TEXT_CURSOR: bool = cfg!(feature = "draft2");

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let (kind, trace) = match error {
            Error::NoSuchStore => (ErrorKind::NoSuchStore, "no text".to_owned()),
            Error::AccessDenied => (ErrorKind::AccessDenied, "no text".to_owned()),
            Error::Other(trace) => (ErrorKind::Other, trace),
        };
        Failure::Error(InterfaceError { kind, trace })
    }
}

/// `list-keys`. A cursor that the dialect cannot carry was given by no page of this host: there is nothing to
/// call.
#[cfg(not(feature = "draft2"))]
pub(crate) fn list_keys(bucket: &Bucket, cursor: Option<&str>) -> kvspec::Result<KeyPage> {
    let number = |text: &str| {
        text.parse::<u64>().map_err(|_| Failure::Harness(format!("{text:?} is no cursor of this dialect, a u64")))
    };
    let page = bucket.list_keys(cursor.map(number).transpose()?)?;
    Ok(KeyPage { keys: page.keys, cursor: page.cursor.map(|cursor| cursor.to_string()) })
}

/// `list-keys`.
#[cfg(feature = "draft2")]
pub(crate) fn list_keys(bucket: &Bucket, cursor: Option<&str>) -> kvspec::Result<KeyPage> {
    let page = bucket.list_keys(cursor)?;
    Ok(KeyPage { keys: page.keys, cursor: page.cursor })
}

/// What `atomics` has.
#[cfg(not(feature = "store-only"))]
pub(crate) mod atomics {
    use super::wasi::keyvalue::atomics as imported;
    use super::{Bucket, Failure};

    /// `increment`.
    pub(crate) fn increment(bucket: &Bucket, key: &str, delta: i64) -> kvspec::Result<i128> {
        #[cfg(not(feature = "draft2"))]
        let delta = u64::try_from(delta)
            .map_err(|_| Failure::Harness(format!("{delta} is no delta of this dialect, a u64")))?;
        Ok(imported::increment(bucket, key, delta).map_err(Failure::from)?.into())
    }

    #[cfg(feature = "draft2")]
    pub(crate) use imported::{Cas, CasError, swap};
}

/// What `batch` has.
#[cfg(not(feature = "store-only"))]
pub(crate) mod batch {
    use kvspec::Pair;

    use super::Bucket;
    use super::wasi::keyvalue::batch as imported;

    /// `get-many`.
    pub(crate) fn get_many(bucket: &Bucket, keys: &[String]) -> kvspec::Result<Vec<Option<Pair>>> {
        Ok(imported::get_many(bucket, keys)?)
    }

    /// `set-many`.
    pub(crate) fn set_many(bucket: &Bucket, pairs: &[Pair]) -> kvspec::Result<()> {
        Ok(imported::set_many(bucket, pairs)?)
    }

    /// `delete-many`.
    pub(crate) fn delete_many(bucket: &Bucket, keys: &[String]) -> kvspec::Result<()> {
        Ok(imported::delete_many(bucket, keys)?)
    }
}
