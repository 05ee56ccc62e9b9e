//! What a configuration leaves open, found by trying: nobody promised it, so a store that cannot do
//! it is not to blame.

use kvspec_reference::Profile;
use kvspec_reference::interface::{Clock, ErrorKind, Failure, Implementation, Result, Subject};
use kvspec_reference::workload::Persistence;
use kvspec_suites::Declaration;

use super::Configuration;

/// A declaration that was completed by trying.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tried {
    /// The declaration.
    pub declaration: Declaration,
    /// What was found, a line each.
    pub found: Vec<String>,
}

/// The bucket that is opened to see whether that creates one.
const BUCKET: &str = "kvspec-probe";

impl Configuration {
    /// The declaration in it, with what it leaves open tried on a fresh implementation each: whether
    /// opening creates buckets (where none is named), streams, sizes. `clock` serves implementations
    /// without one of their own.
    ///
    /// # Errors
    /// When there is no bucket to work in, and what to declare.
    pub fn tried(self, subject: &dyn Subject, clock: &dyn Clock) -> std::result::Result<Tried, String> {
        let open = self.capabilities.clone();
        let mut tried = Tried { declaration: self.declaration(), found: Vec::new() };
        if open.creates_buckets.is_none() && open.buckets.is_empty() {
            let persistence = tried.declaration.errors.persistence();
            if let Some(failure) = refusal_to_create(subject, clock, persistence) {
                return Err(format!(
                    "opening a bucket creates none ({failure}), so there is none to work in: name one that exists, in \
                     kvspec.toml\n\n  [capabilities]\n  creates_buckets = false\n  buckets = [\"NAME\"]\n\nif the \
                     error is of something else, such as a backend that cannot be reached, fix that first"
                ));
            }
            let why = "the interface makes it an error to open a missing bucket: declare it in kvspec.toml";
            tried.found.push(format!("found by trying: capabilities.creates_buckets = true ({why})"));
        }
        let refuses_streams = |_| Declaration::refuses_streams(subject).then_some(());
        if open.streaming.is_none() && lasting(Persistence::default(), clock, refuses_streams).is_some() {
            tried.declaration.capabilities.streaming = false;
            let place = "declare it in kvspec.toml, or promise streams there";
            tried.found.push(format!("found by trying: capabilities.streaming = false ({place})"));
        }
        let persistence = tried.declaration.errors.persistence();
        let refuses_sizes = |tries| refuses_sizes(subject, clock, &tried.declaration, tries).then_some(());
        if open.size_known.is_none() && lasting(persistence, clock, refuses_sizes).is_some() {
            tried.declaration.capabilities.size_known = false;
            let place = "declare it in kvspec.toml, or promise sizes there";
            tried.found.push(format!("found by trying: capabilities.size_known = false ({place})"));
        }
        Ok(tried)
    }
}

/// How often what is refused is tried, where no errors are declared: one that comes and goes is no refusal.
const TRIES: u32 = 3;

/// A refusal that stays, however often it is tried; `refusal` is given how often it was tried before.
fn lasting<T>(persistence: Persistence, clock: &dyn Clock, mut refusal: impl FnMut(u64) -> Option<T>) -> Option<T> {
    let mut last = None;
    for tries in 0..=persistence.retries.max(TRIES - 1) {
        if tries > 0 {
            clock.advance(persistence.retry_wait);
        }
        last = Some(refusal(u64::from(tries))?);
    }
    last
}

/// The error with which opening a bucket that was never made is refused, as the interface has it.
/// `None` where it opens, at once or when it is tried again, or breaks in a way that the cases tell better.
pub fn refusal_to_create(subject: &dyn Subject, clock: &dyn Clock, persistence: Persistence) -> Option<Failure> {
    let refusal = |tries: u64| {
        let implementation = subject.start(tries).ok()?;
        let failure = implementation.open(BUCKET).map(drop).err()?;
        is_of_a_missing_bucket(&failure, subject.profile()).then_some(failure)
    };
    lasting(persistence, clock, refusal)
}

/// Whether an error may say that there is no such bucket: of several kinds, where the profile has them, only
/// those that can. Whatever else goes wrong, the first check tells.
fn is_of_a_missing_bucket(failure: &Failure, profile: Profile) -> bool {
    match failure {
        Failure::Error(error) => profile == Profile::Eventual || error.kind != ErrorKind::Other,
        _ => false,
    }
}

/// Whether the size of a value that is there is answered with an error.
fn refuses_sizes(subject: &dyn Subject, clock: &dyn Clock, declaration: &Declaration, seed: u64) -> bool {
    let asked = || -> Result<bool> {
        let implementation = subject.start(seed)?;
        let clock = implementation.clock().unwrap_or(clock);
        size_is_refused(&*implementation, clock, declaration)
    };
    // Only values of this profile are asked for their size.
    subject.profile() == Profile::Eventual && asked().unwrap_or(false)
}

fn size_is_refused(implementation: &dyn Implementation, clock: &dyn Clock, declaration: &Declaration) -> Result<bool> {
    let bucket = declaration.capabilities.buckets.first().map_or(BUCKET, String::as_str);
    let handle = implementation.open(bucket)?;
    handle.set("k", b"v")?;
    let mut value = handle.get_value("k")?;
    if value.is_none() {
        clock.advance(declaration.convergence_bound());
        value = handle.get_value("k")?;
    }
    let refused = value.is_some_and(|value| value.size().is_err_and(|failure| failure.is_interface_error()));
    handle.delete("k")?;
    Ok(refused)
}
