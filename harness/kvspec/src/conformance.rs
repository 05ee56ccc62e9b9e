//! The suite as tests of one's own crate: one test a case, run by `cargo test` and nextest.
//!
//! A store implements [`Implementation`] and [`Bucket`](crate::Bucket). For
//! `store@0.2.0` its handles also say that they list keys and, where they do, count, swap and work on
//! many keys at once; no more is needed:
//!
//! ```no_run
#![doc = include_str!("../examples/store_profile.rs")]
//! ```

mod arguments;
mod estimate;
mod fresh;
mod parts;
mod tested;
pub mod trials;

use std::fmt;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use kvspec_reference::Profile;
use kvspec_reference::interface::{Failure, Implementation, Subject};
use kvspec_suites::Declaration;

use crate::expectation::Expectations;
use crate::report::exit::Exit;
use crate::subject::panics::silence_caught_panics;

use fresh::{Fresh, Start};
use parts::{Concurrent, concurrent};
use tested::{Settings, Tested};
use trials::{Arguments, Trial};

/// Makes a test target (with `harness = false`) of a function that gives fresh stores, and, where
/// the store has limits or lacks capabilities, its [`Declaration`](crate::Declaration).
///
/// ```no_run
/// kvspec::conformance!(kvspec::InMemory::new);
/// ```
///
/// A store that is [`Sync`] is also driven by real threads with `threads` as the third argument:
///
/// ```ignore
/// kvspec::conformance!(MyStore::new, kvspec::Declaration::default(), threads);
/// ```
///
/// All of them stand for a [`Conformance`](crate::Conformance), which can be told more.
#[macro_export]
macro_rules! conformance {
    ($start:expr $(,)?) => {
        fn main() -> std::process::ExitCode {
            $crate::Conformance::new($start).main()
        }
    };
    ($start:expr, $declaration:expr $(,)?) => {
        fn main() -> std::process::ExitCode {
            $crate::Conformance::new($start).declaration($declaration).main()
        }
    };
    ($start:expr, $declaration:expr, threads $(,)?) => {
        fn main() -> std::process::ExitCode {
            $crate::Conformance::new($start).declaration($declaration).threads(true).main()
        }
    };
}

/// The suite for one store, as tests.
///
/// ```no_run
/// use std::process::ExitCode;
///
/// use kvspec::{Conformance, InMemory, Profile};
///
/// fn main() -> ExitCode {
///     let mut declaration = kvspec::Declaration::default();
///     declaration.consistency.convergence_ms = Some(0);
///     Conformance::new(InMemory::new).profile(Profile::Eventual).declaration(declaration).seed(7).main()
/// }
/// ```
#[must_use = "nothing is tested before `main` or `trials`"]
pub struct Conformance<I = ()> {
    subject: Arc<dyn Subject + Send + Sync>,
    /// How typed stores are made, for threads; `None` where only a subject is given.
    start: Option<Start<I>>,
    concurrent: Option<Concurrent>,
    settings: Settings,
}

/// Why nothing can be tested, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConformanceError(String);

impl fmt::Display for ConformanceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ConformanceError {}

impl<I: Implementation + 'static> Conformance<I> {
    /// For stores that this function makes: each case and each workload gets one of its own.
    pub fn new(start: impl Fn() -> I + Send + Sync + 'static) -> Self {
        Self::started_by(Arc::new(move |_| Ok(start())))
    }

    /// As [`Conformance::new`], for stores that do something by chance, which they take from a seed.
    pub fn seeded(start: impl Fn(u64) -> I + Send + Sync + 'static) -> Self {
        Self::started_by(Arc::new(move |seed| Ok(start(seed))))
    }

    /// As [`Conformance::new`], for stores whose start can fail through no fault of theirs, as a client
    /// whose server is not there: that is an error, not a violation.
    pub fn try_new<E: fmt::Display>(start: impl Fn() -> std::result::Result<I, E> + Send + Sync + 'static) -> Self {
        Self::started_by(Arc::new(move |_| start().map_err(|e| Failure::Setup(e.to_string()))))
    }

    fn started_by(start: Start<I>) -> Self {
        let subject = Arc::new(Fresh(start.clone()));
        Self { subject, start: Some(start), concurrent: None, settings: Settings::default() }
    }
}

impl Conformance {
    /// For a subject, such as a host; of what it makes nothing is known, so there are no threads.
    pub fn of(subject: impl Subject + Send + Sync + 'static) -> Self {
        Self { subject: Arc::new(subject), start: None, concurrent: None, settings: Settings::default() }
    }
}

