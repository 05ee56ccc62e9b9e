//! Swaps of one register: whether each can have found at its end what was there at its base.
//!
//! **Definition.** A swap that answered «done» has a base, at one instant of the interval in which its handle
//! was made, and an effect, at a later instant of its own interval. At its effect the register is in the
//! state in which it was at its base, and then in the new one. Any other ok write has its effect at one
//! instant of its interval. A write without an ok answer may have one after its invocation, or none; a
//! swap that answered «failed» has none. (That the *state* is the same is the least that is asked: one
//! who compares versions keeps it too.)
//!
//! **Algorithm.** Call the first end of a swap's base `min` and the invocation of its swap `max`; of another
//! write its response and its invocation. Two of them conflict when each must come before the other ends,
//! `a.min < b.max` and `b.min < a.max`: then one has its effect between base and effect of the other, in
//! whichever order. (There is an order of all without that if no two conflict: the argument of zones,
//! Gibbons and Korach 1997.) A conflict breaks the definition when no write can have brought the state of
//! the base back. Where states are not repeated that is all there is to ask, and the answer is exact;
//! where they are, a conflict that is reported is one, and others may go unseen.
//!
//! O(n log n) for n writes, and up to [`CONFLICTS_MAX`] conflicts of states that repeat.

use std::collections::HashMap;

/// A write of the register, by the ranks of its events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Write {
    /// Index of its record.
    pub(crate) record: u32,
    pub(crate) invoke: u32,
    /// `u32::MAX` where it is not certain.
    pub(crate) response: u32,
    /// The state it leaves.
    pub(crate) state: u32,
    /// Of a swap that answered «done»: invocation and response of what made its handle.
    pub(crate) base: Option<(u32, u32)>,
}

impl Write {
    fn is_certain(&self) -> bool {
        self.response != u32::MAX
    }

    fn min(&self) -> u32 {
        self.base.map_or(self.response, |base| base.1)
    }

    fn conflicts(&self, other: &Write) -> bool {
        self.min() < other.invoke && other.min() < self.invoke
    }
}

/// How many conflicts are looked at of one register.
const CONFLICTS_MAX: usize = 100;

/// A swap, and a write that came between its base and its effect, as indices of records. `writes` come in the
/// order of their invocations; `absent` is the state at the start.
pub(crate) fn conflict(writes: &[Write], absent: u32) -> Option<[u32; 2]> {
    let mut swaps: Vec<&Write> = writes.iter().filter(|w| w.base.is_some() && w.min() < w.invoke).collect();
    swaps.sort_by_key(|swap| swap.min());
    let mut looked_at = 0;
    for (place, swap) in swaps.iter().enumerate() {
        // Of the others those that begin while it is open; swaps that began before it were asked before.
        let from = writes.partition_point(|w| w.invoke <= swap.min());
        let inside = writes[from..].iter().take_while(|w| w.invoke < swap.invoke);
        let points = inside.filter(|w| w.is_certain() && w.base.is_none_or(|base| base.1 >= w.invoke));
        let blocks = swaps[place + 1..].iter().take_while(|other| other.min() < swap.invoke).copied();
        for other in points.chain(blocks).filter(|other| other.record != swap.record && swap.conflicts(other)) {
            if is_unexplained(writes, swap, other, absent) {
                return Some([swap.record, other.record]);
            }
            looked_at += 1;
            if looked_at == CONFLICTS_MAX {
                return None;
            }
        }
    }
    None
}

/// Whether in neither order the one that comes last can have found the state of its base.
fn is_unexplained(writes: &[Write], swap: &Write, other: &Write, absent: u32) -> bool {
    let swap_last = !returns(writes, swap, other, absent);
    // A write that is no swap lies between base and effect of the swap, or is a swap whose base says nothing.
    let other_last = match other.base {
        Some(_) if other.min() < other.invoke => !returns(writes, other, swap, absent),
        _ => true,
    };
    swap_last && other_last
}

/// Whether the state of the base of `last` can be back at its effect, although `first` had its own between.
fn returns(writes: &[Write], last: &Write, first: &Write, absent: u32) -> bool {
    if last.response < first.invoke {
        return false;
    }
    let Some(base) = last.base else { return true };
    let others = || writes.iter().filter(|w| w.record != last.record);
    let newest = others().filter(|w| w.is_certain() && w.response < base.0).map(|w| w.invoke).max();
    let replaced = |w: &Write| w.is_certain() && newest.is_some_and(|newest| w.response < newest);
    // By state, who can have left it at the base: a write has one effect, so it cannot also bring it back.
    let mut at_base: HashMap<u32, Vec<u32>> = HashMap::new();
    if newest.is_none() {
        at_base.entry(absent).or_default().push(u32::MAX);
    }
    for write in others().filter(|w| w.record != first.record && w.invoke < base.1 && !replaced(w)) {
        let writers = at_base.entry(write.state).or_default();
        if writers.len() < 2 {
            writers.push(write.record);
        }
    }
    let may_follow = |w: &&Write| w.record == first.record || w.response > first.invoke && w.invoke < last.response;
    let brings_back = |w: &Write| at_base.get(&w.state).is_some_and(|of| of.iter().any(|writer| *writer != w.record));
    others().filter(may_follow).any(brings_back)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(record: u32, invoke: u32, response: u32, state: u32) -> Write {
        Write { record, invoke, response, state, base: None }
    }

    fn swap(record: u32, base: (u32, u32), invoke: u32, response: u32, state: u32) -> Write {
        Write { base: Some(base), ..write(record, invoke, response, state) }
    }

    #[test]
    fn of_two_swaps_with_one_base_one_wins() {
        assert_eq!(conflict(&[swap(2, (0, 1), 4, 5, 1), swap(3, (2, 3), 6, 7, 2)], 0), Some([2, 3]));
        let one_after_the_other = [swap(1, (0, 1), 2, 3, 1), swap(3, (4, 5), 6, 7, 2)];
        assert_eq!(conflict(&one_after_the_other, 0), None);
        // The handle of the second may have been made after the first swap.
        assert_eq!(conflict(&[swap(2, (0, 1), 3, 5, 1), swap(3, (2, 4), 6, 7, 2)], 0), None);
    }

    #[test]
    fn a_write_between_base_and_effect_is_lost() {
        assert_eq!(conflict(&[write(1, 2, 3, 7), swap(2, (0, 1), 4, 5, 1)], 0), Some([2, 1]));
        assert_eq!(conflict(&[write(1, 2, 5, 7), swap(2, (0, 1), 4, 6, 1)], 0), None, "it may come after");
        assert_eq!(conflict(&[write(1, 2, u32::MAX, 7), swap(2, (0, 1), 4, 5, 1)], 0), None, "it may never come");
    }

    #[test]
    fn a_state_that_came_back_is_the_same() {
        let changed_back = [write(0, 0, 1, 7), write(2, 4, 5, 8), write(3, 6, 7, 7), swap(4, (2, 3), 8, 9, 1)];
        assert_eq!(conflict(&changed_back, 0), None);
        let deleted = [write(0, 0, 1, 7), write(2, 4, 5, 0), swap(4, (2, 3), 8, 9, 1)];
        assert_eq!(conflict(&deleted, 0), Some([4, 2]));
        let absent_again = [write(2, 4, 5, 7), write(3, 6, 7, 0), swap(4, (2, 3), 8, 9, 1)];
        assert_eq!(conflict(&absent_again, 0), None, "absent at the base and at the effect");
    }
}
