//! `kvspec judge`.

use std::path::PathBuf;
use std::time::Duration;

use crate::format::Format;
use clap::Args;
use clap::builder::RangedU64ValueParser;
use kvspec_reference::consistency::Level;
use kvspec_reference::consistency::budget::DEFAULT_STEPS;

use super::time_limit::call_timeout;
use super::{Color, complain, interrupt, print};
use crate::judge_command::{self, Convergence};
use kvspec::interruption::INTERRUPTED;
use kvspec::report::Exit;
use kvspec::report::diagram::Charset;

/// The options of `judge`.
#[derive(Debug, Args)]
#[group(skip)]
pub(super) struct Options {
    /// The recording: JSON lines, a Jepsen log, or Jepsen's events in EDN, JSON or words, told apart by content; - reads
    /// standard input.
    file: PathBuf,
    /// The level that the history has to keep, such as linearizable or read-your-writes. Without --levels, no other
    /// is judged but what the profile promises.
    #[arg(long, value_name = "LEVEL", value_parser = level)]
    require: Option<Level>,
    /// How long after the last write reads may differ: a time (500ms, 2s), or a number of events where
    /// the recording counts those [default: what the recording names; without either, convergence is
    /// not judged].
    #[arg(long, value_name = "BOUND")]
    convergence: Option<Convergence>,
    /// What registers begin with, where the recording does not say it: a string in JSON lines, else a value as the
    /// recording prints it, such as 0.
    #[arg(long, value_name = "VALUE")]
    initial: Option<String>,
    /// Writes the operations of the proof to FILE: a recording that breaks the same level.
    #[arg(long, value_name = "FILE")]
    proof: Option<PathBuf>,
    /// The levels to judge, with commas between them, or all; what they imply of others is shown too [default: all,
    /// or with --require what it needs].
    #[arg(long, value_name = "LEVELS", value_delimiter = ',', value_parser = some_levels)]
    levels: Vec<SomeLevels>,
    /// How much all levels together may cost, in steps of a few nanoseconds: 500M, 4G. A level for which they do
    /// not suffice is unknown. The same steps give the same verdict on every machine [default: 1G].
    #[arg(long, value_name = "STEPS", value_parser = steps)]
    steps: Option<u64>,
    /// Time limit of the whole: 90s, 10m, 8h. It then ends as on a signal, with what is decided by then.
    #[arg(long, value_name = "TIME", value_parser = call_timeout)]
    total_timeout: Option<Duration>,
    /// Writes the report as one HTML page too: all sessions on a time line, and what is wrong lit.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// The form of the report.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Whether to use colours.
    #[arg(long, value_enum, default_value_t)]
    color: Color,
    /// How many columns a drawing may take, from 40 to 1000.
    #[arg(long, value_name = "COLUMNS", default_value_t = 80, value_parser = RangedU64ValueParser::<usize>::new().range(40..=1_000))]
    width: usize,
    /// Draws with plain ASCII.
    #[arg(long)]
    ascii: bool,
}

fn level(text: &str) -> Result<Level, String> {
    Level::from_name(text).ok_or_else(|| {
        let names: Vec<&str> = Level::ALL.iter().map(|level| level.name()).collect();
        format!("unknown level; expected one of {}", names.join(", "))
    })
}

/// One word of `--levels`.
#[derive(Debug, Clone, Copy)]
enum SomeLevels {
    All,
    One(Level),
}

fn some_levels(text: &str) -> Result<SomeLevels, String> {
    if text == "all" { Ok(SomeLevels::All) } else { level(text).map(SomeLevels::One) }
}

/// A number of steps, perhaps of thousands, millions or thousands of millions.
fn steps(text: &str) -> Result<u64, String> {
    let number_end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(number_end);
    let shift = match unit {
        "" => Some(0),
        "k" | "K" => Some(10),
        "M" => Some(20),
        "G" => Some(30),
        _ => None,
    };
    let steps = shift.and_then(|shift| number.parse::<u64>().ok()?.checked_mul(1 << shift));
    steps.ok_or_else(|| "write a number of steps, such as 500M or 4G".to_owned())
}

pub(super) fn main(options: Options) -> Exit {
    options.total_timeout.into_iter().for_each(interrupt::end_after);
    let options = judge_command::Options {
        file: options.file,
        require: options.require,
        initial: options.initial,
        proof: options.proof,
        convergence: options.convergence,
        html: options.html,
        levels: (!options.levels.is_empty()).then(|| {
            let levels = options.levels.iter().flat_map(|some| match some {
                SomeLevels::All => &Level::ALL[..],
                SomeLevels::One(level) => std::slice::from_ref(level),
            });
            levels.copied().collect()
        }),
        steps: options.steps.unwrap_or(DEFAULT_STEPS),
        when_read: interrupt::hear,
        stop: &INTERRUPTED,
        format: options.format,
        palette: options.color.palette(),
        width: options.width,
        charset: if options.ascii { Charset::Ascii } else { Charset::Boxes },
    };
    let (mut report, mut complaints) = (Vec::new(), Vec::new());
    let exit = match judge_command::run(&options, &mut report, &mut complaints) {
        Ok(exit) => exit,
        Err(error) => return complain(Exit::OwnFault, error),
    };
    print(&String::from_utf8_lossy(&report));
    eprint!("{}", String::from_utf8_lossy(&complaints));
    exit
}
