//! Hosts in Rust: runtimes on wasmtime that offer `wasi:keyvalue` as an import.
//!
//! The user gives the function that fills a [`Linker`], as for any guest; the probe, made by
//! [`exchanging_component`], is linked against it and driven. What the linker really has is found by its
//! types: see [`Dialect`]. Host functions may be asynchronous; those that need a runtime such as
//! tokio's find it when the caller has entered it.

mod block_on;
mod running;

use kvspec_reference::Profile;
use kvspec_reference::interface::{Implementation, Result, Subject};
use std::sync::Arc;
use std::time::Duration;
use wasmtime::Engine;
use wasmtime::component::{Component, InstancePre, Linker};

use crate::component::engine;
use crate::sandbox::Limits;
use kvspec::probe::{Dialect, exchanging_component, imports_only};
use kvspec::subject::{Hangs, LoadError};
use running::Running;

/// A host under test. Each start makes a fresh store with the user's data in it.
pub struct Host<T: 'static> {
    pre: InstancePre<T>,
    data: Box<dyn Fn() -> T + Send + Sync>,
    dialect: Dialect,
    /// Of all stores, so that a hang of one is known to those that come after it.
    hangs: Arc<Hangs>,
}

/// Makes a subject of a host: `link` fills the linker, `data` gives the data of each fresh store.
///
/// ```no_run
/// # struct MyState;
/// # mod my_runtime {
/// #     pub fn add_to_linker<T>(_: &mut wasmtime::component::Linker<T>) -> wasmtime::Result<()> { Ok(()) }
/// # }
/// let host = kvspec_component::host(|linker| my_runtime::add_to_linker(linker), || MyState);
/// ```
///
/// # Errors
/// When `link` fails, or when the linker then offers no `wasi:keyvalue/store` or `eventual` of a published
/// dialect.
pub fn host<T: Send + 'static>(
    link: impl FnOnce(&mut Linker<T>) -> wasmtime::Result<()>,
    data: impl Fn() -> T + Send + Sync + 'static,
) -> std::result::Result<Host<T>, LoadError> {
    let fault = |fault: String, help: &str| LoadError { file: None, fault, help: help.into() };
    let ours = "this is a fault of kvspec: please report it";
    let engine = engine(None).map_err(|e| fault(format!("the engine cannot start: {e:#}"), ours))?;
    let mut linker = Linker::new(&engine);
    link(&mut linker).map_err(|e| {
        fault(format!("the host's function that fills the linker failed: {e:#}"), "try it with an empty linker")
    })?;
    let dialect = detect(&engine, &linker)?;
    let probe = Component::new(&engine, exchanging_component(&dialect))
        .map_err(|e| fault(format!("the probe for {dialect} is invalid: {e:#}"), ours))?;
    let pre = linker
        .instantiate_pre(&probe)
        .map_err(|e| fault(format!("the probe for {dialect} does not link: {e:#}"), ours))?;
    let hangs = Arc::new(hangs(Limits::default().call_timeout));
    Ok(Host { pre, data: Box::new(data), dialect, hangs })
}

/// What waits, rather than computes, is given more than a component when two of its kind did not end.
const SHORT_PART: u32 = 20;

fn hangs(call_timeout: Duration) -> Hangs {
    Hangs::limited_to(call_timeout).then(call_timeout / SHORT_PART)
}

impl<T: Send + 'static> Host<T> {
    /// How long one function of the host may take to return; by default as long as a call of a component
    /// may compute: see [`Limits::call_timeout`]. One that takes longer has no answer. A function that
    /// computes or blocks, rather than waits as a future, cannot be ended.
    #[must_use]
    pub fn with_call_timeout(mut self, call_timeout: Duration) -> Self {
        self.hangs = Arc::new(hangs(call_timeout));
        self
    }

    /// What the linker was found to offer.
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }
}

impl<T: Send + 'static> Subject for Host<T> {
    fn start(&self, _seed: u64) -> Result<Box<dyn Implementation + '_>> {
        Ok(Box::new(Running::start(&self.pre, (self.data)(), self.dialect, &self.hangs)?))
    }

    fn profile(&self) -> Profile {
        self.dialect.profile()
    }

    fn offer(&self) -> String {
        self.dialect.to_string()
    }
}

