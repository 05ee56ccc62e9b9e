//! Ends calls into an instance that compute for too long, or that nobody waits for any more.
//!
//! What counts is the processor time of the thread that calls, looked at each [`TICK_MS`](super::TICK_MS):
//! on a machine that is busy with other things, a call takes longer and hangs no sooner.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use kvspec::interruption::{CUT_OFF, is_interrupted};
use kvspec::subject::Hangs;
use wasmtime::{Result, Store, Trap, UpdateDeadline};

use super::thread_time;

/// Watches the calls into one instance, one at a time.
pub(crate) struct CallWatch {
    hangs: Arc<Hangs>,
    /// How much processor time the call may take, in nanoseconds.
    limit_ns: AtomicU64,
    /// The processor time of the thread when the call was first looked at; [`UNSEEN`] before.
    begun_ns: AtomicU64,
}

const UNSEEN: u64 = u64::MAX;

/// The call was ended, as the user ended the run.
#[derive(Debug)]
pub(crate) struct CutOff;

impl fmt::Display for CutOff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(CUT_OFF)
    }
}

impl std::error::Error for CutOff {}

impl CallWatch {
    /// Watches all calls into the instances of this store, the start functions first.
    pub(crate) fn over<T>(store: &mut Store<T>, hangs: Arc<Hangs>) -> Arc<Self> {
        let watch = Arc::new(Self { hangs, limit_ns: AtomicU64::new(0), begun_ns: AtomicU64::new(UNSEEN) });
        let looks = watch.clone();
        store.epoch_deadline_callback(move |_| looks.look());
        store.set_epoch_deadline(1);
        watch.begin(START);
        watch
    }

    /// A call begins.
    pub(crate) fn begin(&self, call: &str) {
        let limit_ns = u64::try_from(self.hangs.limit_of(call).as_nanos()).unwrap_or(u64::MAX);
        self.limit_ns.store(limit_ns, Ordering::Relaxed);
        self.begun_ns.store(UNSEEN, Ordering::Relaxed);
    }

    /// The limits of a call.
    pub(crate) fn hangs(&self) -> &Hangs {
        &self.hangs
    }

    /// How long the call that has begun may take.
    pub(crate) fn limit(&self) -> Duration {
        Duration::from_nanos(self.limit_ns.load(Ordering::Relaxed))
    }

    /// To be told how a call failed; notes a hang.
    pub(crate) fn failed(&self, call: &'static str, error: &wasmtime::Error) {
        if matches!(error.downcast_ref(), Some(Trap::Interrupt)) {
            self.hangs.note(call);
        }
    }

    fn look(&self) -> Result<UpdateDeadline> {
        if is_interrupted() {
            return Err(CutOff.into());
        }
        let now_ns = thread_time::now_ns();
        match self.begun_ns.load(Ordering::Relaxed) {
            UNSEEN => self.begun_ns.store(now_ns, Ordering::Relaxed),
            begun_ns if now_ns.saturating_sub(begun_ns) >= self.limit_ns.load(Ordering::Relaxed) => {
                return Err(Trap::Interrupt.into());
            }
            _ => {}
        }
        Ok(UpdateDeadline::Continue(1))
    }
}

/// The name of what runs before any call.
pub(crate) const START: &str = "start";
/// The name of the dropping of a resource.
pub(crate) const DROP: &str = "drop";
