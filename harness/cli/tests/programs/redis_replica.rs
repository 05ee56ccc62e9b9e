//! A truly eventual system: a Redis primary that is written to, and its asynchronous replica that is
//! read. Replication is paused by pointing the replica at nobody, and resumed by pointing it back.
//! Without redis-server the tests are skipped, with the reason; in CI, they fail.

use std::time::Duration;

use kvspec::conformance::trials::{Completion, Failed, Trial};
use kvspec::report::human::{Replay, failure_text};
use kvspec::run::run_one;
use kvspec::{Declaration, History, Implementation, Subject};
use kvspec_reference::consistency::{Finding, Level, ladder};
use kvspec_reference::workload::recorder::Recorder;
use kvspec_suites::Verdict;
use kvspec_tests::missing::missing;
use kvspec_tests::redis::{self, Replicated};

const PROFILE: &str = "eventual@0.1.0";
const BOUND: Duration = Duration::from_millis(500);

pub(crate) fn trials() -> Vec<Trial> {
    let trials = [
        ("a_paused_replica_breaks_read_your_writes_and_converges_when_resumed", paused as fn() -> Result<(), Failed>),
        ("promoting_a_stale_replica_loses_the_last_write", promoted),
        ("the_suite_passes", suite),
    ];
    let trials = trials.map(|(name, test)| {
        Trial::ignorable_test(name, move || match redis::is_installed() {
            true => test().map(|()| Completion::Completed),
            false => missing("redis-server is not installed: apt-get install redis-server"),
        })
    });
    trials.into()
}

fn finding(history: &History, level: Level) -> String {
    let ladder = ladder::judge(history, &ladder::Options::default());
    match ladder.finding(level) {
        Some(Finding::Kept) => "kept".into(),
        Some(Finding::Broken(_)) => "broken".into(),
        other => format!("{other:?}"),
    }
}

fn expect(history: &History, level: Level, expected: &str) -> Result<(), Failed> {
    let found = finding(history, level);
    if found == expected {
        return Ok(());
    }
    let operations: Vec<String> = (0..history.records.len()).map(|i| history.operation_text(i)).collect();
    Err(format!("{level:?}: {found}, not {expected}\n{}", operations.join("\n")).into())
}

fn paused() -> Result<(), Failed> {
    let store = Replicated::start()?;
    let recorder = Recorder::new(&store, &*store.clock, PROFILE, BOUND);
    let (mut writer, mut reader) = (recorder.session(), recorder.session());
    writer.set("b", "k", b"v1")?;
    store.clock.advance(BOUND * 2);
    assert_eq!(reader.get("b", "k")?.as_deref(), Some(&b"v1"[..]));
    store.pause()?;
    writer.set("b", "k", b"v2")?;
    assert_eq!(writer.get("b", "k")?.as_deref(), Some(&b"v1"[..]), "the replica is behind");
    assert_eq!(reader.get("b", "k")?.as_deref(), Some(&b"v1"[..]));
    store.resume()?;
    recorder.mark_quiescent();
    store.clock.advance(BOUND * 2);
    for session in [&mut writer, &mut reader] {
        assert_eq!(session.get("b", "k")?.as_deref(), Some(&b"v2"[..]), "the replica has caught up");
    }
    let history = recorder.finish();
    expect(&history, Level::ReadYourWrites, "broken")?;
    expect(&history, Level::Linearizable, "broken")?;
    expect(&history, Level::MonotonicReads, "kept")?;
    expect(&history, Level::Convergent, "kept")?;
    expect(&history, Level::LastWrite, "kept")
}

fn promoted() -> Result<(), Failed> {
    let store = Replicated::start()?;
    let recorder = Recorder::new(&store, &*store.clock, PROFILE, BOUND);
    let (mut writer, mut reader) = (recorder.session(), recorder.session());
    writer.set("b", "k", b"v1")?;
    store.clock.advance(BOUND * 2);
    store.pause()?;
    writer.set("b", "k", b"v2")?;
    store.promote_the_replica()?;
    recorder.mark_quiescent();
    store.clock.advance(BOUND * 2);
    for session in [&mut writer, &mut reader] {
        assert_eq!(session.get("b", "k")?.as_deref(), Some(&b"v1"[..]), "the acknowledged v2 is gone");
    }
    let history = recorder.finish();
    expect(&history, Level::Convergent, "kept")?;
    expect(&history, Level::LastWrite, "broken")
}

/// One pair of servers for all cases: each case begins with both emptied.
fn suite() -> Result<(), Failed> {
    struct Emptied(Replicated);

    impl Subject for Emptied {
        fn start(&self, _seed: u64) -> kvspec::Result<Box<dyn Implementation + '_>> {
            self.0.empty()?;
            Ok(Box::new(&self.0))
        }
    }

    let subject = Emptied(Replicated::start()?);
    let mut declaration = Declaration::default();
    declaration.consistency.convergence_ms = Some(BOUND.as_millis() as u64);
    let mut passed = 0;
    for case in kvspec_suites::cases::of(PROFILE) {
        let run = run_one(case, &subject, &declaration, 1);
        match run.report.verdict {
            Verdict::Pass => passed += 1,
            Verdict::Skip(_) => {}
            _ => return Err(failure_text(&run, &Replay::CargoTest { seed: 1 }).into()),
        }
    }
    if passed < 100 { Err(format!("only {passed} cases passed").into()) } else { Ok(()) }
}
