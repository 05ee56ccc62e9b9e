//! Eventual consistency: the one implementation of what it admits, and the oracle that says what a
//! history breaks.
//!
//! [`model`] defines which states a read may return. Two passes hold a history against it: `integrity`
//! looks for a write of everything that was seen (KVE-INT-01 to -03), `settled` holds the settled
//! reads of each register against its last writes (KVE-CON-01 to -04). The levels
//! [`integrity`](crate::consistency::integrity) and [`convergence`](crate::consistency::convergence)
//! of the ladder are these passes; the oracle here explains what they find (`anomalies`), and
//! [`diagnosis`] says what a wrong value was made of.
//!
//! Time O(n) for n operations; memory 1 byte an operation, 8 a value and about 170 a register. What
//! is reported costs extra, and is bounded: at most one anomaly for each register and requirement,
//! with the operations that prove it and no others.
//!
//! What the oracle does not judge: reads without an ok outcome, which say nothing, and whether an
//! error or a trap was called for.

mod anomalies;
pub mod diagnosis;
pub(crate) mod integrity;
pub mod model;
pub(crate) mod settled;

use std::convert::Infallible;
use std::ops::ControlFlow;

use crate::anomaly::Anomaly;
use crate::history::History;

use integrity::Unexplained;
use settled::BrokenPause;

/// What the oracle found, and how much it looked at.
#[derive(Debug, Clone, Default)]
pub struct Judgement {
    /// The violations, in the order of the last operation that each needs.
    pub anomalies: Vec<Anomaly>,
    /// How many reads were compared with what was ever written.
    pub reads: u64,
    /// How many of them were settled, and compared with the last writes.
    pub settled_reads: u64,
}

/// All violations of the integrity and convergence requirements in a history.
pub fn judge(history: &History) -> Vec<Anomaly> {
    Found::of(history).explained(history)
}

/// As [`judge`], with the number of reads that could have shown a violation: a history without
/// anomalies proves nothing when these are 0.
pub fn examine(history: &History) -> Judgement {
    let found = Found::of(history);
    let reads = history.records().iter().filter(|record| record.is_ok_read()).count() as u64;
    let settled_reads = settled::count(history, &found.left_out);
    Judgement { anomalies: found.explained(history), reads, settled_reads }
}

/// What the two passes found.
struct Found {
    unexplained: Vec<Unexplained>,
    /// The same by their indices: what was never written is reported as that, and proves nothing more.
    left_out: Vec<u32>,
    broken: Vec<BrokenPause>,
}

impl Found {
    fn of(history: &History) -> Self {
        let unexplained = integrity::observations(history).unexplained;
        let left_out: Vec<u32> = unexplained.iter().map(|observation| observation.index as u32).collect();
        let mut broken = Vec::new();
        let each = |pause| -> ControlFlow<Infallible> {
            broken.push(pause);
            ControlFlow::Continue(())
        };
        // Nothing breaks off.
        let ControlFlow::Continue(_) = settled::broken_pauses(history, &left_out, each);
        Self { unexplained, left_out, broken }
    }

    fn explained(&self, history: &History) -> Vec<Anomaly> {
        anomalies::explain(history, &self.unexplained, &self.left_out, &self.broken)
    }
}
