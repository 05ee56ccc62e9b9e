//! The report for machines and its schema say the same.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use kvspec::report::json;
use kvspec_reference::consistency::Level;
use kvspec_tests::guest;
use serde_json::Value;

/// Runs the command and gives its report.
fn report(arguments: &[&str]) -> Value {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kvspec"));
    command.args(arguments).args(["--format", "json"]).current_dir(env!("CARGO_TARGET_TMPDIR"));
    let output = command.output().expect("kvspec can be started");
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        panic!("{arguments:?}: {error}\n{}", String::from_utf8_lossy(&output.stderr));
    })
}

/// As much of JSON Schema as the schema uses, by which a report is compared with it.
struct Comparison<'s> {
    schema: &'s Value,
    /// The properties that were met, with the place in the schema.
    met: BTreeSet<String>,
    faults: Vec<String>,
}

impl<'s> Comparison<'s> {
    fn compare(&mut self, schema: &'s Value, place: &str, value: &Value) {
        if let Some(name) = schema["$ref"].as_str().and_then(|reference| reference.strip_prefix("#/$defs/")) {
            return self.compare(&self.schema["$defs"][name], name, value);
        }
        let types: Vec<&str> = match &schema["type"] {
            Value::Array(types) => types.iter().filter_map(Value::as_str).collect(),
            one => one.as_str().into_iter().collect(),
        };
        let of = |name: &str| match name {
            "object" => value.is_object(),
            "array" => value.is_array(),
            "string" => value.is_string(),
            "boolean" => value.is_boolean(),
            "null" => value.is_null(),
            "integer" => value.is_u64(),
            "number" => value.is_number(),
            _ => false,
        };
        let is_one_of = schema["enum"].as_array().is_none_or(|values| values.contains(value));
        let is_that = schema.get("const").is_none_or(|that| that == value);
        if !is_one_of || !is_that || !types.is_empty() && !types.iter().any(|name| of(name)) {
            self.faults.push(format!("{place}: {value} is not {schema}"));
        }
        for (key, part) in value.as_object().into_iter().flatten() {
            match schema["properties"].get(key) {
                Some(property) => {
                    self.met.insert(format!("{place}.{key}"));
                    self.compare(property, &format!("{place}.{key}"), part);
                }
                None if schema["additionalProperties"].is_object() => {
                    self.compare(&schema["additionalProperties"], place, part);
                }
                None => self.faults.push(format!("{place}: {key} is not in the schema")),
            }
        }
        for key in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            if value.get(key).is_none() {
                self.faults.push(format!("{place}: {key} is missing"));
            }
        }
        for (i, item) in value.as_array().into_iter().flatten().enumerate() {
            self.compare(schema["prefixItems"].get(i).unwrap_or(&schema["items"]), place, item);
        }
    }
}

/// The properties of a schema, as [`Comparison`] names them.
fn properties(schema: &Value, place: &str) -> BTreeSet<String> {
    let of_this = schema["properties"].as_object().into_iter().flatten();
    let of_defs = schema["$defs"].as_object().into_iter().flatten();
    let mut all: BTreeSet<String> = of_this.map(|(key, _)| format!("{place}.{key}")).collect();
    all.extend(of_defs.flat_map(|(name, part)| properties(part, name)));
    all
}

#[test]
fn reports_have_what_the_schema_has() {
    let schema: Value = serde_json::from_str(json::SCHEMA).unwrap();
    let mut comparison = Comparison { schema: &schema, met: BTreeSet::new(), faults: Vec::new() };
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("report-schema-expect.toml");
    let expectations = ["**::random_workloads", "**::delete::*"]
        .map(|id| format!("[[expect]]\nid = \"{id}\"\nreason = \"known\"\n"))
        .concat();
    std::fs::write(&file, expectations).unwrap();
    let file = file.to_str().unwrap();
    let over = Path::new(env!("CARGO_TARGET_TMPDIR")).join("report-schema-expired.toml");
    std::fs::write(&over, "[[expect]]\nid = \"**\"\nreason = \"known\"\nexpires = 2001-01-01\n").unwrap();
    let over = over.to_str().unwrap();
    for arguments in [
        &["--cases", "16"][..],
        &["--bug", "lost-tombstone", "--expect", file],
        &["--bug", "stale-exists", "--expect", over],
        &["--filter", "delete", "--cases", "0"],
    ] {
        comparison.compare(&schema, "report", &report(arguments));
    }
    assert_eq!(comparison.faults, Vec::<String>::new());
    // What takes a host in several processes, a component, or calls without a result to show.
    let unseen: BTreeSet<String> = properties(&schema, "report").difference(&comparison.met).cloned().collect();
    let expected = ["case.calls", "report.concurrent_workloads", "report.found", "workloads.reason", "workloads.seed"]
        .map(str::to_owned);
    assert_eq!(unseen, expected.into());
}

