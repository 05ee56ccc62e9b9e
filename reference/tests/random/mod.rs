//! Histories for the agreement tests: random ones, good and bad, and all small ones.

#![allow(dead_code)] // Each test file uses its part of this module.

pub(crate) mod large;
pub(crate) mod peer;

use std::sync::Arc;

use kvspec_reference::consistency::Finding;
use kvspec_reference::history::sub_history::sub_history;
use kvspec_reference::history::{
    ClockUnit, Entry, Header, History, HistoryBuilder, Kind, Outcome, Parts, Rank, Record, State, SwapArguments, Value,
};

const ABSENT: u32 = State::ABSENT.number();
const PRESENT: u32 = State::PRESENT.number();
const NEVER: u32 = Rank::NEVER.place();

/// A generator of numbers.
pub(crate) struct Random(kvspec_reference::random::Random);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(kvspec_reference::random::Random::new(seed))
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0.bits()
    }

    /// Below `bound`.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    /// In `percent` of 100 cases.
    pub(crate) fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }
}

/// How many random histories a test judges: `KVSPEC_AGREEMENT`, or `default`.
pub(crate) fn count(default: u64) -> u64 {
    match std::env::var("KVSPEC_AGREEMENT") {
        Ok(text) => text.parse().expect("KVSPEC_AGREEMENT is a number of histories"),
        Err(_) => default,
    }
}

/// What random histories are made of; chances in percent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mix {
    pub(crate) sessions: usize,
    pub(crate) registers: usize,
    pub(crate) operations: usize,
    /// 0: each set writes a fresh value; else values are drawn from so many.
    pub(crate) value_pool: usize,
    pub(crate) deletes: usize,
    pub(crate) exists: usize,
    pub(crate) swaps: usize,
    /// Swaps that expect a state drawn from all, so that most are refused.
    pub(crate) refused: usize,
    pub(crate) indeterminate: usize,
    pub(crate) failed: usize,
    /// Reads whose result is drawn from all states written so far.
    pub(crate) wrong: usize,
    pub(crate) bound: u64,
    /// How often time stands still between two events.
    pub(crate) ties: usize,
}

impl Mix {
    /// A mix drawn at random, so that a run meets all combinations of hard parts.
    pub(crate) fn drawn(random: &mut Random, operations_max: usize) -> Self {
        let mut part = |percent: usize| if random.chance(50) { 0 } else { percent };
        let (deletes, exists, swaps, refused, indeterminate, failed, wrong) =
            (part(20), part(15), part(20), part(30), part(15), part(5), part(40));
        Self {
            sessions: 1 + random.below(5),
            registers: 1 + random.below(10) / 8,
            operations: 2 + random.below(operations_max - 1),
            value_pool: if random.chance(60) { 0 } else { 1 + random.below(3) },
            deletes,
            exists,
            swaps,
            refused,
            indeterminate,
            failed,
            wrong,
            bound: random.below(3) as u64 * 2,
            ties: 0,
        }
    }
}

struct Pending {
    entry: Entry,
    /// Whether it has still to take effect.
    due: bool,
    new_state: u32,
}

/// A history of an atomic store with wrong reads among the right ones.
pub(crate) fn history(random: &mut Random, mix: &Mix) -> History {
    let header = Header { convergence_bound: mix.bound, clock: ClockUnit::Counter, ..Header::default() };
    let mut builder = HistoryBuilder::new(header);
    let registers: Vec<u32> = (0..mix.registers).map(|i| builder.register("b", &format!("k{i}"))).collect();
    let mut states = vec![ABSENT; mix.registers];
    let mut written = vec![ABSENT];
    let mut pending: Vec<Option<Pending>> = (0..mix.sessions).map(|_| None).collect();
    let mut surfacing: Vec<(u32, u32)> = Vec::new();
    let (mut time, mut begun, mut fresh) = (0u64, 0usize, 0u64);
    // Most histories end with reads of a quiet store.
    let writes_until = if random.chance(50) { mix.operations * 2 / 3 } else { mix.operations };
    while begun < mix.operations || pending.iter().any(Option::is_some) {
        time += if random.chance(mix.ties) { 0 } else { random.below(3) as u64 };
        let session = random.below(mix.sessions);
        if !surfacing.is_empty() && random.chance(10) {
            let (register, state) = surfacing.swap_remove(random.below(surfacing.len()));
            states[register as usize] = state;
        }
        let Some(mut call) = pending[session].take() else {
            if begun < mix.operations {
                begun += 1;
                let register = registers[random.below(registers.len())];
                let writes = begun <= writes_until;
                let entry = invocation(random, mix, &mut builder, &mut fresh, &written, register, writes);
                let new_state = entry.1;
                if entry.0.kind.is_write() {
                    written.push(new_state);
                }
                let entry = Entry { session: session as u16, invoke: time, ..entry.0 };
                pending[session] = Some(Pending { entry, due: true, new_state });
            }
            continue;
        };
        if call.due {
            take_effect(random, mix, &mut builder, &mut call, &mut states, &mut surfacing, &written);
        }
        if random.chance(60) {
            let answered = call.entry.outcome != Outcome::Unknown;
            builder.push(Entry { response: answered.then_some(time), ..call.entry });
        } else {
            pending[session] = Some(call);
        }
    }
    builder.finish().expect("the generator makes histories")
}

