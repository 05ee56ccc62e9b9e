//! Which store this component is, and its life in the component's time.

use std::cell::Cell;
use std::time::{Duration, Instant};

use kvspec_reference::interface::{Implementation, Result};
use kvspec_reference::stores::simulated;
use kvspec_reference::{InMemory, interface::Subject};
use kvspec_suites::stores::legal;
use kvspec_suites::stores::mutants;

/// The store, and how its own clock stands to the component's.
struct Chosen {
    store: &'static dyn Implementation,
    seen: Cell<Instant>,
    own_ns: Cell<u64>,
}

thread_local! {
    static CHOSEN: Chosen = Chosen::from_environment();
}

/// Calls the store. Before, its clock is moved on by the time that passed outside; after, this
/// component waits as long as the call took on the store's clock.
pub(crate) fn with_store<T>(call: impl FnOnce(&'static dyn Implementation) -> Result<T>) -> Result<T> {
    CHOSEN.with(|chosen| {
        chosen.catch_up();
        let result = call(chosen.store);
        chosen.wait_for_the_call();
        match chosen.store.take_fault() {
            Some(fault) if result.is_ok() => Err(fault),
            _ => result,
        }
    })
}

impl Chosen {
    fn from_environment() -> Self {
        let seed = std::env::var("KVSPEC_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(0);
        let name = std::env::var("KVSPEC_STORE").unwrap_or_default();
        let store: &'static dyn Implementation = Box::leak(start(&name, seed));
        let own_ns = Cell::new(store.clock().map_or(0, |clock| clock.now_ns()));
        Self { store, seen: Cell::new(Instant::now()), own_ns }
    }

    fn catch_up(&self) {
        let now = Instant::now();
        let passed = now.duration_since(self.seen.replace(now));
        if let Some(clock) = self.store.clock() {
            clock.advance(passed);
            self.own_ns.set(clock.now_ns());
        }
    }

    fn wait_for_the_call(&self) {
        let Some(clock) = self.store.clock() else { return };
        let took_ns = clock.now_ns().saturating_sub(self.own_ns.get());
        if took_ns > 0 {
            std::thread::sleep(Duration::from_nanos(took_ns));
            self.seen.set(Instant::now());
        }
    }
}

fn start(name: &str, seed: u64) -> Box<dyn Implementation> {
    match name.split_once(':') {
        Some(("mutant", name)) => {
            let mutant = mutants::all().iter().find(|mutant| mutant.name == name);
            (mutant.unwrap_or_else(|| panic!("no mutant is named {name}")).start)(seed)
        }
        Some(("unusual", name)) => {
            let store = legal::all().iter().find(|store| store.name == name);
            (store.unwrap_or_else(|| panic!("no unusual store is named {name}")).start)(seed)
        }
        Some(("simulated", bug)) => {
            let bug = (bug != "healthy").then(|| bug.parse().unwrap_or_else(|e| panic!("{e}")));
            let subject: &'static simulated::Simulated = Box::leak(Box::new(simulated::subject(bug)));
            subject.start(seed).unwrap_or_else(|e| panic!("{e}"))
        }
        _ if name.is_empty() => Box::new(InMemory::new()),
        _ => panic!("KVSPEC_STORE is mutant:NAME, unusual:NAME, simulated:BUG or simulated:healthy"),
    }
}
