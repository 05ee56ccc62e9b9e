//! Forms of reports that go to a file when a run has ended.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::Path;

use kvspec::run::event::Conclusion;
use kvspec::run::{Event, Listener};

/// Writes a form of the report to a file when a run has ended.
pub struct ReportFile<F, T> {
    file: File,
    /// Makes the report.
    form: F,
    /// Takes what went wrong.
    trouble: T,
}

/// What becomes of what the file has already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Present {
    /// The report takes its place.
    Replaced,
    /// The report comes after it.
    Kept,
}

impl<F, T> ReportFile<F, T>
where
    F: FnMut(&Conclusion<'_>) -> Result<String, String>,
    T: FnMut(String),
{
    /// Makes the file, so that one that cannot be written is known before anything is run. What goes
    /// wrong later goes to `trouble`.
    ///
    /// # Errors
    /// When the file cannot be made.
    pub fn create(file: &Path, present: Present, form: F, trouble: T) -> std::io::Result<Self> {
        let mut options = OpenOptions::new();
        let options = match present {
            Present::Replaced => options.write(true).truncate(true),
            Present::Kept => options.append(true),
        };
        Ok(Self { file: options.create(true).open(file)?, form, trouble })
    }
}

impl<F, T> Listener for ReportFile<F, T>
where
    F: FnMut(&Conclusion<'_>) -> Result<String, String> + Send,
    T: FnMut(String) + Send,
{
    fn hear(&mut self, event: &Event<'_>) {
        let Event::Concluded(conclusion) = event else { return };
        let text = (self.form)(conclusion);
        let written = text.and_then(|text| self.file.write_all(text.as_bytes()).map_err(|error| error.to_string()));
        if let Err(why) = written {
            (self.trouble)(why);
        }
    }
}
