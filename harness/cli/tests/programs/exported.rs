//! `kvspec export`: the suite as programs, and that their verdicts are those of `kvspec run --host` on the same
//! host, case by case.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use kvspec::conformance::trials::{Completion, Failed, Trial};
use kvspec::probe::{Dialect, StoreDialect, VERSIONS, WASI_RELEASE};
use kvspec::run::run_one;
use kvspec::selection::random_workloads;
use kvspec::subject::process::ProcessHost;
use kvspec_cli::export::official::{self, Manifest, Operation};
use kvspec_reference::Profile;
use kvspec_suites::{Case, Declaration, Verdict, cases};
use kvspec_tests::made::{once, succeed};
use kvspec_tests::missing::missing;
use kvspec_tests::{folders, guest};

use crate::process_hosts::built::with_built;

type Outcome = Result<Completion, Failed>;
type Test = fn() -> Outcome;

const TESTS: &[(&str, Test)] = &[
    ("the_files_are_those_of_the_official_runner", official_files),
    ("arguments_come_before_the_environment", arguments),
    ("what_a_program_says_of_wasmtime_is_what_the_command_says", wasmtime),
    ("what_a_program_says_of_a_host_in_javascript_is_what_the_command_says", javascript),
];

pub(crate) fn trials() -> Vec<Trial> {
    TESTS.iter().map(|&(name, test)| Trial::ignorable_test(name, test)).collect()
}

/// Each case is in one test, by the rules of the format: unknown fields are refused.
fn official_files() -> Outcome {
    let (program, scratch) = (guest::program(""), tempfile::tempdir()?);
    let export = |folder: &Path, more: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kvspec"));
        command.arg("export").arg(folder).arg("--program").arg(&program).args(more);
        command.output()
    };
    let folder = scratch.path().join("suite");
    let more = ["--profile", "store@0.2.0-draft", "--seed", "7", "--proposal", "keyvalue"];
    let output = export(&folder, &more)?;
    if !output.status.success() {
        return Err(format!("{output:?}").into());
    }
    let read = |name: &str| std::fs::read_to_string(folder.join(name));
    assert_eq!(serde_json::from_str::<Manifest>(&read("manifest.json")?)?.name, "kvspec store@0.2.0-draft");
    let mut run = BTreeSet::new();
    let mut tests = 0;
    for entry in std::fs::read_dir(&folder)? {
        let name = entry?.file_name().into_string().map_err(|name| format!("{name:?}"))?;
        let Some(stem) = name.strip_suffix(".json").filter(|stem| *stem != "manifest") else { continue };
        tests += 1;
        assert!(std::fs::read(folder.join(format!("{stem}.wasm")))? == std::fs::read(&program)?, "{stem}");
        let test: official::Test = serde_json::from_str(&read(&name)?)?;
        assert_eq!(test.proposals, ["keyvalue"]);
        for pair in test.operations.chunks(2) {
            let [Operation::Run { args, .. }, Operation::Wait { exit_code: 0 }] = pair else {
                return Err(format!("{name}: {pair:?}").into());
            };
            let [case, seed] = &args[..] else { return Err(format!("{name}: {args:?}").into()) };
            assert_eq!(seed, "--seed=7");
            assert!(run.insert(case.clone()), "{case} is run once");
        }
    }
    let names = cases::of(Profile::StoreDraft).into_iter().map(|case| case.name.to_owned());
    let missed: Vec<_> = names.filter(|name| !run.contains(name)).collect();
    assert!(missed.is_empty() && tests > 10, "{tests} tests, without {missed:?}");
    let again = export(&folder, &more)?;
    let said = String::from_utf8_lossy(&again.stderr).into_owned();
    assert!(again.status.code() == Some(2) && said.contains("empty or missing"), "nothing is overwritten: {said}");
    let other = export(&scratch.path().join("other"), &["--profile", "store@0.2.0-draft2"])?;
    let said = String::from_utf8_lossy(&other.stderr).into_owned();
    assert!(other.status.code() == Some(2) && said.contains("--features draft2"), "{said}");
    Ok(Completion::Completed)
}

