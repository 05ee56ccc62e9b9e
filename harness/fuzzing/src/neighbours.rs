//! Systematic changes: the workloads that are one telling change away from one that showed something
//! new, each tried once.
//!
//! Chance finds most. But where a store must be led through several right calls, or given the very
//! bytes that its code compares with, one of few changes is the right one, and trying them in turn
//! ends sooner than waiting for luck. Two kinds are tried:
//!
//! * **replacements**: part of a key or value was compared with other bytes, and those take its
//!   place. This is the correspondence of input and state of REDQUEEN (Aschermann and others,
//!   NDSS 2019), with operands read at the comparisons themselves;
//! * **extensions**: one more call on the register of the call before, the last calls first. They
//!   are to workloads what the deterministic stages of AFL are to bytes.

use kvspec_reference::Workload;
use kvspec_reference::random::Random;
use kvspec_reference::workload::stamp::Stamp;
use kvspec_reference::workload::{Call, Step, ValueSource};

use super::added::Added;
use super::corpus::Corpus;
use super::mutation::Mutator;
use super::parts;
use kvspec_coverage::{Comparison, Layout};

/// Some bytes, and what they were compared with.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Replacement {
    from: Vec<u8>,
    to: Vec<u8>,
}

/// The most replacements that are tried on one workload: code that compares an input with all of a
/// table is met by those of the corpus together.
const REPLACEMENTS_MAX: usize = 128;

/// Keys and values longer than this are not searched for operands, in bytes.
const PART_BYTES_MAX: usize = 64;

/// An operand may occur several times in a key: so many of them are replaced, one at a time.
const OCCURRENCES_MAX: usize = 4;

impl Replacement {
    /// What code compared with parts of this workload while it ran. `comparisons` are those of all
    /// regions.
    pub(super) fn all<'r>(
        workload: &Workload,
        regions: impl Iterator<Item = (Layout, &'r [u8])>,
        comparisons: &[Comparison],
    ) -> Vec<Self> {
        let parts: Vec<Vec<u8>> = workload.steps.iter().flat_map(parts_of).collect();
        let occurs = |bytes: &[u8]| parts.iter().any(|part| contains(part, bytes));
        let mut found = Vec::new();
        let mut note = |from: &[u8], to: &[u8]| {
            if from != to && occurs(from) {
                found.push(Self { from: from.to_vec(), to: to.to_vec() });
            }
        };
        let mut first_comparison = 0;
        for (layout, region) in regions {
            let constants = layout.nearest_operands(region);
            let constants = constants.map(|(number, _, word)| (word, comparisons[first_comparison + number].constant));
            for (operand, other) in constants.chain(both_ways(layout.word_pairs(region))) {
                let length = bytes_in(operand | other);
                note(&operand.to_le_bytes()[..length], &other.to_le_bytes()[..length]);
            }
            for (left, right) in both_ways(layout.operand_pairs(region)) {
                note(left, right);
            }
            first_comparison += layout.comparisons as usize;
        }
        // Longer ones say more.
        found.sort_by(|a, b| b.from.len().cmp(&a.from.len()).then_with(|| a.cmp(b)));
        found.dedup();
        found.truncate(REPLACEMENTS_MAX);
        found
    }

    /// The workload with that occurrence replaced in every key and value that has it; `None` where
    /// none has, or the result is none that may be run.
    fn on(&self, workload: &Workload, occurrence: usize, mutator: &Mutator) -> Option<Workload> {
        let mut changed = workload.clone();
        for step in &mut changed.steps {
            let Step::Call { call, .. } = step else { continue };
            parts::for_each_value(call, |bytes| {
                if bytes.len() <= PART_BYTES_MAX {
                    *bytes = self.replaced(bytes, occurrence);
                }
            });
            let mut is_text = true;
            parts::for_each_key(call, |key| {
                if key.len() <= PART_BYTES_MAX {
                    let replaced = String::from_utf8(self.replaced(key.as_bytes(), occurrence));
                    is_text &= replaced.is_ok();
                    *key = replaced.unwrap_or_default();
                }
            });
            if !is_text || !mutator.allows_keys_of(call) {
                return None;
            }
        }
        (changed != *workload).then(|| mutator.limits.within_bounds(changed))
    }

