//! The replicas, the network between them, and the virtual time in which both move.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::bug::Bug;
use super::parameters::Parameters;
use crate::random::Random;

/// With [`Bug::ClockSkew`], how far clocks are off at most.
const WILD_SKEW_NS: u64 = 50_000_000;
/// With [`Bug::ResurrectedDelete`], how old a tombstone is when it is forgotten.
const EARLY_TOMBSTONE_NS: u64 = 20_000_000;
/// With [`Bug::ReplayedWrite`], how many of 1,000 messages are applied twice, and how late at most.
const REPLAY_PER_MILLE: u64 = 300;
const REPLAY_DELAY_MAX_NS: u64 = 200_000_000;
/// With [`Bug::StarvedAntiEntropy`], how long nobody may have written before a round, and how soon
/// the next chance comes. Short enough that the bound still holds once all writes pause.
const IDLE_NS: u64 = 190_000_000;
const IDLE_PERIOD_NS: u64 = 5_000_000;

/// What a replica holds of a register. A value of `None` is a tombstone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Version {
    stamp: VersionStamp,
    value: Option<Rc<[u8]>>,
}

/// The order in which versions win: by clock, then by replica.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct VersionStamp {
    clock_ns: u64,
    replica: usize,
}

#[derive(Debug, Clone, Default)]
struct Replica {
    /// How far its clock is ahead, counted from the slowest clock there may be.
    ahead_ns: u64,
    last_stamp_ns: u64,
    /// By register.
    versions: BTreeMap<usize, Version>,
    /// Only for [`Bug::StaleExists`]: registers that it believes to be present.
    present: BTreeSet<usize>,
}

/// What happens at some moment.
#[derive(Debug, Clone)]
enum Event {
    /// A message arrives.
    Deliver { to: usize, register: usize, version: Version },
    /// A write is applied as a new one: a failed call that takes effect late, or a replay.
    Write { at: usize, register: usize, value: Option<Rc<[u8]>> },
}

#[derive(Debug)]
pub(super) struct Cluster {
    pub(super) parameters: Parameters,
    pub(super) bug: Option<Bug>,
    pub(super) random: Random,
    now_ns: u64,
    seed: u64,
    replicas: Vec<Replica>,
    /// By time, and then in the order they were sent.
    events: BTreeMap<(u64, u64), Event>,
    sent: u64,
    next_round_ns: u64,
    last_write_ns: Option<u64>,
}

impl Cluster {
    pub(super) fn new(parameters: Parameters, bug: Option<Bug>, seed: u64) -> Self {
        let mut random = Random::for_purpose(seed, 1);
        let skew_ns = if bug == Some(Bug::ClockSkew) { WILD_SKEW_NS } else { parameters.skew_ns };
        let fresh = |_| Replica { ahead_ns: random.between(0, 2 * skew_ns), ..Replica::default() };
        let replicas = (0..parameters.replicas.max(1)).map(fresh).collect();
        let next_round_ns =
            if bug == Some(Bug::StarvedAntiEntropy) { IDLE_PERIOD_NS } else { parameters.sync_period_ns };
        Self {
            parameters,
            bug,
            random,
            now_ns: 0,
            seed,
            replicas,
            events: BTreeMap::new(),
            sent: 0,
            next_round_ns,
            last_write_ns: None,
        }
    }

    pub(super) fn now_ns(&self) -> u64 {
        self.now_ns
    }

    pub(super) fn replica_count(&self) -> usize {
        self.replicas.len()
    }

    /// Lets time pass, and with it all that happens. Time ends after 292 years.
    pub(super) fn advance(&mut self, by_ns: u64) {
        const END_NS: u64 = u64::MAX / 2;
        let until = self.now_ns.saturating_add(by_ns).min(END_NS);
        loop {
            let next_event = self.events.first_key_value().map(|(at, _)| at.0).unwrap_or(u64::MAX);
            if next_event.min(self.next_round_ns) > until {
                break;
            }
            if next_event <= self.next_round_ns {
                let ((at, _), event) = self.events.pop_first().expect("there is a next event");
                self.now_ns = at;
                self.happen(event);
            } else if self.events.is_empty() && self.is_calm() {
                self.skip_rounds(until);
            } else {
                self.now_ns = self.next_round_ns;
                self.next_round_ns += self.round_period_ns();
                self.round();
            }
        }
        self.now_ns = until;
    }

    /// A write at a replica: stamped, kept, sent to the others.
    pub(super) fn write(&mut self, at: usize, register: usize, value: Option<Rc<[u8]>>) {
        let now_ns = self.now_ns;
        self.last_write_ns = Some(now_ns);
        let replica = &mut self.replicas[at];
        replica.last_stamp_ns = (now_ns + replica.ahead_ns).max(replica.last_stamp_ns + 1);
        let version = Version { stamp: VersionStamp { clock_ns: replica.last_stamp_ns, replica: at }, value };
        self.index(at, register, version.value.is_some());
        self.merge(at, register, version.clone());
        for to in (0..self.replicas.len()).filter(|to| *to != at) {
            self.send(at, to, register, &version);
        }
    }