/// The program compiled for `wasmtime run`: an unoptimised wasmtime takes half a minute each time.
fn compiled(wasmtime: &Path) -> Result<PathBuf, Failed> {
    let program = guest::program("");
    once("program-of-wasmtime-cli.cwasm", |file| {
        Ok(succeed(Command::new(wasmtime).arg("compile").arg("-o").arg(file).arg(program))?)
    })
}

/// Those of the program, and what it says where they are wrong.
fn arguments() -> Outcome {
    with_built("wasmtime", |wasmtime| {
        let compiled = compiled(wasmtime)?;
        let run = |arguments: &[&str], environment: &[(&str, &str)]| {
            let mut program = Command::new(wasmtime);
            program.args(["run", "-S", "keyvalue", "--allow-precompiled"]);
            program.args(environment.iter().map(|(name, value)| format!("--env={name}={value}")));
            let output = program.arg(&compiled).args(arguments).output()?;
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            Ok::<_, Failed>((output.status.code(), text(&output.stdout), text(&output.stderr)))
        };
        let names = |arguments: &[&str], environment: &[(&str, &str)]| {
            let (code, names, _) = run(&[arguments, &["--list"]].concat(), environment)?;
            assert_eq!(code, Some(0));
            Ok::<_, Failed>(names.lines().map(str::to_owned).collect::<Vec<_>>())
        };
        let filter = [("KVSPEC_FILTER", "KVE-DEL-01 KVE-GET-02")];
        let (all, by_environment, by_arguments) =
            (names(&[], &[])?, names(&[], &filter)?, names(&["KVE-DEL-01"], &filter)?);
        let mut expected: Vec<_> = cases::of(Profile::StoreDraft).into_iter().map(|case| case.name).collect();
        expected.push(random_workloads(Profile::StoreDraft));
        assert_eq!(all, expected);
        let counts = [by_arguments.len(), by_environment.len(), all.len()];
        assert!(0 < counts[0] && counts[0] < counts[1] && counts[1] < counts[2], "{counts:?}");
        for (arguments, environment, expected) in [
            (&["no-such-case"][..], ("A", "b"), "matches no case"),
            (&["--seed", "x"], ("A", "b"), "--help"),
            (&["--nope"], ("A", "b"), "--help"),
            (&[], ("KVSPEC_SEED", "x"), "KVSPEC_SEED"),
            (&[], ("KVSPEC_CONFIG", "profil = 1"), "KVSPEC_CONFIG"),
        ] {
            let (code, results, said) = run(arguments, &[environment])?;
            assert!(code == Some(1) && results.is_empty() && said.contains(expected), "{arguments:?}: {said}");
        }
        Ok(())
    })
}

/// Each opening gives a copy of its own there, so some cases fail, and both must say which.
fn wasmtime() -> Outcome {
    with_built("wasmtime", |wasmtime| {
        let compiled = compiled(wasmtime)?;
        let command = format!("'{}' run -S keyvalue {{probe}}", wasmtime.display());
        let dialect = Dialect::from(StoreDialect::whole(VERSIONS[0]));
        let host = ProcessHost::with_made_probe(&command, Some(dialect), WASI_RELEASE, &|| ())?;
        let configuration =
            std::fs::read_to_string(folders::workspace().join("suites/findings/one-empty-bucket.toml"))?;
        let program = || {
            let mut program = Command::new(wasmtime);
            program.args(["run", "-S", "keyvalue", "--env", "KVSPEC_CONFIG", "--allow-precompiled"]).arg(&compiled);
            program
        };
        compare(&host, &configuration, &program, |_| true, [80, 30, 20])
    })
}

