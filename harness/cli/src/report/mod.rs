//! Forms of reports that only the command writes.
//!
//! * [`judgement`]: what the judge says of a history.
//! * [`junit`]: runs, for machines that show tests.
//! * [`markdown`] and [`annotations`]: runs, for CI jobs.
//! * [`html`] and [`fuzz_page`]: runs and searches, as a page.
//! * [`progress`](mod@progress): how far a run is.
//! * [`report_file`]: what they are written to.
//! * [`tally`]: what a run says of each requirement.
//! * [`timeline`] and [`page`]: what pages are made of.

pub mod annotations;
pub mod fuzz_page;
pub mod html;
pub mod judgement;
pub mod junit;
pub mod markdown;
pub mod page;
pub mod progress;
pub mod report_file;
pub mod tally;
pub mod timeline;
