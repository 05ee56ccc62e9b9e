//! Hosts that offer `wasi:keyvalue` as an import, unmodified from crates.io.

use std::collections::BTreeMap;

use kvspec::Declaration;
use kvspec::run::{CaseRun, Plan};
use kvspec_reference::interface::Subject;
use kvspec_suites::Verdict;
use kvspec_suites::declaration::{Capabilities, Claim, Consistency};
use wasmtime::component::{Linker, ResourceTable};
use wasmtime_wasi_keyvalue::{WasiKeyValue, WasiKeyValueCtx, WasiKeyValueCtxBuilder};

struct State {
    table: ResourceTable,
    keyvalue: WasiKeyValueCtx,
}

fn wasmtime_host() -> impl Subject {
    let link = |linker: &mut Linker<State>| {
        wasmtime_wasi_keyvalue::add_to_linker(linker, |s| WasiKeyValue::new(&s.keyvalue, &mut s.table))
    };
    let state = || State { table: ResourceTable::new(), keyvalue: WasiKeyValueCtxBuilder::new().build() };
    kvspec::host(link, state).unwrap()
}

/// One bucket, named "", and the profile's own guarantee.
fn wasmtime_declaration() -> Declaration {
    Declaration {
        capabilities: Capabilities {
            creates_buckets: false,
            buckets: vec![String::new()],
            streaming: false,
            ..Default::default()
        },
        consistency: Consistency { claims: vec![Claim::ReadYourWrites], ..Default::default() },
        ..Default::default()
    }
}

fn run(subject: &dyn Subject, declaration: &Declaration) -> Vec<CaseRun> {
    Plan { subject, declaration, cases: kvspec_suites::cases::of(subject.profile()), seed: 1 }.run(|_| {})
}

/// The failed cases with the requirement each names first, and how many passed.
fn summary(runs: &[CaseRun]) -> (BTreeMap<&'static str, &'static str>, usize) {
    let mut failed = BTreeMap::new();
    for run in runs {
        match &run.report.verdict {
            Verdict::Fail => drop(failed.insert(run.case.name, run.report.anomalies[0].requirement)),
            Verdict::Pass | Verdict::Skip(_) => {}
            other => panic!("{}: {other:?}", run.case.name),
        }
    }
    (failed, runs.iter().filter(|run| run.report.verdict == Verdict::Pass).count())
}

#[test]
fn the_host_of_wasmtime_fails_only_as_its_finding_says() {
    let subject = wasmtime_host();
    let runs = run(&subject, &wasmtime_declaration());
    if std::env::var_os("KVSPEC_SHOW").is_some() {
        for run in &runs {
            println!("{:?} {} {:?}", run.report.verdict, run.case.name, run.report.observations);
            for anomaly in &run.report.anomalies {
                println!("    {} expected {} actual {}\n    {:?}", anomaly.requirement, anomaly.expected, anomaly.actual, anomaly.because);
            }
        }
    }
    let (failed, passed) = summary(&runs);
    println!("{failed:#?} {passed}");
    assert!(failed.is_empty());
}
