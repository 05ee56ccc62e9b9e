//! Simpler forms of a workload, a step and a pause, for the passes to try.

use std::time::Duration;

use super::simpler_calls::simpler_calls;
use crate::workload::step::{Step, Workload};

/// The workload without session `gone`, whose calls go to `heir` or away.
pub(super) fn without_session(workload: &Workload, gone: u16, heir: Option<u16>) -> Workload {
    let mut steps = Vec::with_capacity(workload.steps.len());
    for step in &workload.steps {
        match (step, heir) {
            (Step::Call { session, .. }, None) if *session == gone => {}
            (Step::Call { session, call }, _) => {
                let session = match heir {
                    Some(heir) if *session == gone => heir,
                    _ => *session - u16::from(*session > gone),
                };
                steps.push(Step::Call { session, call: call.clone() });
            }
            (other, _) => steps.push(other.clone()),
        }
    }
    Workload { sessions: workload.sessions - 1, steps }
}

/// The workload with the bucket `from`, or else the key `from`, called `to`.
pub(super) fn renamed(workload: &Workload, in_bucket: bool, from: &str, to: &str) -> Workload {
    let mut workload = workload.clone();
    let rename = |name: &mut String| {
        if name == from {
            to.clone_into(name);
        }
    };
    for step in &mut workload.steps {
        if let Step::Call { call, .. } = step {
            if in_bucket {
                call.bucket_mut().into_iter().for_each(rename);
            } else {
                call.key_mut().into_iter().for_each(rename);
                call.batch_names_mut().for_each(rename);
            }
        }
    }
    workload
}

/// Simpler forms of a step, the simplest first.
pub(super) fn simpler_steps(step: &Step) -> Vec<Step> {
    match step {
        Step::Wait(duration) => plainer_durations(*duration).into_iter().map(Step::Wait).collect(),
        Step::Call { session, call } => {
            simpler_calls(call).into_iter().map(|call| Step::Call { session: *session, call }).collect()
        }
        Step::Quiesce => Vec::new(),
    }
}

/// Round pauses: shorter ones, and the present one raised to two digits, then to one.
fn plainer_durations(duration: Duration) -> Vec<Duration> {
    const ROUND_MS: [u64; 10] = [1, 10, 50, 100, 200, 500, 1_000, 2_000, 5_000, 60_000];
    let mut plainer: Vec<Duration> =
        ROUND_MS.into_iter().map(Duration::from_millis).filter(|round| *round < duration).collect();
    let ns = duration.as_nanos() as u64;
    let digits = ns.checked_ilog10().unwrap_or(0);
    for kept_digits in [1, 2] {
        let unit = 10u64.pow((digits + 1).saturating_sub(kept_digits));
        if !ns.is_multiple_of(unit) {
            plainer.push(Duration::from_nanos(ns.div_ceil(unit).saturating_mul(unit)));
        }
    }
    plainer
}