    fn replaced(&self, bytes: &[u8], occurrence: usize) -> Vec<u8> {
        let mut occurrences = (0..bytes.len()).filter(|at| bytes[*at..].starts_with(&self.from));
        let mut replaced = bytes.to_vec();
        if let Some(at) = occurrences.nth(occurrence) {
            replaced.splice(at..at + self.from.len(), self.to.iter().copied());
        }
        replaced
    }
}

/// How many bytes of memory a number was read from, at least: what is shorter ends in zeroes.
fn bytes_in(number: u64) -> usize {
    (8 - number.leading_zeros() as usize / 8).max(1)
}

fn both_ways<T: Copy>(pairs: impl Iterator<Item = (T, T)>) -> impl Iterator<Item = (T, T)> {
    pairs.flat_map(|(left, right)| [(left, right), (right, left)])
}

/// Reads that may have brought the store where a workload showed it: those of its last quiescence
/// point, which nothing follows. Made calls of their own, something can.
const LAST_READS: [&[Added]; 4] =
    [&[Added::Get], &[Added::Exists], &[Added::Get, Added::Exists], &[Added::Exists, Added::Get]];

/// A workload that is one change away from one of the corpus.
#[derive(Debug)]
pub(super) struct Neighbour {
    pub(super) workload: Workload,
    /// Whether the change was a replacement, not an extension.
    pub(super) is_replacement: bool,
}

/// One workload of the corpus, and how far its neighbours were tried.
#[derive(Debug)]
struct Neighbourhood {
    entry: u32,
    replacements: Vec<Replacement>,
    next: usize,
}

/// The neighbours that are still to be tried.
#[derive(Debug, Default)]
pub(super) struct Neighbours {
    /// Of workloads that went where none was before: along a new edge, closer to a constant, or with
    /// the bytes that another was compared with.
    far: Vec<Neighbourhood>,
    /// Of others, which only took known edges more or less often.
    near: Vec<Neighbourhood>,
}

impl Neighbours {
    /// Takes in a workload that came into the corpus.
    pub(super) fn open(&mut self, entry: u32, is_far: bool, replacements: Vec<Replacement>) {
        let neighbourhood = Neighbourhood { entry, replacements, next: 0 };
        if is_far { self.far.push(neighbourhood) } else { self.near.push(neighbourhood) }
    }

    /// A neighbour that was not tried yet: mostly of the newest workload, where the search is at its
    /// most far, but also of the oldest, so that none waits for ever.
    pub(super) fn next(&mut self, corpus: &Corpus, mutator: &Mutator, random: &mut Random) -> Option<Neighbour> {
        while !self.far.is_empty() || !self.near.is_empty() {
            let from_far = !self.far.is_empty() && (self.near.is_empty() || random.chance(MOSTLY_PERMILLE));
            let open = if from_far { &mut self.far } else { &mut self.near };
            let at = if random.chance(MOSTLY_PERMILLE) { open.len() - 1 } else { 0 };
            match open[at].next(corpus, mutator) {
                Some(neighbour) => return Some(neighbour),
                None => drop(open.remove(at)),
            }
        }
        None
    }
}

const MOSTLY_PERMILLE: u64 = 750;

impl Neighbourhood {
    fn next(&mut self, corpus: &Corpus, mutator: &Mutator) -> Option<Neighbour> {
        let workload = corpus.get(self.entry);
        let replacements = self.replacements.len() * OCCURRENCES_MAX;
        let added = Added::offered(mutator.repertoire);
        let mut untried = self.next..replacements + extensions(workload, &added);
        untried.find_map(|number| {
            self.next = number + 1;
            let replacement = self.replacements.get(number / OCCURRENCES_MAX);
            let workload = match replacement {
                Some(replacement) => replacement.on(workload, number % OCCURRENCES_MAX, mutator),
                None => extension(workload, number - replacements, &added, mutator),
            };
            workload.map(|workload| Neighbour { workload, is_replacement: replacement.is_some() })
        })
    }
}

