//! The crates of the README, as their users would build and run them. Each is a workspace of its own and
//! depends on kvspec by its path.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Where the crates are.
fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/examples").join(name)
}

fn cargo(name: &str, arguments: &[&str]) -> String {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(arguments).arg("--manifest-path").arg(folder(name).join("Cargo.toml")).arg("--locked");
    // They choose other numbers, or longer failures.
    cargo.env_remove("KVSPEC_SEED").env_remove("RUST_BACKTRACE");
    let output = cargo.output().expect("cargo runs");
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "cargo {arguments:?} in {name}\n{out}\n{err}");
    out.into_owned()
}

/// Builds one in a folder that both share and that is kept, runs its tests, and gives what they print.
fn tested(name: &str) -> String {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("user-crates");
    cargo(name, &["test", "--test", "conformance", "--target-dir", target.to_str().expect("a path in UTF-8")])
}

/// How many tests passed, of a run in which none failed.
fn passed(output: &str) -> usize {
    let line = output.lines().find(|line| line.starts_with("test result: ok.")).expect("the tests end");
    let number = line.split_whitespace().nth(3).and_then(|number| number.parse().ok());
    assert!(line.contains(" 0 failed"), "{line}");
    number.expect("the number that passed")
}

#[test]
fn a_store_of_thirty_lines_is_tested() {
    let output = tested("store");
    assert!(passed(&output) > 150, "{output}");
    assert!(output.contains("eventual::random_workloads"), "{output}");
}

#[test]
fn an_asynchronous_store_is_tested() {
    let output = tested("async-store");
    assert!(passed(&output) > 150, "{output}");
    assert!(output.contains("eventual::concurrent_workloads"), "{output}");
}

/// What a user compiles has neither a compiler for wasm nor a command line.
#[test]
fn a_user_compiles_little() {
    for (name, others_max) in [("store", 45), ("async-store", 50)] {
        let tree = cargo(name, &["tree", "--edges", "normal,dev,build", "--prefix", "none", "--no-dedupe"]);
        let mut crates: Vec<&str> = tree.lines().filter_map(|line| line.split(' ').next()).collect();
        crates.sort_unstable();
        crates.dedup();
        for heavy in ["wasmtime", "cranelift-codegen", "clap", "clojure-reader", "wasmparser", "indicatif"] {
            assert!(!crates.contains(&heavy), "{name} compiles {heavy}");
        }
        assert!(crates.contains(&"kvspec") && crates.len() <= others_max, "{name}: {}: {crates:?}", crates.len());
    }
}

/// The README and the documentation show exactly these files.
#[test]
fn what_is_shown_is_what_is_run() {
    let read = |file: &Path| std::fs::read_to_string(file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    let readme = read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../README.md"));
    for name in ["store", "async-store"] {
        let test = read(&folder(name).join("tests/conformance.rs"));
        assert!(readme.contains(test.trim_end()), "the README shows another tests/conformance.rs than {name} has");
    }
    let documented = read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/async_store.rs"));
    assert_eq!(documented, read(&folder("async-store").join("tests/conformance.rs")));
}
