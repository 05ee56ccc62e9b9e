//! How large workloads may become, and what the declaration allows them to name.

use kvspec_reference::Workload;
use kvspec_reference::workload::{Call, Step, ValueSource};
use kvspec_suites::declaration::Limits;

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
}

impl Default for Bounds {
    fn default() -> Self {
        Self { steps: 64, sessions: 4, key_bytes: 64, value_bytes: 1024 }
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
        for step in &mut workload.steps {
            let Step::Call { session, call } = step else { continue };
            *session %= workload.sessions;
            if let Call::Set { value, .. } = call {
                self.shorten(value);
            }
        }
        self.within_declared(workload)
    }

    /// The workload, with calls on one bucket or key too many made calls on the first, and sessions
    /// too many made one.
    pub(super) fn within_declared(&self, mut workload: Workload) -> Workload {
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
            match call.key_mut() {
                Some(key) if keys.contains(key) => {}
                Some(key) if keys.len() < keys_max => keys.push(key.clone()),
                Some(key) => keys[0].clone_into(key),
                None => {}
            }
        }
        workload
    }
}
