//! Parsing: lines into steps.

use std::time::Duration;

use super::error::ParseError;
use super::file::{FIRST_LINE, WorkloadFile};
use super::line::Line;
use crate::workload::step::{SESSIONS_MAX, Step, Workload};

/// The most bytes that all its values have together.
const ALL_VALUES_BYTES_MAX: usize = 256 << 20;
/// The longest that all its waits last together: clocks count nanoseconds in 64 bits.
const WAITS_MAX: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// Reads a workload file.
///
/// # Errors
/// [`ParseError`] with the place of the first fault.
pub fn parse(text: &str) -> Result<WorkloadFile, ParseError> {
    // Some editors mark the beginning of a file.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut lines = text.lines().enumerate();
    if lines.next().is_none_or(|(_, line)| line.trim_end() != FIRST_LINE) {
        let message = format!("a workload begins with the line \"{FIRST_LINE}\"");
        return Err(ParseError { line: 1, column: 1, message });
    }
    let mut parser = Parser::default();
    for (index, text) in lines {
        let mut line = Line { text, at: 0, number: index + 1 };
        line.blanks();
        if line.is_done() {
            continue;
        }
        parser.line(&mut line)?;
        line.blanks();
        if !line.is_done() {
            return Err(line.error("unexpected text at the end of the line"));
        }
    }
    let Some(sessions) = parser.sessions else {
        let message = "no line \"sessions N\"".into();
        return Err(ParseError { line: text.lines().count().max(1), column: 1, message });
    };
    let profile = parser.profile.unwrap_or_else(|| "eventual@0.1.0".into());
    Ok(WorkloadFile { profile, workload: Workload { sessions, steps: parser.steps } })
}

/// What the lines so far say, and ask for.
#[derive(Default)]
struct Parser {
    profile: Option<String>,
    sessions: Option<u16>,
    steps: Vec<Step>,
    all_waits: Duration,
    all_values_bytes: usize,
}

impl Parser {
    fn line(&mut self, line: &mut Line<'_>) -> Result<(), ParseError> {
        let start = line.at;
        match line.bare_word("a session number, \"wait\", \"quiesce\", \"profile\" or \"sessions\"")? {
            "profile" => self.profile(line, start),
            "sessions" => self.sessions(line, start),
            "wait" => self.wait(line, start),
            "quiesce" => {
                self.steps.push(Step::Quiesce);
                Ok(())
            }
            word => self.call(line, start, word),
        }
    }

    fn profile(&mut self, line: &mut Line<'_>, start: usize) -> Result<(), ParseError> {
        line.blanks();
        let name = line.rest().split('#').next().unwrap_or_default().trim_end();
        if self.profile.is_some() {
            return Err(line.error_at(start, "the profile is given twice"));
        }
        if name.is_empty() {
            return Err(line.error("expected the name of a profile, such as eventual@0.1.0"));
        }
        line.at += name.len();
        self.profile = Some(name.to_owned());
        Ok(())
    }

    fn sessions(&mut self, line: &mut Line<'_>, start: usize) -> Result<(), ParseError> {
        if self.sessions.is_some() {
            return Err(line.error_at(start, "the number of sessions is given twice"));
        }
        line.blanks();
        let sessions = line.number("a number of sessions")?;
        if !(1..=SESSIONS_MAX).contains(&sessions) {
            return Err(line.error_at(start, format!("a workload has 1 to {SESSIONS_MAX} sessions")));
        }
        self.sessions = Some(sessions);
        Ok(())
    }

    fn wait(&mut self, line: &mut Line<'_>, start: usize) -> Result<(), ParseError> {
        line.blanks();
        let duration = line.duration()?;
        self.all_waits = self.all_waits.saturating_add(duration);
        if self.all_waits > WAITS_MAX {
            return Err(line.error_at(start, "all waits of a workload together last at most a year"));
        }
        self.steps.push(Step::Wait(duration));
        Ok(())
    }

    fn call(&mut self, line: &mut Line<'_>, start: usize, word: &str) -> Result<(), ParseError> {
        let session: u16 = word.parse().map_err(|_| line.error_at(start, no_session(word)))?;
        let Some(sessions) = self.sessions else {
            return Err(line.error_at(start, "a line \"sessions N\" must come before the first step"));
        };
        if session >= sessions {
            return Err(line.error_at(start, format!("session {session} is not among the {sessions} declared")));
        }
        line.blanks();
        let call = line.call()?;
        self.all_values_bytes = self.all_values_bytes.saturating_add(call.value_bytes());
        if self.all_values_bytes > ALL_VALUES_BYTES_MAX {
            let message = format!("all values of a workload have at most {ALL_VALUES_BYTES_MAX} bytes");
            return Err(line.error_at(start, message));
        }
        self.steps.push(Step::Call { session, call });
        Ok(())
    }
}

/// Why a line that begins with this word has no session.
fn no_session(word: &str) -> String {
    if word.bytes().all(|b| b.is_ascii_digit()) {
        return format!("a workload has 1 to {SESSIONS_MAX} sessions, numbered from 0");
    }
    format!("expected a step, found \"{word}\"; a step is a session number and its call, \"wait\" or \"quiesce\"")
}
