//! The one judge: what is wrong with a history, by all that was promised of it.
//!
//! Three things are promised: eventual consistency, whatever the interface; what a profile adds to
//! that, increments and swaps among it; and what a declaration claims beyond both. Cases, random workloads,
//! threads, fuzzers and files of histories are all judged here, so that none of them is held to less.

mod no_number;

use kvspec_reference::RequirementId::{KveClm01, KvsLst01, KvsLst03, KvsRyw01};
use kvspec_reference::atomics;
use kvspec_reference::consistency::explain::{Explanation, explain};
use kvspec_reference::consistency::{Finding, Level, ladder};
use kvspec_reference::eventual::{self, Judgement};
use kvspec_reference::history::{Record, State};
use kvspec_reference::workload::{Call, Step};
use kvspec_reference::{Anomaly, History, Kind, Profile, Workload};

use crate::declaration::{Claim, Declaration};

/// What the session guarantees rest on here. In Terry et al. 1994 and in Viotti and Vukolić 2016 the system's own
/// order of writes decides; a history does not show that order.
const OLDER_BY_REAL_TIME: &str =
    "assuming that real time orders writes: one that ended before another began is the older";

/// Whether the sessions of a history kept their handles. A claim about sessions may mean one handle
/// or one client, so what follows a reopening proves nothing against it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Handles {
    /// Each session had one handle of each bucket, from its first call to its last.
    #[default]
    Kept,
    /// Some session dropped a handle and opened another.
    Reopened,
}

impl Handles {
    /// What a workload does with its handles.
    pub fn of(workload: &Workload) -> Self {
        let reopens = |step: &Step| matches!(step, Step::Call { call: Call::Reopen { .. }, .. });
        if workload.steps.iter().any(reopens) { Handles::Reopened } else { Handles::Kept }
    }
}

/// What is wrong with a history, and how many reads were compared. The convergence bound is that of
/// its header; `declaration` gives the claims.
///
/// The anomalies of eventual consistency come first, then those of increments and swaps, then a broken
/// promise of the profile, then a broken claim: at most one of each of the last two.
pub fn judge(history: &History, profile: Profile, declaration: &Declaration, handles: Handles) -> Judgement {
    let mut judgement = eventual::examine(history);
    judgement.anomalies.extend(atomics::judge(history));
    judgement.anomalies.extend(no_number::counted(history).filter(|_| profile.is_store()));
    judgement.anomalies.extend(own_write_forgotten(history, profile));
    judgement.anomalies.extend(broken_claim(history, declaration, handles));
    judgement
}

/// `store@0.2.0` promises a client its own writes, `eventual@0.1.0` does not: a read of a session
/// that is older than what it had written (KVS-RYW-01). Sessions are taken for clients: where they
/// share one, they are promised no less.
fn own_write_forgotten(history: &History, profile: Profile) -> Option<Anomaly> {
    if !profile.is_store() {
        return None;
    }
    let level = Level::ReadYourWrites;
    let check = ladder::checker(level);
    let Finding::Broken(witness) = check(history) else { return None };
    let Explanation { operations, mut because, .. } = explain(history, level, &witness);
    let read = *operations.last()?;
    because.push(OLDER_BY_REAL_TIME.into());
    let Record { session, kind, operand, .. } = history.records()[read];
    let requirement = match kind {
        Kind::List if operand.state() == State::PRESENT => KvsLst03,
        Kind::List => KvsLst01,
        _ => KvsRyw01,
    };
    Some(Anomaly {
        requirement,
        register: Some(register_of(history, read)),
        expected: format!("session {session} reads its own last write of the key, or one that is not older"),
        actual: history.operation_text(read),
        operations,
        because,
    })
}

