//! The clusters of one register: each state with its write and its reads.

use super::operations::Operation;
use crate::history::effect::Seen;
use crate::history::{NEVER, State};

/// What is found of one register.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    Linearizable,
    /// With operations (indices into those given) near which the proof is.
    Broken(Vec<usize>),
    Unknown(String),
}

/// The write and the reads of one state.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cluster {
    pub(super) writers: u32,
    /// Invocation of the write; [`NEVER`] without one.
    pub(super) written_from: u32,
    /// The earliest response and who responded so.
    pub(super) min: u32,
    pub(super) min_at: u32,
    /// The latest invocation and who was invoked then.
    pub(super) max: u32,
    pub(super) max_at: u32,
    /// Whether anything asks for exactly this state, or for another one than this.
    observed: bool,
}

const EMPTY: Cluster =
    Cluster { writers: 0, written_from: NEVER, min: NEVER, min_at: NEVER, max: 0, max_at: NEVER, observed: false };

/// What kinds of operations there are, and the clusters by state.
pub(super) struct Shape {
    pub(super) clusters: Vec<Cluster>,
    /// A state that somebody asks for has several writers (deletes aside).
    pub(super) repeated: bool,
    /// A state, asked for or not, has several writers (deletes aside).
    pub(super) doubled: bool,
    pub(super) deletes: bool,
    pub(super) swaps: bool,
    /// Somebody saw «some value».
    pub(super) presence: bool,
    /// Somebody saw «another state than».
    pub(super) others: bool,
}

impl Shape {
    pub(super) fn of(operations: &[Operation]) -> Self {
        let mut shape = Self {
            clusters: vec![EMPTY],
            repeated: false,
            doubled: false,
            deletes: false,
            swaps: false,
            presence: false,
            others: false,
        };
        for (i, operation) in operations.iter().enumerate() {
            match operation.sees {
                Seen::Nothing => {}
                Seen::Present => shape.presence = true,
                Seen::Not(state) => {
                    shape.others = true;
                    shape.cluster(state).observed = true;
                }
                Seen::State(state) => {
                    let cluster = shape.cluster(state);
                    cluster.observed = true;
                    if operation.writes.is_none() {
                        cluster.add(operation, i);
                    } else {
                        shape.swaps = true;
                    }
                }
            }
            if let Some(state) = operation.writes {
                shape.deletes |= state == State::ABSENT;
                let cluster = shape.cluster(state);
                cluster.writers += 1;
                cluster.written_from = cluster.written_from.min(operation.invoke);
                cluster.add(operation, i);
            }
        }
        for cluster in shape.clusters.iter().skip(1).filter(|cluster| cluster.writers > 1) {
            shape.doubled = true;
            shape.repeated |= cluster.observed;
        }
        shape
    }

    #[inline]
    fn cluster(&mut self, state: State) -> &mut Cluster {
        if state.index() >= self.clusters.len() {
            self.clusters.resize(state.index() + 1, EMPTY);
        }
        &mut self.clusters[state.index()]
    }

    /// An operation that ended before any write of what it saw began.
    pub(super) fn unwritten(&self, operations: &[Operation]) -> Option<usize> {
        let read = self.clusters.iter().skip(1).find(|cluster| cluster.min < cluster.written_from);
        let swap = || {
            operations.iter().position(|operation| match operation.sees {
                Seen::State(state) if state != State::ABSENT && !operation.optional => {
                    self.clusters[state.index()].written_from > operation.response
                }
                _ => false,
            })
        };
        read.map(|cluster| cluster.min_at as usize).or_else(|| if self.swaps { swap() } else { None })
    }
}

impl Cluster {
    fn add(&mut self, operation: &Operation, index: usize) {
        if operation.response < self.min {
            (self.min, self.min_at) = (operation.response, index as u32);
        }
        if self.max_at == NEVER || operation.invoke > self.max {
            (self.max, self.max_at) = (operation.invoke, index as u32);
        }
    }

    /// Whether the state has operations at all.
    pub(super) fn is_used(&self) -> bool {
        self.max_at != NEVER
    }

    /// The operations that say where the zone is.
    pub(super) fn ends(&self) -> impl Iterator<Item = usize> {
        [self.min_at, self.max_at].into_iter().filter(|&i| i != NEVER).map(|i| i as usize)
    }
}
