//! The oracle of eventual semantics: a history goes in, anomalies come out.
//!
//! Each read is checked against what was ever written to its register (KVE-INT-01 to -03),
//! and the settled reads of each register against its last writes (KVE-CON-01
//! to -04), as [`model`] defines both. Time O(n) for n operations, memory about 30
//! bytes an operation; what is reported costs extra, and is bounded: at most one anomaly for each
//! register and requirement, with the operations that prove it and no others.
//!
//! What it does not judge: reads without an ok outcome, which say nothing, and whether an error or
//! a trap was called for.

mod convergence;
mod integrity;
pub mod model;
mod wording;

use crate::anomaly::Anomaly;
use crate::eventual::model::{Reading, RegisterModel, Write};
use crate::history::{History, NEVER};

use convergence::GlobalQuiet;
use integrity::Written;

/// How many broken windows of one register are explained: each costs a walk over the register's
/// operations, and most repeat the first.
const EXPLAINED_WINDOWS_MAX: usize = 8;

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
    examine(history).anomalies
}

/// As [`judge`], with the number of reads that could have shown a violation: a history without
/// anomalies proves nothing when these are 0.
pub fn examine(history: &History) -> Judgement {
    let mut judgement = Judgement::default();
    let mut written = Written::new(history);
    let quiet = GlobalQuiet::new(history);
    for (register, operations) in by_register(history).iter().enumerate() {
        let sound = written.check(register as u32, operations, &mut judgement);
        let mut broken_windows = 0;
        settled_windows(history, operations, sound, |model, readings| {
            judgement.settled_reads += readings.len() as u64;
            let last = model.last_writes();
            if broken_windows < EXPLAINED_WINDOWS_MAX && !last.admit(readings) {
                broken_windows += 1;
                let anomaly = convergence::explain(history, operations, &last, readings, &quiet);
                push_first(&mut judgement.anomalies, anomaly);
            }
        });
    }
    judgement.anomalies.sort_by(|a, b| {
        let place = |anomaly: &Anomaly| (anomaly.operations.last().copied(), anomaly.requirement);
        place(a).cmp(&place(b))
    });
    judgement
}

/// Keeps the first anomaly of each register and requirement: the others say the same again.
fn push_first(anomalies: &mut Vec<Anomaly>, anomaly: Anomaly) {
    let same = |a: &&Anomaly| a.requirement == anomaly.requirement && a.register == anomaly.register;
    // Those of one register were pushed last, at most one for each of the seven requirements.
    if anomalies.iter().rev().take(7).find(same).is_none() {
        anomalies.push(anomaly);
    }
}

/// The records of each register, in the order of their invocations.
fn by_register(history: &History) -> Vec<Vec<u32>> {
    let mut counts = vec![0usize; history.registers.len()];
    for record in &history.records {
        counts[record.register as usize] += 1;
    }
    let mut groups: Vec<Vec<u32>> = counts.into_iter().map(Vec::with_capacity).collect();
    for (index, record) in history.records.iter().enumerate() {
        groups[record.register as usize].push(index as u32);
    }
    groups
}

/// Steps a model through the writes of a register and hands each window of settled reads over.
/// `sound` tells of each operation whether its reading may be used.
fn settled_windows(
    history: &History,
    operations: &[u32],
    sound: Vec<bool>,
    mut each: impl FnMut(&mut RegisterModel, &[Reading]),
) {
    let mut model = RegisterModel::new(history.header.convergence_bound);
    let mut window: Vec<Reading> = Vec::new();
    let mut end_window = |model: &mut RegisterModel, window: &mut Vec<Reading>, next_write: u32| {
        // A read that the next write overlaps is not settled.
        window.retain(|r| history.records[r.index].response < next_write);
        if !window.is_empty() {
            each(model, window);
            window.clear();
        }
    };
    for (&index, sound) in operations.iter().zip(sound) {
        let index = index as usize;
        if let Some(write) = Write::of(history, index) {
            end_window(&mut model, &mut window, write.invoke);
            model.write(write);
        } else if let Some(reading) = Reading::of(history, index)
            && sound
            && model.settles(&reading)
        {
            window.push(reading);
        }
    }
    end_window(&mut model, &mut window, NEVER);
}
