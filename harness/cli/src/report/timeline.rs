//! A history as data that pages draw: sessions as lanes, time downwards, proofs lit.
//!
//! The page holds the operations, and its script draws the part that is looked at: so pages of many operations
//! stay quick. The drawing is in `page/timeline.js`.

use std::collections::BTreeMap;

use kvspec_reference::History;
use kvspec_reference::anomaly::{name_text, visible};
use kvspec_reference::history::{ClockUnit, Rank};
use serde::Serialize;

/// How many operations a page holds of one history, those of its proofs first.
pub const OPERATIONS_MAX: usize = 200_000;
/// How many characters are kept of what an operation says.
const TEXT_CHARS_MAX: usize = 300;

/// A history to draw.
#[derive(Debug, Serialize)]
pub struct Timeline {
    /// Whether times are nanoseconds; else a counter.
    is_in_ns: bool,
    /// The names of the registers, as operations name them by index.
    registers: Vec<String>,
    /// The operations, in the order of their invocations.
    operations: Vec<Operation>,
    /// What is wrong, each shown by some of the operations.
    proofs: Vec<Lit>,
    /// How many operations were left out.
    left_out: usize,
}

/// What is wrong.
#[derive(Debug, Serialize)]
pub struct Lit {
    /// Its name.
    pub title: String,
    /// The numbers of the operations that show it.
    pub operations: Vec<usize>,
}

/// An operation: its number in the history, its session, the index of its register, the places of invocation and
/// response among all events, their times, and what it says. Without an answer, place and time are null.
#[derive(Debug, Serialize)]
struct Operation(usize, u16, usize, u32, Option<u32>, u64, Option<u64>, String);

impl Timeline {
    /// A history of which a page holds so many operations.
    pub fn of(history: &History, proofs: Vec<Lit>, operations_max: usize) -> Self {
        let chosen = chosen(history, &proofs, operations_max);
        let mut registers = Registers { history, names: Vec::new(), of: BTreeMap::new() };
        let mut operations: Vec<_> = chosen.iter().map(|index| operation(history, *index, &mut registers)).collect();
        operations.sort_by_key(|operation| operation.3);
        Self {
            is_in_ns: history.header().clock == ClockUnit::Nanoseconds,
            registers: registers.names,
            left_out: history.records().len() - operations.len(),
            operations,
            proofs,
        }
    }
}

/// The operations of the proofs, then the first of the others.
fn chosen(history: &History, proofs: &[Lit], operations_max: usize) -> Vec<usize> {
    let mut is_chosen = vec![false; history.records().len()];
    let mut chosen = Vec::new();
    let lit = proofs.iter().flat_map(|proof| proof.operations.iter().copied());
    for index in lit.chain(0..history.records().len()) {
        if chosen.len() == operations_max {
            break;
        }
        if !std::mem::replace(&mut is_chosen[index], true) {
            chosen.push(index);
        }
    }
    chosen
}

/// The registers of the operations that are shown.
struct Registers<'h> {
    history: &'h History,
    names: Vec<String>,
    of: BTreeMap<u32, usize>,
}

impl Registers<'_> {
    fn index(&mut self, register: u32) -> usize {
        *self.of.entry(register).or_insert_with(|| {
            let (bucket, key) = &self.history.registers()[register as usize];
            self.names.push(visible(&format!("{}/{}", name_text(bucket), name_text(key))));
            self.names.len() - 1
        })
    }
}

fn operation(history: &History, index: usize, registers: &mut Registers<'_>) -> Operation {
    let record = &history.records()[index];
    let is_answered = record.response != Rank::NEVER;
    let time = |rank| history.time(rank).unwrap_or_default();
    let text = history.operation_text(index);
    let text = text.strip_prefix(&format!("session {}: ", record.session)).unwrap_or(&text);
    let text: String = visible(text).chars().take(TEXT_CHARS_MAX).collect();
    Operation(
        index,
        record.session,
        registers.index(record.register),
        record.invoke.place(),
        is_answered.then(|| record.response.place()),
        time(record.invoke),
        is_answered.then(|| time(record.response)),
        text,
    )
}
