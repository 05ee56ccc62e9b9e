//! Simpler forms of a workload, a step, a value and a pause, for the passes to try.

use std::time::Duration;

use crate::workload::stamp::Stamp;
use crate::workload::step::{Call, Step, ValueSource, Workload};

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
    for step in &mut workload.steps {
        if let Step::Call { call, .. } = step {
            let (bucket, key) = match call {
                Call::Reopen { bucket } => (bucket, None),
                Call::Get { bucket, key }
                | Call::Set { bucket, key, .. }
                | Call::Delete { bucket, key }
                | Call::Exists { bucket, key } => (bucket, Some(key)),
            };
            let name = if in_bucket { Some(bucket) } else { key };
            if let Some(name) = name.filter(|name| *name == from) {
                to.clone_into(name);
            }
        }
    }
    workload
}

/// Simpler forms of a step, the simplest first.
pub(super) fn simpler_steps(step: &Step) -> Vec<Step> {
    match step {
        Step::Wait(duration) => plainer_durations(*duration).into_iter().map(Step::Wait).collect(),
        Step::Call { session, call: Call::Set { bucket, key, value } } => {
            let with = |value| {
                let call = Call::Set { bucket: bucket.clone(), key: key.clone(), value };
                Step::Call { session: *session, call }
            };
            simpler_values(value).into_iter().map(with).collect()
        }
        Step::Call { .. } | Step::Quiesce => Vec::new(),
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

fn simpler_values(value: &ValueSource) -> Vec<ValueSource> {
    match value {
        ValueSource::Stamp(stamp) => {
            let lengths = shorter_lengths(stamp.min_length() as u32, stamp.length);
            lengths.map(|length| ValueSource::Stamp(Stamp { length, ..*stamp })).collect()
        }
        ValueSource::Bytes(bytes) => {
            // One letter is plainer to read than the empty value, which looks like absence.
            let plain: [&[u8]; 3] = [b"a", b"b", b""];
            let mut simpler: Vec<Vec<u8>> = plain.iter().take_while(|p| *p != bytes).map(|p| p.to_vec()).collect();
            simpler.extend(shorter_lengths(2, bytes.len() as u32).map(|length| bytes[..length as usize].to_vec()));
            simpler.into_iter().map(ValueSource::Bytes).collect()
        }
    }
}

/// The least length, then ever longer ones that halve what is left to the present one: a length
/// that matters is found in a number of tries that grows with its logarithm.
fn shorter_lengths(least: u32, length: u32) -> impl Iterator<Item = u32> {
    let room = length.saturating_sub(least);
    std::iter::successors(Some(room), |left| Some(left / 2)).take_while(|left| *left > 0).map(move |left| length - left)
}
