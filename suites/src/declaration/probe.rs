//! Proposes a declaration by trying: what opens, what is refused, how long reads lag. A proposal is
//! what was seen, not what is promised: its owner decides.

mod answer;
mod limit;
mod patience;
mod streams;

use std::time::Duration;

use kvspec_reference::Profile;
use kvspec_reference::anomaly::name_text;
use kvspec_reference::interface::{Bucket, Clock, Failure, Result, Subject};
use kvspec_reference::workload::Persistence;

use super::fields::Declaration;
use super::key_characters::KeyCharacters;
use crate::persisting::Persisting;
use answer::{Answer, succeeds};
use limit::{first_refused, longest};
use patience::{PATIENCE, shown, unshown, wait_for};
use streams::streams;

/// What a probe proposes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// The declaration.
    pub declaration: Declaration,
    /// What was tried and seen, a sentence for each field that was set or could not be.
    pub findings: Vec<String>,
    /// Fields that could not be tried, each with the reason: what the declaration says of them is
    /// where it started from.
    pub untried: Vec<(&'static str, String)>,
    /// Every read showed the last write at once. That is no bound yet: it was tried a few times.
    pub shows_at_once: bool,
}

/// The sizes that the cases reach: beyond them, no limit is looked for.
const KEY_BYTES_TRIED: usize = 4_096;
const VALUE_BYTES_TRIED: usize = (1 << 20) + 1;
const KEYS_TRIED: usize = 3_000;
const HANDLES_TRIED: usize = 400;
const BUCKETS_TRIED: usize = 20;
/// How many times the time to convergence is measured.
const CONVERGENCE_ROUNDS: u32 = 8;
/// How much longer than the longest time seen the proposed bound is.
const CONVERGENCE_MARGIN: u64 = 4;

/// Keys of all kinds of characters.
const SAMPLES: [&str; 20] = [
    "",
    " ",
    "\0",
    "\n",
    "\u{7f}",
    "\u{e9}",
    "\u{1f600}",
    "a b",
    "*",
    "?",
    "%",
    "\"",
    "\\",
    ":",
    "~",
    "a/b",
    "a=b",
    "-",
    "_",
    ".",
];
/// Sizes beyond a limit by which the cases try it.
const BEYOND: [fn(usize) -> usize; 2] = [|max| max + 24, |max| max * 2 + 24];
/// Keys by which the cases try what is not declared.
const TRIED_BY_CASES: [&str; 4] = ["k*", "n*", "k\u{e9}", "n\u{e9}"];

impl Declaration {
    /// Tries a subject and proposes a declaration. `known` is where it starts from: the identity, the claims,
    /// the errors and the quota are kept, and `capabilities.buckets` names existing buckets, which a subject that
    /// creates none must be given. `clock` serves implementations without one of their own.
    ///
    /// # Errors
    /// A trap, a call without an answer, or a fault of kvspec; an interface error where no limit can
    /// explain it, such as for a set of a short key and value.
    pub fn probe(subject: &dyn Subject, clock: &dyn Clock, known: &Declaration) -> Result<Proposal> {
        // A quota cannot be tried without filling it.
        let limits = super::Limits { max_total_bytes: known.limits.max_total_bytes, ..super::Limits::default() };
        let mut declaration = Declaration { limits, ..known.clone() };
        let (mut findings, mut untried) = (Vec::new(), Vec::new());
        let probe = Probe { subject, clock, persistence: known.errors.persistence() };
        let creates = probe.run(|implementation, _| succeeds(implementation.open("kvspec-probe")))?;
        declaration.capabilities.creates_buckets = creates;
        if creates {
            findings
                .push("opening a bucket that did not exist gave a handle: capabilities.creates_buckets = true".into());
        } else if declaration.capabilities.buckets.is_empty() {
            findings.push(
                "opening creates no bucket, so nothing else could be tried: name one that exists in \
                 capabilities.buckets and try again"
                    .into(),
            );
            return Ok(Proposal { declaration, findings, untried, shows_at_once: false });
        }
        let bucket = declaration.capabilities.buckets.first().cloned().unwrap_or_else(|| "kvspec-probe".into());
        if subject.profile() == Profile::Eventual {
            probe.values(&bucket, &mut declaration, &mut findings, &mut untried)?;
        }
        probe.data(&bucket, &mut declaration, &mut findings, &mut untried)?;
        probe.limits(&bucket, &mut declaration, &mut findings)?;
        let slowest_ns = probe.convergence(&bucket, &mut declaration, &mut findings)?;
        Ok(Proposal { declaration, findings, untried, shows_at_once: slowest_ns == Some(0) })
    }
}

impl Declaration {
    /// Whether a subject answers the asking for a stream with an error, as one without streams does.
    /// False as well when it cannot be asked: the cases tell that better.
    pub fn refuses_streams(subject: &dyn Subject) -> bool {
        let Ok(implementation) = subject.start(0) else { return false };
        let refused = implementation.outgoing_value().and_then(|value| value.write_stream().map(drop));
        refused.is_err_and(|failure| failure.is_interface_error())
    }
}

