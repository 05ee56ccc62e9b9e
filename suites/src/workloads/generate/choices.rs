//! Where choices come from: random numbers or a fuzzer's bytes.

use arbitrary::Unstructured;
use kvspec_reference::random::Random;

/// A source of choices. An exhausted one chooses the first of everything.
pub(super) trait Choices {
    /// A number below `limit`, which is not 0.
    fn below(&mut self, limit: u32) -> u32;

    /// Whether nothing is left to choose by.
    fn is_exhausted(&self) -> bool;

    /// An index, as often as its weight says.
    fn weighted(&mut self, weights: &[u32]) -> usize {
        let mut drawn = self.below(weights.iter().sum());
        weights.iter().take_while(|weight| drawn.checked_sub(**weight).map(|rest| drawn = rest).is_some()).count()
    }

    /// True once in `count` times.
    fn one_in(&mut self, count: u32) -> bool {
        self.below(count) == count - 1
    }
}

impl Choices for Random {
    fn below(&mut self, limit: u32) -> u32 {
        Random::below(self, u64::from(limit)) as u32
    }

    fn is_exhausted(&self) -> bool {
        false
    }
}

impl Choices for Unstructured<'_> {
    fn below(&mut self, limit: u32) -> u32 {
        // Fails only for an empty range.
        self.int_in_range(0..=limit.saturating_sub(1)).unwrap_or(0)
    }

    fn is_exhausted(&self) -> bool {
        self.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_kept() {
        let mut random = Random::new(1);
        let mut counts = [0; 3];
        (0..9_000).for_each(|_| counts[random.weighted(&[1, 0, 2])] += 1);
        assert_eq!(counts[1], 0);
        assert!((2_700..3_300).contains(&counts[0]), "{counts:?}");
    }

    #[test]
    fn exhausted_bytes_choose_the_first() {
        let mut bytes = Unstructured::new(&[]);
        assert!(bytes.is_exhausted());
        assert_eq!((bytes.below(9), bytes.weighted(&[1, 2])), (0, 0));
        assert!(!bytes.one_in(5));
    }
}
