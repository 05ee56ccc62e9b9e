//! Leaks: what an instance holds more of after each workload, without end.
//!
//! An instance may keep what it likes from workload to workload: caches, pools, standard output. So
//! holding more than before is a suspicion only. It is examined on a fresh instance: the same
//! workload, with the same names, is run again and again. A cache is full at some time and a
//! collector of garbage collects; what still grows after that is a leak, and ends in a trap one day.

use std::fmt;
use std::str::FromStr;

use kvspec_component::component::counted::Holdings;

/// What leaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Leak {
    /// Resources of the host that the component got and never drops, such as pollables.
    Handles,
    /// Resources of its own that it never ends.
    Resources,
    /// Linear memory.
    Memory,
}

impl Leak {
    /// Every kind.
    pub const ALL: [Leak; 3] = [Leak::Handles, Leak::Resources, Leak::Memory];

    /// The word for it on a command line.
    pub fn word(self) -> &'static str {
        match self {
            Leak::Handles => "handles",
            Leak::Resources => "resources",
            Leak::Memory => "memory",
        }
    }

    pub(super) fn amount(self, holdings: &Holdings) -> u64 {
        match self {
            Leak::Handles => holdings.handles,
            Leak::Resources => holdings.resources.iter().sum(),
            Leak::Memory => holdings.memory_bytes,
        }
    }

    /// How many runs make one window. Memory grows in pages of 64 KiB, so it takes longer to tell: a
    /// leak of less than 512 bytes a run is not seen.
    fn window_runs(self) -> usize {
        match self {
            Leak::Handles | Leak::Resources => 32,
            Leak::Memory => 128,
        }
    }
}

impl fmt::Display for Leak {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Leak::Handles => "resources of the host that it never drops",
            Leak::Resources => "resources of its own that it never ends",
            Leak::Memory => "linear memory",
        })
    }
}

impl FromStr for Leak {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let named = Leak::ALL.into_iter().find(|leak| leak.word() == text);
        named.ok_or_else(|| "a leak is handles, resources or memory".into())
    }
}

/// How many windows a workload is run for.
const WINDOWS: usize = 8;

/// How many of them may pass before each must show growth: what is kept on purpose is kept by then.
const WINDOWS_FREE: usize = 2;

/// How much memory must have grown besides: collectors of garbage let it grow before they begin. That
/// of a store in JavaScript began after 70 MiB.
const COLLECTED_BYTES: u64 = 128 << 20;

/// Watches the growth over many runs of one workload.
#[derive(Debug)]
pub(super) struct Watch {
    leak: Leak,
    runs: usize,
    windows: usize,
    at_first_run: u64,
    at_window_start: u64,
    at_free_end: u64,
}

/// What watching came to so far.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Watched {
    /// It cannot be told yet.
    Unknown,
    /// A window passed without growth.
    Bounded,
    /// It grew in every window, or until there was no more.
    Leaks {
        /// How much more the instance held after each run, on average: resources, or bytes.
        per_run: f64,
    },
}

impl Watch {
    pub(super) fn new(leak: Leak) -> Self {
        Self { leak, runs: 0, windows: 0, at_first_run: 0, at_window_start: 0, at_free_end: 0 }
    }

    /// Takes in what the instance holds after one more run.
    pub(super) fn note(&mut self, holdings: &Holdings) -> Watched {
        let amount = self.leak.amount(holdings);
        self.runs += 1;
        if self.runs == 1 {
            self.at_first_run = amount;
        }
        if !self.runs.is_multiple_of(self.leak.window_runs()) {
            return Watched::Unknown;
        }
        self.windows += 1;
        let has_grown = amount > std::mem::replace(&mut self.at_window_start, amount);
        if self.windows <= WINDOWS_FREE {
            self.at_free_end = amount;
            return Watched::Unknown;
        }
        let more = amount.saturating_sub(self.at_free_end);
        let is_uncollected = self.leak != Leak::Memory || more >= COLLECTED_BYTES;
        match has_grown {
            false => Watched::Bounded,
            true if self.windows >= WINDOWS && is_uncollected => {
                let runs = (self.windows - WINDOWS_FREE) * self.leak.window_runs();
                Watched::Leaks { per_run: more as f64 / runs as f64 }
            }
            true => Watched::Unknown,
        }
    }

