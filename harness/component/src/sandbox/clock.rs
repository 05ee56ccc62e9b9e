//! Virtual time. It moves when the driver lets it pass, when the component waits, and by one
//! nanosecond each time the component looks, so that a busy wait ends too.

use std::cell::Cell;
use std::rc::Rc;

use kvspec_reference::interface::Clock;

/// Where virtual time begins, in nanoseconds: not 0, which components take for «never».
const START_NS: u64 = 1_000_000_000;
/// The clock of one sandbox; clones show the same time.
#[derive(Clone)]
pub(crate) struct VirtualClock(Rc<Cell<u64>>);

impl Default for VirtualClock {
    fn default() -> Self {
        Self(Rc::new(Cell::new(START_NS)))
    }
}

impl VirtualClock {
    pub(crate) fn now(&self) -> u64 {
        self.0.get()
    }

    pub(crate) fn pass(&self, ns: u64) {
        self.0.set(self.now().saturating_add(ns));
    }

    pub(crate) fn pass_until(&self, instant_ns: u64) {
        self.0.set(self.now().max(instant_ns));
    }

    pub(super) fn look(&self) -> u64 {
        self.pass(1);
        self.now()
    }
}

impl Clock for VirtualClock {
    fn now_ns(&self) -> u64 {
        self.now()
    }

    fn advance(&self, by: std::time::Duration) {
        self.pass(u64::try_from(by.as_nanos()).unwrap_or(u64::MAX));
    }
}
