//! Results as lines of the Test Anything Protocol, version 14, for the suite as a program.

use std::fmt;

use kvspec_suites::Verdict;

use super::human::{exploration_text, failure_text};
use super::replay::Replay;
use crate::run::case::CaseRun;
use crate::run::exploration::Exploration;

/// What came of a case.
#[derive(Debug)]
pub enum Outcome {
    /// It passed.
    Passed,
    /// It does not apply: why.
    Skipped(String),
    /// It failed: the evidence.
    Failed(String),
    /// It decided nothing: why.
    Undecided(String),
    /// Nothing can be judged any more: why.
    Lost(String),
}

impl Outcome {
    /// That of a case.
    pub fn of_case(run: &CaseRun, seed: u64) -> Self {
        if run.is_lost {
            return Self::Lost("the host cannot be set up any more".into());
        }
        Self::of(&run.report.verdict, || failure_text(run, &Replay::Program { seed }))
    }

    /// That of the random workloads.
    pub fn of_search(exploration: &Exploration, seed: u64) -> Self {
        Self::of(&exploration.verdict(), || exploration_text(exploration, &Replay::Program { seed }))
    }

    fn of(verdict: &Verdict, evidence: impl FnOnce() -> String) -> Self {
        match verdict {
            Verdict::Pass => Self::Passed,
            Verdict::Fail => Self::Failed(evidence()),
            Verdict::Skip(why) => Self::Skipped(why.clone()),
            Verdict::Inconclusive(why) => Self::Undecided(why.clone()),
            Verdict::Error(why) => Self::Lost(format!("kvspec is at fault: {why}")),
        }
    }

    /// Whether nothing failed and nothing was left open.
    pub fn is_good(&self) -> bool {
        matches!(self, Self::Passed | Self::Skipped(_))
    }
}

/// A result.
pub struct Line {
    /// Its number, from 1.
    pub number: usize,
    /// The name of the case.
    pub name: &'static str,
    /// What came of it.
    pub outcome: Outcome,
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { number, name, outcome } = self;
        match outcome {
            Outcome::Passed => writeln!(f, "ok {number} - {name}"),
            Outcome::Skipped(why) => writeln!(f, "ok {number} - {name} # SKIP {}", on_one_line(why)),
            Outcome::Failed(evidence) => {
                writeln!(f, "not ok {number} - {name}")?;
                diagnostics(f, evidence)
            }
            Outcome::Undecided(why) | Outcome::Lost(why) => {
                writeln!(f, "not ok {number} - {name}")?;
                diagnostics(f, &format!("undecided: {why}"))
            }
        }
    }
}

fn on_one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('#', "\\#")
}

/// A block of YAML under a result: one text, as it is.
fn diagnostics(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    writeln!(f, "  ---\n  message: |")?;
    for line in text.lines() {
        writeln!(f, "{}", format!("    {line}").trim_end())?;
    }
    writeln!(f, "  ...")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_lines_of_tap() {
        let line = |outcome| Line { number: 2, name: "store::x", outcome }.to_string();
        assert_eq!(line(Outcome::Passed), "ok 2 - store::x\n");
        assert_eq!(line(Outcome::Skipped("no # cas\nhere".into())), "ok 2 - store::x # SKIP no \\# cas here\n");
        let failed = line(Outcome::Failed("a\n\n  b".into()));
        assert_eq!(failed, "not ok 2 - store::x\n  ---\n  message: |\n    a\n\n      b\n  ...\n");
        assert!(line(Outcome::Undecided("?".into())).starts_with("not ok 2"), "open is no pass");
    }
}
