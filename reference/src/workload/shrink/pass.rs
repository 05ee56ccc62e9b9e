//! Which changes are tried, in passes of one kind each.

use std::collections::BTreeSet;
use std::time::Duration;

use super::edit::Edit;
use super::simpler::simpler_steps;
use crate::workload::{Step, Workload};

/// Workloads of at most this many steps are tried without each pair of steps, too.
const PAIRS_STEPS_MAX: usize = 24;
/// The pauses that are tried in the place of a call, in milliseconds.
const INSTEAD_MS: [u64; 2] = [10, 100];
/// Pauses longer than this are not lengthened any more.
const STRETCHED_MAX: Duration = Duration::from_secs(60);

/// One kind of change, tried all over a workload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pass {
    /// Runs of this many steps go, from the end: what follows the failure goes early.
    RemoveSteps {
        /// How many steps a run has.
        length: usize,
    },
    /// Sessions go, or give their calls to another.
    DropSessions,
    /// All calls of a register go.
    RemoveRegisters,
    /// All registers but one go, and time passes at the end.
    LeaveOneAlone,
    /// Two buckets or two keys get one name, and names become plain.
    MergeNames,
    /// Two steps go at once, such as two writes of which either alone hides the failure.
    RemovePairs,
    /// A step goes and the pauses grow: fewer steps may need more time between them.
    RemoveAndStretch,
    /// A pause takes the place of a call: some calls matter only because they take time.
    WaitInstead,
    /// One pause is made of two that follow each other.
    JoinWaits,
    /// Single steps become simpler.
    SimplifySteps,
}

impl Pass {
    /// The first pass over a workload: halves of it go.
    pub(super) fn first(workload: &Workload) -> Pass {
        Pass::RemoveSteps { length: workload.steps.len().div_ceil(2) }
    }

    /// The pass after this one, where this one changed nothing. `None` after the last.
    pub(super) fn next(self) -> Option<Pass> {
        Some(match self {
            Pass::RemoveSteps { length } if length > 1 => Pass::RemoveSteps { length: length / 2 },
            Pass::RemoveSteps { .. } => Pass::DropSessions,
            Pass::DropSessions => Pass::RemoveRegisters,
            Pass::RemoveRegisters => Pass::LeaveOneAlone,
            Pass::LeaveOneAlone => Pass::MergeNames,
            Pass::MergeNames => Pass::RemovePairs,
            Pass::RemovePairs => Pass::RemoveAndStretch,
            Pass::RemoveAndStretch => Pass::WaitInstead,
            Pass::WaitInstead => Pass::JoinWaits,
            Pass::JoinWaits => Pass::SimplifySteps,
            Pass::SimplifySteps => return None,
        })
    }

    /// The changes that it tries, in order.
    pub(super) fn edits(self, workload: &Workload) -> Vec<Edit> {
        let count = workload.steps.len();
        match self {
            Pass::RemoveSteps { length } => runs_from_the_end(count, length),
            Pass::DropSessions => dropped_sessions(workload),
            Pass::RemoveRegisters => of_each_register(workload, |bucket, key| Edit::RemoveRegister { bucket, key }),
            Pass::LeaveOneAlone => of_each_register(workload, |bucket, key| Edit::LeaveAlone { bucket, key }),
            Pass::MergeNames => merged_names(workload),
            Pass::RemovePairs if count > PAIRS_STEPS_MAX => Vec::new(),
            Pass::RemovePairs => (0..count).flat_map(|a| (a + 1..count).map(move |b| Edit::RemoveTwo(a, b))).collect(),
            Pass::RemoveAndStretch if workload.steps.iter().any(is_long) => Vec::new(),
            Pass::RemoveAndStretch => (0..count).map(Edit::RemoveAndStretch).collect(),
            Pass::WaitInstead => waits_instead(workload),
            Pass::JoinWaits => (1..count).filter(|i| is_second_wait(workload, *i)).map(Edit::JoinWaits).collect(),
            Pass::SimplifySteps => simplified_steps(workload),
        }
    }
}

