//! The exact search for one register: all orders, but only where they differ.
//!
//! Time runs through the events of the register. A **configuration** is a state of the register
//! and which of the open operations have taken effect; a set of configurations stands for all
//! orders so far. Nothing need be decided before a deadline (just-in-time linearization, Lowe
//! 2017, after Wing and Gong 1993): when an operation responds, each configuration in which it has
//! not taken effect is replaced by all those reachable by open operations of which it is the last.
//! No configuration left: no order. What keeps the set small:
//!
//! - A read takes effect as soon as the state fits: it changes nothing.
//! - A write that nobody sees may go directly before the next plain write, where it changes
//!   nothing either. So a configuration notes for each open write whether a plain write took
//!   effect since its invocation (it is **passable**); at its deadline such a write may pass. And
//!   a write is only tried before its deadline if some open operation would see it.
//! - A state that is left while a read of it must still come, and no write of it can, is dead.
//! - Among configurations of one state, the one that leaves more open dominates.
//!
//! - What comes after another in its session although their ranks overlap waits for it; such writes
//!   are not passed over.
//!
//! The bound is on the configurations visited, by the budget, and on operations open at a time; an
//! indeterminate write stays open for good, until nobody can see it any more.

use std::collections::HashSet;

use super::configuration::{Configuration, OPEN_MAX, Slots, bits};
use super::operations::Operation;
use crate::consistency::budget::Budget;
use crate::history::effect::Seen;
use crate::history::{NEVER, State};

/// What a configuration costs, in steps of the budget.
const CONFIGURATION_STEPS: u64 = 64;
/// Up to how many configurations are compared pairwise.
const COMPARED_MAX: usize = 256;

/// What the search found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Found {
    /// There is an order.
    Order,
    /// There is none; the operation at whose response that is certain.
    NoOrder {
        /// Index into the operations given.
        at: usize,
    },
    /// The bound was hit; which.
    Unknown(String),
}

/// Seeks an order of operations of one register, given in the order of invocation, with `states`
/// states, from state `initial` on, within a budget.
pub(crate) fn search(operations: &[Operation], states: usize, initial: State, budget: &Budget) -> Found {
    let mut deadlines: Vec<(u32, u32)> =
        (0u32..).zip(operations).filter(|(_, o)| !o.optional).map(|(i, o)| (o.response, i)).collect();
    deadlines.sort_unstable();
    let mut search = Search::new(operations, states.max(initial.index() + 1), initial, budget);
    let mut deadlines = deadlines.into_iter().peekable();
    for (i, operation) in operations.iter().enumerate() {
        while let Some((_, at)) = deadlines.next_if(|(response, _)| *response < operation.invoke) {
            if let Err(found) = search.respond(at as usize) {
                return found;
            }
        }
        if let Err(found) = search.invoke(i) {
            return found;
        }
    }
    for (_, at) in deadlines {
        if let Err(found) = search.respond(at as usize) {
            return found;
        }
    }
    Found::Order
}

/// Who is still to come of one state, and which open operations write or see it.
#[derive(Debug, Clone, Copy, Default)]
struct OfState {
    writers_to_come: u32,
    /// Mandatory ones.
    demands_to_come: u32,
    seers_to_come: u32,
    writers: Slots,
    demands: Slots,
    readers: Slots,
    swaps: Slots,
}

struct Search<'o> {
    operations: &'o [Operation],
    configurations: Vec<Configuration>,
    slot_of: Vec<u8>,
    /// For an operation that comes after another in its session although their ranks overlap, that
    /// other one; [`NEVER`] for most.
    after: Vec<u32>,
    /// Operations that come before another in this way.
    leads: Vec<bool>,
    is_ordered: bool,
    operation_in: [u32; OPEN_MAX],
    of_state: Vec<OfState>,
    open: Slots,
    optional: Slots,
    plain: Slots,
    writers: Slots,
    /// Open reads of «some value» or «another state».
    partial: Slots,
    partial_to_come: u32,
    budget: &'o Budget,
}

impl<'o> Search<'o> {
    fn new(operations: &'o [Operation], states: usize, initial: State, budget: &'o Budget) -> Self {
        let mut of_state = vec![OfState::default(); states];
        let mut partial_to_come = 0;
        for operation in operations {
            if let Some(state) = operation.writes {
                of_state[state.index()].writers_to_come += 1;
            }
            match operation.sees {
                Seen::State(state) => {
                    of_state[state.index()].seers_to_come += 1;
                    of_state[state.index()].demands_to_come += u32::from(!operation.optional);
                }
                Seen::Present | Seen::Not(_) => partial_to_come += 1,
                Seen::Nothing => {}
            }
        }
        let mut after = vec![NEVER; operations.len()];
        let mut leads = vec![false; operations.len()];
        for (index, operation) in operations.iter().enumerate().filter(|(_, o)| o.after != NEVER) {
            if let Ok(before) = operations.binary_search_by_key(&operation.after, |o| o.record) {
                after[index] = before as u32;
                leads[before] = true;
            }
        }
        Self {
            operations,
            configurations: vec![Configuration { state: initial, done: 0, passable: 0 }],
            slot_of: vec![u8::MAX; operations.len()],
            is_ordered: leads.contains(&true),
            after,
            leads,
            operation_in: [NEVER; OPEN_MAX],
            of_state,
            open: 0,
            optional: 0,
            plain: 0,
            writers: 0,
            partial: 0,
            partial_to_come,
            budget,
        }
    }

