//! Hand-made anomalies: each breaks one level and keeps all that do not follow from it.

use kvspec_reference::consistency::register::{linearizable, regular, sessions};
use kvspec_reference::consistency::{Finding, convergence, integrity};
use kvspec_reference::history::{
    ClockUnit, Entry, Header, History, HistoryBuilder, Kind, Outcome, State, SwapArguments,
};

const ABSENT: u32 = State::ABSENT.number();
const PRESENT: u32 = State::PRESENT.number();

type Check = fn(&History) -> Finding;

/// Builds a history of one register; times are given as `invoke..response`.
struct Script(HistoryBuilder);

impl Script {
    fn new(bound: u64) -> Self {
        let header = Header { convergence_bound: bound, clock: ClockUnit::Nanoseconds, ..Header::default() };
        let mut builder = HistoryBuilder::new(header);
        builder.register("b", "k");
        Self(builder)
    }

    fn call(mut self, session: u16, times: std::ops::Range<u64>, kind: Kind, value: u32, outcome: Outcome) -> Self {
        let response = (outcome != Outcome::Unknown).then_some(times.end);
        self.0.push(Entry {
            session,
            kind,
            register: 0,
            operand: State::value(value).into(),
            outcome,
            invoke: times.start,
            response,
        });
        self
    }

    fn set(mut self, session: u16, times: std::ops::Range<u64>, value: u64, outcome: Outcome) -> Self {
        let value = self.0.value_named(value);
        self.call(session, times, Kind::Set, value.number(), outcome)
    }

    fn get(mut self, session: u16, times: std::ops::Range<u64>, value: Option<u64>) -> Self {
        let value = value.map_or(ABSENT, |value| self.0.value_named(value).number());
        self.call(session, times, Kind::Get, value, Outcome::Ok)
    }

    fn delete(self, session: u16, times: std::ops::Range<u64>) -> Self {
        self.call(session, times, Kind::Delete, ABSENT, Outcome::Ok)
    }

    fn exists(self, session: u16, times: std::ops::Range<u64>, seen: bool) -> Self {
        self.call(session, times, Kind::Exists, if seen { PRESENT } else { ABSENT }, Outcome::Ok)
    }

    fn swap(mut self, session: u16, times: std::ops::Range<u64>, from: u64, to: u64, swapped: bool) -> Self {
        let (expected, new) = (self.0.value_named(from), self.0.value_named(to));
        let value = self.0.swap(SwapArguments { expected, new, swapped });
        self.call(session, times, Kind::CompareAndSwap, value.state().number(), Outcome::Ok)
    }

    /// Exactly these levels are broken.
    fn breaks(self, expected: &[&str]) {
        let history = self.0.finish().unwrap();
        let checks: [(&str, Check); 7] = [
            ("linearizable", linearizable::check),
            ("regular", regular::check),
            ("read your writes", sessions::check_read_your_writes),
            ("monotonic reads", sessions::check_monotonic_reads),
            ("last write", convergence::check_last_write),
            ("convergent", convergence::check),
            ("integrity", integrity::check),
        ];
        let findings = checks.map(|(name, check)| (name, check(&history)));
        let broken: Vec<&str> =
            findings.iter().filter(|(_, f)| matches!(f, Finding::Broken(_))).map(|(name, _)| *name).collect();
        assert_eq!(broken, expected, "{findings:#?}");
    }
}

const OK: Outcome = Outcome::Ok;

#[test]
fn new_then_old_during_a_write_is_regular_but_not_linearizable() {
    let script = Script::new(0).set(0, 1..2, 1, OK).set(0, 10..50, 2, OK);
    script.get(1, 20..25, Some(2)).get(2, 30..35, Some(1)).breaks(&["linearizable"]);
}

#[test]
fn new_then_old_in_one_session_breaks_monotonic_reads() {
    let script = Script::new(0).set(0, 1..2, 1, OK).set(0, 10..50, 2, OK);
    script.get(1, 20..25, Some(2)).get(1, 30..35, Some(1)).breaks(&["linearizable", "monotonic reads"]);
}

