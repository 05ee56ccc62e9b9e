//! The state of a search for a smaller workload: it proposes, whoever asks it tries.

use std::collections::{HashSet, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};

use super::edit::Edit;
use super::pass::Pass;
use crate::workload::Workload;

/// Makes a failing workload small, one proposal after another. [`shrink`](super::shrink) asks it in a
/// loop, and so can whoever has a loop of his own: a `ValueTree` of proptest, say.
///
/// ```
/// use kvspec_reference::workload::{shrink::Shrinker, text};
///
/// let found = text::parse("kvspec workload 1\nsessions 1\n0 set b k \"v\"\n0 get b k\nquiesce\n").unwrap().workload;
/// let mut shrinker = Shrinker::new(found);
/// while let Some(candidate) = shrinker.propose() {
///     let still_fails = candidate.steps.iter().any(|step| step.to_string().contains("get"));
///     shrinker.answer(still_fails);
/// }
/// assert_eq!(shrinker.smallest().steps.len(), 1);
/// ```
#[derive(Debug, Clone)]
pub struct Shrinker {
    smallest: Workload,
    proposed: Option<Proposal>,
    /// The pass under way, and the changes that it has left; `None` at a local minimum.
    pass: Option<Pass>,
    left: VecDeque<Edit>,
    /// Whether the passes since the last start have changed anything, but go on.
    is_simpler: bool,
    /// Fingerprints of the candidates. Two that share one would cost a candidate, no more.
    tried: HashSet<u64>,
}

#[derive(Debug, Clone)]
struct Proposal {
    edit: Edit,
    candidate: Workload,
}

impl Shrinker {
    /// Starts with a workload that fails.
    pub fn new(workload: Workload) -> Self {
        let first = Pass::first(&workload);
        Self {
            proposed: None,
            pass: Some(first),
            left: first.edits(&workload).into(),
            is_simpler: false,
            tried: HashSet::from([fingerprint(&workload)]),
            smallest: workload,
        }
    }

    /// The smallest workload that is known to fail.
    pub fn smallest(&self) -> &Workload {
        &self.smallest
    }

    /// The candidate that waits for an [`answer`](Shrinker::answer), if one does.
    pub fn proposed(&self) -> Option<&Workload> {
        self.proposed.as_ref().map(|proposal| &proposal.candidate)
    }

    /// The next candidate: simpler than the smallest workload, and never proposed before. One that
    /// was not answered counts as one that does not fail. `None`: nothing is left to try, and the
    /// smallest workload is a local minimum.
    pub fn propose(&mut self) -> Option<&Workload> {
        self.proposed = self.next_proposal();
        self.proposed()
    }

    /// Whether the candidate that was proposed last fails, too; then it is the smallest from now on.
    /// Says nothing where none is proposed.
    pub fn answer(&mut self, still_fails: bool) {
        let Some(Proposal { edit, candidate }) = self.proposed.take().filter(|_| still_fails) else { return };
        self.smallest = candidate;
        match (self.pass, edit) {
            // What is left concerns steps before those that went.
            (Some(Pass::RemoveSteps { .. }), _) => self.is_simpler = true,
            (Some(Pass::SimplifySteps), Edit::Replace(simplified, _)) => {
                self.is_simpler = true;
                self.left.retain(|edit| !matches!(edit, Edit::Replace(index, _) if *index == simplified));
            }
            _ => self.restart(),
        }
    }

    fn next_proposal(&mut self) -> Option<Proposal> {
        loop {
            while let Some(edit) = self.left.pop_front() {
                let candidate = edit.applied(&self.smallest);
                if self.tried.insert(fingerprint(&candidate)) {
                    return Some(Proposal { edit, candidate });
                }
            }
            let next = self.pass?.next();
            let is_same_kind = matches!(next, Some(Pass::RemoveSteps { .. }));
            if self.is_simpler && !is_same_kind {
                self.restart();
            } else {
                self.begin(next);
            }
        }
    }

    fn restart(&mut self) {
        self.is_simpler = false;
        self.begin(Some(Pass::first(&self.smallest)));
    }

    fn begin(&mut self, pass: Option<Pass>) {
        self.pass = pass;
        self.left = pass.map_or_else(VecDeque::new, |pass| pass.edits(&self.smallest).into());
    }
}

fn fingerprint(workload: &Workload) -> u64 {
    let mut hasher = DefaultHasher::new();
    workload.hash(&mut hasher);
    hasher.finish()
}
