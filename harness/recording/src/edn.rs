//! Reads the operations of a Jepsen register test in EDN, as `history.edn` has them, or in JSON: an event
//! a form, in the order of the events, one after another or within one vector, list or array.
//!
//! ```text
//! {:process 0, :type :invoke, :f :write, :value 3, :time 120}
//! {:process 0, :type :ok,     :f :write, :value 3, :time 250}
//! {:process 1, :type :invoke, :f :cas,   :value [3 4]}
//! {:process 2, :type :invoke, :f :read,  :value [7 nil]}      ; key 7 of many, [key value]
//! {:process :nemesis, :type :info, :f :start}                 ; noise
//! [2 :ok :read [7 3]]                                         ; the same as a vector
//! ```
//!
//! The spellings of an event are those of [`event`](super::event). `:type` means what it means in
//! [`jepsen_log`](super::jepsen_log). With `:time` on every event, times are nanoseconds, else events are
//! counted, whatever times some have; the order of the events goes before their times. Where something
//! else stands as a time than a number of nanoseconds, the event is placed by its order alone, and that is
//! noted. A value keeps its text: the number 3 and the string "3" differ. Other fields (`:index`, `:error`)
//! say nothing that the verdict needs.

use std::io::BufRead;

use clojure_reader::edn::{self, Edn};
use clojure_reader::error::Code;
use kvspec_reference::history::ClockUnit;

use super::event::{Form, shown, understand};
use super::json_form::{self, Incomplete};
use super::lines::Lines;
use super::nesting::{DEPTH_MAX, nests_too_deeply};
use super::process_events::{ProcessEvents, Refusal};
use super::{Fault, ReadError, Recorded};

const BUCKET: &str = "jepsen";
/// One event is read again with each line it takes, so it may not take many.
const EVENT_LINES_MAX: u64 = 256;
/// The longest event that goes over more than one line, in bytes.
const EVENT_BYTES_MAX: usize = 1 << 20;
/// How many bad times are noted one by one.
const BAD_TIMES_NOTED_MAX: u64 = 3;

/// In which of the two the forms are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Syntax {
    Edn,
    Json,
}

/// Reads the events. `initial` is what the user says that registers begin with.
///
/// # Errors
/// [`ReadError`] with the place of the first fault.
pub(super) fn read(input: impl BufRead, syntax: Syntax, initial: Option<&str>) -> Result<Recorded, ReadError> {
    let mut lines = Lines::new(input, "put each event on a line of its own");
    let mut reader = Reader {
        syntax,
        events: ProcessEvents::new(BUCKET),
        pending: String::new(),
        first_line: 1,
        is_in_vector: None,
        all_timed: true,
        any_timed: false,
        bad_times: 0,
    };
    let mut last_line = 0;
    while let Some(line) = lines.next()? {
        last_line = line.number;
        if line.is_blank() {
            continue;
        }
        let text = line.text()?;
        if reader.pending.is_empty() {
            reader.first_line = line.number;
        }
        reader.pending.push_str(text);
        reader.pending.push('\n');
        reader.take_forms(line.number)?;
    }
    Ok(reader.finish(last_line, initial)?)
}

struct Reader {
    syntax: Syntax,
    events: ProcessEvents,
    /// What is read but not yet whole, from the start of line `first_line`. Blank lines are left
    /// out, so the line of a fault in an event of many lines is at most that of its end.
    pending: String,
    first_line: u64,
    /// Whether the vector around all events is open; `None` before anything was read.
    is_in_vector: Option<bool>,
    all_timed: bool,
    any_timed: bool,
    bad_times: u64,
}

