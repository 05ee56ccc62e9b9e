//! Why a choice of sources breaks a level.

/// Operations that break a level by themselves, with the sources they have now.
#[derive(Debug, Clone)]
pub(super) struct Conflict {
    /// The operations, in any order.
    pub(super) ops: Vec<u32>,
    /// Why, as a chain.
    pub(super) because: Vec<String>,
}

/// Why a check did not pass.
#[derive(Debug)]
pub(super) enum Refusal {
    /// All that it found: many conflicts at once spare as many checks.
    Conflicts(Vec<Conflict>),
    /// The budget was spent before anything was found.
    OutOfBudget,
}

impl From<Conflict> for Refusal {
    fn from(conflict: Conflict) -> Self {
        Self::Conflicts(vec![conflict])
    }
}
