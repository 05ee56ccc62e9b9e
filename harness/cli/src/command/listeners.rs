//! Who reports a run: the forms that the options ask for, a progress bar, and complaints.

use std::io::IsTerminal as _;
use std::path::Path;

use indicatif::ProgressBar;
use kvspec::report::Exit;
use kvspec::report::human::{Look, Terminal};
use kvspec::report::json::{Json, JsonLines};
use kvspec::run::{Event, Listener};

use super::{complain, print};
use crate::format::Format;
use crate::report::junit::JUnit;
use crate::report::progress::{Progress, bar};

/// Which reports are wanted.
pub(super) struct Wanted<'a> {
    pub(super) format: Format,
    pub(super) look: Look,
    pub(super) verbose: bool,
    pub(super) junit: Option<&'a Path>,
    /// How many cases the progress bar counts.
    pub(super) cases: usize,
}

impl Wanted<'_> {
    /// The listeners, in the order in which they hear each event.
    ///
    /// # Errors
    /// The exit code, after the complaint was made: a file of reports cannot be written.
    pub(super) fn listeners(&self) -> Result<Vec<Box<dyn Listener>>, Exit> {
        let bar = if std::io::stderr().is_terminal() { bar(self.cases) } else { ProgressBar::hidden() };
        // The bar is first: it makes way for the reports.
        let mut all: Vec<Box<dyn Listener>> = vec![Box::new(Progress { bar: bar.clone() }), Box::new(Complaints)];
        all.push(self.main_form(bar));
        if let Some(file) = self.junit {
            all.push(Box::new(junit(file)?));
        }
        Ok(all)
    }

    /// What goes to standard output.
    fn main_form(&self, bar: ProgressBar) -> Box<dyn Listener> {
        let print = move |text: &str| bar.suspend(|| print(text));
        match self.format {
            Format::Human => Box::new(Terminal { look: self.look, verbose: self.verbose, print }),
            Format::Json => Box::new(Json { print }),
            Format::Jsonl => Box::new(JsonLines { print }),
        }
    }
}

/// A file that cannot be made is reported before anything is run.
fn junit(file: &Path) -> Result<JUnit<impl FnMut(String) + use<>>, Exit> {
    let cannot = format!("--junit {}: cannot be written", file.display());
    let trouble = {
        let cannot = cannot.clone();
        // The verdict stays what it is: other reports have it.
        move |error: String| {
            complain(Exit::OwnFault, format_args!("{cannot}: {error}"));
        }
    };
    JUnit::create(file, trouble).map_err(|error| complain(Exit::Usage, format_args!("{cannot}: {error}")))
}

/// Says on standard error what no report has a place for.
struct Complaints;

impl Listener for Complaints {
    fn hear(&mut self, event: &Event<'_>) {
        match event {
            Event::NotKept(why) => complain(Exit::OwnFault, why),
            Event::Interrupted(place) => complain(Exit::Interrupted, place),
            _ => return,
        };
    }
}
