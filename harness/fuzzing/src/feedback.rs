//! What counts as new: which features an execution showed, and which workload shows each best.
//!
//! A **feature** is an edge taken a number of times of some order of magnitude, or a comparison
//! that came as close as it ever did. The corpus keeps, for each feature, the smallest workload
//! that shows it.

use kvspec_coverage::Layout;

/// The number of classes of [`count_class`].
const COUNT_CLASSES: usize = 8;

/// The number that stands for no workload.
const NOBODY: u32 = u32::MAX;

/// What is known of each feature.
#[derive(Debug, Default)]
pub(super) struct Feedback {
    features: Vec<Feature>,
    /// The best closeness of each comparison so far.
    closest: Vec<u8>,
    /// Indices of features that were ever shown.
    seen: Vec<u32>,
    /// Edges that were ever taken.
    edges_seen: usize,
    /// Of the execution that was absorbed last: features that are new, or that a larger workload
    /// showed before.
    claims: Vec<u32>,
}

#[derive(Debug, Clone, Copy)]
struct Feature {
    /// The smallest workload of the corpus that shows it.
    owner: u32,
    owner_size: u32,
    /// How many executions showed it.
    hits: u32,
    /// How many workloads showed it in the middle of an instance's life, and not alone.
    refusals: u8,
}

const UNSEEN: Feature = Feature { owner: NOBODY, owner_size: u32::MAX, hits: 0, refusals: 0 };

/// A feature that so many workloads did not show alone is owed to the life of instances: only
/// workloads that begin one can claim it then.
const REFUSALS_MAX: u8 = 4;

impl Feature {
    fn can_be_claimed(&self, size: u32, is_first: bool) -> bool {
        if self.owner == NOBODY { is_first || self.refusals < REFUSALS_MAX } else { size < self.owner_size }
    }
}

/// What an execution showed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Novelty {
    /// Features that no workload of the corpus shows.
    pub(super) new: u32,
    /// Features that only larger workloads of the corpus show.
    pub(super) smaller: u32,
    /// Of the new ones, those where none was before: edges, not how often they are taken, and
    /// comparisons that came closer than ever.
    pub(super) far: u32,
}

impl Feedback {
    /// Takes in the regions of one execution of a workload of that size. `is_first`: its instance ran
    /// none before.
    pub(super) fn absorb<'r>(
        &mut self,
        regions: impl Iterator<Item = (Layout, &'r [u8])>,
        size: u32,
        is_first: bool,
    ) -> Novelty {
        self.claims.clear();
        let mut novelty = Novelty::default();
        let (mut first_feature, mut first_comparison) = (0, 0);
        for (layout, bytes) in regions {
            let (edges, comparisons) = layout.split(bytes);
            self.make_room(first_feature, first_comparison, layout);
            for_each_nonzero(edges, |edge, count| {
                let of_edge = first_feature + edge * COUNT_CLASSES;
                self.note(of_edge + count_class(count), of_edge, size, is_first, &mut novelty);
            });
            let first_of_comparisons = first_feature + edges.len() * COUNT_CLASSES;
            for_each_nonzero(comparisons, |comparison, closeness| {
                let best = &mut self.closest[first_comparison + comparison];
                let feature = first_of_comparisons + comparison;
                if closeness > *best {
                    // Closer than ever: whoever came closest before need not be kept for it.
                    *best = closeness;
                    if self.features[feature].hits > 0 {
                        self.seen.retain(|seen| *seen != feature as u32);
                    }
                    self.features[feature] = UNSEEN;
                }
                if closeness == *best {
                    self.note(feature, usize::MAX, size, is_first, &mut novelty);
                }
            });
            first_feature = first_of_comparisons + comparisons.len();
            first_comparison += comparisons.len();
        }
        novelty
    }

    fn make_room(&mut self, first_feature: usize, first_comparison: usize, layout: Layout) {
        let (edges, comparisons) = (layout.edges as usize, layout.comparisons as usize);
        let features = first_feature + edges * COUNT_CLASSES + comparisons;
        if self.features.len() < features {
            self.features.resize(features, UNSEEN);
        }
        if self.closest.len() < first_comparison + comparisons {
            self.closest.resize(first_comparison + comparisons, 0);
        }
    }

