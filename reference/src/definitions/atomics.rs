//! Increments and swaps of one register by brute force: all orders are tried.
//!
//! This shares nothing with the checkers but the words. For up to about seven operations.

/// An increment: its interval as ranks, what it added, and its answer.
#[derive(Debug, Clone, Copy)]
pub struct AnIncrement {
    /// Rank of the invocation.
    pub invoke: u32,
    /// Rank of the response, where the answer is known.
    pub response: u32,
    /// What it added.
    pub delta: i64,
    /// The answer; `None` where it may have taken effect at any time after its invocation, or never.
    pub result: Option<i128>,
}

/// Whether there is an order of the increments that respects real time, in which each finds what those
/// before it left and leaves its result. `start` is the number at the start; `None`: any.
pub fn increments_explained(start: Option<i128>, all: &[AnIncrement]) -> bool {
    let Some(start) = start else {
        // Whatever number there can have been is that which some increment found, less what others added.
        let sums = all.iter().map(|i| i128::from(i.delta.abs())).sum::<i128>();
        let found = all.iter().filter_map(|i| i.result);
        let (least, greatest) = (found.clone().min().unwrap_or(0) - sums, found.max().unwrap_or(0) + sums);
        return (least..=greatest).any(|start| increments_explained(Some(start), all));
    };
    let mut placed = vec![false; all.len()];
    place_increment(start, all, &mut placed)
}

fn place_increment(number: i128, all: &[AnIncrement], placed: &mut [bool]) -> bool {
    if (0..all.len()).all(|i| placed[i] || all[i].result.is_none()) {
        return true;
    }
    for i in 0..all.len() {
        let must_come_first = |j: usize| !placed[j] && all[j].result.is_some() && all[j].response < all[i].invoke;
        if placed[i] || (0..all.len()).any(must_come_first) {
            continue;
        }
        let left = number + i128::from(all[i].delta);
        if all[i].result.is_some_and(|result| result != left) {
            continue;
        }
        placed[i] = true;
        let found = place_increment(left, all, placed);
        placed[i] = false;
        if found {
            return true;
        }
    }
    false
}

/// A write: its interval as ranks, the state it leaves, and of a swap the interval of its base.
#[derive(Debug, Clone, Copy)]
pub struct AWrite {
    /// Rank of the invocation.
    pub invoke: u32,
    /// Rank of the response; `None` where it may take effect at any time after its invocation, or never.
    pub response: Option<u32>,
    /// The state it leaves.
    pub state: u32,
    /// Of a swap: invocation and response of what made its handle.
    pub base: Option<(u32, u32)>,
}

/// Whether there are instants of all bases and effects, each in its interval, such that each swap finds the
/// state of its base at its effect. The register starts in state `absent`.
pub fn swaps_explained(absent: u32, all: &[AWrite]) -> bool {
    let mut instants = Vec::new();
    for (write, one) in all.iter().enumerate() {
        if let Some((invoke, response)) = one.base {
            instants.push(Instant { write, is_base: true, from: invoke, to: response, is_optional: false });
        }
        let (to, is_optional) = (one.response.unwrap_or(u32::MAX), one.response.is_none());
        instants.push(Instant { write, is_base: false, from: one.invoke, to, is_optional });
    }
    place_instant(absent, all, &instants, &mut vec![false; instants.len()], &mut vec![None; all.len()])
}

struct Instant {
    write: usize,
    is_base: bool,
    from: u32,
    to: u32,
    is_optional: bool,
}

fn place_instant(
    state: u32,
    all: &[AWrite],
    instants: &[Instant],
    placed: &mut Vec<bool>,
    bases: &mut Vec<Option<u32>>,
) -> bool {
    if (0..instants.len()).all(|i| placed[i] || instants[i].is_optional) {
        return true;
    }
    for i in 0..instants.len() {
        let Instant { write, is_base, from, .. } = instants[i];
        let must_come_first = |j: usize| !placed[j] && !instants[j].is_optional && instants[j].to < from;
        let base = bases[write];
        let finds_its_base = is_base || all[write].base.is_none() || base == Some(state);
        if placed[i] || !finds_its_base || (0..instants.len()).any(must_come_first) {
            continue;
        }
        placed[i] = true;
        let next = if is_base { state } else { all[write].state };
        if is_base {
            bases[write] = Some(state);
        }
        let found = place_instant(next, all, instants, placed, bases);
        placed[i] = false;
        bases[write] = base;
        if found {
            return true;
        }
    }
    false
}
