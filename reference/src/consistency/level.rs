//! The names of the levels, and which implies which.

/// A level of consistency, strongest first. See [`Level::implies`] for which implies which.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Level {
    /// Per key one order that respects real time (Herlihy, Wing 1990).
    Linearizable,
    /// One order of all keys that respects each session's order (Lamport 1979).
    Sequential,
    /// Causal, with one arbitration of writes for all (Burckhardt 2014; Bouajjani et al. 2017).
    CausalConvergent,
    /// Per session a serialisation of its causal past that fixes earlier reads (Ahamad et al. 1995).
    CausalMemory,
    /// Each read is explained by an order of its causal past.
    Causal,
    /// Per session one order of all writes and its own reads (Lipton, Sandberg 1988).
    Pram,
    /// Per key one order that respects each session's order.
    Coherent,
    /// Each read returns a write not certainly overwritten before it (Lamport 1986; for several writers
    /// Shao, Pierce, Welch 2003 and 2011).
    Regular,
    /// A session's reads see its own writes (Terry et al. 1994); see [`Level::assumption`].
    ReadYourWrites,
    /// A session's reads never go back.
    MonotonicReads,
    /// A session's writes are seen in their order.
    MonotonicWrites,
    /// A write is seen after the writes its session had read.
    WritesFollowReads,
    /// The state after quiescence is one of the last writes.
    LastWrite,
    /// After quiescence plus the bound, all reads of a key give one state.
    Convergent,
    /// No value out of thin air, none from the future.
    Integrity,
}

impl Level {
    /// All levels, strongest first.
    pub const ALL: [Level; 15] = [
        Level::Linearizable,
        Level::Sequential,
        Level::CausalConvergent,
        Level::CausalMemory,
        Level::Causal,
        Level::Pram,
        Level::Coherent,
        Level::Regular,
        Level::ReadYourWrites,
        Level::MonotonicReads,
        Level::MonotonicWrites,
        Level::WritesFollowReads,
        Level::LastWrite,
        Level::Convergent,
        Level::Integrity,
    ];

    /// The name in files, options and reports.
    pub fn name(self) -> &'static str {
        match self {
            Level::Linearizable => "linearizable",
            Level::Sequential => "sequential",
            Level::CausalConvergent => "causal-convergent",
            Level::CausalMemory => "causal-memory",
            Level::Causal => "causal",
            Level::Pram => "pram",
            Level::Coherent => "coherent",
            Level::Regular => "regular",
            Level::ReadYourWrites => "read-your-writes",
            Level::MonotonicReads => "monotonic-reads",
            Level::MonotonicWrites => "monotonic-writes",
            Level::WritesFollowReads => "writes-follow-reads",
            Level::LastWrite => "last-write",
            Level::Convergent => "convergent",
            Level::Integrity => "integrity",
        }
    }

    /// What a history that keeps it has, in one sentence.
    pub fn definition(self) -> &'static str {
        match self {
            Level::Linearizable => "per key there is one order that respects real time (Herlihy, Wing 1990)",
            Level::Sequential => "there is one order of all keys that respects each session's order (Lamport 1979)",
            Level::CausalConvergent => {
                "causal, with one arbitration of writes for all (Burckhardt 2014; Bouajjani et al. 2017)"
            }
            Level::CausalMemory => {
                "per session a serialisation of its causal past explains all its reads (Ahamad et al. 1995)"
            }
            Level::Causal => "each read is explained by an order of its causal past",
            Level::Pram => "per session there is one order of all writes and its own reads (Lipton, Sandberg 1988)",
            Level::Coherent => "per key there is one order that respects each session's order",
            Level::Regular => {
                "each read returns a write that was not certainly overwritten before it (Shao, Pierce, Welch 2011)"
            }
            Level::ReadYourWrites => {
                "a session's reads see its own writes, assuming real time orders writes (Terry et al. 1994)"
            }
            Level::MonotonicReads => {
                "a session's reads never go back, assuming real time orders writes (Terry et al. 1994)"
            }
            Level::MonotonicWrites => {
                "a session's writes are seen in their order, assuming real time orders writes (Terry et al. 1994)"
            }
            Level::WritesFollowReads => {
                "a write is seen after the writes that its session had read, assuming real time orders writes (Terry \
                 et al. 1994)"
            }
            Level::LastWrite => "the state after quiescence is one of the last writes",
            Level::Convergent => "after quiescence plus the bound, all reads of a key give one state",
            Level::Integrity => "no value comes out of thin air, none from the future",
        }
    }

    /// What a finding of this level assumes beyond the history, to be printed with it; `None` for most.
    ///
    /// The session guarantees speak of older and newer writes, so they need an order of the writes
    /// (an arbitration). Terry et al. (1994) leave it to the store, and Viotti and Vukolić (2016) ask
    /// only that there is one; then the guarantees are almost empty for registers. Here the order is
    /// assumed to extend real time: a write that ended before another began is older.
    pub fn assumption(self) -> Option<&'static str> {
        use Level::*;
        matches!(self, ReadYourWrites | MonotonicReads | MonotonicWrites | WritesFollowReads)
            .then_some("assuming real time orders writes")
    }

    /// The level of this name.
    pub fn from_name(name: &str) -> Option<Level> {
        Level::ALL.into_iter().find(|level| level.name() == name)
    }

    /// Whether every history that keeps this level keeps `other`. Each level implies itself.
    ///
    /// The session guarantees are meant with an arbitration that extends real time on writes; so
    /// only levels that know real time imply them. Causal convergence does not imply coherence: of
    /// two concurrent swaps of one state, both may succeed there. Regular implies read-your-writes
    /// but not monotonic reads, which two reads during one write can break.
    pub fn implies(self, other: Level) -> bool {
        use Level::*;
        self == other
            || match self {
                Linearizable => true,
                Sequential => matches!(other, CausalConvergent | CausalMemory | Causal | Pram | Coherent),
                CausalConvergent => other == Causal,
                CausalMemory => matches!(other, Causal | Pram),
                Regular => matches!(other, ReadYourWrites | Integrity),
                _ => false,
            }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_lead_back() {
        for level in Level::ALL {
            assert_eq!(Level::from_name(level.name()), Some(level));
        }
        assert_eq!(Level::from_name("strong"), None);
    }

    #[test]
    fn what_is_assumed_is_part_of_the_definition() {
        for level in Level::ALL {
            if let Some(assumption) = level.assumption() {
                assert!(level.definition().contains(assumption), "{level:?}");
            }
        }
        assert_eq!(Level::ALL.iter().filter(|level| level.assumption().is_some()).count(), 4);
    }

    #[test]
    fn implication_is_an_order_that_the_list_of_levels_extends() {
        for a in Level::ALL {
            for b in Level::ALL {
                assert!(!a.implies(b) || a <= b, "{a:?} implies {b:?}");
                for c in Level::ALL {
                    assert!(!(a.implies(b) && b.implies(c)) || a.implies(c), "{a:?} {b:?} {c:?}");
                }
            }
        }
    }
}
