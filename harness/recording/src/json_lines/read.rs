//! Reading JSON lines, with the place and the fix of what is wrong.

use kvspec_reference::Profile;
use std::collections::HashMap;
use std::io::BufRead;

use kvspec_reference::History;
use kvspec_reference::history::{
    ClockUnit, Entry, Header, HistoryError, Kind, Operand, Outcome, Rank, State, SwapArguments,
};

use super::fields::{AnyHeader, HeaderFields, LineFields, Scalar};
use super::fields_of_all::{required, session, times};
use super::parse::{column_of, parse};
use super::read_calls::refuse_strange_fields;
use super::reader::Reader;
use super::{OF_ALL_OPERATIONS, OF_FIVE_OPERATIONS};
use crate::lines::{Line, Lines};
use crate::{Fault, NO_CONVERGENCE_BOUND, ReadError, Recorded};

/// Reads a history.
///
/// # Errors
/// [`ReadError`] with the place of the first fault.
pub fn read(input: impl BufRead) -> Result<History, ReadError> {
    read_recorded(input, None).map(|recorded| recorded.history)
}

/// The same, with the lines of the operations. `initial` is what the user says that registers begin with of
/// which the file says nothing.
///
/// # Errors
/// As [`read`].
pub(crate) fn read_recorded(input: impl BufRead, initial: Option<&str>) -> Result<Recorded, ReadError> {
    let mut lines = Lines::new(input, "name long values with {\"id\":N} instead of writing them out");
    let header = loop {
        match lines.next()? {
            Some(line) if line.is_blank() => {}
            Some(line) => break (read_header(&line)?, version_of(&line)?),
            None => {
                let help = "a history begins with a header".into();
                return Err(Fault { line: 1, column: 1, problem: "the file is empty".into(), help }.into());
            }
        }
    };
    let mut reader = Reader::new(header.0, header.1 == OF_ALL_OPERATIONS);
    while let Some(line) = lines.next()? {
        if !line.is_blank() {
            reader.read_line(&line)?;
        }
    }
    if let Some(initial) = initial {
        let state = reader.builder.value_bytes(initial.as_bytes());
        reader.builder.set_initial_of_all(state);
    }
    Ok(reader.finish()?)
}

const HEADER_FORM: &str =
    r#"begin the file with {"kvspec":"history","version":1,"profile":"eventual@0.1.0","clock":"ns"}"#;

fn version_of(line: &Line<'_>) -> Result<u64, Fault> {
    let any: AnyHeader<'_> = parse(line)?;
    Ok(any.version.unwrap_or(OF_FIVE_OPERATIONS))
}

fn read_header(line: &Line<'_>) -> Result<Header, Fault> {
    let any: AnyHeader<'_> = parse(line)?;
    if any.kvspec.as_ref().is_none_or(|kind| kind.0 != "history") {
        return Err(line.fault(column_of(line, "kvspec"), "the first line is no header of a history", HEADER_FORM));
    }
    match any.version {
        Some(OF_FIVE_OPERATIONS | OF_ALL_OPERATIONS) => {}
        Some(other) => {
            let problem = format!("the format's version is {other}, and this kvspec reads versions 1 and 2");
            return Err(line.fault(
                column_of(line, "version"),
                problem,
                "use the kvspec that wrote it, or a newer one",
            ));
        }
        None => return Err(line.fault(0, "the header has no \"version\"", HEADER_FORM)),
    }
    let fields: HeaderFields<'_> = parse(line)?;
    let wrong = |field: &str, problem: &str, help: &str| Err(line.fault(column_of(line, field), problem, help));
    let (clock, convergence_bound) = match &*fields.clock.0 {
        "ns" if fields.convergence_bound_events.is_some() => {
            return wrong("convergence_bound_events", "the clock counts no events", "give \"convergence_bound_ns\"");
        }
        "counter" if fields.convergence_bound_ns.is_some_and(|bound| bound > 0) => {
            return wrong("convergence_bound_ns", "the clock has no duration", "give \"convergence_bound_events\"");
        }
        "ns" => (ClockUnit::Nanoseconds, fields.convergence_bound_ns),
        "counter" => (ClockUnit::Counter, fields.convergence_bound_events),
        _ => return wrong("clock", "the clock is not known", "it is \"ns\" or \"counter\""),
    };
    if fields.initial.is_some_and(|initial| initial.0 != "absent") {
        let help = "\"initial\" is \"absent\"; a line {\"initial\":\"v0\",\"bucket\":\"b\",\"key\":\"k\"} says it of a register";
        return wrong("initial", "registers are absent at the start", help);
    }
    let profile = fields.profile.0.into_owned();
    if profile.parse::<Profile>().is_err() {
        let known: Vec<&str> = Profile::ALL.iter().map(|profile| profile.name()).collect();
        let help = format!("there are {}", known.join(", "));
        return Err(line.fault(column_of(line, "profile"), format!("the profile {profile:?} is not known"), help));
    }
    Ok(Header { profile, convergence_bound: convergence_bound.unwrap_or(NO_CONVERGENCE_BOUND), clock })
}