    /// The newest version that any replica holds: what one sees who can reach them all.
    fn newest(&self, register: usize) -> Option<&Version> {
        self.replicas.iter().filter_map(|replica| replica.versions.get(&register)).max_by_key(|version| version.stamp)
    }

    /// The state that an operation finds which reads and writes at one instant, and its stamp. With
    /// [`Bug::LostIncrement`] and [`Bug::DoubleSwap`] that is what one replica holds.
    pub(super) fn latest(&self, at: usize, register: usize, bug: Bug) -> (Option<VersionStamp>, Option<Rc<[u8]>>) {
        let found = match self.bug == Some(bug) {
            true => self.replicas[at].versions.get(&register),
            false => self.newest(register),
        };
        (found.map(|version| version.stamp), found.and_then(|version| version.value.clone()))
    }

    /// As [`Cluster::write`], stamped later than whatever any replica holds.
    pub(super) fn write_after_all(&mut self, at: usize, register: usize, value: Option<Rc<[u8]>>) {
        if let Some(newest) = self.newest(register) {
            let newest_ns = newest.stamp.clock_ns;
            let replica = &mut self.replicas[at];
            replica.last_stamp_ns = replica.last_stamp_ns.max(newest_ns);
        }
        self.write(at, register, value);
    }

    /// As [`Cluster::write`], with the stamp of the write that it takes for the one it follows: a tombstone that
    /// is still on its way is newer.
    pub(super) fn write_into_the_past(&mut self, at: usize, register: usize, value: Option<Rc<[u8]>>) {
        let version = Version { stamp: VersionStamp { clock_ns: 0, replica: at }, value };
        self.last_write_ns = Some(self.now_ns);
        self.replicas[at].versions.insert(register, version.clone());
        for to in (0..self.replicas.len()).filter(|to| *to != at) {
            self.send(at, to, register, &version);
        }
    }

    /// The registers that a replica holds a value of.
    pub(super) fn present(&self, at: usize) -> BTreeSet<usize> {
        let held = self.replicas[at].versions.iter();
        held.filter(|(_, version)| version.value.is_some()).map(|(register, _)| *register).collect()
    }

    /// A write that takes effect by itself later.
    pub(super) fn write_later(&mut self, at: usize, register: usize, value: Option<Rc<[u8]>>, after_ns: u64) {
        self.schedule(self.now_ns + after_ns, Event::Write { at, register, value });
    }

    /// What a replica holds.
    pub(super) fn read(&mut self, at: usize, register: usize) -> Option<Rc<[u8]>> {
        if self.bug == Some(Bug::WrongReadRepair) {
            self.repair_wrongly(at, register);
        }
        self.replicas[at].versions.get(&register).and_then(|v| v.value.clone())
    }

