//! Sessions become chains: operations without effect go, and an indeterminate write ends its chain.

use std::collections::BTreeMap;

use super::execution::{Execution, NOTHING, Op, UNREAD};
use crate::consistency::budget::Budget;
use crate::history::effect::written;
use crate::history::{History, Kind, Outcome, Record};

/// Splits the sessions into chains and numbers the operations.
pub(super) fn chains_of<'h>(history: &'h History, budget: &'h Budget) -> Execution<'h> {
    const DROPPED: u32 = u32::MAX;
    let mut chain_of_session: Vec<u32> = vec![DROPPED; history.session_count()];
    let mut chain_of_record = vec![DROPPED; history.records().len()];
    let mut sizes: Vec<u32> = Vec::new();
    let unordered = unordered(history);
    for (i, (record, chain)) in history.records().iter().zip(&mut chain_of_record).enumerate() {
        if !takes_part(history, record) {
            continue;
        }
        if unordered.get(i) == Some(&true) {
            *chain = sizes.len() as u32;
            sizes.push(1);
            continue;
        }
        let current = &mut chain_of_session[record.session as usize];
        if *current == DROPPED {
            *current = sizes.len() as u32;
            sizes.push(0);
        }
        *chain = *current;
        sizes[*current as usize] += 1;
        if record.is_indeterminate_write() {
            *current = DROPPED;
        }
    }
    let mut chain_starts = vec![0u32];
    chain_starts.extend(sizes.iter().scan(0, |sum, size| {
        *sum += size;
        Some(*sum)
    }));
    let count = chain_starts[sizes.len()] as usize;
    let mut next = chain_starts.clone();
    let mut ops = vec![Op { record: 0, register: 0, chain: 0, written: NOTHING }; count];
    let mut op_of_record = vec![UNREAD; history.records().len()];
    let mut optional = BTreeMap::new();
    for (i, (record, &chain)) in history.records().iter().zip(&chain_of_record).enumerate() {
        if chain == DROPPED {
            continue;
        }
        let op = next[chain as usize];
        next[chain as usize] += 1;
        let written = written(history, record).unwrap_or(NOTHING);
        ops[op as usize] = Op { record: i as u32, register: record.register, chain, written };
        op_of_record[i] = op;
        if record.is_indeterminate_write() {
            optional.insert(op, false);
        }
    }
    let source = vec![UNREAD; count];
    let (open, classes, impossible) = (Vec::new(), Vec::new(), Vec::new());
    Execution { budget, history, ops, chain_starts, source, op_of_record, open, classes, optional, impossible }
}

/// Whether an operation saw or wrote something, certainly or perhaps.
fn takes_part(history: &History, record: &Record) -> bool {
    match record.kind {
        Kind::CompareAndSwap => record.outcome != Outcome::Failed,
        kind if kind.is_write() => written(history, record).is_some(),
        _ => record.is_ok_read(),
    }
}

/// The operations that have no order in their session: all but one of those that one call made. Empty where there
/// are none.
fn unordered(history: &History) -> Vec<bool> {
    let groups = &history.calls().groups;
    let mut unordered = vec![false; if groups.is_empty() { 0 } else { history.records().len() }];
    for record in groups.iter().flat_map(|group| &group[1..]) {
        unordered[*record as usize] = true;
    }
    unordered
}