impl Reader {
    /// Takes every whole form from what is pending.
    fn take_forms(&mut self, line: u64) -> Result<(), Fault> {
        let text = std::mem::take(&mut self.pending);
        let mut rest = &text[..];
        loop {
            rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == ',');
            if self.is_in_vector.is_none() && !rest.is_empty() && !rest.starts_with(';') {
                let is_around = rest.starts_with(['[', '(']) && !is_event_vector(rest);
                self.is_in_vector = Some(is_around);
                rest = if is_around { &rest[1..] } else { rest };
                continue;
            }
            if self.is_in_vector == Some(true) && rest.starts_with([']', ')']) {
                (rest, self.is_in_vector) = (&rest[1..], Some(false));
                continue;
            }
            let at = text.len() - rest.len();
            if nests_too_deeply(rest) {
                let problem = format!("an event nests more than {DEPTH_MAX} deep");
                return Err(self.fault(&text, at, problem, "values are numbers, strings, keywords or nil".into()));
            }
            match self.form(rest) {
                Ok((form, after)) => {
                    let event_line = self.line_at(&text, at);
                    self.event(&form, event_line).map_err(|(problem, help)| self.fault(&text, at, problem, help))?;
                    rest = after;
                }
                Err(Unread::Nothing) => return Ok(()),
                Err(Unread::Incomplete) => {
                    let first_line = self.line_at(&text, at);
                    if line - first_line >= EVENT_LINES_MAX || rest.len() > EVENT_BYTES_MAX {
                        let problem = format!("an event takes more than {EVENT_LINES_MAX} lines or a megabyte");
                        return Err(self.fault(&text, at, problem, "close its brackets".into()));
                    }
                    (self.pending, self.first_line) = (rest.to_owned(), first_line);
                    return Ok(());
                }
                Err(Unread::Wrong { at: within, problem, help }) => {
                    return Err(self.fault(&text, at + within, problem, help.into()));
                }
            }
        }
    }

    /// The first form of a text, and what comes after it.
    fn form<'t>(&self, text: &'t str) -> Result<(Edn<'t>, &'t str), Unread> {
        match self.syntax {
            Syntax::Edn => edn::read(text).map_err(|error| match (error.code, error.ptr) {
                // Nothing but blanks and comments.
                (Code::UnexpectedEOF, None) => Unread::Nothing,
                (Code::UnexpectedEOF, Some(_)) => Unread::Incomplete,
                (Code::InvalidNumber, at) => Unread::Wrong {
                    at: at.unwrap_or(0),
                    problem: match too_large(text, at.unwrap_or(0)) {
                        Some(digits) => format!("the integer {digits} is too large: integers have at most 64 bits"),
                        None => "this is no EDN: InvalidNumber".into(),
                    },
                    help: "write a number that large as a string",
                },
                (code, at) => Unread::Wrong {
                    at: at.unwrap_or(0),
                    problem: format!("this is no EDN: {code:?}"),
                    help: "write one map an event",
                },
            }),
            Syntax::Json if text.is_empty() => Err(Unread::Nothing),
            Syntax::Json => json_form::first_of(text).map_err(|incomplete| match incomplete {
                Incomplete::Yes => Unread::Incomplete,
                Incomplete::No { at, problem } => Unread::Wrong { at, problem, help: "write one object an event" },
            }),
        }
    }

    fn line_at(&self, text: &str, at: usize) -> u64 {
        self.first_line + text.get(..at).unwrap_or(text).matches('\n').count() as u64
    }

    fn fault(&self, text: &str, at: usize, problem: String, help: String) -> Fault {
        let before = text.get(..at).unwrap_or(text);
        let line = self.line_at(text, at);
        let column = before.rsplit('\n').next().unwrap_or("").chars().count() as u64 + 1;
        Fault { line, column, problem, help }
    }

    fn event(&mut self, form: &Edn<'_>, line: u64) -> Result<(), Refusal> {
        let event = match understand(form)? {
            Form::Event(event) => event,
            Form::Model(initial) => {
                self.events.begin_with(initial);
                return Ok(());
            }
            Form::Noise => return Ok(()),
        };
        let time = match event.time {
            None | Some(Edn::Nil) => {
                self.all_timed = false;
                None
            }
            Some(Edn::Int(time)) if *time >= 0 => {
                self.any_timed = true;
                u64::try_from(*time).ok()
            }
            Some(other) => {
                self.bad_times += 1;
                if self.bad_times <= BAD_TIMES_NOTED_MAX {
                    let time = shown(other);
                    self.events
                        .note(format!("line {line}: the time {time} is none: that event has its place by its order"));
                }
                None
            }
        };
        event.take(&mut self.events, time, line)
    }

    fn finish(mut self, last_line: u64, initial: Option<&str>) -> Result<Recorded, Fault> {
        let at_end = |problem: String, help: &str| Fault { line: last_line, column: 1, problem, help: help.into() };
        if !self.pending.is_empty() {
            let help = "the recording was cut off: remove the last event";
            return Err(Fault {
                line: self.first_line,
                ..at_end("the file ends in the middle of an event".into(), help)
            });
        }
        if self.is_in_vector == Some(true) {
            return Err(at_end("the file ends before its vector does".into(), "restore the rest, or add the bracket"));
        }
        if self.bad_times > BAD_TIMES_NOTED_MAX {
            let more = self.bad_times - BAD_TIMES_NOTED_MAX;
            self.events.note(format!("{more} more times are none"));
        }
        if self.any_timed && !self.all_timed {
            self.events.note("some events have no :time, so that events are counted".into());
        }
        let recorded = match (self.all_timed, self.any_timed) {
            (true, true) => self.events.finish(ClockUnit::Nanoseconds, initial),
            (false, true) => self.events.finish_by_order(initial),
            (_, false) => self.events.finish(ClockUnit::Counter, initial),
        };
        recorded.map_err(|error| at_end(error.to_string(), "judge a part of it"))
    }
}

/// Why no form could be read.
enum Unread {
    /// There is none.
    Nothing,
    /// It goes on on the next line.
    Incomplete,
    Wrong {
        at: usize,
        problem: String,
        help: &'static str,
    },
}

/// Whether a vector is an event, and not around all of them: it begins with the name of a process.
pub(super) fn is_event_vector(text: &str) -> bool {
    let inner = text.strip_prefix('[').map(str::trim_start);
    inner.is_some_and(|inner| inner.starts_with(|c: char| c.is_ascii_digit() || c == '-' || c == ':'))
}

/// The integer that stands there, if it has more than 64 bits.
fn too_large(text: &str, at: usize) -> Option<&str> {
    let is_digit = |c: char| c.is_ascii_digit() || c == '-';
    let before = text.get(..at)?;
    let start = before.len() - before.chars().rev().take_while(|c| is_digit(*c)).count();
    let rest = text.get(start..)?;
    let digits = &rest[..rest.find(|c: char| !is_digit(c)).unwrap_or(rest.len())];
    (digits.len() > 18 && digits.parse::<i64>().is_err()).then_some(digits)
}

#[cfg(test)]
mod tests;
