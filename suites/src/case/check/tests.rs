//! What the anomalies of broken stores say: a store's author must be able to debug from them alone.

use std::cell::RefCell;
use std::rc::Rc;

use kvspec_reference::RequirementId::{self, *};
use kvspec_reference::interface::{Bucket, Failure, Implementation, Result as CallResult};
use kvspec_reference::workload::recorder::ManualClock;

use crate::case::{CaseReport, Verdict, run_case};
use crate::cases;
use crate::declaration::Declaration;

type State = Option<Vec<u8>>;

/// Every write that was answered, in order: bucket, key, and the state it asked for.
type Log = Vec<(String, String, State)>;

/// How a store answers `get` from its log; `exists` follows it.
type Answer = fn(&Log, &str, &str) -> CallResult<State>;

/// A store that is whatever its answer makes of it.
#[derive(Clone)]
struct Sabotaged {
    log: Rc<RefCell<Log>>,
    answer: Answer,
}

impl Implementation for Sabotaged {
    fn open(&self, name: &str) -> CallResult<Box<dyn Bucket>> {
        Ok(Box::new(Handle { store: self.clone(), bucket: name.to_owned() }))
    }
}

struct Handle {
    store: Sabotaged,
    bucket: String,
}

impl Handle {
    fn write(&self, key: &str, state: State) {
        self.store.log.borrow_mut().push((self.bucket.clone(), key.to_owned(), state));
    }
}

impl Bucket for Handle {
    fn get(&self, key: &str) -> CallResult<State> {
        (self.store.answer)(&self.store.log.borrow(), &self.bucket, key)
    }

    fn set(&self, key: &str, value: &[u8]) -> CallResult<()> {
        self.write(key, Some(value.to_vec()));
        Ok(())
    }

    fn delete(&self, key: &str) -> CallResult<()> {
        self.write(key, None);
        Ok(())
    }

    fn exists(&self, key: &str) -> CallResult<bool> {
        self.get(key).map(|state| state.is_some())
    }
}

fn states<'l>(log: &'l Log, bucket: &str, key: &str) -> Vec<&'l State> {
    log.iter().filter(|(b, k, _)| b == bucket && k == key).map(|(_, _, state)| state).collect()
}

fn honest(log: &Log, bucket: &str, key: &str) -> CallResult<State> {
    Ok(states(log, bucket, key).last().copied().cloned().flatten())
}

fn run(case: &str, answer: Answer) -> CaseReport {
    let store = Sabotaged { log: Rc::default(), answer };
    let case = cases::find(case).unwrap_or_else(|| panic!("no case {case}"));
    run_case(case, kvspec_reference::Profile::Eventual, &store, &ManualClock::default(), &Declaration::default(), 1)
}

/// The case fails with this requirement, and the texts contain the words.
fn refutes(case: &str, answer: Answer, requirement: RequirementId, words: &str) {
    let report = run(case, answer);
    assert_eq!(report.verdict, Verdict::Fail, "{case}");
    let anomaly = &report.anomalies[0];
    let text = format!("{} | {} | {}", anomaly.expected, anomaly.actual, anomaly.because.join(" | "));
    assert_eq!(anomaly.requirement, requirement, "{case}: {text}");
    assert!(text.contains(words), "{case}: {text}");
    assert!(anomaly.operations.is_sorted() && anomaly.operations.len() <= 5, "{case}: {:?}", anomaly.operations);
    assert!(anomaly.operations.iter().all(|&i| i < report.history.records().len()));
}

#[test]
fn the_log_itself_is_a_good_store() {
    for case in cases::all() {
        let report = run(case.name, honest);
        assert!(!matches!(report.verdict, Verdict::Fail | Verdict::Error(_)), "{}: {:?}", case.name, report.anomalies);
    }
}

#[test]
fn a_cut_value_is_told_from_others() {
    let cut = |log: &Log, b: &str, k: &str| Ok(honest(log, b, k)?.map(|v| v[..v.len().min(100)].to_vec()));
    refutes("eventual::sizes::small_sizes_are_kept_whole", cut, KveVal03, "cut off after 100 of 127 bytes");
    refutes("eventual::outgoing::a_flushed_stream_is_the_value", cut, KveOut01, "cut off after 100 of 200 bytes");
    refutes("eventual::set::longer_value_is_whole", cut, KveInt03, "the case set out to try KVE-SET-02");
    let at_nul = |log: &Log, b: &str, k: &str| {
        Ok(honest(log, b, k)?.map(|v| v.split(|&b| b == 0).next().unwrap_or_default().to_vec()))
    };
    refutes("eventual::values::nul_does_not_end_a_value", at_nul, KveVal01, "right before a NUL");
}

#[test]
fn altered_bytes_are_described() {
    let words: [(&str, Answer, &str); 5] = [
        (
            "invalid_utf8_comes_back",
            |log, b, k| Ok(honest(log, b, k)?.map(|v| String::from_utf8_lossy(&v).into_owned().into_bytes())),
            "with invalid UTF-8 replaced by U+FFFD",
        ),
        (
            "blanks_and_line_ends_come_back",
            |log, b, k| Ok(honest(log, b, k)?.map(|v| v.trim_ascii().to_vec())),
            "without the white space at its end",
        ),
        (
            "encoded_values_are_not_decoded",
            |log, b, k| Ok(honest(log, b, k)?.map(|v| v.to_ascii_lowercase())),
            "in lower case",
        ),
        (
            "number_like_values_are_bytes",
            |log, b, k| Ok(honest(log, b, k)?.map(|v| if v == b"007" { b"7".to_vec() } else { v })),
            "as the same number written otherwise",
        ),
        (
            "every_byte_comes_back",
            |log, b, k| Ok(honest(log, b, k)?.map(|v| v.into_iter().map(|b| if b == 200 { 201 } else { b }).collect())),
            "with 1 of 256 bytes changed, from offset 200 on",
        ),
    ];
    for (case, answer, words) in words {
        refutes(&format!("eventual::values::{case}"), answer, KveVal01, words);
    }
}