struct Probe<'a> {
    subject: &'a dyn Subject,
    clock: &'a dyn Clock,
    persistence: Persistence,
}

impl Probe<'_> {
    /// One experiment on a fresh implementation.
    fn run<T>(&self, experiment: impl FnOnce(&Persisting<'_>, &dyn Clock) -> Result<T>) -> Result<T> {
        let implementation = self.subject.start(0)?;
        let clock = implementation.clock().unwrap_or(self.clock);
        let persisting = Persisting::new(&*implementation, clock, self.persistence);
        let outcome = experiment(&persisting, clock)?;
        implementation.take_fault().map_or(Ok(outcome), Err)
    }

    fn on_bucket<T>(&self, bucket: &str, experiment: impl FnOnce(&dyn Bucket) -> Result<T>) -> Result<T> {
        self.run(|implementation, _| experiment(&*implementation.open(bucket)?))
    }

    /// What values can do, which only one profile has.
    fn values(
        &self,
        bucket: &str,
        declaration: &mut Declaration,
        findings: &mut Vec<String>,
        untried: &mut Vec<(&'static str, String)>,
    ) -> Result<()> {
        let capabilities = &mut declaration.capabilities;
        let streaming = self.run(|implementation, clock| streams(implementation, clock, bucket))?;
        let size_known = self.run(|implementation, clock| {
            let handle = implementation.open(bucket)?;
            handle.set("k", b"v")?;
            match shown(&*handle, clock, "k")?.then(|| handle.get_value("k")).transpose()?.flatten() {
                Some(incoming) => succeeds(incoming.size()).map(Ok),
                None => Ok(Err(unshown())),
            }
        })?;
        let tried: [(_, _, &mut bool, Answer); 2] = [
            ("bodies written and read as streams", "capabilities.streaming", &mut capabilities.streaming, streaming),
            ("asked for the size of a value", "capabilities.size_known", &mut capabilities.size_known, size_known),
        ];
        note(tried, findings, untried);
        Ok(())
    }

    /// Whether data outlives who stored it.
    fn data(
        &self,
        bucket: &str,
        declaration: &mut Declaration,
        findings: &mut Vec<String>,
        untried: &mut Vec<(&'static str, String)>,
    ) -> Result<()> {
        let outlives_instance = self.run(|implementation, clock| {
            let handle = implementation.open(bucket)?;
            handle.set("k", b"v")?;
            if !shown(&*handle, clock, "k")? {
                return Ok(Err(unshown()));
            }
            drop(handle);
            match implementation.restart() {
                None => Ok(Err("there is no second instance on the same data".into())),
                Some(restarted) => {
                    restarted?;
                    shown(&*implementation.open(bucket)?, clock, "k").map(Ok)
                }
            }
        })?;
        let place = &mut declaration.capabilities.outlives_instance;
        note(
            [("read by a second instance", "capabilities.outlives_instance", place, outlives_instance)],
            findings,
            untried,
        );
        Ok(())
    }

    fn limits(&self, bucket: &str, declaration: &mut Declaration, findings: &mut Vec<String>) -> Result<()> {
        let creates = declaration.capabilities.creates_buckets;
        let limits = &mut declaration.limits;
        limits.max_handles = self.run(|implementation, _| {
            let mut open = Vec::new();
            first_refused(HANDLES_TRIED, |_| match implementation.open(bucket) {
                Ok(handle) => {
                    open.push(handle);
                    Ok(true)
                }
                refused => succeeds(refused),
            })
        })?;
        limits.max_key_bytes =
            longest(KEY_BYTES_TRIED, |n| self.on_bucket(bucket, |b| succeeds(b.set(&"k".repeat(n), b"v"))))?;
        limits.max_value_bytes =
            longest(VALUE_BYTES_TRIED, |n| self.on_bucket(bucket, |b| succeeds(b.set("k", &vec![b'v'; n]))))?;
        if let Some(max) = limits.max_value_bytes {
            // A size between may be refused and a greater one not: then the limit is a least.
            for size in BEYOND.map(|beyond| beyond(max)) {
                if !limits.at_least && self.on_bucket(bucket, |b| succeeds(b.set("k", &vec![b'v'; size])))? {
                    limits.at_least = true;
                    findings.push(format!("yet a value of {size} bytes was accepted: limits.at_least = true"));
                }
            }
        }
        let max_key_bytes = limits.max_key_bytes.unwrap_or(usize::MAX);
        limits.max_keys = self.on_bucket(bucket, |b| {
            let short = |i: usize| Some(format!("{i:x}")).filter(|key| key.len() <= max_key_bytes);
            first_refused(KEYS_TRIED, |i| short(i).map_or(Ok(true), |key| succeeds(b.set(&key, b"v"))))
        })?;
        if creates {
            limits.max_buckets = self.run(|implementation, _| {
                first_refused(BUCKETS_TRIED, |i| {
                    let opened = implementation.open(&format!("kvspec-probe-{i}"));
                    succeeds(opened.and_then(|handle| handle.set("k", b"v")))
                })
            })?;
        }
        for (field, limit) in [
            ("max_handles", limits.max_handles),
            ("max_key_bytes", limits.max_key_bytes),
            ("max_value_bytes", limits.max_value_bytes),
            ("max_keys", limits.max_keys),
            ("max_buckets", limits.max_buckets),
        ] {
            if let Some(limit) = limit {
                findings.push(format!("{limit} was accepted and {} refused: limits.{field} = {limit}", limit + 1));
            }
        }
        limits.key_characters = self.key_characters(bucket, max_key_bytes, findings)?;
        if let Some(key) = self.key_beyond(limits.key_characters, bucket, max_key_bytes)? {
            limits.at_least = true;
            findings.push(format!(
                "the key {} was accepted, though others beyond these characters were not: limits.at_least = true",
                name_text(key)
            ));
        }
        Ok(())
    }

    /// A key that is accepted although a set of characters does not allow it.
    fn key_beyond(&self, characters: KeyCharacters, bucket: &str, max_bytes: usize) -> Result<Option<&'static str>> {
        let beyond = |key: &&&str| !characters.allow(key) && key.len() <= max_bytes;
        for key in SAMPLES.iter().chain(&TRIED_BY_CASES).filter(beyond) {
            if self.on_bucket(bucket, |b| succeeds(b.set(key, b"v")))? {
                return Ok(Some(key));
            }
        }
        Ok(None)
    }

    /// The widest set of characters of which no sample is refused.
    fn key_characters(&self, bucket: &str, max_bytes: usize, findings: &mut Vec<String>) -> Result<KeyCharacters> {
        let mut widest = KeyCharacters::Any;
        for key in SAMPLES.iter().filter(|key| key.len() <= max_bytes) {
            if !widest.allow(key) || self.on_bucket(bucket, |b| succeeds(b.set(key, b"v")))? {
                continue;
            }
            let narrower = KeyCharacters::ALL.into_iter().find(|set| !set.allow(key));
            widest = narrower.unwrap_or(KeyCharacters::Portable);
            findings.push(match narrower {
                Some(set) => {
                    format!("the key {} was refused: limits.key_characters = \"{}\"", name_text(key), set.name())
                }
                None => format!("the key {} was refused, and no limits.key_characters allow for that", name_text(key)),
            });
        }
        Ok(widest)
    }

    /// The slowest write of all rounds, in nanoseconds; `None` when one did not show.
    fn convergence(
        &self,
        bucket: &str,
        declaration: &mut Declaration,
        findings: &mut Vec<String>,
    ) -> Result<Option<u64>> {
        let mut longest_ns = Some(0);
        for _ in 0..CONVERGENCE_ROUNDS {
            let lag_ns = self.run(|implementation, clock| lag_ns(implementation, clock, bucket))?;
            longest_ns = longest_ns.zip(lag_ns).map(|(a, b)| a.max(b));
        }
        match longest_ns {
            None => findings.push(format!(
                "a write did not show within {PATIENCE:?} of the clock: consistency.convergence_ms must be declared by hand"
            )),
            Some(0) => findings.push(
                "each read showed the last write at once: if that is so always, declare consistency.convergence_ms = 0".into(),
            ),
            Some(longest_ns) => {
                let proposed_ms = (longest_ns * CONVERGENCE_MARGIN).div_ceil(1_000_000);
                declaration.consistency.convergence_ms = Some(proposed_ms);
                let seen = Duration::from_nanos(longest_ns);
                findings.push(format!(
                    "the slowest write took {seen:?} to show; {CONVERGENCE_MARGIN} times that is \
                     consistency.convergence_ms = {proposed_ms}"
                ));
            }
        }
        Ok(longest_ns)
    }
}

/// Takes what was tried into a declaration.
fn note<const N: usize>(
    tried: [(&str, &'static str, &mut bool, Answer); N],
    findings: &mut Vec<String>,
    untried: &mut Vec<(&'static str, String)>,
) {
    for (what, field, place, answer) in tried {
        match answer {
            Ok(answer) => {
                *place = answer;
                findings.push(format!("{what}: {field} = {answer}"));
            }
            Err(why) => untried.push((field, why)),
        }
    }
}

/// How long a set, an overwrite and a delete took to show to the writer and, where a second handle
/// can be opened, to another: the slowest of them.
fn lag_ns(implementation: &Persisting<'_>, clock: &dyn Clock, bucket: &str) -> Result<Option<u64>> {
    let writer = implementation.open(bucket)?;
    let reader = match implementation.open(bucket) {
        Ok(reader) => Some(reader),
        Err(Failure::Error(_)) => None,
        Err(failure) => return Err(failure),
    };
    let mut slowest_ns = Some(0);
    for state in [Some(&b"a"[..]), Some(b"b"), None] {
        match state {
            Some(value) => writer.set("k", value)?,
            None => writer.delete("k")?,
        }
        let waited_ns = wait_for(clock, || {
            let other_shows = match &reader {
                Some(reader) => reader.get("k")?.as_deref() == state,
                None => true,
            };
            Ok(other_shows && writer.get("k")?.as_deref() == state)
        })?;
        slowest_ns = slowest_ns.zip(waited_ns).map(|(a, b)| a.max(b));
    }
    Ok(slowest_ns)
}

#[cfg(test)]
mod tests;
