//! The command line.

mod catalogue;
mod compare;
mod configured;
mod documents;
mod fuzz;
mod grants;
mod init;
mod interrupt;
mod judge;
mod listeners;
mod probe;
mod propose;
mod replay;
mod run;
mod selftest;
mod target;
mod time_limit;

use std::io::{IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::{CommandFactory as _, Parser, Subcommand, ValueEnum};
use kvspec_component::component::compile_within_limits;
use kvspec_reference::anomaly::visible;

use kvspec::report::Exit;
use kvspec::report::human::{self, Look, Palette};
use kvspec::selection::Pattern;
use kvspec::shell::quoted;

/// What the help says of [`Exit`].
const EXIT_CODES: &str = "\
Exit codes:
  0    conformant; or only known violations; or nothing failed in the cases that were selected
  1    not conformant
  2    the command or a file of yours is wrong
  3    nothing failed, but something could not be decided
  4    no case was selected, or none applied
  69   the target could not be loaded or started
  70   kvspec is at fault: please report it
  130  interrupted, by Ctrl-C, TERM or HUP, or by --total-timeout";

/// The command by which kvspec compiles a component in a process of its own.
const COMPILE: &str = "compile-within-limits";

/// Conformance test suite and fuzzer for wasi:keyvalue.
///
/// Without a command, runs the suite against the target that kvspec.toml names, else the built-in store.
#[derive(Debug, Parser)]
#[command(version, args_conflicts_with_subcommands = true, max_term_width = 100, after_help = EXIT_CODES)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    run: run::Options,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Judge an implementation.
    #[command(after_help = EXIT_CODES)]
    Run {
        /// A component (.wasm or .wat) that exports the interface [default: the one that kvspec.toml names as
        /// target, else the built-in store].
        target: Option<PathBuf>,
        #[command(flatten)]
        options: run::Options,
    },
    /// Search a component for workloads that show something wrong, guided by its own code.
    ///
    /// It takes components of every profile, and calls all operations that they offer. A host has no code to
    /// look into: for those there is `kvspec run --host ... --cases N`.
    Fuzz {
        /// A component (.wasm or .wat) that exports the interface.
        target: PathBuf,
        #[command(flatten)]
        options: fuzz::Options,
    },
    /// Set up a folder: kvspec.toml from what was tried, kvspec-expect.toml with the violations of now, and a
    /// workflow for GitHub.
    ///
    /// Nothing that is there is overwritten. From then on `kvspec run` fails only for what is new.
    Init(init::Options),
    /// Judge a recorded history: which level of consistency it keeps, and the proof for what it breaks.
    Judge(judge::Options),
    /// Compare two reports: what fails now, is fixed, still fails, or is not decided any more.
    Compare(compare::Options),
    /// Write the completions of a shell to standard output.
    Completions {
        /// The shell.
        shell: documents::Shell,
    },
    /// Write the manual page to standard output: `kvspec man | man -l -`.
    Man,
    /// Write the probe: the component that `--host` runs, for hosts that need it beforehand.
    Probe(probe::Options),
    /// Run a kept workload again.
    Replay(replay::Options),
    /// Name the cases and the requirements they test.
    List {
        /// Only cases that match: a part of the name, a glob (`*` stays inside one part between `::`,
        /// `**` spans parts), or the ID of a requirement. Repeatable.
        #[arg(long, value_name = "PATTERN")]
        filter: Vec<Pattern>,
    },
    /// Explain a requirement by its ID, or by its name a case, a profile, the random workloads, a mutant,
    /// a bug of the built-in store or a level of consistency.
    Explain {
        /// Such as KVE-DEL-02, random_workloads, lost-tombstone or causal.
        id: String,
    },
    /// Compile the component on standard input within limits: see `Compiler`.
    #[command(name = COMPILE, hide = true)]
    Compile,
    /// Test the suite itself: every mutant must die, every correct store must live.
    Selftest {
        /// How many seeds each store is run with.
        #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..))]
        seeds: u64,
    },
}

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Color {
    /// On a terminal, unless NO_COLOR is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl Color {
    fn palette(self) -> Palette {
        let wanted =
            std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        match self {
            Color::Always => Palette::ANSI,
            Color::Auto if wanted => Palette::ANSI,
            Color::Auto | Color::Never => Palette::PLAIN,
        }
    }

    /// As wide as the terminal.
    fn look(self) -> Look {
        let columns = terminal_size::terminal_size_of(std::io::stdout()).map(|(columns, _)| columns.0);
        Look { palette: self.palette(), width: width(columns) }
    }
}

