//! A running instance that exports `store@0.2.0`, as the traits of the interface.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use kvspec_reference::interface::{
    Atomics, Batch, Bucket, Clock, CompareAndSwap, Counter, Failure, Implementation, KeyPage, Listing, Pair, Result,
    Swap,
};
use wasmtime::Store;
use wasmtime::component::{ComponentNamedList, Lift, Lower, ResourceAny, TypedFunc};

use super::functions::{
    BatchFunctions, CasError, Functions, GetManyFunction, IncrementFunction, ListKeysFunction, StoreError,
};
use crate::component::call_watch::{CallWatch, DROP};
use crate::component::condition::Condition;
use crate::component::failed_call::trap;
use crate::sandbox::Sandbox;

/// An instance. Handles share it and keep it alive.
pub(crate) struct StoreInstance {
    live: Shared,
    clock: Option<Box<dyn Clock>>,
}

type Shared = Rc<RefCell<Live>>;

struct Live {
    store: Store<Sandbox>,
    functions: Functions,
    condition: Condition,
    /// It broke because it computed for too long.
    interrupted: bool,
}

impl StoreInstance {
    /// `watch`: who watches the calls into this store.
    pub(crate) fn new(
        store: Store<Sandbox>,
        functions: Functions,
        watch: Arc<CallWatch>,
        clock: Option<Box<dyn Clock>>,
    ) -> Self {
        let condition = Condition::new(watch);
        let live = Live { store, functions, condition, interrupted: false };
        Self { live: Rc::new(RefCell::new(live)), clock }
    }

    /// Lets the store be looked at between calls.
    pub(crate) fn with_store<R>(&self, look: impl FnOnce(&Store<Sandbox>) -> R) -> R {
        look(&self.live.borrow().store)
    }

    /// Lets the store be changed between calls.
    pub(crate) fn with_store_mut<R>(&self, change: impl FnOnce(&mut Store<Sandbox>) -> R) -> R {
        change(&mut self.live.borrow_mut().store)
    }

    /// Whether something broke the instance, so that it cannot be called again.
    pub(crate) fn is_broken(&self) -> bool {
        self.live.borrow().condition.is_broken()
    }

    /// Whether a call was ended because it computed for too long.
    pub(crate) fn was_interrupted(&self) -> bool {
        self.live.borrow().interrupted
    }
}

impl Live {
    fn call<P, R>(&mut self, name: &'static str, function: TypedFunc<P, R>, arguments: P) -> Result<R>
    where
        P: ComponentNamedList + Lower,
        R: ComponentNamedList + Lift + 'static,
    {
        self.condition.enter(name)?;
        self.store.data_mut().begin_call();
        let result = function.call(&mut self.store, arguments);
        let result = self.told(name, result);
        self.condition.after(result)
    }

    fn ask<P, R>(
        &mut self,
        name: &'static str,
        function: TypedFunc<P, (std::result::Result<R, StoreError>,)>,
        arguments: P,
    ) -> Result<R>
    where
        P: ComponentNamedList + Lower,
        R: Lift + 'static,
    {
        self.call(name, function, arguments)?.0.map_err(Failure::from)
    }

    fn drop_resource(&mut self, resource: ResourceAny) {
        if self.condition.enter(DROP).is_err() {
            return;
        }
        self.store.data_mut().begin_call();
        let dropped = resource.resource_drop(&mut self.store);
        let dropped = self.told(DROP, dropped);
        self.condition.after_drop(dropped);
    }

    /// The result with its error as one of ours.
    fn told<R>(&mut self, name: &'static str, result: wasmtime::Result<R>) -> Result<R> {
        result.map_err(|error| {
            self.interrupted |= matches!(error.downcast_ref(), Some(wasmtime::Trap::Interrupt));
            trap(name, &error, self.store.data(), self.condition.watch())
        })
    }
}

impl Implementation for StoreInstance {
    fn open(&self, name: &str) -> Result<Box<dyn Bucket>> {
        let mut live = self.live.borrow_mut();
        let function = live.functions.open;
        let resource = live.ask("open", function, (name,))?;
        Ok(Box::new(Handle { live: self.live.clone(), resource, given_away: false }))
    }

    fn clock(&self) -> Option<&dyn Clock> {
        self.clock.as_deref()
    }

    fn take_fault(&self) -> Option<Failure> {
        self.live.borrow_mut().condition.take_fault()
    }
}

/// A resource of the instance: a bucket, or a compare-and-swap. Dropping it drops the resource.
struct Handle {
    live: Shared,
    resource: ResourceAny,
    /// Ownership went into a call: there is nothing left to drop.
    given_away: bool,
}

impl Drop for Handle {
    fn drop(&mut self) {
        if !self.given_away {
            self.live.borrow_mut().drop_resource(self.resource);
        }
    }
}

impl Bucket for Handle {
    fn get(&self, key: &str) -> Result<Option<Vec<u8>>> {
        let mut live = self.live.borrow_mut();
        let function = live.functions.get;
        live.ask("get", function, (self.resource, key))
    }

    fn set(&self, key: &str, value: &[u8]) -> Result<()> {
        let mut live = self.live.borrow_mut();
        let function = live.functions.set;
        live.ask("set", function, (self.resource, key, value))
    }

    fn delete(&self, key: &str) -> Result<()> {
        let mut live = self.live.borrow_mut();
        let function = live.functions.delete;
        live.ask("delete", function, (self.resource, key))
    }

