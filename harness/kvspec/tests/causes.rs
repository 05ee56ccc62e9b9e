//! Each classic bug of replicated stores is one cause, by its smallest history, whatever the number of
//! cases that fail of it.

use std::collections::BTreeSet;
use std::path::Path;

use kvspec_reference::Profile;

use kvspec::expectation::Expectations;
use kvspec::report::human::{self, Look, Palette};
use kvspec::report::{Exit, cause};
use kvspec::run::event::{Conclusion, Event, Listener};
use kvspec::run::exploration::Budget;
use kvspec::run::kept::Keeper;
use kvspec::run::whole::{Searches, WholeRun};
use kvspec::run::{Extent, Plan, RunHeader};
use kvspec::selection::Pattern;
use kvspec::subject::native::{Native, silence_caught_panics};
use kvspec::{Declaration, Subject};
use kvspec_reference::stores::simulated::{self, Bug};
use kvspec_suites::cases;
use kvspec_suites::stores::mutants;

const PROFILE: Profile = Profile::Eventual;

/// Hears how a run ended.
struct Heard<F>(F);

impl<F: FnMut(&Conclusion<'_>) + Send> Listener for Heard<F> {
    fn hear(&mut self, event: &Event<'_>) {
        if let Event::Concluded(conclusion) = event {
            (self.0)(conclusion);
        }
    }
}

