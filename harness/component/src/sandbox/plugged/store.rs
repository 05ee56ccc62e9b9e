//! `wasi:keyvalue/store`.

use kvspec_reference::interface::{Bucket, Failure, KeyPage};
use wasmtime::component::types::{ComponentInstance, Type};
use wasmtime::component::{ComponentType, Lift, LinkerInstance, Lower, Resource};
use wasmtime::{Engine, Result};

use super::calls::{Of, OrError, PluggedBucket, Store, StoreError};
use crate::dialect::function;
use crate::sandbox::state::Sandbox;

/// `key-response`, with either cursor.
#[derive(ComponentType, Lower, Lift)]
#[component(record)]
struct Page<C> {
    keys: Vec<String>,
    cursor: Option<C>,
}

impl Sandbox {
    fn all_keys_of_bucket(&mut self, of: &Of) -> Result<OrError<Vec<String>>> {
        self.in_bucket(of, all_keys)
    }

    fn keys_of_bucket(&mut self, of: &Of, cursor: Option<&str>) -> Result<OrError<KeyPage>> {
        self.in_bucket(of, |bucket| {
            let listing = bucket.listing().ok_or_else(|| Failure::Harness("it lists no keys".into()))?;
            listing.list_keys(cursor)
        })
    }
}

/// All pages of a listing.
fn all_keys(bucket: &dyn Bucket) -> kvspec_reference::interface::Result<Vec<String>> {
    let listing = bucket.listing().ok_or_else(|| Failure::Harness("it lists no keys".into()))?;
    let (mut keys, mut cursor) = (Vec::new(), None);
    loop {
        let page = listing.list_keys(cursor.as_deref())?;
        keys.extend(page.keys);
        match page.cursor {
            Some(next) => cursor = Some(next),
            None => return Ok(keys),
        }
    }
}

/// Defines the functions of `store`, with the cursor that `interface` wants.
pub(crate) fn define(
    interface: &ComponentInstance,
    engine: &Engine,
    instance: &mut LinkerInstance<'_, Sandbox>,
) -> Result<()> {
    instance.func_wrap("open", |mut store: Store<'_>, (name,): (String,)| {
        let opened = store.data_mut().plugged(|plugged| plugged.open(&name))?;
        Ok((opened.map(Resource::<PluggedBucket>::new_own),))
    })?;
    instance.func_wrap("[method]bucket.get", |mut store: Store<'_>, (of, key): (Of, String)| {
        Ok((store.data_mut().in_bucket(&of, |bucket| bucket.get(&key))?,))
    })?;
    instance.func_wrap("[method]bucket.set", |mut store: Store<'_>, (of, key, value): (Of, String, Vec<u8>)| {
        Ok((store.data_mut().set_in_bucket(&of, &key, &value)?,))
    })?;
    instance.func_wrap("[method]bucket.delete", |mut store: Store<'_>, (of, key): (Of, String)| {
        Ok((store.data_mut().in_bucket(&of, |bucket| bucket.delete(&key))?,))
    })?;
    instance.func_wrap("[method]bucket.exists", |mut store: Store<'_>, (of, key): (Of, String)| {
        Ok((store.data_mut().in_bucket(&of, |bucket| bucket.exists(&key))?,))
    })?;
    if has_number_cursor(interface, engine) {
        return instance.func_wrap(
            "[method]bucket.list-keys",
            |mut store: Store<'_>, (of, cursor): (Of, Option<u64>)| {
                // Ours are texts: so all keys are one page, after which there is no other.
                let keys = match cursor {
                    None => store.data_mut().all_keys_of_bucket(&of)?,
                    Some(number) => Err(StoreError::Other(format!("{number} is no cursor of this store"))),
                };
                Ok((keys.map(|keys| Page { keys, cursor: None::<u64> }),))
            },
        );
    }
    instance.func_wrap("[method]bucket.list-keys", |mut store: Store<'_>, (of, cursor): (Of, Option<String>)| {
        let page = store.data_mut().keys_of_bucket(&of, cursor.as_deref())?;
        Ok((page.map(|page| Page { keys: page.keys, cursor: page.cursor }),))
    })
}

fn has_number_cursor(interface: &ComponentInstance, engine: &Engine) -> bool {
    let cursor =
        function(interface, engine, "[method]bucket.list-keys").and_then(|f| f.params().last().map(|(_, ty)| ty));
    matches!(cursor, Some(Type::Option(cursor)) if cursor.ty() == Type::U64)
}
