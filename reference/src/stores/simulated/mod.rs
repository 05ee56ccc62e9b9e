//! A replicated store, simulated: truly eventual, and by one switch the source of classic bugs.
//!
//! # How it works
//!
//! A few replicas each hold all registers. A call goes to one of them: a handle is *pinned* to its
//! replica or *wanders* among all. A write is stamped with the replica's clock, kept there, and sent
//! to the others, each message with a delay of its own (so they overtake each other), tried a few
//! times when it is lost, then given up. What messages miss, *anti-entropy* repairs: in rounds at
//! fixed times, all replicas that can reach each other exchange all they have. The greatest stamp
//! wins; a delete leaves a *tombstone*, so that it wins over older values too. Now and then a
//! *partition* cuts one replica off. Everything happens on a virtual clock that moves with the calls
//! (each takes some time) and when the driver advances it; all chance comes from the seed.
//!
//! Increments and swaps read and write at one instant, at a leader who sees what every replica holds: they
//! find the newest version of all, and leave one that is newer. A batch is one call after another. A page
//! of a listing is what one replica holds, in the order of keys.
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
mod parameters;
mod store;
mod store_calls;
mod stream_calls;

use crate::interface::{Implementation, Result, Subject};

pub use bug::Bug;
pub use parameters::Parameters;

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
