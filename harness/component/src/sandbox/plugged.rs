//! `wasi:keyvalue/store` as an import: a store of kvspec's own, for components that stand in the middle
//! of a stack. It lives on the component's virtual clock and seed.

use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::time::Duration;

use kvspec::subject::BuiltIn;
use kvspec_reference::interface::{Bucket, Clock as _, ErrorKind, Failure, Implementation, KeyPage, Subject as _};
use kvspec_reference::stores::simulated::{Parameters, Simulated};
use wasmtime::component::types::{ComponentInstance, ComponentItem, Type};
use wasmtime::component::{ComponentType, Lift, LinkerInstance, Lower, Resource, ResourceType};
use wasmtime::{Engine, Result, StoreContextMut, bail};

use super::clock::VirtualClock;
use super::state::Sandbox;

/// Of 1,000 calls of the store that fails, so many do.
const FAILURES_PER_MILLE: u64 = 100;

/// Replicas that differ for a while: the built-in store.
static EVENTUAL: LazyLock<Simulated> = LazyLock::new(|| of(Parameters::default()));
/// One replica, which is right at once.
static PERFECT: LazyLock<Simulated> = LazyLock::new(|| of(single()));
/// One replica that answers errors now and then; what it was asked is done all the same, or not.
static FAILING: LazyLock<Simulated> =
    LazyLock::new(|| of(Parameters { failure_per_mille: FAILURES_PER_MILLE, ..single() }));

fn of(parameters: Parameters) -> Simulated {
    Simulated { parameters, bug: None }
}

fn single() -> Parameters {
    Parameters { replicas: 1, partition_per_mille: 0, skew_ns: 0, ..Parameters::default() }
}

/// The store of one instance.
pub(super) struct Plugged {
    buckets: BTreeMap<u32, Box<dyn Bucket>>,
    opened: u32,
    store: Box<dyn Implementation>,
    /// The component's time when the store's was the same.
    seen_ns: u64,
}

impl Plugged {
    /// # Errors
    /// When it does not start.
    pub(super) fn start(which: BuiltIn, seed: u64, clock: &VirtualClock) -> Result<Self> {
        let subject: &'static Simulated = match which {
            BuiltIn::Eventual => &EVENTUAL,
            BuiltIn::Perfect => &PERFECT,
            BuiltIn::Failing => &FAILING,
        };
        let store = subject.start(seed).map_err(|why| wasmtime::format_err!("the plugged store: {why}"))?;
        Ok(Self { buckets: BTreeMap::new(), opened: 0, store, seen_ns: clock.now() })
    }

    /// Calls the store: the time that passed outside passes for it before, and what it takes passes outside.
    fn timed<T>(&mut self, clock: &VirtualClock, call: impl FnOnce(&mut Self) -> T) -> T {
        let now_of_store = |plugged: &Self| plugged.store.clock().map_or(0, kvspec_reference::interface::Clock::now_ns);
        if let Some(of_store) = self.store.clock() {
            of_store.advance(Duration::from_nanos(clock.now().saturating_sub(self.seen_ns)));
        }
        let before_ns = now_of_store(self);
        let result = call(self);
        clock.advance(Duration::from_nanos(now_of_store(self).saturating_sub(before_ns)));
        self.seen_ns = clock.now();
        result
    }

    fn open(&mut self, name: &str) -> kvspec_reference::interface::Result<u32> {
        let bucket = self.store.open(name)?;
        let number = self.opened;
        self.opened = number.checked_add(1).ok_or_else(|| Failure::error("2^32 buckets were opened"))?;
        self.buckets.insert(number, bucket);
        Ok(number)
    }
}

/// A handle, by its number.
struct PluggedBucket;

type Of = Resource<PluggedBucket>;
type Store<'a> = StoreContextMut<'a, Sandbox>;

/// `error` of `store`.
#[derive(ComponentType, Lower, Lift)]
#[component(variant)]
enum StoreError {
    #[component(name = "no-such-store")]
    NoSuchStore,
    #[component(name = "access-denied")]
    AccessDenied,
    #[component(name = "other")]
    Other(String),
}

type OrError<T> = std::result::Result<T, StoreError>;

/// `key-response`, with either cursor.
#[derive(ComponentType, Lower, Lift)]
#[component(record)]
struct Page<C> {
    keys: Vec<String>,
    cursor: Option<C>,
}

/// What a component in the middle is answered.
fn answered<T>(result: kvspec_reference::interface::Result<T>) -> Result<OrError<T>> {
    match result {
        Ok(value) => Ok(Ok(value)),
        Err(Failure::Error(error)) => Ok(Err(match error.kind {
            ErrorKind::NoSuchStore => StoreError::NoSuchStore,
            ErrorKind::AccessDenied => StoreError::AccessDenied,
            _ => StoreError::Other(error.trace),
        })),
        Err(Failure::Unanswered(why)) => Ok(Err(StoreError::Other(format!("no answer: {why}")))),
        Err(broken) => bail!("the plugged store: {broken}"),
    }
}

impl Sandbox {
    fn plugged<T>(
        &mut self,
        call: impl FnOnce(&mut Plugged) -> kvspec_reference::interface::Result<T>,
    ) -> Result<OrError<T>> {
        let Some(plugged) = &mut self.plugged else { bail!("no store is plugged in") };
        answered(plugged.timed(&self.clock, call))
    }

    fn in_bucket<T>(
        &mut self,
        of: &Of,
        call: impl FnOnce(&dyn Bucket) -> kvspec_reference::interface::Result<T>,
    ) -> Result<OrError<T>> {
        let number = of.rep();
        self.plugged(|plugged| match plugged.buckets.get(&number) {
            Some(bucket) => call(&**bucket),
            None => Err(Failure::Harness("a bucket that is gone".into())),
        })
    }

    /// What it keeps is the component's.
    fn set_in_bucket(&mut self, of: &Of, key: &str, value: &[u8]) -> Result<OrError<()>> {
        if !self.memory.take(key.len() + value.len()) {
            bail!("what it wrote into the plugged store is more than it may have in memory");
        }
        self.in_bucket(of, |bucket| bucket.set(key, value))
    }

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

/// Defines the resource of `wasi:keyvalue/store`, whichever of its interfaces names it.
pub(super) fn define_resource(name: &str, instance: &mut LinkerInstance<'_, Sandbox>) -> Result<()> {
    if name != "bucket" {
        return Ok(());
    }
    instance.resource(name, ResourceType::host::<PluggedBucket>(), |mut store: Store<'_>, rep| {
        if let Some(plugged) = &mut store.data_mut().plugged {
            plugged.buckets.remove(&rep);
        }
        Ok(())
    })
}

/// Defines the functions of `store`, with the cursor that `interface` wants.
pub(super) fn define(
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
    let Some(function) = interface.get_export(engine, "[method]bucket.list-keys") else { return false };
    let ComponentItem::ComponentFunc(function) = function.ty else { return false };
    match function.params().last() {
        Some((_, Type::Option(cursor))) => cursor.ty() == Type::U64,
        _ => false,
    }
}
