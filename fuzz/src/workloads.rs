//! Bytes as workloads, for all targets that drive a store.

use arbitrary::Unstructured;
use kvspec::subject::native::Native;
use kvspec_reference::Profile;
use kvspec_reference::interface::{self, Implementation, Subject};
use kvspec_reference::workload::Workload;
use kvspec_reference::workload::recorder::ManualClock;
use kvspec_reference::workload::shrink::shrink;
use kvspec_reference::workload::text::WorkloadFile;
use kvspec_suites::Declaration;
use kvspec_suites::workloads::generate::{Size, from_unstructured};
use kvspec_suites::workloads::property::{Regression, execute};

use crate::{Checked, Looked, Wrong};

/// The profile that stores are judged by.
pub const PROFILE: Profile = Profile::Eventual;

/// A store that a target drives: where it comes from, and what workloads it gets.
pub struct Store<'a> {
    /// Where fresh ones come from.
    pub subject: &'a dyn Subject,
    /// What it declares.
    pub declaration: Declaration,
    /// How large workloads get.
    pub size: Size,
}

/// A subject of somebody else.
struct Borrowed<'a>(&'a dyn Subject);

impl Subject for Borrowed<'_> {
    fn start(&self, seed: u64) -> interface::Result<Box<dyn Implementation + '_>> {
        self.0.start(seed)
    }

    fn profile(&self) -> Profile {
        self.0.profile()
    }

    fn offer(&self) -> String {
        self.0.offer()
    }
}

/// The most workloads that are tried to make one small.
const SHRINK_EXECUTIONS_MAX: u64 = 10_000;

impl Store<'_> {
    /// The workload that the bytes stand for, and the seed the store is started with: so that
    /// chance within the store is searched, too. `None` when there are too few bytes.
    pub fn decode(&self, bytes: &[u8]) -> Option<(Workload, u64)> {
        let (seed, rest) = bytes.split_first()?;
        let workload = from_unstructured(&self.declaration, self.size, &mut Unstructured::new(rest)).ok()?;
        Some((workload, u64::from(*seed)))
    }

    /// Runs the workload that the bytes stand for, and judges it.
    ///
    /// # Errors
    /// The anomaly, with the workload.
    pub fn check(&self, bytes: &[u8]) -> Checked {
        let Some((workload, seed)) = self.decode(bytes) else { return Ok(Looked::No) };
        let clock = ManualClock::default();
        let execution = execute(self.subject, &clock, &self.declaration, PROFILE, &workload, seed)
            .map_err(|why| Wrong(format!("fault of kvspec: {why}")))?;
        let Some(anomaly) = execution.anomalies.first() else {
            return Ok(if execution.reads > 0 { Looked::Yes } else { Looked::No });
        };
        let (requirement, expected, actual) = (anomaly.requirement, &anomaly.expected, &anomaly.actual);
        let file = WorkloadFile { profile: PROFILE.name().into(), workload };
        Err(Wrong(format!("{requirement}: expected {expected}, saw {actual}\n\nstore seed {seed}\n{file}")))
    }

    /// The workload that the bytes stand for, made as small as still shows what is wrong. A panic of the
    /// store is a trap, as in every run of the suite.
    ///
    /// # Errors
    /// When nothing is wrong any more, or nothing can be run; the text says how.
    pub fn regression(&self, bytes: &[u8]) -> Result<Regression, String> {
        let (workload, seed) = self.decode(bytes).ok_or("the input stands for no workload")?;
        let subject = Native(Borrowed(self.subject));
        let broken = |workload: &Workload| {
            let clock = ManualClock::default();
            execute(&subject, &clock, &self.declaration, PROFILE, workload, seed)
                .map(|execution| execution.anomalies.iter().map(|anomaly| anomaly.requirement).collect::<Vec<_>>())
        };
        let requirement = *broken(&workload)?.first().ok_or("the input shows nothing wrong any more")?;
        let shrunk = shrink(&workload, SHRINK_EXECUTIONS_MAX, |candidate| {
            broken(candidate).is_ok_and(|requirements| requirements.contains(&requirement))
        });
        Ok(Regression {
            requirement: requirement.to_string(),
            kind: String::new(),
            implementation_seed: seed,
            file: WorkloadFile { profile: PROFILE.name().into(), workload: shrunk.workload },
        })
    }
}