#[test]
fn a_stale_read_within_the_bound_breaks_regular() {
    let script = Script::new(100).set(0, 1..2, 1, OK).set(0, 10..20, 2, OK);
    script.get(1, 30..35, Some(1)).breaks(&["linearizable", "regular"]);
}

#[test]
fn a_session_that_misses_its_own_write() {
    let script = Script::new(100).set(0, 1..2, 1, OK).get(0, 5..6, None);
    script.breaks(&["linearizable", "regular", "read your writes"]);
}

#[test]
fn a_lost_last_write() {
    let script = Script::new(10).set(0, 1..2, 1, OK).set(1, 5..6, 2, OK);
    script.get(2, 50..51, Some(1)).get(3, 52..53, Some(1)).breaks(&["linearizable", "regular", "last write"]);
}

#[test]
fn concurrent_last_writes_may_both_win_but_not_in_turns() {
    let script = Script::new(10).set(0, 1..6, 1, OK).set(1, 2..5, 2, OK);
    script.get(2, 50..51, Some(1)).get(3, 52..53, Some(2)).breaks(&["linearizable", "convergent"]);
}

#[test]
fn an_indeterminate_write_may_change_the_state_once() {
    let script = || Script::new(10).set(0, 1..2, 1, OK).set(1, 3..4, 2, Outcome::Unknown).get(2, 50..51, Some(1));
    script().get(2, 60..61, Some(2)).get(3, 80..81, Some(2)).breaks(&[]);
    // Old and new may alternate within the bound of the change, but not after it.
    script().get(2, 60..61, Some(2)).get(3, 65..66, Some(1)).breaks(&["linearizable"]);
    script().get(2, 60..61, Some(2)).get(3, 80..81, Some(1)).breaks(&["linearizable", "convergent"]);
}

#[test]
fn a_value_from_nowhere_breaks_integrity() {
    let script = Script::new(100).set(0, 1..2, 1, OK).get(1, 5..6, Some(9));
    script.breaks(&["linearizable", "regular", "integrity"]);
}

#[test]
fn a_value_from_the_future_breaks_integrity() {
    let script = Script::new(100).get(1, 1..2, Some(1)).set(0, 5..6, 1, OK);
    script.breaks(&["linearizable", "regular", "last write", "integrity"]);
}

#[test]
fn a_value_of_a_failed_write_breaks_integrity() {
    let script = Script::new(100).set(0, 1..2, 1, OK).set(0, 3..4, 2, Outcome::Failed).get(1, 5..6, Some(2));
    script.breaks(&["linearizable", "regular", "integrity"]);
}

#[test]
fn a_deleted_value_that_comes_back() {
    let script = Script::new(100).set(0, 1..2, 1, OK).delete(0, 3..4).get(1, 5..6, None);
    script.get(1, 7..8, Some(1)).breaks(&["linearizable", "regular"]);
}

#[test]
fn exists_that_disagrees_with_a_delete() {
    let script = Script::new(100).set(0, 1..2, 1, OK).delete(0, 3..4).exists(1, 5..6, true);
    script.breaks(&["linearizable", "regular"]);
}

#[test]
fn a_swap_that_succeeds_twice() {
    let script = Script::new(100).set(0, 1..2, 1, OK).swap(1, 5..20, 1, 2, true);
    script.swap(2, 6..19, 1, 3, true).breaks(&["linearizable"]);
}

#[test]
fn a_swap_that_is_refused_though_the_value_is_there() {
    let script = Script::new(100).set(0, 1..2, 1, OK).swap(1, 5..6, 1, 2, false);
    script.breaks(&["linearizable", "regular"]);
}

#[test]
fn a_broken_register_outweighs_one_that_is_not_exercised() {
    let mut script = Script::new(100).set(0, 1..2, 1, OK).get(1, 3..4, None);
    script.0.register("b", "other");
    script.breaks(&["linearizable", "regular"]);
}
