//! A store of wasmtime in which the probe runs.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use kvspec::probe::{ANSWER_HEAD_BYTES, Dialect};
use kvspec::subject::Hangs;
use kvspec::subject::probed::{Answer, Probed, Transport, is_drop};
use kvspec_reference::interface::{Bucket, Failure, Implementation, OutgoingValue, Result};
use wasmtime::Store;
use wasmtime::component::{InstancePre, TypedFunc};

use super::block_on::{NoAnswer, block_on};
use crate::component::{COPIED_BYTES_MAX, CallWatch, Condition, CutOff, START};

/// A host with data of its own. Handles keep it alive.
pub(super) struct Running<T: 'static> {
    instance: Rc<ProbeInstance<T>>,
    probed: Probed,
}

impl<T: Send + 'static> Running<T> {
    /// # Errors
    /// When the probe cannot be instantiated.
    pub(super) fn start(pre: &InstancePre<T>, data: T, dialect: Dialect, hangs: &Arc<Hangs>) -> Result<Self> {
        let mut store = Store::new(pre.engine(), data);
        store.set_hostcall_fuel(COPIED_BYTES_MAX);
        let watch = CallWatch::over(&mut store, hangs.clone());
        let instance = block_on(pre.instantiate_async(&mut store), watch.limit())
            .map_err(|error| failure(START, &error, &watch))?;
        let exchange = instance
            .get_typed_func(&mut store, "exchange")
            .map_err(|e| Failure::Harness(format!("the probe has other types than it was made for: {e:#}")))?;
        let live = RefCell::new(Live { store, exchange, condition: Condition::new(watch) });
        let instance = Rc::new(ProbeInstance(live));
        Ok(Self { probed: Probed::new(instance.clone(), dialect), instance })
    }
}

impl<T: Send + 'static> Implementation for Running<T> {
    fn open(&self, name: &str) -> Result<Box<dyn Bucket>> {
        self.probed.open(name)
    }

    fn outgoing_value(&self) -> Result<Box<dyn OutgoingValue>> {
        self.probed.outgoing_value()
    }

    fn take_fault(&self) -> Option<Failure> {
        self.instance.0.borrow_mut().condition.take_fault()
    }
}

struct ProbeInstance<T: 'static>(RefCell<Live<T>>);

struct Live<T: 'static> {
    store: Store<T>,
    exchange: TypedFunc<(u32, &'static [u8]), (Vec<u8>,)>,
    condition: Condition,
}

impl<T: Send + 'static> Transport for ProbeInstance<T> {
    fn exchange(&self, name: &'static str, function: u32, mut arguments: Vec<u8>) -> Result<Answer> {
        let live = &mut *self.0.borrow_mut();
        live.condition.enter(name)?;
        // Room for the beginning of the answer.
        arguments.resize(arguments.len() + ANSWER_HEAD_BYTES as usize, 0);
        let (exchange, watch) = (live.exchange, live.condition.watch());
        let called = exchange.call_async(&mut live.store, (function, &arguments[..]));
        let answered = block_on(called, watch.limit()).map_err(|error| failure(name, &error, watch));
        if is_drop(name) {
            live.condition.after_drop(answered.as_ref().map(drop).map_err(Clone::clone));
        }
        let (bytes,) = live.condition.after(answered)?;
        Answer::new(bytes, arguments.len()).ok_or_else(|| Failure::Harness("the probe gave no whole answer".into()))
    }

    fn id(&self) -> *const () {
        std::ptr::from_ref(self).cast()
    }
}

/// What a failed call means.
fn failure(call: &'static str, error: &wasmtime::Error, watch: &CallWatch) -> Failure {
    if error.is::<NoAnswer>() {
        watch.hangs().note(call);
        return Failure::Unanswered(format!("{error}: {call}, within {}", watch.hangs().limits()));
    }
    if let Some(cut_off) = error.downcast_ref::<CutOff>() {
        return Failure::Unanswered(cut_off.to_string());
    }
    Failure::Trap(format!("the host function failed: {}", error.root_cause()))
}