/// The narrowest report, in columns.
const WIDTH_MIN: usize = 40;

/// How wide a report is on a terminal of so many columns.
fn width(columns: Option<u16>) -> usize {
    columns.map_or(human::WIDTH, |columns| usize::from(columns).clamp(WIDTH_MIN, human::WIDTH))
}

/// Runs the command with the arguments of the process.
pub fn main() -> Exit {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            if let Some(target) = target_without_run(&error) {
                let target = quoted(target);
                return complain(
                    Exit::Usage,
                    format_args!("{target} is no command; did you mean `kvspec run {target}`?"),
                );
            }
            // Help and version come this way too, and go to standard output with success.
            let _ = error.print();
            return if error.use_stderr() { Exit::Usage } else { Exit::Conformant };
        }
    };
    interrupt::end_hosts();
    let exit = match arguments.command {
        None => run::main(None, &arguments.run),
        Some(Command::Run { target, options }) => run::main(target.as_deref(), &options),
        Some(Command::Fuzz { target, options }) => fuzz::main(&target, &options),
        Some(Command::Init(options)) => init::main(&options),
        Some(Command::Judge(options)) => judge::main(options),
        Some(Command::Compare(options)) => compare::main(&options),
        Some(Command::Completions { shell }) => documents::completions(&mut Arguments::command(), shell),
        Some(Command::Man) => documents::man(Arguments::command()),
        Some(Command::Probe(options)) => probe::main(&options),
        Some(Command::Replay(options)) => replay::main(&options),
        Some(Command::List { filter }) => catalogue::list(&filter),
        Some(Command::Explain { id }) => catalogue::explain(&id),
        Some(Command::Selftest { seeds }) => selftest::main(seeds),
        Some(Command::Compile) => std::process::exit(compile_within_limits(std::io::stdin(), None)),
    };
    // A lost report takes a success with it; the code still says any other verdict.
    if REPORT_LOST.load(Ordering::Relaxed) && exit == Exit::Conformant { Exit::OwnFault } else { exit }
}

/// The word that was taken for a command, where it looks like a component.
fn target_without_run(error: &clap::Error) -> Option<&str> {
    match (error.kind(), error.get(clap::error::ContextKind::InvalidSubcommand)) {
        (clap::error::ErrorKind::InvalidSubcommand, Some(clap::error::ContextValue::String(word))) => {
            let is_target = word.ends_with(".wasm") || word.ends_with(".wat") || std::path::Path::new(word).is_file();
            is_target.then_some(word)
        }
        _ => None,
    }
}

/// Set when a report could not be written: see [`print()`].
static REPORT_LOST: AtomicBool = AtomicBool::new(false);

/// Writes to standard output. A reader that went away wants no more; any other fault loses the
/// report.
fn print(text: &str) {
    let mut out = std::io::stdout().lock();
    let Err(error) = out.write_all(text.as_bytes()).and_then(|()| out.flush()) else { return };
    let is_wanted = error.kind() != std::io::ErrorKind::BrokenPipe;
    if is_wanted && !REPORT_LOST.swap(true, Ordering::Relaxed) {
        complain(Exit::OwnFault, format_args!("the report cannot be written: {error}"));
    }
}

/// What is complained of may quote hostile files and components.
fn complain(exit: Exit, what: impl std::fmt::Display) -> Exit {
    let lines: Vec<String> = what.to_string().lines().map(visible).collect();
    eprintln!("kvspec: {}", lines.join("\n"));
    exit
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn help_and_readme_tell_the_same_exit_codes() {
        let readme = include_str!("../../../../README.md");
        for line in EXIT_CODES.lines().skip(1) {
            let (code, meaning) = line.trim_start().split_once(' ').unwrap();
            let row = format!("| {code} | {} |", meaning.trim_start());
            assert!(readme.contains(&row), "{row}");
        }
    }

    #[test]
    fn a_report_is_as_wide_as_the_terminal_within_bounds() {
        for (columns, expected) in [(None, 100), (Some(80), 80), (Some(10), 40), (Some(300), 100)] {
            assert_eq!(width(columns), expected);
        }
    }
}
