//! The habits that find bugs in listings, increments, swaps and batches.

use std::time::Duration;

use kvspec_reference::interface::Counter;
use kvspec_reference::workload::{Call, Keys, Step, ValueSource, Workload};

use super::choices::Choices;
use super::workload::Generator;

/// What is added: small, and past 32, 53 and 63 bits.
const DELTAS: [i64; 14] =
    [1, 1, 1, 5, 0, -1, -7, 1 << 31, 1 << 32, (1 << 32) + 1, (1 << 53) - 1, (1 << 53) + 1, 1 << 62, i64::MAX - 9];
/// Values that look like numbers, or nearly.
const DRESSES: [&[u8]; 9] = [b"0", b"41", b"-3", b"007", b"+1", b"1.0", b"0x10", b"9007199254740993", b"7\0"];
/// Values that begin as numbers and are none, and are too long for a binary one.
const NO_NUMBERS: [&[u8]; 3] =
    [b"1234567890\0 and more", b"12 monkeys in a barrel", b"42\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"];

impl<C: Choices> Generator<'_, C> {
    /// A workload of all operations that are offered.
    pub(super) fn store_workload(mut self) -> Workload {
        let crowd_max = self.crowd_max();
        if crowd_max > 1 && self.choices.one_in(6) {
            self.crowd(crowd_max);
        } else {
            let steps = [self.size.steps / 4, self.size.steps / 2, self.size.steps][self.choices.weighted(&[2, 2, 1])];
            while self.steps.is_empty() || self.steps.len() < steps && !self.choices.is_exhausted() {
                self.store_pattern();
            }
        }
        self.read_all_again();
        Workload { sessions: self.sessions, steps: self.steps }
    }

    fn store_pattern(&mut self) {
        match self.choices.weighted(&[4, 2, 3, 1, 1, 4, 4, 4, 4, 2, 1, 1, 1]) {
            0 => self.mixed(),
            1 => self.storm(),
            2 => self.pause(),
            3 => self.reopen(),
            4 => self.traffic_around_one(),
            5 => self.count(),
            6 => self.swap_in_turns(),
            7 => self.recreate(),
            8 => self.batch(),
            9 => self.list(),
            10 => self.large(),
            11 => self.count_in_text(),
            _ => self.steps.push(Step::Quiesce),
        }
    }

    /// Time passes, and everything is read again in every way, more than once: what comes back late shows.
    fn read_all_again(&mut self) {
        self.steps.push(Step::Quiesce);
        self.pause();
        let bound = self.bound.max(Duration::from_millis(100));
        self.steps.push(Step::Wait((bound * 3).min(self.size.pause)));
        let buckets: Vec<String> = self.named_buckets();
        for bucket in buckets {
            if self.repertoire.listing {
                let session = self.session();
                self.push(session, Call::List { bucket: bucket.clone(), pages: None });
            }
            if self.repertoire.batch {
                let session = self.session();
                let keys = self.named_keys(&bucket);
                self.push(session, Call::GetMany { bucket, keys });
            }
        }
        let counters: Vec<(String, String)> = self.counters.clone();
        for (bucket, key) in counters {
            let session = self.session();
            self.push(session, Call::Increment { bucket, key, delta: 0 });
        }
        self.steps.push(Step::Quiesce);
    }

    /// Increments of one counter by several sessions, and what else happens to a counter.
    fn count(&mut self) {
        let Some(counter) = self.repertoire.increment else { return self.mixed() };
        if self.values.longest() < 20 {
            return self.mixed();
        }
        let register = self.names.pick(self.choices);
        let (bucket, key) = self.names.register(register);
        match self.choices.weighted(&[4, 2, 2]) {
            0 => {}
            1 => {
                self.delete(register);
                self.pause();
            }
            _ => {
                let dress = DRESSES[self.choices.below(DRESSES.len() as u32) as usize];
                self.set_bytes(register, dress);
                self.pause();
            }
        }
        let plain = self.choices.one_in(2);
        let many = self.choices.one_in(6);
        let turns = if many { 130 + self.choices.below(200) } else { 2 + self.choices.below(6) };
        for _ in 0..turns {
            let delta = match plain || many {
                true => 1 + i64::from(self.choices.below(3)),
                false => DELTAS[self.choices.below(DELTAS.len() as u32) as usize],
            };
            let delta = if counter == Counter::Unsigned { delta.saturating_abs() } else { delta };
            let session = self.session();
            self.push(session, Call::Increment { bucket: bucket.clone(), key: key.clone(), delta });
            if self.choices.one_in(6) {
                self.read(register, false);
            }
        }
        if !self.counters.contains(&(bucket.clone(), key.clone())) {
            self.counters.push((bucket, key));
        }
    }

    /// Increments of what is no number. Once it has settled, it is certain what is counted in.
    fn count_in_text(&mut self) {
        let no_number = NO_NUMBERS[self.choices.below(NO_NUMBERS.len() as u32) as usize];
        if self.repertoire.increment.is_none() || no_number.len() > self.values.longest() {
            return self.mixed();
        }
        let register = self.names.pick(self.choices);
        let (bucket, key) = self.names.register(register);
        self.set_bytes(register, no_number);
        self.steps.push(Step::Wait((self.bound * 1_050 / 1_000).min(self.size.pause)));
        self.read(register, false);
        for _ in 0..1 + self.choices.below(2) {
            let session = self.session();
            self.push(session, Call::Increment { bucket: bucket.clone(), key: key.clone(), delta: 1 });
        }
        self.read(register, false);
    }

    fn set_bytes(&mut self, register: usize, bytes: &[u8]) {
        let (bucket, key) = self.names.register(register);
        let session = self.session();
        self.push(session, Call::Set { bucket, key, value: ValueSource::Bytes(bytes.to_vec()) });
    }

    /// Handles of compare-and-swaps of one key, and writes to it between their making and their use.
    fn swap_in_turns(&mut self) {
        if !self.repertoire.swap {
            return self.mixed();
        }
        let register = self.names.pick(self.choices);
        let (bucket, key) = self.names.register(register);
        match self.choices.below(3) {
            0 => self.set(register),
            1 => self.delete(register),
            _ => {}
        }
        let holders: Vec<u16> = (0..1 + self.choices.below(2)).map(|_| self.session()).collect();
        let held: Vec<(u16, String)> = holders.into_iter().zip(["h", "g"].map(str::to_owned)).collect();
        for (session, handle) in &held {
            let call = Call::CasNew { handle: handle.clone(), bucket: bucket.clone(), key: key.clone() };
            self.push(*session, call);
            if self.choices.one_in(2) {
                self.push(*session, Call::CasCurrent { handle: handle.clone() });
            }
        }
        for _ in 0..self.choices.weighted(&[3, 3, 2]) {
            match self.choices.weighted(&[3, 3, 1]) {
                0 => self.set(register),
                1 => self.delete(register),
                _ => self.pause(),
            }
        }
        for (session, handle) in held {
            for _ in 0..1 + self.choices.below(2) {
                let value = self.values.next(session, self.choices);
                self.push(session, Call::Swap { handle: handle.clone(), value });
            }
        }
        self.read(register, false);
        if self.choices.one_in(3) {
            self.pause();
            self.read(register, false);
        }
    }

    /// A key is deleted and made anew, by a set or a swap; then time passes.
    fn recreate(&mut self) {
        let register = self.names.pick(self.choices);
        let (bucket, key) = self.names.register(register);
        self.set(register);
        let session = self.session();
        let handle = "r".to_owned();
        let with_old_handle = self.repertoire.swap && self.choices.one_in(2);
        let new = |handle: &String| Call::CasNew { handle: handle.clone(), bucket: bucket.clone(), key: key.clone() };
        if with_old_handle {
            self.push(session, new(&handle));
        }
        self.delete(register);
        if with_old_handle {
            self.set(register);
        }
        if self.choices.one_in(3) {
            self.pause();
        }
        if self.repertoire.swap {
            if !with_old_handle {
                self.push(session, new(&handle));
            }
            let value = self.values.next(session, self.choices);
            self.push(session, Call::Swap { handle, value });
        } else {
            self.set(register);
        }
        self.pause();
        self.read(register, false);
    }

    /// A large value is set and, mostly, deleted; then time passes.
    fn large(&mut self) {
        let register = self.names.pick(self.choices);
        let (bucket, key) = self.names.register(register);
        let session = self.session();
        let Some(value) = self.values.large(self.choices) else { return self.mixed() };
        self.push(session, Call::Set { bucket, key, value });
        if !self.choices.one_in(4) {
            self.delete(register);
            self.pause();
        }
        self.read(register, false);
    }

    /// Batches of the workload's keys and of keys that are absent, then single calls on them, and the same
    /// batch again.
    fn batch(&mut self) {
        if !self.repertoire.batch {
            return self.mixed();
        }
        let bucket = self.names.bucket(self.names.pick(self.choices)).to_owned();
        let mut own = self.names.keys_of(&bucket);
        if self.choices.one_in(3) {
            own.reverse();
        }
        own.truncate(1 + self.choices.below(own.len() as u32) as usize);
        let one = |key: &String| Keys::One(key.clone());
        let mut keys: Vec<Keys> = own.iter().map(one).collect();
        if let Some(repeated) = keys.first().cloned().filter(|_| self.choices.one_in(4)) {
            keys.push(repeated);
        }
        let reads = Call::GetMany { bucket: bucket.clone(), keys: keys.clone() };
        for _ in 0..1 + self.choices.below(3) {
            if self.choices.one_in(3) {
                let session = self.session();
                self.push(session, reads.clone());
            }
            let session = self.session();
            if self.choices.one_in(2) {
                let pairs = own.iter().map(one).map(|key| (key, self.values.next(session, self.choices))).collect();
                self.push(session, Call::SetMany { bucket: bucket.clone(), pairs });
            } else {
                let deleted = self.with_absent(&keys);
                self.push(session, Call::DeleteMany { bucket: bucket.clone(), keys: deleted });
                if self.choices.one_in(2) {
                    let register = self.names.pick(self.choices);
                    self.set(register);
                }
            }
        }
        let session = self.session();
        self.push(session, reads);
    }

    /// The keys with one among them that the workload mostly leaves absent.
    pub(super) fn with_absent(&mut self, keys: &[Keys]) -> Vec<Keys> {
        let mut keys = keys.to_vec();
        let limits = &self.limits;
        let absent = self.names.some_key();
        if limits.max_keys.is_none() && self.choices.one_in(2) {
            keys.insert(self.choices.below(keys.len() as u32 + 1) as usize, Keys::One(absent));
        }
        keys
    }

    fn list(&mut self) {
        if !self.repertoire.listing {
            return self.mixed();
        }
        let bucket = self.names.bucket(self.names.pick(self.choices)).to_owned();
        let pages = self.choices.one_in(4).then_some(1);
        let session = self.session();
        self.push(session, Call::List { bucket, pages });
    }

    pub(super) fn push(&mut self, session: u16, call: Call) {
        self.steps.push(Step::Call { session, call });
    }

    fn named_buckets(&self) -> Vec<String> {
        let workload = Workload { sessions: self.sessions, steps: self.steps.clone() };
        workload.buckets().into_iter().map(str::to_owned).collect()
    }

    /// The keys that were named in a bucket, numbered ones in one piece.
    fn named_keys(&self, bucket: &str) -> Vec<Keys> {
        let mut named: Vec<Keys> = Vec::new();
        for step in &self.steps {
            let Step::Call { call, .. } = step else { continue };
            if call.bucket() != Some(bucket) {
                continue;
            }
            let single = call.key().map(|key| Keys::One(key.to_owned()));
            for keys in single.iter().chain(call.batch()) {
                if !named.contains(keys) {
                    named.push(keys.clone());
                }
            }
        }
        named
    }
}
