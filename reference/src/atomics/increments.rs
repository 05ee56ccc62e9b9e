//! Increments of one register between two other writes of it: whether one order explains their results.
//!
//! **Definition.** Each increment that answered took effect at one instant of its interval: it found the
//! number `result - delta` and left `result`. One without an answer took effect at one instant after its
//! invocation, or never. Nothing else changes the number meanwhile. The number at the start is known
//! (0 where the key is absent) or not.
//!
//! **Algorithm.** Where no delta is below 0, numbers never fall, so that the results are the order: sorted
//! by them, each must be its predecessor plus its own delta, and none may have ended before one of those
//! before it began. A gap is filled by increments without an answer, each used once and begun before
//! what comes after the gap has ended: O(n log n) where these have one delta, else a bounded search. Where
//! a delta is below 0, or the order is not needed to be told from the results, an exact search goes
//! through time and keeps all numbers that there can be, with a bound too.
//!
//! *Why sorting is enough*: let an order explain the results. Of two increments with different results
//! the greater comes later, since no delta is below 0. Of those with one result at most one has a delta
//! above 0, and it comes first, for whatever came before it left less. Those with delta 0 may be swapped
//! among each other, so they may stand in the order of their invocations. So the sorted order explains
//! them too. *Why a gap may take any that has begun*: the later the gap, the later the first end of what
//! follows, so whoever may fill a gap may fill all later ones.

use std::collections::{BTreeMap, HashSet};

/// An increment of the register, by the ranks of its events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Increment {
    /// Index of its record.
    pub(crate) record: u32,
    pub(crate) invoke: u32,
    /// Of one that answered; `u32::MAX` of the others.
    pub(crate) response: u32,
    pub(crate) delta: i64,
    /// The answer; `None` where it may have taken effect or not.
    pub(crate) result: Option<i128>,
}

/// Whether there is an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Explained {
    Yes,
    /// The records that no order has, by their indices: one, or one and that before it.
    No {
        at: u32,
        after: Option<u32>,
    },
    /// The bound was hit.
    Unknown,
}

/// What a search may try before it gives up.
const STEPS_MAX: usize = 200_000;

/// Looks for an order. `increments` come in the order of their invocations; `start` is the number at the
/// start, where it is known.
pub(crate) fn explain(start: Option<i128>, increments: &[Increment]) -> Explained {
    if increments.iter().all(|increment| increment.delta >= 0) {
        by_result(start, increments)
    } else {
        through_time(start, increments)
    }
}

fn by_result(start: Option<i128>, increments: &[Increment]) -> Explained {
    let mut answered: Vec<(i128, &Increment)> = increments.iter().filter_map(|i| Some((i.result?, i))).collect();
    answered.sort_by_key(|(result, increment)| (*result, increment.delta == 0, increment.invoke));
    let mut number = start;
    let mut begun: Option<(u32, u32)> = None;
    let mut gaps = Vec::new();
    for (place, (result, increment)) in answered.iter().enumerate() {
        let before = place.checked_sub(1).map(|before| answered[before].1.record);
        let found = result - i128::from(increment.delta);
        let missing = number.map_or(0, |number| found - number);
        if missing < 0 {
            return Explained::No { at: increment.record, after: before };
        }
        if let Some((invoke, record)) = begun
            && increment.response < invoke
        {
            return Explained::No { at: increment.record, after: Some(record) };
        }
        if missing > 0 {
            gaps.push(Gap { missing, at: increment.record, after: before, end: increment.response });
        }
        begun = begun.max(Some((increment.invoke, increment.record)));
        number = Some(*result);
    }
    fill(&mut gaps, &answered, increments)
}

/// What increments without an answer must have added.
struct Gap {
    missing: i128,
    at: u32,
    after: Option<u32>,
    /// The first end of what comes after it.
    end: u32,
}

fn fill(gaps: &mut [Gap], answered: &[(i128, &Increment)], increments: &[Increment]) -> Explained {
    if gaps.is_empty() {
        return Explained::Yes;
    }
    let mut end = u32::MAX;
    let mut left = gaps.iter_mut().rev().peekable();
    for (_, increment) in answered.iter().rev() {
        end = end.min(increment.response);
        if let Some(gap) = left.next_if(|gap| gap.at == increment.record) {
            gap.end = end;
        }
    }
    let mut fillers: Vec<(u32, i64)> =
        increments.iter().filter(|i| i.result.is_none() && i.delta > 0).map(|i| (i.invoke, i.delta)).collect();
    fillers.sort_unstable();
    let mut search = Filling { gaps, fillers: &fillers, tried: HashSet::new(), deepest: 0, steps: 0 };
    match search.fill(0, 0, &BTreeMap::new()) {
        Some(true) => Explained::Yes,
        Some(false) => {
            let gap = &gaps[search.deepest];
            Explained::No { at: gap.at, after: gap.after }
        }
        None => Explained::Unknown,
    }
}

