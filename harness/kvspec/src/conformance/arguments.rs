//! The arguments of a test binary: those that `cargo test` and nextest pass, and people type.

use std::ffi::OsString;
use std::io::IsTerminal as _;
use std::num::NonZeroUsize;

/// What a test binary is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Arguments {
    /// Tests are listed, not run.
    pub list: bool,
    /// Only tests whose names contain one of these are run; all where there is none.
    pub filters: Vec<String>,
    /// Tests whose names contain one of these are not run.
    pub skip: Vec<String>,
    /// Filters and skips are whole names.
    pub exact: bool,
    /// Which tests run as to being ignored.
    pub ignored: Ignored,
    /// A character for each test, rather than a line.
    pub terse: bool,
    /// How many tests run at once; `None`: as many as the machine has processors.
    pub threads: Option<NonZeroUsize>,
    /// Benchmarks are asked for: there are none, so no test runs.
    pub bench: bool,
    /// Whether the output has colours; `None`: on a terminal, unless `NO_COLOR` is set.
    pub color: Option<bool>,
}

/// Which tests run as to being ignored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Ignored {
    /// Those that are not ignored.
    #[default]
    Left,
    /// Only those that are.
    Only,
    /// All.
    Included,
}

impl Arguments {
    /// The arguments of this process. Where they are wrong, the process ends with code 2 and says why;
    /// where help is asked for, it ends with the help.
    pub fn from_args() -> Self {
        match Self::parse(std::env::args_os().skip(1)) {
            Ok(Asked::Tests(mut arguments)) => {
                let number = std::env::var("RUST_TEST_THREADS").ok().and_then(|text| text.parse().ok());
                arguments.threads = arguments.threads.or(number);
                arguments
            }
            Ok(Asked::Help) => {
                println!("{HELP}");
                std::process::exit(0)
            }
            Err(fault) => {
                eprintln!("error: {fault}\n\n{HELP}");
                std::process::exit(2)
            }
        }
    }

    /// Whether a test of this name is meant by filters and skips.
    pub fn selects(&self, name: &str) -> bool {
        let matches = |text: &String| if self.exact { name == text } else { name.contains(text.as_str()) };
        (self.filters.is_empty() || self.filters.iter().any(matches)) && !self.skip.iter().any(matches)
    }

    /// Whether the output has colours.
    pub(super) fn has_colors(&self) -> bool {
        let is_refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        self.color.unwrap_or_else(|| std::io::stdout().is_terminal() && !is_refused)
    }

    fn parse(words: impl Iterator<Item = OsString>) -> Result<Asked, String> {
        let mut arguments = Self::default();
        let mut words = words.map(|word| word.into_string().map_err(|word| format!("{word:?} is no text")));
        let mut only_filters = false;
        while let Some(word) = words.next().transpose()? {
            if only_filters || word == "-" || !word.starts_with('-') {
                arguments.filters.push(word);
                continue;
            }
            let (option, mut joined) = match word.split_once('=') {
                Some((option, value)) => (option, Some(value.to_owned())),
                None => (word.as_str(), None),
            };
            let mut value = || joined.take().map_or_else(|| words.next().transpose(), |value| Ok(Some(value)));
            let mut value = || value()?.ok_or_else(|| format!("{option} takes a value"));
            match option {
                "--" => only_filters = true,
                "-h" | "--help" => return Ok(Asked::Help),
                "--list" => arguments.list = true,
                "--exact" => arguments.exact = true,
                "--ignored" => arguments.ignored = Ignored::Only,
                "--include-ignored" => arguments.ignored = Ignored::Included,
                "--bench" => arguments.bench = true,
                "-q" | "--quiet" => arguments.terse = true,
                // What a test prints is never held back, and all of them are tests.
                "--nocapture" | "--no-capture" | "--show-output" | "--test" => {}
                "--skip" => arguments.skip.push(value()?),
                "--test-threads" => arguments.threads = Some(number(&value()?)?),
                "--format" => arguments.terse = is_terse(&value()?)?,
                "--color" => arguments.color = color(&value()?)?,
                "-Z" => drop(value()?),
                _ => return Err(format!("{word} is not known")),
            }
            if joined.is_some() {
                return Err(format!("{option} takes no value"));
            }
        }
        Ok(Asked::Tests(arguments))
    }
}