    /// `of_edge`: the first feature of the same edge, where it is one of an edge.
    fn note(&mut self, index: usize, of_edge: usize, size: u32, is_first: bool, novelty: &mut Novelty) {
        let feature = self.features[index];
        if feature.hits == 0 {
            self.seen.push(index as u32);
        }
        self.features[index].hits = feature.hits.saturating_add(1);
        let classes = self.features.get(of_edge..of_edge.saturating_add(COUNT_CLASSES)).unwrap_or_default();
        if feature.hits == 0 && classes.iter().filter(|class| class.hits > 0).count() == 1 {
            self.edges_seen += 1;
        }
        if !feature.can_be_claimed(size, is_first) {
            return;
        }
        match feature.owner {
            NOBODY => {
                novelty.new += 1;
                novelty.far += u32::from(classes.iter().all(|class| class.owner == NOBODY));
            }
            _ => novelty.smaller += 1,
        }
        self.claims.push(index as u32);
    }

    /// Makes a workload of the corpus the one that shows what the last execution was new for.
    pub(super) fn give_to(&mut self, owner: u32, size: u32) {
        for index in self.claims.drain(..) {
            let feature = &mut self.features[index as usize];
            (feature.owner, feature.owner_size) = (owner, size);
        }
    }

    /// The features that the last execution was new or smaller for.
    pub(super) fn take_claims(&mut self) -> Vec<u32> {
        std::mem::take(&mut self.claims)
    }

    /// Of the features that an execution in the middle of an instance's life claimed for a workload
    /// of that size, those that it did not show alone are owed to what ran before. They are harder
    /// to claim from now on, so that they are not tried again and again.
    pub(super) fn disown(&mut self, claimed: &[u32], size: u32) {
        for index in claimed.iter().filter(|index| !self.claims.contains(index)) {
            let feature = &mut self.features[*index as usize];
            match feature.owner {
                NOBODY => feature.refusals = feature.refusals.saturating_add(1),
                _ => feature.owner_size = feature.owner_size.min(size),
            }
        }
    }

    /// For each workload of the corpus, how much what it alone is kept for is worth: a feature that
    /// few executions showed is worth more. 0: it is kept for nothing.
    pub(super) fn worth(&self, corpus_length: usize) -> Vec<u64> {
        let mut worth = vec![0; corpus_length];
        for index in &self.seen {
            let feature = self.features[*index as usize];
            if let Some(worth) = worth.get_mut(feature.owner as usize) {
                // A change to a short workload more often is the right one, and takes less time.
                let of_feature = WORTH_OF_RAREST / u64::from(feature.hits.max(1));
                *worth += of_feature * SIZE_OF_SHORT / (SIZE_OF_SHORT + u64::from(feature.owner_size)) + 1;
            }
        }
        worth
    }

    /// How many features were ever shown.
    pub(super) fn feature_count(&self) -> usize {
        self.seen.len()
    }

    /// How many edges were ever taken.
    pub(super) fn edge_count(&self) -> usize {
        self.edges_seen
    }
}

/// A workload of this size is worth half of an empty one that shows the same.
const SIZE_OF_SHORT: u64 = 64;

/// The worth of a feature that one execution showed.
const WORTH_OF_RAREST: u64 = 1 << 16;

/// The order of magnitude of a count: 1, 2, 3, to 7, to 15, to 31, to 127, more. Classes as in
/// AFL: one more round of a long loop is nothing new, a second round of a short one is.
fn count_class(count: u8) -> usize {
    match count {
        0..=1 => 0,
        2 => 1,
        3 => 2,
        4..=7 => 3,
        8..=15 => 4,
        16..=31 => 5,
        32..=127 => 6,
        128..=255 => 7,
    }
}

