//! The increments and swaps of a history, held against what «atomically» says.

use std::collections::BTreeMap;

use super::increments::{Explained, Increment, explain};
use super::swaps::{Write, conflict};
use crate::anomaly::{Anomaly, name_text};
use crate::eventual::model::LastWrites;
use crate::history::effect::{effective_response, written};
use crate::history::{CallFault, FaultKind, History, Kind, Outcome, Record, State};
use crate::requirement_id::RequirementId;

/// What is wrong with the increments, swaps and answers of a history: at most one anomaly of increments and one of
/// swaps for each register.
///
/// **Increments** are judged between other writes: those that began when the register was settled, and ended
/// before the next set, delete or swap of it began, must have an order in which each adds to what the one
/// before left. Others may have taken effect or not. What the register held before is known where it was absent.
///
/// **Swaps** are judged as `swaps` says.
///
/// What an exact answer would cost too much is left open: that is never held against a store.
pub fn judge(history: &History) -> Vec<Anomaly> {
    let calls = history.calls();
    let mut anomalies: Vec<Anomaly> = calls.faults.iter().map(of_fault).collect();
    if calls.increments.is_empty() && calls.exchanges.is_empty() {
        return anomalies;
    }
    for own in registers_of_calls(history).values() {
        anomalies.extend(of_increments(history, own));
        anomalies.extend(of_swaps(history, own));
    }
    anomalies
}

/// How many increments and swaps have an answer: what could have shown a violation.
pub fn exercised(history: &History) -> u64 {
    let is_one =
        |record: &&Record| matches!(record.kind, Kind::Increment | Kind::Swap) && record.outcome == Outcome::Ok;
    history.records().iter().filter(is_one).count() as u64
}

/// The records of the registers that were counted in or swapped.
fn registers_of_calls(history: &History) -> BTreeMap<u32, Vec<u32>> {
    let is_call = |record: &&Record| matches!(record.kind, Kind::Increment | Kind::Swap);
    let mut found: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for record in history.records().iter().filter(is_call) {
        found.entry(record.register).or_default();
    }
    for (index, record) in (0u32..).zip(history.records()) {
        if let Some(own) = found.get_mut(&record.register) {
            own.push(index);
        }
    }
    found
}

fn of_fault(fault: &CallFault) -> Anomaly {
    let CallFault { kind, session, bucket, detail } = fault;
    let (requirement, expected) = match kind {
        FaultKind::Endless => (RequirementId::KvsLst04, "a page without a cursor ends the listing"),
        FaultKind::Misplaced => (RequirementId::KvsBat01, "one answer for each key, in the order asked"),
    };
    let call = match kind {
        FaultKind::Endless => "list",
        FaultKind::Misplaced => "get-many",
    };
    Anomaly {
        requirement,
        register: None,
        expected: expected.into(),
        actual: detail.clone(),
        operations: Vec::new(),
        because: vec![format!("session {session}: {call} {} gave {detail}", name_text(bucket))],
    }
}

/// The increments between two other writes.
#[derive(Default)]
struct Epoch {
    increments: Vec<Increment>,
    /// Whether the register was absent when they began.
    is_from_absent: bool,
}

fn of_increments(history: &History, own: &[u32]) -> Option<Anomaly> {
    epochs(history, own).into_iter().find_map(|epoch| {
        let start = epoch.is_from_absent.then_some(0);
        match explain(start, &epoch.increments) {
            Explained::No { at, after } => Some(unexplained(history, &epoch, at as usize, after.map(|i| i as usize))),
            Explained::Yes | Explained::Unknown => None,
        }
    })
}

fn epochs(history: &History, own: &[u32]) -> Vec<Epoch> {
    let records = || own.iter().map(|&index| (index, &history.records()[index as usize]));
    let is_other = |record: &Record| record.kind != Kind::Increment && written(history, record).is_some();
    let mut last = LastWrites::default();
    let mut epochs = Vec::new();
    let mut current = Epoch { is_from_absent: true, ..Epoch::default() };
    for (index, record) in records() {
        if is_other(record) {
            let increments = open_at(&mut current, record);
            epochs.push(std::mem::take(&mut current));
            last.add(history, index as usize, record, written(history, record).unwrap_or(State::ABSENT));
            if last.has_indeterminate() {
                // It may take effect between any two increments to come.
                return epochs;
            }
            last.drop_replaced();
            let is_from_absent = last.completed().all(|write| write.state == State::ABSENT);
            current = Epoch { increments, is_from_absent };
            continue;
        }
        if record.kind != Kind::Increment || record.outcome == Outcome::Failed {
            continue;
        }
        let is_settled = last.settle(history, record.invoke);
        current.is_from_absent &= is_settled;
        if !is_settled && record.outcome == Outcome::Ok && !last.settle(history, record.response) {
            // Over before it can be known what it changed.
            continue;
        }
        let arguments = history.calls().increments[record.operand.increment_index()];
        let result = arguments.sum.filter(|_| record.outcome == Outcome::Ok && is_settled);
        let response = if result.is_some() { record.response.place() } else { u32::MAX };
        let invoke = record.invoke.place();
        current.increments.push(Increment { record: index, invoke, response, delta: arguments.delta, result });
    }
    epochs.push(current);
    epochs
}

