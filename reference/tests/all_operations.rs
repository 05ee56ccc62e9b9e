//! Histories of all operations: what they say of each call, and that the oracle agrees with the definition on them.

use std::collections::BTreeSet;
use std::time::Duration;

use kvspec_reference::RequirementId::{self, *};
use kvspec_reference::definitions::eventual::{Breach, breaches};
use kvspec_reference::eventual;
use kvspec_reference::history::{
    Entry, Exchange, Header, HistoryBuilder, IncrementArguments, Kind, Listing, Outcome, State,
};
use kvspec_reference::interface::{ManualClock, Subject};
use kvspec_reference::random::Random;
use kvspec_reference::stores::simulated;
use kvspec_reference::workload::{driver, text};
use kvspec_reference::{History, atomics};

fn history_of(steps: &str) -> History {
    let workload = text::parse(&format!("kvspec workload 1\nsessions 2\n{steps}")).unwrap().workload;
    let store = simulated::Simulated::default();
    let store = store.start(3).unwrap();
    let run =
        driver::run(&workload, &*store, &ManualClock::default(), "store@0.2.0-draft2", Duration::from_millis(400));
    assert_eq!(run.failures, []);
    run.history
}

#[test]
fn a_history_says_what_each_call_did() {
    let history = history_of(
        "0 increment b n 5\n0 increment b n -2\n0 set-many b a \"x\" k[0..2] \"y\"\nwait 1s\n1 get-many b a c\n\
         1 cas-new h b a\n1 cas-current h\n0 set b a \"z\"\n1 swap h \"lost\"\n1 swap h \"won\"\n\
         1 delete-many b k0001\nwait 1s\n0 list b\n0 get b n\n0 swap h \"nobody has it\"\n",
    );
    let lines: Vec<String> = (0..history.records().len()).map(|index| history.operation_text(index)).collect();
    let expected = [
        "session 0: increment b/n by 5 -> 5",
        "session 0: increment b/n by -2 -> 3",
        "session 0: set b/a = \"x\" -> ok (set-many of 3)",
        "session 0: set b/k0000 = \"y\" -> ok (set-many of 3)",
        "session 0: set b/k0001 = \"y\" -> ok (set-many of 3)",
        "session 1: get b/a -> \"x\" (get-many of 2)",
        "session 1: get b/c -> absent (get-many of 2)",
        "session 1: cas-new b/a -> ok",
        "session 1: cas-current b/a -> \"x\"",
        "session 0: set b/a = \"z\" -> ok",
        "session 1: swap b/a to \"lost\" -> not swapped",
        "session 1: swap b/a to \"won\" -> swapped",
        "session 1: delete b/k0001 -> ok (delete-many of 1)",
        "session 0: list b: holds n",
        "session 0: list b: holds a",
        "session 0: list b: holds k0000",
        "session 0: list b: does not hold k0001",
        "session 0: get b/n -> \"3\"",
    ];
    assert_eq!(lines, expected);
    assert!(eventual::judge(&history).is_empty() && atomics::judge(&history).is_empty());
    assert_eq!(atomics::exercised(&history), 4);
}

#[test]
fn a_streamed_body_is_what_was_written() {
    let history = history_of(
        "0 set b k \"abcdef\" streamed 2 flush 3\n0 set b j \"abcdef\" streamed 2 0 1 dropped\nwait 1s\n\
         1 get b k streamed 1 2\n1 get b j streamed\n1 get b k streamed 3 dropped\n1 get b none streamed dropped\n",
    );
    let lines: Vec<String> = (0..history.records().len()).map(|index| history.operation_text(index)).collect();
    let expected = [
        "session 0: set b/k = \"abcdef\" -> ok",
        "session 0: set b/j = \"abc\" -> ok",
        "session 1: get b/k -> \"abcdef\"",
        "session 1: get b/j -> \"abc\"",
        "session 1: exists b/k -> true",
        "session 1: exists b/none -> false",
    ];
    assert_eq!(lines, expected);
}

#[test]
fn what_is_read_again_at_quiescence_is_listed_too() {
    let history = history_of("0 set b k \"v\"\nquiesce\n");
    let last = |back: usize| history.operation_text(history.records().len() - back);
    assert_eq!((last(2), last(1)), ("session 1: exists b/k -> true".into(), "session 1: list b: holds k".into()));
    let judgement = eventual::examine(&history);
    assert_eq!(judgement.settled_reads, 6, "get, exists and list of two sessions");
}

