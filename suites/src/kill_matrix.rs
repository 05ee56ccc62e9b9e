//! The kill matrix: every mutant against every case, and every unusual store against every case.
//!
//! A suite is worth what it catches, and its word is worth what it does not accuse falsely. The
//! matrix shows both: which case kills which mutant, with which requirement in the anomaly; which
//! requirement has a mutant that its cases alone kill; and that no unusual store fails.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::Range;

use kvspec_reference::anomaly::name_text;
use kvspec_reference::interface::Subject;
use kvspec_reference::workload::recorder::ManualClock;
use kvspec_reference::{Profile, RequirementId};

use crate::case::{Case, CaseReport, Verdict, run_case};
use crate::cases;
use crate::declaration::Declaration;
use crate::stores::legal::{self, Unusual};
use crate::stores::mutants::{self, Mutant};

/// Which case kills which mutant.
#[derive(Debug, Clone)]
pub struct Matrix {
    /// How many cases were run against each store.
    pub case_count: usize,
    /// With how many seeds.
    pub seed_count: u64,
    /// One row per mutant, in the order of [`mutants::all`].
    pub mutants: Vec<Row>,
    /// One row per unusual store, in the order of [`legal::all`].
    pub unusual: Vec<Endurance>,
    /// The cases that test each requirement.
    cases_of: BTreeMap<RequirementId, BTreeSet<&'static str>>,
}

/// How one mutant fared.
#[derive(Debug, Clone)]
pub struct Row {
    /// The mutant.
    pub mutant: Mutant,
    /// The cases that killed it, in the order they were run.
    pub kills: Vec<Kill>,
}

/// One case that killed a mutant.
#[derive(Debug, Clone)]
pub struct Kill {
    /// The name of the case.
    pub case: &'static str,
    /// The first seed with which it did.
    pub seed: u64,
    /// The requirements that its anomalies name.
    pub requirements: BTreeSet<RequirementId>,
    /// What the case reported.
    pub report: String,
    /// Only reading again when the case had ended showed it: that is no work of the case's own.
    pub is_shown_afterwards: bool,
}

/// How one unusual store fared.
#[derive(Debug, Clone)]
pub struct Endurance {
    /// The store.
    pub store: Unusual,
    /// How many runs passed.
    pub passed: u64,
    /// How many runs were skipped, as its declaration says.
    pub skipped: u64,
    /// How many runs decided nothing.
    pub inconclusive: u64,
    /// The false alarms: case, seed and what was reported.
    pub failures: Vec<(&'static str, u64, String)>,
}

/// Asked before each store, with its name: whether to go on.
pub type Watch<'a> = dyn FnMut(&'static str) -> bool + 'a;

