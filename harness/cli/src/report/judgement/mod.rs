//! What the judge says of a history, in the forms people and machines read.

pub mod html;
pub mod human;
pub mod json;
mod names;
pub(crate) mod promise;
mod rules;

use kvspec_reference::consistency::ladder::Ladder;
use kvspec_reference::consistency::staleness::Staleness;
use kvspec_reference::consistency::{Finding, Level};
use kvspec_reference::{Anomaly, History};

use kvspec::report::Exit;
use kvspec_recording::{Format, NO_CONVERGENCE_BOUND};

/// Everything that is told of one history.
#[derive(Debug)]
pub struct Judgement<'a> {
    /// The file as the user named it.
    pub file: String,
    /// Its format.
    pub format: Format,
    /// The history.
    pub history: &'a History,
    /// By record, its line in the file.
    pub lines: &'a [u64],
    /// What the reader of the file noted.
    pub notes: &'a [String],
    /// The finding of each level.
    pub ladder: Ladder,
    /// Why the weakest broken levels are broken.
    pub proofs: Vec<Proof>,
    /// Violations of the interface's requirements.
    pub anomalies: Vec<Anomaly>,
    /// How far behind reads were.
    pub staleness: Staleness,
    /// The level that was asked for.
    pub required: Option<Level>,
    /// The verdict.
    pub exit: Exit,
}

/// Why a level is broken: a small part of the history that breaks it by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// The levels that it breaks, strongest first.
    pub levels: Vec<Level>,
    /// Indices into the records of the history, ascending.
    pub operations: Vec<usize>,
    /// Why, as a chain: each line follows from those before it.
    pub because: Vec<String>,
}

impl Judgement<'_> {
    /// Every level, strongest first, with the name of what was found and the reason it carries.
    fn levels(&self) -> impl Iterator<Item = (Level, Option<&Finding>, &'static str, Option<&str>)> {
        Level::ALL.into_iter().map(|level| {
            let finding = self.ladder.finding(level);
            let (name, reason) = match finding {
                Some(Finding::NotExercised(_)) if self.needs_bound(level) => ("not judged", Some(NO_BOUND)),
                other => finding_text(other),
            };
            (level, finding, name, reason)
        })
    }

    /// Whether the level cannot be judged, as nobody named a convergence bound.
    fn needs_bound(&self, level: Level) -> bool {
        let has_bound = self.history.header().convergence_bound != NO_CONVERGENCE_BOUND;
        !has_bound && matches!(level, Level::LastWrite | Level::Convergent)
    }
}

/// Why convergence is not judged.
const NO_BOUND: &str = "the recording names no convergence bound; --convergence gives one";

/// The name of a finding, and the reason it carries.
fn finding_text(finding: Option<&Finding>) -> (&'static str, Option<&str>) {
    match finding {
        Some(Finding::Kept) => ("kept", None),
        Some(Finding::Broken(_)) => ("broken", None),
        Some(Finding::Unknown(why)) => ("unknown", Some(why)),
        Some(Finding::NotExercised(why)) => ("not exercised", Some(why)),
        None => ("not judged", Some("not asked for; --levels all judges every level")),
    }
}
