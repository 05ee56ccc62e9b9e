//! Changing workloads: at the level of steps, names and values, so that every result is
//! well-formed and most keep what made their parent interesting.

use std::time::Duration;

use kvspec_reference::Workload;
use kvspec_reference::random::Random;
use kvspec_reference::stamp::Stamp;
use kvspec_reference::workload::{Call, Step, ValueSource};

use super::bytes::{self, Dictionary};

/// How large workloads may become.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bounds {
    /// The most steps.
    pub steps: usize,
    /// The most sessions.
    pub sessions: u16,
    /// The longest key, in bytes.
    pub key_bytes: usize,
    /// The longest value, in bytes.
    pub value_bytes: usize,
    /// The buckets that workloads may name; at least one.
    pub buckets: Vec<String>,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            steps: 64,
            sessions: 4,
            key_bytes: 64,
            value_bytes: 1024,
            buckets: vec!["bucket-a".into(), "bucket-b".into()],
        }
    }
}

/// The most changes one mutation makes, as a power of two.
const STACKED_CHANGES_LOG2_MAX: u64 = 3;

/// Makes workloads of others.
#[derive(Debug)]
pub(super) struct Mutator {
    bounds: Bounds,
    dictionary: Dictionary,
}

impl Mutator {
    pub(super) fn new(bounds: Bounds, dictionary: Dictionary) -> Self {
        Self { bounds, dictionary }
    }

    /// A workload made from chance alone.
    pub(super) fn fresh(&self, random: &mut Random) -> Workload {
        let sessions = random.between(1, u64::from(self.bounds.sessions)) as u16;
        let mut workload = Workload { sessions, steps: Vec::new() };
        // Short ones are quicker and easier to build upon; now and then a long one.
        let length_max = 1 << random.between(1, 6);
        for _ in 0..random.between(1, length_max) {
            let step = self.step(&workload, random);
            workload.steps.push(step);
        }
        self.within_bounds(workload)
    }

    /// The workload with one or some changes. `other` is one to take parts from.
    pub(super) fn mutate(&self, workload: &Workload, other: &Workload, random: &mut Random) -> Workload {
        let mut changed = workload.clone();
        for _ in 0..1_u64 << random.below(STACKED_CHANGES_LOG2_MAX + 1) {
            self.change(&mut changed, other, random);
        }
        self.within_bounds(changed)
    }

    fn change(&self, workload: &mut Workload, other: &Workload, random: &mut Random) {
        if workload.steps.is_empty() {
            let step = self.step(workload, random);
            workload.steps.push(step);
            return;
        }
        let at = random.below(workload.steps.len() as u64) as usize;
        match random.below(16) {
            0..=2 => {
                let step = self.step(workload, random);
                let at = random.below(workload.steps.len() as u64 + 1) as usize;
                workload.steps.insert(at, step);
            }
            3 => {
                let count = random.between(1, 1 + workload.steps.len() as u64 / 4) as usize;
                workload.steps.drain(at..(at + count).min(workload.steps.len()));
            }
            4 => {
                let end = (at + random.between(1, 8) as usize).min(workload.steps.len());
                let part = workload.steps[at..end].to_vec();
                let to = random.below(workload.steps.len() as u64 + 1) as usize;
                workload.steps.splice(to..to, part);
            }
            5 => {
                let to = random.below(workload.steps.len() as u64) as usize;
                workload.steps.swap(at, to);
            }
            6 => splice(workload, other, random),
            7 => change_session(workload, at, random),
            8 => self.change_operation(workload, at, random),
            9..=10 => self.use_other_key(workload, at, random),
            11..=13 => self.change_key(workload, at, random),
            _ => self.change_value(workload, at, random),
        }
    }