    fn exists(&self, key: &str) -> Result<bool> {
        let mut live = self.live.borrow_mut();
        let function = live.functions.exists;
        live.ask("exists", function, (self.resource, key))
    }

    fn listing(&self) -> Option<&dyn Listing> {
        Some(self)
    }

    fn atomics(&self) -> Option<&dyn Atomics> {
        self.live.borrow().functions.increment.is_some().then_some(self as &dyn Atomics)
    }

    fn batch(&self) -> Option<&dyn Batch> {
        self.live.borrow().functions.batch.is_some().then_some(self as &dyn Batch)
    }
}

impl Listing for Handle {
    fn list_keys(&self, cursor: Option<&str>) -> Result<KeyPage> {
        let mut live = self.live.borrow_mut();
        match live.functions.list_keys {
            ListKeysFunction::Text(function) => {
                live.ask("list-keys", function, (self.resource, cursor)).map(KeyPage::from)
            }
            ListKeysFunction::Number(function) => {
                let cursor = cursor.map(str::parse::<u64>).transpose();
                let cursor = cursor.map_err(|_| Failure::Harness("a cursor of this profile is a u64".into()))?;
                live.ask("list-keys", function, (self.resource, cursor)).map(KeyPage::from)
            }
        }
    }

    fn has_text_cursor(&self) -> bool {
        matches!(self.live.borrow().functions.list_keys, ListKeysFunction::Text(_))
    }
}

impl Atomics for Handle {
    fn increment(&self, key: &str, delta: i64) -> Result<i128> {
        let mut live = self.live.borrow_mut();
        match live.functions.increment {
            None => Err(not_offered("atomics")),
            Some(IncrementFunction::Signed(function)) => {
                live.ask("increment", function, (self.resource, key, delta)).map(i128::from)
            }
            Some(IncrementFunction::Unsigned(function)) => {
                let delta = u64::try_from(delta)
                    .map_err(|_| Failure::Harness("increment of this profile adds a u64, never less than 0".into()))?;
                live.ask("increment", function, (self.resource, key, delta)).map(i128::from)
            }
        }
    }

    fn counter(&self) -> Counter {
        match self.live.borrow().functions.increment {
            Some(IncrementFunction::Unsigned(_)) => Counter::Unsigned,
            Some(IncrementFunction::Signed(_)) | None => Counter::Signed,
        }
    }

    fn cas(&self, key: &str) -> Option<Result<Box<dyn CompareAndSwap>>> {
        let mut live = self.live.borrow_mut();
        let function = live.functions.cas?.new;
        let made = live.ask("cas.new", function, (self.resource, key));
        Some(made.map(|resource| compare_and_swap(&self.live, resource)))
    }
}

impl CompareAndSwap for Handle {
    fn current(&self) -> Result<Option<Vec<u8>>> {
        let mut live = self.live.borrow_mut();
        let function = live.functions.cas.ok_or_else(|| not_offered("cas"))?.current;
        live.ask("cas.current", function, (self.resource,))
    }

    fn swap(mut self: Box<Self>, value: &[u8]) -> Result<Swap> {
        self.given_away = true;
        let mut live = self.live.borrow_mut();
        let function = live.functions.cas.ok_or_else(|| not_offered("cas"))?.swap;
        match live.call("swap", function, (self.resource, value))?.0 {
            Ok(()) => Ok(Swap::Done),
            Err(CasError::Store(error)) => Err(error.into()),
            Err(CasError::Failed(fresh)) => Ok(Swap::Failed(compare_and_swap(&self.live, fresh))),
        }
    }
}

impl Batch for Handle {
    fn get_many(&self, keys: &[&str]) -> Result<Vec<Option<Pair>>> {
        let mut live = self.live.borrow_mut();
        let arguments = (self.resource, keys);
        match functions_of_batch(&live)?.get_many {
            GetManyFunction::Pairs(function) => live.ask("get-many", function, arguments),
            GetManyFunction::Keyed(function) => {
                let answers = live.ask("get-many", function, arguments)?;
                Ok(answers.into_iter().map(|(key, value)| value.map(|value| (key, value))).collect())
            }
            GetManyFunction::Values(function) => {
                // No key in the answer: it stands for the one asked at its place.
                let answers = live.ask("get-many", function, arguments)?;
                let asked = keys.iter().copied().map(str::to_owned).chain(std::iter::repeat(String::new()));
                Ok(answers.into_iter().zip(asked).map(|(value, key)| value.map(|value| (key, value))).collect())
            }
        }
    }

    fn set_many(&self, pairs: &[(&str, &[u8])]) -> Result<()> {
        let mut live = self.live.borrow_mut();
        let function = functions_of_batch(&live)?.set_many;
        live.ask("set-many", function, (self.resource, pairs))
    }

    fn delete_many(&self, keys: &[&str]) -> Result<()> {
        let mut live = self.live.borrow_mut();
        let function = functions_of_batch(&live)?.delete_many;
        live.ask("delete-many", function, (self.resource, keys))
    }
}

fn compare_and_swap(live: &Shared, resource: ResourceAny) -> Box<dyn CompareAndSwap> {
    Box::new(Handle { live: live.clone(), resource, given_away: false })
}

fn functions_of_batch(live: &Live) -> Result<BatchFunctions> {
    live.functions.batch.ok_or_else(|| not_offered("batch"))
}

fn not_offered(what: &str) -> Failure {
    Failure::Harness(format!("{what} was asked of an implementation that does not offer it"))
}
