//! Hosts in Rust: runtimes on wasmtime that offer `wasi:keyvalue/store` as an import.
//!
//! The user gives the function that fills a [`Linker`], as for any guest; the probe
//! (`passthrough`) is linked against it and driven. What the linker really has is found by its
//! types: see [`Dialect`]. Host functions may be asynchronous; those that need a runtime such as
//! tokio's find it when the caller has entered it.

mod block_on;
mod passthrough;

use kvspec_reference::Profile;
use kvspec_reference::interface::{Failure, Implementation, Result, Subject};
use std::sync::Arc;
use std::time::Duration;
use wasmtime::component::{Component, ComponentNamedList, InstancePre, Lift, Linker, Lower, ResourceAny, TypedFunc};
use wasmtime::{Engine, Store};

use crate::component::{COPIED_BYTES_MAX, CallWatch, CutOff, Functions, Mode, START, StoreInstance, engine};
use crate::sandbox::Limits;
use block_on::{NoAnswer, block_on};
use kvspec::probe::Dialect;
use kvspec::subject::{Hangs, LoadError};

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
/// When `link` fails, or when the linker then offers no `wasi:keyvalue/store` of a published dialect.
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
    let probe = Component::new(&engine, passthrough::component(&dialect))
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
        let mut store = Store::new(self.pre.engine(), (self.data)());
        store.set_hostcall_fuel(COPIED_BYTES_MAX);
        let watch = CallWatch::over(&mut store, self.hangs.clone());
        let instance = block_on(self.pre.instantiate_async(&mut store), watch.limit())
            .map_err(|e| InHost::failure(START, &e, store.data(), &watch))?;
        let functions = Functions::of(self.pre.component(), &instance, &self.dialect, &mut store)
            .map_err(|e| Failure::Harness(format!("the probe has other types than it was made for: {e:#}")))?;
        Ok(Box::new(StoreInstance::<T, InHost>::new(store, functions, watch, None)))
    }

    fn profile(&self) -> Profile {
        self.dialect.profile()
    }

    fn offer(&self) -> String {
        self.dialect.to_string()
    }
}

/// Calls that end in functions of the host.
struct InHost;

impl<T: Send + 'static> Mode<T> for InHost {
    fn call<P, R>(
        store: &mut Store<T>,
        watch: &CallWatch,
        function: TypedFunc<P, R>,
        arguments: P,
    ) -> wasmtime::Result<R>
    where
        P: ComponentNamedList + Lower,
        R: ComponentNamedList + Lift + 'static,
    {
        block_on(function.call_async(store, arguments), watch.limit())
    }

    fn drop_resource(store: &mut Store<T>, watch: &CallWatch, resource: ResourceAny) -> wasmtime::Result<()> {
        block_on(resource.resource_drop_async(store), watch.limit())
    }

    fn failure(call: &'static str, error: &wasmtime::Error, _data: &T, watch: &CallWatch) -> Failure {
        if error.is::<NoAnswer>() {
            watch.hangs().note(call);
            return Failure::Unanswered(format!("{error}: {call}, within {}", watch.hangs().limits()));
        }
        if let Some(cut_off) = error.downcast_ref::<CutOff>() {
            return Failure::Unanswered(cut_off.to_string());
        }
        Failure::Trap(format!("the host function failed: {}", error.root_cause()))
    }
}

/// Finds the dialect by linking components that only import: the types decide.
fn detect<T: 'static>(engine: &Engine, linker: &Linker<T>) -> std::result::Result<Dialect, LoadError> {
    let links = |dialect: &Dialect| {
        let component = Component::new(engine, passthrough::imports_only(dialect)).map_err(|e| LoadError {
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
                "offers no wasi:keyvalue/store of a published dialect\n  {}",
                each.collect::<Vec<_>>().join("\n  ")
            ),
            help: "add wasi:keyvalue/store@0.2.0-draft or -draft2 to the linker".into(),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::component::{ComponentSubject, Options};
    use kvspec::probe::{Cursor, GetMany, Increment, VERSIONS};
    use kvspec::subject::{BuiltIn, Grants};

    #[test]
    fn every_dialect_reaches_the_store_that_is_plugged_in() {
        for dialect in dialects() {
            let grants = Grants { plug: Some(BuiltIn::Perfect), ..Grants::default() };
            let options = Options { grants, ..Options::default() };
            let middle = ComponentSubject::from_bytes(passthrough::component(&dialect).as_bytes(), options);
            if dialect.cas {
                let refusal = middle.err().expect("compare-and-swap is not there").to_string();
                assert!(refusal.contains("wasi:keyvalue/atomics") && !refusal.contains("--plug"), "{refusal}");
                continue;
            }
            let middle = middle.unwrap_or_else(|error| panic!("{dialect}: {error}"));
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
        for dialect in dialects() {
            let text = passthrough::component(&dialect);
            let component = Component::new(&engine, &text).map_err(|e| format!("{dialect}: {e:#}")).unwrap();
            let found = crate::component::dialect::of_exports(&component, &engine).unwrap();
            assert_eq!(found, Some(dialect));
            Component::new(&engine, passthrough::imports_only(&dialect)).unwrap();
        }
    }

    fn dialects() -> Vec<Dialect> {
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
                        all.push(Dialect { version, cursor, increment, cas, get_many });
                    }
                }
            }
        }
        all
    }
}
