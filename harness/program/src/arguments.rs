//! What is asked for, by arguments and by the environment.

use std::ffi::OsString;

use kvspec::configuration::Configuration;
use kvspec::selection::{Pattern, Selection, random_workloads};
use lexopt::prelude::*;

use crate::interface::PROFILE;

/// How this program is called.
pub(crate) const HELP: &str = "\
Runs the conformance cases of kvspec against the host that offers wasi:keyvalue. The results are TAP.

Usage: [OPTIONS] [PATTERN]...

Arguments:
  [PATTERN]...     the cases whose names match (all and the random workloads, where none is given)

Options:
  --seed N         the seed of all randomness [default: 1; environment: KVSPEC_SEED]
  --workloads N    how many random workloads are tried [default: 64]
  --list           print the names of the cases and stop
  --help           print this

Environment:
  KVSPEC_FILTER    patterns, a blank between them, where no argument names one
  KVSPEC_CONFIG    what the host declares of itself: the text of a kvspec.toml

The exit code is 0 where no case failed and none was left undecided, else 1.
The cases of one process share its host: between them, what they set is deleted. Run one a process to judge a
host that forgets when the process ends.
";

/// What is to be done.
#[derive(Debug)]
pub(crate) enum Asked {
    /// Say how it is called.
    Help,
    /// Print the names.
    List(Arguments),
    /// Run the cases.
    Run(Arguments),
}

/// How it is done.
#[derive(Debug)]
pub(crate) struct Arguments {
    /// Which cases.
    selection: Selection,
    /// The seed of all randomness.
    pub(crate) seed: u64,
    /// How many random workloads are tried.
    pub(crate) workloads: u64,
    /// What the host declares of itself.
    pub(crate) configuration: Configuration,
}

impl Arguments {
    /// # Errors
    /// Says what is wrong and how to fix it.
    pub(crate) fn parse(
        arguments: impl IntoIterator<Item = String>,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Asked, String> {
        let mut parser = lexopt::Parser::from_args(arguments.into_iter().map(OsString::from));
        let mut seed = None;
        let (mut workloads, mut is_list, mut patterns) = (WORKLOADS, false, Vec::new());
        while let Some(argument) = parser.next().map_err(said)? {
            match argument {
                Long("help") | Short('h') => return Ok(Asked::Help),
                Long("list") => is_list = true,
                Long("seed") => seed = Some(parser.value().and_then(|value| value.parse()).map_err(said)?),
                Long("workloads") => workloads = parser.value().and_then(|value| value.parse()).map_err(said)?,
                Value(pattern) => patterns.push(pattern.string().map_err(said)?),
                other => return Err(said(other.unexpected())),
            }
        }
        if patterns.is_empty() {
            patterns
                .extend(variable("KVSPEC_FILTER").iter().flat_map(|text| text.split_whitespace()).map(str::to_owned));
        }
        let seed = match (seed, variable("KVSPEC_SEED")) {
            (Some(seed), _) => seed,
            (None, Some(text)) => text.parse().map_err(|_| format!("KVSPEC_SEED: {text:?} is no number"))?,
            (None, None) => 1,
        };
        let text = variable("KVSPEC_CONFIG").unwrap_or_default();
        let configuration = Configuration::parse(&text).map_err(|error| format!("KVSPEC_CONFIG: {error}"))?;
        let arguments = Self { selection: selection(&patterns)?, seed, workloads, configuration };
        Ok(if is_list { Asked::List(arguments) } else { Asked::Run(arguments) })
    }

    /// The names of what was selected, in the order of the suite.
    pub(crate) fn names(&self) -> Vec<&'static str> {
        let cases = self.selection.cases(PROFILE).into_iter().map(|case| case.name);
        cases.chain([random_workloads(PROFILE)].into_iter().filter(|name| self.selection.selects(name))).collect()
    }
}

/// How many random workloads are tried where nobody says.
const WORKLOADS: u64 = 64;

fn said(error: lexopt::Error) -> String {
    format!("{error}; --help says what there is")
}

fn selection(patterns: &[String]) -> Result<Selection, String> {
    let parsed = |text: &String| -> Result<Pattern, String> {
        let pattern: Pattern = text.parse().map_err(|fault| format!("{text:?} is no pattern: {fault}"))?;
        match pattern.fault_for(PROFILE) {
            Some(fault) => Err(format!("{text:?} {fault}")),
            None => Ok(pattern),
        }
    };
    Ok(Selection { filter: patterns.iter().map(parsed).collect::<Result<_, _>>()?, skip: Vec::new() })
}
