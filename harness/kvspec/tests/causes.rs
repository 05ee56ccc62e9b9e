//! Each classic bug of replicated stores is one cause, by its smallest history, whatever the number of
//! cases that fail of it.

use kvspec_reference::Profile;
use std::path::Path;

use kvspec::expectation::Expectations;
use kvspec::report::human::{self, Look, Palette};
use kvspec::report::{Exit, cause};
use kvspec::run::event::{Conclusion, Event, Listener};
use kvspec::run::exploration::Budget;
use kvspec::run::kept::Keeper;
use kvspec::run::whole::{Searches, WholeRun};
use kvspec::run::{Extent, Plan, RunHeader};
use kvspec::subject::native::{Native, silence_caught_panics};
use kvspec::{Declaration, Subject};
use kvspec_reference::stores::simulated::{self, Bug};
use kvspec_suites::cases;

const PROFILE: Profile = Profile::Eventual;

/// Its run takes minutes where nothing is optimised.
const SLOW: Bug = Bug::StarvedAntiEntropy;

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
    silence_caught_panics();
    let cluster = simulated::subject(Some(bug));
    let mut declaration = Declaration::default();
    let bound_ms = cluster.parameters.convergence_bound().as_millis();
    declaration.consistency.convergence_ms = Some(u64::try_from(bound_ms).expect("it is short"));
    let subject = Native(cluster);
    let plan = Plan { subject: &subject, declaration: &declaration, cases: cases::of(PROFILE), seed: 1 };
    let target = format!("the built-in replicated store with --bug {bug}");
    let header = RunHeader { profile: subject.profile().name().into(), target, seed: 1, found: Vec::new() };
    let all = plan.cases.len() + usize::from(explores);
    let whole = WholeRun {
        plan: &plan,
        header: &header,
        arguments: &format!("--bug {bug}"),
        expectations: &Expectations::default(),
        searches: Searches { explores, several: None, budget: Budget { cases: None, time: None } },
        keeper: Keeper::new(Path::new(env!("CARGO_TARGET_TMPDIR")).join("causes"), 1),
        extent: Extent { selected: all, of: all, is_interrupted: false },
        leave: |_| (),
    };
    whole.run(&mut Heard(hear))
}

#[test]
fn a_classic_bug_is_one_cause() {
    let mut summary = String::new();
    // Shrinking the random workloads of eleven bugs would take a minute; their cases are enough.
    let bugs: Vec<Bug> = Bug::ALL.into_iter().filter(|bug| *bug != SLOW).collect();
    for &bug in &bugs {
        let exit = run(bug, false, |conclusion| {
            for cause in cause::causes(conclusion.run, conclusion.met) {
                let smallest = cause.smallest();
                let operations = smallest.anomaly.operations.iter().map(|i| smallest.history.operation_text(*i));
                let operations: Vec<String> = operations.collect();
                summary.push_str(&format!("{bug}: {} {}\n", cause.requirement, cause.title()));
                summary.push_str(&format!("  by {} of {} failures\n", smallest.name, cause.showings.len()));
                summary.extend(operations.iter().map(|operation| format!("  {operation}\n")));
            }
        });
        assert_eq!(exit, Exit::NotConformant, "{bug}");
    }
    let count = |bug: &Bug| summary.lines().filter(|line| line.starts_with(&format!("{bug}: "))).count();
    let counts: Vec<usize> = bugs.iter().map(count).collect();
    // What a torn value is made of shows in long values alone: a short one is like nothing that was written,
    // and two replicas that tear differently go back and forth.
    let expected: Vec<usize> = bugs.iter().map(|bug| if *bug == Bug::TornMerge { 3 } else { 1 }).collect();
    assert_eq!(counts, expected, "{summary}");
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
}
