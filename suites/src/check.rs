//! The context a case runs in: sessions that are recorded, and expectations that wait as long as
//! eventual consistency demands, and no longer.

use kvspec_reference::History;
use kvspec_reference::anomaly::{Anomaly, name_text, value_text};
use kvspec_reference::interface::{Clock, Failure, Implementation};
use kvspec_reference::recorder::{Recorder, Session};

use crate::case::Case;
use crate::declaration::Declaration;

/// Why a case ends before its end.
#[derive(Debug)]
pub enum Stop {
    /// The claim is refuted.
    Anomaly(Box<Anomaly>),
    /// Not applicable; names the declaration that says so.
    Skip(String),
    /// Nothing can be decided.
    Inconclusive(String),
    /// kvspec is at fault.
    Harness(String),
}

/// What a step of a case gives.
pub type Step<T> = Result<T, Stop>;

/// How many polls are spread over the convergence bound before a read is called wrong.
const POLLS_MAX: u32 = 12;

/// The context of one run of one case.
pub struct Check<'a> {
    case: &'a Case,
    declaration: &'a Declaration,
    recorder: Recorder<'a>,
    seed: u64,
    comparisons: u64,
    convergence_ns: Vec<u64>,
}

impl<'a> Check<'a> {
    pub(crate) fn new(
        case: &'a Case,
        implementation: &'a dyn Implementation,
        clock: &'a dyn Clock,
        declaration: &'a Declaration,
        seed: u64,
    ) -> Self {
        let recorder = Recorder::new(implementation, clock, "eventual@0.1.0", declaration.convergence_bound());
        Self { case, declaration, recorder, seed, comparisons: 0, convergence_ns: Vec::new() }
    }

    pub(crate) fn finish(self) -> (History, u64, Vec<u64>) {
        (self.recorder.finish(), self.comparisons, self.convergence_ns)
    }

    /// What the implementation declares.
    pub fn declaration(&self) -> &'a Declaration {
        self.declaration
    }

    /// The implementation itself, for what sessions do not cover.
    pub fn implementation(&self) -> &'a dyn Implementation {
        self.recorder.implementation()
    }

    /// The seed of this run.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// A further session.
    pub fn session(&self) -> Session<'a> {
        self.recorder.session()
    }

    /// The bucket that the case works in.
    pub fn bucket(&self) -> String {
        match self.declaration.capabilities.buckets.first() {
            Some(name) => name.clone(),
            None => "bucket-a".into(),
        }
    }

    /// The result of a call with valid arguments: any failure refutes `requirement`, but a trap
    /// refutes KVE-ERR-01.
    ///
    /// # Errors
    /// The anomaly, or a fault of kvspec.
    pub fn ok<T>(&mut self, requirement: &'static str, call: &str, result: Result<T, Failure>) -> Step<T> {
        self.comparisons += 1;
        match result {
            Ok(value) => Ok(value),
            Err(Failure::Harness(why)) => Err(Stop::Harness(why)),
            Err(Failure::Unanswered(why)) => Err(Stop::Inconclusive(format!("{call} was not answered: {why}"))),
            Err(trap @ Failure::Trap(_)) => {
                Err(self.refuted("KVE-ERR-01", format!("{call} gives a result or an error"), trap.to_string()))
            }
            Err(error) => Err(self.refuted(requirement, format!("{call} succeeds"), error.to_string())),
        }
    }

    /// Reads the key until it gives `expected` (`None`: absent) or the convergence bound has
    /// passed since the first read.
    ///
    /// # Errors
    /// The anomaly when the last read still differs.
    pub fn reads(
        &mut self,
        requirement: &'static str,
        session: &mut Session<'a>,
        bucket: &str,
        key: &str,
        expected: Option<&[u8]>,
    ) -> Step<()> {
        let call = format!("get of {}/{}", name_text(bucket), name_text(key));
        let describe = |state: Option<&[u8]>| state.map_or("absent".into(), value_text);
        self.poll(
            requirement,
            expected.map(<[u8]>::to_vec),
            &call,
            |d| describe(d.as_deref()),
            || session.get(bucket, key),
        )
    }

    /// As [`Check::reads`], with `exists`.
    ///
    /// # Errors
    /// The anomaly when the last read still differs.
    pub fn exists(
        &mut self,
        requirement: &'static str,
        session: &mut Session<'a>,
        bucket: &str,
        key: &str,
        expected: bool,
    ) -> Step<()> {
        let call = format!("exists of {}/{}", name_text(bucket), name_text(key));
        self.poll(requirement, expected, &call, |d| d.to_string(), || session.exists(bucket, key))
    }

    /// Lets the convergence bound pass.
    pub fn settle(&mut self) {
        self.recorder.clock().advance(self.declaration.convergence_bound());
    }

    fn poll<T: PartialEq>(
        &mut self,
        requirement: &'static str,
        expected: T,
        call: &str,
        describe: impl Fn(&T) -> String,
        mut read: impl FnMut() -> Result<T, Failure>,
    ) -> Step<()> {
        let clock = self.recorder.clock();
        let start_ns = clock.now_ns();
        let bound = self.declaration.convergence_bound();
        let bound_ns = bound.as_nanos() as u64;
        loop {
            // Looked at before the read: only a read begun after the bound can refute.
            let is_last = clock.now_ns().saturating_sub(start_ns) >= bound_ns;
            let seen = self.ok(requirement, call, read())?;
            if seen == expected {
                self.convergence_ns.push(clock.now_ns().saturating_sub(start_ns));
                return Ok(());
            }
            if is_last {
                let expected = format!("{call} gives {}", describe(&expected));
                return Err(self.refuted(requirement, expected, describe(&seen)));
            }
            clock.advance(bound / POLLS_MAX);
        }
    }

    fn refuted(&self, requirement: &'static str, expected: String, actual: String) -> Stop {
        let operations: Vec<usize> = (0..self.recorder.operation_count()).collect();
        let because = vec![format!("{} claims it", self.case.name)];
        Stop::Anomaly(Box::new(Anomaly { requirement, register: None, expected, actual, operations, because }))
    }
}
