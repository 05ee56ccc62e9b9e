//! Outcomes of calls: what must succeed, what must be refused, and what an error refutes.

use kvspec_reference::RequirementId::{self, KveErr01};
use kvspec_reference::history::Kind;
use kvspec_reference::interface::Failure;
use kvspec_reference::workload::recorder::Session;

use super::answered::{Answered, place};
use super::blame;
use super::context::Check;
use super::refutation::{Mismatch, Refutation};
use super::stop::{Checked, Stop};
use super::value_call::ValueCall;
use crate::requirement;

/// A call, as far as its outcome concerns a case.
struct Called<'c> {
    name: &'c str,
    register: Option<(&'c str, &'c str)>,
    /// Its operation in the history, where it has one.
    operation: Option<Answered>,
    /// The requirement that an error of it refutes, where the claim does not speak of errors.
    own: Option<RequirementId>,
}

impl<'a> Check<'a> {
    /// The result of a call that is no operation on a register: an error refutes the claim.
    ///
    /// # Errors
    /// The refutation, or why the case ends.
    pub fn call<T>(&mut self, call: &str, result: Result<T, Failure>) -> Checked<T> {
        let result = self.or_fault(result);
        self.succeeded(Called { name: call, register: None, operation: None, own: None }, result)
    }

    /// As [`Check::call`], of a call in a value's life: an error refutes the claim, or the call's own requirement
    /// where the claim is of another kind.
    ///
    /// # Errors
    /// The refutation, or why the case ends.
    pub fn value_call<T>(&mut self, call: ValueCall, result: Result<T, Failure>) -> Checked<T> {
        let result = self.or_fault(result);
        let own = Some(call.requirement());
        self.succeeded(Called { name: call.name(), register: None, operation: None, own }, result)
    }

    /// The result of the operation that was recorded last, by other means than [`Check::set`] and its kin:
    /// an error refutes the claim, or the operation's own requirement where the claim is of another kind.
    ///
    /// # Errors
    /// The refutation, or why the case ends.
    pub fn recorded<T>(&mut self, kind: Kind, register: (&str, &str), result: Result<T, Failure>) -> Checked<T> {
        let operation = self.last_operation();
        self.operated(kind, register, operation, result)
    }

    /// As [`Check::recorded`], of a call on a handle that belongs to no session. The claim of such a case
    /// is never that it succeeds, so an error refutes the call's own requirement.
    ///
    /// # Errors
    /// The refutation, or why the case ends.
    pub fn unrecorded<T>(&mut self, kind: Kind, register: (&str, &str), result: Result<T, Failure>) -> Checked<T> {
        let result = self.or_fault(result);
        let own = blame::of_operation(kind, self.present(register.0, register.1));
        if kind.is_write() {
            self.writes_of(register.0, register.1).is_written_otherwise = true;
        }
        self.incidentally(own, |check| check.operated(kind, register, None, result))
    }

    /// As [`Check::recorded`], of an earlier operation, or of none.
    pub(super) fn operated<T>(
        &mut self,
        kind: Kind,
        register: (&str, &str),
        operation: Option<Answered>,
        result: Result<T, Failure>,
    ) -> Checked<T> {
        let (bucket, key) = register;
        let own = blame::of_operation(kind, self.present(bucket, key));
        let name = place(kind.name(), bucket, key);
        let called = Called { name: &name, register: Some(register), operation, own: Some(own) };
        let result = self.succeeded(called, result)?;
        match kind {
            Kind::Set => self.writes_of(bucket, key).present = Some(true),
            Kind::Delete => self.writes_of(bucket, key).present = Some(false),
            _ => {}
        }
        Ok(result)
    }

    /// The result of a call that the declaration makes an error: a result refutes the claim.
    ///
    /// # Errors
    /// The refutation, or why the case ends.
    pub fn refused<T>(&mut self, call: &str, why: &str, result: Result<T, Failure>) -> Checked<()> {
        let result = self.or_fault(result);
        self.is_refused(Called { name: call, register: None, operation: None, own: None }, why, result)
    }

    /// As [`Check::refused`], of an operation of this session, which is not tried again.
    ///
    /// # Errors
    /// The refutation, or why the case ends.
    pub fn recorded_is_refused<T>(
        &mut self,
        kind: Kind,
        register: (&str, &str),
        why: &str,
        result: Result<T, Failure>,
    ) -> Checked<()> {
        let (name, operation) = (place(kind.name(), register.0, register.1), self.last_operation());
        self.is_refused(Called { name: &name, register: Some(register), operation, own: None }, why, result)
    }