/// The search for increments that fill the gaps, one gap after another.
struct Filling<'g> {
    gaps: &'g [Gap],
    /// Invocation and delta, in the order of invocation.
    fillers: &'g [(u32, i64)],
    tried: HashSet<(usize, Vec<(i64, usize)>)>,
    deepest: usize,
    steps: usize,
}

impl Filling<'_> {
    /// Fills the gaps from this one on, with so many fillers begun, and how many of each delta are left.
    /// `None` when the bound is hit.
    fn fill(&mut self, gap: usize, begun: usize, left: &BTreeMap<i64, usize>) -> Option<bool> {
        let Some(Gap { missing, end, .. }) = self.gaps.get(gap) else { return Some(true) };
        let (missing, end) = (*missing, *end);
        self.deepest = self.deepest.max(gap);
        if !self.tried.insert((gap, left.iter().map(|(delta, count)| (*delta, *count)).collect())) {
            return Some(false);
        }
        let mut left = left.clone();
        let mut now_begun = begun;
        while let Some((_, delta)) = self.fillers.get(now_begun).filter(|(invoke, _)| *invoke < end) {
            *left.entry(*delta).or_default() += 1;
            now_begun += 1;
        }
        let kinds: Vec<(i64, usize)> = left.iter().map(|(delta, count)| (*delta, *count)).collect();
        let mut chosen = vec![0; kinds.len()];
        self.choose(gap, now_begun, &kinds, &mut chosen, 0, missing)
    }

    /// Chooses how many of each kind fill what is missing, and goes on with the next gap.
    fn choose(
        &mut self,
        gap: usize,
        begun: usize,
        kinds: &[(i64, usize)],
        chosen: &mut [usize],
        kind: usize,
        missing: i128,
    ) -> Option<bool> {
        self.steps += 1;
        if self.steps > STEPS_MAX {
            return None;
        }
        if missing == 0 {
            let left = kinds.iter().zip(&*chosen).map(|((delta, count), chosen)| (*delta, count - chosen));
            let left: BTreeMap<i64, usize> = left.filter(|(_, count)| *count > 0).collect();
            return self.fill(gap + 1, begun, &left);
        }
        let Some((delta, count)) = kinds.get(kind).copied() else { return Some(false) };
        let most = (missing / i128::from(delta)).min(count as i128) as usize;
        // The last kind has no choice.
        let least = if kind + 1 == kinds.len() { most } else { 0 };
        for number in (least..=most).rev() {
            chosen[kind] = number;
            let rest = missing - i128::from(delta) * number as i128;
            if self.choose(gap, begun, kinds, chosen, kind + 1, rest)? {
                return Some(true);
            }
        }
        chosen[kind] = 0;
        Some(false)
    }
}

/// A number that there can be, and which of the increments have led to it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Reached {
    /// `None`: whatever it was at the start.
    number: Option<i128>,
    /// Of the increments that are open, those that have taken effect: indices, ascending.
    done: Vec<usize>,
}

/// Goes through the ends of the increments that answered, and keeps all that can have been reached.
fn through_time(start: Option<i128>, increments: &[Increment]) -> Explained {
    let mut ends: Vec<usize> = (0..increments.len()).filter(|&i| increments[i].result.is_some()).collect();
    ends.sort_by_key(|&i| increments[i].response);
    let mut reached = HashSet::from([Reached { number: start, done: Vec::new() }]);
    let mut steps = 0;
    // Those that have begun and not ended: they come in the order of their invocations.
    let (mut begun, mut to_begin) = (Vec::new(), 0);
    let mut before = None;
    for &end in &ends {
        while increments.get(to_begin).is_some_and(|increment| increment.invoke < increments[end].response) {
            begun.push(to_begin);
            to_begin += 1;
        }
        let mut next = HashSet::new();
        let mut stack: Vec<Reached> = reached.into_iter().collect();
        let mut seen = HashSet::new();
        while let Some(state) = stack.pop() {
            steps += begun.len();
            if steps > STEPS_MAX {
                return Explained::Unknown;
            }
            if !seen.insert(state.clone()) {
                continue;
            }
            if state.done.contains(&end) {
                let done = state.done.into_iter().filter(|i| *i != end).collect();
                next.insert(Reached { number: state.number, done });
                continue;
            }
            stack.extend(begun.iter().filter_map(|&i| state.after(i, &increments[i])));
        }
        if next.is_empty() {
            return Explained::No { at: increments[end].record, after: before };
        }
        reached = next;
        begun.retain(|i| *i != end);
        before = Some(increments[end].record);
    }
    Explained::Yes
}

