//! Changing workloads: at the level of steps, names and values, so that every result is
//! well-formed and most keep what made their parent interesting.

use std::time::Duration;

use kvspec_reference::Workload;
use kvspec_reference::random::Random;
use kvspec_reference::workload::stamp::Stamp;
use kvspec_reference::workload::{Call, Keys, Step, ValueSource};
use kvspec_suites::Declaration;
use kvspec_suites::workloads::generate::{self, Repertoire, Size};

use super::bounds::{Bounds, WorkloadLimits};
use super::bytes::{self, Dictionary};
use super::calls::{self, Place};
use super::parts;

/// The longest pause that is made from chance; any is free on a virtual clock, but a component may
/// have timers.
const PAUSE_MAX: Duration = Duration::from_secs(60);

/// The most changes one mutation makes, as a power of two.
const STACKED_CHANGES_LOG2_MAX: u64 = 3;

/// Makes workloads of others. They obey the declaration.
#[derive(Debug)]
pub(super) struct Mutator {
    declaration: Declaration,
    /// What can be called beyond get, set, delete and exists.
    pub(super) repertoire: Repertoire,
    /// What its workloads obey.
    pub(super) limits: WorkloadLimits,
    dictionary: Dictionary,
    buckets: Vec<String>,
}

impl Mutator {
    pub(super) fn new(
        declaration: Declaration,
        repertoire: Repertoire,
        mut bounds: Bounds,
        dictionary: Dictionary,
    ) -> Self {
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
            repertoire,
        };
        Self { declaration, repertoire, limits, dictionary, buckets }
    }

    /// Takes in what the target compared with which, while it ran the workload.
    pub(super) fn learn<'p>(&mut self, workload: &Workload, compared: impl Iterator<Item = (&'p [u8], &'p [u8])>) {
        let parts = parts::of_workload(workload);
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
        let workload = generate::from_seed_offering(&self.declaration, self.repertoire, size, random.bits());
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
        let call = match self.other_call(workload, &bucket, &key, random) {
            Some(call) => call,
            None => self.call_of_four(workload, bucket, key, random),
        };
        Step::Call { session: random.below(u64::from(workload.sessions.max(1))) as u16, call }
    }

    fn call_of_four(&self, workload: &Workload, bucket: String, key: String, random: &mut Random) -> Call {
        match random.below(16) {
            0..=5 => Call::Set { bucket, key, value: self.value(workload, random) },
            6..=9 => Call::Get { bucket, key },
            10..=12 => Call::Delete { bucket, key },
            13..=14 => Call::Exists { bucket, key },
            _ => Call::Reopen { bucket },
        }
    }

    /// Now and then a call of another operation on this register, where others are offered; a batch mostly
    /// names others of the bucket, too.
    fn other_call(&self, workload: &Workload, bucket: &str, key: &str, random: &mut Random) -> Option<Call> {
        if self.repertoire == Repertoire::FOUR_OPERATIONS || !random.chance(OTHER_CALLS_PERMILLE) {
            return None;
        }
        let mut keys = vec![key.to_owned()];
        let registers = workload.registers();
        for _ in 0..if registers.is_empty() { 0 } else { random.below(4) } {
            let (of, other) = &registers[random.below(registers.len() as u64) as usize];
            if *of == bucket && !keys.iter().any(|known| known == other) {
                keys.push(other.clone().into_owned());
            }
        }
        let place = Place { bucket: bucket.to_owned(), keys };
        calls::offered(self.repertoire, place, |random| self.value(workload, random), random)
    }

    fn bucket(&self, random: &mut Random) -> String {
        // Mostly the first: what happens in one bucket matters more than that there are others.
        let index = if random.chance(700) { 0 } else { random.below(self.buckets.len() as u64) as usize };
        self.buckets[index].clone()
    }

    /// Whether the declaration allows the key.
    pub(super) fn allows(&self, key: &str) -> bool {
        key.len() <= self.limits.bounds.key_bytes && self.declaration.limits.key_characters.allow(key)
    }

    /// Whether it allows all keys that the call names.
    pub(super) fn allows_keys_of(&self, call: &Call) -> bool {
        let of_batch = |keys: &Keys| match keys {
            Keys::One(key) => self.allows(key),
            // The last has the most digits.
            Keys::Numbered { prefix, to, .. } => self.allows(&format!("{prefix}{:04}", to.saturating_sub(1))),
        };
        call.key().is_none_or(|key| self.allows(key)) && call.batch().all(of_batch)
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
        let Some((bucket, key)) = parts::some_register(workload, at, random) else { return };
        let other = self.other_call(workload, &bucket, &key, random);
        if let Step::Call { call, .. } = &mut workload.steps[at] {
            *call = match (other, random.below(4)) {
                (Some(other), _) => other,
                (None, 0) => Call::Set { bucket, key, value },
                (None, 1) => Call::Get { bucket, key },
                (None, 2) => Call::Delete { bucket, key },
                (None, _) => Call::Exists { bucket, key },
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
            let old = call.batch().next().map(|keys| keys.name().to_owned());
            let mut renamed = call.clone();
            parts::rename(&mut renamed, old.as_deref(), &bucket, &key);
            if self.allows_keys_of(&renamed) {
                *call = renamed;
            }
        }
    }

    /// Changes one key; mostly wherever it is named, so that the operations still meet.
    fn change_key(&self, workload: &mut Workload, at: usize, random: &mut Random) {
        let Some((old_bucket, old)) = parts::some_register(workload, at, random) else { return };
        let new = bytes::changed_key(&old, random, &self.dictionary, self.limits.bounds.key_bytes);
        if !self.allows(&new) {
            return;
        }
        let everywhere = random.chance(700);
        for (index, step) in workload.steps.iter_mut().enumerate() {
            if let Step::Call { call, .. } = step
                && (index == at || everywhere)
                && call.bucket() == Some(&old_bucket)
            {
                let mut renamed = call.clone();
                parts::for_each_key(&mut renamed, |key| {
                    if *key == old {
                        key.clone_from(&new);
                    }
                });
                if self.allows_keys_of(&renamed) {
                    *call = renamed;
                }
            }
        }
    }

    fn change_value(&self, workload: &mut Workload, at: usize, random: &mut Random) {
        let fresh = self.value(workload, random);
        let has_value = |step: &Step| match step {
            Step::Call { call, .. } => call.values().next().is_some() || matches!(call, Call::Increment { .. }),
            _ => false,
        };
        let found = workload.steps.iter().skip(at).position(has_value);
        let Some(Step::Call { call, .. }) = found.and_then(|offset| workload.steps.get_mut(at + offset)) else {
            return;
        };
        if let Call::Increment { delta, .. } = call {
            *delta = match random.below(3) {
                0 => calls::delta(self.repertoire, random),
                1 => calls::allowed(self.repertoire, delta.saturating_add(1)),
                _ => calls::allowed(self.repertoire, delta.saturating_mul(2)),
            };
            return;
        }
        let key = call.keys().next().unwrap_or_default().into_owned();
        let count = call.values().count() as u64;
        let chosen = if count == 1 { 0 } else { random.below(count) as usize };
        let Some(value) = call.values_mut().nth(chosen) else { return };
        *value = match (&*value, random.below(8)) {
            (_, 0) => fresh,
            (_, 1) => ValueSource::Bytes(key.into_bytes()),
            (ValueSource::Stamp(stamp), 2..=3) => ValueSource::Stamp(Stamp { length: self.length(random), ..*stamp }),
            (value, _) => {
                let length_max = self.limits.bounds.value_bytes;
                ValueSource::Bytes(bytes::changed(&value.bytes(), random, &self.dictionary, length_max))
            }
        };
    }
}

