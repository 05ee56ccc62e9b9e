//! Which line each operation came from.

/// The line of each entry: entries mostly stand on one line after the other.
#[derive(Default)]
pub(crate) struct LineNumbers {
    /// Entry and line where a run begins.
    runs: Vec<(usize, u64)>,
}

impl LineNumbers {
    /// The next entry is of this line.
    pub(crate) fn push(&mut self, entry: usize, line: u64) {
        if self.runs.is_empty() || self.line_of(entry) != line {
            self.runs.push((entry, line));
        }
    }

    /// The line of an entry; 1 where it is not known.
    pub(crate) fn line_of(&self, entry: usize) -> u64 {
        let run = self.runs.partition_point(|(start, _)| *start <= entry);
        run.checked_sub(1).map_or(1, |run| self.runs[run].1 + (entry - self.runs[run].0) as u64)
    }

    /// The line of each record, given its entry.
    pub(crate) fn of_records(&self, entries: &[u32]) -> Vec<u64> {
        entries.iter().map(|entry| self.line_of(*entry as usize)).collect()
    }
}