#[cfg(feature = "probe")]
#[cfg_attr(docsrs, doc(cfg(feature = "probe")))]
impl Conformance {
    /// For a host in Rust, of any runtime at any version: `compile` is given the bytes of the probe, a command
    /// component, and `run` runs what that made, with the reading end of a pipe as standard input and the
    /// writing end of one as standard output. Each case runs it once, on a thread of its own. See
    /// [`Embedded`](crate::subject::embedded::Embedded), which can be told more.
    ///
    /// # Errors
    /// When the host cannot be tested, as it offers no dialect of the interface that is known.
    pub fn embedded<P: Send + Sync + 'static, E: fmt::Display + 'static>(
        compile: impl Fn(&[u8]) -> std::result::Result<P, E>,
        run: impl Fn(&P, std::fs::File, std::fs::File) -> std::result::Result<(), E> + Send + Sync + 'static,
    ) -> std::result::Result<Self, ConformanceError> {
        let host = crate::subject::embedded::Embedded::new(compile, run);
        host.map(Self::of).map_err(|error| ConformanceError(error.to_string()))
    }
}

impl<I: Implementation + Send + Sync + 'static> Conformance<I> {
    /// Whether sessions also run on real threads. By default they do not.
    pub fn threads(mut self, on: bool) -> Self {
        let start = self.start.clone().filter(|_| on);
        self.concurrent = start.map(concurrent);
        self
    }
}

impl<I> Conformance<I> {
    /// The profile the store is tested for. By default `eventual@0.1.0`, or what the subject says.
    pub fn profile(mut self, profile: Profile) -> Self {
        self.settings.profile = Some(profile);
        self
    }

    /// What the store declares of itself. By default [`Declaration::default`].
    pub fn declaration(mut self, declaration: Declaration) -> Self {
        self.settings.declaration = declaration;
        self
    }

    /// The seed of all randomness, 1 by default. The variable `KVSPEC_SEED` goes before it.
    pub fn seed(mut self, seed: u64) -> Self {
        self.settings.seed = seed;
        self
    }

    /// Whether tests wait for each other, in this process and in others of the same program: for stores
    /// that share one backend. By default they do not.
    pub fn serial(mut self, on: bool) -> Self {
        self.settings.is_serial = on;
        self
    }

    /// What empties the backend that all stores share, before each is started. Tests then wait for each
    /// other, as with [`Conformance::serial`]. A reset that fails is an error, not a violation.
    pub fn reset<E: fmt::Display>(
        mut self,
        reset: impl Fn() -> std::result::Result<(), E> + Send + Sync + 'static,
    ) -> Self {
        self.settings.reset = Some(Box::new(move || reset().map_err(|e| format!("the reset failed: {e}"))));
        self
    }

    /// Violations that are known. A case that fails as expected is shown as ignored, with the reason;
    /// one test more for each expectation fails when nothing meets it any more.
    pub fn expectations(mut self, expectations: Expectations) -> Self {
        self.settings.expectations = expectations;
        self
    }

    /// How long each search begins new random workloads, on the real clock. By default as many run as
    /// suit the clock.
    pub fn real_time_budget(mut self, budget: Duration) -> Self {
        self.settings.real_time = Some(budget);
        self
    }

    /// The tests, for a harness of one's own: the cases of the profile, random workloads and, where they
    /// are wanted, workloads by real threads.
    ///
    /// # Errors
    /// When nothing can be tested: the declaration cannot be meant, the profile is not known or has no
    /// case, an expectation matches no case, or `KVSPEC_SEED` is no number.
    pub fn trials(self) -> std::result::Result<Vec<Trial>, ConformanceError> {
        let tested = Tested::new(self.subject, self.settings).map_err(ConformanceError)?;
        let parts = parts::parts(&tested, self.concurrent);
        Ok(parts::trials(&Arc::new(tested), &parts))
    }

    /// Runs the tests with the arguments of a test binary. The exit code is 101 when one failed, and 2
    /// when nothing can be tested.
    pub fn main(self) -> ExitCode {
        silence_caught_panics();
        let arguments = Arguments::from_args();
        let ready = Tested::new(self.subject, self.settings).and_then(|tested| {
            let parts = parts::parts(&tested, self.concurrent);
            if !arguments.list {
                tested.check_that_buckets_open()?;
                estimate::announce(&tested, &parts, &arguments);
            }
            Ok(parts::trials(&Arc::new(tested), &parts))
        });
        match ready {
            Ok(trials) => trials::run(&arguments, trials),
            Err(complaint) => {
                eprintln!("kvspec: {complaint}");
                ExitCode::from(Exit::Usage as u8)
            }
        }
    }
}

#[cfg(test)]
mod tests;
