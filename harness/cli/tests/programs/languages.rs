//! Components written in other languages, to prove that nothing of ours leaks in.
//!
//! They are built with componentize-js from npm and componentize-py from PyPI; without those, the
//! tests are skipped and say so.

use std::path::{Path, PathBuf};

use kvspec::Declaration;
use kvspec::conformance::trials::{Completion, Failed, Trial};
use kvspec::report::human::{Replay, failure_text};
use kvspec::run::run_one;
use kvspec_component::component::{ComponentSubject, Options};
use kvspec_suites::Verdict;
use kvspec_tests::guest::{self, Unbuilt};

/// What is known to break with componentize-js 0.23 (see `suites/findings/componentize-js.md`). The
/// day it no longer does, the test says so.
const KNOWN_OF_JAVASCRIPT: &[(&str, &str)] = &[
    ("eventual::keys::invisible_characters_matter", "KVE-KEY-01"),
    ("eventual::outgoing::undeclared_streaming_is_no_trap", "KVE-ERR-01"),
];

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        Trial::ignorable_test("a_store_in_javascript_breaks_only_what_is_known", || {
            judge_if_built(guest::javascript(""), KNOWN_OF_JAVASCRIPT)
        }),
        Trial::ignorable_test("a_store_in_python_passes", || judge_if_built(guest::python(""), &[])),
    ]
}

fn judge_if_built(built: Result<PathBuf, Unbuilt>, known: &[(&str, &str)]) -> Result<Completion, Failed> {
    match built {
        Ok(component) => judge(&component, known),
        Err(unbuilt) => unbuilt.outcome(),
    }
}

/// Every case passes or does not apply, but those known, which break the requirement named.
fn judge(component: &Path, known: &[(&str, &str)]) -> Result<Completion, Failed> {
    let subject = ComponentSubject::load(component, Options::default())?;
    let mut declaration = Declaration::default();
    declaration.capabilities.streaming = false;
    for case in kvspec_suites::cases::all() {
        let run = run_one(case, &subject, &declaration, 1);
        let expected = known.iter().find(|(name, _)| *name == case.name);
        match (&run.report.verdict, expected) {
            (Verdict::Pass | Verdict::Skip(_), None) => {}
            (Verdict::Fail, Some((_, id))) if run.report.anomalies.iter().any(|a| a.requirement.as_str() == *id) => {}
            (_, None) => return Err(failure_text(&run, &Replay::CargoTest { seed: 1 }).into()),
            (verdict, Some((name, id))) => {
                return Err(format!("{name} is known to break {id}, but it ended as {verdict:?}").into());
            }
        }
    }
    Ok(Completion::Completed)
}
