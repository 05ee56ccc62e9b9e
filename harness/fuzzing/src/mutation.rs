//! Changing workloads: at the level of steps, names and values, so that every result is
//! well-formed and most keep what made their parent interesting.

use std::collections::BTreeSet;
use std::time::Duration;

use kvspec_reference::Workload;
use kvspec_reference::random::Random;
use kvspec_reference::workload::stamp::Stamp;
use kvspec_reference::workload::{Call, Step, ValueSource};
use kvspec_suites::Declaration;
use kvspec_suites::workloads::generate::{self, Size};

use super::bounds::{Bounds, WorkloadLimits};
use super::bytes::{self, Dictionary};

/// The longest pause that is made from chance; any is free on a virtual clock, but a component may
/// have timers.
const PAUSE_MAX: Duration = Duration::from_secs(60);

/// The most changes one mutation makes, as a power of two.
const STACKED_CHANGES_LOG2_MAX: u64 = 3;

/// Makes workloads of others. They obey the declaration.
#[derive(Debug)]
pub(super) struct Mutator {
    declaration: Declaration,
    /// What its workloads obey.
    pub(super) limits: WorkloadLimits,
    dictionary: Dictionary,
    buckets: Vec<String>,
}

impl Mutator {
    pub(super) fn new(declaration: Declaration, mut bounds: Bounds, dictionary: Dictionary) -> Self {
        let limits = &declaration.limits;
        bounds.key_bytes = bounds.key_bytes.min(limits.max_key_bytes.unwrap_or(usize::MAX));
        bounds.value_bytes = bounds.value_bytes.min(limits.max_value_bytes.unwrap_or(usize::MAX));
        let handles_max = limits.max_handles.unwrap_or(usize::MAX).max(1);
        let mut buckets = declaration.capabilities.buckets.clone();
        if buckets.is_empty() {
            buckets = BUCKETS.map(str::to_owned).to_vec();
        }
        buckets.truncate(limits.max_buckets.unwrap_or(usize::MAX).clamp(1, handles_max));
        // Each session holds a handle of each bucket.
        let sessions_max = u16::try_from(handles_max / buckets.len()).unwrap_or(u16::MAX);
        let limits = WorkloadLimits {
            bounds,
            declared: limits.clone(),
            buckets_max: buckets.len(),
            sessions_max: sessions_max.max(1),
        };
        Self { declaration, limits, dictionary, buckets }
    }

    /// Takes in what the target compared with which, while it ran the workload.
    pub(super) fn learn<'p>(&mut self, workload: &Workload, compared: impl Iterator<Item = (&'p [u8], &'p [u8])>) {
        let parts = parts_of(workload);
        for (left, right) in compared.filter(|(left, right)| left != right) {
            match (parts.contains(left), parts.contains(right)) {
                (true, false) => self.dictionary.learn(left, right),
                (false, true) => self.dictionary.learn(right, left),
                // Keys are compared with each other all the time.
                _ => {}
            }
        }
    }

    /// A workload made from chance alone.
    pub(super) fn fresh(&self, random: &mut Random) -> Workload {
        let Bounds { sessions, value_bytes, .. } = self.limits.bounds;
        // Short ones are quicker and easier to build upon.
        let steps = (1_usize << random.below(6)).min(self.limits.bounds.steps);
        let size = Size { sessions, steps, value_bytes, pause: PAUSE_MAX };
        let workload = generate::from_seed(&self.declaration, size, random.bits());
        self.limits.within_bounds(workload)
    }

    /// The workload with one or some changes. `other` is one to take parts from.
    pub(super) fn mutate(&self, workload: &Workload, other: &Workload, random: &mut Random) -> Workload {
        let mut changed = workload.clone();
        for _ in 0..1_u64 << random.below(STACKED_CHANGES_LOG2_MAX + 1) {
            self.change(&mut changed, other, random);
        }
        self.limits.within_bounds(changed)
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
                let (bucket, key) = &registers[random.below(count as u64) as usize];
                ((*bucket).to_owned(), key.clone().into_owned())
            }
            _ => {
                let key = bytes::fresh_key(random, &self.dictionary, self.limits.bounds.key_bytes);
                (self.bucket(random), if self.allows(&key) { key } else { PLAIN_KEY.into() })
            }
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
        let index = if random.chance(700) { 0 } else { random.below(self.buckets.len() as u64) as usize };
        self.buckets[index].clone()
    }

    /// Whether the declaration allows the key.
    pub(super) fn allows(&self, key: &str) -> bool {
        self.declaration.limits.key_characters.allow(key)
    }

    /// A value that names its writer, so that a wrong read is known by what it reads; sometimes
    /// bytes of any kind.
    fn value(&self, workload: &Workload, random: &mut Random) -> ValueSource {
        if random.chance(300) {
            return ValueSource::Bytes(bytes::fresh_value(random, &self.dictionary, self.limits.bounds.value_bytes));
        }
        let operation = workload.steps.len() as u32 * 1000 + random.below(1000) as u32;
        let session = random.below(u64::from(workload.sessions.max(1))) as u16;
        ValueSource::Stamp(Stamp { session, operation, length: self.length(random) })
    }

    fn length(&self, random: &mut Random) -> u32 {
        let length_max = 1 << random.between(5, 12);
        random.between(16, length_max).min(self.limits.bounds.value_bytes as u64) as u32
    }

    fn change_operation(&self, workload: &mut Workload, at: usize, random: &mut Random) {
        let value = self.value(workload, random);
        if let Step::Call { call, .. } = &mut workload.steps[at]
            && let Some((bucket, key)) = call.register()
        {
            let (bucket, key) = (bucket.to_owned(), key.to_owned());
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
        let (bucket, key) = &registers[random.below(registers.len() as u64) as usize];
        let (bucket, key) = ((*bucket).to_owned(), key.clone().into_owned());
        if let Step::Call { call, .. } = &mut workload.steps[at] {
            rename(call, &bucket, &key);
        }
    }

    /// Changes one key; mostly wherever it is named, so that the operations still meet.
    fn change_key(&self, workload: &mut Workload, at: usize, random: &mut Random) {
        let Step::Call { call, .. } = &workload.steps[at] else { return };
        let Some((old_bucket, old)) = call.register() else { return };
        let (old_bucket, old) = (old_bucket.to_owned(), old.to_owned());
        let new = bytes::changed_key(&old, random, &self.dictionary, self.limits.bounds.key_bytes);
        if !self.allows(&new) {
            return;
        }
        let everywhere = random.chance(700);
        for (index, step) in workload.steps.iter_mut().enumerate() {
            if let Step::Call { call, .. } = step
                && (index == at || everywhere && call.register() == Some((&*old_bucket, &*old)))
            {
                rename(call, &old_bucket, &new);
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
                let length_max = self.limits.bounds.value_bytes;
                ValueSource::Bytes(bytes::changed(&value.bytes(), random, &self.dictionary, length_max))
            }
        };
    }
}

