//! What a run met of what was expected.

use super::known::Expectation;

/// What a run met of what was expected.
#[derive(Debug, Clone, Default)]
pub struct Met<'e> {
    /// Cases that failed as expected, each with the first expectation that says so.
    pub(super) known: Vec<(String, &'e Expectation)>,
    /// Expectations whose cases were decided, and of which none failed as expected.
    pub stale: Vec<&'e Expectation>,
    /// Expectations that were met after their last day: they excuse nothing.
    pub expired: Vec<&'e Expectation>,
}

impl<'e> Met<'e> {
    /// The expectation that a case met by its failure.
    pub fn expectation_of(&self, case: &str) -> Option<&'e Expectation> {
        self.known.iter().find(|(name, _)| name == case).map(|(_, expectation)| *expectation)
    }

    /// The cases that failed as expected, with the first expectation that says so.
    pub fn known(&self) -> impl ExactSizeIterator<Item = (&str, &'e Expectation)> {
        self.known.iter().map(|(name, expectation)| (name.as_str(), *expectation))
    }
}