/// How many extensions a workload has.
fn extensions(workload: &Workload, added: &[Added]) -> usize {
    (LAST_READS.len() + workload.steps.len()) * added.len()
}

/// First those that go on where the last quiescence point led, then those with one call more.
fn extension(workload: &Workload, number: usize, all: &[Added], mutator: &Mutator) -> Option<Workload> {
    let (place, added) = (number / all.len(), all[number % all.len()]);
    match LAST_READS.get(place) {
        Some(reads) => extended(workload, workload.steps.len(), &[reads, &[added][..]].concat(), mutator),
        None => extended(workload, workload.steps.len() + LAST_READS.len() - place, &[added], mutator),
    }
}

/// The workload with more calls in front of the step at `at`, on the register that was named last.
fn extended(workload: &Workload, at: usize, added: &[Added], mutator: &Mutator) -> Option<Workload> {
    // What comes at the end comes before the quiescence point that ends every workload.
    let at = if at == workload.steps.len() && workload.steps.last() == Some(&Step::Quiesce) { at - 1 } else { at };
    let (session, bucket, key) = named_last(&workload.steps[..at])?;
    let mut extended = workload.clone();
    for (at, added) in (at..).zip(added) {
        let call = added.call(bucket.clone(), key.clone(), next_stamp(workload, session));
        extended.steps.insert(at, Step::Call { session, call });
    }
    mutator.limits.has_room_for(&extended).then(|| mutator.limits.within_bounds(extended))
}

/// The session that called last, and the register that it named. A call that names none, as a listing
/// and a swap, is about that of the calls before.
fn named_last(steps: &[Step]) -> Option<(u16, String, String)> {
    let mut calls = steps.iter().rev().filter_map(|step| match step {
        Step::Call { session, call } => Some((*session, call)),
        _ => None,
    });
    let (session, last) = calls.next()?;
    if matches!(last, Call::Reopen { .. }) {
        return None;
    }
    let register = |call: &Call| {
        let key = call.keys().next()?.into_owned();
        call.bucket().filter(|bucket| last.bucket().is_none_or(|of| of == *bucket)).map(|of| (of.to_owned(), key))
    };
    let (bucket, key) = std::iter::once(last).chain(calls.map(|(_, call)| call)).find_map(register)?;
    Some((session, bucket, key))
}

/// A stamp that no value of the workload has.
fn next_stamp(workload: &Workload, session: u16) -> Stamp {
    let calls = workload.steps.iter().filter_map(|step| match step {
        Step::Call { call, .. } => Some(call),
        _ => None,
    });
    let stamps = calls.flat_map(Call::values).filter_map(|value| match value {
        ValueSource::Stamp(stamp) => Some(stamp.operation),
        _ => None,
    });
    Stamp { session, operation: stamps.max().map_or(0, |last| last.wrapping_add(1)), length: STAMP_BYTES }
}

/// The length of the values of extensions, in bytes.
const STAMP_BYTES: u32 = 16;

