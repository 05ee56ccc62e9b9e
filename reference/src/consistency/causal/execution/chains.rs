//! Sessions become chains: operations without effect go, and an indeterminate write ends its chain.

use std::collections::BTreeMap;

use super::execution::{Execution, NOTHING, Op, UNREAD};
use crate::consistency::budget::Budget;
use crate::history::effect::written;
use crate::history::{History, Outcome};

/// Splits the sessions into chains and numbers the operations.
pub(super) fn chains_of<'h>(history: &'h History, budget: &'h Budget) -> Execution<'h> {
    const DROPPED: u32 = u32::MAX;
    let mut chain_of_session: Vec<u32> = vec![DROPPED; history.session_count()];
    let mut chain_of_record = vec![DROPPED; history.records().len()];
    let mut sizes: Vec<u32> = Vec::new();
    for (record, chain) in history.records().iter().zip(&mut chain_of_record) {
        let takes_part = if record.kind.is_write() { record.outcome != Outcome::Failed } else { record.is_ok_read() };
        if !takes_part {
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