    fn invoke(&mut self, index: usize) -> Result<(), Found> {
        let operation = &self.operations[index];
        if self.open == Slots::MAX {
            self.retire();
        }
        let slot = (!self.open).trailing_zeros() as usize;
        if slot == OPEN_MAX {
            return Err(Found::Unknown(format!("more than {OPEN_MAX} of its operations are open at a time")));
        }
        let bit: Slots = 1 << slot;
        self.slot_of[index] = slot as u8;
        self.operation_in[slot] = index as u32;
        self.open |= bit;
        if operation.optional {
            self.optional |= bit;
        }
        if let Some(state) = operation.writes {
            self.writers |= bit;
            self.of_state[state.index()].writers_to_come -= 1;
            self.of_state[state.index()].writers |= bit;
            // To be passed over is for those alone that nothing waits for.
            if operation.is_plain_write() && self.after[index] == NEVER && !self.leads[index] {
                self.plain |= bit;
            }
        }
        match operation.sees {
            Seen::Nothing => {}
            Seen::Present | Seen::Not(_) => {
                self.partial_to_come -= 1;
                self.partial |= bit;
            }
            Seen::State(state) => {
                let of_state = &mut self.of_state[state.index()];
                of_state.seers_to_come -= 1;
                if !operation.optional {
                    of_state.demands_to_come -= 1;
                    of_state.demands |= bit;
                }
                *(if operation.writes.is_some() { &mut of_state.swaps } else { &mut of_state.readers }) |= bit;
            }
        }
        if operation.writes.is_none() {
            for i in 0..self.configurations.len() {
                let Configuration { state, done, .. } = self.configurations[i];
                if operation.sees.matches(state) && self.may_come(index, done) {
                    self.configurations[i].done |= bit;
                }
            }
        }
        Ok(())
    }

    fn respond(&mut self, index: usize) -> Result<(), Found> {
        let bit: Slots = 1 << self.slot_of[index];
        let mut visited = HashSet::new();
        let mut next = Vec::new();
        // Those that need no search cost something too. Running out shows at the next that does.
        let _ = self.budget.spend(4 * self.configurations.len() as u64);
        for configuration in std::mem::take(&mut self.configurations) {
            if configuration.done & bit != 0 {
                next.push(configuration);
            } else {
                self.reach(configuration, bit, &mut visited, &mut next)?;
            }
        }
        self.close(bit);
        for configuration in &mut next {
            configuration.done &= !bit;
            configuration.passable &= !bit;
        }
        next.sort_unstable();
        next.dedup();
        self.configurations = self.undominated(next);
        if self.configurations.is_empty() { Err(Found::NoOrder { at: index }) } else { Ok(()) }
    }

    /// All configurations in which the operation in `target` was the last to take effect.
    fn reach(
        &mut self,
        from: Configuration,
        target: Slots,
        visited: &mut HashSet<Configuration>,
        reached: &mut Vec<Configuration>,
    ) -> Result<(), Found> {
        let mut stack = vec![from];
        while let Some(configuration) = stack.pop() {
            if !visited.insert(configuration) {
                continue;
            }
            if !self.budget.spend(CONFIGURATION_STEPS) {
                return Err(Found::Unknown(
                    "values written more than once leave too many orders; the budget of steps was spent".into(),
                ));
            }
            if configuration.passable & target != 0 {
                reached.push(Configuration { done: configuration.done | target, ..configuration });
                if !self.is_seen(target, configuration.done) {
                    continue;
                }
            }
            for slot in bits(self.writers & self.open & !configuration.done) {
                let Some(next) = self.apply(configuration, slot, target) else { continue };
                if next.done & target != 0 {
                    reached.push(next);
                } else {
                    stack.push(next);
                }
            }
        }
        Ok(())
    }

