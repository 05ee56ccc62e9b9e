//! The files that WASI's official test runner reads: `manifest.json` of a suite, and for each test a `.json` of
//! the operations beside its `.wasm` (`test-runner/wasi_test_runner` of WebAssembly/wasi-testsuite).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// `manifest.json`.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// What the suite is called.
    pub name: String,
}

/// The file of a test.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Test {
    /// What the runner does, in order.
    pub operations: Vec<Operation>,
    /// Which proposals a runtime must be asked for. The runner refuses those that it does not know.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub proposals: Vec<String>,
}

/// What the runner does.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase", deny_unknown_fields)]
pub enum Operation {
    /// Starts the program.
    Run {
        /// Its arguments.
        args: Vec<String>,
        /// Its environment.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        env: BTreeMap<String, String>,
    },
    /// Waits for its end.
    Wait {
        /// The exit code that it must have.
        exit_code: u8,
    },
}

impl Manifest {
    /// As a file.
    pub fn text(&self) -> String {
        lines(self)
    }
}

impl Test {
    /// One that does nothing yet.
    pub fn new(proposals: &[String]) -> Self {
        Self { operations: Vec::new(), proposals: proposals.to_vec() }
    }

    /// Runs a case, too, in a process of its own.
    pub fn run(&mut self, case: &str, seed: u64, configuration: &str) {
        let args = vec![case.to_owned(), format!("--seed={seed}")];
        let declared = (!configuration.is_empty()).then(|| ("KVSPEC_CONFIG".to_owned(), configuration.to_owned()));
        self.operations.push(Operation::Run { args, env: declared.into_iter().collect() });
        self.operations.push(Operation::Wait { exit_code: 0 });
    }

    /// As a file.
    pub fn text(&self) -> String {
        lines(self)
    }
}

fn lines(value: &impl Serialize) -> String {
    serde_json::to_string_pretty(value).expect("strings and numbers can be written") + "\n"
}
