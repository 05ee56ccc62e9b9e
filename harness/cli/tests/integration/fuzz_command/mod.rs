//! `kvspec fuzz` as its users meet it: exit codes, reports, and what is on disk.

mod kept;
mod replayed;
mod store;
mod told;

use kvspec_tests::guest;
use std::path::Path;
use std::process::Command;

/// Runs `kvspec fuzz` on the Rust component with this bug; gives the exit code and the report without
/// what differs from run to run.
fn command(bug: &str, folder: &Path, more: &[&str]) -> (i32, serde_json::Value) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kvspec"));
    command.current_dir(folder).arg("fuzz").arg(guest::store("")).args(["--format", "json"]);
    command.arg("--env").arg(format!("KVSPEC_BUG={bug}")).args(more);
    if !more.contains(&"--budget") && !more.contains(&"--replay") {
        command.args(["--budget", "400"]);
    }
    let output = command.output().unwrap();
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    report.as_object_mut().unwrap().remove("real_time").expect("it says how long it took");
    (output.status.code().unwrap(), report)
}

/// What a run of `kvspec fuzz` came to: exit code, standard output, standard error.
fn fuzz(folder: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kvspec"));
    let output = command.current_dir(folder).arg("fuzz").args(arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

/// The path of the Rust component.
fn store() -> String {
    guest::store("").to_str().unwrap().to_owned()
}

/// The lines of a report that give commands for a shell.
fn replay_lines(report: &str) -> Vec<&str> {
    report.lines().filter_map(|line| line.trim().strip_prefix("replay    kvspec ")).collect()
}

/// Runs a command line of kvspec as a user would who copied it from a report.
fn in_shell(folder: &Path, line: &str) -> (Option<i32>, String) {
    let line = format!("'{}' {line}", env!("CARGO_BIN_EXE_kvspec"));
    let output = Command::new("sh").current_dir(folder).args(["-c", &line]).output().unwrap();
    (output.status.code(), String::from_utf8(output.stdout).unwrap() + &String::from_utf8_lossy(&output.stderr))
}

/// The names of the files in a folder, sorted.
fn names_in(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}
