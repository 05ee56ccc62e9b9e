//! What an implementation claims beyond its profile, held against every history.

use kvspec_reference::RequirementId::KveClm01;
use kvspec_reference::anomaly::Anomaly;
use kvspec_reference::consistency::ladder::checker;
use kvspec_reference::consistency::{Finding, Level};
use kvspec_reference::history::History;
use kvspec_reference::workload::{Call, Step, Workload};

use crate::declaration::{Claim, Declaration};

/// What the session guarantees rest on here. In Terry et al. 1994 and in Viotti and Vukolić 2016 the system's own
/// order of writes decides; a history does not show that order.
pub(super) const OLDER_BY_REAL_TIME: &str =
    "assuming that real time orders writes: one that ended before another began is the older";

impl Claim {
    /// The level of consistency that is claimed.
    pub fn level(self) -> Level {
        match self {
            Claim::ReadYourWrites => Level::ReadYourWrites,
            Claim::MonotonicReads => Level::MonotonicReads,
            Claim::Linearizable => Level::Linearizable,
        }
    }

    /// Whether a session keeps the guarantee for itself. A claim may mean a session for one handle
    /// or one for a client, so what follows a reopening proves nothing against it.
    fn is_of_one_session(self) -> bool {
        matches!(self, Claim::ReadYourWrites | Claim::MonotonicReads)
    }
}

/// The first claim that the history of a workload breaks (KVE-CLM-01).
pub fn broken_claim(declaration: &Declaration, workload: &Workload, history: &History) -> Option<Anomaly> {
    let reopens = workload.steps.iter().any(|step| matches!(step, Step::Call { call: Call::Reopen { .. }, .. }));
    let mut claims = declaration.consistency.claims.iter().filter(|claim| !(reopens && claim.is_of_one_session()));
    claims.find_map(|claim| {
        let Finding::Broken(witness) = checker(claim.level())(history) else { return None };
        let seen = witness.operations.last().copied();
        let register = seen.map(|index| {
            let (bucket, key) = &history.registers[history.records[index].register as usize];
            (bucket.to_string(), key.to_string())
        });
        let mut because = witness.because;
        if claim.is_of_one_session() {
            because.push(OLDER_BY_REAL_TIME.into());
        }
        Some(Anomaly {
            requirement: KveClm01,
            register,
            expected: format!("a history that keeps {}, as consistency.claims says", claim.name()),
            actual: seen.map_or_else(|| "it does not".into(), |index| history.operation_text(index)),
            operations: witness.operations,
            because,
        })
    })
}
