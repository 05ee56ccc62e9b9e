//! From what a history breaks to anomalies: which requirement, by which operations, and why.

mod convergence;
mod integrity;
mod wording;

use std::collections::BTreeSet;

use crate::anomaly::Anomaly;
use crate::eventual::integrity::Unexplained;
use crate::eventual::settled::BrokenPause;
use crate::history::History;
use crate::requirement_id::RequirementId;

/// How many observations of one register are diagnosed, and how many of its pauses explained: each
/// costs a walk over the register's operations, and most repeat the first.
const EXPLAINED_MAX: usize = 8;

/// Explains what is wrong with a history: at most one anomaly for each register and requirement, in
/// the order of the last operation that each needs.
/// `left_out` are the records of `unexplained`.
pub(super) fn explain(
    history: &History,
    unexplained: &[Unexplained],
    left_out: &[u32],
    broken: &[BrokenPause],
) -> Vec<Anomaly> {
    if unexplained.is_empty() && broken.is_empty() {
        return Vec::new();
    }
    let registers = by_register(history);
    let mut kept = Kept { anomalies: Vec::new(), known: BTreeSet::new() };
    let mut integrity = integrity::Explainer::new(history);
    let mut explained = vec![0; history.registers().len()];
    for observation in unexplained {
        let register = history.records()[observation.index].register;
        if may_explain(&mut explained, register) {
            kept.push(register, integrity.explain(observation, &registers[register as usize]));
        }
    }
    let convergence = convergence::Explainer::new(history, left_out);
    explained.fill(0);
    for pause in broken {
        if may_explain(&mut explained, pause.register) {
            kept.push(pause.register, convergence.explain(pause, &registers[pause.register as usize]));
        }
    }
    kept.in_order()
}

fn may_explain(explained: &mut [usize], register: u32) -> bool {
    let count = &mut explained[register as usize];
    *count += 1;
    *count <= EXPLAINED_MAX
}

/// The first anomaly of each register and requirement: the others say the same again.
struct Kept {
    anomalies: Vec<Anomaly>,
    known: BTreeSet<(u32, RequirementId)>,
}

impl Kept {
    fn push(&mut self, register: u32, anomaly: Anomaly) {
        if self.known.insert((register, anomaly.requirement)) {
            self.anomalies.push(anomaly);
        }
    }

    fn in_order(mut self) -> Vec<Anomaly> {
        self.anomalies.sort_by_key(|anomaly| (anomaly.operations.last().copied(), anomaly.requirement));
        self.anomalies
    }
}

/// The records of each register, in the order of their invocations.
fn by_register(history: &History) -> Vec<Vec<u32>> {
    let mut groups: Vec<Vec<u32>> = vec![Vec::new(); history.registers().len()];
    for (index, record) in (0u32..).zip(history.records()) {
        groups[record.register as usize].push(index);
    }
    groups
}
