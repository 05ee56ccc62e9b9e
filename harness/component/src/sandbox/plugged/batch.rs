//! `wasi:keyvalue/batch`.

use kvspec::probe::GetMany;
use kvspec_reference::interface::{Batch, Bucket, Failure, Pair};
use wasmtime::component::LinkerInstance;
use wasmtime::component::types::ComponentInstance;
use wasmtime::{Engine, Result};

use super::calls::{Of, OrError, Store};
use crate::dialect::{answer_of_get_many, function};
use crate::sandbox::state::Sandbox;

type Called<T> = kvspec_reference::interface::Result<T>;

fn batch(bucket: &dyn Bucket) -> Called<&dyn Batch> {
    bucket.batch().ok_or_else(|| Failure::Harness("it takes one key at a time".into()))
}

fn borrowed(keys: &[String]) -> Vec<&str> {
    keys.iter().map(String::as_str).collect()
}

impl Sandbox {
    fn get_many(&mut self, of: &Of, keys: &[String]) -> Result<OrError<Vec<Option<Pair>>>> {
        self.in_bucket(of, |bucket| batch(bucket)?.get_many(&borrowed(keys)))
    }
}

pub(super) fn define(
    interface: &ComponentInstance,
    engine: &Engine,
    instance: &mut LinkerInstance<'_, Sandbox>,
) -> Result<()> {
    define_get_many(interface, engine, instance)?;
    instance.func_wrap("set-many", |mut store: Store<'_>, (of, pairs): (Of, Vec<(String, Vec<u8>)>)| {
        store.data_mut().keep(pairs.iter().map(|(key, value)| key.len() + value.len()).sum())?;
        let pairs: Vec<(&str, &[u8])> = pairs.iter().map(|(key, value)| (key.as_str(), value.as_slice())).collect();
        Ok((store.data_mut().in_bucket(&of, |bucket| batch(bucket)?.set_many(&pairs))?,))
    })?;
    instance.func_wrap("delete-many", |mut store: Store<'_>, (of, keys): (Of, Vec<String>)| {
        Ok((store.data_mut().in_bucket(&of, |bucket| batch(bucket)?.delete_many(&borrowed(&keys)))?,))
    })
}

/// Its answer differs by dialect.
fn define_get_many(
    interface: &ComponentInstance,
    engine: &Engine,
    instance: &mut LinkerInstance<'_, Sandbox>,
) -> Result<()> {
    let answer = function(interface, engine, "get-many").and_then(|function| answer_of_get_many(&function));
    match answer {
        Some(GetMany::KeyWithValueOrNone) => {
            instance.func_wrap("get-many", |mut store: Store<'_>, (of, keys): (Of, Vec<String>)| {
                let values = store.data_mut().get_many(&of, &keys)?;
                let keyed = |values: Vec<Option<Pair>>| -> Vec<(String, Option<Vec<u8>>)> {
                    keys.into_iter().zip(values).map(|(key, value)| (key, value.map(|(_, value)| value))).collect()
                };
                Ok((values.map(keyed),))
            })
        }
        Some(GetMany::ValueOrNone) => {
            instance.func_wrap("get-many", |mut store: Store<'_>, (of, keys): (Of, Vec<String>)| {
                let values = store.data_mut().get_many(&of, &keys)?;
                let alone = |values: Vec<Option<Pair>>| -> Vec<Option<Vec<u8>>> {
                    values.into_iter().map(|pair| pair.map(|(_, value)| value)).collect()
                };
                Ok((values.map(alone),))
            })
        }
        Some(GetMany::PairOrNone) | None => instance
            .func_wrap("get-many", |mut store: Store<'_>, (of, keys): (Of, Vec<String>)| {
                Ok((store.data_mut().get_many(&of, &keys)?,))
            }),
    }
}
