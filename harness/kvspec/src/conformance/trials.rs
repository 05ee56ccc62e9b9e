//! Tests that are made at run time, run and shown as those of `cargo test` are. A test may end by
//! saying why it does not apply.

use std::any::Any;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError, mpsc};
use std::thread;
use std::time::Instant;

pub use super::arguments::{Arguments, Ignored};

/// A test.
pub struct Trial {
    name: String,
    is_ignored: bool,
    test: Box<dyn FnOnce() -> Result<Completion, Failed> + Send>,
}

/// How a test ended that did not fail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Completion {
    /// It passed.
    Completed,
    /// It does not apply, and why.
    Ignored(String),
}

/// Why a test failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failed(String);

impl Trial {
    /// A test that passes or fails.
    pub fn test(name: impl Into<String>, test: impl FnOnce() -> Result<(), Failed> + Send + 'static) -> Self {
        Self::ignorable_test(name, || test().map(|()| Completion::Completed))
    }

    /// A test that passes, fails, or turns out not to apply.
    pub fn ignorable_test(
        name: impl Into<String>,
        test: impl FnOnce() -> Result<Completion, Failed> + Send + 'static,
    ) -> Self {
        Self { name: name.into(), is_ignored: false, test: Box::new(test) }
    }

    /// Whether it is run only on request, as tests with `#[ignore]` are.
    pub fn with_ignored_flag(self, is_ignored: bool) -> Self {
        Self { is_ignored, ..self }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Runs it.
    ///
    /// # Errors
    /// Why it failed, which the text says; a panic is one, too.
    pub fn run(self) -> Result<Completion, Failed> {
        match run_one(self.test) {
            Outcome::Passed => Ok(Completion::Completed),
            Outcome::Ignored(why) => Ok(Completion::Ignored(why.unwrap_or_default())),
            Outcome::Failed(why) => Err(Failed(why)),
        }
    }

    /// With this path before its name.
    pub fn within(self, path: &str) -> Self {
        Self { name: format!("{path}::{}", self.name), ..self }
    }
}

impl Completion {
    /// Not applicable, for this reason.
    pub fn ignored_with(why: impl Into<String>) -> Self {
        Completion::Ignored(why.into())
    }
}

impl Failed {
    /// Why.
    pub fn text(&self) -> &str {
        &self.0
    }
}

impl<T: std::fmt::Display> From<T> for Failed {
    fn from(why: T) -> Self {
        Self(why.to_string())
    }
}

/// How a test ended.
enum Outcome {
    Passed,
    Failed(String),
    /// And why, where that turned out when it ran.
    Ignored(Option<String>),
}

/// Runs or lists the tests as the arguments say. The exit code is 101 when one failed.
pub fn run(arguments: &Arguments, trials: Vec<Trial>) -> ExitCode {
    let count = trials.len();
    let (mut trials, is_only_ignored) = (trials, arguments.ignored == Ignored::Only);
    trials.retain(|trial| arguments.selects(&trial.name) && (trial.is_ignored || !is_only_ignored));
    if arguments.list {
        let names: String = trials.iter().map(|trial| format!("{}: test\n", trial.name)).collect();
        print(&names);
        return ExitCode::SUCCESS;
    }
    let mut shown = Shown::begin(arguments, &trials, count - trials.len());
    let threads = arguments.threads.or_else(|| thread::available_parallelism().ok());
    let is_left = |trial: &Trial| arguments.bench || (trial.is_ignored && arguments.ignored == Ignored::Left);
    let outcome = |trial: Trial| {
        let outcome = if is_left(&trial) { Outcome::Ignored(None) } else { run_one(trial.test) };
        (trial.name, outcome)
    };
    if threads.is_none_or(|threads| threads.get() == 1) {
        for trial in trials {
            let (name, outcome) = outcome(trial);
            shown.ended(name, outcome);
        }
    } else {
        let (ended, outcomes) = mpsc::channel();
        let waiting = Mutex::new(trials.into_iter());
        let next = || waiting.lock().unwrap_or_else(PoisonError::into_inner).next();
        thread::scope(|scope| {
            for _ in 0..threads.map_or(1, std::num::NonZero::get) {
                let ended = ended.clone();
                scope.spawn(move || {
                    while let Some(trial) = next() {
                        // Nobody waits for it only when showing panicked, which ends the process.
                        let _ = ended.send(outcome(trial));
                    }
                });
            }
            drop(ended);
            for (name, outcome) in outcomes {
                shown.ended(name, outcome);
            }
        });
    }
    shown.end()
}

fn run_one(test: Box<dyn FnOnce() -> Result<Completion, Failed> + Send>) -> Outcome {
    match catch_unwind(AssertUnwindSafe(test)) {
        Ok(Ok(Completion::Completed)) => Outcome::Passed,
        Ok(Ok(Completion::Ignored(why))) => Outcome::Ignored(Some(why)),
        Ok(Err(Failed(why))) => Outcome::Failed(why),
        Err(panic) => Outcome::Failed(format!("test panicked: {}", message(&*panic))),
    }
}

fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("without a message")
}

