//! `store@0.2.0-draft`.

use std::io;

use crate::disk::Folder;
use exports::wasi::keyvalue::store::{Bucket, Error, Guest, GuestBucket, KeyResponse};

#[cfg(not(feature = "configured"))]
wit_bindgen::generate!({ path: "../../../wit/store-0.2.0-draft", world: "wasi:keyvalue/provider", generate_all });
#[cfg(feature = "configured")]
wit_bindgen::generate!({
    path: "../../../wit/store-0.2.0-draft",
    world: "wasi:keyvalue/configured-provider",
    generate_all,
});

/// Where the data is.
#[cfg(feature = "configured")]
fn root() -> Result<String, Error> {
    let known = wasi::config::store::get_all().map_err(|_| Error::Other("no configuration".into()))?;
    let asked = wasi::config::store::get("root").map_err(|_| Error::Other("no configuration".into()))?;
    let root = asked.filter(|root| known.contains(&("root".into(), root.clone())));
    root.ok_or_else(|| Error::Other("`root` is not configured".into()))
}

#[cfg(not(feature = "configured"))]
fn root() -> Result<String, Error> {
    Ok(crate::disk::ROOT.into())
}

struct Store;

fn other(error: io::Error) -> Error {
    Error::Other(error.to_string())
}

impl Guest for Store {
    type Bucket = Folder;

    fn open(identifier: String) -> Result<Bucket, Error> {
        #[cfg(feature = "configured")]
        wasi::logging::logging::log(wasi::logging::logging::Level::Info, "files", &format!("opens {identifier}"));
        Folder::open(&root()?, &identifier).map(Bucket::new).map_err(other)
    }
}

impl GuestBucket for Folder {
    fn get(&self, key: String) -> Result<Option<Vec<u8>>, Error> {
        Folder::get(self, &key).map_err(other)
    }

    fn set(&self, key: String, value: Vec<u8>) -> Result<(), Error> {
        Folder::set(self, &key, value).map_err(other)
    }

    fn delete(&self, key: String) -> Result<(), Error> {
        Folder::delete(self, &key).map_err(other)
    }

    fn exists(&self, key: String) -> Result<bool, Error> {
        Ok(Folder::get(self, &key).map_err(other)?.is_some())
    }

    fn list_keys(&self, _cursor: Option<u64>) -> Result<KeyResponse, Error> {
        Ok(KeyResponse { keys: self.keys().map_err(other)?, cursor: None })
    }
}

export!(Store);
