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
mod tests {
    use super::*;
    use kvspec_reference::history::ClockUnit;

    fn syntax_of(text: &str) -> Syntax {
        if text.contains("{\"") { Syntax::Json } else { Syntax::Edn }
    }

    fn recorded(text: &str) -> Recorded {
        read(text.as_bytes(), syntax_of(text), None).unwrap_or_else(|error| panic!("{error:?}: {text}"))
    }

    fn lines_of(text: &str) -> Vec<String> {
        let history = recorded(text).history;
        (0..history.records().len()).map(|i| history.operation_text(i)).collect()
    }

    fn fault_of(text: &str) -> String {
        match read(text.as_bytes(), syntax_of(text), None) {
            Err(ReadError::Fault(fault)) => fault.to_string(),
            other => panic!("refused, not {other:?}"),
        }
    }

    const EVENTS: &str = "{:process 0, :type :invoke, :f :write, :value 3}
{:process :nemesis, :type :info, :f :start, :value {:n1 #{:n2}}} ; noise
#jepsen.history.Op{:index 2, :process 1, :type :invoke, :f :read, :value nil}
{:process 1, :type :ok, :f :read, :value nil}
{:process 0,
 :type :info,
 :f :write, :value 3, :error [:timeout 1.5]}
{:process 1, :type :invoke, :f :cas, :value [3 \"x\"]} {:process 1, :type :ok, :f :cas, :value [3 \"x\"]}
{:process 2, :type :invoke, :f :cas, :value [3 4]}
{:process 2, :type :fail, :f :cas, :value [3 4]}
";
    const OPERATIONS: [&str; 4] = [
        "session 0: set jepsen/register = \"3\" -> unknown",
        "session 1: get jepsen/register -> absent",
        "session 1: cas jepsen/register \"3\" to \"\\\"x\\\"\" -> swapped",
        "session 2: cas jepsen/register \"3\" to \"4\" -> failed",
    ];

    #[test]
    fn events_make_operations_with_and_without_a_vector() {
        assert_eq!(lines_of(EVENTS), OPERATIONS);
        assert_eq!(lines_of(&format!("; all\n[{EVENTS}]\n")), OPERATIONS);
    }

    #[test]
    fn independent_keys_are_registers() {
        let text = "{:process 0, :type :invoke, :f :write, :value [7 1], :time 5}
            {:process 1, :type :invoke, :f :cas, :value [8 [1 2]], :time 5}
            {:process 0, :type :ok, :f :write, :value [7 1], :time 9}
            {:process 0, :type :invoke, :f :read, :value [7 nil], :time 10}
            {:process 0, :type :ok, :f :read, :value [7 1], :time 12}";
        let expected = [
            "session 0: set jepsen/7 = \"1\" -> ok",
            "session 1: cas jepsen/8 \"1\" to \"2\" -> unknown",
            "session 0: get jepsen/7 -> \"1\"",
        ];
        assert_eq!(lines_of(text), expected);
        let history = recorded(text).history;
        assert_eq!((history.header().clock, history.times()), (ClockUnit::Nanoseconds, &[5, 6, 9, 10, 12][..]));
    }

    #[test]
    fn deep_and_long_values_are_refused_in_few_words() {
        let event = |value: &str| format!("{{:process 0, :type :invoke, :f :write, :value {value}}}\n");
        let deep = 200_000;
        for value in [
            format!("{}1{}", "[".repeat(deep), "]".repeat(deep)),
            format!("{}1{}", "{:a ".repeat(deep), "}".repeat(deep)),
            format!("{}1", "#a ".repeat(deep)),
            "[".repeat(deep),
        ] {
            let fault = fault_of(&event(&value));
            assert!(fault.starts_with("1:1: an event nests more than 64 deep"), "{fault}");
        }
        let fault = fault_of(&event(&format!("[{}]", "1 ".repeat(1 << 20))));
        assert!(fault.len() < 300 && fault.contains("bytes) is no value"), "{fault}");
        // Brackets in strings, characters and comments nest nothing.
        let harmless = format!("\"{}\" ; {}\n", "[".repeat(100), "[".repeat(100));
        assert_eq!(lines_of(&event(&harmless)).len(), 1);
    }

    #[test]
    fn times_of_some_events_are_forgotten() {
        let text = "{:process 0, :type :invoke, :f :write, :value 1, :time 20}
            {:process 0, :type :ok, :f :write, :value 1}
            {:process 0, :type :invoke, :f :read, :value nil, :time 900}
            {:process 0, :type :ok, :f :read, :value 1, :time 950}";
        let history = recorded(text).history;
        assert_eq!((history.header().clock, history.times()), (ClockUnit::Counter, &[0, 1, 2, 3][..]));
    }

    #[test]
    fn what_is_no_register_history_is_refused() {
        let open = "{:process 0, :type :invoke, :f :read, :value nil}\n";
        let done = "{:process 0, :type :ok, :f :read, :value [7 1]}\n";
        for (text, problem) in [
            (format!("{open}{{:process 0, :type"), "2:1: the file ends in the middle of an event"),
            (format!("[{open}"), "1:1: the file ends before its vector does"),
            (format!("{open}{open}"), "2:1: process 0 invokes an operation while its :read is open"),
            (format!("{open}{done}"), "2:1: process 0 completes a :read, but its :read of register is open"),
            ("{:process 0, :type :invoke, :f :append, :value 1}".into(), "1:1: `:append` is no operation"),
            ("{:process 0 :type :invoke :f :write :value {:a 1}}".into(), "1:1: `{:a 1}` is no value"),
            ("{:type :invoke}".into(), "1:1: the event has no :process"),
            (
                "{:process 0, :type :invoke, :f :write, :value 99999999999999999999}".into(),
                "1:47: the integer 99999999999999999999 is too large",
            ),
            ("{:process 0, :type :invoke, :f :txn, :value [[:r 1 nil] [:r 2 nil]]}".into(), "1:1: a transaction of 2"),
            (
                "{:process 0, :type :invoke, :f :txn, :value [[:append 1 2]]}".into(),
                "1:1: `[[:append 1 2]]` is no :r or :w",
            ),
            ("[{\"process\":0,\"type\":\"invoke\",\"f\":\"read\"},\n {\"process\":x}]".into(), "2:13: this is no JSON"),
            ("[{\"process\":0,\"type\":\"invoke\",\"f\":\"read\"}".into(), "1:1: the file ends before its vector does"),
            (format!("{open}  }}"), "2:3: this is no EDN"),
            (format!("{open}{{:process\n{}", "1\n".repeat(300)), "2:1: an event takes more than 256 lines"),
        ] {
            let fault = fault_of(&text);
            assert!(fault.starts_with(problem), "{fault}");
        }
    }

    /// Each spelling of one history, with the key that it needs.
    #[test]
    fn every_spelling_of_an_event_is_understood() {
        const WANTED: [&str; 3] = [
            "session 0: set jepsen/8 = \"3\" -> ok",
            "session 1: get jepsen/8 -> \"3\"",
            "session 1: cas jepsen/8 \"3\" to \"4\" -> swapped",
        ];
        let in_edn = |events: [(u32, &str, &str); 6], form: &dyn Fn(u32, &str, &str) -> String| {
            events.map(|(process, kind, rest)| form(process, kind, rest)).join("\n")
        };
        let map = |process: u32, kind: &str, rest: &str| format!("{{:process {process}, :type {kind}, {rest}}}");
        let vector = |process: u32, kind: &str, rest: &str| format!("[{process} {kind} {rest}]");
        let with_keys = [
            (0, ":invoke", ":f :put, :key 8, :value 3"),
            (0, ":ok", ":f :put, :key 8, :value 3"),
            (1, ":invoke", ":f :get, :key 8, :value nil"),
            (1, ":ok", ":f :get, :key 8, :value 3"),
            (1, ":invoke", ":f :cas, :key 8, :value [3 4]"),
            (1, ":ok", ":f :cas, :key 8, :value [3 4]"),
        ];
        let transactions = [
            (0, ":invoke", ":f :txn, :value [[:w 8 3]]"),
            (0, ":ok", ":f :txn, :value [[:w 8 3]]"),
            (1, ":invoke", ":f :txn, :value [[:r 8 nil]]"),
            (1, ":ok", ":f :txn, :value [[:r 8 3]]"),
            (1, ":invoke", ":f :cas, :value [8 3 4]"),
            (1, ":ok", ":f :cas, :value [8 3 4]"),
        ];
        let vectors = [
            (0, ":invoke", ":write [8 3]"),
            (0, ":ok", ":write [8 3]"),
            (1, ":invoke", ":read [8 nil]"),
            (1, ":ok", ":read [8 3]"),
            (1, ":invoke", ":cas [8 [3 4]]"),
            (1, ":ok", ":cas [8 [3 4]]"),
        ];
        for text in [in_edn(with_keys, &map), in_edn(transactions, &map), in_edn(vectors, &vector)] {
            for text in [text.clone(), format!("[{text}]"), format!("(\n{text}\n)\n")] {
                assert_eq!(lines_of(&text), WANTED, "{text}");
            }
        }
        let json =
            |process: u32, kind: &str, rest: &str| format!("{{\"process\":{process},\"type\":\"{kind}\",{rest}}}");
        let of_json = [
            (0, "invoke", "\"f\":\"write\",\"value\":[8,3]"),
            (0, "ok", "\"f\":\"write\",\"value\":[8,3]"),
            (1, "invoke", "\"f\":\"read\",\"key\":8,\n\"value\":null"),
            (1, "ok", "\"f\":\"read\",\"key\":8,\"value\":3"),
            (1, "invoke", "\"f\":\"cas\",\"value\":[8,[3,4]]"),
            (1, "ok", "\"f\":\"cas\",\"value\":[8,[3,4]]"),
        ];
        let text = of_json.map(|(process, kind, rest)| json(process, kind, rest));
        assert_eq!(lines_of(&text.join("\n")), WANTED);
        assert_eq!(lines_of(&format!("[{}]", text.join(", "))), WANTED);
    }

    #[test]
    fn a_mutex_is_a_register_that_is_swapped() {
        let text = "[0 :invoke :acquire nil] [0 :ok :acquire nil] [1 :invoke :acquire] [1 :fail :acquire]
            [0 :invoke :release nil] [0 :ok :release nil]";
        let expected = [
            "session 0: cas jepsen/register absent to \"locked\" -> swapped",
            "session 1: cas jepsen/register absent to \"locked\" -> failed",
            "session 0: cas jepsen/register \"locked\" to absent -> swapped",
        ];
        assert_eq!(lines_of(text), expected);
    }

    #[test]
    fn a_bad_time_is_noted_with_its_line_and_drops_no_other() {
        let text = "{:process 0, :type :invoke, :f :write, :value 1, :time -5}
            {:process 0, :type :ok, :f :write, :value 1, :time 2000}
            {:process 1, :type :invoke, :f :read, :value nil, :time 9000}
            {:process 1, :type :ok, :f :read, :value 1, :time 1.5}";
        let recorded = recorded(text);
        assert_eq!(recorded.history.header().clock, ClockUnit::Nanoseconds);
        assert_eq!(recorded.history.times(), [0, 2000, 9000, 9001]);
        assert_eq!(recorded.notes.len(), 2);
        assert!(recorded.notes[0].starts_with("line 1: the time `-5`"), "{:?}", recorded.notes);
        assert!(recorded.notes[1].starts_with("line 4: the time `1.5`"), "{:?}", recorded.notes);
        assert_eq!(recorded.lines, [1, 3]);
    }

    #[test]
    fn what_registers_begin_with_is_said_by_the_model_or_the_user() {
        let events = "{:process 0, :type :invoke, :f :read, :value nil} {:process 0, :type :ok, :f :read, :value 0}";
        let initial = |text: &str, said: Option<&str>| {
            let history = read(text.as_bytes(), Syntax::Edn, said).unwrap().history;
            history.state_text(history.initial_state(0))
        };
        assert_eq!(initial(events, None), "absent");
        assert_eq!(initial(events, Some("0")), "\"0\"");
        for model in
            ["#knossos.model.CASRegister{:value 0}", "{:name \"x\", :model #knossos.model.Register {:value 0}}"]
        {
            assert_eq!(initial(&format!("{model}\n{events}"), None), "\"0\"");
            assert_eq!(initial(&format!("[{model}\n{events}]"), Some("7")), "\"7\"");
        }
    }
}
