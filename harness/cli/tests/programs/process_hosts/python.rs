//! A host in Python: the package wasmtime of PyPI, with a store of a few lines.

use kvspec::conformance::trials::{Completion, Failed};
use kvspec::probe::{Dialect, EventualDialect, WASI_RELEASE};
use kvspec::subject::process::ProcessHost;
use kvspec_reference::interface::Subject as _;
use kvspec_suites::declaration::Claim;
use kvspec_tests::{folders, missing::missing};

use super::known::{declaration, judge};

const PAGE: &str = "see suites/findings/wasmtime-python.md";

/// It passes; with `torn`, bodies that are written in pieces are not whole.
pub(crate) fn eventual() -> Result<Completion, Failed> {
    let python = folders::target().join("wasmtime-python/bin/python");
    if !python.exists() {
        return missing(
            "wasmtime is not installed for Python: python3 -m venv target/wasmtime-python && \
             target/wasmtime-python/bin/pip install -r harness/tests/hosts/python/requirements.txt",
        );
    }
    let program = folders::host("python").join("host.py");
    let command = format!("'{}' '{}' {{probe}}", python.display(), program.display());
    let mut declaration = declaration(&["bucket-a", "bucket-b"], Claim::ReadYourWrites);
    declaration.capabilities.streaming = true;
    // The dialect is found by trying, past those of the store.
    let host = ProcessHost::with_made_probe(&command, None, WASI_RELEASE, &|| ())?;
    let dialect = Dialect::from(EventualDialect::PUBLISHED);
    assert_eq!(host.offer(), dialect.to_string());
    judge(&host, &declaration, &["::incoming::", "::outgoing::"], &[], 35, PAGE)?;
    let torn = ProcessHost::with_made_probe(&format!("{command} torn"), Some(dialect), WASI_RELEASE, &|| ())?;
    let known = [("eventual::outgoing::a_stream_in_odd_pieces_is_the_value", "KVE-OUT-01")];
    judge(&torn, &declaration, &["::a_stream_in_odd_pieces"], &known, 0, PAGE)?;
    Ok(Completion::Completed)
}