/// What arguments ask for.
#[derive(Debug, PartialEq, Eq)]
enum Asked {
    Help,
    Tests(Arguments),
}

fn number(text: &str) -> Result<NonZeroUsize, String> {
    text.parse().map_err(|_| format!("--test-threads {text}: it must be a whole number from 1"))
}

fn is_terse(text: &str) -> Result<bool, String> {
    match text {
        "pretty" => Ok(false),
        "terse" => Ok(true),
        _ => Err(format!("--format {text}: there are pretty and terse")),
    }
}

fn color(text: &str) -> Result<Option<bool>, String> {
    match text {
        "auto" => Ok(None),
        "always" => Ok(Some(true)),
        "never" => Ok(Some(false)),
        _ => Err(format!("--color {text}: there are auto, always and never")),
    }
}

const HELP: &str = "\
Usage: [OPTIONS] [FILTERS...]

Runs the tests whose names contain one of the filters; all where there is none.

      --list                 List the tests
      --exact                Filters and skips are whole names
      --skip FILTER          Leave out tests whose names contain FILTER. Repeatable
      --ignored              Run only ignored tests
      --include-ignored      Run ignored tests, too
      --test-threads N       How many tests run at once
  -q, --quiet                A character for each test
      --format FORMAT        pretty or terse
      --color WHEN           auto, always or never
      --nocapture            Accepted: what tests print is never held back
  -h, --help                 Print this";

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &[&str]) -> Result<Asked, String> {
        Arguments::parse(words.iter().map(|word| OsString::from(*word)))
    }

    fn arguments(words: &[&str]) -> Arguments {
        match parse(words) {
            Ok(Asked::Tests(arguments)) => arguments,
            other => panic!("{words:?}: {other:?}"),
        }
    }

    #[test]
    fn what_cargo_and_nextest_pass_is_understood() {
        assert_eq!(arguments(&[]), Arguments::default());
        let listed = arguments(&["--list", "--format", "terse", "--ignored"]);
        assert_eq!(
            listed,
            Arguments { list: true, terse: true, ignored: Ignored::Only, ..Arguments::default() },
            "nextest lists so"
        );
        let one = arguments(&["a::b", "--exact", "--nocapture"]);
        assert_eq!(one, Arguments { filters: vec!["a::b".into()], exact: true, ..Arguments::default() });
        let many =
            arguments(&["--skip=x", "--skip", "y", "--test-threads", "3", "-q", "--color=never", "--", "-f", "g"]);
        assert_eq!(
            many,
            Arguments {
                skip: vec!["x".into(), "y".into()],
                threads: NonZeroUsize::new(3),
                terse: true,
                color: Some(false),
                filters: vec!["-f".into(), "g".into()],
                ..Arguments::default()
            }
        );
        assert_eq!(parse(&["x", "--help"]), Ok(Asked::Help));
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for (words, said) in [
            (&["--nope"][..], "--nope"),
            (&["--skip"], "takes a value"),
            (&["--list=yes"], "takes no value"),
            (&["--test-threads", "0"], "from 1"),
            (&["--format", "json"], "pretty and terse"),
            (&["--color", "red"], "never"),
        ] {
            let fault = parse(words).expect_err("it is wrong");
            assert!(fault.contains(said), "{words:?}: {fault}");
        }
    }

    #[test]
    fn filters_are_parts_of_names_unless_whole_names_are_asked_for() {
        let part = arguments(&["get", "--skip", "absent"]);
        assert!(part.selects("a::get::present") && !part.selects("a::get::absent") && !part.selects("a::set"));
        let whole = arguments(&["--exact", "a::get"]);
        assert!(whole.selects("a::get") && !whole.selects("a::get::present"));
        let several = arguments(&["get", "set"]);
        assert!(several.selects("get") && several.selects("set") && !several.selects("delete"));
    }
}