/// The increments of an epoch that have not ended when this write begins: they may come before it or after it, and
/// so of both epochs no more can be said than that.
fn open_at(epoch: &mut Epoch, write: &Record) -> Vec<Increment> {
    let open = epoch.increments.iter_mut().filter(|increment| increment.response > write.invoke.place());
    open.map(|increment| {
        (increment.result, increment.response) = (None, u32::MAX);
        *increment
    })
    .collect()
}

/// The increment whose sum with the delta of this one has come out 2^64 too low.
fn wrapped(epoch: &Epoch, at: usize) -> Option<usize> {
    let one = epoch.increments.iter().find(|increment| increment.record as usize == at)?;
    let (delta, result) = (i128::from(one.delta), one.result?);
    let before =
        epoch.increments.iter().find(|other| other.result.is_some_and(|sum| sum + delta == result + (1 << 64)))?;
    Some(before.record as usize)
}

fn unexplained(history: &History, epoch: &Epoch, at: usize, after: Option<usize>) -> Anomaly {
    let after = wrapped(epoch, at).or(after);
    let arguments = |index: usize| history.calls().increments[history.records()[index].operand.increment_index()];
    let text = |index: usize| history.operation_text(index);
    let mut operations: Vec<usize> = after.into_iter().chain([at]).collect();
    operations.sort_unstable();
    let mut because = Vec::new();
    let before = match after {
        Some(before) => {
            because.push(text(before));
            arguments(before).sum
        }
        None => {
            because.push("the key was absent before, which counts as 0".into());
            Some(0)
        }
    };
    because.push(text(at));
    let others = epoch.increments.len() - operations.len();
    because.push(match others {
        0 => "nothing else was written to it meanwhile".into(),
        n => format!("nothing else was written to it meanwhile, and the {n} other increments cannot make up for it"),
    });
    let expected_sum = before.map(|before| before + i128::from(arguments(at).delta));
    let has_no_room = expected_sum.is_some_and(|sum| i64::try_from(sum).is_err() && Some(sum) != arguments(at).sum);
    let sessions = |index: usize| history.records()[index].session;
    let requirement = match after {
        _ if has_no_room => RequirementId::KvsInc04,
        None => RequirementId::KvsInc01,
        Some(before) if sessions(before) == sessions(at) => RequirementId::KvsInc02,
        Some(_) => RequirementId::KvsInc08,
    };
    let (bucket, key) = &history.registers()[history.records()[at].register as usize];
    Anomaly {
        requirement,
        register: Some((bucket.to_string(), key.to_string())),
        expected: "an order of the increments in which each adds to what the one before left".into(),
        actual: operations.iter().map(|&index| text(index)).collect::<Vec<_>>().join("; "),
        operations,
        because,
    }
}

fn of_swaps(history: &History, own: &[u32]) -> Option<Anomaly> {
    let write = |&index: &u32| {
        let record = &history.records()[index as usize];
        let state = written(history, record)?.number();
        let base = match record.kind {
            Kind::Swap if record.outcome == Outcome::Ok => base_of(history, record),
            _ => None,
        };
        let (invoke, response) = (record.invoke.place(), effective_response(record).place());
        Some(Write { record: index, invoke, response, state, base })
    };
    let writes: Vec<Write> = own.iter().filter_map(write).collect();
    let [swap, other] = conflict(&writes, State::ABSENT.number())?.map(|index| index as usize);
    Some(lost_race(history, swap, other))
}

fn base_record(history: &History, swap: &Record) -> Option<usize> {
    history.calls().exchanges[swap.operand.exchange_index()].base.map(|base| base as usize)
}

fn base_of(history: &History, swap: &Record) -> Option<(u32, u32)> {
    let base = &history.records()[base_record(history, swap)?];
    Some((base.invoke.place(), base.response.place()))
}

fn lost_race(history: &History, swap: usize, other: usize) -> Anomaly {
    let text = |index: usize| history.operation_text(index);
    let base = |index: usize| match history.records()[index].kind {
        Kind::Swap => base_record(history, &history.records()[index]),
        _ => None,
    };
    let mut operations: Vec<usize> = [Some(swap), Some(other), base(swap), base(other)].into_iter().flatten().collect();
    operations.sort_unstable();
    operations.dedup();
    let mut because: Vec<String> = operations.iter().map(|&index| text(index)).collect();
    because.push(match base(other) {
        Some(_) => {
            "both had their base before either had its effect, so one of them swapped what the other wrote".into()
        }
        None => format!("{} came between the base of the swap and its effect", text(other)),
    });
    let (bucket, key) = &history.registers()[history.records()[swap].register as usize];
    Anomaly {
        requirement: RequirementId::KvsCas03,
        register: Some((bucket.to_string(), key.to_string())),
        expected: "a swap fails after another write changed the key since its handle was made".into(),
        actual: text(swap),
        operations,
        because,
    }
}