/// Buckets, where opening creates them: those of the generator.
const BUCKETS: [&str; 2] = ["b", "b.c"];

/// A key that every store allows.
const PLAIN_KEY: &str = "k";

/// The keys of a workload, and the values that are plain bytes.
fn parts_of(workload: &Workload) -> BTreeSet<&[u8]> {
    let calls = workload.steps.iter().filter_map(|step| match step {
        Step::Call { call, .. } => Some(call),
        _ => None,
    });
    let parts = calls.flat_map(|call| {
        let value = match call {
            Call::Set { value: ValueSource::Bytes(bytes), .. } => Some(&**bytes),
            _ => None,
        };
        [call.key().map(str::as_bytes), value]
    });
    parts.flatten().collect()
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

fn rename(call: &mut Call, bucket: &str, key: &str) {
    if let Some(old) = call.bucket_mut() {
        bucket.clone_into(old);
    }
    if let Some(old) = call.key_mut() {
        key.clone_into(old);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kvspec_reference::workload::text::{self, WorkloadFile};
    use kvspec_suites::declaration::KeyCharacters;

    #[test]
    fn whatever_is_made_is_well_formed_and_within_bounds() {
        let bounds = Bounds { steps: 20, sessions: 3, key_bytes: 300, value_bytes: 50 };
        let mut declaration = Declaration::default();
        let limits = &mut declaration.limits;
        limits.max_key_bytes = Some(12);
        limits.key_characters = KeyCharacters::PrintableAscii;
        (limits.max_buckets, limits.max_keys, limits.max_handles) = (Some(1), Some(2), Some(2));
        let limits = limits.clone();
        let mutator = Mutator::new(declaration, bounds, Dictionary::of([b"magic".to_vec(), vec![0xff, 0xfe]]));
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
            assert!(workload.steps.len() <= bounds.steps && (1..=2).contains(&workload.sessions));
            assert!(workload.registers().len() <= 2, "{workload:?}");
            for step in &workload.steps {
                let Step::Call { session, call } = step else { continue };
                assert!(*session < workload.sessions && call.bucket() == Some("b"));
                assert!(call.key().is_none_or(|key| key.len() <= 12 && limits.key_characters.allow(key)), "{call}");
                if let Call::Set { value, .. } = call {
                    assert!(value.bytes().len() <= bounds.value_bytes, "{call}");
                }
            }
            pool.push(workload);
            if pool.len() > 50 {
                pool.remove(0);
            }
        }
    }
}
