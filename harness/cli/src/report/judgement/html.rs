//! The judgement as one page of HTML: all sessions on a time line, and what is wrong lit in it.

use kvspec::configuration::promised;
use kvspec::report::verdict::Tone;
use kvspec::shell::quoted;
use kvspec_reference::Anomaly;
use kvspec_reference::anomaly::visible;
use kvspec_reference::consistency::{Finding, Level};
use kvspec_suites::requirement;
use serde::Serialize;

use super::Judgement;
use super::human::{conclusion_text, counted};
use crate::report::page::{page, tone_class};
use crate::report::timeline::{Lit, OPERATIONS_MAX, Timeline};

#[derive(Serialize)]
struct Content<'a> {
    title: String,
    profile: &'a str,
    file: String,
    tone: &'static str,
    verdict: String,
    extent: String,
    again: String,
    anomalies: Vec<AnomalyEntry>,
    proofs: Vec<ProofEntry>,
    levels: Vec<LevelEntry>,
}

#[derive(Serialize)]
struct AnomalyEntry {
    id: &'static str,
    statement: &'static str,
    expected: String,
    actual: String,
    because: Vec<String>,
    /// The index of what lights it.
    proof: usize,
}

#[derive(Serialize)]
struct ProofEntry {
    title: String,
    because: Vec<String>,
    /// The index of what lights it.
    proof: usize,
}

#[derive(Serialize)]
struct LevelEntry {
    name: &'static str,
    class: &'static str,
    finding: &'static str,
    why: String,
}

/// The page.
///
/// # Errors
/// When the template cannot be filled.
pub fn text(judgement: &Judgement<'_>) -> Result<String, String> {
    let (tone, verdict) = conclusion_text(judgement);
    let Judgement { history, anomalies, .. } = judgement;
    let proofs: Vec<_> = judgement.proofs.iter().filter(|proof| !is_told(judgement, &proof.levels)).collect();
    let names = |levels: &[Level]| levels.iter().map(|level| level.name()).collect::<Vec<_>>().join(", ");
    let of_anomalies =
        anomalies.iter().map(|a| Lit { title: a.requirement.to_string(), operations: a.operations.clone() });
    let of_proofs = proofs
        .iter()
        .map(|proof| Lit { title: format!("not {}", names(&proof.levels)), operations: proof.operations.clone() });
    let timeline = Timeline::of(history, of_anomalies.chain(of_proofs).collect(), OPERATIONS_MAX);
    let content = Content {
        title: visible(&format!("kvspec judge: {}", judgement.file)),
        profile: &history.header().profile,
        file: visible(&judgement.file),
        tone: tone_class(tone),
        verdict,
        extent: format!(
            "{} on {}, {}",
            counted(history.records().len(), "operation"),
            counted(history.registers().len(), "key"),
            judgement.format.name()
        ),
        again: again(judgement),
        anomalies: (0..).zip(anomalies).map(|(proof, anomaly)| anomaly_entry(anomaly, proof)).collect(),
        proofs: (anomalies.len()..)
            .zip(&proofs)
            .map(|(index, proof)| ProofEntry {
                title: names(&proof.levels),
                because: shown(&proof.because),
                proof: index,
            })
            .collect(),
        levels: judgement.levels().map(|(level, finding, name, why)| level_entry(level, finding, name, why)).collect(),
    };
    page("judgement.html", content, &[timeline])
}

/// Whether an anomaly says all that a proof of these levels does: those that the profile promises.
fn is_told(judgement: &Judgement<'_>, levels: &[Level]) -> bool {
    let promised = promised(judgement.history.header().profile.parse().unwrap_or_default());
    !judgement.anomalies.is_empty() && levels.iter().all(|level| promised.contains(level))
}

fn anomaly_entry(anomaly: &Anomaly, proof: usize) -> AnomalyEntry {
    AnomalyEntry {
        id: anomaly.requirement.as_str(),
        statement: requirement::find(anomaly.requirement).statement,
        expected: visible(&anomaly.expected),
        actual: visible(&anomaly.actual),
        because: shown(&anomaly.because),
        proof,
    }
}

fn level_entry(level: Level, finding: Option<&Finding>, name: &'static str, why: Option<&str>) -> LevelEntry {
    let tone = match finding {
        Some(Finding::Kept) => Tone::Good,
        Some(Finding::Broken(_)) => Tone::Bad,
        _ => Tone::Doubtful,
    };
    LevelEntry { name: level.name(), class: tone_class(tone), finding: name, why: why.map(visible).unwrap_or_default() }
}

fn shown(lines: &[String]) -> Vec<String> {
    lines.iter().map(|line| visible(line)).collect()
}

fn again(judgement: &Judgement<'_>) -> String {
    let required = judgement.required.map(|level| format!(" --require {}", level.name())).unwrap_or_default();
    format!("kvspec judge {}{required}", quoted(&judgement.file))
}