/// How many of a thousand calls are others than the four, where others are offered.
const OTHER_CALLS_PERMILLE: u64 = 450;

/// Buckets, where opening creates them: those of the generator.
const BUCKETS: [&str; 2] = ["b", "b.c"];

/// A key that every store allows.
const PLAIN_KEY: &str = "k";

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

#[cfg(test)]
mod tests {
    use super::*;
    use kvspec_reference::Profile;
    use kvspec_reference::workload::text::{self, WorkloadFile};
    use kvspec_suites::declaration::KeyCharacters;

    #[test]
    fn whatever_is_made_is_well_formed_and_within_bounds() {
        for profile in [Profile::Eventual, Profile::StoreDraft, Profile::StoreDraft2] {
            make_and_check(profile);
        }
    }

    fn make_and_check(profile: Profile) {
        let bounds = Bounds { steps: 20, sessions: 3, key_bytes: 300, value_bytes: 50, batch_keys: 40 };
        let mut declaration = Declaration::default();
        let limits = &mut declaration.limits;
        limits.max_key_bytes = Some(12);
        limits.key_characters = KeyCharacters::PrintableAscii;
        (limits.max_buckets, limits.max_keys, limits.max_handles) = (Some(1), Some(2), Some(2));
        let limits = limits.clone();
        let words = Dictionary::of([b"magic".to_vec(), vec![0xff, 0xfe]]);
        let mutator = Mutator::new(declaration, Repertoire::of(profile), bounds, words);
        let (mut random, mut other_calls) = (Random::new(1), 0);
        let mut pool = vec![mutator.fresh(&mut random)];
        for round in 0..3_000 {
            let workload = if round % 10 == 0 {
                mutator.fresh(&mut random)
            } else {
                let parent = random.below(pool.len() as u64) as usize;
                let other = random.below(pool.len() as u64) as usize;
                mutator.mutate(&pool[parent], &pool[other], &mut random)
            };
            let file = WorkloadFile { profile: profile.name().into(), workload: workload.clone() };
            assert_eq!(text::parse(&file.to_string()).unwrap().workload, workload);
            assert!(workload.steps.len() <= bounds.steps && (1..=2).contains(&workload.sessions));
            assert!(workload.registers().len() <= 2, "{workload:?}");
            for step in &workload.steps {
                let Step::Call { session, call } = step else { continue };
                assert!(*session < workload.sessions && call.bucket().is_none_or(|bucket| bucket == "b"));
                assert!(call.keys().all(|key| key.len() <= 12 && limits.key_characters.allow(&key)), "{call}");
                assert!(call.values().all(|value| value.bytes().len() <= bounds.value_bytes), "{call}");
                assert!(call.batch().map(Keys::count).sum::<usize>() <= bounds.batch_keys, "{call}");
                other_calls += usize::from(call.key().is_none() && !matches!(call, Call::Reopen { .. }));
                let is_counted_down = matches!(call, Call::Increment { delta, .. } if *delta < 0);
                assert!(!is_counted_down || profile == Profile::StoreDraft2, "{call}");
            }
            pool.push(workload);
            if pool.len() > 50 {
                pool.remove(0);
            }
        }
        assert_eq!(other_calls > 1_000, profile.is_store(), "{other_calls} of {profile}");
    }
}
