//! One change that may make a workload simpler.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::time::Duration;

use super::simpler::{renamed, without_session};
use crate::workload::{Step, Workload};

/// A change to a workload. Indices are those of its steps.
#[derive(Debug, Clone)]
pub(super) enum Edit {
    /// These steps go.
    Remove(Range<usize>),
    /// These two steps go.
    RemoveTwo(usize, usize),
    /// This step goes, and all pauses grow by half.
    RemoveAndStretch(usize),
    /// A pause takes the place of this step.
    WaitInstead(usize, Duration),
    /// This pause and the one before it become one.
    JoinWaits(usize),
    /// The sessions that no step names go.
    DropIdleSessions,
    /// This session goes; its calls go to the heir, or away.
    DropSession { gone: u16, heir: Option<u16> },
    /// All calls of this register go.
    RemoveRegister { bucket: String, key: String },
    /// All calls of other registers go, and a quiescence point takes their place at the end: what failed
    /// for want of time among other writes may fail without them, given time.
    LeaveAlone { bucket: String, key: String },
    /// A bucket, or else a key, gets another name.
    Rename { is_bucket: bool, from: String, to: String },
    /// Another step takes the place of this one.
    Replace(usize, Step),
}

impl Edit {
    /// The workload with the change.
    pub(super) fn applied(&self, workload: &Workload) -> Workload {
        match self {
            Edit::Remove(gone) => kept(workload, |index, _| !gone.contains(&index)),
            Edit::RemoveTwo(a, b) => kept(workload, |index, _| index != *a && index != *b),
            Edit::RemoveAndStretch(gone) => stretched(kept(workload, |index, _| index != *gone)),
            Edit::WaitInstead(index, pause) => replaced(workload, *index, Step::Wait(*pause)),
            Edit::JoinWaits(index) => waits_joined(workload, *index),
            Edit::DropIdleSessions => without_idle_sessions(workload),
            Edit::DropSession { gone, heir } => without_session(workload, *gone, *heir),
            Edit::RemoveRegister { bucket, key } => kept(workload, |_, step| !is_of(step, bucket, key)),
            Edit::LeaveAlone { bucket, key } => left_alone(workload, bucket, key),
            Edit::Rename { is_bucket, from, to } => renamed(workload, *is_bucket, from, to),
            Edit::Replace(index, step) => replaced(workload, *index, step.clone()),
        }
    }
}

fn kept(workload: &Workload, is_wanted: impl Fn(usize, &Step) -> bool) -> Workload {
    let steps = workload.steps.iter().enumerate().filter(|(index, step)| is_wanted(*index, step));
    Workload { sessions: workload.sessions, steps: steps.map(|(_, step)| step.clone()).collect() }
}

fn replaced(workload: &Workload, index: usize, step: Step) -> Workload {
    let mut workload = workload.clone();
    workload.steps[index] = step;
    workload
}

fn stretched(mut workload: Workload) -> Workload {
    for step in &mut workload.steps {
        if let Step::Wait(duration) = step {
            *duration = *duration * 3 / 2;
        }
    }
    workload
}

fn waits_joined(workload: &Workload, index: usize) -> Workload {
    let mut workload = workload.clone();
    if let (Step::Wait(a), Step::Wait(b)) = (&workload.steps[index - 1], &workload.steps[index]) {
        workload.steps[index - 1] = Step::Wait(a.saturating_add(*b));
        workload.steps.remove(index);
    }
    workload
}

fn without_idle_sessions(workload: &Workload) -> Workload {
    let used: BTreeSet<u16> = workload.steps.iter().filter_map(Step::session).collect();
    let numbers: BTreeMap<u16, u16> = used.into_iter().zip(0..).collect();
    let mut workload = workload.clone();
    workload.sessions = numbers.len() as u16;
    for step in &mut workload.steps {
        if let Step::Call { session, .. } = step {
            *session = numbers[session];
        }
    }
    workload
}

fn left_alone(workload: &Workload, bucket: &str, key: &str) -> Workload {
    let is_of_another = |step: &Step| match step {
        Step::Call { call, .. } => call.key().is_some() || call.batch().next().is_some(),
        _ => false,
    };
    let mut workload = kept(workload, |_, step| is_of(step, bucket, key) || !is_of_another(step));
    if workload.steps.last() != Some(&Step::Quiesce) {
        workload.steps.push(Step::Quiesce);
    }
    workload
}

fn is_of(step: &Step, bucket: &str, key: &str) -> bool {
    match step {
        Step::Call { call, .. } => call.register() == Some((bucket, key)),
        Step::Wait(_) | Step::Quiesce => false,
    }
}
