//! The report for a terminal: terse when good, evidence when not.

use std::fmt::Write as _;

use kvspec_reference::Anomaly;
use kvspec_suites::Verdict;

use super::{Exit, RunHeader, Totals};
use crate::run::CaseRun;

/// How a failure is run again.
pub enum Replay<'a> {
    /// With the command.
    Command {
        /// The target as the user named it; `None`: the built-in store.
        target: Option<&'a str>,
        /// The seed.
        seed: u64,
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
            Replay::Command { target, seed } => {
                let target = target.map(|t| format!(" {t}")).unwrap_or_default();
                format!("kvspec run{target} --filter {case} --seed {seed}")
            }
            Replay::CargoTest { seed } => format!("KVSPEC_SEED={seed} cargo test -- --exact {case}"),
        }
    }
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
pub fn text(header: &RunHeader, runs: &[CaseRun], replay: &Replay<'_>, palette: Palette, verbose: bool) -> String {
    let mut out = String::new();
    let version = env!("CARGO_PKG_VERSION");
    let _ = writeln!(out, "kvspec {version}: {} against {}, seed {}", header.profile, header.target, header.seed);
    out.push('\n');
    groups(&mut out, runs, palette, verbose);
    let failed = runs.iter().filter(|run| !matches!(run.report.verdict, Verdict::Pass | Verdict::Skip(_)));
    for run in failed {
        let _ = write!(out, "\n{}", painted_failure(run, replay, palette));
    }
    out.push('\n');
    conclusion(&mut out, header, &Totals::of(runs), palette);
    out
}

/// A line a group of cases, and with `verbose` a line a case.
fn groups(out: &mut String, runs: &[CaseRun], palette: Palette, verbose: bool) {
    let group_of = |run: &CaseRun| run.case.name.rsplit_once("::").map_or("", |(group, _)| group).to_owned();
    let width = runs.iter().map(|run| group_of(run).len()).max().unwrap_or(0);
    for chunk in runs.chunk_by(|a, b| group_of(a) == group_of(b)) {
        let totals = Totals::of(chunk);
        let mut parts = vec![format!("{} passed", totals.pass)];
        let mut add = |count: usize, text: String| {
            if count > 0 {
                parts.push(text);
            }
        };
        add(totals.fail, palette.bad(&format!("{} failed", totals.fail)));
        add(totals.skip, palette.doubtful(&format!("{} skipped", totals.skip)));
        add(totals.inconclusive, palette.doubtful(&format!("{} inconclusive", totals.inconclusive)));
        add(totals.error, palette.bad(&format!("{} errors", totals.error)));
        let _ = writeln!(out, "  {:width$}  {}", group_of(&chunk[0]), parts.join(", "));
        for run in chunk {
            let claim = run.case.name.rsplit_once("::").map_or(run.case.name, |(_, claim)| claim);
            match &run.report.verdict {
                Verdict::Skip(why) => {
                    let _ = writeln!(out, "    {} {claim}: {why}", palette.doubtful("skip"));
                }
                Verdict::Pass if verbose => {
                    let _ =
                        writeln!(out, "    {} {claim} ({})", palette.good("pass"), run.case.requirements.join(", "));
                }
                _ => {}
            }
        }
    }
}

fn conclusion(out: &mut String, header: &RunHeader, totals: &Totals, palette: Palette) {
    let Totals { pass, fail, skip, inconclusive, error } = totals;
    let _ = writeln!(
        out,
        "{} cases: {pass} passed, {fail} failed, {skip} skipped, {inconclusive} inconclusive, {error} errors",
        totals.sum()
    );
    let conclusion = match totals.exit() {
        Exit::Conformant => palette.good(&format!("conformant to {}", header.profile)),
        Exit::NotConformant => palette.bad(&format!("NOT CONFORMANT to {}", header.profile)),
        Exit::Inconclusive => palette.doubtful("inconclusive: nothing failed, but not everything could be decided"),
        Exit::NothingSelected => palette.doubtful("no case was run: nothing is known"),
        _ => palette.bad("kvspec or its adapter is at fault: this says nothing about the implementation"),
    };
    let _ = writeln!(out, "{conclusion}");
}

/// What one case that did not pass has to say, without colours.
pub fn failure_text(run: &CaseRun, replay: &Replay<'_>) -> String {
    painted_failure(run, replay, Palette::PLAIN)
}

fn painted_failure(run: &CaseRun, replay: &Replay<'_>, palette: Palette) -> String {
    let mut out = String::new();
    let name = palette.strong(run.case.name);
    match &run.report.verdict {
        Verdict::Fail => {
            let _ = writeln!(out, "{} {name}", palette.bad("FAIL"));
            for anomaly in &run.report.anomalies {
                anomaly_text(&mut out, anomaly, run, palette);
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

fn anomaly_text(out: &mut String, anomaly: &Anomaly, run: &CaseRun, palette: Palette) {
    let _ = writeln!(out, "  {}", palette.bad(anomaly.requirement));
    let _ = writeln!(out, "  expected  {}", palette.good(&anomaly.expected));
    let _ = writeln!(out, "  actual    {}", palette.bad(&anomaly.actual));
    for (i, line) in anomaly.because.iter().enumerate() {
        let _ = writeln!(out, "  {}  {line}", if i == 0 { "because " } else { "        " });
    }
    for (i, index) in anomaly.operations.iter().enumerate() {
        let line = run.report.history.operation_text(*index);
        let _ = writeln!(out, "  {}  {line}", if i == 0 { "history " } else { "        " });
    }
}