    /// Lets an open write take effect; `None` where it cannot or need not now.
    fn apply(&self, from: Configuration, slot: usize, target: Slots) -> Option<Configuration> {
        let bit: Slots = 1 << slot;
        let operation = &self.operations[self.operation_in[slot] as usize];
        let state = operation.writes?;
        if !operation.sees.matches(from.state) || !self.may_come(self.operation_in[slot] as usize, from.done) {
            return None;
        }
        let mut next = Configuration { state, done: from.done | bit, passable: from.passable };
        if state != from.state && self.is_dead(from.state, next.done) {
            return None;
        }
        if operation.is_plain_write() {
            next.passable |= self.plain & !self.optional & !next.done;
        }
        let undone = self.open & !next.done;
        let mut fits = self.of_state[state.index()].readers & undone;
        for partial in bits(self.partial & undone) {
            if self.operations[self.operation_in[partial] as usize].sees.matches(state) {
                fits |= 1 << partial;
            }
        }
        let of_use = fits != 0 || bit == target || self.of_state[state.index()].swaps & undone != 0;
        next.done = self.with_reads(next.done, fits & !self.writers);
        (of_use || self.plain & bit == 0).then_some(next)
    }

    /// Whether what an operation comes after in its session has taken effect.
    fn may_come(&self, index: usize, done: Slots) -> bool {
        let before = self.after[index];
        // An operation that ended has taken effect, and its slot is free.
        before == NEVER || self.slot_of[before as usize] == u8::MAX || done >> self.slot_of[before as usize] & 1 == 1
    }

    /// Of the reads that fit the state, all take effect that may, one after another.
    fn with_reads(&self, mut done: Slots, fits: Slots) -> Slots {
        if !self.is_ordered {
            return done | fits;
        }
        loop {
            let may = |slot: &usize| self.may_come(self.operation_in[*slot] as usize, done);
            let more = bits(fits & !done).filter(may).fold(0, |more: Slots, slot| more | 1 << slot);
            if more == 0 {
                return done;
            }
            done |= more;
        }
    }

    /// Whether a state cannot be left: somebody must still see it and nobody can write it again.
    fn is_dead(&self, state: State, done: Slots) -> bool {
        let of_state = &self.of_state[state.index()];
        let demanded = of_state.demands_to_come > 0 || of_state.demands & !done != 0;
        demanded && of_state.writers_to_come == 0 && of_state.writers & !done == 0
    }

    /// Whether somebody can still see what the write in `bit` wrote.
    fn is_seen(&self, bit: Slots, done: Slots) -> bool {
        let slot = bit.trailing_zeros() as usize;
        let Some(state) = self.operations[self.operation_in[slot] as usize].writes else { return false };
        let of_state = &self.of_state[state.index()];
        let partial = self.partial_to_come > 0 || self.partial & !done != 0;
        partial || of_state.seers_to_come > 0 || (of_state.readers | of_state.swaps) & !done != 0
    }

    /// Frees the slots of indeterminate writes that nobody can see any more.
    fn retire(&mut self) {
        let nobody = self.configurations.iter().fold(Slots::MAX, |done, c| done & c.done);
        for slot in bits(self.open & self.optional) {
            if !self.is_seen(1 << slot, nobody) {
                self.close(1 << slot);
                for configuration in &mut self.configurations {
                    configuration.done &= !(1 << slot);
                }
            }
        }
    }

    fn close(&mut self, bit: Slots) {
        let index = self.operation_in[bit.trailing_zeros() as usize] as usize;
        self.slot_of[index] = u8::MAX;
        let operation = &self.operations[index];
        for set in [&mut self.open, &mut self.optional, &mut self.plain, &mut self.writers, &mut self.partial] {
            *set &= !bit;
        }
        if let Some(state) = operation.writes {
            self.of_state[state.index()].writers &= !bit;
        }
        if let Seen::State(state) = operation.sees {
            let of_state = &mut self.of_state[state.index()];
            of_state.demands &= !bit;
            of_state.readers &= !bit;
            of_state.swaps &= !bit;
        }
    }

    fn undominated(&self, configurations: Vec<Configuration>) -> Vec<Configuration> {
        if configurations.len() > COMPARED_MAX {
            return configurations;
        }
        let mut kept: Vec<Configuration> = Vec::new();
        for configuration in configurations {
            if kept.iter().any(|other| self.dominates(other, &configuration)) {
                continue;
            }
            kept.retain(|other| !self.dominates(&configuration, other));
            kept.push(configuration);
        }
        kept
    }

    /// Whether whatever can follow `b` can follow `a` too.
    fn dominates(&self, a: &Configuration, b: &Configuration) -> bool {
        let reads = self.open & !self.writers;
        let mandatory = self.plain & !self.optional;
        let swaps = self.writers & !self.optional & !self.plain;
        let worse_plain = (a.done & !b.done) | (!a.done & !a.passable & (b.done | b.passable));
        a.state == b.state
            && b.done & !a.done & reads == 0
            && a.done & !b.done & self.optional == 0
            && (a.done ^ b.done) & swaps == 0
            && worse_plain & mandatory == 0
    }
}
