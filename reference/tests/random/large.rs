//! Long histories of an atomic store under load.

use kvspec_reference::history::{History, Kind, Outcome, Parts, Rank, Record, State, Value};

use super::Random;

const ABSENT: u32 = State::ABSENT.number();
const PRESENT: u32 = State::PRESENT.number();
const NEVER: u32 = Rank::NEVER.place();

/// The load; percents of all operations, the rest are `get`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Load {
    pub(crate) operations: usize,
    pub(crate) sessions: usize,
    pub(crate) keys: usize,
    pub(crate) sets: usize,
    pub(crate) deletes: usize,
    pub(crate) exists: usize,
    /// 0: each set writes a fresh value; else values of a key are drawn from so many.
    pub(crate) value_pool: usize,
}

impl Load {
    /// 30 % sets, 70 % gets.
    pub(crate) fn plain(operations: usize, sessions: usize, keys: usize) -> Self {
        Self { operations, sessions, keys, sets: 30, deletes: 0, exists: 0, value_pool: 0 }
    }

    /// 20 % sets, 10 % deletes, 70 % gets.
    pub(crate) fn with_deletes(operations: usize, sessions: usize, keys: usize) -> Self {
        Self { sets: 20, deletes: 10, ..Self::plain(operations, sessions, keys) }
    }

    /// 20 % sets, 10 % deletes, 10 % exists, 60 % gets.
    pub(crate) fn with_exists(operations: usize, sessions: usize, keys: usize) -> Self {
        Self { exists: 10, ..Self::with_deletes(operations, sessions, keys) }
    }
}

/// A linearizable history: each operation takes effect at a random event between invocation and
/// response. Events of all sessions come in random order.
pub(crate) fn history(seed: u64, load: &Load) -> History {
    let mut random = Random::new(seed);
    let pool = load.value_pool * load.keys;
    let mut parts = Parts {
        registers: (0..load.keys).map(|key| ("b".into(), format!("k{key}").into())).collect(),
        values: (0..=pool as u64).map(Value::Named).collect(),
        ..Parts::default()
    };
    let mut states = vec![ABSENT; load.keys];
    let mut open: Vec<Option<(usize, bool)>> = vec![None; load.sessions];
    let mut rank = 0;
    while parts.records.len() < load.operations || open.iter().any(Option::is_some) {
        let session = random.below(load.sessions);
        match open[session] {
            None if parts.records.len() < load.operations => {
                open[session] = Some((parts.records.len(), false));
                let record = invocation(&mut random, load, &mut parts, session as u16, rank);
                parts.records.push(record);
                rank += 1;
            }
            None => {}
            Some((index, false)) => {
                open[session] = Some((index, true));
                let record = &mut parts.records[index];
                let state = &mut states[record.register as usize];
                match record.kind {
                    Kind::Get => record.operand = State::value(*state).into(),
                    Kind::Exists => {
                        record.operand = if *state == ABSENT { State::ABSENT.into() } else { State::PRESENT.into() }
                    }
                    _ => *state = record.operand.state().number(),
                }
            }
            Some((index, true)) => {
                open[session] = None;
                parts.records[index].response = Rank::at(rank);
                rank += 1;
            }
        }
    }
    parts.times = (0..u64::from(rank)).collect();
    History::from_parts(parts).expect("a history")
}

fn invocation(random: &mut Random, load: &Load, parts: &mut Parts, session: u16, invoke: u32) -> Record {
    let register = random.below(load.keys) as u32;
    let draw = random.below(100);
    let kind = match draw {
        _ if draw < load.sets => Kind::Set,
        _ if draw < load.sets + load.deletes => Kind::Delete,
        _ if draw < load.sets + load.deletes + load.exists => Kind::Exists,
        _ => Kind::Get,
    };
    let value = match (kind, load.value_pool) {
        (Kind::Set, 0) => {
            parts.values.push(Value::Named(parts.values.len() as u64));
            parts.values.len() as u32 - 1
        }
        (Kind::Set, pool) => 1 + register * pool as u32 + random.below(pool) as u32,
        _ => ABSENT,
    };
    Record {
        invoke: Rank::at(invoke),
        response: Rank::NEVER,
        register,
        operand: State::value(value).into(),
        session,
        kind,
        outcome: Outcome::Ok,
    }
}

/// Makes one read near the end stale: it returns a value that two later writes of its register had
/// replaced before it began. Gives its index.
pub(crate) fn make_one_read_stale(history: &mut History) -> usize {
    let (index, value) = stale_value(history.records());
    let mut parts = std::mem::take(history).into_parts();
    parts.records[index].operand = State::value(value).into();
    *history = History::from_parts(parts).expect("a history");
    index
}

fn stale_value(records: &[Record]) -> (usize, u32) {
    for (index, read) in records.iter().enumerate().rev().filter(|(_, r)| r.kind == Kind::Get) {
        let before = |r: &&Record| r.register == read.register && r.kind == Kind::Set && r.response < read.invoke;
        let mut sets: Vec<&Record> = records[..index].iter().filter(before).collect();
        sets.sort_by_key(|r| std::cmp::Reverse(r.invoke));
        let Some(newest) = sets.first() else { continue };
        let is_older = |r: &&&Record| r.response < newest.invoke;
        if let Some(middle) = sets.iter().find(is_older)
            && let Some(old) = sets.iter().find(|r| r.response < middle.invoke)
        {
            return (index, old.operand.state().number());
        }
    }
    panic!("no read had two writes before it");
}
