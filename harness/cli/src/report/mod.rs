//! Forms of reports that only the command writes.
//!
//! * [`judgement`]: what the judge says of a history.
//! * [`junit`]: runs, for machines that show tests.
//! * [`progress`](mod@progress): how far a run is.

pub mod judgement;
pub mod junit;
pub mod progress;
