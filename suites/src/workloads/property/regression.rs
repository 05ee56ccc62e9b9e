//! Failures that are kept: workload files with a comment that says what they show.

use std::fmt;

use kvspec_reference::anomaly::Anomaly;
use kvspec_reference::history::History;
use kvspec_reference::workload::Workload;
use kvspec_reference::workload::text::{self, ParseError, WorkloadFile};

/// A kept failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Regression {
    /// The requirement that the workload showed a violation of.
    pub requirement: String,
    /// The kind of find, such as `leak`, where the history alone does not show it; else empty.
    pub kind: String,
    /// The seed to start the implementation with.
    pub implementation_seed: u64,
    /// The workload.
    pub file: WorkloadFile,
}

const REQUIREMENT: &str = "# violates ";
const KIND: &str = "# kind ";
const SEED: &str = "# seed ";

impl fmt::Display for Regression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.file.to_string();
        let (first, rest) = text.split_once('\n').unwrap_or((&text, ""));
        writeln!(f, "{first}\n{REQUIREMENT}{}", self.requirement)?;
        if !self.kind.is_empty() {
            writeln!(f, "{KIND}{}", self.kind)?;
        }
        writeln!(f, "{SEED}{}", self.implementation_seed)?;
        f.write_str(rest)
    }
}

impl Regression {
    /// Of a workload that gave this history, with these anomalies, of which the first is kept.
    pub fn of(history: &History, anomalies: &[Anomaly], workload: &Workload, implementation_seed: u64) -> Self {
        Self {
            requirement: anomalies.first().map_or_else(String::new, |anomaly| anomaly.requirement.to_string()),
            kind: String::new(),
            implementation_seed,
            file: WorkloadFile { profile: history.header().profile.clone(), workload: workload.clone() },
        }
    }

    /// Reads a kept failure. A file without the comments is a workload like any other: it violated
    /// nothing known, and starts with seed 0.
    ///
    /// # Errors
    /// As [`text::parse`], and where the seed is no number.
    pub fn parse(contents: &str) -> Result<Self, ParseError> {
        let file = text::parse(contents)?;
        let mut regression = Self { requirement: String::new(), kind: String::new(), implementation_seed: 0, file };
        for (index, line) in contents.lines().enumerate() {
            if let Some(requirement) = line.strip_prefix(REQUIREMENT) {
                regression.requirement = requirement.trim().into();
            }
            if let Some(kind) = line.strip_prefix(KIND) {
                regression.kind = kind.trim().into();
            }
            if let Some(seed) = line.strip_prefix(SEED) {
                let message = || "the seed is a number from 0 to 2^64 - 1".to_owned();
                let error = |_| ParseError { line: index + 1, column: SEED.len() + 1, message: message() };
                regression.implementation_seed = seed.trim().parse().map_err(error)?;
            }
        }
        Ok(regression)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kept_failure_comes_back_the_same() {
        let text =
            "kvspec workload 1\n# violates KVE-CON-02\n# seed 17\nprofile eventual@0.1.0\nsessions 1\n\n0 delete b k\n";
        let regression = Regression::parse(text).unwrap();
        assert_eq!((&*regression.requirement, regression.implementation_seed), ("KVE-CON-02", 17));
        assert_eq!((regression.to_string(), &*regression.kind), (text.to_owned(), ""));
        let text = text.replace("# seed", "# kind leak\n# seed");
        let regression = Regression::parse(&text).unwrap();
        assert_eq!((regression.to_string(), &*regression.kind), (text.clone(), "leak"));
        let error = Regression::parse(&text.replace("seed 17", "seed x")).unwrap_err();
        assert_eq!((error.line, error.column), (4, 8));
    }
}