    /// A step that mostly names what the workload names already: operations on one register are
    /// what a store can get wrong.
    fn step(&self, workload: &Workload, random: &mut Random) -> Step {
        match random.below(32) {
            0 => return Step::Wait(Duration::from_millis(1 << random.below(12))),
            1..=2 => return Step::Quiesce,
            _ => {}
        }
        let registers = workload.registers();
        let (bucket, key) = match registers.len() {
            count if count > 0 && random.chance(750) => {
                let (bucket, key) = registers[random.below(count as u64) as usize];
                (bucket.to_owned(), key.to_owned())
            }
            _ => (self.bucket(random), bytes::fresh_key(random, &self.dictionary, self.bounds.key_bytes)),
        };
        let call = match random.below(16) {
            0..=5 => Call::Set { bucket, key, value: self.value(workload, random) },
            6..=9 => Call::Get { bucket, key },
            10..=12 => Call::Delete { bucket, key },
            13..=14 => Call::Exists { bucket, key },
            _ => Call::Reopen { bucket },
        };
        Step::Call { session: random.below(u64::from(workload.sessions.max(1))) as u16, call }
    }

    fn bucket(&self, random: &mut Random) -> String {
        // Mostly the first: what happens in one bucket matters more than that there are others.
        let index = if random.chance(700) { 0 } else { random.below(self.bounds.buckets.len() as u64) as usize };
        self.bounds.buckets[index].clone()
    }

    /// A value that names its writer, so that a wrong read is known by what it reads; sometimes
    /// bytes of any kind.
    fn value(&self, workload: &Workload, random: &mut Random) -> ValueSource {
        if random.chance(300) {
            return ValueSource::Bytes(bytes::fresh_value(random, &self.dictionary, self.bounds.value_bytes));
        }
        let operation = workload.steps.len() as u32 * 1000 + random.below(1000) as u32;
        let session = random.below(u64::from(workload.sessions.max(1))) as u16;
        ValueSource::Stamp(Stamp { session, operation, length: self.length(random) })
    }

    fn length(&self, random: &mut Random) -> u32 {
        let length_max = 1 << random.between(5, 12);
        random.between(16, length_max).min(self.bounds.value_bytes as u64) as u32
    }

    fn change_operation(&self, workload: &mut Workload, at: usize, random: &mut Random) {
        let value = self.value(workload, random);
        if let Step::Call { call, .. } = &mut workload.steps[at]
            && let Some(key) = call.key()
        {
            let (bucket, key) = (call.bucket().to_owned(), key.to_owned());
            *call = match random.below(4) {
                0 => Call::Set { bucket, key, value },
                1 => Call::Get { bucket, key },
                2 => Call::Delete { bucket, key },
                _ => Call::Exists { bucket, key },
            };
        }
    }

    fn use_other_key(&self, workload: &mut Workload, at: usize, random: &mut Random) {
        let registers = workload.registers();
        if registers.is_empty() {
            return;
        }
        let (bucket, key) = registers[random.below(registers.len() as u64) as usize];
        let (bucket, key) = (bucket.to_owned(), key.to_owned());
        if let Step::Call { call, .. } = &mut workload.steps[at] {
            rename(call, &bucket, Some(&key));
        }
    }

    /// Changes one key; mostly wherever it is named, so that the operations still meet.
    fn change_key(&self, workload: &mut Workload, at: usize, random: &mut Random) {
        let Step::Call { call, .. } = &workload.steps[at] else { return };
        let (old_bucket, Some(old)) = (call.bucket().to_owned(), call.key().map(str::to_owned)) else { return };
        let new = bytes::changed_key(&old, random, &self.dictionary, self.bounds.key_bytes);
        let everywhere = random.chance(700);
        for (index, step) in workload.steps.iter_mut().enumerate() {
            if let Step::Call { call, .. } = step
                && (index == at || everywhere && call.bucket() == old_bucket && call.key() == Some(&old))
            {
                rename(call, &old_bucket, Some(&new));
            }
        }
    }

