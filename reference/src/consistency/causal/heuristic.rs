//! A guess at the source of each open read: what the search over sources begins with.
//!
//! One pass in the order of invocations keeps clocks as far as the past goes. An open read takes the
//! write of its register that is latest in its past, if that explains it: this adds nothing to what
//! comes before what, so it can hardly be wrong. If the past has none, it takes the initial state.
//! Else it must have seen something new: the write outside its past that began last before it ended.
//! O(operations · sessions), and for each open read a binary search for each session.

use crate::consistency::causal::execution::{Execution, INITIAL, OpenRead, UNREAD};
use crate::consistency::causal::happens_before::join;
use crate::consistency::causal::walk::Segments;
use crate::history::State;

/// Chooses a source for each open read.
pub(super) fn choose(execution: &mut Execution<'_>) {
    let open = std::mem::take(&mut execution.open);
    let segments = Segments::of_all_writes(execution);
    let width = execution.chain_count();
    let mut clocks =
        Clocks { width, current: vec![0; width * width], row_of: vec![UNREAD; execution.ops.len()], rows: Vec::new() };
    for record in 0..execution.op_of_record.len() {
        let op = execution.op_of_record[record];
        if op == UNREAD {
            continue;
        }
        let chain = execution.ops[op as usize].chain as usize;
        if let Ok(number) = open.binary_search_by_key(&op, |read| read.op) {
            let past = &clocks.current[chain * width..(chain + 1) * width];
            execution.source[op as usize] = best_guess(execution, &segments, &open[number], past);
        }
        clocks.read(chain, execution.source[op as usize]);
        if execution.ops[op as usize].is_write() {
            clocks.write(chain, op);
        }
    }
    execution.open = open;
}

/// Clocks of what was passed over so far.
struct Clocks {
    width: usize,
    current: Vec<u32>,
    row_of: Vec<u32>,
    rows: Vec<u32>,
}

impl Clocks {
    fn read(&mut self, chain: usize, source: u32) {
        // A source that comes later in time is not known yet.
        if source < UNREAD && self.row_of[source as usize] != UNREAD {
            let row = self.row_of[source as usize] as usize * self.width;
            let current = &mut self.current[chain * self.width..(chain + 1) * self.width];
            join(current, &self.rows[row..row + self.width]);
        }
    }

    fn write(&mut self, chain: usize, op: u32) {
        let start = chain * self.width;
        self.current[start + chain] = op + 1;
        self.row_of[op as usize] = (self.rows.len() / self.width) as u32;
        self.rows.extend_from_slice(&self.current[start..start + self.width]);
    }
}

fn best_guess(execution: &Execution<'_>, segments: &Segments, read: &OpenRead, past: &[u32]) -> u32 {
    let register = execution.ops[read.op as usize].register as usize;
    let seen = execution.seen(read.op as usize).expect("an open read is a read");
    let explains = |write: u32| execution.ops[write as usize].written().is_some_and(|state| seen.admits(state));
    let last_writes = || segments.last_before(register, past);
    // The middle of a write is the best guess at when it took effect.
    let middle = |&write: &u32| {
        let (invoke, response) = execution.write_times(write);
        if response == u32::MAX { 2 * u64::from(invoke) } else { u64::from(invoke) + u64::from(response) }
    };
    match last_writes().max_by_key(middle) {
        Some(latest) if explains(latest) => return latest,
        None if seen.admits(State::ABSENT) => return INITIAL,
        _ => {}
    }
    let is_new = |&choice: &u32| choice != INITIAL && past[execution.ops[choice as usize].chain as usize] <= choice;
    let new = execution.choices(read).find(is_new);
    let known = || last_writes().filter(|&write| explains(write)).max_by_key(middle);
    new.or_else(known).or_else(|| execution.choices(read).next()).expect("an open read has choices")
}