/// The first claim that a history breaks (KVE-CLM-01).
fn broken_claim(history: &History, declaration: &Declaration, handles: Handles) -> Option<Anomaly> {
    let says_nothing = |claim: &Claim| handles == Handles::Reopened && claim.is_of_one_session();
    let mut claims = declaration.consistency.claims.iter().filter(|claim| !says_nothing(claim));
    claims.find_map(|claim| {
        let Finding::Broken(witness) = ladder::checker(claim.level())(history) else { return None };
        let seen = witness.operations.last().copied();
        let mut because = witness.because;
        if claim.is_of_one_session() {
            because.push(OLDER_BY_REAL_TIME.into());
        }
        Some(Anomaly {
            requirement: KveClm01,
            register: seen.map(|index| register_of(history, index)),
            expected: format!("a history that keeps {}, as consistency.claims says", claim.name()),
            actual: seen.map_or_else(|| "it does not".into(), |index| history.operation_text(index)),
            operations: witness.operations,
            because,
        })
    })
}

impl Claim {
    /// The level of consistency that is claimed.
    pub fn level(self) -> Level {
        match self {
            Claim::ReadYourWrites => Level::ReadYourWrites,
            Claim::MonotonicReads => Level::MonotonicReads,
            Claim::Linearizable => Level::Linearizable,
        }
    }

    /// Whether a session keeps the guarantee for itself.
    fn is_of_one_session(self) -> bool {
        matches!(self, Claim::ReadYourWrites | Claim::MonotonicReads)
    }
}

/// The bucket and key of an operation.
fn register_of(history: &History, index: usize) -> (String, String) {
    let (bucket, key) = &history.registers()[history.records()[index].register as usize];
    (bucket.to_string(), key.to_string())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::declaration::Consistency;
    use kvspec_reference::RequirementId;
    use kvspec_reference::interface::ManualClock;
    use kvspec_reference::interface::Subject;
    use kvspec_reference::stores::simulated::subject;
    use kvspec_reference::workload::{driver, text};

    /// The history of these steps on the simulated store, with a seed that lets the write be forgotten.
    fn forgetful(steps: &str) -> (Workload, History) {
        let workload = text::parse(&format!("kvspec workload 1\nsessions 1\n{steps}")).unwrap().workload;
        let histories = (0..100).map(|seed| {
            let (simulated, clock) = (subject(None), ManualClock::default());
            let store = simulated.start(seed).unwrap();
            driver::run(&workload, &*store, &clock, "eventual@0.1.0", Duration::from_secs(60)).history
        });
        let is_forgotten = |history: &History| history.operation_text(history.records().len() - 1).contains("absent");
        let history = histories.into_iter().find(is_forgotten).expect("a replica that is behind");
        (workload, history)
    }

    fn requirements(steps: &str, profile: Profile, claims: &[Claim]) -> Vec<RequirementId> {
        let (workload, history) = forgetful(steps);
        let consistency = Consistency { convergence_ms: None, claims: claims.to_vec() };
        let declaration = Declaration { consistency, ..Declaration::default() };
        let judgement = judge(&history, profile, &declaration, Handles::of(&workload));
        assert_eq!((judgement.reads, judgement.settled_reads), (1, 0));
        judgement.anomalies.iter().map(|anomaly| anomaly.requirement).collect()
    }

    #[test]
    fn a_profile_and_a_claim_add_to_eventual_consistency() {
        let kept = "0 set b k \"v\"\n0 get b k\n";
        let claims = [Claim::MonotonicReads, Claim::ReadYourWrites];
        assert_eq!(requirements(kept, Profile::Eventual, &[]), []);
        assert_eq!(requirements(kept, Profile::Eventual, &claims), [KveClm01]);
        assert_eq!(requirements(kept, Profile::StoreDraft, &[]), [KvsRyw01]);
        assert_eq!(requirements(kept, Profile::StoreDraft2, &claims), [KvsRyw01, KveClm01]);
    }

    #[test]
    fn what_follows_a_reopening_proves_nothing_against_a_session() {
        let reopened = "0 set b k \"v\"\n0 reopen b\n0 get b k\n";
        assert_eq!(requirements(reopened, Profile::Eventual, &[Claim::ReadYourWrites]), []);
        assert_eq!(requirements(reopened, Profile::Eventual, &[Claim::Linearizable]), [KveClm01]);
        assert_eq!(requirements(reopened, Profile::StoreDraft, &[]), [KvsRyw01], "a client is not a handle");
    }
}
