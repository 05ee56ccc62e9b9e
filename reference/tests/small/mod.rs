//! Small random histories, good and bad.

use kvspec_reference::history::{Entry, Header, State, SwapArguments};
use kvspec_reference::{History, HistoryBuilder, Kind, Outcome, random};

const ABSENT: u32 = State::ABSENT.number();
const PRESENT: u32 = State::PRESENT.number();

/// A generator of numbers.
pub(crate) struct Random(random::Random);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(random::Random::new(seed))
    }

    pub(crate) fn below(&mut self, bound: usize) -> usize {
        (self.0.bits() % bound as u64) as usize
    }

    pub(crate) fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }
}

/// What may occur in random histories, in percent where a chance.
pub(crate) struct Shape {
    pub(crate) operations_max: usize,
    pub(crate) sessions: usize,
    pub(crate) registers: usize,
    pub(crate) deletes: usize,
    pub(crate) exists: usize,
    pub(crate) repeats: usize,
    pub(crate) indeterminate: usize,
    pub(crate) swaps: usize,
    /// Reads that give any state at all rather than one that the store below could give.
    pub(crate) wild: usize,
    /// Of each replica, how often it falls behind.
    pub(crate) lag: usize,
}

/// A random history: some sessions on a store of replicas that may lag.
pub(crate) fn random(random: &mut Random, shape: &Shape) -> History {
    Generator::new(random, shape).run()
}

struct Generator<'a> {
    random: &'a mut Random,
    shape: &'a Shape,
    builder: HistoryBuilder,
    /// What was written to each register, in order of effect.
    logs: Vec<Vec<u32>>,
    /// How much of each log each session has seen.
    seen: Vec<Vec<usize>>,
    values: Vec<u32>,
    entries: Vec<Entry>,
    now: u64,
}

impl<'a> Generator<'a> {
    fn new(random: &'a mut Random, shape: &'a Shape) -> Self {
        let mut builder = HistoryBuilder::new(Header::default());
        for key in 0..shape.registers {
            builder.register("b", &format!("k{key}"));
        }
        let logs = vec![vec![ABSENT]; shape.registers];
        let seen = vec![vec![0; shape.registers]; shape.sessions];
        Self { random, shape, builder, logs, seen, values: Vec::new(), entries: Vec::new(), now: 0 }
    }

    fn run(mut self) -> History {
        let fewest = self.shape.operations_max.div_ceil(2);
        let operations = fewest + self.random.below(self.shape.operations_max - fewest + 1);
        let mut free_at = vec![0u64; self.shape.sessions];
        for _ in 0..operations {
            let session = self.random.below(self.shape.sessions);
            self.now += 1 + self.random.below(3) as u64;
            let invoke = self.now.max(free_at[session] + 1);
            let response = invoke + self.random.below(6) as u64;
            free_at[session] = response;
            self.operation(session, invoke, response);
        }
        for mut entry in std::mem::take(&mut self.entries) {
            if !entry.kind.is_write() && self.random.chance(self.shape.wild) {
                // Any state the register ever has, from the future too.
                let log = &self.logs[entry.register as usize];
                let state = log[self.random.below(log.len())];
                let is_present = entry.kind == Kind::Exists && state != ABSENT;
                entry.operand = if is_present { State::PRESENT.into() } else { State::value(state).into() };
            }
            self.builder.push(entry);
        }
        self.builder.finish().expect("sessions issue one call after another")
    }

    fn operation(&mut self, session: usize, invoke: u64, response: u64) {
        let register = self.random.below(self.shape.registers);
        let mut outcome = Outcome::Ok;
        let (kind, value) = if self.random.chance(45) {
            if self.random.chance(self.shape.indeterminate) {
                outcome = [Outcome::Error, Outcome::Unknown, Outcome::Trap, Outcome::Failed][self.random.below(4)];
            }
            self.write(session, register, outcome)
        } else {
            self.read(session, register)
        };
        let response = (outcome != Outcome::Unknown).then_some(response);
        let (session, register) = (session as u16, register as u32);
        self.entries.push(Entry {
            session,
            kind,
            register,
            operand: State::value(value).into(),
            outcome,
            invoke,
            response,
        });
    }

    fn write(&mut self, session: usize, register: usize, outcome: Outcome) -> (Kind, u32) {
        let takes_effect = outcome == Outcome::Ok || outcome != Outcome::Failed && self.random.chance(50);
        if self.random.chance(self.shape.deletes) {
            self.take_effect(session, register, ABSENT, takes_effect);
            return (Kind::Delete, ABSENT);
        }
        let new = self.fresh_value();
        if !self.random.chance(self.shape.swaps) {
            self.take_effect(session, register, new, takes_effect);
            return (Kind::Set, new);
        }
        let expected = self.state(session, register);
        let swapped = outcome != Outcome::Ok || self.random.chance(70);
        if swapped {
            self.take_effect(session, register, new, takes_effect);
        }
        let swap = SwapArguments { expected: State::value(expected), new: State::value(new), swapped };
        (Kind::CompareAndSwap, self.builder.swap(swap).state().number())
    }

    fn take_effect(&mut self, session: usize, register: usize, state: u32, takes_effect: bool) {
        if takes_effect {
            self.logs[register].push(state);
            self.seen[session][register] = self.logs[register].len() - 1;
        }
    }

    fn fresh_value(&mut self) -> u32 {
        if !self.values.is_empty() && self.random.chance(self.shape.repeats) {
            return self.values[self.random.below(self.values.len())];
        }
        let value = self.builder.value_named(self.values.len() as u64 + 1);
        self.values.push(value.number());
        value.number()
    }

    fn read(&mut self, session: usize, register: usize) -> (Kind, u32) {
        let state = self.state(session, register);
        if self.random.chance(self.shape.exists) {
            return (Kind::Exists, if state == ABSENT { ABSENT } else { PRESENT });
        }
        (Kind::Get, state)
    }

    fn state(&mut self, session: usize, register: usize) -> u32 {
        let log = &self.logs[register];
        let seen = &mut self.seen[session][register];
        if !self.random.chance(self.shape.lag) {
            *seen = log.len() - 1;
        }
        log[*seen]
    }
}
