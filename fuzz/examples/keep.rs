//! From crash to regression: turns an input that libFuzzer saved into a small workload file.
//!
//! `cargo run -p kvspec-fuzz --example keep -- TARGET ARTIFACT [FOLDER]`

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use kvspec::subject::native::silence_caught_panics;
use kvspec_fuzz::{store_many_sessions, store_single_session};
use kvspec_reference::InMemory;
use kvspec_reference::interface::fresh;
use kvspec_reference::stores::simulated;

/// Where workload files of found faults are kept.
const FOLDER: &str = "suites/regressions";

fn main() -> ExitCode {
    silence_caught_panics();
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
    let (in_memory, cluster) = (fresh(|_| InMemory::new()), simulated::subject(None));
    let store = match target {
        "store_single_session" => store_single_session::store(&in_memory),
        "store_many_sessions" => store_many_sessions::store(&cluster),
        "component" => return Err("`kvspec fuzz` saves workload files by itself; use it for components".into()),
        other => return Err(format!("{other} makes no workloads; its input is the regression")),
    };
    let regression = store.regression(&bytes)?;
    let name = format!("{}-{}.workload", regression.requirement.to_lowercase(), file_stem(artifact));
    let file = folder.join(name);
    std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::write(&file, regression.to_string()))
        .map_err(|e| format!("{}: {e}", file.display()))?;
    Ok(file)
}

fn file_stem(artifact: &Path) -> String {
    let stem = artifact.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    stem.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').take(32).collect()
}
