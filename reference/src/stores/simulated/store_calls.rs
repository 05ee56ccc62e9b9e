//! Listings, increments, swaps and batches of the simulated store.

use std::rc::Rc;

use super::bug::Bug;
use super::cluster::{Cluster, VersionStamp};
use super::store::{Handle, take_time};
use crate::interface::{Atomics, Batch, Bucket, CompareAndSwap, Failure, KeyPage, Listing, Pair, Result, Swap};

/// How many keys a page has.
const PAGE_KEYS: usize = 8;
/// How many pairs a message of a set-many has, with [`Bug::MisorderedBatch`].
const MESSAGE_PAIRS: usize = 4;

impl Listing for Handle {
    fn list_keys(&self, cursor: Option<&str>) -> Result<KeyPage> {
        let cluster = &mut *self.shared.cluster.borrow_mut();
        let at = self.replica(cluster);
        let present = cluster.present(at);
        take_time(cluster);
        if is_failing(cluster) {
            return Err(Failure::error("the replica is busy"));
        }
        let registers = self.shared.registers.borrow();
        let of_bucket =
            registers.iter().filter(|((bucket, _), register)| *bucket == self.bucket && present.contains(register));
        let after = |key: &&String| cursor.is_none_or(|cursor| key.as_str() > cursor);
        let mut keys: Vec<String> =
            of_bucket.map(|((_, key), _)| key).filter(after).take(PAGE_KEYS + 1).cloned().collect();
        let is_last = keys.len() <= PAGE_KEYS;
        keys.truncate(PAGE_KEYS);
        let cursor = keys.last().filter(|_| !is_last).cloned();
        let skipping = cluster.bug == Some(Bug::SkippingPage);
        Ok(KeyPage { keys, cursor: if skipping { cursor.map(raised) } else { cursor } })
    }
}

/// The text with its last character raised by one.
fn raised(mut cursor: String) -> String {
    let last = cursor.pop().and_then(|last| char::from_u32(last as u32 + 1));
    cursor.extend(last);
    cursor
}

fn is_failing(cluster: &mut Cluster) -> bool {
    let failing = cluster.parameters.failure_per_mille;
    cluster.random.chance(failing)
}

impl Handle {
    /// Reads and writes at one instant: `change` is given what is there, and gives what is to be there and an
    /// answer. Where it leaves what is there, nothing is written.
    fn at_once<T>(
        &self,
        key: &str,
        bug: Bug,
        change: impl FnOnce(Option<VersionStamp>, Option<&[u8]>) -> Result<(Option<Vec<u8>>, T)>,
    ) -> Result<T> {
        let cluster = &mut *self.shared.cluster.borrow_mut();
        let (at, register) = (self.replica(cluster), self.register(cluster, key));
        let (stamp, found) = cluster.latest(at, register, bug);
        let (value, answer) = change(stamp, found.as_deref())?;
        let value: Option<Rc<[u8]>> = value.map(Into::into);
        if is_failing(cluster) {
            // What was worked out from a number is no write for later.
            return Err(Failure::error("the leader is busy"));
        }
        if value.is_some() {
            let is_recreated = stamp.is_some() && found.is_none();
            if cluster.bug == Some(Bug::OldRecreation) && bug == Bug::DoubleSwap && is_recreated {
                cluster.write_into_the_past(at, register, value);
            } else if cluster.bug == Some(bug) {
                cluster.write(at, register, value);
            } else {
                cluster.write_after_all(at, register, value);
            }
            let commit_wait = cluster.parameters.commit_wait_ns();
            cluster.advance(commit_wait);
        }
        take_time(cluster);
        Ok(answer)
    }
}

/// The number that a value is: absent is 0.
fn number_of(value: Option<&[u8]>) -> Result<i64> {
    let Some(value) = value else { return Ok(0) };
    let text = std::str::from_utf8(value).ok();
    text.and_then(|text| text.parse().ok()).ok_or_else(|| Failure::error("the value is no number"))
}

impl Atomics for Handle {
    fn increment(&self, key: &str, delta: i64) -> Result<i128> {
        self.at_once(key, Bug::LostIncrement, |_, found| {
            let sum = number_of(found)?.checked_add(delta).ok_or_else(|| Failure::error("the sum has no room"))?;
            Ok((Some(sum.to_string().into_bytes()), i128::from(sum)))
        })
    }

    fn cas(&self, key: &str) -> Option<Result<Box<dyn CompareAndSwap>>> {
        Some(self.remembered(key).map(|cas| Box::new(cas) as Box<dyn CompareAndSwap>))
    }
}

/// A compare-and-swap that remembers a version.
struct Remembered {
    handle: Handle,
    key: String,
    stamp: Option<VersionStamp>,
    value: Option<Vec<u8>>,
}

impl Handle {
    fn remembered(&self, key: &str) -> Result<Remembered> {
        let (handle, own_key) = (self.clone(), key.to_owned());
        self.at_once(key, Bug::DoubleSwap, |stamp, found| {
            Ok((None, Remembered { handle, key: own_key, stamp, value: found.map(<[u8]>::to_vec) }))
        })
    }
}

impl CompareAndSwap for Remembered {
    fn current(&self) -> Result<Option<Vec<u8>>> {
        Ok(self.value.clone())
    }

    fn swap(self: Box<Self>, value: &[u8]) -> Result<Swap> {
        let (known, new) = (self.stamp, value.to_vec());
        let is_done = self.handle.at_once(&self.key, Bug::DoubleSwap, |stamp, _| {
            let is_known = stamp == known;
            Ok((is_known.then_some(new), is_known))
        })?;
        match is_done {
            true => Ok(Swap::Done),
            false => Ok(Swap::Failed(Box::new(self.handle.remembered(&self.key)?))),
        }
    }
}

impl Batch for Handle {
    fn get_many(&self, keys: &[&str]) -> Result<Vec<Option<Pair>>> {
        let answer = |key: &&str| Ok(self.get(key)?.map(|value| ((*key).to_owned(), value)));
        keys.iter().map(answer).collect()
    }

    fn set_many(&self, pairs: &[(&str, &[u8])]) -> Result<()> {
        let is_misordered = self.shared.cluster.borrow().bug == Some(Bug::MisorderedBatch);
        for (number, message) in pairs.chunks(MESSAGE_PAIRS).enumerate() {
            for (place, (key, value)) in message.iter().enumerate() {
                let neighbour = message[(place + 1) % message.len()].1;
                self.set(key, if is_misordered && number > 0 { neighbour } else { value })?;
            }
        }
        Ok(())
    }

    fn delete_many(&self, keys: &[&str]) -> Result<()> {
        keys.iter().try_for_each(|key| self.delete(key))
    }
}
