//! Reads lines of events: the process, the type, the operation and its value.
//!
//! ```text
//! 4    :invoke  :read   nil
//! 4    :ok      :read   3
//! 81   :invoke  :cas    [8 [3 4]]
//! ```
//!
//! It is what the lines of [`jepsen_log`](super::jepsen_log) hold, without what a logger puts before it, and
//! the arguments are all those of [`event`](super::event). Lines of processes without a number are noise.

use std::io::BufRead;

use clojure_reader::edn::{self, Edn};
use kvspec_reference::history::ClockUnit;

use super::event::of_words;
use super::lines::{Line, Lines};
use super::nesting::{DEPTH_MAX, nests_too_deeply};
use super::process_events::ProcessEvents;
use super::{Fault, ReadError, Recorded};

const BUCKET: &str = "jepsen";
const FORM: &str = "a line is `PROCESS :invoke|:ok|:fail|:info :read|:write|:cas VALUE`";
const TYPES: [&str; 4] = [":invoke", ":ok", ":fail", ":info"];

/// Whether the first line of a text is one of these.
pub(super) fn is_lines(head: &[u8]) -> bool {
    let text = String::from_utf8_lossy(&head[..head.len().min(1 << 10)]);
    let mut words = text.split_ascii_whitespace();
    let is_process = |word: &str| word.starts_with(':') || word.parse::<i64>().is_ok();
    words.next().is_some_and(is_process) && words.next().is_some_and(|word| TYPES.contains(&word))
}

/// Reads the events. `initial` is what the user says that registers begin with.
///
/// # Errors
/// [`ReadError`] with the place of the first fault.
pub(super) fn read(input: impl BufRead, initial: Option<&str>) -> Result<Recorded, ReadError> {
    let mut lines = Lines::new(input, "judge a part of the recording");
    let mut events = ProcessEvents::new(BUCKET);
    let mut last_line = 1;
    while let Some(line) = lines.next()? {
        last_line = line.number;
        if !line.is_blank() {
            read_line(&line, &mut events)?;
        }
    }
    events.finish(ClockUnit::Counter, initial).map_err(|error| {
        Fault { line: last_line, column: 1, problem: error.to_string(), help: "judge a part of it".into() }.into()
    })
}

fn read_line(line: &Line<'_>, events: &mut ProcessEvents) -> Result<(), Fault> {
    let text = line.text()?;
    let (process, rest) = first_word(text);
    if process.starts_with(':') {
        return Ok(());
    }
    let fault = |problem: String| line.fault(0, problem, FORM);
    let process: i64 = process.parse().map_err(|_| fault(format!("`{process}` is no process number")))?;
    let (kind, rest) = first_word(rest);
    let (function, rest) = first_word(rest);
    if function.is_empty() {
        return Err(fault("the line ends before the operation".into()));
    }
    if !TYPES.contains(&kind) {
        return Err(fault(format!("`{kind}` is no event")));
    }
    if nests_too_deeply(rest) {
        return Err(fault(format!("the value nests more than {DEPTH_MAX} deep")));
    }
    // Of an operation that did not end well, what stands there is why.
    let is_told = matches!(kind, ":invoke" | ":ok");
    let value = match edn::read(rest) {
        Ok((value, _)) => value,
        Err(_) if rest.trim().is_empty() || !is_told => Edn::Nil,
        Err(error) => {
            return Err(line.fault(text.len() - rest.len(), format!("this is no EDN: {:?}", error.code), FORM));
        }
    };
    let event = of_words(process, &kind[1..], function.trim_start_matches(':'), &value);
    event.take(events, None, line.number).map_err(|(problem, help)| line.fault(0, problem, help))
}

/// The first word, and what comes after it.
fn first_word(text: &str) -> (&str, &str) {
    let text = text.trim_start();
    let end = text.find(char::is_whitespace).unwrap_or(text.len());
    (&text[..end], text[end..].trim_start())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines_of(text: &str) -> Vec<String> {
        let history = read(text.as_bytes(), None).unwrap().history;
        (0..history.records().len()).map(|i| history.operation_text(i)).collect()
    }

    #[test]
    fn lines_without_a_logger_are_events() {
        let text = "4 :invoke :read nil\n4\t:ok\t:read\t3\n:nemesis :info :start nil\n\
                    81 :invoke :cas [8 [3 4]]\n81 :info :cas :timed-out\n4 :invoke :write [8 5]\n4 :ok :write [8 5]\n";
        let expected = [
            "session 4: get jepsen/register -> \"3\"",
            "session 81: cas jepsen/8 \"3\" to \"4\" -> unknown",
            "session 4: set jepsen/8 = \"5\" -> ok",
        ];
        assert_eq!(lines_of(text), expected);
    }

    #[test]
    fn what_is_no_event_is_refused_with_its_line() {
        for (text, problem) in [
            ("4 :invoke :read nil\n4 :ok\n", "2:1: the line ends before the operation"),
            ("4 :begin :read nil\n", "1:1: `:begin` is no event"),
            ("four :invoke :read nil\n", "1:1: `four` is no process number"),
            ("4 :invoke :append 3\n", "1:1: `:append` is no operation"),
            ("4 :invoke :write [3\n", "1:18: this is no EDN"),
            ("4 :ok :read 3\n", "1:1: process 4 completes an operation, but has none open"),
        ] {
            match read(text.as_bytes(), None) {
                Err(ReadError::Fault(fault)) => assert!(fault.to_string().starts_with(problem), "{fault}"),
                other => panic!("refused, not {other:?}"),
            }
        }
    }
}
