//! The report of a search as one page of HTML: each find with its history on a time line.

use kvspec::report::Exit;
use kvspec::report::human::{Look, Palette, WIDTH};
use kvspec::report::verdict::Tone;
use kvspec_fuzzing::report::Report;
use kvspec_fuzzing::{Find, Kept};
use kvspec_reference::Profile;
use kvspec_reference::anomaly::visible;
use kvspec_suites::requirement;
use serde::Serialize;

use super::page::{page, tone_class};
use super::timeline::{Lit, Timeline};

/// What a search finds has this profile.
const PROFILE: Profile = Profile::Eventual;
/// How many operations are drawn of a find.
const OPERATIONS_MAX: usize = 2_000;

#[derive(Serialize)]
struct Content<'a> {
    title: String,
    profile: String,
    target: String,
    tone: &'static str,
    verdict: String,
    found: Vec<String>,
    again: &'a str,
    finds: Vec<FindEntry>,
    report: String,
    declaration: &'a str,
}

#[derive(Serialize)]
struct FindEntry {
    title: String,
    id: &'static str,
    level: String,
    basis: String,
    statement: &'static str,
    expected: Option<String>,
    actual: String,
    because: Vec<String>,
    /// The index of its time line.
    timeline: Option<usize>,
    workload: String,
    again: Option<String>,
}

/// The page. `again`: the command; `declaration`: as it was used, in TOML.
///
/// # Errors
/// When the template cannot be filled.
pub fn text(report: &Report<'_>, again: &str, declaration: &str) -> Result<String, String> {
    let look = Look { palette: Palette::PLAIN, width: WIDTH };
    let mut timelines = Vec::new();
    let (tone, verdict) = verdict(report);
    let content = Content {
        title: visible(&format!("kvspec fuzz: {}", report.head.again.target)),
        profile: PROFILE.to_string(),
        target: visible(report.head.again.target),
        tone: tone_class(tone),
        verdict,
        found: report.head.found.iter().map(|line| visible(line)).collect(),
        again,
        finds: report.outcome.finds.iter().map(|kept| find_entry(kept, report, &mut timelines)).collect(),
        report: report.head.human(look) + &report.human(look),
        declaration,
    };
    page("fuzz.html", content, &timelines)
}

fn verdict(report: &Report<'_>) -> (Tone, String) {
    match (report.exit(), report.outcome.finds.len()) {
        (_, 1) => (Tone::Bad, "1 find".into()),
        (_, 2..) => (Tone::Bad, format!("{} finds", report.outcome.finds.len())),
        (Exit::Conformant, 0) => (Tone::Doubtful, "nothing was found: that proves nothing".into()),
        (Exit::Interrupted, 0) => (Tone::Doubtful, "interrupted: nothing was found until then".into()),
        (_, 0) => (Tone::Doubtful, "nothing was decided".into()),
    }
}

fn find_entry(kept: &Kept, report: &Report<'_>, timelines: &mut Vec<Timeline>) -> FindEntry {
    let found = &kept.found;
    let entry = requirement::find(found.find.requirement());
    let anomaly = match &found.find {
        Find::Anomaly(anomaly) => Some(anomaly),
        _ => None,
    };
    let records = found.history.records().len();
    let timeline = (records > 0).then(|| {
        let operations = anomaly.iter().flat_map(|anomaly| &anomaly.operations).copied().filter(|i| *i < records);
        let lit = Lit { title: entry.id.to_string(), operations: operations.collect() };
        let lit = if lit.operations.is_empty() { vec![] } else { vec![lit] };
        timelines.push(Timeline::of(&found.history, lit, OPERATIONS_MAX));
        timelines.len() - 1
    });
    let steps: Vec<String> = found.workload.steps.iter().map(ToString::to_string).collect();
    FindEntry {
        title: anomaly.map_or_else(|| visible(&found.find.to_string()), |_| entry.statement.to_owned()),
        id: entry.id.as_str(),
        level: entry.level.to_string(),
        basis: entry.grounds_in(PROFILE).basis.to_string(),
        statement: entry.statement,
        expected: anomaly.map(|anomaly| visible(&anomaly.expected)),
        actual: anomaly.map(|anomaly| visible(&anomaly.actual)).unwrap_or_default(),
        because: anomaly.iter().flat_map(|anomaly| &anomaly.because).map(|line| visible(line)).collect(),
        timeline,
        workload: steps.join("\n"),
        again: kept.file.as_ref().map(|file| report.head.again.command(&found.find, file)),
    }
}