/// What was shown so far, and how.
struct Shown {
    is_terse: bool,
    has_colors: bool,
    name_width: usize,
    begun: Instant,
    passed: usize,
    ignored: usize,
    left_out: usize,
    failures: Vec<(String, String)>,
}

const GREEN: &str = "32";
const RED: &str = "31";
const YELLOW: &str = "33";

impl Shown {
    fn begin(arguments: &Arguments, trials: &[Trial], left_out: usize) -> Self {
        let count = trials.len();
        print(&format!("\nrunning {count} test{}\n", if count == 1 { "" } else { "s" }));
        Self {
            is_terse: arguments.terse,
            has_colors: arguments.has_colors(),
            name_width: trials.iter().map(|trial| trial.name.chars().count()).max().unwrap_or(0),
            begun: Instant::now(),
            passed: 0,
            ignored: 0,
            left_out,
            failures: Vec::new(),
        }
    }

    fn painted(&self, color: &str, text: &str) -> String {
        if self.has_colors { format!("\x1b[{color}m{text}\x1b[0m") } else { text.to_owned() }
    }

    fn ended(&mut self, name: String, outcome: Outcome) {
        let (color, letter, word) = match &outcome {
            Outcome::Passed => (GREEN, ".", "ok".to_owned()),
            Outcome::Failed(_) => (RED, "F", "FAILED".to_owned()),
            Outcome::Ignored(None) => (YELLOW, "i", "ignored".to_owned()),
            Outcome::Ignored(Some(why)) => (YELLOW, "i", format!("ignored ({why})")),
        };
        if self.is_terse {
            print(&self.painted(color, letter));
        } else {
            print(&format!("test {name:<width$} ... {}\n", self.painted(color, &word), width = self.name_width));
        }
        match outcome {
            Outcome::Passed => self.passed += 1,
            Outcome::Ignored(_) => self.ignored += 1,
            Outcome::Failed(why) => self.failures.push((name, why)),
        }
    }

    fn end(self) -> ExitCode {
        let mut text = String::new();
        if !self.failures.is_empty() {
            text.push_str("\nfailures:\n\n");
            for (name, why) in &self.failures {
                text.push_str(&format!("---- {name} ----\n{why}\n\n"));
            }
            text.push_str("\nfailures:\n");
            for (name, _) in &self.failures {
                text.push_str(&format!("    {name}\n"));
            }
        }
        let is_good = self.failures.is_empty();
        let word = if is_good { self.painted(GREEN, "ok") } else { self.painted(RED, "FAILED") };
        text.push_str(&format!(
            "\ntest result: {word}. {} passed; {} failed; {} ignored; 0 measured; {} filtered out; finished in {:.2}s\n\n",
            self.passed,
            self.failures.len(),
            self.ignored,
            self.left_out,
            self.begun.elapsed().as_secs_f64()
        ));
        print(&text);
        if is_good { ExitCode::SUCCESS } else { ExitCode::from(FAILED) }
    }
}

/// The exit code of a test binary in which a test failed.
const FAILED: u8 = 101;

/// A reader that went away wants no more: the exit code says the rest.
fn print(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}