/// A history of random calls with random answers, most of them wrong.
fn random_history(random: &mut Random) -> History {
    let bound = random.below(4);
    let mut builder = HistoryBuilder::new(Header { convergence_bound: bound, ..Header::default() });
    let registers = [builder.register("b", "k"), builder.register("b", "j")];
    let has_increments = random.chance(300);
    let sessions = 1 + random.below(3);
    let mut free_at = vec![0; sessions as usize];
    let mut handles: Vec<(u16, u32, usize)> = Vec::new();
    for _ in 0..3 + random.below(8) {
        let session = random.below(sessions) as u16;
        let invoke = free_at[usize::from(session)] + 1 + random.below(3);
        let response = invoke + 1 + random.below(4);
        free_at[usize::from(session)] = response;
        let register = registers[usize::from(random.chance(300))];
        let states = [State::ABSENT, builder.value_bytes(b"x"), builder.value_bytes(b"y")];
        let state = states[random.below(3) as usize];
        let value = states[1 + random.below(2) as usize];
        let outcome = if random.chance(100) { Outcome::Error } else { Outcome::Ok };
        let entry = |kind, operand, outcome| Entry {
            session,
            kind,
            register,
            operand,
            outcome,
            invoke,
            response: Some(response),
        };
        let own = handles.iter().rev().find(|(of, _, _)| *of == session).copied();
        match random.below(12) {
            0..=2 => drop(builder.push(entry(Kind::Set, value.into(), outcome))),
            3 => drop(builder.push(entry(Kind::Delete, State::ABSENT.into(), outcome))),
            4 | 5 => drop(builder.push(entry(Kind::Get, state.into(), outcome))),
            6 => {
                let seen = if random.chance(500) { State::PRESENT } else { State::ABSENT };
                builder.push(entry(Kind::Exists, seen.into(), Outcome::Ok));
            }
            7 => {
                let keys: Vec<String> =
                    ["k", "j"].iter().filter(|_| random.chance(500)).map(|key| (*key).into()).collect();
                let is_whole = random.chance(700);
                builder.push_listing(Listing { session, bucket: "b".into(), keys, is_whole, invoke, response });
            }
            8 => {
                let number = builder.push(entry(Kind::CasNew, State::ABSENT.into(), Outcome::Ok));
                handles.push((session, register, number));
            }
            9 if own.is_some() => {
                let (_, register, base) = own.expect("it is there");
                let operand = builder.exchange(Exchange { base: Some(base as u32), state, swapped: false });
                builder.push(Entry { register, ..entry(Kind::CasCurrent, operand, Outcome::Ok) });
            }
            10 if own.is_some() => {
                let (_, register, base) = own.expect("it is there");
                let swapped = random.chance(700);
                let operand = builder.exchange(Exchange { base: Some(base as u32), state: value, swapped });
                builder.push(Entry { register, ..entry(Kind::Swap, operand, outcome) });
            }
            11 if has_increments => {
                let operand = builder.increment(IncrementArguments { delta: 1, sum: Some(1) });
                builder.push(entry(Kind::Increment, operand, outcome));
            }
            _ => builder.push_group(
                registers.map(|register| Entry { register, ..entry(Kind::Get, value.into(), Outcome::Ok) }),
            ),
        }
    }
    builder.finish().unwrap()
}

fn breach_of(requirement: RequirementId) -> Breach {
    match requirement {
        KveInt02 => Breach::NotYetWritten,
        KveCon01 | KveCon02 | KveCon03 | KveCon04 | KvsLst01 | KvsLst03 => Breach::NotSettled,
        KveInt01 | KveInt03 | KveVal01 | KveKey01 | KveKey02 | KvsLst02 | KvsCas07 => Breach::NeverWritten,
        other => panic!("{other}"),
    }
}

#[test]
fn the_oracle_agrees_with_the_definition_on_random_histories() {
    let count = std::env::var("KVSPEC_AGREEMENT").ok().and_then(|count| count.parse().ok()).unwrap_or(20_000);
    let mut broken = [0; 3];
    for seed in 0..count {
        let history = random_history(&mut Random::new(seed));
        let number = |register: &Option<(String, String)>| {
            let (_, key) = register.as_ref().expect("it concerns a register");
            history.registers().iter().position(|(_, known)| **known == **key).expect("it is there") as u32
        };
        let anomalies = eventual::judge(&history);
        let seen: BTreeSet<(u32, Breach)> =
            anomalies.iter().map(|anomaly| (number(&anomaly.register), breach_of(anomaly.requirement))).collect();
        let expected = breaches(&history);
        let text = || (0..history.records().len()).map(|i| history.operation_text(i) + "\n").collect::<String>();
        assert_eq!(seen, expected, "seed {seed}\n{}", text());
        for (_, breach) in expected {
            broken[breach as usize] += 1;
        }
    }
    assert!(broken.iter().all(|broken| *broken > count / 50), "{broken:?} of {count}");
}

/// One call after another, of two sessions, in units of ten of a clock whose bound is 5.
struct Told {
    builder: HistoryBuilder,
    register: u32,
    now: u64,
}

impl Told {
    fn new() -> Self {
        let mut builder = HistoryBuilder::new(Header { convergence_bound: 5, ..Header::default() });
        let register = builder.register("b", "k");
        Self { builder, register, now: 0 }
    }

    fn call(
        &mut self,
        session: u16,
        kind: Kind,
        operand: impl Into<kvspec_reference::history::Operand>,
        outcome: Outcome,
    ) -> usize {
        self.now += 10;
        let (invoke, response) = (self.now, (outcome != Outcome::Unknown).then_some(self.now + 1));
        let (register, operand) = (self.register, operand.into());
        self.builder.push(Entry { session, kind, register, operand, outcome, invoke, response })
    }