    /// What it came to when the instance broke because it may have no more memory.
    pub(super) fn exhausted(&self, holdings: &Holdings) -> Watched {
        match (self.leak, self.runs) {
            (Leak::Memory, 1..) => {
                let more = self.leak.amount(holdings).saturating_sub(self.at_first_run);
                Watched::Leaks { per_run: more as f64 / self.runs as f64 }
            }
            _ => Watched::Bounded,
        }
    }
}

/// Which suspicions are worth examining: one that proved wrong makes the next wait twice as long, so
/// that a component that grows for good reasons is not examined all the time.
#[derive(Debug, Default)]
pub(super) struct Suspicions {
    wait: [u64; Leak::ALL.len()],
    waited: [u64; Leak::ALL.len()],
}

impl Suspicions {
    /// Whether this one is to be examined.
    pub(super) fn is_due(&mut self, leak: Leak) -> bool {
        let index = leak as usize;
        self.waited[index] += 1;
        let is_due = self.waited[index] > self.wait[index];
        if is_due {
            self.waited[index] = 0;
        }
        is_due
    }

    /// It was examined, and wrong.
    pub(super) fn was_wrong(&mut self, leak: Leak) {
        let wait = &mut self.wait[leak as usize];
        *wait = wait.saturating_mul(2).max(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What watching came to, for an instance that holds `held(run)` handles after each run.
    fn watch(leak: Leak, held: impl Fn(u64) -> u64) -> Watched {
        let mut watch = Watch::new(leak);
        let amounts = (1..).map(|run| match leak {
            Leak::Handles => Holdings { handles: held(run), ..Holdings::default() },
            Leak::Resources => Holdings { resources: vec![0, held(run)], ..Holdings::default() },
            Leak::Memory => Holdings { memory_bytes: held(run), ..Holdings::default() },
        });
        amounts.map(|holdings| watch.note(&holdings)).find(|watched| *watched != Watched::Unknown).unwrap()
    }

    #[test]
    fn what_grows_with_each_run_leaks() {
        assert_eq!(watch(Leak::Handles, |run| 7 + 2 * run), Watched::Leaks { per_run: 2.0 });
        assert_eq!(watch(Leak::Resources, |run| run / 16), Watched::Leaks { per_run: 1.0 / 16.0 });
        assert_eq!(watch(Leak::Memory, |run| run * 600 / 65_536 * 65_536).is_leak(), Some(true));
    }

    #[test]
    fn caches_pools_and_collectors_do_not() {
        assert_eq!(watch(Leak::Handles, |_| 5), Watched::Bounded);
        assert_eq!(watch(Leak::Handles, |run| run.min(60)), Watched::Bounded);
        assert_eq!(watch(Leak::Resources, |run| run % 40), Watched::Bounded);
        // A table that doubles when it is full grows ever more rarely.
        assert_eq!(watch(Leak::Memory, |run| run.next_power_of_two() << 16), Watched::Bounded);
        // Garbage, 20 kB a run, is collected when there is much of it.
        assert_eq!(watch(Leak::Memory, |run| (run * 20_000).min(70 << 20) >> 16 << 16), Watched::Bounded);
    }

    #[test]
    fn memory_that_is_used_up_was_not_collected() {
        let mut watch = Watch::new(Leak::Memory);
        let held = |run: u64| Holdings { memory_bytes: run << 20, ..Holdings::default() };
        assert!((1..=60).all(|run| watch.note(&held(run)) == Watched::Unknown));
        assert_eq!(watch.exhausted(&held(61)), Watched::Leaks { per_run: f64::from(1 << 20) });
        // One run alone used it up: that is no leak.
        assert_eq!(Watch::new(Leak::Memory).exhausted(&held(61)), Watched::Bounded);
    }

    #[test]
    fn wrong_suspicions_are_examined_ever_more_rarely() {
        let mut suspicions = Suspicions::default();
        let examined = (0..100).filter(|_| {
            let is_due = suspicions.is_due(Leak::Memory);
            if is_due {
                suspicions.was_wrong(Leak::Memory);
            }
            is_due
        });
        // At once, then after one more, two, four: seven times within a hundred.
        assert_eq!(examined.count(), 7);
        assert!(suspicions.is_due(Leak::Handles));
    }

    impl Watched {
        fn is_leak(&self) -> Option<bool> {
            match self {
                Watched::Unknown => None,
                Watched::Bounded => Some(false),
                Watched::Leaks { .. } => Some(true),
            }
        }
    }
}
