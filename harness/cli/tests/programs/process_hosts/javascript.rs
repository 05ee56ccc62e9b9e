//! A host in JavaScript: jco from npm, with stores of a few lines.

use std::process::Command;

use kvspec::conformance::trials::{Completion, Failed};
use kvspec::probe::{self, Dialect, EventualDialect, StoreDialect, VERSIONS, WASI_RELEASE};
use kvspec::subject::process::ProcessHost;
use kvspec_reference::Profile;
use kvspec_reference::interface::Subject as _;
use kvspec_suites::declaration::Claim;
use kvspec_tests::{
    folders,
    made::{once, succeed},
    missing::missing,
};

use super::known::{declaration, judge};

const PAGE: &str = "see suites/findings/jco.md";

/// A dialect: the scripts that transpile and run it, the cases
/// by parts of their names, and how many must pass. Starting node takes most of a second: so not all
/// cases are run.
struct Host {
    dialect: Dialect,
    transpile: &'static str,
    run: &'static str,
    parts: &'static [&'static str],
    passed_min: usize,
}

fn test(tested: Host) -> Result<Completion, Failed> {
    let Host { dialect, transpile, run, parts, passed_min } = tested;
    let folder = folders::host("jco");
    if !folder.join("node_modules").exists() {
        return missing("jco is not installed: run `npm install` in harness/tests/hosts/jco");
    }
    let probe = probe::file::temporary(&dialect, WASI_RELEASE)?;
    let mut npm = Command::new("npm");
    // What npm makes is in the folder of the sources, so no other process may make it now.
    once(&format!("jco-{transpile}.txt"), |file| {
        succeed(npm.current_dir(&folder).args(["run", "--silent", transpile]).env("KVSPEC_PROBE", &probe))?;
        std::fs::write(file, transpile)?;
        Ok::<(), Failed>(())
    })?;
    let host = ProcessHost::new(&format!("node '{}/{run}'", folder.display()), None)?;
    assert_eq!(host.offer(), dialect.to_string());
    let mut declaration = declaration(&["bucket-a", "bucket-b"], Claim::ReadYourWrites);
    declaration.capabilities.streaming = dialect.profile() == Profile::Eventual;
    // A byte order mark at the start of a string is lost.
    let known = [("eventual::keys::invisible_characters_matter", "KVE-KEY-01")];
    judge(&host, &declaration, parts, &known, passed_min, PAGE)?;
    Ok(Completion::Completed)
}

pub(crate) fn first_draft() -> Result<Completion, Failed> {
    test(Host {
        dialect: StoreDialect::whole(VERSIONS[0]).into(),
        transpile: "probe",
        run: "run.js",
        parts: &["store::", "::values::", "::sizes::", "invisible_characters"],
        passed_min: 50,
    })
}

pub(crate) fn second_draft() -> Result<Completion, Failed> {
    test(Host {
        dialect: StoreDialect::whole(VERSIONS[1]).into(),
        transpile: "probe-draft2",
        run: "run-draft2.js",
        parts: &["store::cas::", "store::increment::", "store::paging::", "invisible_characters"],
        passed_min: 25,
    })
}

/// Its values are those of the moment of the get; with `late`, those of the moment they are consumed.
pub(crate) fn eventual() -> Result<Completion, Failed> {
    let judged = test(Host {
        dialect: EventualDialect::PUBLISHED.into(),
        transpile: "probe-eventual",
        run: "run-eventual.js",
        parts: &["::incoming::", "::outgoing::", "invisible_characters"],
        passed_min: 35,
    })?;
    if let Completion::Completed = judged {
        let command = format!("node '{}/run-eventual.js' late", folders::host("jco").display());
        let mut declaration = declaration(&["bucket-a", "bucket-b"], Claim::ReadYourWrites);
        declaration.capabilities.streaming = true;
        let known = [("eventual::incoming::a_set_after_the_get_does_not_reach_it", "KVE-INC-03")];
        judge(&ProcessHost::new(&command, None)?, &declaration, &["::a_set_after_the_get"], &known, 0, PAGE)?;
    }
    Ok(judged)
}