#[test]
fn an_old_tail_is_told_from_added_bytes() {
    let patched = |log: &Log, b: &str, k: &str| {
        let mut value: State = None;
        for state in states(log, b, k) {
            value = state.as_ref().map(|new| {
                let mut bytes = value.take().unwrap_or_default();
                bytes.resize(bytes.len().max(new.len()), 0);
                bytes[..new.len()].copy_from_slice(new);
                bytes
            });
        }
        Ok(value)
    };
    let case = "eventual::set::shorter_value_leaves_no_tail";
    refutes(case, patched, KveSet02, "followed by 500 bytes of the longer value that #0 had set");
    let padded = |log: &Log, b: &str, k: &str| Ok(honest(log, b, k)?.map(|v| [&v[..], b"\n"].concat()));
    refutes("eventual::get::present_key_gives_its_bytes", padded, KveVal01, "with bytes added: \"\\n\"");
}

#[test]
fn the_writer_of_a_foreign_value_is_named() {
    let folded = |log: &Log, b: &str, k: &str| {
        let last = log.iter().rfind(|(lb, lk, _)| lb == b && lk.eq_ignore_ascii_case(k));
        Ok(last.and_then(|(_, _, state)| state.clone()))
    };
    let words = "was set at bucket-a/keY by #3, and never at this key";
    refutes("eventual::keys::case_matters", folded, KveKey01, words);
    let one_bucket = |log: &Log, _: &str, k: &str| {
        Ok(log.iter().rfind(|(_, lk, _)| lk == k).and_then(|(_, _, state)| state.clone()))
    };
    let case = "eventual::buckets::same_key_in_two_buckets_holds_two_values";
    refutes(case, one_bucket, KveBkt01, "was set at bucket-b/k by #1, and never at this key");
}

#[test]
fn a_mixture_names_both_values() {
    let mixed = |log: &Log, b: &str, k: &str| {
        let values: Vec<&Vec<u8>> = states(log, b, k).into_iter().flatten().collect();
        Ok(match values[..] {
            [.., old, new] if old.len() > 64 && new.len() > 64 => {
                let half = new.len().min(old.len()) / 2;
                Some([&new[..half], &old[half..]].concat())
            }
            _ => honest(log, b, k)?,
        })
    };
    refutes("eventual::integrity::values_are_never_torn", mixed, KveInt03, "is a mixture: 6000 bytes as in #");
}

#[test]
fn a_value_from_nowhere_is_wrong_before_any_bound() {
    let inventive = |log: &Log, b: &str, k: &str| Ok(honest(log, b, k)?.or_else(|| Some(b"default".to_vec())));
    refutes("eventual::get::absent_key_is_none", inventive, KveGet02, "never given to any set");
    refutes("eventual::buckets::a_fresh_bucket_is_empty", inventive, KveInt01, "never given to any set");
    let report = run("eventual::get::absent_key_is_none", inventive);
    assert_eq!(report.history.records().len(), 1, "no wait could have made that right");
}

#[test]
fn a_trap_is_a_failure_of_its_own() {
    let broken = |log: &Log, b: &str, k: &str| match k {
        "k" => Err(Failure::Trap("unreachable executed".into())),
        _ => honest(log, b, k),
    };
    refutes("eventual::delete::absent_key_is_ok", broken, KveErr01, "trap (unreachable executed)");
    let refusing = |_: &Log, _: &str, _: &str| Err(Failure::error("not today"));
    refutes("eventual::get::absent_key_is_none", refusing, KveGet02, "error (not today)");
    refutes("eventual::get::absent_key_is_none", refusing, KveGet02, "KVE-GET-02: get of an absent key gives ok(none)");
}

#[test]
fn the_whole_text_of_a_lost_delete() {
    let keeps = |log: &Log, b: &str, k: &str| {
        Ok(states(log, b, k).iter().rev().find(|s| s.is_some()).copied().cloned().flatten())
    };
    let report = run("eventual::delete::present_key_becomes_absent", keeps);
    let anomaly = &report.anomalies[0];
    assert_eq!(anomaly.requirement, KveDel01);
    assert_eq!(anomaly.register, Some(("bucket-a".into(), "k".into())));
    assert_eq!(anomaly.expected, "get of bucket-a/k gives absent");
    let value = "s0o1l32c";
    assert!(anomaly.actual.starts_with(&format!("\"{value}")), "{}", anomaly.actual);
    assert_eq!(
        anomaly.because,
        [
            "#2 is the last write of this key: session 0: delete bucket-a/k -> ok",
            "the first read began 1s after that write: the convergence bound of 1s had passed, so it must show it",
            "what #3 gave was set by #0, before #2 deleted it",
        ]
    );
    assert_eq!(anomaly.operations, [0, 2, 3]);
}
