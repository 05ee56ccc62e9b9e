//! Things that are known to be wrong. A target that no longer finds them has gone blind.

use kvspec_reference::RequirementId;
use std::cell::Cell;

use kvspec_reference::eventual;
use kvspec_reference::interface::{Bucket, Implementation, Result};
use kvspec_reference::stores::simulated::{self, Bug, Simulated};
use kvspec_reference::workload::text::WorkloadFile;
use kvspec_reference::{Anomaly, History, InMemory};

/// A store that mends a mistake too late: a value of 64 bytes or more, set over another one, loses
/// its last byte.
#[derive(Default)]
pub struct ShortensLongValues(InMemory);

impl Implementation for ShortensLongValues {
    fn open(&self, name: &str) -> Result<Box<dyn Bucket>> {
        Ok(Box::new(Shortening { inner: self.0.open(name)?, has_set: Cell::new(false) }))
    }
}

struct Shortening {
    inner: Box<dyn Bucket>,
    has_set: Cell<bool>,
}

impl Bucket for Shortening {
    fn get(&self, key: &str) -> Result<Option<Vec<u8>>> {
        self.inner.get(key)
    }

    fn set(&self, key: &str, value: &[u8]) -> Result<()> {
        let is_second = self.has_set.replace(true) && self.inner.exists(key)?;
        let kept = if is_second && value.len() >= 64 { &value[..value.len() - 1] } else { value };
        self.inner.set(key, kept)
    }

    fn delete(&self, key: &str) -> Result<()> {
        self.inner.delete(key)
    }

    fn exists(&self, key: &str) -> Result<bool> {
        self.inner.exists(key)
    }
}

/// A cluster that forgets what was deleted.
pub fn forgetful_cluster() -> Simulated {
    simulated::subject(Some(Bug::LostTombstone))
}

/// The bug that the component of the tests is given.
pub const COMPONENT_BUG: &str = "exists-counts-tombstones";

/// A judge that never notices values from the future.
pub fn judge_without_future(history: &History) -> Vec<Anomaly> {
    let mut anomalies = eventual::judge(history);
    anomalies.retain(|anomaly| anomaly.requirement != RequirementId::KveInt02);
    anomalies
}

/// Writes workload files, but milliseconds as if they were seconds.
pub fn print_milliseconds_as_seconds(file: &WorkloadFile) -> String {
    file.to_string().replace("ms\n", "s\n")
}
