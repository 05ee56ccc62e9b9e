//! Hosts that offer `wasi:keyvalue` as an import: the one of wasmtime, unmodified from crates.io,
//! and small ones of our own that have the other published dialects.

use std::collections::BTreeMap;
use std::fs::File;

use kvspec::probe::{Cursor, EventualDialect, GetMany, Increment, StoreDialect};
use kvspec::run::exploration::{Budget, Unwatched, explore};
use kvspec::run::{CaseRun, Plan};
use kvspec::subject::embedded::Embedded;
use kvspec::{Declaration, Subject};
use kvspec_component::component::{ComponentSubject, Options};
use kvspec_component::host::Host;
use kvspec_suites::Verdict;
use kvspec_suites::declaration::Claim;
use kvspec_tests::{EXPORTS_STORE, bodies, maps};
use wasmtime::component::{Component, Linker, ResourceTable, TypedFunc};
use wasmtime::{Engine, Store};
use wasmtime_wasi_keyvalue::{WasiKeyValue, WasiKeyValueCtx, WasiKeyValueCtxBuilder};

struct State {
    table: ResourceTable,
    keyvalue: WasiKeyValueCtx,
}

/// What a user writes to have a host tested.
fn wasmtime_host() -> impl Subject {
    let link = |linker: &mut Linker<State>| {
        wasmtime_wasi_keyvalue::add_to_linker(linker, |s| WasiKeyValue::new(&s.keyvalue, &mut s.table))
    };
    let state = || State { table: ResourceTable::new(), keyvalue: WasiKeyValueCtxBuilder::new().build() };
    kvspec_component::host(link, state).unwrap()
}

/// A host with these buckets, which keeps what the profile demands of reads.
fn declaration(buckets: &[&str]) -> Declaration {
    let mut declaration = Declaration::default();
    declaration.capabilities.creates_buckets = false;
    declaration.capabilities.buckets = buckets.iter().map(|name| (*name).to_owned()).collect();
    declaration.capabilities.streaming = false;
    declaration.consistency.convergence_ms = Some(0);
    declaration.consistency.claims = vec![Claim::ReadYourWrites];
    declaration
}

fn run(subject: &dyn Subject, declaration: &Declaration) -> Vec<CaseRun> {
    let runs = Plan { subject, declaration, cases: kvspec_suites::cases::of(subject.profile()), seed: 1 }.run(|_| {});
    if std::env::var_os("KVSPEC_SHOW").is_some() {
        for run in &runs {
            println!("{:?} {} {:?}", run.report.verdict, run.case.name, run.report.observations);
        }
    }
    runs
}

/// The failed cases with the requirement each names first, and how many passed.
fn summary(runs: &[CaseRun]) -> (BTreeMap<&'static str, &'static str>, usize) {
    let mut failed = BTreeMap::new();
    for run in runs {
        match &run.report.verdict {
            Verdict::Fail => drop(failed.insert(run.case.name, run.report.anomalies[0].requirement.as_str())),
            Verdict::Pass | Verdict::Skip(_) => {}
            other => panic!("{}: {other:?}", run.case.name),
        }
    }
    (failed, runs.iter().filter(|run| run.report.verdict == Verdict::Pass).count())
}

/// See suites/findings/wasmtime-wasi-keyvalue.md: each opening gives a copy of the data that the
/// host was set up with. These cases open the bucket a second time and expect to see what was set.
#[test]
fn a_second_handle_of_the_host_of_wasmtime_shows_another_copy() {
    let (failed, passed) = summary(&run(&wasmtime_host(), &declaration(&[""])));
    let of_store: Vec<&str> = failed.keys().copied().filter(|name| name.starts_with("store::")).collect();
    let expected = [
        "store::increment::several_handles_count_together",
        "store::own_writes::a_handle_opened_later_reads_them",
        "store::own_writes::another_handle_reads_them_at_once",
    ];
    assert_eq!(of_store, expected);
    assert_eq!(failed.get("eventual::handles::two_handles_show_the_same_data"), Some(&"KVE-BKT-03"));
    assert!(passed > 80, "{passed} passed");
}