/// Finds the dialect by linking components that only import: the types decide.
fn detect<T: 'static>(engine: &Engine, linker: &Linker<T>) -> std::result::Result<Dialect, LoadError> {
    let links = |dialect: &Dialect| {
        let component = Component::new(engine, imports_only(dialect)).map_err(|e| LoadError {
            file: None,
            fault: format!("the probe for {dialect} is invalid: {e:#}"),
            help: "this is a fault of kvspec: please report it".into(),
        })?;
        Ok::<_, LoadError>(linker.instantiate_pre(&component).map(drop))
    };
    Dialect::search(links)?.map_err(|refusals| {
        let each = refusals.iter().map(|(dialect, refusal)| format!("{dialect}: {refusal:#}"));
        LoadError {
            file: None,
            fault: format!(
                "offers no wasi:keyvalue/store or eventual of a published dialect\n  {}",
                each.collect::<Vec<_>>().join("\n  ")
            ),
            help: "add wasi:keyvalue/store@0.2.0-draft or -draft2, or eventual@0.1.0 with wasi:io, to the linker"
                .into(),
        }
    })
}

#[cfg(test)]
mod passthrough;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::component::{ComponentSubject, Options};
    use kvspec::probe::{Cursor, EventualDialect, GetMany, Increment, StoreDialect, VERSIONS, WASI_RELEASE, component};
    use kvspec::subject::{BuiltIn, Grants};

    #[test]
    fn every_dialect_reaches_the_store_that_is_plugged_in() {
        for dialect in of_store() {
            let grants = Grants { plug: Some(BuiltIn::Perfect), ..Grants::default() };
            let options = Options { grants, ..Options::default() };
            let middle = ComponentSubject::from_bytes(passthrough::component(dialect).as_bytes(), options);
            if dialect.cas {
                let refusal = middle.err().expect("compare-and-swap is not there").to_string();
                assert!(refusal.contains("wasi:keyvalue/atomics") && !refusal.contains("--plug"), "{refusal}");
                continue;
            }
            let middle = middle.unwrap_or_else(|error| panic!("{dialect}: {error}"));
            assert_eq!(middle.offer(), dialect.to_string());
            let instance = middle.start(1).unwrap();
            passes_through(&*instance.open("b").unwrap());
        }
    }

    fn passes_through(bucket: &dyn kvspec::Bucket) {
        bucket.set("a", b"1").unwrap();
        assert_eq!((bucket.get("a").unwrap().unwrap(), bucket.exists("c").unwrap()), (b"1".to_vec(), false));
        if let Some(batch) = bucket.batch() {
            batch.set_many(&[("b", b"2"), ("c", b"3")]).unwrap();
            batch.delete_many(&["c", "none"]).unwrap();
            let expected = [None, Some(("b".into(), b"2".to_vec()))];
            assert_eq!(batch.get_many(&["c", "b"]).unwrap(), expected);
            bucket.delete("b").unwrap();
        }
        if let Some(atomics) = bucket.atomics() {
            assert_eq!((atomics.increment("n", 5).unwrap(), atomics.increment("n", 2).unwrap()), (5, 7));
            bucket.delete("n").unwrap();
        }
        let page = bucket.listing().unwrap().list_keys(None).unwrap();
        assert_eq!((page.keys, page.cursor), (vec!["a".to_owned()], None));
    }

    #[test]
    fn every_probe_is_a_valid_component() {
        let engine = Engine::default();
        for dialect in of_store().into_iter().map(Dialect::from).chain(EventualDialect::all().map(Dialect::from)) {
            for text in [exchanging_component(&dialect), imports_only(&dialect), component(&dialect, WASI_RELEASE)] {
                Component::new(&engine, &text).map_err(|e| format!("{dialect}: {e:#}")).unwrap();
            }
        }
    }

    fn of_store() -> Vec<StoreDialect> {
        let mut all = Vec::new();
        for version in VERSIONS {
            for cursor in Cursor::ALL {
                for (increment, cas) in [
                    (None, false),
                    (Some(Increment::Unsigned), false),
                    (Some(Increment::Signed), false),
                    (Some(Increment::Signed), true),
                ] {
                    for get_many in [None].into_iter().chain(GetMany::ALL.map(Some)) {
                        all.push(StoreDialect { version, cursor, increment, cas, get_many });
                    }
                }
            }
        }
        all
    }
}