/// The short keys and values that a step names.
fn parts_of(step: &Step) -> Vec<Vec<u8>> {
    let Step::Call { call, .. } = step else { return Vec::new() };
    parts::of(call).filter(|part| part.len() <= PART_BYTES_MAX).map(<[u8]>::to_vec).collect()
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bounds::Bounds;
    use crate::bytes::Dictionary;
    use kvspec_reference::Profile;
    use kvspec_reference::workload::text;
    use kvspec_suites::Declaration;
    use kvspec_suites::workloads::generate::Repertoire;

    fn workload(steps: &str) -> Workload {
        text::parse(&format!("kvspec workload 1\nsessions 1\n{steps}")).unwrap().workload
    }

    /// All neighbours of one workload, in the order in which they are tried.
    fn neighbours(of: &Workload, replacements: Vec<Replacement>, repertoire: Repertoire) -> Vec<Workload> {
        let (mut corpus, mut neighbours, mut random) = (Corpus::default(), Neighbours::default(), Random::new(1));
        let mutator = Mutator::new(Declaration::default(), repertoire, Bounds::default(), Dictionary::default());
        neighbours.open(corpus.push(of.clone()), true, replacements);
        std::iter::from_fn(|| Some(neighbours.next(&corpus, &mutator, &mut random)?.workload)).collect()
    }

    #[test]
    fn what_was_compared_with_part_of_a_key_takes_its_place() {
        let workload = workload("0 set b abab \"xyz\"\n0 get b abab\nquiesce\n");
        let layout = Layout { comparisons: 2, word_pairs: 1, ..Layout::default() };
        let mut region = vec![0; layout.len() as usize];
        // The first comparison saw "ab", the second was not reached; two numbers: "xyz" and "old".
        region[0] = 9;
        let words = [*b"xyz\0\0\0\0\0", *b"old\0\0\0\0\0", *b"ab\0\0\0\0\0\0"].concat();
        region[2..2 + words.len()].copy_from_slice(&words);
        let constant = |bytes: &[u8; 2]| Comparison {
            width: kvspec_coverage::Width::Bits32,
            constant: u16::from_le_bytes(*bytes).into(),
        };
        let regions = [(layout, &region[..])];
        let found = Replacement::all(&workload, regions.into_iter(), &[constant(b"k3"), constant(b"zz")]);
        let replacement = |from: &[u8], to: &[u8]| Replacement { from: from.to_vec(), to: to.to_vec() };
        assert_eq!(found, [replacement(b"xyz", b"old"), replacement(b"ab", b"k3")]);
        let tried: Vec<String> =
            neighbours(&workload, found, Repertoire::FOUR_OPERATIONS).iter().map(|w| w.steps[0].to_string()).collect();
        assert_eq!(tried[..3], ["0 set b abab \"old\"", "0 set b k3ab \"xyz\"", "0 set b abk3 \"xyz\""]);
    }

    #[test]
    fn every_call_is_tried_at_every_place_once() {
        let of = workload("0 exists b k\n0 delete b k\nquiesce\n");
        let tried = neighbours(&of, Vec::new(), Repertoire::FOUR_OPERATIONS);
        assert_eq!(tried.len(), extensions(&of, &Added::offered(Repertoire::FOUR_OPERATIONS)));
        for wanted in [
            "0 exists b k\n0 delete b k\n0 get b k\nquiesce\n",
            "0 exists b k\n0 delete b k\n0 get b k\n0 set b k \"\"\nquiesce\n",
            "0 exists b k\n0 exists b k\n0 delete b k\nquiesce\n",
        ] {
            assert!(tried.contains(&workload(wanted)), "{wanted}");
        }
    }

    #[test]
    fn calls_that_are_offered_are_tried_on_the_register_that_was_named_last() {
        let of = workload("0 get-many b k l\n0 list b\nquiesce\n");
        let tried = neighbours(&of, Vec::new(), Repertoire::of(Profile::StoreDraft2));
        for added in [
            "list b",
            "increment b k 1",
            "cas-new h b k",
            "swap h stamp(0.0 16)",
            "get-many b k",
            "set-many b k stamp(0.0 16)",
            "delete-many b k",
        ] {
            let wanted = workload(&format!("0 get-many b k l\n0 list b\n0 {added}\nquiesce\n"));
            assert!(tried.contains(&wanted), "{added}");
        }
        let tried = neighbours(&of, Vec::new(), Repertoire::of(Profile::StoreDraft));
        assert!(tried.iter().all(|workload| !format!("{workload:?}").contains("cas-new")));
    }

    #[test]
    fn keys_of_batches_and_values_of_swaps_are_replaced() {
        let replacement = Replacement { from: b"ab".to_vec(), to: b"k3".to_vec() };
        let of = workload("0 cas-new h b ab\n0 swap h \"ab\"\n0 set-many b ab \"ab\" x \"y\"\nquiesce\n");
        let tried = neighbours(&of, vec![replacement], Repertoire::of(Profile::StoreDraft2));
        let wanted = workload("0 cas-new h b k3\n0 swap h \"k3\"\n0 set-many b k3 \"k3\" x \"y\"\nquiesce\n");
        assert_eq!(tried.first(), Some(&wanted));
    }
}