impl Reader {
    fn read_line(&mut self, line: &Line<'_>) -> Result<(), Fault> {
        let fields: LineFields<'_> = parse(line)?;
        if fields.mark.is_some() {
            return Self::read_mark(line, &fields);
        }
        if fields.initial.is_some() {
            return self.read_initial(line, fields);
        }
        refuse_strange_fields(line, &fields, self.has_all_operations)?;
        if fields.fault.is_some() {
            return self.read_fault(line, &fields);
        }
        if fields.op.as_ref().is_some_and(|op| op.0 == "list") {
            return self.read_listing(line, fields);
        }
        let makes_one = fields.op.as_ref().is_some_and(|op| op.0 == "cas-new");
        let (group, made) = (fields.group, fields.handle.filter(|_| makes_one).or(fields.fresh));
        let entry = self.entry(line, fields)?;
        self.linked.note(line, self.builder.len(), &entry, group, made)?;
        if entry.outcome == Outcome::Unknown
            && group.is_none()
            && let Some(earlier) = self.unanswered.insert((entry.session, entry.invoke), line.number)
        {
            let problem = format!("the operation of line {earlier} is here again");
            return Err(line.fault(0, problem, "an operation has one line: remove the other"));
        }
        self.line_numbers.push(self.builder.len(), line.number);
        self.builder.push(entry);
        Ok(())
    }

    /// What a register begins with.
    fn read_initial(&mut self, line: &Line<'_>, fields: LineFields<'_>) -> Result<(), Fault> {
        const FORM: &str = "what a register begins with is {\"initial\":VALUE,\"bucket\":\"b\",\"key\":\"k\"}";
        if fields.op.is_some() || fields.session.is_some() || fields.invoke.is_some() || fields.outcome.is_some() {
            return Err(line.fault(
                column_of(line, "initial"),
                "the line says an initial state and an operation",
                FORM,
            ));
        }
        let (bucket, key) =
            (required(line, "bucket", fields.bucket.as_ref())?, required(line, "key", fields.key.as_ref())?);
        let state = self.state(line, "initial", required(line, "initial", fields.initial)?)?;
        let register = self.builder.register(&bucket.0, &key.0);
        if !self.begun.insert(register) {
            return Err(line.fault(0, "what this register begins with is said twice", "remove one of the lines"));
        }
        self.builder.set_initial(register, state);
        Ok(())
    }

    fn read_mark(line: &Line<'_>, fields: &LineFields<'_>) -> Result<(), Fault> {
        const FORM: &str = "a mark is {\"mark\":\"quiescent\",\"at\":TIME}";
        if fields.mark.as_ref().is_none_or(|mark| mark.0 != "quiescent") {
            return Err(line.fault(column_of(line, "mark"), "the mark is not known", FORM));
        }
        let LineFields {
            session,
            op,
            bucket,
            key,
            value,
            result,
            expected,
            new,
            swapped,
            invoke,
            response,
            outcome,
            ..
        } = fields;
        let has_state = [value, result, expected, new].into_iter().any(Option::is_some) || swapped.is_some();
        let has_state = has_state
            || fields.initial.is_some()
            || fields.keys.is_some()
            || fields.handle.is_some()
            || fields.fault.is_some();
        let has_place = bucket.is_some() || key.is_some() || outcome.is_some();
        if has_state || has_place || session.is_some() || op.is_some() || invoke.is_some() || response.is_some() {
            return Err(line.fault(0, "the line is a mark and an operation", FORM));
        }
        fields.at.map(drop).ok_or_else(|| line.fault(0, "the mark has no \"at\"", FORM))
    }