    /// As [`Check::refused`], of a recorded `set`.
    ///
    /// # Errors
    /// The refutation, or why the case ends.
    pub fn set_is_refused(
        &mut self,
        session: &mut Session<'a>,
        bucket: &str,
        key: &str,
        value: &[u8],
        why: &str,
    ) -> Checked<()> {
        self.open(session, bucket)?;
        let result = session.once(|session| session.set(bucket, key, value));
        self.note_recorded(bucket, key, Some(value));
        self.recorded_is_refused(Kind::Set, (bucket, key), why, result)
    }

    /// `set`, which may be refused with an error; whether it succeeded.
    ///
    /// # Errors
    /// Why the case ends, for any other failure.
    pub fn set_or_refusal(
        &mut self,
        session: &mut Session<'a>,
        bucket: &str,
        key: &str,
        value: &[u8],
    ) -> Checked<bool> {
        self.open(session, bucket)?;
        let result = session.set(bucket, key, value);
        self.note_recorded(bucket, key, Some(value));
        match result {
            Err(Failure::Error(_)) => Ok(false),
            other => self.recorded(Kind::Set, (bucket, key), other).map(|()| true),
        }
    }

    /// Makes a call that is in no history until it answers something else than an error, or as often as is
    /// declared.
    pub fn persist<T>(&self, call: impl FnMut() -> Result<T, Failure>) -> Result<T, Failure> {
        self.recorder.persistence().persist(self.recorder.clock(), call)
    }

    fn is_refused<T>(&mut self, called: Called<'_>, why: &str, result: Result<T, Failure>) -> Checked<()> {
        self.comparisons += 1;
        match result {
            Err(Failure::Error(error)) => {
                if error.trace.is_empty() {
                    self.observe(format!("{} gave an error whose trace is empty", called.name));
                }
                Ok(())
            }
            Ok(_) => {
                let (expected, actual) = (format!("{} gives an error: {why}", called.name), "it succeeded".into());
                Err(self.refute_words(called.register, called.operation, expected, actual))
            }
            Err(failure) => self.succeeded(called, Err(failure)),
        }
    }

    fn succeeded<T>(&mut self, called: Called<'_>, result: Result<T, Failure>) -> Checked<T> {
        let Called { name, register, operation, own } = called;
        match result {
            Ok(value) => Ok(value),
            Err(Failure::Setup(why) | Failure::Harness(why)) => Err(Stop::Harness(format!("{name}: {why}"))),
            Err(Failure::Unanswered(why)) => Err(Stop::Inconclusive(format!("{name} was not answered: {why}"))),
            Err(trap @ Failure::Trap(_)) => {
                self.claim = KveErr01;
                let expected = format!("{name} gives a result or an error");
                Err(self.refute_words(register, operation, expected, trap.to_string()))
            }
            Err(error) => {
                let tried = self.claim;
                if self.is_incidental || !requirement::find(tried).is_broken_by_an_error() {
                    self.claim = own.unwrap_or(tried);
                }
                let tried = if self.is_incidental { self.claim } else { tried };
                let (expected, actual) = (format!("{name} succeeds"), error.to_string());
                let tries = 1 + self.recorder.persistence().retries;
                Err(self.refute_in(tried, register, operation, Mismatch::Error { expected, actual, tries }))
            }
        }
    }

    /// A fault noticed outside any call counts against the first call that is asked after it.
    fn or_fault<T>(&self, result: Result<T, Failure>) -> Result<T, Failure> {
        match self.implementation().take_fault() {
            Some(fault) if result.is_ok() => Err(fault),
            _ => result,
        }
    }

    pub(super) fn refute_words(
        &self,
        register: Option<(&str, &str)>,
        operation: Option<Answered>,
        expected: String,
        actual: String,
    ) -> Stop {
        self.refute(register, operation, Mismatch::Words { expected, actual })
    }

    pub(super) fn refute(
        &self,
        register: Option<(&str, &str)>,
        operation: Option<Answered>,
        finding: Mismatch,
    ) -> Stop {
        self.refute_in(self.claim, register, operation, finding)
    }

    /// Refutes the claim, in a case that set out to try another.
    fn refute_in(
        &self,
        tried: RequirementId,
        register: Option<(&str, &str)>,
        operation: Option<Answered>,
        finding: Mismatch,
    ) -> Stop {
        let claim = self.claim;
        let is_demanded = !requirement::find(claim).is_only_observed();
        debug_assert!(is_demanded, "{} refutes {claim}, which is only reported", self.name);
        let register = register.map(|(bucket, key)| (bucket.to_owned(), key.to_owned()));
        let premise = self.premise.clone();
        Stop::Refuted(Box::new(Refutation { claim, tried, register, operation, finding, premise }))
    }
}
