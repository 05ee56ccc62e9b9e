//! Every target over saved inputs and inputs from fixed seeds, and every canary: on stable Rust,
//! without libFuzzer.

use std::path::{Path, PathBuf};

use kvspec_component::component::Options;
use kvspec_fuzz::{
    Checked, Looked, Wrong, canary, component, configuration_workload, history_judge, inputs, lines,
    store_many_sessions, store_single_session,
};
use kvspec_tests::guest;

/// Fails on the first wrong input, and when fewer were looked at than wanted.
fn all_right(
    target: &str,
    inputs: impl Iterator<Item = Vec<u8>>,
    looked_min: usize,
    mut run: impl FnMut(&[u8]) -> Checked,
) {
    let mut looked = 0;
    for input in saved(target).into_iter().chain(inputs) {
        match run(&input) {
            Ok(Looked::Yes) => looked += 1,
            Ok(Looked::No) => {}
            Err(wrong) => panic!("{target}: {wrong}\n\ninput: {}", input.escape_ascii()),
        }
    }
    assert!(looked >= looked_min, "{target} looked at {looked} inputs only, {looked_min} wanted");
}

/// Inputs that once showed something wrong.
fn saved(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("regressions").join(target);
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.iter().map(|file| std::fs::read(file).unwrap()).collect()
}

/// Which input first showed that the canary is wrong, counted from 1.
fn found(inputs: impl Iterator<Item = Vec<u8>>, mut run: impl FnMut(&[u8]) -> Checked) -> Option<(usize, Wrong)> {
    inputs.zip(1..).find_map(|(input, number)| run(&input).err().map(|wrong| (number, wrong)))
}

#[test]
fn store_single_session_is_right() {
    all_right("store_single_session", inputs::noise(1, 1_000), 800, store_single_session::run);
}

#[test]
fn store_single_session_finds_its_canary() {
    let wrong = found(inputs::noise(2, 2_000), store_single_session::run_canary);
    let (_, wrong) = wrong.expect("the canary is found");
    assert!(wrong.0.starts_with("KVE-INT-03"), "{wrong}");
}

#[test]
fn store_many_sessions_is_right() {
    all_right("store_many_sessions", inputs::noise(1, 1_000), 800, store_many_sessions::run);
}

#[test]
fn store_many_sessions_finds_its_canary() {
    let wrong = found(inputs::noise(2, 2_000), store_many_sessions::run_canary);
    let (_, wrong) = wrong.expect("the canary is found");
    assert!(wrong.0.starts_with("KVE-CON"), "{wrong}");
}

#[test]
fn component_is_right() {
    let mut target = component::target(&guest::store(""), Options::default()).unwrap();
    all_right("component", inputs::noise(1, 200), 150, |bytes| component::check(&mut target, bytes));
}

#[test]
fn component_finds_its_canary() {
    let environment = vec![("KVSPEC_BUG".to_owned(), canary::COMPONENT_BUG.to_owned())];
    let mut target = component::target(&guest::store(""), Options { environment, ..Options::default() }).unwrap();
    let wrong = found(inputs::noise(2, 500), |bytes| component::check(&mut target, bytes));
    wrong.expect("the canary is found");
}

/// To see whether memory leaks, a workload is run so long that libFuzzer would take it for a hang.
#[test]
fn component_leaks_of_resources_are_finds_and_those_of_memory_are_not() {
    for (bug, wrong) in [("forgets-values", Some("holds ever more")), ("hoards", None)] {
        let environment = vec![("KVSPEC_BUG".to_owned(), bug.to_owned())];
        let mut target = component::target(&guest::store(""), Options { environment, ..Options::default() }).unwrap();
        let found = found(inputs::noise(2, 100), |bytes| component::check(&mut target, bytes));
        let shown = found.map(|(_, Wrong(text))| text);
        let is_as_wanted = match (&shown, wrong) {
            (Some(shown), Some(wrong)) => shown.contains(wrong),
            (shown, wrong) => shown.is_none() && wrong.is_none(),
        };
        assert!(is_as_wanted, "{bug}: {shown:?}");
    }
}

#[test]
fn history_judge_is_right() {
    let texts = inputs::history_texts();
    all_right("history_judge", lines::changed_texts(&texts, 1, 5_000), 1_500, history_judge::run);
}

#[test]
fn history_judge_finds_its_canary() {
    let texts = inputs::history_texts();
    let wrong = found(lines::changed_texts(&texts, 2, 20_000), history_judge::run_canary);
    let (_, wrong) = wrong.expect("the canary is found");
    assert!(wrong.0.contains("NotYetWritten"), "{wrong}");
}

#[test]
fn configuration_workload_is_right() {
    let texts = inputs::file_texts();
    all_right("configuration_workload", lines::changed_texts(&texts, 1, 5_000), 1_500, configuration_workload::run);
}

#[test]
fn configuration_workload_finds_its_canary() {
    let texts = inputs::file_texts();
    let wrong = found(lines::changed_texts(&texts, 2, 20_000), configuration_workload::run_canary);
    wrong.expect("the canary is found");
}

#[test]
fn libfuzzer_is_told_by_a_panic() {
    kvspec_fuzz::or_panic(Ok(Looked::Yes));
    let told = std::panic::catch_unwind(|| kvspec_fuzz::or_panic(Err(Wrong("it is wrong".into()))));
    assert_eq!(told.unwrap_err().downcast_ref::<String>().map(String::as_str), Some("it is wrong"));
}
