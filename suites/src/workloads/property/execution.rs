//! One workload, run once on a fresh implementation and judged.

use kvspec_reference::Profile;
use kvspec_reference::RequirementId::KveErr01;
use kvspec_reference::anomaly::Anomaly;
use kvspec_reference::history::{History, Outcome};
use kvspec_reference::interface::{Clock, Failure, Subject};
use kvspec_reference::workload::Workload;
use kvspec_reference::workload::driver::{self, Run};

use crate::declaration::Declaration;
use crate::judging::{Handles, judge};

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

/// Runs a workload on a fresh implementation and judges it, as [`judge`] does.
/// The workload must obey the declaration: a call that traps counts as a violation, as does a trap
/// of the start.
///
/// # Errors
/// When the implementation cannot be started for another reason, or kvspec or its adapter is at
/// fault; the text says how.
pub fn execute(
    subject: &dyn Subject,
    clock: &dyn Clock,
    declaration: &Declaration,
    profile: Profile,
    workload: &Workload,
    seed: u64,
) -> Result<Execution, String> {
    let implementation = match subject.start(seed) {
        Ok(implementation) => implementation,
        Err(Failure::Trap(why)) => return Ok(Execution::of_no_start(profile, &why)),
        Err(failure) => return Err(format!("the implementation did not start: {failure}")),
    };
    let bound = declaration.bound_for(workload.sessions);
    let persistence = declaration.errors.persistence();
    let run = driver::run_persistently(workload, &*implementation, clock, profile.name(), bound, persistence);
    if let Some(fault) = run.harness_fault() {
        return Err(format!("step {} of the workload: {}", fault.step, fault.failure));
    }
    let judgement = judge(&run.history, profile, declaration, Handles::of(workload));
    let mut anomalies: Vec<Anomaly> = first_trap(&run).into_iter().collect();
    anomalies.extend(judgement.anomalies);
    Ok(Execution { run, anomalies, reads: judgement.reads, settled_reads: judgement.settled_reads })
}

impl Execution {
    fn of_no_start(profile: Profile, why: &str) -> Self {
        let mut history = History::default();
        history.header_mut().profile = profile.to_string();
        let run = Run { history, failures: Vec::new() };
        Self { run, anomalies: vec![start_trapped(why)], reads: 0, settled_reads: 0 }
    }
}

/// An implementation that traps before anything was asked of it.
pub fn start_trapped(why: &str) -> Anomaly {
    Anomaly {
        requirement: KveErr01,
        register: None,
        expected: "an implementation that starts and can be called".into(),
        actual: format!("it trapped as it started: {why}"),
        operations: Vec::new(),
        because: vec!["nothing was asked of it yet, so no argument can have been wrong".into()],
    }
}

/// A call that trapped although its arguments are valid.
fn first_trap(run: &Run) -> Option<Anomaly> {
    let trap = run.failures.iter().find(|f| matches!(f.failure, Failure::Trap(_)))?;
    let operation = trapped_operation(run);
    let register = operation.map(|index| {
        let (bucket, key) = &run.history.registers()[run.history.records()[index].register as usize];
        (bucket.to_string(), key.to_string())
    });
    let call = match operation {
        Some(index) => run.history.operation_text(index),
        None => "a bucket was opened".into(),
    };
    Some(Anomaly {
        requirement: KveErr01,
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
    let trapped = || (0..).zip(run.history.records()).filter(|(_, r)| r.outcome == Outcome::Trap).map(|(i, _)| i);
    if trapped().count() == traps { trapped().next() } else { None }
}
