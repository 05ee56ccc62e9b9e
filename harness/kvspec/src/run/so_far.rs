//! What a run has shown so far, so that it can be reported while the run is busy elsewhere.

use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::case::CaseRun;
use super::event::{Event, Listener};
use crate::interruption::is_interrupted;

/// How long a run may take to end by itself once the user wants that: with the report, it is to be over within
/// a second.
const GRACE: Duration = Duration::from_millis(600);
/// How often is looked whether the user wants it.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// The cases that have ended, and who hears of it.
pub(super) struct SoFar<'l>(Mutex<State<'l>>);

struct State<'l> {
    listener: &'l mut dyn Listener,
    cases: Vec<CaseRun>,
    is_concluded: bool,
}

impl<'l> SoFar<'l> {
    pub(super) fn new(listener: &'l mut dyn Listener) -> Self {
        Self(Mutex::new(State { listener, cases: Vec::new(), is_concluded: false }))
    }

    pub(super) fn hear(&self, event: &Event<'_>) {
        self.with(|state| state.listener.hear(event));
    }

    /// A case has ended; `event` is what is heard of it.
    pub(super) fn ended<'e>(&self, case: CaseRun, event: impl for<'c> FnOnce(&'c CaseRun, &mut dyn Listener) + 'e) {
        self.with(|state| {
            event(&case, state.listener);
            state.cases.push(case);
        });
    }

    /// Whether the target could not be set up for the last case.
    pub(super) fn is_target_lost(&self) -> bool {
        self.with(|state| state.cases.last().is_some_and(|case| case.is_lost))
    }

    /// Ends the report with `conclude`, which is given all cases; nothing is done the second time.
    pub(super) fn conclude<R>(&self, conclude: impl FnOnce(Vec<CaseRun>, &mut dyn Listener) -> R) -> Option<R> {
        self.with(|state| {
            if std::mem::replace(&mut state.is_concluded, true) {
                return None;
            }
            let cases = std::mem::take(&mut state.cases);
            Some(conclude(cases, state.listener))
        })
    }

    fn with<R>(&self, what: impl FnOnce(&mut State<'l>) -> R) -> R {
        what(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Waits until the run has ended: then the sender of `end` is gone. `true`: it has not, although the user
/// wanted it a while ago.
pub(super) fn is_overdue(end: &Receiver<()>) -> bool {
    let ends_within = |time| !matches!(end.recv_timeout(time), Err(RecvTimeoutError::Timeout));
    loop {
        if ends_within(LOOK_EVERY) {
            return false;
        }
        if is_interrupted() {
            return !ends_within(GRACE);
        }
    }
}