/// Runs the built-in store with a bug as `kvspec --bug` does, with the random workloads where it
/// `explores`.
fn run(bug: Bug, explores: bool, hear: impl FnMut(&Conclusion<'_>) + Send) -> Exit {
    let cluster = simulated::subject(Some(bug));
    let mut declaration = Declaration::default();
    let bound_ms = cluster.parameters.convergence_bound().as_millis();
    declaration.consistency.convergence_ms = Some(u64::try_from(bound_ms).expect("it is short"));
    let target = format!("the built-in replicated store with --bug {bug}");
    run_store(&Native(cluster), &declaration, target, &format!("--bug {bug}"), explores, hear)
}

fn run_store(
    subject: &dyn Subject,
    declaration: &Declaration,
    target: String,
    arguments: &str,
    explores: bool,
    hear: impl FnMut(&Conclusion<'_>) + Send,
) -> Exit {
    silence_caught_panics();
    let plan = Plan { subject, declaration, cases: cases::of(PROFILE), seed: 1 };
    let header = RunHeader { profile: subject.profile().name().into(), target, seed: 1, found: Vec::new() };
    let all = plan.cases.len() + usize::from(explores);
    let whole = WholeRun {
        plan: &plan,
        header: &header,
        arguments,
        expectations: &Expectations::default(),
        searches: Searches { explores, several: None, budget: Budget { cases: None, time: None } },
        keeper: Keeper::new(Path::new(env!("CARGO_TARGET_TMPDIR")).join("causes"), 1),
        extent: Extent { selected: all, of: all, is_interrupted: false },
        leave: |_| (),
    };
    whole.run(&mut Heard(hear))
}

/// What a run says of its causes: each with its smallest history. A long name of an operation is cut.
fn summary_of(name: &str, conclusion: &Conclusion<'_>) -> String {
    let mut summary = String::new();
    for cause in cause::causes(conclusion.run, conclusion.met) {
        let smallest = cause.smallest();
        let operations = smallest.anomaly.operations.iter().map(|i| smallest.history.operation_text(*i));
        let (shown, more): (Vec<String>, Vec<String>) = {
            let mut all: Vec<String> = operations.collect();
            let more = all.split_off(all.len().min(OPERATIONS_SHOWN_MAX));
            (all, more)
        };
        summary.push_str(&format!("{name}: {} {}\n", cause.requirement, cause.title()));
        summary.push_str(&format!("  by {} of {} failures\n", smallest.name, cause.showings.len()));
        summary.extend(shown.iter().map(|operation| format!("  {operation}\n")));
        if !more.is_empty() {
            summary.push_str(&format!("  and {} more\n", more.len()));
        }
    }
    summary
}

/// How many operations of a cause the snapshots show.
const OPERATIONS_SHOWN_MAX: usize = 12;

fn causes_of(name: &str, summary: &str) -> usize {
    summary.lines().filter(|line| line.starts_with(&format!("{name}: "))).count()
}

#[test]
fn a_classic_bug_is_one_cause() {
    let mut summary = String::new();
    // Shrinking the random workloads of eleven bugs would take a minute; their cases are enough. But whether
    // one key starves for the traffic of others is for random workloads.
    for bug in Bug::ALL {
        let exit = run(bug, bug == Bug::StarvedAntiEntropy, |conclusion| {
            summary.push_str(&summary_of(bug.name(), conclusion))
        });
        assert_eq!(exit, Exit::NotConformant, "{bug}");
    }
    let counts = Bug::ALL.map(|bug| causes_of(bug.name(), &summary));
    insta::assert_snapshot!("classic_bugs", summary);
    assert_eq!(counts, [1; Bug::ALL.len()], "{summary}");
}

/// Mutants of all groups.
const MUTANTS: [&str; 23] = [
    "buckets-are-one",
    "dropping-a-handle-traps",
    "absence-is-remembered",
    "get-of-absent-is-an-error",
    "exists-counts-tombstones",
    "delete-does-nothing",
    "delete-clears-by-prefix",
    "deleted-key-comes-back-after-a-minute",
    "set-of-present-is-ignored",
    "short-overwrite-keeps-the-old-tail",
    "overwrite-appends",
    "keys-ignore-case",
    "keys-are-cut-at-32-bytes",
    "values-are-cut-at-64-kib",
    "values-lose-the-eighth-bit",
    "stream-loses-the-last-byte",
    "size-wraps-at-16-bits",
    "store-is-poisoned-after-an-error",
    "busy-and-the-next-write-is-dropped",
    "quota-evicts-at-half",
    "claims-read-your-writes-and-reads-a-replica",
    "read-repair-writes-the-old-value-back",
    "two-sets-at-once-are-mixed",
];

#[test]
fn a_mutant_is_one_cause() {
    let mut summary = String::new();
    let mut several = Vec::new();
    for name in MUTANTS {
        let mutant = mutants::all().iter().find(|mutant| mutant.name == name).expect("there is one of this name");
        let mut of_mutant = String::new();
        let exit = run_store(mutant, &(mutant.declaration)(), mutant.name.into(), "", false, |conclusion| {
            of_mutant = summary_of(mutant.name, conclusion);
        });
        assert_eq!(exit, Exit::NotConformant, "{}", mutant.name);
        if causes_of(mutant.name, &of_mutant) != 1 {
            several.push(mutant.name);
        }
        summary.push_str(&of_mutant);
    }
    insta::assert_snapshot!("mutants", summary);
    assert_eq!(several, [""; 0], "{summary}");
}

#[test]
fn a_report_of_one_cause_is_read_in_a_minute() {
    let mut text = String::new();
    run(Bug::LostTombstone, true, |conclusion| {
        let look = Look { palette: Palette::PLAIN, width: human::WIDTH };
        // The folder of kept workloads is another on each machine.
        let replay = kvspec::report::Replay::Command { target: "--bug lost-tombstone", seed: 1, kept_workload: None };
        let conclusion = Conclusion { replay: &replay, ..*conclusion };
        text = human::text(&conclusion, look, false);
    });
    insta::assert_snapshot!(text);
    assert!(text.lines().count() < 60, "{text}");
    let words = text.split_whitespace().map(|word| word.trim_end_matches([',', ':']));
    let names: BTreeSet<&str> = words.filter(|word| word.starts_with("eventual::") && !word.contains('{')).collect();
    assert!(names.len() > 5, "{names:?}");
    for name in names {
        let pattern: Pattern = name.parse().unwrap();
        assert_eq!(pattern.fault_for(PROFILE), None, "{name}");
    }
    // Names of one group stand in braces, folded over several lines.
    let unfolded = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let groups: Vec<String> = unfolded
        .split("eventual::")
        .filter_map(|part| Some(part.split_once('}')?.0))
        .map(|part| format!("eventual::{part}}}"))
        .collect();
    assert!(!groups.is_empty(), "{unfolded}");
    for group in groups {
        let pattern: Pattern = group.parse().unwrap();
        let selected = cases::of(PROFILE).into_iter().filter(|case| pattern.matches(case.name)).count();
        assert_eq!(selected, group.split(',').count(), "{group}");
    }
}