/// Runs all mutants and all unusual stores of `eventual@0.1.0` against these cases, each with each
/// of the seeds.
pub fn run(seeds: Range<u64>, cases: &[&'static Case]) -> Matrix {
    run_watched(seeds, cases, &mut |_| true)
}

/// As [`run`]; where `watch` ends it, the matrix has the rows until then.
pub fn run_watched(seeds: Range<u64>, cases: &[&'static Case], watch: &mut Watch<'_>) -> Matrix {
    of(Profile::Eventual, (mutants::all(), legal::all()), seeds, cases, watch)
}

/// As [`run_watched`], for the stores of `store@0.2.0` and the cases of its latest draft.
pub fn run_store_profile(seeds: Range<u64>, watch: &mut Watch<'_>) -> Matrix {
    let profile = Profile::StoreDraft2;
    of(profile, (&mutants::store::all(), legal::store::all()), seeds, &cases::of(profile), watch)
}

/// How many stores [`run`] and [`run_store_profile`] have together.
pub fn store_count() -> usize {
    mutants::all().len() + mutants::store::all().len() + legal::all().len() + legal::store::all().len()
}

fn of(
    profile: Profile,
    (mutants, unusual): (&[Mutant], &[Unusual]),
    seeds: Range<u64>,
    cases: &[&'static Case],
    watch: &mut Watch<'_>,
) -> Matrix {
    let mut cases_of: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for case in cases {
        for requirement in case.requirements {
            cases_of.entry(*requirement).or_default().insert(case.name);
        }
    }
    Matrix {
        case_count: cases.len(),
        seed_count: seeds.end.saturating_sub(seeds.start),
        mutants: rows(mutants, |mutant| watch(mutant.name).then(|| kill(mutant, profile, seeds.clone(), cases))),
        unusual: rows(unusual, |store| watch(store.name).then(|| endure(store, profile, seeds.clone(), cases))),
        cases_of,
    }
}

/// The rows until the first that is not wanted.
fn rows<S, R>(stores: &[S], row: impl FnMut(&S) -> Option<R>) -> Vec<R> {
    stores.iter().map_while(row).collect()
}

/// Runs one mutant of a profile against these cases. A case that has killed it is not run with further seeds.
pub fn kill(mutant: &Mutant, profile: Profile, seeds: Range<u64>, cases: &[&'static Case]) -> Row {
    let kills = cases.iter().filter_map(|case| {
        seeds.clone().find_map(|seed| {
            let report = run_once(mutant, profile, &(mutant.declaration)(), case, seed);
            (report.verdict == Verdict::Fail).then(|| Kill {
                case: case.name,
                seed,
                requirements: report.anomalies.iter().map(|anomaly| anomaly.requirement).collect(),
                report: report_text(&report),
                is_shown_afterwards: report.is_shown_afterwards,
            })
        })
    });
    Row { mutant: *mutant, kills: kills.collect() }
}

/// Runs one unusual store of a profile against these cases with all seeds.
pub fn endure(store: &Unusual, profile: Profile, seeds: Range<u64>, cases: &[&'static Case]) -> Endurance {
    let mut endurance = Endurance { store: *store, passed: 0, skipped: 0, inconclusive: 0, failures: vec![] };
    for case in cases {
        for seed in seeds.clone() {
            let report = run_once(store, profile, &(store.declaration)(), case, seed);
            match &report.verdict {
                Verdict::Pass => endurance.passed += 1,
                Verdict::Skip(_) => endurance.skipped += 1,
                Verdict::Inconclusive(_) => endurance.inconclusive += 1,
                Verdict::Fail => endurance.failures.push((case.name, seed, report_text(&report))),
                Verdict::Error(why) => endurance.failures.push((case.name, seed, format!("fault of kvspec: {why}\n"))),
            }
        }
    }
    endurance
}

fn run_once(subject: &dyn Subject, profile: Profile, declaration: &Declaration, case: &Case, seed: u64) -> CaseReport {
    let store = subject.start(seed).expect("a hooked store always starts");
    run_case(case, profile, &*store, &ManualClock::default(), declaration, seed)
}

/// The anomalies of a report in plain text, with the operations that prove them.
pub fn report_text(report: &CaseReport) -> String {
    let mut text = String::new();
    for anomaly in &report.anomalies {
        let register = anomaly.register.as_ref().map(|(b, k)| format!(" at {}/{}", name_text(b), name_text(k)));
        text += &format!("{}{}\n", anomaly.requirement, register.unwrap_or_default());
        text += &format!("  expected  {}\n  actual    {}\n", anomaly.expected, anomaly.actual);
        for because in &anomaly.because {
            text += &format!("  because   {because}\n");
        }
        let (shown, rest) = anomaly.operations.split_at(anomaly.operations.len().min(OPERATIONS_SHOWN_MAX));
        for operation in shown {
            text += &format!("  {:>7}   {}\n", format!("#{operation}"), report.history.operation_text(*operation));
        }
        if !rest.is_empty() {
            text += &format!("            and {} more\n", rest.len());
        }
    }
    text
}

/// How many operations of an anomaly are printed.
const OPERATIONS_SHOWN_MAX: usize = 12;

impl Row {
    /// The kills whose anomalies name a requirement that the mutant breaks.
    pub fn right_kills(&self) -> impl Iterator<Item = &Kill> {
        self.kills.iter().filter(|kill| kill.requirements.iter().any(|id| self.mutant.breaks.contains(id)))
    }

    /// How it ended: the requirements that were rightly named, in their order.
    fn end_text(&self) -> String {
        if self.kills.is_empty() {
            return format!("SURVIVES: {}", self.mutant.breaks[0]);
        }
        let named: BTreeSet<RequirementId> = self.kills.iter().flat_map(|kill| kill.requirements.clone()).collect();
        let rightly = named.iter().filter(|id| self.mutant.breaks.contains(id)).map(|id| id.as_str());
        match rightly.collect::<Vec<_>>() {
            right if right.is_empty() => format!("misnamed: {named:?}"),
            right => right.join(" "),
        }
    }

    /// Whether it breaks this requirement, and a case says so.
    fn is_told_as(&self, requirement: RequirementId) -> bool {
        self.mutant.breaks.contains(&requirement)
            && self.kills.iter().any(|kill| kill.requirements.contains(&requirement))
    }

    /// Whether every case that kills it tests this requirement, or refutes it.
    fn dies_only_by(&self, requirement: RequirementId, cases: &BTreeSet<&'static str>) -> bool {
        let is_of_it = |kill: &&Kill| cases.contains(kill.case) || kill.requirements.contains(&requirement);
        let mut own = self.kills.iter().filter(|kill| !kill.is_shown_afterwards).peekable();
        own.peek().is_some() && own.all(|kill| is_of_it(&kill))
    }
}

impl Matrix {
    /// Mutants that no case kills.
    pub fn survivors(&self) -> Vec<&'static str> {
        self.mutants.iter().filter(|row| row.kills.is_empty()).map(|row| row.mutant.name).collect()
    }

    /// Mutants that are killed, but never with a requirement that they break in the anomaly.
    pub fn misnamed(&self) -> Vec<&'static str> {
        let is_misnamed = |row: &&Row| !row.kills.is_empty() && row.right_kills().next().is_none();
        self.mutants.iter().filter(is_misnamed).map(|row| row.mutant.name).collect()
    }

    /// Cases that kill no mutant: they have proved nothing yet.
    pub fn idle_cases(&self) -> Vec<&'static str> {
        let killers: BTreeSet<_> = self.mutants.iter().flat_map(|row| &row.kills).map(|kill| kill.case).collect();
        let all: BTreeSet<_> = self.cases_of.values().flatten().copied().collect();
        all.difference(&killers).copied().collect()
    }

    /// The mutants that break this requirement and die by it alone: every case that kills them lists
    /// it or refutes it, and one at least refutes it. Without these cases they would live.
    pub fn shown_by(&self, requirement: RequirementId) -> Vec<&'static str> {
        let Some(cases) = self.cases_of.get(&requirement) else { return vec![] };
        let shows = |row: &&Row| row.is_told_as(requirement) && row.dies_only_by(requirement, cases);
        self.mutants.iter().filter(shows).map(|row| row.mutant.name).collect()
    }

    /// The false alarms: failures of unusual stores, with store, case and seed.
    pub fn false_alarms(&self) -> Vec<String> {
        let tell = |row: &Endurance| {
            let name = row.store.name;
            row.failures.iter().map(|(case, seed, text)| format!("{name}: {case}, seed {seed}\n{text}")).collect()
        };
        self.unusual.iter().flat_map(tell as fn(&Endurance) -> Vec<String>).collect()
    }

    /// The requirements of level must (given) and the mutants that show each, one a line.
    pub fn requirements_text(&self, musts: &[RequirementId]) -> String {
        let line = |id: &RequirementId| {
            let (breaking, shown) = (self.breaking(*id), self.shown_by(*id));
            let cases = self.cases_of.get(id).map_or(0, BTreeSet::len);
            let shown = if shown.is_empty() { "-".into() } else { shown.join(", ") };
            format!("{id}  {cases} cases, {breaking} mutants; alone: {shown}\n")
        };
        musts.iter().map(line).collect()
    }

    /// Per mutant: which of the requirements that it breaks were named, by whatever case.
    pub fn mutants_text(&self) -> String {
        let width = self.mutants.iter().map(|row| row.mutant.name.len()).max().unwrap_or(0);
        let line = |row: &Row| format!("{:width$}  {}\n", row.mutant.name, row.end_text());
        self.mutants.iter().map(line).collect()
    }

    /// Per unusual store: how its runs ended, one a line.
    pub fn unusual_text(&self) -> String {
        self.unusual.iter().map(|row| format!("{row}\n")).collect()
    }

    /// What a failure of this requirement looks like: the report of the first mutant that shows it
    /// or, where there is none, of the first that is killed by it.
    pub fn example_of(&self, requirement: RequirementId) -> Option<String> {
        let shown = self.shown_by(requirement);
        let told = || self.mutants.iter().filter(|row| row.is_told_as(requirement));
        let row = told().find(|row| shown.contains(&row.mutant.name)).or_else(|| told().next())?;
        let kill = row.kills.iter().find(|kill| kill.requirements.contains(&requirement))?;
        Some(format!("{}: {}\n{}, seed {}\n{}\n", row.mutant.name, row.mutant.story, kill.case, kill.seed, kill.report))
    }

    fn breaking(&self, requirement: RequirementId) -> usize {
        self.mutants.iter().filter(|row| row.mutant.breaks.contains(&requirement)).count()
    }
}

impl fmt::Display for Endurance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Endurance { store, passed, skipped, inconclusive, failures } = self;
        let failed = failures.len();
        write!(f, "{:34} {passed} passed, {skipped} skipped, {inconclusive} inconclusive, {failed} failed", store.name)
    }
}

impl fmt::Display for Matrix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { case_count, seed_count, .. } = self;
        let (mutants, unusual) = (self.mutants.len(), self.unusual.len());
        writeln!(f, "{mutants} mutants, {unusual} unusual stores, {case_count} cases, {seed_count} seeds each\n")?;
        let killed = mutants - self.survivors().len();
        writeln!(f, "killed {killed} of {mutants}, {} of them by the wrong requirement", self.misnamed().len())?;
        writeln!(f, "false alarms {}\n", self.false_alarms().len())?;
        f.write_str(&self.mutants_text())?;
        writeln!(f)?;
        f.write_str(&self.unusual_text())
    }
}