#[test]
fn through_one_handle_the_host_of_wasmtime_fails_only_when_that_is_opened_again() {
    let mut one_handle = declaration(&[""]);
    one_handle.limits.max_handles = Some(1);
    let (failed, passed) = summary(&run(&wasmtime_host(), &one_handle));
    let expected = BTreeMap::from([
        ("eventual::handles::a_write_survives_a_handle_dropped_at_once", "KVE-BKT-03"),
        ("eventual::handles::dropping_all_handles_loses_nothing", "KVE-BKT-03"),
        ("eventual::handles::handles_are_given_back", "KVE-BKT-03"),
    ]);
    assert_eq!(failed, expected);
    assert!(passed > 80, "{passed} passed");
}

#[test]
fn the_shape_of_the_host_of_wasmtime_is_found() {
    let link = |linker: &mut Linker<State>| {
        wasmtime_wasi_keyvalue::add_to_linker(linker, |s| WasiKeyValue::new(&s.keyvalue, &mut s.table))
    };
    let host = kvspec_component::host(link, || State {
        table: ResourceTable::new(),
        keyvalue: WasiKeyValueCtxBuilder::new().build(),
    });
    let expected = StoreDialect {
        version: "0.2.0-draft",
        cursor: Cursor::Number,
        increment: Some(Increment::Unsigned),
        cas: false,
        get_many: Some(GetMany::PairOrNone),
    };
    assert_eq!(host.unwrap().dialect(), expected.into());
}

#[test]
fn a_good_host_passes_in_every_shape() {
    for (dialect, text) in maps::DIALECTS {
        let host = kvspec_component::host(|linker| maps::add_to_linker(linker, dialect), maps::Maps::default).unwrap();
        assert_eq!((host.dialect(), host.dialect().to_string().as_str()), (dialect.into(), text));
        let runs = run(&host, &declaration(&["bucket-a", "bucket-b"]));
        let (failed, passed) = summary(&runs);
        assert!(failed.is_empty(), "{dialect}: {failed:#?}");
        assert!(passed > 120, "{dialect}: {passed} passed");
        assert!(runs.iter().all(|run| run.report.history.header().profile == host.profile().name()), "{dialect}");
    }
}

#[test]
fn a_host_function_that_fails_is_a_trap_and_one_that_waits_is_awaited() {
    let host =
        kvspec_component::host(|linker| maps::add_to_linker(linker, maps::DIALECTS[0].0), maps::Maps::default).unwrap();
    let store = host.start(1).unwrap();
    let bucket = store.open("bucket-a").unwrap();
    let failure = bucket.set(maps::KEY_THAT_FAILS, b"v").unwrap_err();
    let text = format!("the host function failed: {}", maps::FAILURE);
    assert_eq!(failure, kvspec::Failure::Trap(text));
}

#[test]
fn a_linker_without_the_interface_is_refused_with_what_it_lacks() {
    let error = kvspec_component::host::<()>(|_| Ok(()), || ()).err().unwrap().to_string();
    assert!(error.contains("offers no wasi:keyvalue/store or eventual of a published dialect"), "{error}");
    assert!(error.contains("wasi:keyvalue/store@0.2.0-draft"), "{error}");
}

fn eventual_host(dialect: EventualDialect, data: fn() -> bodies::Bodies) -> Host<bodies::Bodies> {
    kvspec_component::host(move |linker| bodies::add_to_linker(linker, dialect), data).unwrap()
}

/// As [`declaration`], of a host whose bodies are streams.
fn streaming_declaration() -> Declaration {
    let mut declaration = declaration(&["bucket-a", "bucket-b"]);
    declaration.capabilities.streaming = true;
    declaration.consistency.claims = vec![Claim::Linearizable];
    declaration
}

#[test]
fn a_good_host_of_eventual_passes_in_every_shape() {
    for dialect in EventualDialect::all() {
        let host = eventual_host(dialect, bodies::Bodies::default);
        assert_eq!((host.dialect(), host.profile()), (dialect.into(), kvspec::Profile::Eventual));
        let runs = run(&host, &streaming_declaration());
        let (failed, passed) = summary(&runs);
        assert!(failed.is_empty(), "{dialect}: {failed:#?}");
        assert!(passed > 100, "{dialect}: {passed} passed");
        let undecided =
            runs.iter().filter(|run| run.case.name.contains("stream") && run.report.verdict != Verdict::Pass);
        // It is for those that do not stream.
        let expected = ["eventual::outgoing::undeclared_streaming_is_no_trap"];
        assert_eq!(undecided.map(|run| run.case.name).collect::<Vec<_>>(), expected, "{dialect}");
        let searched =
            explore(&host, &streaming_declaration(), 1, Budget { cases: Some(20), time: None }, &mut Unwatched);
        assert_eq!(searched.verdict(), Verdict::Pass, "{dialect}");
    }
}

