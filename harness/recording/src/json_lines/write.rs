//! Writing JSON lines.

use std::io::{self, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kvspec_reference::history::{ClockUnit, Kind, Outcome, State, Value};
use kvspec_reference::{History, Record};

use super::VERSION;
use crate::NO_CONVERGENCE_BOUND;

/// Writes a history: the header, and the operations in the order of their invocations.
/// Reading it gives the same history, and writing that gives the same bytes.
///
/// # Errors
/// Those of `out`.
pub fn write(history: &History, out: &mut impl Write) -> io::Result<()> {
    let header = history.header();
    let (clock, bound) = match header.clock {
        ClockUnit::Counter => ("counter", "convergence_bound_events"),
        ClockUnit::Nanoseconds => ("ns", "convergence_bound_ns"),
    };
    write!(out, "{{\"kvspec\":\"history\",\"version\":{VERSION},\"profile\":")?;
    string(out, &header.profile)?;
    write!(out, ",\"initial\":\"absent\",\"clock\":\"{clock}\"")?;
    if header.convergence_bound != NO_CONVERGENCE_BOUND {
        write!(out, ",\"{bound}\":{}", header.convergence_bound)?;
    }
    writeln!(out, "}}")?;
    for record in history.records() {
        operation(history, record, out)?;
    }
    Ok(())
}

fn operation(history: &History, record: &Record, out: &mut impl Write) -> io::Result<()> {
    let (bucket, key) = &history.registers()[record.register as usize];
    write!(out, "{{\"session\":{},\"op\":\"{}\",\"bucket\":", record.session, record.kind.name())?;
    string(out, bucket)?;
    out.write_all(b",\"key\":")?;
    string(out, key)?;
    let is_ok = record.outcome == Outcome::Ok;
    match record.kind {
        Kind::Set => state(history, "value", record.operand.state(), out)?,
        Kind::Get if is_ok => state(history, "result", record.operand.state(), out)?,
        Kind::Exists if is_ok => write!(out, ",\"result\":{}", record.operand.state() == State::PRESENT)?,
        Kind::CompareAndSwap => {
            let swap = history.swaps()[record.operand.swap_index()];
            state(history, "expected", swap.expected, out)?;
            state(history, "new", swap.new, out)?;
            if is_ok {
                write!(out, ",\"swapped\":{}", swap.swapped)?;
            }
        }
        Kind::Get | Kind::Exists | Kind::Delete => {}
    }
    write!(out, ",\"invoke\":{}", history.times()[record.invoke.index()])?;
    match history.time(record.response).filter(|_| record.outcome != Outcome::Unknown) {
        Some(time) => write!(out, ",\"return\":{time}")?,
        None => out.write_all(b",\"return\":null")?,
    }
    writeln!(out, ",\"outcome\":\"{}\"}}", record.outcome.name())
}

fn state(history: &History, field: &str, state: State, out: &mut impl Write) -> io::Result<()> {
    write!(out, ",\"{field}\":")?;
    if state == State::ABSENT {
        return out.write_all(b"null");
    }
    match &history.values()[state.index()] {
        Value::Named(id) => write!(out, "{{\"id\":{id}}}"),
        Value::Bytes(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) => string(out, text),
            Err(_) => write!(out, "{{\"base64\":\"{}\"}}", STANDARD.encode(bytes)),
        },
    }
}

fn string(out: &mut impl Write, text: &str) -> io::Result<()> {
    serde_json::to_writer(out, text).map_err(io::Error::from)
}
