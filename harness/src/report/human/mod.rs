//! The report for a terminal: terse when good, evidence when not.

mod exploration;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use kvspec_reference::{Anomaly, History};
use kvspec_suites::property::Execution;
use kvspec_suites::{Totals, Verdict, requirement};

use super::diagram;
use super::{Exit, RunHeader, exit};
use crate::run::exploration::Exploration;
use crate::run::threads::ConcurrentFailure;
use crate::run::{CaseRun, Run};

/// How wide the report is, in columns.
const WIDTH: usize = 100;
/// Where the text beside a label begins.
const INDENT: &str = "            ";

/// How a failure is run again.
pub enum Replay<'a> {
    /// With the command.
    Command {
        /// The arguments that name the target; none: the built-in store.
        target: &'a str,
        /// The seed.
        seed: u64,
        /// Where the workload of a failed search was kept.
        kept_workload: Option<&'a std::path::Path>,
    },
    /// In the user's own tests.
    CargoTest {
        /// The seed.
        seed: u64,
    },
}

impl Replay<'_> {
    fn line(&self, case: &str) -> String {
        match self {
            Replay::Command { target, seed, .. } => {
                spaced(&["kvspec run", target, &format!("--filter {case} --seed {seed}")])
            }
            Replay::CargoTest { seed } => format!("KVSPEC_SEED={seed} cargo test -- --exact {case}"),
        }
    }
}

