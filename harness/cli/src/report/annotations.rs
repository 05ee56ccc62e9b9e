//! Annotations for GitHub: workflow commands, which the runner finds in what a step prints.
//!
//! Expectations that must be changed are shown on their lines, causes on the run.

use std::path::{Path, PathBuf};

use kvspec::expectation::Expectation;
use kvspec::report::cause::causes;
use kvspec::run::event::Conclusion;
use kvspec::run::{Event, Listener};
use kvspec_reference::anomaly::visible;

/// Prints the annotations of a run when it has ended.
pub struct Annotations<P> {
    /// The file of expectations, from the root of the repository.
    pub expectations: Option<PathBuf>,
    /// Takes each line.
    pub print: P,
}

impl<P: FnMut(&str) + Send> Listener for Annotations<P> {
    fn hear(&mut self, event: &Event<'_>) {
        if let Event::Concluded(conclusion) = event {
            let all = commands(conclusion, self.expectations.as_deref());
            all.iter().for_each(|command| (self.print)(command));
        }
    }
}

/// The commands, a line each.
pub fn commands(conclusion: &Conclusion<'_>, expectations: Option<&Path>) -> Vec<String> {
    let Conclusion { run, met, replay, .. } = conclusion;
    let place = |expectation: &Expectation| Some((expectations?, expectation.line?));
    let expired = met.expired.iter().map(|e| command("error", place(e), "expectation expired", &e.expired_text()));
    let stale = met.stale.iter().map(|e| command("error", place(e), "expectation is stale", &e.stale_text()));
    let causes = causes(run, met);
    let causes = causes.iter().map(|cause| {
        let again = replay.of_failure(cause.smallest().name, run);
        let text = format!("{}\n{} failures show it; to repeat one:\n{again}", cause.title(), cause.showings.len());
        command("error", None, cause.requirement.as_str(), &text)
    });
    let mut named: Vec<&Expectation> = Vec::new();
    let mut known = Vec::new();
    for (name, expectation) in met.known() {
        if !named.iter().any(|other| std::ptr::eq(*other, expectation)) {
            named.push(expectation);
            known.push(command("notice", place(expectation), "known violation", &format!("{name}: {expectation}")));
        }
    }
    expired.chain(stale).chain(causes).chain(known).collect()
}

/// A workflow command, as `@actions/core` writes it.
fn command(kind: &str, place: Option<(&Path, usize)>, title: &str, text: &str) -> String {
    let place = place.map(|(file, line)| format!("file={},line={line},", property(&file.display().to_string())));
    let lines: Vec<String> = text.lines().map(visible).collect();
    format!("::{kind} {}title={}::{}\n", place.unwrap_or_default(), property(title), data(&lines.join("\n")))
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

/// Where a file is, seen from the root of the repository: what GitHub asks for.
pub fn from_root(file: &Path, root: Option<&Path>) -> PathBuf {
    let absolute = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
    root.and_then(|root| absolute.strip_prefix(root).ok()).map_or_else(|| file.to_owned(), Path::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_ends_a_command_or_begins_another() {
        let hostile = "100%\n::stop-commands::x\r\n::error::y";
        let place = Some((Path::new("a,b:c.toml"), 3));
        let text = command("error", place, "x::y,z", hostile);
        assert_eq!(
            text,
            "::error file=a%2Cb%3Ac.toml,line=3,title=x%3A%3Ay%2Cz::100%25%0A::stop-commands::x%0A::error::y\n"
        );
    }

    #[test]
    fn files_are_named_from_the_root_of_the_repository() {
        let here = std::env::current_dir().unwrap();
        let root = here.parent().unwrap();
        let expected = Path::new(here.file_name().unwrap()).join("x.toml");
        assert_eq!(from_root(Path::new("x.toml"), Some(root)), expected);
        assert_eq!(from_root(Path::new("x.toml"), None), Path::new("x.toml"));
    }
}