#[test]
fn bugs_of_the_bodies_of_a_host_are_found() {
    let keeps: fn() -> bodies::Bodies = || bodies::Bodies::with(bodies::Bug::KeepsTheLastPiece);
    let reads: fn() -> bodies::Bodies = || bodies::Bodies::with(bodies::Bug::ReadsWhenConsumed);
    for (data, requirement) in [(keeps, "KVE-OUT"), (reads, "KVE-INC")] {
        let (failed, _) = summary(&run(&eventual_host(EventualDialect::PUBLISHED, data), &streaming_declaration()));
        assert!(failed.values().any(|id| id.starts_with(requirement)), "{failed:#?}");
    }
}

/// A host as a user has one who has a wasmtime of another version: kvspec gives the probe's bytes and two pipes.
fn embedded_host(data: fn() -> bodies::Bodies) -> Embedded {
    let engine = Engine::default();
    let compile = |probe: &[u8]| Component::new(&engine, probe);
    let run = move |probe: &Component, stdin: File, stdout: File| -> wasmtime::Result<()> {
        let mut linker = Linker::new(probe.engine());
        bodies::add_to_linker(&mut linker, EventualDialect::PUBLISHED)?;
        bodies::add_standard_streams(&mut linker, stdin, stdout)?;
        let mut store = Store::new(probe.engine(), data());
        let command = linker.instantiate(&mut store, probe)?;
        let instance = command.get_export_index(&mut store, None, "wasi:cli/run@0.2.0");
        let run = command.get_export_index(&mut store, instance.as_ref(), "run");
        let run = run.ok_or_else(|| wasmtime::format_err!("the probe is no command"))?;
        let run: TypedFunc<(), (Result<(), ()>,)> = command.get_typed_func(&mut store, run)?;
        run.call(&mut store, ())?.0.map_err(|()| wasmtime::format_err!("the probe failed"))
    };
    Embedded::new(compile, run).unwrap()
}

#[test]
fn a_host_that_runs_the_probe_itself_is_judged_as_any_other() {
    let host = embedded_host(bodies::Bodies::default);
    assert_eq!(host.dialect(), EventualDialect::PUBLISHED.into());
    let (failed, passed) = summary(&run(&host, &streaming_declaration()));
    assert!(failed.is_empty(), "{failed:#?}");
    assert!(passed > 100, "{passed} passed");
    let broken = embedded_host(|| bodies::Bodies::with(bodies::Bug::ReadsWhenConsumed));
    let (failed, _) = summary(&run(&broken, &streaming_declaration()));
    assert_eq!(failed.get("eventual::incoming::a_set_after_the_get_does_not_reach_it"), Some(&"KVE-INC-03"));
}

/// A component that exports the profile is found by its types too. This one, made of text, has no
/// store: its `open` knows no identifier.
#[test]
fn a_component_that_exports_the_profile_is_found_and_called() {
    let subject = ComponentSubject::from_bytes(EXPORTS_STORE.as_bytes(), Options::default()).unwrap();
    assert_eq!(subject.profile(), "store@0.2.0-draft");
    let opened = subject.start(1).unwrap().open("any").map(drop);
    assert_eq!(opened, Err(kvspec::Failure::no_such_store("no text")));
}

#[test]
fn a_component_with_an_unpublished_type_is_refused_and_the_function_named() {
    let text = EXPORTS_STORE.replace("(option u64)", "(option u32)").replace("i32 i32 i64", "i32 i32 i32");
    let error = ComponentSubject::from_bytes(text.as_bytes(), Options::default()).err().unwrap().to_string();
    assert!(error.contains("`list-keys` takes neither option<u64> nor option<string>"), "{error}");
}
