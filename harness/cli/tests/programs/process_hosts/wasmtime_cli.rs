//! The command line of wasmtime (harness/tests/hosts/wasmtime-cli).

use std::num::NonZeroU16;
use std::path::{Path, PathBuf};
use std::process::Command;

use kvspec::conformance::trials::{Completion, Failed};
use kvspec::probe::{self, Dialect, StoreDialect, VERSIONS, WASI_RELEASE};
use kvspec::run::threads;
use kvspec::subject::process::ProcessHost;
use kvspec_reference::interface::Subject as _;
use kvspec_suites::Verdict;
use kvspec_suites::declaration::Claim;
use kvspec_tests::made::{once, succeed};

use super::built::with_built;
use super::known::{Known, declaration, judge, kvspec};

const PAGE: &str = "see suites/findings/wasmtime-cli.md";

/// Each opening gives a copy of the data that the host was set up with.
const KNOWN: &Known = &[
    ("eventual::handles::a_write_survives_a_handle_dropped_at_once", "KVE-BKT-03"),
    ("eventual::handles::dropping_all_handles_loses_nothing", "KVE-BKT-03"),
    ("eventual::handles::handles_are_given_back", "KVE-BKT-03"),
];
const KNOWN_OF_SEVERAL_HANDLES: &Known = &[
    ("store::increment::several_handles_count_together", "KVS-INC-08"),
    ("store::own_writes::a_handle_opened_later_reads_them", "KVS-RYW-02"),
    ("store::own_writes::another_handle_reads_them_at_once", "KVS-RYW-02"),
];

/// The probe, compiled beforehand: compiling takes a second each time.
fn compiled(program: &Path) -> Result<PathBuf, Failed> {
    let probe = probe::file::temporary(&Dialect::from(StoreDialect::whole(VERSIONS[0])), WASI_RELEASE)?;
    once("probe-of-wasmtime-cli.cwasm", |file| {
        Ok(succeed(Command::new(program).arg("compile").arg("-o").arg(file).arg(probe))?)
    })
}

fn host(program: &Path) -> Result<ProcessHost, Failed> {
    let command = format!("'{}' run --allow-precompiled -S keyvalue {{probe}}", program.display());
    Ok(ProcessHost::new(&command, Some(&compiled(program)?))?)
}

fn with(test: impl FnOnce(&Path) -> Result<(), Failed>) -> Result<Completion, Failed> {
    with_built("wasmtime", test)
}

pub(crate) fn known_verdicts() -> Result<Completion, Failed> {
    with(|program| {
        let host = host(program)?;
        assert_eq!(host.profile(), "store@0.2.0-draft");
        let many = declaration(&[""], Claim::ReadYourWrites);
        judge(&host, &many, &["store::"], KNOWN_OF_SEVERAL_HANDLES, 30, PAGE)?;
        let mut one = many;
        one.limits.max_handles = Some(1);
        judge(&host, &one, &[""], KNOWN, 80, PAGE)
    })
}

/// The dialect is found at the first start.
pub(crate) fn found_by_trying() -> Result<Completion, Failed> {
    with(|program| {
        let command = format!("'{}' run -S keyvalue {{probe}}", program.display());
        let host = ProcessHost::with_made_probe(&command, None, WASI_RELEASE, &|| ())?;
        assert_eq!(host.offer(), Dialect::from(StoreDialect::whole(VERSIONS[0])).to_string());
        judge(&host, &declaration(&[""], Claim::ReadYourWrites), &["eventual::get::"], &[], 3, PAGE)
    })
}

/// As for hosts that have neither atomics nor batch, with a later release of WASI.
pub(crate) fn store_alone() -> Result<Completion, Failed> {
    with(|program| {
        let command = format!("'{}' run -S keyvalue {{probe}}", program.display());
        let store = Dialect::from(StoreDialect::store(VERSIONS[0]));
        let host = ProcessHost::with_made_probe(&command, Some(store), "0.2.3", &|| ())?;
        assert_eq!(host.offer(), store.to_string());
        let parts = ["eventual::get::", "store::increment::several_handles"];
        judge(&host, &declaration(&[""], Claim::ReadYourWrites), &parts, &[], 3, PAGE)
    })
}

/// A dialect that the host lacks is refused with its own words; a host without the interface, with what it
/// said to each.
pub(crate) fn what_is_not_offered() -> Result<Completion, Failed> {
    with(|program| {
        let command = format!("'{}' run -S keyvalue {{probe}}", program.display());
        let second = Some(Dialect::from(StoreDialect::whole(VERSIONS[1])));
        let refused = ProcessHost::with_made_probe(&command, second, WASI_RELEASE, &|| ()).err();
        let without =
            ProcessHost::with_made_probe(&command.replace("-S keyvalue ", ""), None, WASI_RELEASE, &|| ()).err();
        for (refusal, parts) in [
            (refused, ["0.2.0-draft2", "leave out --dialect"]),
            (without, ["wasi:keyvalue/store@0.2.0-draft", "whichever dialect"]),
        ] {
            let refusal = refusal.ok_or("it was accepted")?.to_string();
            if let Some(missing) = parts.iter().find(|part| !refusal.contains(**part)) {
                return Err(format!("{missing} is not in:\n{refusal}").into());
            }
        }
        Ok(())
    })
}

/// The data of `wasmtime run` is in its memory: with a session in each process, no session sees what
/// another wrote, and that must not pass.
pub(crate) fn processes_that_share_nothing() -> Result<Completion, Failed> {
    with(|program| {
        let host = host(program)?.with_processes(NonZeroU16::new(4).expect("4 is not 0"));
        let declaration = declaration(&[""], Claim::Linearizable);
        let seen = threads::explore(|| host.start_shared(), host.profile(), &declaration, 1, 16, |_| true);
        if seen.verdict() != Verdict::Fail {
            return Err(format!("{seen:?}").into());
        }
        let command = format!("'{}' run --allow-precompiled -S keyvalue {{probe}}", program.display());
        let probe = compiled(program)?.display().to_string();
        let host = ["--host", &command, "--probe-file", &probe, "--processes", "4"];
        let (code, report, errors) =
            kvspec(&[&host[..], &["--filter", "concurrent_workloads"]].concat(), "one-empty-bucket")?;
        let missing = ["they share nothing", "leave --processes out"].iter().find(|part| !errors.contains(**part));
        if code == Some(69) && missing.is_none() {
            Ok(())
        } else {
            Err(format!("{code:?}, {missing:?}:\n{report}{errors}").into())
        }
    })
}
