//! `kvspec compare`.

use std::path::PathBuf;

use clap::Args;
use kvspec::report::Exit;

use super::{Color, complain, print};
use crate::compare::{Comparison, Report};
use crate::format::Format;

/// The options of `compare`.
#[derive(Debug, Args)]
#[group(skip)]
pub(super) struct Options {
    /// The report of before, as `kvspec run --format json` wrote it.
    old: PathBuf,
    /// The report of now.
    new: PathBuf,
    /// The form of the comparison; jsonl is the same as json.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Whether to use colours.
    #[arg(long, value_enum, default_value_t)]
    color: Color,
}

pub(super) fn main(options: &Options) -> Exit {
    let read = |file: &PathBuf| Report::load(file).map_err(|error| complain(Exit::Usage, error));
    let (old, new) = match (read(&options.old), read(&options.new)) {
        (Ok(old), Ok(new)) => (old, new),
        (Err(exit), _) | (_, Err(exit)) => return exit,
    };
    let comparison = match Comparison::of(&old, &new) {
        Ok(comparison) => comparison,
        Err(fault) => return complain(Exit::Usage, fault),
    };
    print(&match options.format {
        Format::Human => comparison.human(options.color.palette()),
        Format::Json | Format::Jsonl => comparison.json(),
    });
    comparison.exit()
}