fn invocation(
    random: &mut Random,
    mix: &Mix,
    builder: &mut HistoryBuilder,
    fresh: &mut u64,
    written: &[u32],
    register: u32,
    writes: bool,
) -> (Entry, u32) {
    let value = match mix.value_pool {
        0 => {
            *fresh += 1;
            builder.value_named(*fresh)
        }
        pool => builder.value_named(random.below(pool) as u64),
    };
    let kind = match () {
        () if writes && random.chance(mix.deletes) => Kind::Delete,
        () if writes && random.chance(mix.swaps) => Kind::CompareAndSwap,
        () if writes && random.chance(45) => Kind::Set,
        () if random.chance(mix.exists) => Kind::Exists,
        () => Kind::Get,
    };
    let outcome = match () {
        () if kind.is_write() && random.chance(mix.indeterminate) => {
            [Outcome::Error, Outcome::Trap, Outcome::Unknown][random.below(3)]
        }
        () if random.chance(mix.failed) => Outcome::Failed,
        () => Outcome::Ok,
    };
    let stored = match kind {
        Kind::Set => value,
        Kind::CompareAndSwap => {
            let expected = written[random.below(written.len())];
            builder.swap(SwapArguments { expected: State::value(expected), new: value, swapped: false }).state()
        }
        _ => State::ABSENT,
    };
    let entry = Entry { session: 0, kind, register, operand: stored.into(), outcome, invoke: 0, response: None };
    (entry, if kind == Kind::Delete { ABSENT } else { value.number() })
}

fn take_effect(
    random: &mut Random,
    mix: &Mix,
    builder: &mut HistoryBuilder,
    call: &mut Pending,
    states: &mut [u32],
    surfacing: &mut Vec<(u32, u32)>,
    written: &[u32],
) {
    call.due = false;
    let wrong = random.chance(mix.wrong);
    let state = &mut states[call.entry.register as usize];
    let entry = &mut call.entry;
    let drawn = written[random.below(written.len())];
    match entry.kind {
        _ if entry.outcome == Outcome::Failed => {}
        Kind::Set | Kind::Delete if entry.outcome == Outcome::Ok => *state = call.new_state,
        Kind::Set | Kind::Delete => {
            if random.chance(60) {
                surfacing.push((entry.register, call.new_state));
            }
        }
        Kind::CompareAndSwap => {
            // The arguments again, this time with the result: it expects what is there, mostly.
            let expected = if random.chance(mix.refused) { drawn } else { *state };
            let swapped = if wrong { random.chance(50) } else { expected == *state };
            entry.operand = builder.swap(SwapArguments {
                expected: State::value(expected),
                new: State::value(call.new_state),
                swapped,
            });
            if swapped && (entry.outcome == Outcome::Ok || random.chance(50)) {
                *state = call.new_state;
            }
        }
        Kind::Get => entry.operand = if wrong { State::value(drawn).into() } else { State::value(*state).into() },
        kind if !matches!(kind, Kind::Exists) => unreachable!("no {} is drawn", kind.name()),
        _ => {
            let seen = if wrong { drawn } else { *state };
            entry.operand = if seen == ABSENT { State::ABSENT.into() } else { State::PRESENT.into() };
        }
    }
}

/// An operation of the small histories: what is done, with which value or swap, and how it ends.
pub(crate) type Symbol = (Kind, u32, Outcome);

/// The swaps that the symbols name.
pub(crate) const SWAPS: [SwapArguments; 3] = [
    SwapArguments { expected: State::value(1), new: State::value(2), swapped: true },
    SwapArguments { expected: State::value(1), new: State::value(2), swapped: false },
    SwapArguments { expected: State::ABSENT, new: State::value(1), swapped: true },
];

/// All that can happen to one register with two values.
pub(crate) const SYMBOLS: [Symbol; 15] = [
    (Kind::Get, ABSENT, Outcome::Ok),
    (Kind::Get, 1, Outcome::Ok),
    (Kind::Get, 2, Outcome::Ok),
    (Kind::Set, 1, Outcome::Ok),
    (Kind::Set, 2, Outcome::Ok),
    (Kind::Set, 1, Outcome::Error),
    (Kind::Set, 1, Outcome::Failed),
    (Kind::Delete, ABSENT, Outcome::Ok),
    (Kind::Delete, ABSENT, Outcome::Trap),
    (Kind::Exists, PRESENT, Outcome::Ok),
    (Kind::Exists, ABSENT, Outcome::Ok),
    (Kind::CompareAndSwap, 0, Outcome::Ok),
    (Kind::CompareAndSwap, 1, Outcome::Ok),
    (Kind::CompareAndSwap, 2, Outcome::Ok),
    (Kind::CompareAndSwap, 0, Outcome::Error),
];