    fn increment(&mut self, session: u16, delta: i64, sum: Option<i128>) {
        let operand = self.builder.increment(IncrementArguments { delta, sum });
        self.call(session, Kind::Increment, operand, if sum.is_some() { Outcome::Ok } else { Outcome::Unknown });
    }

    fn set(&mut self, session: u16, value: &[u8]) {
        let value = self.builder.value_bytes(value);
        self.call(session, Kind::Set, value, Outcome::Ok);
    }

    fn delete(&mut self, session: u16) {
        self.call(session, Kind::Delete, State::ABSENT, Outcome::Ok);
    }

    fn cas_new(&mut self, session: u16) -> usize {
        self.call(session, Kind::CasNew, State::ABSENT, Outcome::Ok)
    }

    fn swap(&mut self, session: u16, base: usize, value: &[u8], swapped: bool) {
        let state = self.builder.value_bytes(value);
        let operand = self.builder.exchange(Exchange { base: Some(base as u32), state, swapped });
        self.call(session, Kind::Swap, operand, Outcome::Ok);
    }

    fn requirements(self) -> Vec<RequirementId> {
        let history = self.builder.finish().unwrap();
        let all = eventual::judge(&history).into_iter().chain(atomics::judge(&history));
        all.map(|anomaly| anomaly.requirement).collect()
    }
}

fn told(calls: impl FnOnce(&mut Told)) -> Vec<RequirementId> {
    let mut told = Told::new();
    calls(&mut told);
    told.requirements()
}

#[test]
fn increments_are_judged_between_other_writes() {
    let first = |sum| told(|h| h.increment(0, 5, Some(sum)));
    assert_eq!((first(5), first(6)), (vec![], vec![KvsInc01]));
    let second = |session, sum| {
        told(|h| {
            h.increment(0, 5, Some(5));
            h.increment(session, 1, Some(sum));
        })
    };
    assert_eq!([second(0, 6), second(0, 5), second(1, 5)], [vec![], vec![KvsInc02], vec![KvsInc08]]);
    let after_delete = |sum| {
        told(|h| {
            h.increment(0, 5, Some(5));
            h.delete(1);
            h.increment(0, 1, Some(sum));
        })
    };
    assert_eq!([after_delete(1), after_delete(6)], [vec![], vec![KvsInc01]]);
    let after_set = |sums: [i128; 2]| {
        told(|h| {
            h.set(0, b"40");
            h.increment(0, 1, Some(sums[0]));
            h.increment(0, 1, Some(sums[1]));
        })
    };
    assert_eq!([after_set([41, 42]), after_set([1, 2]), after_set([41, 41])], [vec![], vec![], vec![KvsInc02]]);
}

#[test]
fn an_increment_without_an_answer_counts_or_does_not() {
    let with = |sum| {
        told(|h| {
            h.increment(0, 5, None);
            h.increment(1, 1, Some(sum));
        })
    };
    assert_eq!([with(1), with(6), with(11)], [vec![], vec![], vec![KvsInc01]]);
    // It may also come after the delete that was answered since.
    let later = |sum| {
        told(|h| {
            h.increment(0, 5, None);
            h.delete(1);
            h.increment(1, 1, Some(sum));
        })
    };
    assert_eq!([later(1), later(6), later(7)], [vec![], vec![], vec![KvsInc01]]);
}

#[test]
fn a_sum_without_room_is_an_error_or_a_violation() {
    let sums = |second| {
        told(|h| {
            h.increment(0, i64::MAX, Some(i64::MAX.into()));
            h.increment(0, 1, Some(second));
        })
    };
    assert_eq!([sums(i64::MAX.into()), sums(i64::MIN.into())], [vec![KvsInc04], vec![KvsInc04]]);
    assert_eq!(sums(i128::from(i64::MAX) + 1), [], "a type that has room");
}

#[test]
fn swaps_are_judged_with_their_base() {
    let race = |second_wins| {
        told(|h| {
            let (a, b) = (h.cas_new(0), h.cas_new(1));
            h.swap(0, a, b"a", true);
            h.swap(1, b, b"b", second_wins);
        })
    };
    assert_eq!([race(false), race(true)], [vec![], vec![KvsCas03]]);
    let over_a_set = |value: &[u8]| {
        told(|h| {
            h.set(1, b"old");
            let handle = h.cas_new(0);
            h.set(1, value);
            h.swap(0, handle, b"mine", true);
        })
    };
    assert_eq!([over_a_set(b"new"), over_a_set(b"old")], [vec![KvsCas03], vec![]]);
    let shows = told(|h| {
        let handle = h.cas_new(0);
        h.set(1, b"theirs");
        h.swap(0, handle, b"mine", false);
        let mine = h.builder.value_bytes(b"mine");
        h.call(1, Kind::Get, mine, Outcome::Ok);
    });
    assert_eq!(shows, [KvsCas07], "a failed swap writes nothing");
    let again = told(|h| {
        let handle = h.cas_new(0);
        h.set(1, b"theirs");
        h.swap(0, handle, b"mine", false);
        h.swap(0, 2, b"mine", true);
    });
    assert_eq!(again, [], "the failure gave a fresh handle");
}
