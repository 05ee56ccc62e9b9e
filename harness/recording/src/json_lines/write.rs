//! Writing JSON lines.

use std::io::{self, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kvspec_reference::history::{AsRecorded, ClockUnit, Exchange, IncrementArguments, Kind, Outcome, State, Value};
use kvspec_reference::{History, Record};

use super::json_string::string;
use super::{OF_ALL_OPERATIONS, OF_FIVE_OPERATIONS, write_calls};
use crate::NO_CONVERGENCE_BOUND;

/// Writes a history: the header, and the operations in the order of their invocations.
/// Reading it gives the same history, and writing that gives the same bytes.
///
/// # Errors
/// Those of `out`.
pub fn write(history: &History, out: &mut impl Write) -> io::Result<()> {
    let header = history.header();
    let has_calls = write_calls::is_needed(history);
    let version = if has_calls { OF_ALL_OPERATIONS } else { OF_FIVE_OPERATIONS };
    let (clock, bound) = match header.clock {
        ClockUnit::Counter => ("counter", "convergence_bound_events"),
        ClockUnit::Nanoseconds => ("ns", "convergence_bound_ns"),
    };
    write!(out, "{{\"kvspec\":\"history\",\"version\":{version},\"profile\":")?;
    string(out, &header.profile)?;
    write!(out, ",\"initial\":\"absent\",\"clock\":\"{clock}\"")?;
    if header.convergence_bound != NO_CONVERGENCE_BOUND {
        write!(out, ",\"{bound}\":{}", header.convergence_bound)?;
    }
    writeln!(out, "}}")?;
    for (register, begins_with) in &history.calls().initial {
        let (bucket, key) = &history.registers()[*register as usize];
        out.write_all(b"{\"initial\":")?;
        value(history, *begins_with, out)?;
        out.write_all(b",\"bucket\":")?;
        string(out, bucket)?;
        out.write_all(b",\"key\":")?;
        string(out, key)?;
        out.write_all(b"}\n")?;
    }
    let groups = write_calls::groups(history);
    for (index, record) in history.records().iter().enumerate() {
        let group = groups.get(index).copied().unwrap_or_default();
        if record.kind != Kind::List {
            operation(history, index, record, group, out)?;
        } else if let Some(of) = group.checked_sub(1).map(|group| &history.calls().groups[group as usize])
            && of.first() == Some(&(index as u32))
        {
            write_calls::listing(history, of, out)?;
        }
    }
    write_calls::faults(history, out)
}

fn operation(history: &History, index: usize, record: &Record, group: u32, out: &mut impl Write) -> io::Result<()> {
    let (bucket, key) = &history.registers()[record.register as usize];
    let AsRecorded { kind, state: shown } = history.as_recorded(index);
    write!(out, "{{\"session\":{},\"op\":\"{}\",\"bucket\":", record.session, kind.name())?;
    string(out, bucket)?;
    out.write_all(b",\"key\":")?;
    string(out, key)?;
    let is_ok = record.outcome == Outcome::Ok;
    match kind {
        Kind::Set => state(history, "value", shown, out)?,
        Kind::Get if is_ok => state(history, "result", shown, out)?,
        Kind::Increment => {
            let IncrementArguments { delta, sum } = history.calls().increments[record.operand.increment_index()];
            write!(out, ",\"delta\":{delta}")?;
            if let Some(sum) = sum.filter(|_| is_ok) {
                write!(out, ",\"sum\":{sum}")?;
            }
        }
        Kind::CasNew => write!(out, ",\"handle\":{index}")?,
        Kind::CasCurrent | Kind::Swap => exchange(history, index, record, out)?,
        Kind::Exists if is_ok => write!(out, ",\"result\":{}", record.operand.state() == State::PRESENT)?,
        Kind::CompareAndSwap => {
            let swap = history.swap_as_recorded(index);
            state(history, "expected", swap.expected, out)?;
            state(history, "new", swap.new, out)?;
            if is_ok {
                write!(out, ",\"swapped\":{}", swap.swapped)?;
            }
        }
        Kind::Get | Kind::Exists | Kind::Delete | Kind::List => {}
    }
    if group > 0 {
        write!(out, ",\"group\":{group}")?;
    }
    write!(out, ",\"invoke\":{}", history.times()[record.invoke.index()])?;
    match history.time(record.response).filter(|_| record.outcome != Outcome::Unknown) {
        Some(time) => write!(out, ",\"return\":{time}")?,
        None => out.write_all(b",\"return\":null")?,
    }
    writeln!(out, ",\"outcome\":\"{}\"}}", record.outcome.name())
}

/// A call on a handle, which is numbered by the record that made it.
fn exchange(history: &History, index: usize, record: &Record, out: &mut impl Write) -> io::Result<()> {
    let Exchange { base, swapped, .. } = history.calls().exchanges[record.operand.exchange_index()];
    // What made it may not be in the history: then no other record has that number.
    write!(out, ",\"handle\":{}", base.map_or(history.records().len() as u64 + index as u64, u64::from))?;
    let is_ok = record.outcome == Outcome::Ok;
    if record.kind == Kind::CasCurrent {
        return if is_ok { state(history, "result", history.shown_state(index), out) } else { Ok(()) };
    }
    state(history, "new", history.shown_state(index), out)?;
    if is_ok {
        write!(out, ",\"swapped\":{swapped}")?;
        if !swapped {
            write!(out, ",\"fresh\":{index}")?;
        }
    }
    Ok(())
}

fn state(history: &History, field: &str, state: State, out: &mut impl Write) -> io::Result<()> {
    write!(out, ",\"{field}\":")?;
    value(history, state, out)
}

fn value(history: &History, state: State, out: &mut impl Write) -> io::Result<()> {
    if state == State::ABSENT {
        return out.write_all(b"null");
    }
    match &history.values()[state.index()] {
        Value::Named(id) => write!(out, "{{\"id\":{id}}}"),
        // What a register held that was counted in is shown by its record.
        Value::Counted | Value::Absent => out.write_all(b"null"),
        // Not all of its bytes are known: its hash names it.
        Value::Cut(cut) => write!(out, "{{\"id\":{}}}", cut.fnv()),
        Value::Bytes(bytes) | Value::Printed(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) => string(out, text),
            Err(_) => write!(out, "{{\"base64\":\"{}\"}}", STANDARD.encode(bytes)),
        },
    }
}
