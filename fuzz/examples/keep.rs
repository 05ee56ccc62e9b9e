//! From crash to regression: turns an input that libFuzzer saved into a small workload file.
//!
//! `cargo run -p kvspec-fuzz --example keep -- TARGET ARTIFACT [FOLDER]`

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use kvspec_fuzz::workloads::{PROFILE, Store};
use kvspec_fuzz::{store_many_sessions, store_single_session};
use kvspec_reference::InMemory;
use kvspec_reference::recorder::ManualClock;
use kvspec_reference::shrink::shrink;
use kvspec_reference::simulated;
use kvspec_reference::workload::text::WorkloadFile;
use kvspec_suites::property::{Regression, execute};

/// Where workload files of found faults are kept.
const FOLDER: &str = "suites/regressions";

/// The most workloads that are tried to make one small.
const SHRINK_EXECUTIONS_MAX: u64 = 10_000;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (target, artifact, folder) = match &arguments[..] {
        [target, artifact] => (target, artifact, FOLDER),
        [target, artifact, folder] => (target, artifact, folder.as_str()),
        _ => {
            eprintln!("usage: keep store_single_session|store_many_sessions ARTIFACT [FOLDER]");
            return ExitCode::from(2);
        }
    };
    match keep(target, Path::new(artifact), Path::new(folder)) {
        Ok(file) => {
            println!("{}", file.display());
            ExitCode::SUCCESS
        }
        Err(why) => {
            eprintln!("keep: {why}");
            ExitCode::FAILURE
        }
    }
}

fn keep(target: &str, artifact: &Path, folder: &Path) -> Result<PathBuf, String> {
    let bytes = std::fs::read(artifact).map_err(|e| format!("{}: {e}", artifact.display()))?;
    let cluster = simulated::subject(None);
    let store = match target {
        "store_single_session" => store_single_session::store(&InMemory::new),
        "store_many_sessions" => store_many_sessions::store(&cluster),
        "component" => return Err("`kvspec fuzz` saves workload files by itself; use it for components".into()),
        other => return Err(format!("{other} makes no workloads; its input is the regression")),
    };
    let (workload, seed) = store.decode(&bytes).ok_or("the input stands for no workload")?;
    let regression = small(&store, &workload, seed)?;
    let name = format!("{}-{}.workload", regression.requirement.to_lowercase(), file_stem(artifact));
    let file = folder.join(name);
    std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::write(&file, regression.to_string()))
        .map_err(|e| format!("{}: {e}", file.display()))?;
    Ok(file)
}

fn small(store: &Store<'_>, workload: &kvspec_reference::Workload, seed: u64) -> Result<Regression, String> {
    let broken = |workload: &kvspec_reference::Workload| {
        let clock = ManualClock::default();
        execute(store.subject, &clock, &store.declaration, PROFILE, workload, seed)
            .map(|execution| execution.anomalies.iter().map(|anomaly| anomaly.requirement).collect::<Vec<_>>())
    };
    let requirement = *broken(workload)?.first().ok_or("the input shows nothing wrong any more")?;
    let shrunk = shrink(workload, SHRINK_EXECUTIONS_MAX, |candidate| {
        broken(candidate).is_ok_and(|requirements| requirements.contains(&requirement))
    });
    Ok(Regression {
        requirement: requirement.into(),
        kind: String::new(),
        implementation_seed: seed,
        file: WorkloadFile { profile: PROFILE.into(), workload: shrunk.workload },
    })
}

fn file_stem(artifact: &Path) -> String {
    let stem = artifact.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    stem.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').take(32).collect()
}
