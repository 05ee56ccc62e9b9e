//! What a workload file holds.

use crate::workload::step::Workload;

/// What every workload file begins with.
pub const FIRST_LINE: &str = "kvspec workload 1";

/// A parsed file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkloadFile {
    /// The profile it was made for.
    pub profile: String,
    /// The workload.
    pub workload: Workload,
}
