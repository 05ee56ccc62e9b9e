//! `kvspec judge FILE`: which level of consistency a recorded history kept, and the proof for what
//! it broke.

use std::io::{self, Write};
use std::path::PathBuf;

use kvspec_reference::judge::explain::explain;
use kvspec_reference::judge::ladder::{self, Ladder};
use kvspec_reference::judge::{Finding, Level, Witness, staleness};
use kvspec_reference::{History, oracle};

use crate::command::Format;
use crate::history_file::{self, HistoryFile, ReadError};
use crate::report::Exit;
use crate::report::diagram::Charset;
use crate::report::human::Palette;
use crate::report::judgement::{self, Judgement, Proof};

/// What the command is asked for.
#[derive(Debug, Clone)]
pub struct Options {
    /// The recording; `-` is standard input.
    pub file: PathBuf,
    /// The level that the history has to keep, beyond the promise of its profile.
    pub require: Option<Level>,
    /// Judge every level, however long it takes; else [`Options::levels`] says which.
    pub all_levels: bool,
    /// The form of the report.
    pub format: Format,
    /// Colours of the report for people.
    pub palette: Palette,
    /// How many columns drawings may take.
    pub width: usize,
    /// With which characters drawings are made.
    pub charset: Charset,
}

/// Levels whose checkers take many seconds on a million operations: they follow causality or keep
/// an order for each session. All others take less than a second.
const SLOW: [Level; 7] = [
    Level::Sequential,
    Level::CausalConvergent,
    Level::CausalMemory,
    Level::Causal,
    Level::Pram,
    Level::MonotonicWrites,
    Level::WritesFollowReads,
];
/// Up to this many operations, no level takes longer than a few seconds.
const UNHURRIED_OPERATIONS_MAX: usize = 50_000;

impl Options {
    /// The levels to judge: all, or in a long history all but the slow ones, and the one required.
    /// (Where the history is linearizable, that settles the slow ones too.)
    pub fn levels(&self, history: &History) -> Vec<Level> {
        let is_unhurried = self.all_levels || history.records.len() <= UNHURRIED_OPERATIONS_MAX;
        let is_judged = |level: &Level| is_unhurried || !SLOW.contains(level) || self.require == Some(*level);
        Level::ALL.into_iter().filter(is_judged).collect()
    }
}

/// Judges the recording and writes the report to `out`, complaints to `complaints`.
///
/// The exit: not conformant when the history breaks a requirement of the interface or the level
/// required; inconclusive when that level is unknown or was not exercised (without one: when
/// nothing in the history was ever read); a usage fault when the file is no history, no target
/// when it cannot be read.
///
/// # Errors
/// Those of the writers.
pub fn run(options: &Options, out: &mut dyn Write, complaints: &mut dyn Write) -> io::Result<Exit> {
    let HistoryFile { history, format } = match history_file::open(&options.file) {
        Ok(file) => file,
        Err(error) => {
            writeln!(complaints, "kvspec: {error}")?;
            return Ok(match error.error {
                ReadError::Io(_) => Exit::NoTarget,
                ReadError::Fault(_) => Exit::Usage,
            });
        }
    };
    let ladder = ladder::judge(&history, &ladder::Options { levels: options.levels(&history) });
    let anomalies = oracle::judge(&history);
    let judgement = Judgement {
        file: options.file.display().to_string(),
        format,
        required: options.require,
        exit: exit(&ladder, !anomalies.is_empty(), options.require),
        proofs: proofs(&history, &ladder),
        staleness: staleness::measure(&history),
        ladder,
        anomalies,
        history: &history,
    };
    let text = match options.format {
        Format::Human => judgement::human::text(&judgement, options.palette, options.width, options.charset),
        Format::Json => judgement::json::text(&judgement),
        Format::Jsonl => judgement::json::lines(&judgement),
    };
    out.write_all(text.as_bytes())?;
    Ok(judgement.exit)
}

/// Levels that every profile promises: broken, they make a store not conformant. Only the first is
/// exercised by every history with reads.
pub(crate) const PROMISED: [Level; 3] = [Level::Integrity, Level::LastWrite, Level::Convergent];

fn exit(ladder: &Ladder, has_anomalies: bool, required: Option<Level>) -> Exit {
    let is_broken = |level: Level| matches!(ladder.finding(level), Some(Finding::Broken(_)));
    if has_anomalies || PROMISED.into_iter().chain(required).any(is_broken) {
        return Exit::NotConformant;
    }
    match ladder.finding(required.unwrap_or(PROMISED[0])) {
        Some(Finding::Kept) => Exit::Conformant,
        _ => Exit::Inconclusive,
    }
}

/// A proof of at most this many operations is taken in at a glance, and not made smaller.
const GLANCE_OPERATIONS_MAX: usize = 8;

/// The proof for each of the weakest levels that are broken: they say best what went wrong. One
/// proof that serves several levels is told once.
fn proofs(history: &History, ladder: &Ladder) -> Vec<Proof> {
    let mut proofs: Vec<Proof> = Vec::new();
    for level in ladder.first_broken() {
        let Some(Finding::Broken(witness)) = ladder.finding(level) else { continue };
        let witness = smallest(history, level, witness);
        match proofs.iter_mut().find(|proof| proof.operations == witness.operations) {
            Some(proof) => proof.levels.push(level),
            None => {
                proofs.push(Proof { levels: vec![level], operations: witness.operations, because: witness.because });
            }
        }
    }
    proofs
}

fn smallest(history: &History, level: Level, witness: &Witness) -> Witness {
    if witness.operations.len() > GLANCE_OPERATIONS_MAX {
        let smaller = explain(history, level, ladder::checker(level), witness);
        if smaller.operations.len() < witness.operations.len() {
            return Witness { operations: smaller.operations, because: smaller.because };
        }
    }
    witness.clone()
}
