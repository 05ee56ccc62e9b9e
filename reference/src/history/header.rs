//! What holds for a whole history.

/// The clock whose readings a history's times are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ClockUnit {
    /// A counter of events: order without duration.
    #[default]
    Counter,
    /// Nanoseconds.
    Nanoseconds,
}

/// What holds for a whole history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// Such as `eventual@0.1.0`.
    pub profile: String,
    /// How long after quiescence reads may still differ, in units of the clock.
    pub convergence_bound: u64,
    /// The unit of the times.
    pub clock: ClockUnit,
}

impl Default for Header {
    fn default() -> Self {
        Self { profile: "eventual@0.1.0".into(), convergence_bound: 0, clock: ClockUnit::Counter }
    }
}
