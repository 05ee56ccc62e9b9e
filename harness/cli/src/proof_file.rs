//! `kvspec judge --proof FILE`: the operations of a proof as a recording of their own.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;

use kvspec_recording::json_lines;
use kvspec_reference::History;
use kvspec_reference::consistency::ladder::{Ladder, check_within};
use kvspec_reference::consistency::{Budget, Finding, Level};
use kvspec_reference::history::sub_history::sub_history;

use crate::report::judgement::Proof;

/// Writes a history that breaks the same level: the required one, or that of the first proof. It has the operations
/// of the proof alone, where these break the level by themselves, else all of their registers, else all there are.
///
/// # Errors
/// When nothing is broken, or the file cannot be written; what to say of it.
pub(crate) fn write(
    file: &Path,
    history: &History,
    ladder: &Ladder,
    required: Option<Level>,
    proofs: &[Proof],
) -> Result<(), String> {
    let is_broken = |level: &Level| matches!(ladder.finding(*level), Some(Finding::Broken(_)));
    let shown = |level: Level| proofs.iter().find(|proof| proof.levels.iter().any(|shown| level.implies(*shown)));
    let required = required.filter(is_broken).and_then(|level| Some((level, shown(level)?)));
    let first = proofs.first().and_then(|proof| Some((*proof.levels.first()?, proof)));
    let Some((level, proof)) = required.or(first) else {
        return Err(format!("--proof {}: no level is broken, so there is nothing to write", file.display()));
    };
    let part = smallest_that_breaks(history, level, &proof.operations);
    let written = File::create(file).and_then(|out| {
        let mut out = BufWriter::new(out);
        json_lines::write(&part, &mut out)?;
        out.flush()
    });
    written.map_err(|error| format!("--proof {}: cannot be written: {error}", file.display()))
}

fn smallest_that_breaks(history: &History, level: Level, operations: &[usize]) -> History {
    let registers: Vec<u32> = operations.iter().map(|&index| history.records()[index].register).collect();
    let of_registers = (0..history.records().len()).filter(|&i| registers.contains(&history.records()[i].register));
    let breaks = |part: &History| matches!(check_within(level, part, &Budget::default()), Finding::Broken(_));
    [operations.to_vec(), of_registers.collect()]
        .into_iter()
        .map(|indices| sub_history(history, &indices))
        .find(breaks)
        .unwrap_or_else(|| history.clone())
}