fn runs_from_the_end(count: usize, length: usize) -> Vec<Edit> {
    let ends = std::iter::successors(Some(count), |end| Some(end.saturating_sub(length)));
    ends.take_while(|end| *end > 0 && length > 0).map(|end| Edit::Remove(end.saturating_sub(length)..end)).collect()
}

fn dropped_sessions(workload: &Workload) -> Vec<Edit> {
    let mut edits = Vec::new();
    // A quiescence point reads in sessions that no step names, too.
    let used: BTreeSet<u16> = workload.steps.iter().filter_map(Step::session).collect();
    if used.len() < usize::from(workload.sessions) && !used.is_empty() {
        edits.push(Edit::DropIdleSessions);
    }
    if workload.sessions > 1 {
        for gone in (0..workload.sessions).rev() {
            edits.push(Edit::DropSession { gone, heir: None });
            edits.extend((0..gone).map(|heir| Edit::DropSession { gone, heir: Some(heir) }));
        }
    }
    edits
}

/// Where there are several registers. Those that batches name go with their batch.
fn of_each_register(workload: &Workload, edit: fn(String, String) -> Edit) -> Vec<Edit> {
    let mut registers: Vec<(&str, &str)> = Vec::new();
    for step in &workload.steps {
        if let Step::Call { call, .. } = step {
            registers.extend(call.register().filter(|register| !registers.contains(register)));
        }
    }
    if registers.len() < 2 {
        return Vec::new();
    }
    registers.into_iter().map(|(bucket, key)| edit(bucket.to_owned(), key.to_owned())).collect()
}

fn merged_names(workload: &Workload) -> Vec<Edit> {
    let (mut buckets, mut keys) = (Vec::new(), Vec::new());
    for step in &workload.steps {
        if let Step::Call { call, .. } = step {
            call.bucket().into_iter().for_each(|bucket| push_new(&mut buckets, bucket));
            call.key().into_iter().for_each(|key| push_new(&mut keys, key));
            call.batch().for_each(|of_batch| push_new(&mut keys, of_batch.name()));
        }
    }
    let mut edits = Vec::new();
    for (names, plain, is_bucket) in [(&buckets, "b", true), (&keys, "k", false)] {
        for (i, from) in names.iter().enumerate().rev() {
            let mut targets = names[..i].to_vec();
            let simple = if i == 0 { plain.to_owned() } else { format!("{plain}{}", i + 1) };
            if !names.contains(&simple) {
                targets.push(simple);
            }
            edits.extend(targets.into_iter().map(|to| Edit::Rename { is_bucket, from: from.clone(), to }));
        }
    }
    edits
}

fn waits_instead(workload: &Workload) -> Vec<Edit> {
    let calls = (0..workload.steps.len()).filter(|i| matches!(workload.steps[*i], Step::Call { .. }));
    calls.flat_map(|i| INSTEAD_MS.map(|pause_ms| Edit::WaitInstead(i, Duration::from_millis(pause_ms)))).collect()
}

fn simplified_steps(workload: &Workload) -> Vec<Edit> {
    let simpler = |(index, step)| simpler_steps(step).into_iter().map(move |step| Edit::Replace(index, step));
    workload.steps.iter().enumerate().flat_map(simpler).collect()
}

fn is_long(step: &Step) -> bool {
    matches!(step, Step::Wait(duration) if *duration > STRETCHED_MAX)
}

fn is_second_wait(workload: &Workload, index: usize) -> bool {
    matches!((&workload.steps[index - 1], &workload.steps[index]), (Step::Wait(_), Step::Wait(_)))
}

fn push_new(names: &mut Vec<String>, name: &str) {
    if !names.iter().any(|known| known == name) {
        names.push(name.to_owned());
    }
}
