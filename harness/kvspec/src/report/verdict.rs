//! What a run came to, in a sentence, for every form of report.

use kvspec_suites::Totals;

use super::exit::{Exit, exit};
use crate::expectation::Met;
use crate::run::RunHeader;
use crate::run::outcome::{Extent, Run};

/// Whether that is well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// It is.
    Good,
    /// It is not.
    Bad,
    /// Nobody can be sure.
    Doubtful,
}

/// The verdict of a run.
pub fn verdict(header: &RunHeader, run: &Run, met: &Met<'_>) -> (Tone, String) {
    let totals = run.totals();
    let cases = totals.cases();
    let Extent { selected, of, is_interrupted } = run.extent;
    let known = met.known().len();
    let profile = &header.profile;
    let (bad, doubtful) = (|text: String| (Tone::Bad, text), |text: String| (Tone::Doubtful, text));
    match exit(&totals) {
        _ if run.is_target_lost() => {
            bad(format!("the target could not be set up any more: ended after {cases} of {selected} cases"))
        }
        Exit::NotConformant if totals.fail == known && met.stale.is_empty() && !is_interrupted => {
            let times = if known == 1 { "1 known violation".into() } else { format!("{known} known violations") };
            doubtful(format!("not conformant to {profile}, by {times} and nothing else"))
        }
        Exit::NotConformant => bad(format!("NOT CONFORMANT to {profile}")),
        Exit::OwnFault => bad("kvspec or its adapter is at fault: this says nothing about the implementation".into()),
        _ if is_interrupted => {
            doubtful(format!("interrupted: nothing failed so far, after {cases} of {selected} cases"))
        }
        Exit::Conformant if !met.stale.is_empty() => bad("an expectation is stale: see above".into()),
        Exit::Conformant if run.extent.is_whole() => (Tone::Good, format!("conformant to {profile}")),
        Exit::Conformant => doubtful(format!("{selected} of {of} cases were selected: nothing in them failed")),
        Exit::Inconclusive => doubtful("inconclusive: nothing failed, but not everything could be decided".into()),
        _ => doubtful("no case was run to its end: nothing is known".into()),
    }
}

/// How many cases ended how.
pub fn totals_text(totals: &Totals) -> String {
    let Totals { pass, fail, skip, inconclusive, error, comparisons, .. } = totals;
    let cases = totals.cases();
    format!(
        "{cases} {}: {pass} passed, {fail} failed, {skip} skipped, {inconclusive} inconclusive, {error} {} \
         ({comparisons} results compared)",
        if cases == 1 { "case" } else { "cases" },
        if *error == 1 { "error" } else { "errors" },
    )
}
