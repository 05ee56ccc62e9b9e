//! Inputs without libFuzzer: from fixed seeds, for tests, and to begin a corpus with.

use kvspec_reference::random::Random;
use kvspec_reference::recorder::ManualClock;
use kvspec_reference::simulated::{self, Bug};
use kvspec_reference::workload::text::WorkloadFile;
use kvspec_reference::{History, InMemory};
use kvspec_suites::generate::{Size, from_seed};
use kvspec_suites::{Declaration, cases, property, run_case};

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

/// So many inputs that are texts with a few changes: for targets that read files.
///
/// # Panics
/// When there are no texts.
pub fn changed_texts(texts: &[String], seed: u64, count: usize) -> impl Iterator<Item = Vec<u8>> {
    let mut random = Random::new(seed);
    (0..count).map(move |_| {
        let text = &texts[random.below(texts.len() as u64) as usize];
        let other = &texts[random.below(texts.len() as u64) as usize];
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        for _ in 0..random.below(4) {
            change_line(&mut lines, other, &mut random);
        }
        lines.join("\n").into_bytes()
    })
}

/// Words and signs of both file formats.
const TOKENS: [&str; 24] = [
    "0",
    "1",
    "2",
    "12",
    "null",
    "true",
    "\"ok\"",
    "\"trap\"",
    "\"unknown\"",
    "\"get\"",
    "\"set\"",
    "\"delete\"",
    "get",
    "set",
    "wait",
    "quiesce",
    "\"",
    "\\",
    "\\\"",
    "\\x00",
    "\\u{e9}",
    "{",
    "}",
    ":",
];

fn change_line(lines: &mut Vec<String>, other: &str, random: &mut Random) {
    if lines.is_empty() {
        return;
    }
    let at = random.below(lines.len() as u64) as usize;
    match random.below(6) {
        0 => {
            lines.remove(at);
        }
        1 => {
            let to = random.below(lines.len() as u64) as usize;
            lines.swap(at, to);
        }
        2 => {
            let count = other.lines().count().max(1);
            let taken = other.lines().nth(random.below(count as u64) as usize).unwrap_or_default();
            lines.insert(at, taken.to_owned());
        }
        3 => {
            // A number becomes another: times, sessions, versions.
            let line = &lines[at];
            let digits: Vec<usize> = line.char_indices().filter(|(_, c)| c.is_ascii_digit()).map(|(i, _)| i).collect();
            if !digits.is_empty() {
                let digit = digits[random.below(digits.len() as u64) as usize];
                lines[at].replace_range(digit..=digit, &random.below(10).to_string());
            }
        }
        _ => {
            let line = &mut lines[at];
            let from = line.floor_char_boundary(random.below(line.len() as u64 + 1) as usize);
            let to = line.floor_char_boundary((from + random.below(4) as usize).min(line.len()));
            line.replace_range(from..to, TOKENS[random.below(TOKENS.len() as u64) as usize]);
        }
    }
}

/// Histories as JSON lines: those of the cases on a good store, and short ones of a bad one.
///
/// # Panics
/// When a history cannot be written.
pub fn history_texts() -> Vec<String> {
    let text = |history: &History| text_of(history).unwrap_or_else(|wrong| panic!("{wrong}"));
    let of_cases = cases::all().into_iter().map(|case| {
        let (store, clock) = (InMemory::new(), ManualClock::default());
        text(&run_case(case, &store, &clock, &Declaration::default(), 1).history)
    });
    let bad = simulated::subject(Some(Bug::LostTombstone));
    let size = Size { sessions: 2, steps: 4, value_bytes: 40, ..Size::default() };
    let of_workloads = (0..40).filter_map(|seed| {
        let (declaration, clock) = (Declaration::default(), ManualClock::default());
        let workload = from_seed(&declaration, size, seed);
        let executed = property::execute(&bad, &clock, &declaration, PROFILE, &workload, seed).ok()?;
        Some(text(&executed.run.history))
    });
    // Histories without a record cannot be changed into anything.
    of_cases.chain(of_workloads).filter(|text| text.lines().count() > 1).collect()
}

/// Workload files and configurations.
pub fn file_texts() -> Vec<String> {
    let configuration =
        "profile = \"eventual@0.1.0\"\n[limits]\nmax_key_bytes = 64\n[consistency]\nconvergence_ms = 5\n";
    let workloads = (0..40).map(|seed| {
        let size = Size { steps: 8, value_bytes: 60, ..Size::default() };
        let workload = from_seed(&Declaration::default(), size, seed);
        WorkloadFile { profile: PROFILE.into(), workload }.to_string()
    });
    workloads.chain([configuration.to_owned()]).collect()
}
