//! How large workloads may become, and what the declaration allows them to name.

use kvspec_reference::Workload;
use kvspec_reference::workload::{Call, Keys, Step, ValueSource};
use kvspec_suites::declaration::Limits;
use kvspec_suites::workloads::generate::Repertoire;

use super::calls;

/// How large workloads may become.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// The most steps; at least 1.
    pub steps: usize,
    /// The most sessions; at least 1.
    pub sessions: u16,
    /// The longest key, in bytes, if the declaration allows it.
    pub key_bytes: usize,
    /// The longest value, in bytes, if the declaration allows it.
    pub value_bytes: usize,
    /// The most keys that all batches of a workload name together, each as often as it is named.
    pub batch_keys: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { steps: 64, sessions: 4, key_bytes: 64, value_bytes: 1024, batch_keys: 8_192 }
    }
}

/// What no workload goes beyond: the bounds, and the limits of the declaration.
#[derive(Debug)]
pub(super) struct WorkloadLimits {
    /// Its keys and values are no longer than the declaration allows.
    pub(super) bounds: Bounds,
    pub(super) declared: Limits,
    /// The most buckets.
    pub(super) buckets_max: usize,
    /// More would hold more handles than are allowed.
    pub(super) sessions_max: u16,
    /// What can be called.
    pub(super) repertoire: Repertoire,
}

impl WorkloadLimits {
    /// A stamp is never shorter than its text: where that is too long, bytes take its place.
    fn shorten(&self, value: &mut ValueSource) {
        let bytes = value.bytes();
        if bytes.len() > self.bounds.value_bytes {
            *value = ValueSource::Bytes(bytes[..self.bounds.value_bytes].to_vec());
        }
    }

    /// Whether the workload has no more steps than it may have.
    pub(super) fn has_room_for(&self, workload: &Workload) -> bool {
        workload.steps.len() <= self.bounds.steps
    }

    /// The workload, cut where it goes beyond the bounds, and with calls on other registers where it
    /// names more than the declaration allows.
    pub(super) fn within_bounds(&self, mut workload: Workload) -> Workload {
        workload.sessions = workload.sessions.clamp(1, self.bounds.sessions);
        // Convergence is only judged at a quiescence point: each workload ends with one.
        workload.steps.truncate(self.bounds.steps.max(1) - 1);
        if workload.steps.last() != Some(&Step::Quiesce) {
            workload.steps.push(Step::Quiesce);
        }
        let mut batch_keys_left = self.bounds.batch_keys;
        for step in &mut workload.steps {
            let Step::Call { session, call } = step else { continue };
            *session %= workload.sessions;
            call.values_mut().for_each(|value| self.shorten(value));
            call.batch_mut().for_each(|keys| cut_to(keys, &mut batch_keys_left));
            // What is left of numbered keys without a number is nothing.
            without_empty(call);
        }
        self.within_declared(workload)
    }

    /// The workload, with calls on one bucket or key too many made calls on the first, and sessions
    /// too many made one.
    pub(super) fn within_declared(&self, mut workload: Workload) -> Workload {
        for step in &mut workload.steps {
            if let Step::Call { call: Call::Increment { delta, .. }, .. } = step {
                *delta = calls::allowed(self.repertoire, *delta);
            }
        }
        let limits = &self.declared;
        if limits.max_buckets.is_none() && limits.max_handles.is_none() && limits.max_keys.is_none() {
            return workload;
        }
        let keys_max = limits.max_keys.unwrap_or(usize::MAX).max(1);
        workload.sessions = workload.sessions.clamp(1, self.sessions_max);
        let mut named: Vec<(String, Vec<String>)> = Vec::new();
        for step in &mut workload.steps {
            let Step::Call { session, call } = step else { continue };
            *session %= workload.sessions;
            let Some(wanted) = call.bucket() else { continue };
            let bucket = match named.iter().position(|(bucket, _)| bucket == wanted) {
                Some(bucket) => bucket,
                None if named.len() < self.buckets_max => {
                    named.push((wanted.to_owned(), Vec::new()));
                    named.len() - 1
                }
                None => 0,
            };
            let (bucket, keys) = &mut named[bucket];
            if let Some(name) = call.bucket_mut() {
                bucket.clone_into(name);
            }
            if let Some(key) = call.key_mut() {
                *key = known(keys, keys_max, key);
            }
            if limits.max_keys.is_some() {
                call.batch_mut().for_each(|batch| *batch = Keys::One(known(keys, keys_max, &first_of(batch))));
            }
        }
        workload
    }
}

/// The key, which is known from now on; the first one where there are too many.
fn known(keys: &mut Vec<String>, keys_max: usize, key: &str) -> String {
    if keys.iter().any(|known| known == key) {
        return key.to_owned();
    }
    if keys.len() < keys_max {
        keys.push(key.to_owned());
        return key.to_owned();
    }
    keys[0].clone()
}

fn first_of(keys: &Keys) -> String {
    keys.names().next().map_or_else(|| keys.name().to_owned(), |key| key.into_owned())
}

/// Cuts numbered keys to as many as are left. Single keys are as few as the calls.
fn cut_to(keys: &mut Keys, left: &mut usize) {
    if let Keys::Numbered { from, to, .. } = keys {
        let count = u32::try_from(*left).unwrap_or(u32::MAX);
        *to = (*to).min(from.saturating_add(count));
    }
    *left = left.saturating_sub(keys.count());
}

fn without_empty(call: &mut Call) {
    match call {
        Call::GetMany { keys, .. } | Call::DeleteMany { keys, .. } => keys.retain(|keys| keys.count() > 0),
        Call::SetMany { pairs, .. } => pairs.retain(|(keys, _)| keys.count() > 0),
        _ => {}
    }
}
