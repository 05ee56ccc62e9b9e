//! Bytes as workloads, for all targets that drive a store.

use arbitrary::Unstructured;
use kvspec_reference::interface::Subject;
use kvspec_reference::recorder::ManualClock;
use kvspec_reference::workload::Workload;
use kvspec_reference::workload::text::WorkloadFile;
use kvspec_suites::Declaration;
use kvspec_suites::generate::{Size, from_unstructured};
use kvspec_suites::property::execute;

use crate::{Checked, Looked, Wrong};

/// The profile that stores are judged by.
pub const PROFILE: &str = "eventual@0.1.0";

/// A store that a target drives: where it comes from, and what workloads it gets.
pub struct Store<'a> {
    /// Where fresh ones come from.
    pub subject: &'a dyn Subject,
    /// What it declares.
    pub declaration: Declaration,
    /// How large workloads get.
    pub size: Size,
}

impl Store<'_> {
    /// The workload that the bytes stand for, and the seed the store is started with: so that
    /// chance within the store is searched, too. `None` when there are too few bytes.
    pub fn decode(&self, bytes: &[u8]) -> Option<(Workload, u64)> {
        let (seed, rest) = bytes.split_first()?;
        let workload = from_unstructured(&self.declaration, self.size, &mut Unstructured::new(rest)).ok()?;
        Some((workload, u64::from(*seed)))
    }

    /// Runs the workload that the bytes stand for, and judges it.
    ///
    /// # Errors
    /// The anomaly, with the workload.
    pub fn check(&self, bytes: &[u8]) -> Checked {
        let Some((workload, seed)) = self.decode(bytes) else { return Ok(Looked::No) };
        let clock = ManualClock::default();
        let execution = execute(self.subject, &clock, &self.declaration, PROFILE, &workload, seed)
            .map_err(|why| Wrong(format!("fault of kvspec: {why}")))?;
        let Some(anomaly) = execution.anomalies.first() else {
            return Ok(if execution.reads > 0 { Looked::Yes } else { Looked::No });
        };
        let (requirement, expected, actual) = (anomaly.requirement, &anomaly.expected, &anomaly.actual);
        let file = WorkloadFile { profile: PROFILE.into(), workload };
        Err(Wrong(format!("{requirement}: expected {expected}, saw {actual}\n\nstore seed {seed}\n{file}")))
    }
}
