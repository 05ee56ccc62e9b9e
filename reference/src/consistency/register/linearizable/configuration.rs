//! Configurations of the exact search: a state of the register, and what has taken effect.

use crate::history::State;

/// A set of open operations: one bit for each slot.
pub(super) type Slots = u128;

/// How many operations of a register may be open at a time.
pub(super) const OPEN_MAX: usize = 128;

/// One way in which the operations so far may have taken effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Configuration {
    /// The state of the register.
    pub(super) state: State,
    /// The open operations that have taken effect.
    pub(super) done: Slots,
    /// The open writes since whose invocation a plain write took effect.
    pub(super) passable: Slots,
}

/// The slots of a set, lowest first.
pub(super) fn bits(mut set: Slots) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let slot = set.trailing_zeros() as usize;
        set &= set.wrapping_sub(1);
        (slot < OPEN_MAX).then_some(slot)
    })
}
