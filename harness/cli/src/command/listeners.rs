//! Who reports a run: the forms that the options ask for, a progress bar, and complaints.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};

use indicatif::ProgressBar;
use kvspec::report::Exit;
use kvspec::report::human::{Look, Terminal};
use kvspec::report::json::{Json, JsonLines};
use kvspec::run::event::Conclusion;
use kvspec::run::{Event, Listener};
use kvspec_suites::Declaration;

use super::{complain, print};
use crate::format::Format;
use crate::report::annotations::{Annotations, from_root};
use crate::report::progress::{Progress, bar};
use crate::report::report_file::{Present, ReportFile};
use crate::report::{html, junit, markdown};

/// Which reports are wanted.
pub(super) struct Wanted<'a> {
    pub(super) format: Format,
    pub(super) look: Look,
    pub(super) verbose: bool,
    pub(super) junit: Option<&'a Path>,
    pub(super) summary: Option<&'a Path>,
    pub(super) html: Option<&'a Path>,
    /// The declaration that is used, for those who want to repeat the run.
    pub(super) declaration: &'a Declaration,
    /// The file of expectations.
    pub(super) expectations: Option<&'a Path>,
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
            all.push(report_file("--junit", file, Present::Replaced, junit::text)?);
        }
        if let Some(file) = self.html {
            let declaration = toml::to_string(self.declaration).map_err(|error| complain(Exit::OwnFault, error))?;
            let form = move |conclusion: &Conclusion<'_>| html::text(conclusion, &declaration);
            all.push(report_file("--html", file, Present::Replaced, form)?);
        }
        all.extend(self.for_github()?);
        Ok(all)
    }

    /// The summary, which goes where it is wanted or where GitHub looks for it, and annotations.
    fn for_github(&self) -> Result<Vec<Box<dyn Listener>>, Exit> {
        let mut all: Vec<Box<dyn Listener>> = Vec::new();
        let markdown = |conclusion: &Conclusion<'_>| Ok(markdown::text(conclusion));
        let named = std::env::var_os("GITHUB_STEP_SUMMARY").filter(|file| !file.is_empty());
        match (self.summary, named) {
            (Some(file), _) => all.push(report_file("--summary", file, Present::Replaced, markdown)?),
            (None, Some(file)) => {
                all.push(report_file("GITHUB_STEP_SUMMARY:", Path::new(&file), Present::Kept, markdown)?);
            }
            (None, None) => {}
        }
        if std::env::var_os("GITHUB_ACTIONS").is_some_and(|value| value == "true") {
            let root = std::env::var_os("GITHUB_WORKSPACE").map(PathBuf::from);
            let expectations = self.expectations.map(|file| from_root(file, root.as_deref()));
            // The runner reads standard error as well, and standard output may be JSON.
            all.push(Box::new(Annotations { expectations, print: |line: &str| eprint!("{line}") }));
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

/// A form of the report in a file. One that cannot be made is reported before anything is run.
fn report_file<F>(option: &str, file: &Path, present: Present, form: F) -> Result<Box<dyn Listener>, Exit>
where
    F: FnMut(&Conclusion<'_>) -> Result<String, String> + Send + 'static,
{
    let cannot = format!("{option} {}: cannot be written", file.display());
    let trouble = {
        let cannot = cannot.clone();
        // The verdict stays what it is: other reports have it.
        move |error: String| {
            complain(Exit::OwnFault, format_args!("{cannot}: {error}"));
        }
    };
    let made = ReportFile::create(file, present, form, trouble);
    Ok(Box::new(made.map_err(|error| complain(Exit::Usage, format_args!("{cannot}: {error}")))?))
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
