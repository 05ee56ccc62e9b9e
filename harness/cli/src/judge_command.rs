//! `kvspec judge FILE`: which level of consistency a recorded history kept, and the proof for what
//! it broke.

use std::io::{self, Write};
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use kvspec_reference::History;
use kvspec_reference::anomaly::visible;
use kvspec_reference::consistency::explain::explain_until;
use kvspec_reference::consistency::ladder::{self, Ladder};
use kvspec_reference::consistency::{Finding, Level, Witness, staleness};
use kvspec_reference::history::ClockUnit;
use kvspec_suites::Declaration;
use kvspec_suites::judging::{Handles, judge};

use crate::format::Format;
use crate::proof_file;
use crate::report::judgement::promise::unknown_promise;
use crate::report::judgement::{self, Judgement, Proof};
use kvspec::configuration::promised;
use kvspec::report::Exit;
use kvspec::report::diagram::Charset;
use kvspec::report::human::Palette;
use kvspec_recording::{HistoryFile, NO_CONVERGENCE_BOUND, ReadOptions};

/// What the command is asked for.
#[derive(Debug, Clone)]
pub struct Options {
    /// The recording; `-` is standard input.
    pub file: PathBuf,
    /// The level that the history has to keep, beyond the promise of its profile.
    pub require: Option<Level>,
    /// What registers begin with, where the recording does not say so.
    pub initial: Option<String>,
    /// Where to write a history of the operations of the proof alone.
    pub proof: Option<PathBuf>,
    /// The convergence bound to judge by, rather than the one that the recording names.
    pub convergence: Option<Convergence>,
    /// The levels to judge; without any, [`Options::levels_judged`] says which.
    pub levels: Option<Vec<Level>>,
    /// What all levels together may cost, in steps of a budget.
    pub steps: u64,
    /// Called when the recording was read: from then on there is something to report.
    pub when_read: fn(),
    /// Set when the user ends the judgement.
    pub stop: &'static AtomicBool,
    /// Where the page of HTML goes, where one is wanted.
    pub html: Option<PathBuf>,
    /// The form of the report.
    pub format: Format,
    /// Colours of the report for people.
    pub palette: Palette,
    /// How many columns drawings may take.
    pub width: usize,
    /// With which characters drawings are made.
    pub charset: Charset,
}

/// A convergence bound, in the unit of the recording's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Convergence {
    /// For clocks that count nanoseconds.
    Time(Duration),
    /// For clocks that count events; 0 is for any clock.
    Events(u64),
}

impl FromStr for Convergence {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let fault = || "write a time (500ms, 2s) or, for a clock that counts events, their number".to_owned();
        let number_end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let (number, unit) = text.split_at(number_end);
        let number: u64 = number.parse().map_err(|_| fault())?;
        let ns_per_unit = match unit {
            "" => return Ok(Convergence::Events(number)),
            "ns" => 1,
            "us" => 1_000,
            "ms" => 1_000_000,
            "s" => 1_000_000_000,
            _ => return Err(fault()),
        };
        let ns = number.checked_mul(ns_per_unit).ok_or_else(|| "that is too long".to_owned())?;
        Ok(Convergence::Time(Duration::from_nanos(ns)))
    }
}

impl Convergence {
    /// In units of this clock.
    ///
    /// # Errors
    /// When it is no bound for such a clock, and what to give.
    fn in_units_of(self, clock: ClockUnit) -> Result<u64, &'static str> {
        match (self, clock) {
            (Convergence::Events(0), _) => Ok(0),
            (Convergence::Time(time), ClockUnit::Nanoseconds) => Ok(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)),
            (Convergence::Events(count), ClockUnit::Counter) => Ok(count),
            (Convergence::Time(_), ClockUnit::Counter) => Err(
                "--convergence: the recording counts events, which have no duration: give their number, such as 100",
            ),
            (Convergence::Events(_), ClockUnit::Nanoseconds) => {
                Err("--convergence: the recording counts nanoseconds: give a time with its unit, such as 500ms")
            }
        }
    }
}

impl Options {
    /// The levels to judge: those asked for, and what the verdict needs, which is the level required and what the
    /// profile promises. All, where none was asked for.
    pub fn levels_judged(&self, history: &History) -> Vec<Level> {
        let asked = match (&self.levels, self.require) {
            (Some(levels), _) => &levels[..],
            (None, Some(_)) => &[],
            (None, None) => return Level::ALL.to_vec(),
        };
        let needed = promised(history.header().profile.parse().unwrap_or_default());
        let is_judged = |level: &Level| asked.contains(level) || needed.contains(level) || self.require == Some(*level);
        Level::ALL.into_iter().filter(is_judged).collect()
    }
}

