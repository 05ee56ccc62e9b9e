//! What a simulated cluster is like.

use std::time::Duration;

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
    pub(super) fn tombstone_ns(&self) -> u64 {
        let message_ns = self.tries * self.retry_ns + self.delay_ns.1;
        self.partition_max_ns + 2 * self.sync_period_ns + message_ns + self.commit_wait_ns()
    }
}
