//! What the oracle says of hand-made histories: which requirement, by which operations, and why.

use kvspec_reference::eventual;
use kvspec_reference::history::{ClockUnit, Entry, Header, History, HistoryBuilder, Kind, Outcome, State};
use kvspec_reference::workload::stamp::Stamp;
use kvspec_reference::{Anomaly, RequirementId};

const ABSENT: u32 = State::ABSENT.number();
const PRESENT: u32 = State::PRESENT.number();

const MS: u64 = 1_000_000;

/// A history from lines such as `0 set k v @ 1-2`: session, operation, key, value (or what was
/// read: `-` for absent, `true`, `false`), `error` or `unknown` where it was not ok, and the times
/// of invocation and response in milliseconds. The bound is 100 ms.
fn history(lines: &str) -> History {
    let header =
        Header { profile: "eventual@0.1.0".into(), convergence_bound: 100 * MS, clock: ClockUnit::Nanoseconds };
    let mut builder = HistoryBuilder::new(header);
    for line in lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (what, times) = line.split_once(" @ ").unwrap();
        let (invoke, response) = times.split_once('-').unwrap();
        let words: Vec<&str> = what.split(' ').collect();
        let register = builder.register("b", words[2]);
        let (kind, value) = match words[1] {
            "delete" => (Kind::Delete, ABSENT),
            "exists" => (Kind::Exists, if words[3] == "true" { PRESENT } else { ABSENT }),
            "get" if words[3] == "-" => (Kind::Get, ABSENT),
            "get" => (Kind::Get, builder.value_bytes(words[3].as_bytes()).number()),
            _ => (Kind::Set, builder.value_bytes(words[3].as_bytes()).number()),
        };
        let outcome = match *words.last().unwrap() {
            "error" => Outcome::Error,
            "unknown" => Outcome::Unknown,
            "failed" => Outcome::Failed,
            _ => Outcome::Ok,
        };
        let time = |text: &str| text.parse::<u64>().unwrap() * MS;
        builder.push(Entry {
            session: words[0].parse().unwrap(),
            kind,
            register,
            operand: State::value(value).into(),
            outcome,
            invoke: time(invoke),
            response: (outcome != Outcome::Unknown).then(|| time(response)),
        });
    }
    builder.finish().unwrap()
}

#[track_caller]
fn the_only(lines: &str, requirement: RequirementId, operations: &[usize]) -> Anomaly {
    let anomalies = eventual::judge(&history(lines));
    assert_eq!(anomalies.len(), 1, "{anomalies:#?}");
    assert_eq!((anomalies[0].requirement, &*anomalies[0].operations), (requirement, operations), "{anomalies:#?}");
    anomalies[0].clone()
}

#[track_caller]
fn says(anomaly: &Anomaly, part: &str) {
    assert!(anomaly.because.iter().any(|line| line.contains(part)), "no \"{part}\" in {anomaly:#?}");
}

#[test]
fn staleness_before_the_bound_is_no_violation() {
    let lines = "0 set k v1 @ 1-2\n0 set k v2 @ 3-4\n1 get k v1 @ 5-6\n1 get k v2 @ 7-8\n1 get k - @ 9-10
                 1 exists k false @ 11-12\n1 get k v1 @ 103-104\n1 get k v2 @ 105-106";
    let judgement = eventual::examine(&history(lines));
    assert_eq!(judgement.anomalies, []);
    assert_eq!((judgement.reads, judgement.settled_reads), (6, 1));
}

#[test]
fn a_value_nobody_wrote() {
    let anomaly = the_only("0 set k v1 @ 1-2\n1 get k nonsense @ 3-4", RequirementId::KveInt01, &[1]);
    says(&anomaly, "the only write of b/k did not write that");
    says(&anomaly, "it was never given to any set, nor anything like it");
    assert_eq!(anomaly.actual, "session 1: get b/k -> \"nonsense\"");

    // The empty value is a value: of nobody's writing here, and no mixture of anything.
    let anomaly = the_only("1 get k  @ 3-4", RequirementId::KveInt01, &[0]);
    assert_eq!(anomaly.actual, "session 1: get b/k -> \"\"");
    the_only("0 set k v1 @ 1-2\n1 get k  @ 3-4", RequirementId::KveInt03, &[0, 1]);

    let anomaly = the_only("1 exists k true @ 3-4", RequirementId::KveInt01, &[0]);
    says(&anomaly, "nothing but a set makes a key present");
    assert_eq!(anomaly.expected, "absent");
    says(&anomaly, "nobody ever wrote to b/k");
}

