//! Reads the operations of a Jepsen register test in EDN, as `history.edn` has them: a map an
//! event, in the order of the events, one after another or within one vector.
//!
//! ```text
//! {:process 0, :type :invoke, :f :write, :value 3, :time 120}
//! {:process 0, :type :ok,     :f :write, :value 3, :time 250}
//! {:process 1, :type :invoke, :f :cas,   :value [3 4]}
//! {:process 2, :type :invoke, :f :read,  :value [7 nil]}      ; key 7 of many, [key value]
//! {:process :nemesis, :type :info, :f :start}                 ; noise
//! ```
//!
//! `:type` means what it means in [`jepsen_log`](super::jepsen_log). With `:time` on every event,
//! times are nanoseconds, else events are counted, whatever times some have; the order of the events goes before their
//! times. A value keeps its EDN text: the number 3 and the string "3" differ. Other fields
//! (`:index`, `:error`) say nothing that the verdict needs.

use std::io::BufRead;

use clojure_reader::edn::{self, Edn};
use clojure_reader::error::Code;
use kvspec_reference::History;

use super::lines::Lines;
use super::nesting::{DEPTH_MAX, nests_too_deeply};
use super::process_events::{Call, Completion, ProcessEvents, Refusal, Stored};
use super::{Fault, ReadError};

const BUCKET: &str = "jepsen";
/// The key, where operations name none.
const KEY: &str = "register";
/// One event is read again with each line it takes, so it may not take many.
const EVENT_LINES_MAX: u64 = 256;
/// How much of a form is shown, in characters.
const SHOWN_CHARS_MAX: usize = 48;
/// The longest event that goes over more than one line, in bytes.
const EVENT_BYTES_MAX: usize = 1 << 20;

