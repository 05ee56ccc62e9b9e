//! A replicated store, simulated: truly eventual, and by one switch the source of classic bugs.
//!
//! # How it works
//!
//! A few replicas each hold all registers. A call goes to one of them: a handle is *pinned* to its
//! replica or *wanders* among all. A write is stamped with the replica's clock, kept there, and sent
//! to the others, each message with a delay of its own (so they overtake each other), tried a few
//! times when it is lost, then given up. What messages miss, *anti-entropy* mends: in rounds at
//! fixed times, all replicas that can reach each other exchange all they have. The greatest stamp
//! wins; a delete leaves a *tombstone*, so that it wins over older values too. Now and then a
//! *partition* cuts one replica off. Everything happens on a virtual clock that moves with the calls
//! (each takes some time) and when the driver advances it; all chance comes from the seed.
//!
//! # Why the last write wins
//!
//! Clocks of replicas are off by at most `skew`. A write is stamped with the local reading and is
//! answered only when `2 * skew` have passed (commit wait, as in Corbett et al. 2012). So if `a` is
//! answered at `t`, its stamp is at most `t - 2 * skew + skew`, and any write invoked after `t` is
//! stamped at least `t + 1 - skew`: the later write always has the greater stamp.
//!
//! # Why it converges within the bound
//!
//! Time falls into slots: first `partition_max`, in which one replica may be cut off, then two sync
//! periods in which none is. Rounds are a period apart, so at least one lies wholly in each calm
//! part, and the rounds of two calm parts next to each other are at most `partition_max + 2 *
//! period` apart: from any moment, the next round among all replicas begins within
//! [`Parameters::convergence_bound`]. After it all replicas hold the greatest stamp of each
//! register. Nothing moves them from it: a message in flight carries a stamp that is no greater. A
//! tombstone is forgotten only when it is older than the bound and the longest life of a message
//! together: by then no older value is left anywhere.

mod bug;
mod cluster;
mod store;

use std::time::Duration;

use crate::interface::{Implementation, Result, Subject};

pub use bug::Bug;

/// What a simulated cluster is like. Times are in nanoseconds of its virtual clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameters {
    /// How many replicas there are; at least 1.
    pub replicas: usize,
    /// The least and the longest delay of a message.
    pub delay_ns: (u64, u64),
    /// How many of 1,000 messages are lost, each try by itself.
    pub loss_per_mille: u64,
    /// How often a message is tried before it is given up.
    pub tries: u64,
    /// How long after a try the next one is made.
    pub retry_ns: u64,
    /// How far apart the rounds of anti-entropy are; not 0.
    pub sync_period_ns: u64,
    /// The longest partition.
    pub partition_max_ns: u64,
    /// How many of 1,000 slots have a partition.
    pub partition_per_mille: u64,
    /// How far a replica's clock is off at most.
    pub skew_ns: u64,
    /// How many of 1,000 handles wander among the replicas.
    pub wandering_per_mille: u64,
    /// How many of 1,000 calls get an error or no answer. Such a write has taken effect, or does so
    /// later, or never.
    pub failure_per_mille: u64,
}

impl Default for Parameters {
    fn default() -> Self {
        Self {
            replicas: 3,
            delay_ns: (200_000, 30_000_000),
            loss_per_mille: 250,
            tries: 2,
            retry_ns: 15_000_000,
            sync_period_ns: 100_000_000,
            partition_max_ns: 200_000_000,
            partition_per_mille: 500,
            skew_ns: 500_000,
            wandering_per_mille: 400,
            failure_per_mille: 0,
        }
    }
}

impl Parameters {
    /// How long a write is held back before it is answered.
    pub fn commit_wait_ns(&self) -> u64 {
        2 * self.skew_ns + 1
    }

    /// How long after a write was answered, all replicas that are healthy hold it or a later one.
    pub fn convergence_bound(&self) -> Duration {
        Duration::from_nanos(self.partition_max_ns + 2 * self.sync_period_ns)
    }

    /// How old a tombstone is when it may be forgotten.
    fn tombstone_ns(&self) -> u64 {
        let message_ns = self.tries * self.retry_ns + self.delay_ns.1;
        self.partition_max_ns + 2 * self.sync_period_ns + message_ns + self.commit_wait_ns()
    }
}

/// Where simulated clusters come from; each start gives a fresh one, by its seed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Simulated {
    /// What the clusters are like.
    pub parameters: Parameters,
    /// What is wrong with them.
    pub bug: Option<Bug>,
}

impl Subject for Simulated {
    fn start(&self, seed: u64) -> Result<Box<dyn Implementation + '_>> {
        Ok(Box::new(store::Store::new(self.parameters.clone(), self.bug, seed)))
    }
}

/// The simulated store as it is by default, or with a bug. It declares
/// [`Parameters::convergence_bound`].
pub fn subject(bug: Option<Bug>) -> Simulated {
    Simulated { parameters: Parameters::default(), bug }
}
