//! Compare-and-swap with unique values: swaps join clusters to chains.
//!
//! A swap from `a` to `b` that took effect saw `a` directly before it wrote `b`. Nothing lies
//! between the cluster of `a` and that of `b`, so that they are one block with a fixed inner order:
//! the write of `a`, the reads of `a`, the swap, the reads of `b`, and so on. Two swaps from one
//! state, or a chain that runs into itself, have no order. Inside a block, nothing of an earlier
//! cluster may begin after something of a later one has ended. The blocks themselves conflict
//! exactly as clusters do (see [`super::zones`]): that argument only uses their two numbers.
//!
//! ```text
//! set 1   |---|                        one block: set 1, get 1, cas 1 to 2, get 2
//! get 1        |---|
//! cas 1 to 2      |-----|
//! get 2                  |---|
//! ```
//!
//! An indeterminate write counts when somebody saw what it wrote, directly or through swaps; else
//! it is left out, which never hurts.

use super::clusters::{Cluster, Verdict};
use super::operations::Operation;
use crate::history::effect::Seen;
use crate::history::{NEVER, State};

/// Judges a register of unique values with swaps and without deletes. O(n log n).
pub(super) fn decide(operations: &[Operation], clusters: &[Cluster]) -> Verdict {
    match blocks(operations, clusters) {
        Ok(mut blocks) => conflict(&mut blocks).map_or(Verdict::Linearizable, Verdict::Broken),
        Err(core) => Verdict::Broken(core),
    }
}

/// A chain of clusters: its earliest response and latest invocation, as ranks from 1 (0 is before
/// everything).
#[derive(Debug, Clone, Copy)]
struct Block {
    min: u64,
    max: u64,
    min_at: u32,
    max_at: u32,
}

impl Block {
    fn core(&self) -> impl Iterator<Item = usize> {
        [self.min_at, self.max_at].into_iter().filter(|&i| i != NEVER).map(|i| i as usize)
    }
}

fn blocks(operations: &[Operation], clusters: &[Cluster]) -> Result<Vec<Block>, Vec<usize>> {
    let swaps = Swaps::of(operations, clusters)?;
    let mut in_block = vec![false; clusters.len()];
    let mut blocks = Vec::new();
    for state in 0..clusters.len() {
        if swaps.into[state] != NEVER || !swaps.counts(state, operations, clusters) {
            continue;
        }
        let mut block = Block { min: u64::MAX, max: 0, min_at: NEVER, max_at: NEVER };
        if state == State::ABSENT.index() {
            block.min = 0;
        }
        let mut next = Some(state);
        while let Some(state) = next {
            in_block[state] = true;
            extend(&mut block, &clusters[state], state)?;
            next = swaps.from(state, operations);
        }
        blocks.push(block);
    }
    // What no block has reached runs into itself.
    match (0..clusters.len()).find(|&state| swaps.into[state] != NEVER && !in_block[state]) {
        Some(state) => Err(swaps.cycle_from(state, operations)),
        None => Ok(blocks),
    }
}

fn extend(block: &mut Block, cluster: &Cluster, state: usize) -> Result<(), Vec<usize>> {
    if !cluster.is_used() {
        return Ok(());
    }
    let (min, max) = (u64::from(cluster.min) + 1, u64::from(cluster.max) + 1);
    let written_from = if state == State::ABSENT.index() { 0 } else { u64::from(cluster.written_from) + 1 };
    if min < block.max.max(written_from) {
        return Err(block.core().chain(cluster.ends()).collect());
    }
    if min < block.min {
        (block.min, block.min_at) = (min, cluster.min_at);
    }
    if max > block.max {
        (block.max, block.max_at) = (max, cluster.max_at);
    }
    Ok(())
}

/// Goes back in time: the forward block met last is the only one that can conflict.
fn conflict(blocks: &mut [Block]) -> Option<Vec<usize>> {
    blocks.sort_unstable_by_key(|block| std::cmp::Reverse(block.max));
    let mut next = Block { min: u64::MAX, max: 0, min_at: NEVER, max_at: NEVER };
    for block in blocks.iter() {
        if next.min < block.max && block.min < next.max {
            return Some(next.core().chain(block.core()).collect());
        }
        if block.min < block.max {
            next = *block;
        }
    }
    None
}

/// The swaps that took effect, by the states they lead into and out of.
struct Swaps {
    /// The operation that swapped into the state.
    into: Vec<u32>,
    /// The operation that swapped out of it.
    out_of: Vec<u32>,
}

impl Swaps {
    fn of(operations: &[Operation], clusters: &[Cluster]) -> Result<Self, Vec<usize>> {
        let mut writer = vec![NEVER; clusters.len()];
        for (i, operation) in operations.iter().enumerate() {
            if let Some(state) = operation.writes {
                writer[state.index()] = i as u32;
            }
        }
        let mut swaps = Self { into: vec![NEVER; clusters.len()], out_of: vec![NEVER; clusters.len()] };
        let certain = (0..operations.len()).filter(|&i| !operations[i].optional);
        for first in certain {
            // Follow what this operation proves: the write it saw took effect, and so on.
            let mut next = first;
            loop {
                let operation = &operations[next];
                let Seen::State(seen) = operation.sees else { break };
                if let Some(state) = operation.writes {
                    if swaps.into[state.index()] == next as u32 {
                        break;
                    }
                    let out = &mut swaps.out_of[seen.index()];
                    if *out != NEVER {
                        return Err(vec![*out as usize, next]);
                    }
                    *out = next as u32;
                    swaps.into[state.index()] = next as u32;
                }
                if seen == State::ABSENT {
                    break;
                }
                match writer[seen.index()] {
                    NEVER => return Err(vec![next]),
                    writer => next = writer as usize,
                }
            }
        }
        Ok(swaps)
    }

    /// Whether the state was there: it is the initial one, a certain write's, or somebody saw it.
    fn counts(&self, state: usize, operations: &[Operation], clusters: &[Cluster]) -> bool {
        let cluster = &clusters[state];
        let certain = || cluster.ends().any(|i| !operations[i].optional);
        state == State::ABSENT.index() || self.out_of[state] != NEVER || (cluster.is_used() && certain())
    }

    fn from(&self, state: usize, operations: &[Operation]) -> Option<usize> {
        let swap = *operations.get(self.out_of[state] as usize)?;
        swap.writes.map(State::index)
    }

    fn cycle_from(&self, state: usize, operations: &[Operation]) -> Vec<usize> {
        let mut cycle = Vec::new();
        let mut next = Some(state);
        while let Some(state) = next {
            if cycle.contains(&(self.into[state] as usize)) {
                break;
            }
            cycle.push(self.into[state] as usize);
            next = self.from(state, operations);
        }
        cycle
    }
}