    fn change_value(&self, workload: &mut Workload, at: usize, random: &mut Random) {
        let fresh = self.value(workload, random);
        let sets = workload.steps.iter().skip(at).position(|s| matches!(s, Step::Call { call: Call::Set { .. }, .. }));
        let Some(Step::Call { call: Call::Set { value, key, .. }, .. }) =
            sets.and_then(|offset| workload.steps.get_mut(at + offset))
        else {
            return;
        };
        *value = match (&*value, random.below(8)) {
            (_, 0) => fresh,
            (_, 1) => ValueSource::Bytes(key.clone().into_bytes()),
            (ValueSource::Stamp(stamp), 2..=3) => ValueSource::Stamp(Stamp { length: self.length(random), ..*stamp }),
            (value, _) => {
                let length_max = self.bounds.value_bytes;
                ValueSource::Bytes(bytes::changed(&value.bytes(), random, &self.dictionary, length_max))
            }
        };
    }

    fn within_bounds(&self, mut workload: Workload) -> Workload {
        workload.sessions = workload.sessions.clamp(1, self.bounds.sessions.max(1));
        // Convergence is only judged at a quiescence point: each workload ends with one.
        workload.steps.truncate(self.bounds.steps.max(1) - 1);
        if workload.steps.last() != Some(&Step::Quiesce) {
            workload.steps.push(Step::Quiesce);
        }
        for step in &mut workload.steps {
            if let Step::Call { session, .. } = step {
                *session %= workload.sessions;
            }
        }
        workload
    }
}

/// The start of one workload and the end of another.
fn splice(workload: &mut Workload, other: &Workload, random: &mut Random) {
    let keep = random.below(workload.steps.len() as u64 + 1) as usize;
    let from = random.below(other.steps.len() as u64 + 1) as usize;
    workload.steps.truncate(keep);
    workload.steps.extend_from_slice(&other.steps[from..]);
    workload.sessions = workload.sessions.max(other.sessions);
}

fn change_session(workload: &mut Workload, at: usize, random: &mut Random) {
    // One more than there are: a session can be added.
    let to = random.below(u64::from(workload.sessions) + 1) as u16;
    if let Step::Call { session, .. } = &mut workload.steps[at] {
        *session = to;
        workload.sessions = workload.sessions.max(to + 1);
    }
}

fn rename(call: &mut Call, new_bucket: &str, new_key: Option<&str>) {
    match call {
        Call::Reopen { bucket } => *bucket = new_bucket.to_owned(),
        Call::Get { bucket, key }
        | Call::Set { bucket, key, .. }
        | Call::Delete { bucket, key }
        | Call::Exists { bucket, key } => {
            *bucket = new_bucket.to_owned();
            if let Some(new_key) = new_key {
                *key = new_key.to_owned();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kvspec_reference::workload::text::{self, WorkloadFile};

    #[test]
    fn whatever_is_made_is_well_formed_and_within_bounds() {
        let bounds = Bounds { steps: 20, sessions: 3, key_bytes: 12, value_bytes: 50, ..Default::default() };
        let mutator = Mutator::new(bounds.clone(), Dictionary::of([b"magic".to_vec(), vec![0xff, 0xfe]]));
        let mut random = Random::new(1);
        let mut pool = vec![mutator.fresh(&mut random)];
        for round in 0..3_000 {
            let workload = if round % 10 == 0 {
                mutator.fresh(&mut random)
            } else {
                let parent = random.below(pool.len() as u64) as usize;
                let other = random.below(pool.len() as u64) as usize;
                mutator.mutate(&pool[parent], &pool[other], &mut random)
            };
            let file = WorkloadFile { profile: "eventual@0.1.0".into(), workload: workload.clone() };
            assert_eq!(text::parse(&file.to_string()).unwrap().workload, workload);
            assert!(workload.steps.len() <= bounds.steps && (1..=bounds.sessions).contains(&workload.sessions));
            for step in &workload.steps {
                let Step::Call { session, call } = step else { continue };
                assert!(*session < workload.sessions && bounds.buckets.iter().any(|b| b == call.bucket()));
                assert!(call.key().is_none_or(|key| key.len() <= bounds.key_bytes), "{call}");
                if let Call::Set { value: ValueSource::Bytes(bytes), .. } = call {
                    assert!(bytes.len() <= bounds.value_bytes, "{call}");
                }
            }
            pool.push(workload);
            if pool.len() > 50 {
                pool.remove(0);
            }
        }
    }
}
