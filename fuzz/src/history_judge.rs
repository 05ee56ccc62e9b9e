//! Recorded histories: whatever the bytes, reading and judging end with an answer, and on small
//! histories the answer is that of the definitions, word for word.

use kvspec_reference::RequirementId;
use std::collections::BTreeSet;

use kvspec_recording::json_lines;
use kvspec_reference::definitions::eventual::{Breach, breaches};
use kvspec_reference::eventual;
use kvspec_reference::{Anomaly, History};

use crate::{Checked, Looked, Wrong, canary};

/// The longest history that is compared with the definitions, in operations: they are cubic.
const COMPARED_OPERATIONS_MAX: usize = 12;

/// Judges a history.
pub type Judge = fn(&History) -> Vec<Anomaly>;

/// Reads, judges and writes the bytes.
///
/// # Errors
/// What is wrong.
pub fn run(bytes: &[u8]) -> Checked {
    check(bytes, eventual::judge)
}

/// As [`run`], with a judge that never notices values from the future.
///
/// # Errors
/// What is wrong.
pub fn run_canary(bytes: &[u8]) -> Checked {
    check(bytes, canary::judge_without_future)
}

/// As [`run`], with another judge.
///
/// # Errors
/// What is wrong.
pub fn check(bytes: &[u8], judge: Judge) -> Checked {
    let Ok(file) = kvspec_recording::read(bytes) else { return Ok(Looked::No) };
    let history = file.history;
    let anomalies = judge(&history);
    if history.records().len() <= COMPARED_OPERATIONS_MAX {
        agrees(&history, &anomalies)?;
    }
    comes_back_the_same(&history)?;
    Ok(if history.records().is_empty() { Looked::No } else { Looked::Yes })
}

fn agrees(history: &History, anomalies: &[Anomaly]) -> Result<(), Wrong> {
    let judged: BTreeSet<(u32, Breach)> = anomalies
        .iter()
        .filter_map(|anomaly| Some((register_number(history, anomaly)?, breach_of(anomaly.requirement))))
        .collect();
    let defined = breaches(history);
    if judged == defined {
        return Ok(());
    }
    Err(Wrong(format!("the judge says {judged:?}, the definitions {defined:?}, of\n{}", text_of(history)?)))
}

fn register_number(history: &History, anomaly: &Anomaly) -> Option<u32> {
    let (bucket, key) = anomaly.register.as_ref()?;
    history.registers().iter().position(|(b, k)| **b == **bucket && **k == **key).map(|number| number as u32)
}

fn breach_of(requirement: RequirementId) -> Breach {
    match requirement {
        RequirementId::KveInt01 | RequirementId::KveInt03 | RequirementId::KveVal01 => Breach::NeverWritten,
        RequirementId::KveInt02 => Breach::NotYetWritten,
        _ => Breach::NotSettled,
    }
}

fn comes_back_the_same(history: &History) -> Result<(), Wrong> {
    let text = text_of(history)?;
    let again = kvspec_recording::read(text.as_bytes());
    let again = again.map_err(|error| Wrong(format!("what was written cannot be read: {error:?}\n{text}")))?;
    let text_again = text_of(&again.history)?;
    if text == text_again {
        return Ok(());
    }
    Err(Wrong(format!("a history changed when it was written and read:\n{text}\n{text_again}")))
}

/// The history as JSON lines.
///
/// # Errors
/// When it cannot be written, which is wrong.
pub fn text_of(history: &History) -> Result<String, Wrong> {
    let mut bytes = Vec::new();
    json_lines::write(history, &mut bytes).map_err(|error| Wrong(format!("a history cannot be written: {error}")))?;
    String::from_utf8(bytes).map_err(|error| Wrong(format!("a history is written as other than UTF-8: {error}")))
}
