//! The command, and cases whose verdicts are known.

use std::collections::BTreeMap;
use std::process::Command;

use kvspec::Declaration;
use kvspec::conformance::trials::Failed;
use kvspec::report::human::{Replay, failure_text};
use kvspec::run::run_one;
use kvspec_reference::interface::Subject;
use kvspec_suites::declaration::Claim;
use kvspec_suites::{Case, Verdict};
use kvspec_tests::folders;

/// Runs the command with a configuration of suites/findings: the exit code, the report and the complaints.
pub(crate) fn kvspec(arguments: &[&str], configuration: &str) -> Result<(Option<i32>, String, String), Failed> {
    let findings = folders::workspace().join("suites/findings");
    let mut command = Command::new(env!("CARGO_BIN_EXE_kvspec"));
    command.arg("run").args(arguments).arg("--config").arg(findings.join(format!("{configuration}.toml")));
    let output = command.current_dir(folders::scratch()).output()?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ok((output.status.code(), text(&output.stdout), text(&output.stderr)))
}

/// What a host declares: these buckets, or any bucket where none is named.
pub(crate) fn declaration(buckets: &[&str], claim: Claim) -> Declaration {
    let mut declaration = Declaration::default();
    declaration.capabilities.creates_buckets = buckets.is_empty();
    declaration.capabilities.buckets = buckets.iter().map(|&name| name.to_owned()).collect();
    declaration.capabilities.streaming = false;
    // All of them show a write at once; the default would be waited for in real time.
    declaration.consistency.convergence_ms = Some(0);
    declaration.consistency.claims = vec![claim];
    declaration
}

/// The known failures: the case, and the requirement that its report names first.
pub(crate) type Known = [(&'static str, &'static str)];

/// Runs the cases whose names hold one of these parts; at least so many must pass, and exactly the
/// known ones must fail. `page` is where the findings stand.
pub(crate) fn judge(
    host: &dyn Subject,
    declaration: &Declaration,
    parts: &[&str],
    known: &Known,
    passed_min: usize,
    page: &str,
) -> Result<(), Failed> {
    let wanted = |case: &&'static Case| parts.iter().any(|part| case.name.contains(part));
    let (mut failed, mut passed) = (BTreeMap::new(), 0);
    for case in kvspec_suites::cases::of(host.profile()).into_iter().filter(wanted) {
        let run = run_one(case, host, declaration, 1);
        match run.report.verdict {
            Verdict::Pass => passed += 1,
            Verdict::Skip(_) => {}
            Verdict::Fail => {
                let text = failure_text(&run, &Replay::CargoTest { seed: 1 });
                failed.insert(case.name, (run.report.anomalies[0].requirement.as_str(), text));
            }
            other => return Err(format!("{}: {other:?}", case.name).into()),
        }
    }
    let known: BTreeMap<_, _> = known.iter().copied().collect();
    for (case, requirement) in &known {
        match failed.get(case) {
            Some((seen, _)) if seen == requirement => {}
            Some((seen, text)) => return Err(format!("{case} broke {requirement}, now {seen}: {page}\n{text}").into()),
            None => return Err(format!("{case} broke {requirement}, and no longer does: {page}").into()),
        }
    }
    if let Some((case, (_, text))) = failed.iter().find(|(case, _)| !known.contains_key(*case)) {
        return Err(format!("{case} fails, which is not known: {page}\n{text}").into());
    }
    if passed < passed_min { Err(format!("only {passed} cases passed").into()) } else { Ok(()) }
}
