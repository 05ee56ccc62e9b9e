//! Reads the log of a Jepsen register test: a line an event, in the order of the events.
//!
//! ```text
//! INFO  jepsen.util - PROCESS  EVENT    OPERATION  ARGUMENT
//! INFO  jepsen.util - 0        :invoke  :write     3
//! INFO  jepsen.util - 0        :ok      :write     3
//! INFO  jepsen.util - 1        :invoke  :cas       [3 4]
//! INFO  jepsen.util - 1        :info    :cas       :timed-out
//! ```
//!
//! * `:ok` ends an operation with its result; a read of `nil` saw the key absent.
//! * `:fail` ends one that certainly did not happen ([`Outcome::Failed`]).
//! * `:info` ends one of which nobody knows ([`Outcome::Unknown`]), as does the end of the log.
//!
//! There is one register, which begins with what a line of the log says that describes its model, such as
//! `#knossos.model.CASRegister{:value 0}`. Other lines without the marker `jepsen.util - `, and those of processes that
//! have no number (the nemesis), are noise. A line of a numbered process that cannot be read is a
//! fault, never noise.
//!
//! [`Outcome::Failed`]: kvspec_reference::Outcome::Failed
//! [`Outcome::Unknown`]: kvspec_reference::Outcome::Unknown

use std::io::BufRead;

use clojure_reader::edn;
use kvspec_reference::history::ClockUnit;

use super::lines::{Line, Lines};
use super::process_events::{Call, Completion, Function, ProcessEvents, Said, Stored};
use super::{Fault, ReadError, Recorded};

const MARKER: &str = "jepsen.util - ";
const FORM: &str = "a line is `jepsen.util - PROCESS :invoke|:ok|:fail|:info :read|:write|:cas ARGUMENT`";
/// The only register.
const BUCKET: &str = "jepsen";
const KEY: &str = "register";
/// What a mutex holds that somebody has.
const LOCKED: &str = "locked";

/// Whether this looks like such a log.
pub(super) fn is_log(head: &[u8]) -> bool {
    head.windows(MARKER.len()).any(|window| window == MARKER.as_bytes())
}

/// Reads a log. `initial` is what the user says that the register begins with.
///
/// # Errors
/// [`ReadError`] with the place of the first fault.
pub(super) fn read(input: impl BufRead, initial: Option<&str>) -> Result<Recorded, ReadError> {
    let mut lines = Lines::new(input, "judge a part of the log");
    let mut events = ProcessEvents::new(BUCKET);
    let mut last_line = 1;
    while let Some(line) = lines.next()? {
        last_line = line.number;
        read_line(&line, &mut events)?;
    }
    events.finish(ClockUnit::Counter, initial).map_err(|error| {
        Fault { line: last_line, column: 1, problem: error.to_string(), help: "judge a part of it".into() }.into()
    })
}

fn read_line(line: &Line<'_>, events: &mut ProcessEvents) -> Result<(), Fault> {
    // Noise may be in any encoding.
    let text = String::from_utf8_lossy(line.bytes);
    let Some(start) = text.find(MARKER).map(|at| at + MARKER.len()) else {
        model(&text).into_iter().for_each(|initial| events.begin_with(initial));
        return Ok(());
    };
    let mut words = text[start..].split_ascii_whitespace();
    let Some(process) = words.next().filter(|word| word.starts_with(|c: char| c.is_ascii_digit())) else {
        return Ok(());
    };
    let fault = |problem: String| line.fault(start, problem, FORM);
    let process: i64 = process.parse().map_err(|_| fault(format!("`{process}` is no process number")))?;
    let (Some(event), Some(call)) = (words.next(), words.next()) else {
        return Err(fault("the line ends before the operation".into()));
    };
    let argument: Vec<&str> = words.collect();
    let argument = argument.join(" ");
    let function = call.strip_prefix(':').and_then(Function::of);
    let Some(function) = function else { return Err(fault(format!("`{call}` is no operation of a register"))) };
    let said = Said { function: Some(function), key: None };
    let refused = match event {
        ":invoke" => events.invoke(process, call_of(function, &argument).map_err(fault)?, None, line.number),
        ":ok" if function == Function::Read => {
            let seen = Completion::Ok(state_of(&argument).map_err(fault)?);
            events.complete(process, said, seen, None)
        }
        ":ok" => events.complete(process, said, Completion::Ok(None), None),
        ":fail" => events.complete(process, said, Completion::Fail, None),
        ":info" => events.complete(process, said, Completion::Info, None),
        _ => return Err(fault(format!("`{event}` is no event"))),
    };
    refused.map_err(|(problem, help)| line.fault(start, problem, help))
}

/// What registers begin with, where a line describes their model.
fn model(text: &str) -> Option<Stored> {
    const NAME: &str = "Register{:value ";
    let value = &text[text.find(NAME)? + NAME.len()..];
    let (value, _) = edn::read(value).ok()?;
    state_of(&value.to_string()).ok()
}