    fn entry(&mut self, line: &Line<'_>, fields: LineFields<'_>) -> Result<Entry, Fault> {
        let op = required(line, "op", fields.op.as_ref())?;
        let kind = kind_of(&op.0).ok_or_else(|| {
            let problem = format!("unknown operation {:?}", op.0);
            let known: Vec<&str> = Kind::ALL.iter().map(|kind| kind.name()).collect();
            line.fault(column_of(line, "op"), problem, format!("there are {}", known.join(", ")))
        })?;
        let outcome = required(line, "outcome", fields.outcome.as_ref())?;
        let outcome = outcome_of(&outcome.0).ok_or_else(|| {
            let problem = format!("{:?} is no outcome", outcome.0);
            line.fault(column_of(line, "outcome"), problem, "there are ok, error, trap, unknown and failed")
        })?;
        let session = session(line, &fields)?;
        let (bucket, key) =
            (required(line, "bucket", fields.bucket.as_ref())?, required(line, "key", fields.key.as_ref())?);
        let (invoke, response) = times(line, &fields, outcome)?;
        refuse_strangers(line, &fields, kind, outcome)?;
        let register = self.builder.register(&bucket.0, &key.0);
        let operand = self.operand(line, fields, kind, outcome)?;
        Ok(Entry { session, kind, register, operand, outcome, invoke, response })
    }

    /// What was written or read, interned.
    fn operand(
        &mut self,
        line: &Line<'_>,
        fields: LineFields<'_>,
        kind: Kind,
        outcome: Outcome,
    ) -> Result<Operand, Fault> {
        let is_ok = outcome == Outcome::Ok;
        match kind {
            Kind::Set => match required(line, "value", fields.value)? {
                Scalar::Null => {
                    let help = "give a value, or \"op\":\"delete\"";
                    Err(line.fault(column_of(line, "value"), "a set writes a value, not null", help))
                }
                value => self.state(line, "value", value).map(Operand::from),
            },
            Kind::Increment | Kind::CasCurrent | Kind::Swap => self.call_operand(line, fields, kind, is_ok),
            Kind::Get if is_ok => {
                let result = required(line, "result", fields.result)?;
                self.state(line, "result", result).map(Operand::from)
            }
            Kind::Exists if is_ok => match required(line, "result", fields.result)? {
                Scalar::Bool(is_present) => Ok(Operand::from(if is_present { State::PRESENT } else { State::ABSENT })),
                _ => {
                    let help = "write true or false";
                    Err(line.fault(column_of(line, "result"), "exists answers neither true nor false", help))
                }
            },
            Kind::CompareAndSwap => {
                let expected = required(line, "expected", fields.expected)?;
                let new = required(line, "new", fields.new)?;
                let swapped = if is_ok { required(line, "swapped", fields.swapped)? } else { false };
                let expected = self.state(line, "expected", expected)?;
                let new = self.state(line, "new", new)?;
                Ok(self.builder.swap(SwapArguments { expected, new, swapped }))
            }
            Kind::Get | Kind::Exists | Kind::Delete | Kind::CasNew | Kind::List => Ok(State::ABSENT.into()),
        }
    }

    fn finish(mut self) -> Result<Recorded, Fault> {
        for group in std::mem::take(&mut self.linked.groups).into_values() {
            self.builder.group(&group.entries);
        }
        let numbers = self.line_numbers;
        let (history, entries) = self.builder.finish_with_entries().map_err(|error| {
            let (line, problem, help) = match &error {
                HistoryError::OverlapInSession { session, first, second } => {
                    let (first, second) = (numbers.line_of(*first), numbers.line_of(*second));
                    let problem =
                        format!("session {session} is called here before its operation of line {first} has ended");
                    let help = "a session issues calls one after another: number concurrent callers apart, \
                                or remove the line that is there twice";
                    (second, problem, help)
                }
                HistoryError::ResponseBeforeInvocation { entry } => {
                    (numbers.line_of(*entry), error.to_string(), "correct the times")
                }
                HistoryError::NotWithInitial { entry } => {
                    let problem = "a register that begins with a value has only get, set, delete and cas".into();
                    (numbers.line_of(*entry), problem, "record the set of its first value instead")
                }
                HistoryError::TooLong => (1, error.to_string(), "judge a part of it"),
            };
            Fault { line, column: 1, problem, help: help.into() }
        })?;
        refuse_doubles(&history, &self.unanswered)?;
        let lines = numbers.of_records(&entries);
        Ok(Recorded { history, lines, notes: Vec::new() })
    }
}

