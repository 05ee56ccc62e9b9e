//! How much work a judgement may cost.
//!
//! Most levels are NP-complete once values repeat, and absence always repeats. What they may cost
//! is counted in **steps**: a step is about the work of looking at one record, one to two
//! nanoseconds on a machine of 2025. Dearer things count as several. A count does not depend on the
//! machine, so the same history gets the same verdict everywhere.
//!
//! A user who does not want to wait any longer may end a judgement, by a flag: then nothing is left of
//! any budget that looks at it, and what is decided by then stays.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, Ordering};

/// Steps that may still be spent. Counted in one place by all who share it.
#[derive(Debug)]
pub struct Budget {
    given: u64,
    left: Cell<u64>,
    stop: Option<&'static AtomicBool>,
}

/// The steps of a whole ladder if nothing else is asked for: some seconds.
pub const DEFAULT_STEPS: u64 = 1 << 30;

impl Default for Budget {
    fn default() -> Self {
        Self::new(DEFAULT_STEPS)
    }
}

impl Budget {
    /// A budget of so many steps.
    pub fn new(steps: u64) -> Self {
        Self::until(steps, None)
    }

    /// A budget of so many steps, of which none is left any more once the flag is set.
    pub fn until(steps: u64, stop: Option<&'static AtomicBool>) -> Self {
        Self { given: steps, left: Cell::new(steps), stop }
    }

    /// Whether the user has ended the judgement.
    pub fn is_stopped(&self) -> bool {
        self.stop.is_some_and(|stop| stop.load(Ordering::Relaxed))
    }

    /// The steps left.
    pub fn left(&self) -> u64 {
        self.left.get()
    }

    /// The steps spent so far.
    pub fn spent(&self) -> u64 {
        self.given - self.left.get()
    }

    /// Whether nothing is left: who asked last did not get all it needed.
    pub fn is_exhausted(&self) -> bool {
        self.left.get() == 0
    }

    /// Takes steps; false when there are not so many, and then none is left.
    #[must_use]
    pub fn spend(&self, steps: u64) -> bool {
        let enough = steps < self.left.get() && !self.is_stopped();
        self.left.set(if enough { self.left.get() - steps } else { 0 });
        enough
    }

    /// A budget of at most `steps` of what is left here. What it spends is taken from here by
    /// [`Budget::settle`].
    pub(crate) fn part(&self, steps: u64) -> Budget {
        Budget::until(steps.min(self.left.get()), self.stop)
    }

    /// A budget beside this one, that ends when this one is ended by its user.
    pub(crate) fn beside(&self, steps: u64) -> Budget {
        Budget::until(steps, self.stop)
    }

    /// Takes what a part has spent.
    pub(crate) fn settle(&self, part: &Budget) {
        self.left.set(self.left.get().saturating_sub(part.spent()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_part_spends_is_missing_from_the_whole() {
        let whole = Budget::new(100);
        let part = whole.part(60);
        assert!(part.spend(50));
        assert!(!part.spend(20), "10 are left");
        assert!(part.is_exhausted());
        whole.settle(&part);
        assert_eq!((whole.left(), whole.spent()), (40, 60));
        assert_eq!(whole.part(1000).left(), 40);
    }

    #[test]
    fn nothing_is_left_once_the_user_has_ended_it() {
        static STOP: AtomicBool = AtomicBool::new(false);
        let whole = Budget::until(100, Some(&STOP));
        let (part, beside) = (whole.part(60), whole.beside(1000));
        assert!(whole.spend(1) && part.spend(1) && beside.spend(1));
        STOP.store(true, Ordering::Relaxed);
        for budget in [whole, part, beside] {
            assert!(!budget.spend(1) && budget.is_stopped() && budget.is_exhausted());
        }
    }
}