fn call_of(function: Function, argument: &str) -> Result<Call, String> {
    let (expected, new) = match function {
        Function::Read | Function::Delete => (None, None),
        Function::Write => (None, state_of(argument)?),
        Function::Acquire => (None, Some(LOCKED.into())),
        Function::Release => (Some(LOCKED.into()), None),
        Function::CompareAndSwap => {
            let pair = argument.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
            let (expected, new) = pair
                .and_then(|pair| pair.trim().split_once(' '))
                .ok_or_else(|| format!("`{argument}` is no pair `[expected new]`"))?;
            (state_of(expected)?, state_of(new.trim())?)
        }
    };
    Ok(Call { function, key: KEY.into(), expected, new })
}

/// `nil` is absent; a number is a value. Anything else is not the log of a register test.
fn state_of(argument: &str) -> Result<Stored, String> {
    match argument {
        "nil" => Ok(None),
        number if number.parse::<i64>().is_ok() => Ok(Some(number.into())),
        other => Err(format!("`{other}` is neither `nil` nor a number")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines_of(text: &str) -> Vec<String> {
        let history = read(text.as_bytes(), None).unwrap().history;
        (0..history.records().len()).map(|i| history.operation_text(i)).collect()
    }

    fn fault_of(text: &str) -> String {
        match read(text.as_bytes(), None) {
            Err(ReadError::Fault(fault)) => fault.to_string(),
            other => panic!("refused, not {other:?}"),
        }
    }

    #[test]
    fn each_event_is_understood() {
        let log = "noise\n\
            INFO  jepsen.util - 0\t:invoke\t:read\tnil\n\
            INFO  jepsen.util - 1\t:invoke\t:write\t3\n\
            INFO  jepsen.util - :nemesis\t:info\t:start\tnil\n\
            2015-02-01 INFO  jepsen.util - 0\t:ok\t:read\tnil\n\
            INFO  jepsen.util - 1\t:ok\t:write\t3\n\
            INFO  jepsen.util - 0\t:invoke\t:cas\t[3 4]\n\
            INFO  jepsen.util - 0\t:fail\t:cas\t[3 4]\n\
            INFO  jepsen.util - 1\t:invoke\t:cas\t[3 5]\n\
            INFO  jepsen.util - 1\t:info\t:cas\t:timed-out\n\
            INFO  jepsen.util - 0\t:invoke\t:read\tnil\n\
            INFO  jepsen.util - 0\t:fail\t:read\t:timed-out\n\
            INFO  jepsen.util - 0\t:invoke\t:write\t-6\n";
        let expected = [
            "session 0: get jepsen/register -> absent",
            "session 1: set jepsen/register = \"3\" -> ok",
            "session 0: cas jepsen/register \"3\" to \"4\" -> failed",
            "session 1: cas jepsen/register \"3\" to \"5\" -> unknown",
            "session 0: get jepsen/register -> failed",
            "session 0: set jepsen/register = \"-6\" -> unknown",
        ];
        assert_eq!(lines_of(log), expected);
    }

    #[test]
    fn lines_out_of_place_are_refused() {
        let open = "INFO  jepsen.util - 0\t:invoke\t:read\tnil\n";
        let done = "INFO  jepsen.util - 0\t:ok\t:read\t1\n";
        assert!(fault_of(&format!("{open}{open}")).starts_with("2:21: process 0 invokes an operation while its :read"));
        assert!(fault_of(done).contains("has none open"));
        assert!(fault_of(&format!("{open}{done}{done}")).starts_with("3:21: process 0 completes"));
        assert!(fault_of(&format!("{open}INFO  jepsen.util - 0\t:ok\t:write\t1\n")).contains("but its :read"));
        assert!(fault_of(&format!("{open}INFO  jepsen.util - 0\t:ok\t:read\t:x\n")).contains("neither `nil`"));
        assert!(fault_of(&format!("{open}INFO  jepsen.util - 0\t:o")).contains("ends before"));
        assert!(fault_of("INFO  jepsen.util - 0\t:invoke\t:cas\t[1\n").contains("is no pair"));
        assert!(fault_of("INFO  jepsen.util - 0\t:invoke\t:txn\tnil\n").contains("no operation"));
    }

    #[test]
    fn the_model_says_what_the_register_begins_with() {
        let log = "INFO  jepsen.core - {:model #knossos.model.CASRegister{:value 0}, :name \"x\"}\n\
            INFO  jepsen.util - 70000\t:invoke\t:read\tnil\n\
            INFO  jepsen.util - 70000\t:ok\t:read\t0\n";
        let recorded = read(log.as_bytes(), None).unwrap();
        let history = &recorded.history;
        assert_eq!(history.operation_text(0), "session 65534: get jepsen/register -> \"0\"");
        assert_eq!(history.state_text(history.initial_state(0)), "\"0\"");
        assert_eq!(recorded.notes.len(), 2, "{:?}", recorded.notes);
        let result = format!(
            "{}INFO  jepsen.core - {{:model #knossos.model.CASRegister{{:value 7}}}}\n",
            log.replace("{:value 0}", "{}")
        );
        assert_eq!(
            read(result.as_bytes(), None).unwrap().history.initial_state(0),
            kvspec_reference::history::State::ABSENT
        );
        let nil = log.replace("{:value 0}", "{:value nil}");
        assert_eq!(
            read(nil.as_bytes(), None).unwrap().history.initial_state(0),
            kvspec_reference::history::State::ABSENT
        );
    }
}