/// A byte order mark at the start of a string is lost there. Starting node takes most of a second: so not all
/// cases are run.
fn javascript() -> Outcome {
    let folder = folders::host("jco");
    if !folder.join("node_modules").exists() {
        return missing("jco is not installed: run `npm install` in harness/tests/hosts/jco");
    }
    let program = guest::program("draft2");
    let dialect = Dialect::from(StoreDialect::whole(VERSIONS[1]));
    let probe = kvspec::probe::file::temporary(&dialect, WASI_RELEASE)?;
    for (script, name, file) in
        [("probe-draft2", "KVSPEC_PROBE", &*probe), ("program-draft2", "KVSPEC_PROGRAM", &*program)]
    {
        once(&format!("jco-{script}.txt"), |made| {
            let mut npm = Command::new("npm");
            succeed(npm.current_dir(&folder).args(["run", "--silent", script]).env(name, file))?;
            std::fs::write(made, script)?;
            Ok::<(), Failed>(())
        })?;
    }
    let host = ProcessHost::new(&format!("node '{}/run-draft2.js'", folder.display()), None)?;
    let configuration = "[capabilities]\ncreates_buckets = false\nbuckets = [\"bucket-a\", \"bucket-b\"]\n\
                         [consistency]\nconvergence_ms = 0\n";
    let program = || {
        let mut node = Command::new("node");
        node.arg(folder.join("run-program-draft2.js"));
        node
    };
    let parts = ["store::cas::", "store::paging::", "eventual::get::", "invisible_characters", "hundreds_of_handles"];
    compare(&host, configuration, &program, |case| parts.iter().any(|part| case.name.contains(part)), [20, 1, 0])?;
    Ok(Completion::Completed)
}

/// Runs each case both ways; at least so many must pass, fail, and be skipped.
fn compare(
    host: &ProcessHost,
    configuration: &str,
    program: &dyn Fn() -> Command,
    selects: impl Fn(&Case) -> bool,
    at_least: [usize; 3],
) -> Result<(), Failed> {
    use kvspec_reference::interface::Subject as _;

    let declaration: Declaration = kvspec::configuration::Configuration::parse(configuration)?.declaration();
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    let mut differing = Vec::new();
    for case in cases::of(host.profile()).into_iter().filter(|case| selects(case)) {
        let by_the_command = run_one(case, host, &declaration, 1).report.verdict;
        let output = program().arg(case.name).env("KVSPEC_CONFIG", configuration).output()?;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let by_itself = said.lines().find(|line| line.starts_with("ok 1") || line.starts_with("not ok 1"));
        let (expected, is_success) = match &by_the_command {
            Verdict::Pass => (format!("ok 1 - {}", case.name), true),
            Verdict::Skip(_) => (format!("ok 1 - {} # SKIP", case.name), true),
            Verdict::Fail | Verdict::Inconclusive(_) => (format!("not ok 1 - {}", case.name), false),
            Verdict::Error(why) => return Err(format!("{}: {why}", case.name).into()),
        };
        let is_same = match by_itself {
            Some(line) if matches!(by_the_command, Verdict::Skip(_)) => line.starts_with(&expected),
            Some(line) => line == expected,
            None => false,
        };
        if !is_same || output.status.success() != is_success {
            let errors = String::from_utf8_lossy(&output.stderr).into_owned();
            differing.push(format!("{}: {by_the_command:?}, but {:?}\n{said}{errors}", case.name, output.status));
        }
        let word = match by_the_command {
            Verdict::Pass => "pass",
            Verdict::Fail => "fail",
            _ => "other",
        };
        *seen.entry(word).or_default() += 1;
    }
    if !differing.is_empty() {
        return Err(differing.join("\n").into());
    }
    for (word, least) in ["pass", "fail", "other"].into_iter().zip(at_least) {
        let count = seen.get(word).copied().unwrap_or(0);
        if count < least {
            return Err(format!("only {count} times {word}: {seen:?}").into());
        }
    }
    Ok(())
}
