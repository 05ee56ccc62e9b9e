//! How long a run will wait, said before it waits.
//!
//! A store that lives in real time is given its convergence bound at every quiet point. How many of
//! those there are, a rehearsal shows: the same tests on a store in memory whose clock only counts.

use std::fmt;
use std::num::NonZero;
use std::thread;
use std::time::Duration;

use kvspec_reference::interface::{Bucket, Clock, Implementation, OutgoingValue, Result, Subject};
use kvspec_reference::workload::recorder::ManualClock;
use kvspec_reference::{InMemory, Profile};
use kvspec_suites::stores::legal;
use kvspec_suites::workloads::generate::Size;
use kvspec_suites::workloads::property::{self, Search};
use kvspec_suites::{Case, run_case};

use super::parts::Part;
use super::tested::Tested;
use super::trials::Arguments;
use crate::run::exploration::{CASES_IN_REAL_TIME, PAUSE_IN_REAL_TIME};

/// Runs that wait less are not worth a word.
const WORTH_SAYING: Duration = Duration::from_secs(3);

/// How long tests wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Estimate {
    /// All of them, where several run at once.
    run: Duration,
    bound: Duration,
}

/// Says on standard error how long the selected tests will wait, where that is long.
pub(super) fn announce(tested: &Tested, parts: &[Part], arguments: &Arguments) {
    if tested.settings.declaration.convergence_bound().is_zero() || !is_in_real_time(tested) {
        return;
    }
    let selected: Vec<&Part> = parts.iter().filter(|part| arguments.selects(&part.name(tested))).collect();
    let at_once = if tested.is_one_at_a_time() { NonZero::<usize>::MIN } else { at_once(arguments) };
    let estimate = estimate(&selected, tested, at_once);
    if estimate.run >= WORTH_SAYING {
        eprintln!("kvspec: {estimate}");
    }
}

fn at_once(arguments: &Arguments) -> NonZero<usize> {
    arguments.threads.or_else(|| thread::available_parallelism().ok()).unwrap_or(NonZero::<usize>::MIN)
}

/// Whether stores have no clock of their own. One that does not start says so in every test.
fn is_in_real_time(tested: &Tested) -> bool {
    let Ok(_turn) = tested.turn() else { return false };
    tested.start(tested.settings.seed).is_ok_and(|store| store.clock().is_none())
}

fn estimate(parts: &[&Part], tested: &Tested, at_once: NonZero<usize>) -> Estimate {
    let wait = |part: &&Part| match part {
        Part::Case(case) => of_case(case, tested),
        // What threads run is of the same kind, and as many.
        Part::Random | Part::Concurrent(_) => of_search(tested),
    };
    let waits: Vec<Duration> = parts.iter().map(wait).collect();
    let shared = waits.iter().sum::<Duration>() / u32::try_from(at_once.get()).unwrap_or(u32::MAX);
    let longest = waits.into_iter().max().unwrap_or_default();
    Estimate { run: shared.max(longest), bound: tested.settings.declaration.convergence_bound() }
}

fn of_case(case: &Case, tested: &Tested) -> Duration {
    let clock = ManualClock::default();
    let store = Unclocked(rehearsed(tested));
    run_case(case, tested.profile, &store, &clock, &tested.settings.declaration, tested.settings.seed);
    Duration::from_nanos(clock.now_ns())
}

fn of_search(tested: &Tested) -> Duration {
    let clock = ManualClock::default();
    let size = Size { pause: PAUSE_IN_REAL_TIME, ..Size::default() };
    let search = Search { seed: tested.settings.seed, cases: CASES_IN_REAL_TIME, size, ..Search::default() };
    property::search(&Rehearsal(tested), &clock, &tested.settings.declaration, search);
    let waited = Duration::from_nanos(clock.now_ns());
    tested.settings.real_time.map_or(waited, |budget| waited.min(budget))
}

/// A correct store for the profile.
fn rehearsed(tested: &Tested) -> Box<dyn Implementation> {
    match legal::store::all().first().filter(|_| tested.profile != Profile::Eventual) {
        Some(store) => (store.start)(0),
        None => Box::new(InMemory::new()),
    }
}

struct Rehearsal<'a>(&'a Tested);

impl Subject for Rehearsal<'_> {
    fn start(&self, _seed: u64) -> Result<Box<dyn Implementation + '_>> {
        Ok(Box::new(Unclocked(rehearsed(self.0))))
    }

    fn profile(&self) -> Profile {
        self.0.profile
    }
}

/// A store without a clock of its own, so that ours counts.
struct Unclocked(Box<dyn Implementation>);

impl Implementation for Unclocked {
    fn open(&self, name: &str) -> Result<Box<dyn Bucket>> {
        self.0.open(name)
    }

    fn outgoing_value(&self) -> Result<Box<dyn OutgoingValue>> {
        self.0.outgoing_value()
    }
}

impl fmt::Display for Estimate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { run, bound } = self;
        write!(
            f,
            "this takes about {} s: the store lives in real time, and each time a test has to wait for its reads to \
             agree, it waits {bound:?}. A Declaration whose consistency.convergence_ms is the bound that the store \
             keeps (0: writes show at once) makes it fast",
            run.as_secs_f64().ceil()
        )
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use kvspec_reference::interface::fresh;

    use super::super::parts;
    use super::super::tested::Settings;
    use super::*;

    /// A store in real time.
    fn tested(bound_ms: Option<u64>, profile: Profile) -> Tested {
        let mut settings = Settings { profile: Some(profile), ..Settings::default() };
        settings.declaration.consistency.convergence_ms = bound_ms;
        Tested::new(Arc::new(fresh(|_| Unclocked(Box::new(InMemory::new())))), settings).unwrap()
    }

    fn waits(tested: &Tested, at_once: usize) -> Duration {
        let parts = parts::parts(tested, None);
        estimate(&parts.iter().collect::<Vec<_>>(), tested, NonZero::new(at_once).unwrap()).run
    }

    #[test]
    fn waits_are_counted_for_every_profile() {
        for profile in [Profile::Eventual, Profile::StoreDraft2] {
            let (second, tenth) = (tested(None, profile), tested(Some(100), profile));
            let (alone, ten_times) = (waits(&second, 1), waits(&tenth, 1) * 10);
            // A case waits for its bound dozens of times, and there are more than a hundred cases.
            assert!(alone > Duration::from_secs(50), "{profile}: {alone:?}");
            assert!(alone.abs_diff(ten_times) < alone / 4, "{profile}: {alone:?}, {ten_times:?}");
            let four_at_once = waits(&second, 4);
            assert!(four_at_once < alone / 2, "{profile}: {alone:?}, {four_at_once:?}");
        }
        assert!(is_in_real_time(&tested(None, Profile::Eventual)));
    }

    #[test]
    fn what_is_said_names_the_time_and_the_declaration() {
        let estimate = Estimate { run: Duration::from_millis(96_500), bound: Duration::from_secs(1) };
        let text = estimate.to_string();
        assert!(text.starts_with("this takes about 97 s") && text.contains("it waits 1s"), "{text}");
        assert!(text.contains("consistency.convergence_ms"), "{text}");
    }
}
