//! The judgement for machines. It is the same for the same history.

use kvspec::report::Exit;
use kvspec_reference::Anomaly;
use kvspec_reference::consistency::Level;
use kvspec_reference::consistency::staleness::Distribution;
use serde::Serialize;

use super::{Judgement, Proof};

/// The version of the report's form.
const REPORT_VERSION: u32 = 1;
/// The form, as JSON Schema (draft 2020-12).
pub const SCHEMA: &str = include_str!("../../../schema/judgement.schema.json");

#[derive(Serialize)]
struct Report<'a> {
    #[serde(flatten)]
    head: Head<'a>,
    ladder: Vec<LevelEntry<'a>>,
    rules: Vec<RuleEntry>,
    proofs: Vec<ProofEntry<'a>>,
    anomalies: Vec<AnomalyEntry<'a>>,
    staleness: StalenessEntry,
    #[serde(flatten)]
    conclusion: Conclusion,
}

#[derive(Serialize)]
struct Head<'a> {
    kvspec_judgement: u32,
    kvspec: &'static str,
    file: &'a str,
    format: &'static str,
    profile: &'a str,
    operations: usize,
    registers: usize,
    notes: &'a [String],
}

#[derive(Serialize)]
struct LevelEntry<'a> {
    level: &'static str,
    finding: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    /// The name of the rule by which it is to be understood.
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<&'static str>,
    /// The level that the finding rests on.
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<&'static str>,
}

#[derive(Serialize)]
struct RuleEntry {
    rule: &'static str,
    text: &'static str,
}

#[derive(Serialize)]
struct ProofEntry<'a> {
    breaks: Vec<&'static str>,
    because: &'a [String],
    operations: Vec<OperationEntry>,
}

#[derive(Serialize)]
struct AnomalyEntry<'a> {
    requirement: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    bucket: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<&'a str>,
    expected: &'a str,
    actual: &'a str,
    because: &'a [String],
    operations: Vec<OperationEntry>,
}

#[derive(Serialize)]
struct OperationEntry {
    /// The number of the operation in the order of the invocations, from 0.
    index: usize,
    /// Its line in the file, from 1.
    line: Option<u64>,
    invoke: Option<u64>,
    #[serde(rename = "return")]
    response: Option<u64>,
    text: String,
}

#[derive(Serialize)]
struct StalenessEntry {
    versions: Figures,
    /// In units of the history's clock.
    time: Figures,
    /// In units of the history's clock.
    convergence_time: Figures,
    /// The index of the read that was most versions behind.
    stalest: Option<usize>,
}

#[derive(Serialize)]
struct Figures {
    count: u64,
    p50: u64,
    p90: u64,
    p99: u64,
    max: u64,
}

#[derive(Serialize)]
struct Conclusion {
    strongest_kept: Vec<&'static str>,
    required: Option<&'static str>,
    /// What all levels together cost, in steps.
    steps: u64,
    /// Whether the user ended the judgement before all was decided.
    interrupted: bool,
    exit: u8,
}

