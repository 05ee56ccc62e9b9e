//! Exit codes: what a run as a whole came to.

use kvspec_suites::Totals;

use crate::expectation::Met;
use crate::run::outcome::Run;

/// The exit code of a run with these totals.
pub fn exit(totals: &Totals) -> Exit {
    match totals {
        Totals { error: 1.., .. } => Exit::OwnFault,
        Totals { fail: 1.., .. } => Exit::NotConformant,
        Totals { pass: 0, inconclusive: 0, .. } => Exit::NothingSelected,
        Totals { inconclusive: 1.., .. } => Exit::Inconclusive,
        _ => Exit::Conformant,
    }
}

/// The exit code of a run; one that was interrupted says nothing but that. What failed as expected
/// fails no run, what was expected and did not come does.
pub fn exit_of(run: &Run, met: &Met<'_>) -> Exit {
    if run.extent.is_interrupted {
        return Exit::Interrupted;
    }
    if run.is_target_lost() {
        return Exit::NoTarget;
    }
    let mut totals = run.totals();
    // A known violation is decided, and in this sense it passed.
    totals.fail -= met.known().len();
    totals.pass += met.known().len();
    match exit(&totals) {
        Exit::OwnFault => Exit::OwnFault,
        _ if !met.stale.is_empty() => Exit::NotConformant,
        exit => exit,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_verdict_decides_the_exit_code() {
        let all = Totals { pass: 1, fail: 1, skip: 1, inconclusive: 1, error: 1, ..Totals::default() };
        assert_eq!(exit(&all), Exit::OwnFault);
        assert_eq!(exit(&Totals { error: 0, ..all }), Exit::NotConformant);
        assert_eq!(exit(&Totals { error: 0, fail: 0, ..all }), Exit::Inconclusive);
        assert_eq!(exit(&Totals { pass: 1, skip: 1, ..Totals::default() }), Exit::Conformant);
        assert_eq!(exit(&Totals { skip: 3, ..Totals::default() }), Exit::NothingSelected, "skips never read as pass");
        assert_eq!(exit(&Totals::default()), Exit::NothingSelected);
    }
}
