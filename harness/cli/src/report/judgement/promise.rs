//! What a profile promises, where it stays open.

use kvspec_reference::consistency::ladder::Ladder;
use kvspec_reference::consistency::{Finding, Level};

/// A promised level of which it is not known whether it is kept, although it was exercised.
pub(crate) fn unknown_promise(promised: &[Level], ladder: &Ladder) -> Option<Level> {
    promised.iter().copied().find(|level| matches!(ladder.finding(*level), Some(Finding::Unknown(_))))
}
