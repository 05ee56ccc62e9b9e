//! The fields that each operation has.

use kvspec_reference::history::Outcome;

use super::fields::LineFields;
use super::parse::column_of;
use crate::Fault;
use crate::lines::Line;

/// The field, which must be there.
pub(super) fn required<T>(line: &Line<'_>, field: &str, value: Option<T>) -> Result<T, Fault> {
    value.ok_or_else(|| {
        line.fault(0, format!("the operation has no \"{field}\""), "every operation has its fields; see the format")
    })
}

/// Who made the call.
pub(super) fn session(line: &Line<'_>, fields: &LineFields<'_>) -> Result<u16, Fault> {
    let session = required(line, "session", fields.session)?;
    u16::try_from(session).ok().filter(|session| *session != u16::MAX).ok_or_else(|| {
        let problem = format!("session {session} is out of range");
        line.fault(column_of(line, "session"), problem, "number sessions from 0 to 65,534")
    })
}

/// When it was called and, unless its outcome is unknown, answered.
pub(super) fn times(line: &Line<'_>, fields: &LineFields<'_>, outcome: Outcome) -> Result<(u64, Option<u64>), Fault> {
    let invoke = required(line, "invoke", fields.invoke)?;
    let response = required(line, "return", fields.response)?;
    let wrong = |problem: String, help: &str| Err(line.fault(column_of(line, "return"), problem, help));
    match response {
        Some(_) if outcome == Outcome::Unknown => {
            wrong("an operation of unknown outcome has an answer".into(), "write \"return\":null, or its outcome")
        }
        None if outcome != Outcome::Unknown => {
            let problem = format!("an operation with outcome {} has no answer", outcome.name());
            wrong(problem, "write when it was answered, or \"outcome\":\"unknown\"")
        }
        Some(at) if at < invoke => {
            wrong(format!("the answer at {at} is before the call at {invoke}"), "correct the times")
        }
        _ => Ok((invoke, response)),
    }
}
