//! From a history to an execution.

use super::chains::chains_of;
use super::execution::Execution;
use super::reads_from::find_sources;
use crate::consistency::budget::Budget;
use crate::consistency::finding::Witness;
use crate::history::History;

/// Normalises a history and finds the forced sources; open reads have none yet.
///
/// # Errors
/// The witness, when no write of the register can have given a read its state.
pub(in super::super) fn normalise<'h>(history: &'h History, budget: &'h Budget) -> Result<Execution<'h>, Witness> {
    let mut execution = chains_of(history, budget);
    find_sources(&mut execution)?;
    Ok(execution)
}
