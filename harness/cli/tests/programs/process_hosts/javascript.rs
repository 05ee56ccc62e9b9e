//! A host in JavaScript: jco from npm, with stores of a few lines.

use std::process::Command;

use kvspec::conformance::trials::{Completion, Failed};
use kvspec::probe::{self, Dialect, StoreDialect, VERSIONS, WASI_RELEASE};
use kvspec::subject::process::ProcessHost;
use kvspec_reference::interface::Subject as _;
use kvspec_suites::declaration::Claim;
use kvspec_tests::{
    folders,
    made::{once, succeed},
    missing::missing,
};

use super::known::{declaration, judge};

const PAGE: &str = "see suites/findings/jco.md";

/// One of the two drafts: its version, the scripts that transpile and run it, the cases
/// by parts of their names, and how many must pass. Starting node takes most of a second: so not all
/// cases are run.
struct Draft {
    version: &'static str,
    transpile: &'static str,
    run: &'static str,
    parts: &'static [&'static str],
    passed_min: usize,
}

fn test(draft: Draft) -> Result<Completion, Failed> {
    let Draft { version, transpile, run, parts, passed_min } = draft;
    let folder = folders::host("jco");
    if !folder.join("node_modules").exists() {
        return missing("jco is not installed: run `npm install` in harness/tests/hosts/jco");
    }
    let probe = probe::file::temporary(&Dialect::from(StoreDialect::whole(version)), WASI_RELEASE)?;
    let mut npm = Command::new("npm");
    // What npm makes is in the folder of the sources, so no other process may make it now.
    once(&format!("jco-{transpile}.txt"), |file| {
        succeed(npm.current_dir(&folder).args(["run", "--silent", transpile]).env("KVSPEC_PROBE", &probe))?;
        std::fs::write(file, transpile)?;
        Ok::<(), Failed>(())
    })?;
    let host = ProcessHost::new(&format!("node '{}/{run}'", folder.display()), None)?;
    assert_eq!(host.offer(), Dialect::from(StoreDialect::whole(version)).to_string());
    let declaration = declaration(&["bucket-a", "bucket-b"], Claim::ReadYourWrites);
    // A byte order mark at the start of a string is lost.
    let known = [("eventual::keys::invisible_characters_matter", "KVE-KEY-01")];
    judge(&host, &declaration, parts, &known, passed_min, PAGE)?;
    Ok(Completion::Completed)
}

pub(crate) fn first_draft() -> Result<Completion, Failed> {
    test(Draft {
        version: VERSIONS[0],
        transpile: "probe",
        run: "run.js",
        parts: &["store::", "::values::", "::sizes::", "invisible_characters"],
        passed_min: 50,
    })
}

pub(crate) fn second_draft() -> Result<Completion, Failed> {
    test(Draft {
        version: VERSIONS[1],
        transpile: "probe-draft2",
        run: "run-draft2.js",
        parts: &["store::cas::", "store::increment::", "store::paging::", "invisible_characters"],
        passed_min: 25,
    })
}