/// Calls `each` with every history of `operations` operations: all ways in which they can overlap,
/// all symbols, all ways to give them to two sessions.
pub(crate) fn all_small(operations: usize, mut each: impl FnMut(&History)) -> u64 {
    let mut shapes = Vec::new();
    overlaps(operations, &mut Vec::new(), &mut Vec::new(), 0, &mut shapes);
    let mut count = 0;
    for shape in &shapes {
        for sessions in 0..1u32 << (operations - 1) {
            let session = |i: usize| (sessions << 1 >> i & 1) as u16;
            let busy = |i: usize| (0..i).any(|j| session(j) == session(i) && shape[j].1 > shape[i].0);
            if (0..operations).any(busy) && operations > 1 {
                continue;
            }
            each_labelling(operations, shape, session, &mut |history| {
                count += 1;
                each(history);
            });
        }
        // Each in a session of its own, so that any of them may overlap.
        each_labelling(operations, shape, |i| i as u16, &mut |history| {
            count += 1;
            each(history);
        });
    }
    count
}

fn overlaps(
    operations: usize,
    open: &mut Vec<usize>,
    spans: &mut Vec<(u32, u32)>,
    rank: u32,
    found: &mut Vec<Vec<(u32, u32)>>,
) {
    if rank as usize == 2 * operations {
        found.push(spans.clone());
        return;
    }
    if spans.len() < operations {
        spans.push((rank, NEVER));
        open.push(spans.len() - 1);
        overlaps(operations, open, spans, rank + 1, found);
        open.pop();
        spans.pop();
    }
    for i in 0..open.len() {
        let closed = open.remove(i);
        spans[closed].1 = rank;
        overlaps(operations, open, spans, rank + 1, found);
        spans[closed].1 = NEVER;
        open.insert(i, closed);
    }
}

fn each_labelling(
    operations: usize,
    shape: &[(u32, u32)],
    session: impl Fn(usize) -> u16,
    each: &mut impl FnMut(&History),
) {
    let mut parts = Parts {
        registers: vec![("b".into(), "k".into())],
        values: (0..3).map(|i| Value::Bytes(Arc::from([i]))).collect(),
        swaps: SWAPS.to_vec(),
        times: (0..2 * operations as u64).collect(),
        ..Parts::default()
    };
    for label in 0..SYMBOLS.len().pow(operations as u32) {
        let symbol = |i: usize| SYMBOLS[label / SYMBOLS.len().pow(i as u32) % SYMBOLS.len()];
        parts.records = (0..operations)
            .map(|i| {
                let ((invoke, response), (kind, value, outcome)) = (shape[i], symbol(i));
                Record {
                    invoke: Rank::at(invoke),
                    response: Rank::at(response),
                    register: 0,
                    operand: State::value(value).into(),
                    session: session(i),
                    kind,
                    outcome,
                }
            })
            .collect();
        let history = History::from_parts(parts).expect("a history");
        each(&history);
        parts = history.into_parts();
    }
}

/// A level: its name, the fast checker and the definition.
pub(crate) type Compared = (&'static str, fn(&History) -> Finding, fn(&History) -> bool);

/// Panics where the checker and the definition differ, or a witness proves nothing. Gives whether
/// the level is kept.
pub(crate) fn agree((name, check, definition): Compared, history: &History) -> bool {
    let kept = definition(history);
    match check(history) {
        Finding::Kept | Finding::NotExercised(_) => assert!(kept, "{name}: not seen to be broken\n{}", text(history)),
        Finding::Unknown(why) => panic!("{name}: unknown ({why})\n{}", text(history)),
        Finding::Broken(witness) => {
            assert!(!kept, "{name}: false alarm: {:?}\n{}", witness.because, text(history));
            assert!(witness.operations.is_sorted_by(|a, b| a < b), "{name}: {:?}", witness.operations);
            assert!(!witness.because.is_empty(), "{name}: no reason given");
            let part = sub_history(history, &witness.operations);
            assert!(!definition(&part), "{name}: the witness keeps it:\n{}\nof\n{}", text(&part), text(history));
            assert!(matches!(check(&part), Finding::Broken(_)), "{name}: the witness passes:\n{}", text(&part));
        }
    }
    kept
}

/// A history, one operation a line, with its ranks.
pub(crate) fn text(history: &History) -> String {
    let lines = history.records().iter().enumerate().map(|(i, r)| {
        let end = if r.response == Rank::NEVER { "never".into() } else { r.response.place().to_string() };
        format!("{i:3} [{:3}, {end:>5}] {}\n", r.invoke.place(), history.operation_text(i))
    });
    lines.collect()
}
