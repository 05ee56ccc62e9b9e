//! Reading the lines of version 2: what calls were that are more than one state of one register.

use kvspec_reference::history::{CallFault, Exchange, FaultKind, IncrementArguments, Kind, Listing, Operand, Outcome};

use super::fields::LineFields;
use super::fields_of_all::{required, session, times};
use super::parse::column_of;
use super::reader::Reader;
use crate::Fault;
use crate::lines::Line;

/// Fields and operations that only version 2 has.
pub(super) fn refuse_strange_fields(line: &Line<'_>, fields: &LineFields<'_>, is_second: bool) -> Result<(), Fault> {
    const FIVE: [&str; 5] = ["get", "set", "delete", "exists", "cas"];
    if is_second {
        return Ok(());
    }
    let help = "write \"version\":2 into the header";
    let is_strange = |op: &str| Kind::ALL.iter().any(|kind| kind.name() == op) && !FIVE.contains(&op);
    if let Some(op) = fields.op.as_ref().filter(|op| is_strange(&op.0)) {
        return Err(line.fault(column_of(line, "op"), format!("version 1 of the format has no {}", op.0), help));
    }
    let strange = [("group", fields.group.is_some()), ("fault", fields.fault.is_some())];
    match strange.into_iter().find(|(_, is_there)| *is_there) {
        Some((field, _)) => {
            Err(line.fault(column_of(line, field), format!("version 1 of the format has no \"{field}\""), help))
        }
        None => Ok(()),
    }
}

impl Reader {
    /// The operand of an increment, a swap or a current value.
    pub(super) fn call_operand(
        &mut self,
        line: &Line<'_>,
        fields: LineFields<'_>,
        kind: Kind,
        is_ok: bool,
    ) -> Result<Operand, Fault> {
        if kind == Kind::Increment {
            let delta = required(line, "delta", fields.delta)?;
            let sum = if is_ok { Some(required(line, "sum", fields.sum)?) } else { None };
            return Ok(self.builder.increment(IncrementArguments { delta, sum }));
        }
        let handle = required(line, "handle", fields.handle)?;
        let base = self.linked.made.get(&handle).copied();
        let (state, swapped) = match kind {
            Kind::Swap => {
                let new = required(line, "new", fields.new)?;
                (self.state(line, "new", new)?, is_ok && required(line, "swapped", fields.swapped)?)
            }
            _ if is_ok => {
                let result = required(line, "result", fields.result)?;
                (self.state(line, "result", result)?, false)
            }
            _ => (kvspec_reference::history::State::ABSENT, false),
        };
        Ok(self.builder.exchange(Exchange { base, state, swapped }))
    }

    pub(super) fn read_listing(&mut self, line: &Line<'_>, fields: LineFields<'_>) -> Result<(), Fault> {
        let outcome = required(line, "outcome", fields.outcome.as_ref())?;
        if outcome.0 != Outcome::Ok.name() {
            let help = "leave out what failed; of pages that were answered, write the keys with \"whole\":false";
            return Err(line.fault(column_of(line, "outcome"), "a listing that failed says nothing", help));
        }
        let session = session(line, &fields)?;
        let (invoke, response) = times(line, &fields, Outcome::Ok)?;
        let bucket = required(line, "bucket", fields.bucket.as_ref())?.0.to_string();
        let is_whole = required(line, "whole", fields.whole)?;
        let has_others = [fields.key.is_some(), fields.value.is_some(), fields.result.is_some(), fields.new.is_some()];
        if has_others.contains(&true) || fields.delta.is_some() || fields.handle.is_some() || fields.group.is_some() {
            return Err(line.fault(
                0,
                "the line is a listing and another operation",
                "a listing has bucket, keys and whole",
            ));
        }
        let keys = required(line, "keys", fields.keys)?;
        let response = required(line, "return", response)?;
        self.builder.push_listing(Listing { session, bucket, keys, is_whole, invoke, response });
        Ok(())
    }

    pub(super) fn read_fault(&mut self, line: &Line<'_>, fields: &LineFields<'_>) -> Result<(), Fault> {
        let name = required(line, "fault", fields.fault.as_ref())?;
        let kind = FaultKind::ALL.into_iter().find(|kind| kind.name() == name.0).ok_or_else(|| {
            let known = FaultKind::ALL.map(FaultKind::name).join(" and ");
            line.fault(
                column_of(line, "fault"),
                format!("the fault {:?} is not known", name.0),
                format!("there are {known}"),
            )
        })?;
        if fields.op.is_some() || fields.key.is_some() || fields.invoke.is_some() || fields.outcome.is_some() {
            return Err(line.fault(
                0,
                "the line is a fault and an operation",
                "a fault has session, bucket and detail",
            ));
        }
        let session = required(line, "session", fields.session)?;
        let bucket = required(line, "bucket", fields.bucket.as_ref())?.0.to_string();
        let detail = required(line, "detail", fields.detail.as_ref())?.0.to_string();
        let session = u16::try_from(session).unwrap_or(u16::MAX);
        self.builder.push_fault(CallFault { kind, session, bucket, detail });
        Ok(())
    }
}