#[test]
fn reports_of_searches_have_what_their_schema_has() {
    let schema: Value = serde_json::from_str(kvspec_fuzzing::report::json::SCHEMA).unwrap();
    let mut comparison = Comparison { schema: &schema, met: BTreeSet::new(), faults: Vec::new() };
    let (store, stores) = (guest::store(""), guest::stores());
    let [store, stores] = [&store, &stores].map(|file| file.to_str().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let kept = folder.path().join("kept");
    std::fs::write(&kept, "kvspec workload 1\nsessions 1\n\n0 set b k \"v\"\nquiesce\n").unwrap();
    let (kept, finds) = (kept.to_str().unwrap(), folder.path().join("finds"));
    let finds = finds.to_str().unwrap();
    for arguments in [
        &[store, "--budget", "100", "--finds", finds][..],
        &[store, "--env", "KVSPEC_BUG=delete-ignored", "--budget", "200", "--shard", "1/2", "--finds", finds],
        &[store, "--replay", kept, "--env", "KVSPEC_BUG=hoards"],
        &[store, "--budget", "0", "--ignore-leak", "memory", "--finds", finds],
        &[stores, "--env", "KVSPEC_STORE=mutant:get-of-absent-is-an-error", "--budget", "50", "--finds", finds],
    ] {
        comparison.compare(&schema, "report", &report(&[&["fuzz"], arguments].concat()));
    }
    assert_eq!(comparison.faults, Vec::<String>::new());
    let unseen: BTreeSet<String> = properties(&schema, "report").difference(&comparison.met).cloned().collect();
    // What takes a disk that fails, or a component with very many faults.
    assert_eq!(unseen, ["report.faults", "report.has_enough_finds"].map(str::to_owned).into());
}

#[test]
fn the_levels_of_the_schema_are_those_of_the_ladder() {
    let schema: Value = serde_json::from_str(json::SCHEMA).unwrap();
    let levels = schema["$defs"]["level"]["properties"]["level"]["enum"].as_array().unwrap();
    let levels: Vec<&str> = levels.iter().filter_map(Value::as_str).collect();
    assert_eq!(levels, Level::ALL.map(Level::name));
}

#[test]
fn judgements_have_what_their_schema_has() {
    let schema: Value = serde_json::from_str(kvspec_cli::report::judgement::json::SCHEMA).unwrap();
    let mut comparison = Comparison { schema: &schema, met: BTreeSet::new(), faults: Vec::new() };
    let folder = tempfile::tempdir().unwrap();
    let events = "[0 :invoke :write 1] [0 :ok :write 1] [1 :invoke :write 2] [1 :ok :write 2]
        [70000 :invoke :read nil] [70000 :ok :read 1] [0 :invoke :read nil] [0 :ok :read 3]
        [1 :invoke :write 7] [1 :info :write 7]";
    let file = folder.path().join("events.edn");
    std::fs::write(&file, events).unwrap();
    let file = file.to_str().unwrap();
    for arguments in [&["judge", file][..], &["judge", file, "--require", "regular", "--steps", "1"]] {
        comparison.compare(&schema, "report", &report(arguments));
    }
    assert_eq!(comparison.faults, Vec::<String>::new());
    let unseen: BTreeSet<String> = properties(&schema, "report").difference(&comparison.met).cloned().collect();
    assert_eq!(unseen, BTreeSet::new());
    let levels = schema["$defs"]["level"]["properties"]["level"]["enum"].as_array().unwrap();
    assert_eq!(levels.iter().filter_map(Value::as_str).collect::<Vec<_>>(), Level::ALL.map(Level::name));
}
