//! What a case starts from: pairs that are there, keys that are gone, handles and values in hand.

use kvspec_reference::RequirementId::{self, KveBkt04, KvsLst01, KvsLst05};
use kvspec_reference::anomaly::name_text;
use kvspec_reference::history::Kind;
use kvspec_reference::interface::{Bucket, Failure, OutgoingValue};
use kvspec_reference::workload::recorder::Session;

use super::answered::Answered;
use super::blame;
use super::context::Check;
use super::stop::Checked;
use super::value_call::ValueCall;
use crate::judging::Handles;
use crate::persisting::PersistingHandle;

impl<'a> Check<'a> {
    /// Sets up what a case starts from: `set`, and wait until `get` shows it. What goes wrong here
    /// refutes the requirement of the `set` (KVE-SET-01, KVE-SET-02 or KVE-DEL-03, by what the key was
    /// before) or, where the `get` gives an error, that of the `get`; whatever the case claims.
    ///
    /// # Errors
    /// The refutation, or why the case ends.
    pub fn given(&mut self, session: &mut Session<'a>, bucket: &str, key: &str, value: &[u8]) -> Checked<()> {
        let requirement = blame::of_operation(Kind::Set, self.present(bucket, key));
        self.incidentally(requirement, |check| {
            check.set(session, bucket, key, value)?;
            check.reads(session, bucket, key, Some(value))
        })
    }

    /// As [`Check::given`]: `delete`, and wait until `get` shows that the key is absent. What goes wrong
    /// refutes KVE-DEL-01 or KVE-DEL-02, or the requirement of the `get`.
    ///
    /// # Errors
    /// The refutation, or why the case ends.
    pub fn gone(&mut self, session: &mut Session<'a>, bucket: &str, key: &str) -> Checked<()> {
        let requirement = blame::of_operation(Kind::Delete, self.present(bucket, key));
        self.incidentally(requirement, |check| {
            check.delete(session, bucket, key)?;
            check.reads(session, bucket, key, None)
        })
    }

    /// Steps that are not what the case is about: a wrong state refutes this requirement, and an error
    /// of an operation that operation's own, not the claim of the case.
    pub(super) fn incidentally<T>(
        &mut self,
        requirement: RequirementId,
        steps: impl FnOnce(&mut Self) -> Checked<T>,
    ) -> Checked<T> {
        let claim = std::mem::replace(&mut self.claim, requirement);
        let is_incidental = std::mem::replace(&mut self.is_incidental, true);
        // A step that ends the case leaves the claim as it was refuted.
        let result = steps(self)?;
        (self.claim, self.is_incidental) = (claim, is_incidental);
        Ok(result)
    }

    /// What an operation gave by which another session disturbs what the case is about: an error refutes
    /// the operation's own requirement.
    ///
    /// # Errors
    /// The refutation, or why the case ends.
    pub fn disturbed(
        &mut self,
        kind: Kind,
        register: (&str, &str),
        operation: Option<Answered>,
        result: Result<(), Failure>,
    ) -> Checked<()> {
        let own = blame::of_operation(kind, self.present(register.0, register.1));
        self.incidentally(own, |check| check.operated(kind, register, operation, result))
    }

    /// The session's handle of a bucket that must open. An error refutes KVE-BKT-04.
    ///
    /// # Errors
    /// The refutation, or why the case ends.
    pub fn open(&mut self, session: &mut Session<'a>, bucket: &str) -> Checked<()> {
        let opened = session.handle(bucket).map(|_| ());
        self.opened(bucket, opened)
    }

    /// Drops the session's handle of the bucket and opens another.
    ///
    /// # Errors
    /// The refutation, or why the case ends.
    pub fn reopen(&mut self, session: &mut Session<'a>, bucket: &str) -> Checked<()> {
        self.handles = Handles::Reopened;
        let opened = session.reopen(bucket);
        self.opened(bucket, opened)
    }

    /// Drops the session's handle of the bucket, if it has one; the next call opens another.
    pub fn close(&mut self, session: &mut Session<'a>, bucket: &str) {
        self.handles = Handles::Reopened;
        session.close(bucket);
    }

    /// A handle that belongs to no session, beside those of the sessions: only for being open, or for
    /// calls that are not recorded.
    ///
    /// # Errors
    /// The refutation, or why the case ends.
    pub fn idle_handle(&mut self, bucket: &str) -> Checked<Box<dyn Bucket + 'a>> {
        // Sessions of the case have one too.
        self.needs_handles(2)?;
        let handle = self.only_handle(bucket)?;
        Ok(PersistingHandle::of(handle, bucket, self.recorder()))
    }

    /// As [`Check::idle_handle`], where no session of the case has a handle.
    ///
    /// # Errors
    /// The refutation, or why the case ends.
    pub fn only_handle(&mut self, bucket: &str) -> Checked<Box<dyn Bucket>> {
        let opened = self.persist(|| self.implementation().open(bucket));
        self.opened(bucket, opened)
    }

    /// A new outgoing value.
    ///
    /// # Errors
    /// The refutation, or why the case ends.
    pub fn outgoing(&mut self) -> Checked<Box<dyn OutgoingValue>> {
        let made = self.persist(|| self.implementation().outgoing_value());
        self.value_call(ValueCall::NewOutgoing, made)
    }

    /// A new outgoing value whose body was written at once.
    ///
    /// # Errors
    /// The refutation, or why the case ends.
    pub fn outgoing_with(&mut self, body: &[u8]) -> Checked<Box<dyn OutgoingValue>> {
        let value = self.outgoing()?;
        let written = self.persist(|| value.write_sync(body));
        self.value_call(ValueCall::WriteBodySync, written)?;
        Ok(value)
    }

    /// Where opening is declared to create buckets, there is none that does not exist: reports what opening
    /// one does that nobody opened before.
    ///
    /// # Errors
    /// Why the case ends, for a failure that is no error of the interface.
    pub fn reports_opening(&mut self, unknown: &[&str]) -> Checked<()> {
        for name in unknown {
            let end = match self.implementation().open(name) {
                Ok(_) => "gave a bucket".to_owned(),
                Err(failure) if failure.is_interface_error() => format!("was refused: {failure}"),
                Err(failure) => return self.call(&format!("open of {}", name_text(name)), Err(failure)),
            };
            self.observe(format!("opening {}, a bucket that nobody had opened before, {end}", name_text(name)));
        }
        Ok(())
    }

    /// What the first page of keys gave, which must succeed. An error refutes KVS-LST-05 where the case says
    /// that there are no keys, else KVS-LST-01, whatever it says of listings.
    ///
    /// # Errors
    /// The refutation, or why the case ends.
    pub fn first_page<T>(&mut self, call: &str, result: Result<T, Failure>) -> Checked<T> {
        let own = if self.claim == KvsLst05 { KvsLst05 } else { KvsLst01 };
        self.incidentally(own, |check| check.call(call, result))
    }

    /// What an opening gave that must succeed.
    ///
    /// # Errors
    /// The refutation, or why the case ends.
    pub fn opened<T>(&mut self, bucket: &str, opened: Result<T, Failure>) -> Checked<T> {
        let call = format!("open of {}", name_text(bucket));
        self.incidentally(KveBkt04, |check| check.call(&call, opened))
    }
}
