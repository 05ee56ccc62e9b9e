//! Inputs without libFuzzer: from fixed seeds, for tests, and to begin a corpus with.

use kvspec_reference::random::Random;
use kvspec_reference::stores::simulated::{self, Bug};
use kvspec_reference::workload::recorder::ManualClock;
use kvspec_reference::workload::text::WorkloadFile;
use kvspec_reference::{History, InMemory};
use kvspec_suites::workloads::generate::{Size, from_seed};
use kvspec_suites::workloads::property;
use kvspec_suites::{Declaration, cases, run_case};

use crate::history_judge::text_of;
use crate::workloads::PROFILE;

/// Bytes of all lengths up to this, short ones more often.
const NOISE_BYTES_MAX_LOG2: u64 = 10;

/// So many inputs of random bytes: for targets that make workloads of them.
pub fn noise(seed: u64, count: usize) -> impl Iterator<Item = Vec<u8>> {
    let mut random = Random::new(seed);
    (0..count).map(move |_| {
        let length_max = 1 << random.between(1, NOISE_BYTES_MAX_LOG2);
        let length = random.between(1, length_max);
        (0..length).map(|_| random.bits() as u8).collect()
    })
}

/// Short histories as JSON lines: of the cases on a good store, and of workloads on a bad one.
///
/// # Panics
/// When a history cannot be written.
pub fn history_texts() -> Vec<String> {
    let text = |history: &History| text_of(history).unwrap_or_else(|wrong| panic!("{wrong}"));
    let of_cases = cases::all().into_iter().map(|case| {
        let (store, clock) = (InMemory::new(), ManualClock::default());
        text(&run_case(case, PROFILE, &store, &clock, &Declaration::default(), 1).history)
    });
    let bad = simulated::subject(Some(Bug::LostTombstone));
    let size = Size { sessions: 2, steps: 4, value_bytes: 40, ..Size::default() };
    let of_workloads = (0..40).filter_map(|seed| {
        let (declaration, clock) = (Declaration::default(), ManualClock::default());
        let workload = from_seed(&declaration, size, seed);
        let executed = property::execute(&bad, &clock, &declaration, PROFILE, &workload, seed).ok()?;
        Some(text(&executed.run.history))
    });
    // Histories without a record cannot be changed into anything; long ones are slow, and not compared with
    // the definitions.
    of_cases.chain(of_workloads).filter(|text| (2..=HISTORY_LINES_MAX).contains(&text.lines().count())).collect()
}

/// The longest history to begin with, in lines: about as many operations as are compared.
const HISTORY_LINES_MAX: usize = 14;

/// Workload files and configurations.
pub fn file_texts() -> Vec<String> {
    let configuration =
        "profile = \"eventual@0.1.0\"\n[limits]\nmax_key_bytes = 64\n[consistency]\nconvergence_ms = 5\n";
    let workloads = (0..40).map(|seed| {
        let size = Size { steps: 8, value_bytes: 60, ..Size::default() };
        let workload = from_seed(&Declaration::default(), size, seed);
        WorkloadFile { profile: PROFILE.name().into(), workload }.to_string()
    });
    workloads.chain([configuration.to_owned()]).collect()
}
