//! A truly eventual system: a Redis primary that is written to, and its asynchronous replica that is
//! read. Replication is paused by pointing the replica at nobody, and resumed by pointing it back.
//! Without redis-server the tests are skipped, with the reason; in CI, they fail.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use kvspec::conformance::trials::{Completion, Failed, Trial};
use kvspec::{Conformance, Declaration, History};
use kvspec_reference::Profile;
use kvspec_reference::consistency::{Finding, Level, ladder};
use kvspec_reference::workload::recorder::Recorder;
use kvspec_tests::missing::missing;
use kvspec_tests::redis::{self, Replicated, Servers};

const PROFILE: Profile = Profile::Eventual;
const BOUND: Duration = Duration::from_millis(500);

pub(crate) fn trials() -> Vec<Trial> {
    let trials = [
        ("a_paused_replica_breaks_read_your_writes_and_converges_when_resumed", paused as fn() -> Result<(), Failed>),
        ("promoting_a_stale_replica_loses_the_last_write", promoted),
    ];
    let trials = trials.map(|(name, test)| {
        Trial::ignorable_test(name, move || match redis::is_installed() {
            true => test().map(|()| Completion::Completed),
            false => missing("redis-server is not installed: apt-get install redis-server"),
        })
    });
    // Without a server, the tests above are skipped, and these are not there.
    let suite = if redis::is_installed() { suite() } else { Vec::new() };
    trials.into_iter().chain(suite.into_iter().map(|trial| trial.within("suite"))).collect()
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
    let operations: Vec<String> = (0..history.records().len()).map(|i| history.operation_text(i)).collect();
    Err(format!("{level:?}: {found}, not {expected}\n{}", operations.join("\n")).into())
}

fn paused() -> Result<(), Failed> {
    let store = Replicated::start()?;
    let recorder = Recorder::new(&store, &*store.clock, PROFILE.name(), BOUND);
    let (mut writer, mut reader) = (recorder.session(), recorder.session());
    writer.set("b", "k", b"v1")?;
    store.clock.advance(BOUND * 2);
    assert_eq!(reader.get("b", "k")?.as_deref(), Some(&b"v1"[..]));
    store.pause()?;
    writer.set("b", "k", b"v2")?;
    assert_eq!(writer.get("b", "k")?.as_deref(), Some(&b"v1"[..]), "the replica is behind");
    assert_eq!(reader.get("b", "k")?.as_deref(), Some(&b"v1"[..]));
    store.resume()?;
    store.clock.advance(BOUND * 2);
    for session in [&mut writer, &mut reader] {
        assert_eq!(session.get("b", "k")?.as_deref(), Some(&b"v2"[..]), "the replica has caught up");
    }
    let history = recorder.finish()?;
    expect(&history, Level::ReadYourWrites, "broken")?;
    expect(&history, Level::Linearizable, "broken")?;
    expect(&history, Level::MonotonicReads, "kept")?;
    expect(&history, Level::Convergent, "kept")?;
    expect(&history, Level::LastWrite, "kept")
}

fn promoted() -> Result<(), Failed> {
    let store = Replicated::start()?;
    let recorder = Recorder::new(&store, &*store.clock, PROFILE.name(), BOUND);
    let (mut writer, mut reader) = (recorder.session(), recorder.session());
    writer.set("b", "k", b"v1")?;
    store.clock.advance(BOUND * 2);
    store.pause()?;
    writer.set("b", "k", b"v2")?;
    store.promote_the_replica()?;
    store.clock.advance(BOUND * 2);
    for session in [&mut writer, &mut reader] {
        assert_eq!(session.get("b", "k")?.as_deref(), Some(&b"v1"[..]), "the acknowledged v2 is gone");
    }
    let history = recorder.finish()?;
    expect(&history, Level::Convergent, "kept")?;
    expect(&history, Level::LastWrite, "broken")
}

/// One pair of servers for all tests, started by the first: each begins with both emptied.
fn suite() -> Vec<Trial> {
    let servers: Arc<OnceLock<kvspec::Result<Servers>>> = Arc::default();
    let client = move || match servers.get_or_init(Servers::start) {
        Ok(servers) => Replicated::of(servers),
        Err(failure) => Err(failure.clone()),
    };
    let emptied = client.clone();
    let mut declaration = Declaration::default();
    declaration.consistency.convergence_ms = Some(BOUND.as_millis() as u64);
    let suite = Conformance::try_new(client).declaration(declaration).reset(move || emptied()?.empty());
    suite.trials().expect("the declaration can be meant")
}
