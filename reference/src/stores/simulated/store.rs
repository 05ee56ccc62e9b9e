//! The cluster as an implementation of the interface: handles, calls that take time, failures.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use super::bug::Bug;
use super::cluster::Cluster;
use super::parameters::Parameters;
use super::stream_calls::PiecewiseOutgoing;
use crate::interface::{Atomics, Batch, Bucket, Clock, Failure, Implementation, Listing, OutgoingValue, Result};

/// How long a call takes without commit wait.
const CALL_NS: (u64, u64) = (20_000, 200_000);
/// Of 1,000 slots of a store that never heals, how many have a partition: the first is enough.
const FREQUENT_PER_MILLE: u64 = 900;

/// A running cluster. Handles keep it alive.
pub(super) struct Store {
    shared: Rc<Shared>,
}

pub(super) struct Shared {
    pub(super) cluster: RefCell<Cluster>,
    pub(super) registers: RefCell<BTreeMap<(String, String), usize>>,
}

impl Store {
    pub(super) fn new(mut parameters: Parameters, bug: Option<Bug>, seed: u64) -> Self {
        if bug == Some(Bug::NeverHeals) {
            parameters.partition_per_mille = FREQUENT_PER_MILLE;
        }
        let cluster = RefCell::new(Cluster::new(parameters, bug, seed));
        Self { shared: Rc::new(Shared { cluster, registers: RefCell::default() }) }
    }
}

impl Implementation for Store {
    fn open(&self, name: &str) -> Result<Box<dyn Bucket>> {
        let mut cluster = self.shared.cluster.borrow_mut();
        let count = cluster.replica_count() as u64;
        let home = cluster.random.below(count) as usize;
        let wandering = cluster.parameters.wandering_per_mille;
        let wanders = cluster.random.chance(wandering);
        Ok(Box::new(Handle { shared: self.shared.clone(), bucket: name.to_owned(), home, wanders }))
    }

    fn outgoing_value(&self) -> Result<Box<dyn OutgoingValue>> {
        Ok(Box::new(PiecewiseOutgoing::default()))
    }

    fn clock(&self) -> Option<&dyn Clock> {
        Some(&*self.shared)
    }
}

impl Clock for Shared {
    fn now_ns(&self) -> u64 {
        self.cluster.borrow().now_ns()
    }

    fn advance(&self, by: Duration) {
        let by_ns = u64::try_from(by.as_nanos()).unwrap_or(u64::MAX);
        self.cluster.borrow_mut().advance(by_ns);
    }
}

#[derive(Clone)]
pub(super) struct Handle {
    pub(super) shared: Rc<Shared>,
    pub(super) bucket: String,
    home: usize,
    wanders: bool,
}

impl Handle {
    pub(super) fn replica(&self, cluster: &mut Cluster) -> usize {
        if !self.wanders {
            return self.home;
        }
        let count = cluster.replica_count() as u64;
        cluster.random.below(count) as usize
    }

    pub(super) fn register(&self, cluster: &Cluster, key: &str) -> usize {
        let key = if cluster.bug == Some(Bug::SharedSlot) { key.to_lowercase() } else { key.to_owned() };
        let mut registers = self.shared.registers.borrow_mut();
        let next = registers.len();
        *registers.entry((self.bucket.clone(), key)).or_insert(next)
    }

    fn read<T>(&self, key: &str, read: impl FnOnce(&mut Cluster, usize, usize) -> T) -> Result<T> {
        let cluster = &mut *self.shared.cluster.borrow_mut();
        let (at, register) = (self.replica(cluster), self.register(cluster, key));
        let result = read(cluster, at, register);
        take_time(cluster);
        let failing = cluster.parameters.failure_per_mille;
        if cluster.random.chance(failing) {
            return Err(Failure::error("the replica is busy"));
        }
        Ok(result)
    }

    fn write(&self, key: &str, value: Option<Rc<[u8]>>) -> Result<()> {
        let cluster = &mut *self.shared.cluster.borrow_mut();
        let (at, register) = (self.replica(cluster), self.register(cluster, key));
        let failing = cluster.parameters.failure_per_mille;
        if cluster.random.chance(failing) {
            return Err(fail(cluster, at, register, value));
        }
        cluster.write(at, register, value);
        if cluster.bug != Some(Bug::ClockSkew) {
            let commit_wait = cluster.parameters.commit_wait_ns();
            cluster.advance(commit_wait);
        }
        take_time(cluster);
        Ok(())
    }
}

pub(super) fn take_time(cluster: &mut Cluster) {
    let call_ns = cluster.random.between(CALL_NS.0, CALL_NS.1);
    cluster.advance(call_ns);
}

/// A write that fails, as far as its caller can tell: never, at once or late it takes effect.
fn fail(cluster: &mut Cluster, at: usize, register: usize, value: Option<Rc<[u8]>>) -> Failure {
    let late_max_ns = 3 * cluster.parameters.convergence_bound().as_nanos() as u64;
    match cluster.random.below(3) {
        0 => {}
        1 => cluster.write(at, register, value),
        _ => {
            let after_ns = cluster.random.below(late_max_ns);
            cluster.write_later(at, register, value, after_ns);
        }
    }
    let commit_wait = cluster.parameters.commit_wait_ns();
    cluster.advance(commit_wait);
    take_time(cluster);
    if cluster.random.chance(500) {
        Failure::error("the replica gave up")
    } else {
        Failure::Unanswered("the replica did not answer in time".into())
    }
}

impl Bucket for Handle {
    fn get(&self, key: &str) -> Result<Option<Vec<u8>>> {
        self.read(key, |cluster, at, register| cluster.read(at, register).map(|value| value.to_vec()))
    }

    fn set(&self, key: &str, value: &[u8]) -> Result<()> {
        self.write(key, Some(value.into()))
    }

    fn set_value(&self, key: &str, value: &dyn OutgoingValue) -> Result<()> {
        let body = PiecewiseOutgoing::of(value)?;
        if self.shared.cluster.borrow().bug == Some(Bug::TornStream) {
            body.pieces().try_for_each(|so_far| self.set(key, &so_far))?;
        }
        self.set(key, &body.whole())
    }

    fn delete(&self, key: &str) -> Result<()> {
        self.write(key, None)
    }

    fn exists(&self, key: &str) -> Result<bool> {
        self.read(key, |cluster, at, register| cluster.exists(at, register))
    }

    fn listing(&self) -> Option<&dyn Listing> {
        Some(self)
    }

    fn atomics(&self) -> Option<&dyn Atomics> {
        Some(self)
    }

    fn batch(&self) -> Option<&dyn Batch> {
        Some(self)
    }
}
