//! One workload, run once on a fresh implementation and judged.

use std::time::Duration;

use kvspec_reference::anomaly::Anomaly;
use kvspec_reference::driver::{self, Run};
use kvspec_reference::history::{History, Outcome};
use kvspec_reference::interface::{Clock, Failure, Subject};
use kvspec_reference::judge::explain::{Explanation, explain};
use kvspec_reference::judge::{Finding, Level, ladder};
use kvspec_reference::oracle;
use kvspec_reference::workload::Workload;

use crate::declaration::{Claim, Declaration};

/// What came of a workload.
#[derive(Debug, Clone)]
pub struct Execution {
    /// What happened.
    pub run: Run,
    /// What is wrong with it.
    pub anomalies: Vec<Anomaly>,
    /// How many reads were compared with what was ever written.
    pub reads: u64,
    /// How many of them were settled, and compared with the last writes.
    pub settled_reads: u64,
}

/// Runs a workload on a fresh implementation and judges it. The workload must obey the declaration:
/// a call that traps counts as a violation.
///
/// # Errors
/// When the implementation cannot be started, or kvspec or its adapter is at fault; the text says
/// how.
pub fn execute(
    subject: &dyn Subject,
    clock: &dyn Clock,
    declaration: &Declaration,
    profile: &str,
    workload: &Workload,
    seed: u64,
) -> Result<Execution, String> {
    let implementation = subject.start(seed).map_err(|why| format!("the implementation did not start: {why}"))?;
    let run = driver::run(workload, &*implementation, clock, profile, bound(declaration, workload.sessions));
    if let Some(fault) = run.harness_fault() {
        return Err(format!("step {} of the workload: {}", fault.step, fault.failure));
    }
    let judgement = oracle::examine(&run.history);
    let mut anomalies: Vec<Anomaly> = first_trap(&run).into_iter().collect();
    anomalies.extend(judgement.anomalies);
    anomalies.extend(promised_beyond_eventual(&run.history));
    Ok(Execution { run, anomalies, reads: judgement.reads, settled_reads: judgement.settled_reads })
}

/// The convergence bound that a workload is judged by. A store that claims read-your-writes and
/// declares no bound converges at once for one session, but other sessions may see it later.
fn bound(declaration: &Declaration, sessions: u16) -> Duration {
    let declared = declaration.convergence_bound();
    let consistency = &declaration.consistency;
    if sessions > 1 && consistency.convergence_ms.is_none() && !consistency.claims.contains(&Claim::Linearizable) {
        return declared.max(Declaration::default().convergence_bound());
    }
    declared
}

/// What is wrong with a history, by the profile that its header names.
pub fn judge(history: &History) -> Vec<Anomaly> {
    let mut anomalies = oracle::judge(history);
    anomalies.extend(promised_beyond_eventual(history));
    anomalies
}

/// `store@0.2.0` promises a client its own writes, `eventual@0.1.0` does not: a read of a session
/// that is older than what it had written (KVS-RYW-01). The sessions of a workload are taken for
/// clients: where they share one, they are promised no less.
fn promised_beyond_eventual(history: &History) -> Option<Anomaly> {
    if !history.header.profile.starts_with("store@") {
        return None;
    }
    let level = Level::ReadYourWrites;
    let check = ladder::checker(level);
    let Finding::Broken(witness) = check(history) else { return None };
    let Explanation { operations, because, .. } = explain(history, level, check, &witness);
    let read = &history.records[*operations.last()?];
    let (bucket, key) = &history.registers[read.register as usize];
    Some(Anomaly {
        requirement: "KVS-RYW-01",
        register: Some((bucket.to_string(), key.to_string())),
        expected: format!("session {} reads its own last write of the key, or one that is not older", read.session),
        actual: history.operation_text(*operations.last()?),
        operations,
        because,
    })
}

/// A call that trapped although its arguments are valid.
fn first_trap(run: &Run) -> Option<Anomaly> {
    let trap = run.failures.iter().find(|f| matches!(f.failure, Failure::Trap(_)))?;
    let operation = trapped_operation(run);
    let register = operation.map(|index| {
        let (bucket, key) = &run.history.registers[run.history.records[index].register as usize];
        (bucket.to_string(), key.to_string())
    });
    let call = match operation {
        Some(index) => run.history.operation_text(index),
        None => "a bucket was opened".into(),
    };
    Some(Anomaly {
        requirement: "KVE-ERR-01",
        register,
        expected: "a result or an error".into(),
        actual: trap.failure.to_string(),
        operations: operation.into_iter().collect(),
        because: vec![call, "its arguments are within the declared limits, and a valid call never traps".into()],
    })
}

/// The operation that trapped first. `None` when a trap has no record, as when a bucket was opened:
/// then it cannot be told which came first.
fn trapped_operation(run: &Run) -> Option<usize> {
    let traps = run.failures.iter().filter(|f| matches!(f.failure, Failure::Trap(_))).count();
    let trapped = || (0..).zip(&run.history.records).filter(|(_, r)| r.outcome == Outcome::Trap).map(|(i, _)| i);
    if trapped().count() == traps { trapped().next() } else { None }
}