/// Most bytes are zero: they are skipped eight at a time.
fn for_each_nonzero(bytes: &[u8], mut visit: impl FnMut(usize, u8)) {
    let mut at = 0;
    for chunk in bytes.chunks(8) {
        if chunk.iter().any(|byte| *byte != 0) {
            for (offset, byte) in chunk.iter().enumerate().filter(|(_, byte)| **byte != 0) {
                visit(at + offset, *byte);
            }
        }
        at += 8;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAYOUT: Layout = Layout { edges: 10, comparisons: 2, operand_pairs: 0, word_pairs: 0, resources: 0 };

    fn absorb(feedback: &mut Feedback, marks: &[(usize, u8)], size: u32) -> Novelty {
        let mut bytes = vec![0; LAYOUT.len() as usize];
        marks.iter().for_each(|(at, value)| bytes[*at] = *value);
        feedback.absorb([(LAYOUT, &bytes[..])].into_iter(), size, true)
    }

    #[test]
    fn counts_of_another_magnitude_are_new() {
        let mut feedback = Feedback::default();
        assert_eq!(absorb(&mut feedback, &[(0, 1), (9, 200)], 5), Novelty { new: 2, smaller: 0, far: 2 });
        feedback.give_to(0, 5);
        assert_eq!(absorb(&mut feedback, &[(0, 1), (9, 255)], 5), Novelty::default());
        assert_eq!(absorb(&mut feedback, &[(0, 2), (9, 255)], 5), Novelty { new: 1, smaller: 0, far: 0 });
        assert_eq!(absorb(&mut feedback, &[(9, 130)], 4), Novelty { new: 0, smaller: 1, far: 0 });
        assert_eq!((feedback.feature_count(), feedback.edge_count()), (3, 2));
    }

    #[test]
    fn what_a_workload_does_not_show_alone_is_not_its_own() {
        let mut feedback = Feedback::default();
        let mut region = vec![0; LAYOUT.len() as usize];
        (region[0], region[1]) = (1, 1);
        let in_the_middle = |feedback: &mut Feedback| feedback.absorb([(LAYOUT, &region[..])].into_iter(), 5, false);
        assert_eq!(in_the_middle(&mut feedback), Novelty { new: 2, smaller: 0, far: 2 });
        let claimed = feedback.take_claims();
        assert_eq!(absorb(&mut feedback, &[(0, 1)], 5), Novelty { new: 1, smaller: 0, far: 1 });
        feedback.disown(&claimed, 5);
        feedback.give_to(0, 5);
        for _ in 1..REFUSALS_MAX {
            assert_eq!(in_the_middle(&mut feedback), Novelty { new: 1, smaller: 0, far: 1 });
            let claimed = feedback.take_claims();
            absorb(&mut feedback, &[(0, 1)], 5);
            feedback.disown(&claimed, 5);
        }
        assert_eq!(in_the_middle(&mut feedback), Novelty::default());
        assert_eq!(absorb(&mut feedback, &[(0, 1), (1, 1)], 9), Novelty { new: 1, smaller: 0, far: 1 });
    }

    #[test]
    fn only_the_closest_comparison_is_worth_keeping() {
        let mut feedback = Feedback::default();
        assert_eq!(absorb(&mut feedback, &[(10, 5)], 5).new, 1);
        feedback.give_to(0, 5);
        assert_eq!(absorb(&mut feedback, &[(10, 4)], 1), Novelty::default());
        assert_eq!(absorb(&mut feedback, &[(10, 6)], 9).new, 1);
        feedback.give_to(1, 9);
        let worth = feedback.worth(2);
        assert!(worth[0] == 0 && worth[1] > 0, "{worth:?}");
        assert_eq!(feedback.feature_count(), 1);
    }

    #[test]
    fn rare_features_are_worth_more() {
        let mut feedback = Feedback::default();
        absorb(&mut feedback, &[(0, 1)], 5);
        feedback.give_to(0, 5);
        absorb(&mut feedback, &[(0, 1), (1, 1)], 6);
        feedback.give_to(1, 6);
        for _ in 0..10 {
            absorb(&mut feedback, &[(0, 1)], 5);
        }
        let worth = feedback.worth(2);
        assert!(worth[1] > worth[0] && worth[0] > 0, "{worth:?}");
    }
}
