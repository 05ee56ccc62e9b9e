//! Staleness, worked out by hand.

use kvspec_reference::consistency::staleness;
use kvspec_reference::history::{Entry, Header, HistoryBuilder, Kind, Outcome, State};

#[test]
fn a_read_two_versions_behind_is_measured() {
    let mut builder = HistoryBuilder::new(Header::default());
    builder.register("b", "k");
    let values: Vec<u32> = (1..=3).map(|value| builder.value_named(value).number()).collect();
    let calls = [
        (Kind::Set, 0, 0, 10),
        (Kind::Set, 1, 20, 30),
        (Kind::Set, 2, 40, 50),
        (Kind::Get, 0, 100, 110),
        (Kind::Get, 2, 120, 130),
    ];
    for (kind, value, invoke, response) in calls {
        let (value, response) = (values[value], Some(response));
        builder.push(Entry {
            session: 0,
            kind,
            register: 0,
            operand: State::value(value).into(),
            outcome: Outcome::Ok,
            invoke,
            response,
        });
    }
    let found = staleness::measure(&builder.finish().unwrap());
    assert_eq!((found.versions.count, found.versions.max, found.stalest), (2, 2, Some(3)));
    assert_eq!(found.time.max, 70, "the second set had ended at 30, the read began at 100");
    assert_eq!((found.convergence.count, found.convergence.max), (1, 50), "the old value was read at 100, 50 after 50");
}
