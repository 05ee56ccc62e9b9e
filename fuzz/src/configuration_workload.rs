//! Files that people write: whatever the bytes, reading them ends with an answer, and a workload
//! that was read is the same when it is written and read again.

use kvspec::configuration::Configuration;
use kvspec_reference::workload::text::{self, WorkloadFile};
use kvspec_reference::workload::{Call, Step};

use crate::{Checked, Looked, Wrong, canary};

/// Workloads with more bytes than this in their values are not written again: `repeat` makes much
/// of little.
const VALUE_BYTES_MAX: usize = 1 << 20;

/// Writes a workload file.
pub type Print = fn(&WorkloadFile) -> String;

/// Reads the bytes as either file.
///
/// # Errors
/// What is wrong.
pub fn run(bytes: &[u8]) -> Checked {
    check(bytes, WorkloadFile::to_string)
}

/// As [`run`], but milliseconds are written as seconds.
///
/// # Errors
/// What is wrong.
pub fn run_canary(bytes: &[u8]) -> Checked {
    check(bytes, canary::print_milliseconds_as_seconds)
}

/// As [`run`], with another way of writing.
///
/// # Errors
/// What is wrong.
pub fn check(bytes: &[u8], print: Print) -> Checked {
    let Ok(content) = std::str::from_utf8(bytes) else { return Ok(Looked::No) };
    let is_configuration = Configuration::parse(content).is_ok();
    let Ok(file) = text::parse(content) else {
        return Ok(if is_configuration { Looked::Yes } else { Looked::No });
    };
    if value_bytes(&file) > VALUE_BYTES_MAX {
        return Ok(Looked::No);
    }
    let printed = print(&file);
    match text::parse(&printed) {
        Ok(again) if again == file => Ok(Looked::Yes),
        Ok(_) => Err(Wrong(format!("a workload changed when it was written and read:\n{printed}"))),
        Err(error) => Err(Wrong(format!("a written workload cannot be read: {error}\n{printed}"))),
    }
}

fn value_bytes(file: &WorkloadFile) -> usize {
    let values = file.workload.steps.iter().map(|step| match step {
        Step::Call { call: Call::Set { value, .. }, .. } => value.bytes().len(),
        _ => 0,
    });
    values.sum()
}
