//! What a run found, in the forms people and machines read.
//!
//! * [`human`]: the terminal.
//! * [`json`]: machines.
//! * [`diagram`]: operations drawn as overlapping lines.

pub mod diagram;
pub mod human;
pub mod json;

use kvspec_suites::Verdict;

use crate::run::CaseRun;

/// How many cases ended how. Every case that was selected is in exactly one number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
pub struct Totals {
    /// The claim held and something was compared.
    pub pass: usize,
    /// The claim was refuted.
    pub fail: usize,
    /// Not applicable.
    pub skip: usize,
    /// Nothing could be decided.
    pub inconclusive: usize,
    /// kvspec was at fault.
    pub error: usize,
}

impl Totals {
    /// Counts the verdicts.
    pub fn of<'a>(runs: impl IntoIterator<Item = &'a CaseRun>) -> Self {
        let mut totals = Self::default();
        for run in runs {
            *match run.report.verdict {
                Verdict::Pass => &mut totals.pass,
                Verdict::Fail => &mut totals.fail,
                Verdict::Skip(_) => &mut totals.skip,
                Verdict::Inconclusive(_) => &mut totals.inconclusive,
                Verdict::Error(_) => &mut totals.error,
            } += 1;
        }
        totals
    }

    /// All cases.
    pub fn sum(&self) -> usize {
        self.pass + self.fail + self.skip + self.inconclusive + self.error
    }

    /// The exit code of a run with these totals.
    pub fn exit(&self) -> Exit {
        match self {
            Totals { error: 1.., .. } => Exit::OwnFault,
            Totals { fail: 1.., .. } => Exit::NotConformant,
            Totals { pass: 0, inconclusive: 0, .. } => Exit::NothingSelected,
            Totals { inconclusive: 1.., .. } => Exit::Inconclusive,
            _ => Exit::Conformant,
        }
    }
}

/// Exit codes of the command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Every case passed or does not apply.
    Conformant = 0,
    /// A case failed.
    NotConformant = 1,
    /// The command or the configuration is wrong.
    Usage = 2,
    /// Nothing failed, but something could not be decided.
    Inconclusive = 3,
    /// No case was run.
    NothingSelected = 4,
    /// The target could not be loaded or reached.
    NoTarget = 69,
    /// kvspec is at fault.
    OwnFault = 70,
    /// The user interrupted.
    Interrupted = 130,
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        std::process::ExitCode::from(exit as u8)
    }
}

/// What a report says of the run as a whole.
#[derive(Debug, Clone, serde::Serialize)]
pub struct RunHeader {
    /// The profile that was tested.
    pub profile: String,
    /// The target as the user named it, or the built-in store.
    pub target: String,
    /// The seed.
    pub seed: u64,
}