/// A part of the report as a line of its own.
#[derive(Serialize)]
#[serde(tag = "part", rename_all = "lowercase")]
enum Part<'a> {
    Head(Head<'a>),
    Level(LevelEntry<'a>),
    Rule(RuleEntry),
    Proof(ProofEntry<'a>),
    Anomaly(AnomalyEntry<'a>),
    Staleness(StalenessEntry),
    Conclusion(Conclusion),
}

/// The report as one JSON document with a line end.
pub fn text(judgement: &Judgement<'_>) -> String {
    let report = Report {
        head: head(judgement),
        ladder: levels(judgement).collect(),
        rules: rules(judgement).collect(),
        proofs: judgement.proofs.iter().map(|proof| proof_entry(judgement, proof)).collect(),
        anomalies: judgement.anomalies.iter().map(|anomaly| anomaly_entry(judgement, anomaly)).collect(),
        staleness: staleness(judgement),
        conclusion: conclusion(judgement),
    };
    serde_json::to_string_pretty(&report).expect("a report has only strings and numbers") + "\n"
}

/// The report as JSON lines: the head, a line a level, rule, proof and anomaly, the conclusion.
pub fn lines(judgement: &Judgement<'_>) -> String {
    std::iter::once(Part::Head(head(judgement)))
        .chain(levels(judgement).map(Part::Level))
        .chain(rules(judgement).map(Part::Rule))
        .chain(judgement.proofs.iter().map(|proof| Part::Proof(proof_entry(judgement, proof))))
        .chain(judgement.anomalies.iter().map(|anomaly| Part::Anomaly(anomaly_entry(judgement, anomaly))))
        .chain(std::iter::once(Part::Staleness(staleness(judgement))))
        .chain(std::iter::once(Part::Conclusion(conclusion(judgement))))
        .map(|part| serde_json::to_string(&part).expect("a report has only strings and numbers") + "\n")
        .collect()
}

fn head<'a>(judgement: &'a Judgement<'_>) -> Head<'a> {
    Head {
        kvspec_judgement: REPORT_VERSION,
        kvspec: env!("CARGO_PKG_VERSION"),
        file: &judgement.file,
        format: judgement.format.name(),
        profile: &judgement.history.header().profile,
        operations: judgement.history.records().len(),
        registers: judgement.history.registers().len(),
        notes: judgement.notes,
    }
}

fn levels<'a>(judgement: &'a Judgement<'_>) -> impl Iterator<Item = LevelEntry<'a>> {
    judgement.levels().map(|(level, _, finding, reason)| {
        let rule = judgement.rule(level);
        let by = rule.and_then(|(_, by)| by).map(Level::name);
        LevelEntry { level: level.name(), finding, reason, rule: rule.map(|(rule, _)| rule.name()), by }
    })
}

fn rules(judgement: &Judgement<'_>) -> impl Iterator<Item = RuleEntry> {
    judgement.rules().map(|rule| RuleEntry { rule: rule.name(), text: rule.text() })
}

fn proof_entry<'a>(judgement: &Judgement<'_>, proof: &'a Proof) -> ProofEntry<'a> {
    ProofEntry {
        breaks: proof.levels.iter().map(|level| level.name()).collect(),
        because: &proof.because,
        operations: operations(judgement, &proof.operations),
    }
}

fn anomaly_entry<'a>(judgement: &Judgement<'_>, anomaly: &'a Anomaly) -> AnomalyEntry<'a> {
    let register = anomaly.register.as_ref();
    AnomalyEntry {
        requirement: anomaly.requirement.as_str(),
        bucket: register.map(|(bucket, _)| bucket.as_str()),
        key: register.map(|(_, key)| key.as_str()),
        expected: &anomaly.expected,
        actual: &anomaly.actual,
        because: &anomaly.because,
        operations: operations(judgement, &anomaly.operations),
    }
}

fn operations(judgement: &Judgement<'_>, indices: &[usize]) -> Vec<OperationEntry> {
    let history = judgement.history;
    let entry = |&index: &usize| {
        let record = &history.records()[index];
        OperationEntry {
            index,
            line: judgement.lines.get(index).copied(),
            invoke: history.time(record.invoke),
            response: history.time(record.response),
            text: history.operation_text(index),
        }
    };
    indices.iter().map(entry).collect()
}

fn staleness(judgement: &Judgement<'_>) -> StalenessEntry {
    let figures = |d: &Distribution| Figures { count: d.count, p50: d.p50, p90: d.p90, p99: d.p99, max: d.max };
    let staleness = &judgement.staleness;
    StalenessEntry {
        versions: figures(&staleness.versions),
        time: figures(&staleness.time),
        convergence_time: figures(&staleness.convergence),
        stalest: staleness.stalest,
    }
}

fn conclusion(judgement: &Judgement<'_>) -> Conclusion {
    Conclusion {
        strongest_kept: judgement.ladder.strongest_kept().into_iter().map(|level| level.name()).collect(),
        required: judgement.required.map(|level| level.name()),
        steps: judgement.ladder.steps(),
        interrupted: judgement.exit == Exit::Interrupted,
        exit: judgement.exit as u8,
    }
}