/// The parts that are not empty, a blank between them.
fn spaced(parts: &[&str]) -> String {
    parts.iter().copied().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

/// How the text is coloured.
#[derive(Debug, Clone, Copy)]
pub struct Palette {
    on: bool,
}

impl Palette {
    /// No colours.
    pub const PLAIN: Palette = Palette { on: false };
    /// ANSI colours.
    pub const ANSI: Palette = Palette { on: true };

    fn paint(self, code: &str, text: &str) -> String {
        if self.on { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    pub(crate) fn good(self, text: &str) -> String {
        self.paint("32", text)
    }

    pub(crate) fn bad(self, text: &str) -> String {
        self.paint("1;31", text)
    }

    pub(crate) fn doubtful(self, text: &str) -> String {
        self.paint("33", text)
    }

    pub(crate) fn strong(self, text: &str) -> String {
        self.paint("1", text)
    }
}

/// The whole report of a run.
pub fn text(header: &RunHeader, run: &Run, replay: &Replay<'_>, palette: Palette, verbose: bool) -> String {
    let mut out = String::new();
    let runs = &run.cases;
    let version = env!("CARGO_PKG_VERSION");
    let _ = writeln!(out, "kvspec {version}: {} against {}, seed {}", header.profile, header.target, header.seed);
    if let Some(found) = &header.found {
        let _ = writeln!(out, "{}", palette.doubtful(found));
    }
    out.push('\n');
    groups(&mut out, runs, palette, verbose);
    if let Some(exploration) = &run.exploration {
        exploration::summary(&mut out, exploration, palette);
    }
    if let Some(concurrency) = &run.concurrency {
        exploration::concurrency_summary(&mut out, concurrency, palette);
    }
    observations(&mut out, runs, palette);
    let failed = runs.iter().filter(|run| !matches!(run.report.verdict, Verdict::Pass | Verdict::Skip(_)));
    for run in failed {
        let _ = write!(out, "\n{}", painted_failure(run, replay, palette));
    }
    if let Some(exploration) = &run.exploration {
        exploration::failure(&mut out, exploration, replay, palette);
    }
    if let Some(failure) = run.concurrency.as_ref().and_then(|concurrency| concurrency.failure.as_ref()) {
        let _ = writeln!(out, "\n{} {}", palette.bad("FAIL"), palette.strong("concurrent workloads"));
        out.push_str(&painted_concurrent(failure, palette));
    }
    out.push('\n');
    broken_requirements(&mut out, run, palette);
    conclusion(&mut out, header, &run.totals(), palette);
    out
}

fn totals_of(runs: &[CaseRun]) -> Totals {
    Totals::of(runs.iter().map(|run| &run.report))
}

/// A line a group of cases; with `verbose`, a line a case.
fn groups(out: &mut String, runs: &[CaseRun], palette: Palette, verbose: bool) {
    let group_of = |run: &CaseRun| run.case.name.rsplit_once("::").map_or("", |(group, _)| group).to_owned();
    let width = runs.iter().map(|run| group_of(run).len()).max().unwrap_or(0);
    for chunk in runs.chunk_by(|a, b| group_of(a) == group_of(b)) {
        let totals = totals_of(chunk);
        let mut parts = vec![format!("{:3} passed", totals.pass)];
        let mut add = |count: usize, what: &str, paint: &dyn Fn(&str) -> String| {
            if count > 0 {
                parts.push(paint(&format!("{count} {what}")));
            }
        };
        add(totals.fail, "failed", &|text| palette.bad(text));
        add(totals.skip, "skipped", &|text| palette.doubtful(text));
        add(totals.inconclusive, "inconclusive", &|text| palette.doubtful(text));
        add(totals.error, "errors", &|text| palette.bad(text));
        let _ = writeln!(out, "  {:width$}  {}", group_of(&chunk[0]), parts.join(", "));
        skips(out, chunk, palette);
        for run in chunk.iter().filter(|run| verbose && run.report.verdict == Verdict::Pass) {
            let requirements = run.case.requirements.join(", ");
            let _ = writeln!(out, "    {} {} ({requirements})", palette.good("pass"), claim(run));
        }
    }
}

fn claim(run: &CaseRun) -> &str {
    run.case.name.rsplit_once("::").map_or(run.case.name, |(_, claim)| claim)
}

/// Skipped cases by their reason: which declaration says so.
fn skips(out: &mut String, runs: &[CaseRun], palette: Palette) {
    let mut reasons: Vec<(&str, Vec<&str>)> = Vec::new();
    for run in runs {
        let Verdict::Skip(why) = &run.report.verdict else { continue };
        match reasons.iter_mut().find(|(reason, _)| reason == why) {
            Some((_, claims)) => claims.push(claim(run)),
            None => reasons.push((why, vec![claim(run)])),
        }
    }
    for (reason, claims) in reasons {
        let _ = writeln!(out, "    {} {reason}: {}", palette.doubtful("skip"), claims.join(", "));
    }
}

/// What was seen of matters that the interface leaves open.
fn observations(out: &mut String, runs: &[CaseRun], palette: Palette) {
    let observed: Vec<_> = runs.iter().flat_map(|run| &run.report.observations).collect();
    if !observed.is_empty() {
        let _ = writeln!(out, "\n{}", palette.strong("observed (the interface leaves it open)"));
    }
    for line in observed {
        paragraph(out, "  - ", "    ", line);
    }
}

/// One bug fails many cases: at the end of a long report stands which requirements they name.
fn broken_requirements(out: &mut String, run: &Run, palette: Palette) {
    let of_cases = run.cases.iter().map(|case| case.report.anomalies.as_slice());
    let search = run.exploration.as_ref().and_then(|exploration| exploration.search.failure.as_ref());
    let of_search = search.map(|failure| failure.anomalies.as_slice());
    let concurrent = run.concurrency.as_ref().and_then(|concurrency| concurrency.failure.as_ref());
    let of_concurrent = concurrent.map(|failure| failure.anomalies.as_slice());
    let mut failures_by_id: BTreeMap<&str, usize> = BTreeMap::new();
    for anomaly in of_cases.chain(of_search).chain(of_concurrent).filter_map(<[Anomaly]>::first) {
        *failures_by_id.entry(anomaly.requirement).or_default() += 1;
    }
    let is_any = !failures_by_id.is_empty();
    for (id, failures) in failures_by_id {
        let statement = requirement::find(id).map_or("", |r| r.statement);
        let times = if failures == 1 { "once".into() } else { format!("{failures} times") };
        let label = format!("{} ", palette.bad(id));
        paragraph(out, &label, INDENT, &format!("is broken {times}: {statement}"));
    }
    if is_any {
        out.push('\n');
    }
}

fn conclusion(out: &mut String, header: &RunHeader, totals: &Totals, palette: Palette) {
    let Totals { pass, fail, skip, inconclusive, error, comparisons, .. } = totals;
    let _ = writeln!(
        out,
        "{} cases: {pass} passed, {fail} failed, {skip} skipped, {inconclusive} inconclusive, {error} errors \
         ({comparisons} results compared)",
        totals.cases()
    );
    let conclusion = match exit(totals) {
        Exit::Conformant => palette.good(&format!("conformant to {}", header.profile)),
        Exit::NotConformant => palette.bad(&format!("NOT CONFORMANT to {}", header.profile)),
        Exit::Inconclusive => palette.doubtful("inconclusive: nothing failed, but not everything could be decided"),
        Exit::NothingSelected => palette.doubtful("no case was run to its end: nothing is known"),
        _ => palette.bad("kvspec or its adapter is at fault: this says nothing about the implementation"),
    };
    let _ = writeln!(out, "{conclusion}");
}

/// What one case that did not pass has to say, without colours.
pub fn failure_text(run: &CaseRun, replay: &Replay<'_>) -> String {
    painted_failure(run, replay, Palette::PLAIN)
}

/// What a workload that was run again showed, without colours.
pub fn replay_text(file: &std::path::Path, execution: &Execution) -> String {
    let mut out = format!("{}: ", file.display());
    if execution.anomalies.is_empty() {
        let _ = writeln!(
            out,
            "no violation ({} operations, {} reads after convergence)",
            execution.run.history.records.len(),
            execution.settled_reads
        );
    }
    if let Some(anomaly) = execution.anomalies.first() {
        let _ = writeln!(out, "violated");
        anomaly_text(&mut out, anomaly, &execution.run.history, Palette::PLAIN);
    }
    out
}

/// What real threads did wrong, without colours.
pub fn concurrent_text(failure: &ConcurrentFailure) -> String {
    painted_concurrent(failure, Palette::PLAIN)
}

fn painted_concurrent(failure: &ConcurrentFailure, palette: Palette) -> String {
    let mut out = format!("workload of seed {}, run by real threads:\n", failure.seed);
    if let Some(anomaly) = failure.anomalies.first() {
        anomaly_text(&mut out, anomaly, &failure.history, palette);
    }
    out
}

/// What random workloads have to say, without colours.
pub fn exploration_text(exploration: &Exploration, replay: &Replay<'_>) -> String {
    let mut out = String::new();
    exploration::summary(&mut out, exploration, Palette::PLAIN);
    exploration::failure(&mut out, exploration, replay, Palette::PLAIN);
    out
}

fn painted_failure(run: &CaseRun, replay: &Replay<'_>, palette: Palette) -> String {
    let mut out = String::new();
    let name = palette.strong(run.case.name);
    match &run.report.verdict {
        Verdict::Fail => {
            let _ = writeln!(out, "{} {name}", palette.bad("FAIL"));
            for anomaly in &run.report.anomalies {
                anomaly_text(&mut out, anomaly, &run.report.history, palette);
            }
        }
        Verdict::Inconclusive(why) => {
            let _ = writeln!(out, "{} {name}\n  {why}", palette.doubtful("INCONCLUSIVE"));
        }
        Verdict::Error(why) => {
            let _ = writeln!(out, "{} {name}\n  {why}", palette.bad("ERROR"));
        }
        Verdict::Pass | Verdict::Skip(_) => {}
    }
    let _ = writeln!(out, "  replay    {}", replay.line(run.case.name));
    out
}

fn anomaly_text(out: &mut String, anomaly: &Anomaly, history: &History, palette: Palette) {
    if let Some(requirement) = requirement::find(anomaly.requirement) {
        let (level, basis) = (requirement.level, requirement.basis);
        let label = format!("  {} ", palette.bad(anomaly.requirement));
        paragraph(out, &label, INDENT, &format!("({level}, {basis}) {}", requirement.statement));
        labelled(out, "text", &requirement.source_text());
    } else {
        let _ = writeln!(out, "  {}", palette.bad(anomaly.requirement));
    }
    labelled(out, "expected", &anomaly.expected);
    labelled(out, "actual", &anomaly.actual);
    for (i, line) in anomaly.because.iter().enumerate() {
        labelled(out, if i == 0 { "because" } else { "" }, line);
    }
    if !anomaly.operations.is_empty() {
        let _ = writeln!(out, "  history");
        draw(out, history, &anomaly.operations);
    }
}

fn draw(out: &mut String, history: &History, operations: &[usize]) {
    for line in diagram::draw(history, operations, WIDTH - 4).lines() {
        let _ = writeln!(out, "    {line}");
    }
}

/// A label and its text, folded beside it.
fn labelled(out: &mut String, label: &str, text: &str) {
    paragraph(out, &format!("  {label:<8}  "), INDENT, text);
}

fn paragraph(out: &mut String, first: &str, rest: &str, text: &str) {
    let options = textwrap::Options::new(WIDTH).initial_indent(first).subsequent_indent(rest);
    let text = kvspec_reference::anomaly::visible(text);
    let _ = writeln!(out, "{}", textwrap::fill(&text, options.break_words(false)));
}