impl Reached {
    fn after(&self, index: usize, increment: &Increment) -> Option<Reached> {
        let place = self.done.binary_search(&index).err()?;
        let added = self.number.map(|number| number + i128::from(increment.delta));
        let number = match (increment.result, added) {
            (Some(result), Some(added)) if result != added => return None,
            (Some(result), _) => Some(result),
            (None, added) => added,
        };
        let mut done = self.done.clone();
        done.insert(place, index);
        Some(Reached { number, done })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn explained(start: Option<i128>, all: &[(u32, u32, i64, Option<i128>)]) -> Explained {
        let increments: Vec<Increment> = (0..)
            .zip(all)
            .map(|(record, &(invoke, response, delta, result))| Increment { record, invoke, response, delta, result })
            .collect();
        explain(start, &increments)
    }

    const NEVER: u32 = u32::MAX;

    #[test]
    fn sums_in_some_order_are_explained() {
        let all = [(0, 9, 5, Some(8)), (1, 3, 1, Some(1)), (4, 6, 2, Some(3)), (10, 11, 0, Some(8))];
        assert_eq!(explained(Some(0), &all), Explained::Yes);
        assert_eq!(explained(None, &all), Explained::Yes);
        assert_eq!(explained(Some(1), &all), Explained::No { at: 1, after: None });
    }

    #[test]
    fn a_lost_increment_and_one_counted_twice_are_not() {
        let lost = [(0, 3, 1, Some(1)), (1, 2, 1, Some(1))];
        assert_eq!(explained(Some(0), &lost), Explained::No { at: 1, after: Some(0) });
        let twice = [(0, 1, 1, Some(1)), (2, 3, 1, Some(3))];
        assert_eq!(explained(Some(0), &twice), Explained::No { at: 1, after: Some(0) });
        let backwards = [(0, 1, 1, Some(2)), (2, 3, 1, Some(1))];
        assert_eq!(explained(Some(0), &backwards), Explained::No { at: 0, after: Some(1) });
    }

    #[test]
    fn gaps_are_filled_once_and_in_time() {
        let filler = (0, NEVER, 3, None);
        assert_eq!(explained(Some(0), &[filler, (2, 3, 1, Some(4))]), Explained::Yes);
        assert_eq!(explained(Some(0), &[filler, (2, 3, 1, Some(1)), (4, 5, 1, Some(5))]), Explained::Yes);
        let twice = [filler, (2, 3, 1, Some(4)), (4, 5, 1, Some(8))];
        assert_eq!(explained(Some(0), &twice), Explained::No { at: 2, after: Some(1) });
        let late = [(2, 3, 1, Some(4)), (4, NEVER, 3, None)];
        assert_eq!(explained(Some(0), &late), Explained::No { at: 0, after: None });
        // 3 and 4 fill the gap of 7; what is left, 5, fills no gap of 6.
        let mixed =
            |last| [filler, (1, NEVER, 4, None), (2, NEVER, 5, None), (3, 4, 1, Some(8)), (5, 6, 1, Some(last))];
        assert_eq!(explained(Some(0), &mixed(14)), Explained::Yes);
        assert_eq!(explained(Some(0), &mixed(15)), Explained::No { at: 4, after: Some(3) });
    }

    #[test]
    fn numbers_that_fall_are_searched() {
        let all = [(0, 9, -5, Some(-4)), (1, 3, 1, Some(1)), (4, 6, 2, Some(-2)), (10, NEVER, 1, None)];
        assert_eq!(explained(Some(0), &all), Explained::Yes);
        assert_eq!(
            explained(Some(0), &[(0, 1, -1, Some(-1)), (2, 3, 1, Some(1))]),
            Explained::No { at: 1, after: Some(0) }
        );
        assert_eq!(explained(None, &[(0, 1, -1, Some(7)), (2, 3, -1, Some(6))]), Explained::Yes);
    }
}