#[test]
fn the_value_of_a_write_that_certainly_failed() {
    let anomaly = the_only("0 set k v1 failed @ 1-2\n1 get k v1 @ 3-4", RequirementId::KveInt01, &[0, 1]);
    says(&anomaly, "certainly failed");
    assert_eq!(anomaly.expected, "absent");
}

#[test]
fn a_value_from_the_future() {
    let anomaly = the_only("1 get k v1 @ 1-2\n0 set k v1 @ 3-4", RequirementId::KveInt02, &[0, 1]);
    says(&anomaly, "ended before that began");
    // It may be read while it is being written.
    assert_eq!(eventual::judge(&history("1 get k v1 @ 1-4\n0 set k v1 @ 3-5")), []);
}

#[test]
fn values_that_are_not_whole_name_their_writers() {
    let anomaly = the_only("0 set k abcdef @ 1-2\n1 get k abc @ 3-4", RequirementId::KveInt03, &[0, 1]);
    says(&anomaly, "it is the value of session 0: set b/k = \"abcdef\" -> ok, cut off after 3 of 6 bytes");

    let anomaly = the_only(
        "0 set k abcdef @ 1-2\n2 set k 123456 @ 3-4\n1 get k 123def @ 5-6",
        RequirementId::KveInt03,
        &[0, 1, 2],
    );
    says(
        &anomaly,
        "a mixture: 3 bytes as in session 2: set b/k = \"123456\" -> ok, then 3 bytes as in session 0: set b/k",
    );

    let lines = "0 set k aaaaaa @ 1-2\n2 set k bbbbbb @ 3-4\n1 get k aabbaa @ 5-6";
    says(
        &the_only(lines, RequirementId::KveInt03, &[0, 1, 2]),
        "2 bytes as in session 0: set b/k = \"aaaaaa\" -> ok, then 2 bytes as in session 2: set b/k = \"bbbbbb\"",
    );

    let anomaly = the_only("0 set j other @ 1-2\n1 get k other @ 3-4", RequirementId::KveInt03, &[0, 1]);
    says(&anomaly, "it was set at b/j by session 0: set b/j = \"other\" -> ok, and never at this key");

    let stamped = String::from_utf8(Stamp { session: 0, operation: 7, length: 60 }.bytes()).unwrap().replace(' ', "_");
    let (read, at) = (&stamped[..40], stamped.len());
    let anomaly = the_only(&format!("0 set k {stamped} @ 1-2\n1 get k {read} @ 3-4"), RequirementId::KveInt03, &[0, 1]);
    says(&anomaly, &format!("cut off after 40 of {at} bytes"));
}

#[test]
fn two_sessions_that_never_agree() {
    let lines = "0 set k v1 @ 1-2\n0 set k v2 @ 3-4\n1 get k v1 @ 200-201\n2 get k v2 @ 202-203";
    let anomaly = the_only(lines, RequirementId::KveCon01, &[0, 1, 2, 3]);
    assert_eq!(anomaly.expected, "100 ms after its last write, all reads of b/k agree, on \"v2\"");
    says(&anomaly, "\"v1\" was written by session 0: set b/k = \"v1\" -> ok, which ended before");
    says(&anomaly, "is settled: it began 196 ms after the last write ended, and the bound is 100 ms");
}

#[test]
fn concurrent_writes_may_either_win_but_not_both() {
    let writes = "0 set k v1 @ 1-5\n1 set k v2 @ 2-6\n";
    for value in ["v1", "v2"] {
        assert_eq!(
            eventual::judge(&history(&format!("{writes}0 get k {value} @ 200-201\n1 get k {value} @ 202-203"))),
            []
        );
    }
    the_only(&format!("{writes}0 get k v1 @ 200-201\n1 get k v2 @ 202-203"), RequirementId::KveCon01, &[0, 1, 2, 3]);
}

#[test]
fn get_and_exists_disagree() {
    the_only("0 set k v1 @ 1-2\n0 get k v1 @ 200-201\n0 exists k false @ 202-203", RequirementId::KveCon01, &[0, 1, 2]);
}

#[test]
fn a_lost_write() {
    let anomaly =
        the_only("0 set k v1 @ 1-2\n0 set k v2 @ 3-4\n1 get k v1 @ 200-201", RequirementId::KveCon02, &[0, 1, 2]);
    assert_eq!(anomaly.expected, "100 ms after its last write, reads of b/k give \"v2\"");
    says(&anomaly, "the last write is lost");
    let anomaly = the_only("0 set k v1 @ 1-2\n1 get k - @ 200-201", RequirementId::KveCon02, &[0, 1]);
    says(&anomaly, "absent is the state before any write");
}