    /// Whether a replica believes a register to be present.
    pub(super) fn exists(&mut self, at: usize, register: usize) -> bool {
        if self.bug == Some(Bug::StaleExists) {
            return self.replicas[at].present.contains(&register);
        }
        self.read(at, register).is_some()
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Write { at, register, value } => self.write(at, register, value),
            Event::Deliver { to, register, version } => {
                self.index(to, register, version.value.is_some());
                let torn = self.torn(to, register, &version);
                self.merge(to, register, torn.unwrap_or(version));
            }
        }
    }

    /// Sends a version; loss and partitions are decided at once for all tries.
    fn send(&mut self, from: usize, to: usize, register: usize, version: &Version) {
        let (least, longest) = self.parameters.delay_ns;
        for attempt in 0..self.parameters.tries {
            let at = self.now_ns + attempt * self.parameters.retry_ns;
            let delay = self.random.between(least, longest);
            if self.random.chance(self.parameters.loss_per_mille) || !self.are_connected(from, to, at) {
                continue;
            }
            self.schedule(at + delay, Event::Deliver { to, register, version: version.clone() });
            if self.bug == Some(Bug::ReplayedWrite) && self.random.chance(REPLAY_PER_MILLE) {
                let late = at + delay + self.random.below(REPLAY_DELAY_MAX_NS);
                self.schedule(late, Event::Write { at: to, register, value: version.value.clone() });
            }
            return;
        }
    }

    fn schedule(&mut self, at: u64, event: Event) {
        self.sent += 1;
        self.events.insert((at, self.sent), event);
    }

    /// Last writer wins.
    fn merge(&mut self, at: usize, register: usize, version: Version) {
        let versions = &mut self.replicas[at].versions;
        if versions.get(&register).is_some_and(|held| held.stamp >= version.stamp) {
            return;
        }
        if version.value.is_none() && self.bug == Some(Bug::LostTombstone) {
            versions.remove(&register);
        } else {
            versions.insert(register, version);
        }
    }

    fn index(&mut self, at: usize, register: usize, is_present: bool) {
        if is_present {
            self.replicas[at].present.insert(register);
        } else {
            self.replicas[at].present.remove(&register);
        }
    }

    /// With [`Bug::TornMerge`], what is left when a shorter value is written over a longer one.
    fn torn(&self, at: usize, register: usize, version: &Version) -> Option<Version> {
        let held = self.replicas[at].versions.get(&register)?;
        let (old, new) = (held.value.as_ref()?, version.value.as_ref()?);
        if self.bug != Some(Bug::TornMerge) || old.len() <= new.len() {
            return None;
        }
        let torn: Vec<u8> = new.iter().chain(&old[new.len()..]).copied().collect();
        Some(Version { stamp: version.stamp, value: Some(torn.into()) })
    }

    fn repair_wrongly(&mut self, at: usize, register: usize) {
        let other = self.random.below(self.replicas.len() as u64) as usize;
        if other == at || !self.are_connected(at, other, self.now_ns) {
            return;
        }
        let mine = self.replicas[at].versions.get(&register);
        let theirs = self.replicas[other].versions.get(&register);
        if let (Some(mine), Some(theirs)) = (mine, theirs)
            && mine.stamp != theirs.stamp
        {
            let older = if mine.stamp < theirs.stamp { mine } else { theirs };
            let value = older.value.clone();
            self.write(at, register, value);
        }
    }

    /// One round of anti-entropy: those that can reach each other exchange all they have.
    fn round(&mut self) {
        let is_idle = self.last_write_ns.is_none_or(|at| self.now_ns - at >= IDLE_NS);
        if self.bug == Some(Bug::StarvedAntiEntropy) && !is_idle {
            return;
        }
        // Where rounds are put off, tombstones would be forgotten before they have spread.
        if self.bug != Some(Bug::StarvedAntiEntropy) {
            self.forget_tombstones();
        }
        if self.bug == Some(Bug::NoAntiEntropy) {
            return;
        }
        for from in 0..self.replicas.len() {
            for to in 0..self.replicas.len() {
                if from != to && self.are_connected(from, to, self.now_ns) {
                    let versions: Vec<_> = self.replicas[from].versions.clone().into_iter().collect();
                    versions.into_iter().for_each(|(register, version)| self.merge(to, register, version));
                }
            }
        }
    }

    fn forget_tombstones(&mut self) {
        let early = self.bug == Some(Bug::ResurrectedDelete);
        let age_ns = if early { EARLY_TOMBSTONE_NS } else { self.parameters.tombstone_ns() };
        for replica in &mut self.replicas {
            let local_ns = self.now_ns + replica.ahead_ns;
            replica.versions.retain(|_, v| v.value.is_some() || v.stamp.clock_ns.saturating_add(age_ns) > local_ns);
        }
    }

    fn round_period_ns(&self) -> u64 {
        if self.bug == Some(Bug::StarvedAntiEntropy) { IDLE_PERIOD_NS } else { self.parameters.sync_period_ns.max(1) }
    }

    /// Whether rounds would change nothing: all replicas hold the same, and no tombstone that a round would
    /// forget.
    fn is_calm(&self) -> bool {
        let first = &self.replicas[0].versions;
        let same = self.replicas.iter().all(|r| r.versions == *first);
        let forgets = self.bug != Some(Bug::StarvedAntiEntropy);
        (same || self.bug == Some(Bug::NoAntiEntropy)) && (!forgets || first.values().all(|v| v.value.is_some()))
    }

    fn skip_rounds(&mut self, until: u64) {
        if self.next_round_ns <= until {
            let period = self.round_period_ns();
            self.next_round_ns += ((until - self.next_round_ns) / period + 1) * period;
        }
    }

    /// Whether no partition lies between two replicas.
    fn are_connected(&self, a: usize, b: usize, at_ns: u64) -> bool {
        let cut_off = self.cut_off(at_ns);
        cut_off != Some(a) && cut_off != Some(b)
    }

    /// The replica that is cut off at this time.
    fn cut_off(&self, at_ns: u64) -> Option<usize> {
        let p = &self.parameters;
        let slot_ns = p.partition_max_ns + 2 * p.sync_period_ns;
        let slot = at_ns / slot_ns.max(1);
        let first = self.partition(0);
        if self.bug == Some(Bug::NeverHeals) {
            return first.filter(|(start, _, _)| at_ns >= *start).map(|(_, _, replica)| replica);
        }
        let (start, end, replica) = self.partition(slot)?;
        let within_ns = at_ns - slot * slot_ns;
        (start <= within_ns && within_ns < end).then_some(replica)
    }

    /// The partition in a slot: its start and end within the slot, and whom it cuts off.
    fn partition(&self, slot: u64) -> Option<(u64, u64, usize)> {
        let mut random = Random::for_purpose(self.seed, slot + 2);
        if !random.chance(self.parameters.partition_per_mille) || self.replicas.len() < 2 {
            return None;
        }
        let ends = [(); 2].map(|()| random.between(0, self.parameters.partition_max_ns));
        let replica = random.below(self.replicas.len() as u64) as usize;
        Some((ends[0].min(ends[1]), ends[0].max(ends[1]), replica))
    }
}
