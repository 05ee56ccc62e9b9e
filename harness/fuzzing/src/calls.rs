//! Calls beyond get, set, delete and exists, made from chance.

use kvspec_reference::interface::Counter;
use kvspec_reference::random::Random;
use kvspec_reference::workload::{Call, Keys, ValueSource};
use kvspec_suites::workloads::generate::Repertoire;

/// A kind of call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    List,
    Increment,
    CasNew,
    CasCurrent,
    Swap,
    GetMany,
    SetMany,
    DeleteMany,
}

const LISTING: &[Kind] = &[Kind::List, Kind::List, Kind::List];
const INCREMENT: &[Kind] = &[Kind::Increment, Kind::Increment, Kind::Increment];
/// A swap needs a handle first; one without does nothing.
const SWAP: &[Kind] = &[Kind::CasNew, Kind::CasNew, Kind::CasCurrent, Kind::Swap, Kind::Swap, Kind::Swap];
const BATCH: &[Kind] =
    &[Kind::GetMany, Kind::GetMany, Kind::SetMany, Kind::SetMany, Kind::DeleteMany, Kind::DeleteMany];

/// The names of handles of compare-and-swaps, the usual one first.
pub(super) const HANDLES: [&str; 2] = ["h", "g"];

/// What is added: small, and past 8, 32, 53 and, almost, 63 bits.
const DELTAS: [i64; 12] = [1, 1, 1, 0, -1, 5, 255, 1 << 31, 1 << 32, (1 << 53) + 1, i64::MAX - 9, -(1 << 40)];

/// Where a call goes.
pub(super) struct Place {
    pub(super) bucket: String,
    /// At least one; the first is that of a call on one key.
    pub(super) keys: Vec<String>,
}

/// A call of a kind that is offered, if there is one. `value` makes what is written.
pub(super) fn offered(
    repertoire: Repertoire,
    place: Place,
    mut value: impl FnMut(&mut Random) -> ValueSource,
    random: &mut Random,
) -> Option<Call> {
    let kinds: Vec<Kind> = [
        repertoire.listing.then_some(LISTING),
        repertoire.increment.map(|_| INCREMENT),
        repertoire.swap.then_some(SWAP),
        repertoire.batch.then_some(BATCH),
    ]
    .into_iter()
    .flatten()
    .flatten()
    .copied()
    .collect();
    if kinds.is_empty() {
        return None;
    }
    let Place { bucket, keys } = place;
    let one = || keys[0].clone();
    let all = || keys.iter().cloned().map(Keys::One);
    Some(match kinds[random.below(kinds.len() as u64) as usize] {
        Kind::List => Call::List { bucket, pages: random.chance(200).then_some(1) },
        Kind::Increment => Call::Increment { bucket, key: one(), delta: delta(repertoire, random) },
        Kind::CasNew => Call::CasNew { handle: handle(random), bucket, key: one() },
        Kind::CasCurrent => Call::CasCurrent { handle: handle(random) },
        Kind::Swap => Call::Swap { handle: handle(random), value: value(random) },
        Kind::GetMany => Call::GetMany { bucket, keys: all().collect() },
        Kind::SetMany => Call::SetMany { bucket, pairs: all().map(|key| (key, value(random))).collect() },
        Kind::DeleteMany => Call::DeleteMany { bucket, keys: all().collect() },
    })
}

/// What an increment adds.
pub(super) fn delta(repertoire: Repertoire, random: &mut Random) -> i64 {
    allowed(repertoire, DELTAS[random.below(DELTAS.len() as u64) as usize])
}

/// The number, or where only numbers from 0 can be added, as far from 0.
pub(super) fn allowed(repertoire: Repertoire, delta: i64) -> i64 {
    if repertoire.increment == Some(Counter::Unsigned) { delta.saturating_abs() } else { delta }
}

fn handle(random: &mut Random) -> String {
    HANDLES[usize::from(random.chance(200))].into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use kvspec_reference::Profile;

    #[test]
    fn calls_are_of_what_is_offered_and_of_all_of_it() {
        let calls = |repertoire| {
            let mut random = Random::new(3);
            let place = || Place { bucket: "b".into(), keys: vec!["k".into(), "l".into()] };
            let value = |_: &mut Random| ValueSource::Bytes(Vec::new());
            let made = (0..500).filter_map(|_| offered(repertoire, place(), value, &mut random));
            let mut words: Vec<String> =
                made.map(|call| call.to_string().split(' ').next().unwrap_or_default().to_owned()).collect();
            words.sort();
            words.dedup();
            words
        };
        assert!(calls(Repertoire::of(Profile::Eventual)).is_empty());
        assert_eq!(
            calls(Repertoire::of(Profile::StoreDraft)),
            ["delete-many", "get-many", "increment", "list", "set-many"]
        );
        assert_eq!(
            calls(Repertoire::of(Profile::StoreDraft2)),
            ["cas-current", "cas-new", "delete-many", "get-many", "increment", "list", "set-many", "swap"]
        );
        let alone = Repertoire { listing: true, ..Repertoire::FOUR_OPERATIONS };
        assert_eq!(calls(alone), ["list"]);
    }

    #[test]
    fn what_has_no_sign_is_not_counted_down() {
        let of = |profile| {
            let mut random = Random::new(1);
            (0..200).map(|_| delta(Repertoire::of(profile), &mut random)).min().unwrap()
        };
        assert_eq!(of(Profile::StoreDraft), 0);
        assert!(of(Profile::StoreDraft2) < 0);
    }
}