/// Judges the recording and writes the report to `out`, complaints to `complaints`.
///
/// The exit: not conformant when the history breaks a requirement of the interface or the level
/// required; inconclusive when that level is unknown or was not exercised (without one: when
/// nothing in the history was ever read, when what the profile promises is unknown, and when nobody
/// named a convergence bound to judge that by); a usage fault when the file is no history or cannot be
/// read; interrupted when the user did not wait, and then the report has what was decided.
///
/// # Errors
/// Those of the writers.
pub fn run(options: &Options, out: &mut dyn Write, complaints: &mut dyn Write) -> io::Result<Exit> {
    let reading = ReadOptions { initial: options.initial.clone() };
    let HistoryFile { mut history, format, lines, notes } = match kvspec_recording::open_with(&options.file, &reading) {
        Ok(file) => file,
        Err(error) => {
            writeln!(complaints, "kvspec: {}", visible(&error.to_string()))?;
            return Ok(Exit::Usage);
        }
    };
    if let Some(convergence) = options.convergence {
        match convergence.in_units_of(history.header().clock) {
            Ok(bound) => history.header_mut().convergence_bound = bound,
            Err(fault) => {
                writeln!(complaints, "kvspec: {fault}")?;
                return Ok(Exit::Usage);
            }
        }
    }
    (options.when_read)();
    let levels = options.levels_judged(&history);
    let ladder = ladder::judge(&history, &ladder::Options { levels, steps: options.steps, stop: Some(options.stop) });
    let profile = history.header().profile.parse().unwrap_or_default();
    let anomalies = judge(&history, profile, &Declaration::default(), Handles::Kept).anomalies;
    let proofs = proofs(&history, &ladder, options.stop);
    if let Some(file) = &options.proof
        && let Err(fault) = proof_file::write(file, &history, &ladder, options.require, &proofs)
    {
        writeln!(complaints, "kvspec: {}", visible(&fault))?;
        return Ok(Exit::Usage);
    }
    let is_interrupted = options.stop.load(Ordering::Relaxed);
    let judgement = Judgement {
        file: options.file.display().to_string(),
        format,
        required: options.require,
        exit: match is_interrupted {
            true => Exit::Interrupted,
            false => exit(&history, &ladder, !anomalies.is_empty(), options.require),
        },
        proofs,
        staleness: staleness::measure(&history),
        ladder,
        anomalies,
        history: &history,
        lines: &lines,
        notes: &notes,
    };
    let text = match options.format {
        Format::Human => judgement::human::text(&judgement, options.palette, options.width, options.charset),
        Format::Json => judgement::json::text(&judgement),
        Format::Jsonl => judgement::json::lines(&judgement),
    };
    out.write_all(text.as_bytes())?;
    if let Some(file) = &options.html {
        let page = judgement::html::text(&judgement).map_err(io::Error::other)?;
        if let Err(error) = std::fs::write(file, page) {
            writeln!(
                complaints,
                "kvspec: --html {}: cannot be written: {error}",
                visible(&file.display().to_string())
            )?;
            return Ok(Exit::Usage);
        }
    }
    Ok(judgement.exit)
}

fn exit(history: &History, ladder: &Ladder, has_anomalies: bool, required: Option<Level>) -> Exit {
    let promised = promised(history.header().profile.parse().unwrap_or_default());
    let is_broken = |level: Level| matches!(ladder.finding(level), Some(Finding::Broken(_)));
    if has_anomalies || promised.iter().copied().chain(required).any(is_broken) {
        return Exit::NotConformant;
    }
    let is_kept = |level: Level| ladder.finding(level) == Some(&Finding::Kept);
    let is_decided = match required {
        Some(level) => is_kept(level),
        None => {
            let has_bound = history.header().convergence_bound != NO_CONVERGENCE_BOUND || is_kept(Level::Convergent);
            has_bound && is_kept(Level::Integrity) && unknown_promise(promised, ladder).is_none()
        }
    };
    if is_decided { Exit::Conformant } else { Exit::Inconclusive }
}

/// One proof for each fault: of the weakest level that it breaks, since that says best what went
/// wrong, with the names of the other weakest levels that the same fault breaks.
fn proofs(history: &History, ladder: &Ladder, stop: &'static AtomicBool) -> Vec<Proof> {
    let mut proofs: Vec<(Option<Level>, Proof)> = Vec::new();
    for level in ladder.first_broken() {
        let Some(Finding::Broken(witness)) = ladder.finding(level) else { continue };
        let fault = ladder.proved_by(level);
        if let Some((_, proof)) = proofs.iter_mut().find(|(of, _)| fault.is_some() && *of == fault) {
            proof.levels.push(level);
            continue;
        }
        let Witness { operations, because } = smallest(history, level, witness, stop);
        match proofs.iter_mut().find(|(_, proof)| proof.operations == operations) {
            Some((_, proof)) => proof.levels.push(level),
            None => proofs.push((fault, Proof { levels: vec![level], operations, because })),
        }
    }
    proofs.into_iter().map(|(_, proof)| proof).collect()
}

fn smallest(history: &History, level: Level, witness: &Witness, stop: &'static AtomicBool) -> Witness {
    let smaller = explain_until(history, level, witness, Some(stop));
    if smaller.operations.len() < witness.operations.len() {
        return Witness { operations: smaller.operations, because: smaller.because };
    }
    witness.clone()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_have_units_that_fit_the_clock() {
        let parse = |text: &str| text.parse::<Convergence>();
        assert_eq!(parse("500ms"), Ok(Convergence::Time(Duration::from_millis(500))));
        assert_eq!(parse("100"), Ok(Convergence::Events(100)));
        for wrong in ["", "ms", "5 s", "1.5s", "5m", "99999999999999999999", "99999999999999999s"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
        let units = |text: &str, clock| parse(text).unwrap().in_units_of(clock);
        assert_eq!(units("2us", ClockUnit::Nanoseconds), Ok(2_000));
        assert_eq!(units("7", ClockUnit::Counter), Ok(7));
        assert_eq!((units("0", ClockUnit::Nanoseconds), units("0", ClockUnit::Counter)), (Ok(0), Ok(0)));
        assert!(units("7", ClockUnit::Nanoseconds).is_err() && units("7s", ClockUnit::Counter).is_err());
    }
}