#[test]
fn a_deleted_value_that_comes_back() {
    let lines = "0 set k v1 @ 1-2\n0 delete k @ 3-4\n1 get k - @ 200-201\n1 get k v1 @ 300-301";
    let anomaly = the_only(lines, RequirementId::KveCon03, &[0, 1, 2, 3]);
    says(&anomaly, "a settled register changed without a write");
}

#[test]
fn a_register_that_waits_for_others() {
    let others = "2 set j a @ 50-51\n2 set j b @ 120-121\n2 set j c @ 190-191\n";
    let anomaly = the_only(&format!("0 set k v1 @ 1-2\n{others}1 get k - @ 200-201"), RequirementId::KveCon04, &[0, 4]);
    says(&anomaly, "writes to other registers went on");
    // When all is quiet and it still differs, that says more.
    let lines = format!("0 set k v1 @ 1-2\n{others}1 get k - @ 200-201\n1 get k - @ 400-401");
    the_only(&lines, RequirementId::KveCon02, &[0, 5]);
}

#[test]
fn an_indeterminate_write_may_surface_once() {
    let writes = "0 set k v1 @ 1-2\n0 set k v2 unknown @ 3-3\n";
    for (reads, is_kept) in [
        ("1 get k v1 @ 200-201", true),
        ("1 get k v2 @ 200-201", true),
        ("1 get k v1 @ 200-201\n1 get k v2 @ 400-401", true),
        ("1 get k v1 @ 200-201\n1 get k v2 @ 400-401\n1 get k v1 @ 450-451\n1 get k v2 @ 600-601", true),
        ("1 get k v1 @ 200-201\n1 get k v2 @ 400-401\n1 get k v1 @ 600-601", false),
        ("1 get k - @ 200-201", false),
    ] {
        let anomalies = eventual::judge(&history(&format!("{writes}{reads}")));
        assert_eq!(anomalies.is_empty(), is_kept, "{reads}: {anomalies:#?}");
    }
}

#[test]
fn without_a_completed_write_the_key_may_stay_absent() {
    let anomalies = |reads: &str| eventual::judge(&history(&format!("0 set k v1 error @ 1-2\n{reads}")));
    assert_eq!(anomalies("1 get k - @ 200-201"), []);
    assert_eq!(anomalies("1 get k - @ 200-201\n1 get k v1 @ 400-401"), []);
    assert_eq!(anomalies("1 get k v1 @ 200-201\n1 get k - @ 400-401")[0].requirement, RequirementId::KveCon03);
}

#[test]
fn each_requirement_is_told_once_for_a_register() {
    let mut lines = String::from("0 set k v1 @ 1-2\n0 set j v1 @ 3-4\n");
    for i in 0..50 {
        let at = 200 + 10 * i;
        lines += &format!("1 get k - @ {at}-{}\n1 get j - @ {}-{}\n", at + 1, at + 2, at + 3);
    }
    let found: Vec<RequirementId> = eventual::judge(&history(&lines)).iter().map(|a| a.requirement).collect();
    assert_eq!(found, [RequirementId::KveCon02, RequirementId::KveCon02]);
}

#[test]
fn values_that_were_changed_are_no_parts() {
    let anomaly = the_only("0 set k abcdef @ 1-2\n1 get k abcdef\\n @ 3-4", RequirementId::KveVal01, &[0, 1]);
    says(&anomaly, "with bytes added: \"\\\\n\"");
    let anomaly = the_only("0 set k ABCdef @ 1-2\n1 get k abcdef @ 3-4", RequirementId::KveVal01, &[0, 1]);
    says(&anomaly, "in lower case");
    let anomaly = the_only("0 set k abcdef @ 1-2\n1 get k abXdef @ 3-4", RequirementId::KveVal01, &[0, 1]);
    says(&anomaly, "with 1 of 6 bytes changed, from offset 2 on");
    // What is left of a longer value is no longer the new one whole.
    let anomaly =
        the_only("0 set k abcdef @ 1-2\n0 set k xy @ 3-4\n1 get k xycdef @ 5-6", RequirementId::KveInt03, &[0, 1, 2]);
    says(&anomaly, "followed by 4 bytes of the longer value that session 0: set b/k = \"abcdef\" -> ok had set");
}
