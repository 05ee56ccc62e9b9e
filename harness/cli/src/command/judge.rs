//! `kvspec judge`.

use std::path::PathBuf;
use std::time::Duration;

use crate::format::Format;
use clap::Args;
use clap::builder::RangedU64ValueParser;
use kvspec_reference::consistency::Level;

use super::time_limit::call_timeout;
use super::{Color, complain, interrupt, print};
use crate::judge_command::{self, Convergence};
use kvspec::report::Exit;
use kvspec::report::diagram::Charset;

/// The options of `judge`.
#[derive(Debug, Args)]
#[group(skip)]
pub(super) struct Options {
    /// The recording: JSON lines, a Jepsen log or Jepsen's EDN, told apart by content; - reads standard input.
    file: PathBuf,
    /// The level that the history has to keep, such as linearizable or read-your-writes.
    #[arg(long, value_name = "LEVEL", value_parser = level)]
    require: Option<Level>,
    /// How long after the last write reads may differ: a time (500ms, 2s), or a number of events where
    /// the recording counts those [default: what the recording names; without either, convergence is
    /// not judged].
    #[arg(long, value_name = "BOUND")]
    convergence: Option<Convergence>,
    /// Judges every level of a long history too, which can take minutes.
    #[arg(long)]
    all_levels: bool,
    /// Time limit of the whole: 90s, 10m, 8h. It then ends as on a signal, without a report.
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

pub(super) fn main(options: Options) -> Exit {
    options.total_timeout.into_iter().for_each(interrupt::end_after);
    let options = judge_command::Options {
        file: options.file,
        require: options.require,
        convergence: options.convergence,
        all_levels: options.all_levels,
        html: options.html,
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
