//! Hosts of crates.io that need wasmtime 44, as `.ci/run` builds them (harness/tests/hosts/wasmtime-44).

use kvspec_reference::Profile;
use std::num::NonZeroU16;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use kvspec::conformance::trials::{Completion, Failed};
use kvspec::probe::{self, Dialect, StoreDialect, VERSIONS, WASI_RELEASE};
use kvspec::run::threads;
use kvspec::subject::process::ProcessHost;
use kvspec_reference::consistency::{Finding, Level};
use kvspec_reference::interface::{Failure, Implementation as _, Subject as _};
use kvspec_suites::declaration::Claim;
use kvspec_suites::{Declaration, Verdict};
use kvspec_tests::redis_server::Server;
use kvspec_tests::{
    folders,
    made::{once, succeed},
    missing::missing,
};

use super::built::{built, with_built};
use super::known::{Known, declaration, judge, kvspec};

const PROCESSES: NonZeroU16 = NonZeroU16::new(4).unwrap();

/// The name of a bucket and that of a key are joined by NUL; a counter sticks at its end, and what is
/// no number counts as 0.
const KNOWN_OF_REDB: &Known = &[
    ("eventual::buckets::separators_between_bucket_and_key_do_not_collide", "KVE-BKT-01"),
    ("store::list_keys::names_of_buckets_are_no_patterns", "KVS-LST-08"),
    ("store::increment::an_overflow_is_an_error", "KVS-INC-04"),
    ("store::increment::no_number_is_an_error_and_stays", "KVS-INC-05"),
];
/// The name of a bucket and that of a key are joined by a colon.
const KNOWN_OF_REDIS: &Known = &[
    ("eventual::buckets::separators_between_bucket_and_key_do_not_collide", "KVE-BKT-01"),
    ("store::list_keys::names_of_buckets_are_no_patterns", "KVS-LST-08"),
];

/// The probe, compiled for these hosts: else each start takes a second.
fn compiled_probe() -> Result<PathBuf, Failed> {
    let probe = probe::file::temporary(&Dialect::from(StoreDialect::whole(VERSIONS[0])), WASI_RELEASE)?;
    let compiler = built("kvspec-compile")?;
    once("probe-of-wasmtime-44.cwasm", |file| Ok(succeed(Command::new(compiler).arg(probe).arg(file))?))
}

/// Any bucket opens, and the data outlives the process.
fn declared() -> Declaration {
    let mut declared = declaration(&[], Claim::Linearizable);
    declared.capabilities.outlives_instance = true;
    declared
}

fn redb_host(program: &Path, database: &str) -> Result<(ProcessHost, PathBuf), Failed> {
    let database = folders::scratch().join(database);
    let command = format!("'{}' '{}' {{probe}}", program.display(), database.display());
    Ok((ProcessHost::new(&command, Some(&compiled_probe()?))?, database))
}

pub(crate) fn redb() -> Result<Completion, Failed> {
    with_built("kvspec-host-redb", |program| {
        let (host, database) = redb_host(program, "known.redb")?;
        let host = host.with_reset(&format!("rm -f '{}'", database.display()))?;
        assert_eq!(host.profile(), "store@0.2.0-draft");
        judge(&host, &declared(), &[""], KNOWN_OF_REDB, 120, "see suites/findings/wasmtime-wasi-keyvalue-redb.md")
    })
}

pub(crate) fn redb_without_reset() -> Result<Completion, Failed> {
    with_built("kvspec-host-redb", |program| {
        let (host, database) = redb_host(program, "kept.redb")?;
        assert_eq!(host.keeps_data("b"), Ok(Some(true)));
        let command = format!("'{}' '{}' {{probe}}", program.display(), database.display());
        let probe = compiled_probe()?.display().to_string();
        let arguments = ["--host", &command, "--probe-file", &probe];
        let (code, _, complaint) = kvspec(&arguments, "any-bucket")?;
        assert!(code == Some(2) && complaint.contains("--reset COMMAND"), "{code:?}: {complaint}");
        let host = host.with_reset(&format!("rm -f '{}'", database.display()))?;
        assert_eq!(host.keeps_data("b"), Ok(Some(false)));
        let failing = host.with_reset("false")?.start(1).err().map(|failure| failure.to_string());
        assert!(failing.as_ref().is_some_and(|text| text.contains("--reset: false")), "{failing:?}");
        Ok(())
    })
}

/// Four processes of the host on one server, emptied before each start.
fn with_redis(test: impl FnOnce(&ProcessHost) -> Result<(), Failed>) -> Result<Completion, Failed> {
    for tool in ["redis-server", "redis-cli"] {
        if Command::new(tool).arg("--version").stdout(Stdio::null()).status().is_err() {
            return missing(&format!("{tool} is not installed: apt-get install redis-server"));
        }
    }
    with_built("kvspec-host-redis", |program| {
        let server = Server::start(&[])?;
        let command = format!("'{}' redis://127.0.0.1:{} {{probe}}", program.display(), server.port);
        let host = ProcessHost::new(&command, Some(&compiled_probe()?))?.with_processes(PROCESSES);
        test(&host.with_reset(&format!("redis-cli -p {} flushall", server.port))?)
    })
}

pub(crate) fn redis() -> Result<Completion, Failed> {
    with_redis(|host| {
        assert_eq!((host.profile(), host.keeps_data("b")), (Profile::StoreDraft, Ok(Some(false))));
        judge(host, &declared(), &[""], KNOWN_OF_REDIS, 120, "see suites/findings/wasmtime-wasi-keyvalue-redis.md")
    })
}

pub(crate) fn redis_concurrently() -> Result<Completion, Failed> {
    with_redis(|host| {
        let seen = threads::explore(|| host.start_shared(), host.profile(), &declared(), 1, 16, |_| true);
        assert_eq!((seen.verdict(), seen.workloads), (Verdict::Pass, 16), "{seen:?}");
        let linearizable = seen.observed.iter().find(|o| o.level == Level::Linearizable);
        assert!(linearizable.is_some_and(|o| o.finding == Finding::Kept), "{linearizable:?}");
        Ok(())
    })
}

/// Four processes increment one key at the same time: each sum is given once, and none is left out.
pub(crate) fn redis_counts() -> Result<Completion, Failed> {
    const EACH: i128 = 100;
    with_redis(|host| {
        let store = host.start_shared()?;
        let count = &|session: u16| -> kvspec::Result<Vec<i128>> {
            let bucket = store.open_as(session, "b")?;
            let atomics = bucket.atomics().ok_or_else(|| Failure::Harness("the probe offers atomics".into()))?;
            (0..EACH).map(|_| atomics.increment("n", 1)).collect()
        };
        let mut sums = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..PROCESSES.get()).map(|session| scope.spawn(move || count(session))).collect();
            threads
                .into_iter()
                .map(|thread| thread.join().expect("no thread panics"))
                .collect::<kvspec::Result<Vec<_>>>()
        })?
        .concat();
        sums.sort_unstable();
        assert_eq!(sums, (1..=EACH * i128::from(PROCESSES.get())).collect::<Vec<_>>());
        Ok(())
    })
}