/// Reads the events.
///
/// # Errors
/// [`ReadError`] with the place of the first fault.
pub fn read(input: impl BufRead) -> Result<History, ReadError> {
    let mut lines = Lines::new(input, "put each event on a line of its own");
    let mut reader = Reader {
        events: ProcessEvents::new(BUCKET),
        pending: String::new(),
        first_line: 1,
        is_in_vector: None,
        all_timed: true,
        any_timed: false,
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
    Ok(reader.finish(last_line)?)
}

struct Reader {
    events: ProcessEvents,
    /// What is read but not yet whole, from the start of line `first_line`. Blank lines are left
    /// out, so the line of a fault in an event of many lines is at most that of its end.
    pending: String,
    first_line: u64,
    /// Whether the vector around all events is open; `None` before anything was read.
    is_in_vector: Option<bool>,
    all_timed: bool,
    any_timed: bool,
}

impl Reader {
    /// Takes every whole form from what is pending.
    fn take_forms(&mut self, line: u64) -> Result<(), Fault> {
        let text = std::mem::take(&mut self.pending);
        let mut rest = &text[..];
        loop {
            rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == ',');
            if self.is_in_vector.is_none() && !rest.is_empty() && !rest.starts_with(';') {
                self.is_in_vector = Some(rest.starts_with(['[', '(']));
                rest = rest.strip_prefix(['[', '(']).unwrap_or(rest);
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
            match edn::read(rest) {
                Ok((form, after)) => {
                    self.event(&form).map_err(|(problem, help)| self.fault(&text, at, problem, help))?;
                    rest = after;
                }
                // Nothing but blanks and comments.
                Err(error) if error.code == Code::UnexpectedEOF && error.ptr.is_none() => return Ok(()),
                Err(error) if error.code == Code::UnexpectedEOF => {
                    let first_line = self.first_line + text[..at].matches('\n').count() as u64;
                    if line - first_line >= EVENT_LINES_MAX || rest.len() > EVENT_BYTES_MAX {
                        let problem = format!("an event takes more than {EVENT_LINES_MAX} lines or a megabyte");
                        return Err(self.fault(&text, at, problem, "close its brackets".into()));
                    }
                    (self.pending, self.first_line) = (rest.to_owned(), first_line);
                    return Ok(());
                }
                Err(error) => {
                    let at = at + error.ptr.unwrap_or(0);
                    let problem = format!("this is no EDN: {:?}", error.code);
                    return Err(self.fault(&text, at, problem, "write one map an event".into()));
                }
            }
        }
    }

    fn fault(&self, text: &str, at: usize, problem: String, help: String) -> Fault {
        let before = text.get(..at).unwrap_or(text);
        let line = self.first_line + before.matches('\n').count() as u64;
        let column = before.rsplit('\n').next().unwrap_or("").chars().count() as u64 + 1;
        Fault { line, column, problem, help }
    }

    fn event(&mut self, form: &Edn<'_>) -> Result<(), Refusal> {
        let form = match form {
            Edn::Tagged(_, inner) => inner,
            other => other,
        };
        if !matches!(form, Edn::Map(_)) {
            return refuse(
                format!("{} is no event", shown(form)),
                "an event is a map such as {:process 0, :type :ok, …}",
            );
        }
        let process = match field(form, "process") {
            Some(Edn::Int(process)) => u64::try_from(*process)
                .or_else(|_| refuse(format!("{process} is no process number"), "number processes from 0"))?,
            Some(_) => return Ok(()),
            None => return refuse("the event has no :process".into(), "an event has :process, :type, :f and :value"),
        };
        let time = match field(form, "time") {
            Some(Edn::Int(time)) => u64::try_from(*time).ok(),
            _ => None,
        };
        self.all_timed &= time.is_some();
        self.any_timed |= time.is_some();
        let (Some(Edn::Key(kind)), Some(Edn::Key(call))) = (field(form, "type"), field(form, "f")) else {
            return refuse("the event has no :type or no :f".into(), "an event has :process, :type, :f and :value");
        };
        if !["read", "write", "cas"].contains(&&**call) {
            let help = "kvspec judges registers: give a test whose operations are :read, :write and :cas";
            return refuse(format!("`:{call}` is no operation of a register"), help);
        }
        let nothing = Edn::Nil;
        let value = field(form, "value").unwrap_or(&nothing);
        let name = format!(":{call}");
        match &**kind {
            "invoke" => {
                let (key, call) = invocation(call, value)?;
                self.events.invoke(process, &key, call, time)
            }
            "ok" if call == "read" => {
                let (key, seen) = keyed(value);
                self.events.complete(process, &name, Some(&key), Completion::Ok(state(seen)?), time)
            }
            "ok" => self.events.complete(process, &name, None, Completion::Ok(None), time),
            "fail" => self.events.complete(process, &name, None, Completion::Fail, time),
            "info" => self.events.complete(process, &name, None, Completion::Info, time),
            other => refuse(format!("`:{other}` is no type of an event"), "there are :invoke, :ok, :fail and :info"),
        }
    }

    fn finish(self, last_line: u64) -> Result<History, Fault> {
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
        let history = match (self.all_timed, self.any_timed) {
            (true, _) => self.events.finish_in_nanoseconds(),
            (false, true) => self.events.finish_by_order(),
            (false, false) => self.events.finish(),
        };
        history.map_err(|error| at_end(error.to_string(), "judge a part of it"))
    }
}

/// The text of a form, cut when it is long.
fn shown(form: &Edn<'_>) -> String {
    let text = form.to_string();
    match text.char_indices().nth(SHOWN_CHARS_MAX) {
        None => format!("`{text}`"),
        Some((at, _)) => format!("`{}`... ({} bytes)", &text[..at], text.len()),
    }
}

fn refuse<T>(problem: String, help: &str) -> Result<T, Refusal> {
    Err((problem, help.into()))
}

fn field<'a, 'e>(map: &'a Edn<'e>, name: &'static str) -> Option<&'a Edn<'e>> {
    map.get(&Edn::Key(name.into()))
}

fn invocation(call: &str, value: &Edn<'_>) -> Result<(String, Call), Refusal> {
    match call {
        "read" => Ok((keyed(value).0, Call::Read)),
        "write" => {
            let (key, written) = keyed(value);
            Ok((key, Call::Write(state(written)?)))
        }
        _ => {
            let (key, pair) = match pair(value) {
                Some((key, inner)) if pair(inner).is_some() => (key.to_string(), inner),
                _ => (KEY.to_owned(), value),
            };
            let Some((expected, new)) = self::pair(pair) else {
                return refuse(format!("{} is no pair [expected new]", shown(value)), "give :cas both values");
            };
            Ok((key, Call::CompareAndSwap { expected: state(expected)?, new: state(new)? }))
        }
    }
}

fn pair<'a, 'e>(value: &'a Edn<'e>) -> Option<(&'a Edn<'e>, &'a Edn<'e>)> {
    match value {
        Edn::Vector(items) if items.len() == 2 => Some((&items[0], &items[1])),
        Edn::Tagged(_, inner) => pair(inner),
        _ => None,
    }
}

/// The key and the value of `[key value]`, or the only key.
fn keyed<'a, 'e>(value: &'a Edn<'e>) -> (String, &'a Edn<'e>) {
    pair(value).map_or_else(|| (KEY.to_owned(), value), |(key, value)| (key.to_string(), value))
}

fn state(value: &Edn<'_>) -> Result<Stored, Refusal> {
    match value {
        Edn::Nil => Ok(None),
        Edn::Int(_) | Edn::Str(_) | Edn::Key(_) | Edn::Bool(_) => Ok(Some(value.to_string())),
        other => refuse(
            format!("{} is no value of a register", shown(other)),
            "values are numbers, strings, keywords or nil",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kvspec_reference::history::ClockUnit;

    fn lines_of(text: &str) -> Vec<String> {
        let history = read(text.as_bytes()).unwrap();
        (0..history.records().len()).map(|i| history.operation_text(i)).collect()
    }

    fn fault_of(text: &str) -> String {
        match read(text.as_bytes()) {
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
        let history = read(text.as_bytes()).unwrap();
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
        let history = read(text.as_bytes()).unwrap();
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
            ("{:process 0, :type :invoke, :f :txn, :value [[:r 1 nil]]}".into(), "1:1: `:txn` is no operation"),
            ("{:process 0 :type :invoke :f :write :value {:a 1}}".into(), "1:1: `{:a 1}` is no value"),
            ("{:type :invoke}".into(), "1:1: the event has no :process"),
            (format!("{open}  }}"), "2:3: this is no EDN"),
            (format!("{open}{{:process\n{}", "1\n".repeat(300)), "2:1: an event takes more than 256 lines"),
        ] {
            let fault = fault_of(&text);
            assert!(fault.starts_with(problem), "{fault}");
        }
    }
}
