//! What fuzzing is for: workloads that show that something is wrong.

use kvspec_reference::RequirementId;
use std::fmt;

use kvspec_reference::{Anomaly, History, Workload};

use super::leak::Leak;
use kvspec_component::component;

/// The ways in which an implementation goes wrong.
#[derive(Debug, Clone)]
pub enum Find {
    /// The oracle refutes a requirement.
    Anomaly(Anomaly),
    /// A call with valid arguments trapped.
    Trap(String),
    /// A call did not end within the time limit.
    Hang,
    /// It asked for more memory than it may have, and broke.
    Memory,
    /// It holds more after each run of a workload, without end.
    Leak {
        /// What it holds more of.
        leak: Leak,
        /// How much more after each run, on average: resources, or bytes.
        per_run: f64,
        /// The type of the resource, where it is known.
        of: Option<String>,
    },
}

impl Find {
    /// What makes two finds the same, in one line: the rule that is broken, not the values. Also
    /// what a shrunk workload must still show.
    pub fn signature(&self) -> String {
        match self {
            Find::Anomaly(anomaly) => anomaly.requirement.to_string(),
            Find::Trap(why) => format!("trap: {}", without_numbers(&told_apart(why))),
            Find::Hang => "hang".into(),
            Find::Memory => "memory".into(),
            Find::Leak { leak, .. } => format!("leak: {leak}"),
        }
    }

    /// The requirement that is broken.
    pub fn requirement(&self) -> RequirementId {
        match self {
            Find::Anomaly(anomaly) => anomaly.requirement,
            // Whoever leaks breaks a valid call one day.
            Find::Trap(_) | Find::Hang | Find::Memory | Find::Leak { .. } => RequirementId::KveErr01,
        }
    }

    /// Whether `kvspec replay` may not show it: it looks for no leaks, and has limits of its own.
    pub fn is_hidden_from_replay(&self) -> bool {
        matches!(self, Find::Memory | Find::Hang | Find::Leak { .. })
    }

    /// A word for file names.
    pub fn kind(&self) -> &'static str {
        match self {
            Find::Anomaly(_) => "anomaly",
            Find::Trap(_) => "trap",
            Find::Hang => "hang",
            Find::Memory => "memory",
            Find::Leak { .. } => "leak",
        }
    }
}

impl fmt::Display for Find {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Find::Anomaly(anomaly) => {
                write!(f, "{}: expected {}, saw {}", anomaly.requirement, anomaly.expected, anomaly.actual)
            }
            Find::Trap(why) => write!(f, "a call trapped: {why}"),
            Find::Hang => f.write_str("a call did not end within the time limit"),
            Find::Memory => f.write_str("it asked for more memory than it may have, and broke"),
            Find::Leak { leak, per_run, of } => {
                let unit = if *leak == Leak::Memory { " bytes" } else { "" };
                write!(f, "run again and again, it holds ever more {leak}: {per_run:.1}{unit} more a run")?;
                of.iter().try_for_each(|of| write!(f, ", mostly {of}"))
            }
        }
    }
}

impl Found {
    /// A find as it was seen, not tried again and not made small.
    pub(super) fn as_seen(find: Find, workload: &Workload, executions: u64) -> Self {
        Self {
            find,
            executions,
            workload: workload.clone(),
            history: History::default(),
            repeats: false,
            earlier_workloads: 0,
            steps_before: workload.steps.len(),
            is_minimal: false,
            is_cut_short: true,
        }
    }
}

/// The longest part of a trap's text that tells traps apart, in characters.
const SIGNATURE_CHARACTERS_MAX: usize = 160;

/// What tells traps apart: what the engine says, and where the code panicked. What else was printed
/// may be a log of calls, and differ each time.
fn told_apart(why: &str) -> String {
    let mut parts = why.split(component::PRINTED);
    let trap = parts.next().unwrap_or_default();
    let panicked = parts.find_map(|line| line.find("panicked at").map(|at| &line[at..]));
    [trap, panicked.unwrap_or_default()].join(" ").trim_end().to_owned()
}

/// Addresses, lengths and indices vary with the input.
fn without_numbers(text: &str) -> String {
    let mut kept = String::new();
    for c in text.chars().take(SIGNATURE_CHARACTERS_MAX) {
        match c {
            '0'..='9' if kept.ends_with('#') => {}
            '0'..='9' => kept.push('#'),
            _ => kept.push(c),
        }
    }
    kept
}

/// What came of running one workload.
#[derive(Debug)]
pub struct Execution {
    /// What went wrong; empty when nothing did.
    pub finds: Vec<Find>,
    /// What was called and answered.
    pub history: History,
    /// Whether the instance had run nothing before.
    pub is_first: bool,
}

/// A find, with the workload that shows it.
#[derive(Debug, Clone)]
pub struct Found {
    /// What went wrong.
    pub find: Find,
    /// How many executions it took, this one included.
    pub executions: u64,
    /// The workload that showed it, made small.
    pub workload: Workload,
    /// The history of the small workload; empty when it does not show itself again.
    pub history: History,
    /// Whether the workload showed it when it was run a second time.
    pub repeats: bool,
    /// How many workloads the instance had run before, where they are needed to show it: then they
    /// are part of the workload. 0: it shows itself alone.
    pub earlier_workloads: usize,
    /// How many steps the workload had before.
    pub steps_before: usize,
    /// Whether nothing more can be left out of it. False: the bound on shrinking was hit, or the
    /// search ended.
    pub is_minimal: bool,
    /// Whether the search ended before it was made small, or even run a second time.
    pub is_cut_short: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn traps_are_told_apart_by_words_not_numbers() {
        let signature = |text: &str| Find::Trap(text.into()).signature();
        assert_eq!(signature("index 12 of 3"), signature("index 7 of 40"));
        assert_ne!(signature("index 12"), signature("slice 12"));
        assert_eq!(signature("at 0x1f"), "trap: at #x#f");
    }

    #[test]
    fn traps_are_told_apart_by_what_broke_and_not_by_what_was_logged() {
        let trap = |key: &str| {
            let log = format!("get {key}");
            let printed = [&*log, "thread main panicked at src/bug.rs:30:9:", key];
            printed.iter().fold("wasm `unreachable`".to_owned(), |text, line| text + component::PRINTED + line)
        };
        let signature = |why: String| Find::Trap(why).signature();
        assert_eq!(signature(trap("a")), "trap: wasm `unreachable` panicked at src/bug.rs:#:#:");
        assert_eq!(signature(trap("a")), signature(trap("b")));
        assert_ne!(signature(trap("a")), signature(trap("a").replace("bug.rs", "store.rs")));
        assert_eq!(signature("out of bounds at 0x12ff".into()), "trap: out of bounds at #x#ff");
    }
}
