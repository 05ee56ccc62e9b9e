//! Writing the lines of version 2: what calls were that are more than one state of one register.

use std::io::{self, Write};

use kvspec_reference::History;
use kvspec_reference::history::{Kind, State};

use super::json_string::string;

/// Whether a history has what only version 2 can say.
pub(super) fn is_needed(history: &History) -> bool {
    let calls = history.calls();
    let is_strange = |kind: Kind| matches!(kind, Kind::CasNew | Kind::CasCurrent | Kind::Swap | Kind::Increment);
    !calls.groups.is_empty()
        || !calls.faults.is_empty()
        || history.records().iter().any(|record| is_strange(record.kind))
}

/// By record: the number of its group, from 1; 0 where it has none. Empty where there are no groups.
pub(super) fn groups(history: &History) -> Vec<u32> {
    let groups = &history.calls().groups;
    let mut numbers = vec![0; if groups.is_empty() { 0 } else { history.records().len() }];
    for (number, group) in (1u32..).zip(groups) {
        for record in group {
            numbers[*record as usize] = number;
        }
    }
    numbers
}

/// The line of a listing, which is a group of records.
pub(super) fn listing(history: &History, group: &[u32], out: &mut impl Write) -> io::Result<()> {
    let record = |index: &u32| &history.records()[*index as usize];
    let Some(first) = group.first().map(record) else { return Ok(()) };
    let bucket = &history.registers()[first.register as usize].0;
    write!(out, "{{\"session\":{},\"op\":\"list\",\"bucket\":", first.session)?;
    string(out, bucket)?;
    out.write_all(b",\"keys\":[")?;
    let held = group.iter().map(record).filter(|record| record.operand.state() == State::PRESENT);
    for (place, record) in held.enumerate() {
        out.write_all(if place == 0 { b"" } else { b"," })?;
        string(out, &history.registers()[record.register as usize].1)?;
    }
    let is_whole = group.iter().map(record).any(|record| record.operand.state() == State::ABSENT);
    let (invoke, response) = (history.times()[first.invoke.index()], history.time(first.response).unwrap_or_default());
    writeln!(out, "],\"whole\":{is_whole},\"invoke\":{invoke},\"return\":{response},\"outcome\":\"ok\"}}")
}

/// The lines of what is wrong with answers.
pub(super) fn faults(history: &History, out: &mut impl Write) -> io::Result<()> {
    for fault in &history.calls().faults {
        write!(out, "{{\"fault\":\"{}\",\"session\":{},\"bucket\":", fault.kind.name(), fault.session)?;
        string(out, &fault.bucket)?;
        out.write_all(b",\"detail\":")?;
        string(out, &fault.detail)?;
        writeln!(out, "}}")?;
    }
    Ok(())
}