fn kind_of(op: &str) -> Option<Kind> {
    Kind::ALL.into_iter().find(|kind| kind.name() == op)
}

fn outcome_of(outcome: &str) -> Option<Outcome> {
    Some(match outcome {
        "ok" => Outcome::Ok,
        "error" => Outcome::Error,
        "trap" => Outcome::Trap,
        "unknown" => Outcome::Unknown,
        "failed" => Outcome::Failed,
        _ => return None,
    })
}

/// Fields that another operation has, and this one has not.
fn refuse_strangers(line: &Line<'_>, fields: &LineFields<'_>, kind: Kind, outcome: Outcome) -> Result<(), Fault> {
    let (is_cas, is_ok) = (kind == Kind::CompareAndSwap, outcome == Outcome::Ok);
    let is_swap = kind == Kind::Swap;
    let gives_state = matches!(kind, Kind::Get | Kind::Exists | Kind::CasCurrent);
    let strangers = [
        ("value", fields.value.is_some() && kind != Kind::Set),
        ("result", fields.result.is_some() && !(gives_state && is_ok)),
        ("expected", fields.expected.is_some() && !is_cas),
        ("new", fields.new.is_some() && !is_cas && !is_swap),
        ("swapped", fields.swapped.is_some() && !((is_cas || is_swap) && is_ok)),
        ("delta", fields.delta.is_some() && kind != Kind::Increment),
        ("sum", fields.sum.is_some() && !(kind == Kind::Increment && is_ok)),
        ("handle", fields.handle.is_some() && !matches!(kind, Kind::CasNew | Kind::CasCurrent | Kind::Swap)),
        ("fresh", fields.fresh.is_some() && (!is_swap || fields.swapped != Some(false))),
        ("group", fields.group.is_some() && !matches!(kind, Kind::Get | Kind::Set | Kind::Delete)),
        ("keys", fields.keys.is_some()),
        ("whole", fields.whole.is_some()),
        ("detail", fields.detail.is_some()),
        ("at", fields.at.is_some()),
        ("initial", fields.initial.is_some()),
    ];
    match strangers.iter().find(|(_, is_stranger)| *is_stranger) {
        None => Ok(()),
        Some((field, _)) => {
            let problem = format!("a {} with outcome {} has no \"{field}\"", kind.name(), outcome.name());
            Err(line.fault(column_of(line, field), problem, "remove the field"))
        }
    }
}

/// An unanswered operation and another one of its session at the same time are one event twice.
fn refuse_doubles(history: &History, unanswered: &HashMap<(u16, u64), u64>) -> Result<(), Fault> {
    if unanswered.is_empty() {
        return Ok(());
    }
    let mut last: Vec<Option<usize>> = vec![None; history.session_count()];
    for (index, record) in history.records().iter().enumerate() {
        let Some(before) = last[record.session as usize].replace(index) else { continue };
        let earlier = &history.records()[before];
        let time = history.times()[record.invoke.index()];
        let is_open = record.response == Rank::NEVER || earlier.response == Rank::NEVER;
        let is_one_call = || history.calls().group_of(index).contains(&(before as u32));
        if is_open && history.times()[earlier.invoke.index()] == time && !is_one_call() {
            let line = unanswered.get(&(record.session, time)).copied().unwrap_or(1);
            let problem = format!("session {} has two operations that begin at {time}", record.session);
            let help = "an operation has one line: remove the one without an answer".into();
            return Err(Fault { line, column: 1, problem, help });
        }
    }
    Ok(())
}
