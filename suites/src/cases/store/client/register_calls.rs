//! Calls on one key.

use kvspec_reference::anomaly::{name_text, value_text};
use kvspec_reference::history::Kind;
use kvspec_reference::workload::recorder::Recorded;

use super::handle::Client;
use super::record::{state, state_text};
use crate::case::check::{Check, Checked};

impl Client {
    /// `get`.
    pub(in crate::cases::store) fn get(&self, check: &mut Check<'_>, key: &str) -> Checked<Option<Vec<u8>>> {
        check.needs_key(key)?;
        let call = format!("get {}", name_text(key));
        let result = self.persist(check, &[], || {
            let invoke = check.recorder().stamp();
            let result = self.bucket.get(key);
            let seen = state(result.as_ref().ok().and_then(Option::as_deref));
            self.tells(check, invoke, (Kind::Get, key), &result, seen);
            Ok(result)
        })?;
        self.operated(check, (Kind::Get, key), &call, result, state_text)
    }

    /// `get` and `exists` show this state, at once.
    pub(in crate::cases::store) fn shows(&self, check: &mut Check<'_>, key: &str, state: Option<&[u8]>) -> Checked<()> {
        let seen = self.get(check, key)?;
        let expected = state.map(<[u8]>::to_vec);
        check.holds(seen == expected, || {
            (format!("get {} gives {}", name_text(key), state_text(&expected)), state_text(&seen))
        })?;
        let seen = self.exists(check, key)?;
        check.same(&format!("exists of {}", name_text(key)), state.is_some(), seen)
    }

    /// `exists`.
    pub(in crate::cases::store) fn exists(&self, check: &mut Check<'_>, key: &str) -> Checked<bool> {
        check.needs_key(key)?;
        let result = self.persist(check, &[], || {
            let invoke = check.recorder().stamp();
            let result = self.bucket.exists(key);
            let seen = if matches!(result, Ok(true)) { Recorded::Present } else { Recorded::Absent };
            self.tells(check, invoke, (Kind::Exists, key), &result, seen);
            Ok(result)
        })?;
        self.operated(check, (Kind::Exists, key), &format!("exists {}", name_text(key)), result, bool::to_string)
    }

    /// `set`.
    pub(in crate::cases::store) fn set(&self, check: &mut Check<'_>, key: &str, value: &[u8]) -> Checked<()> {
        check.needs_pair(&self.bucket_name, key, value)?;
        let call = format!("set {} = {}", name_text(key), value_text(value));
        let result = self.persist(check, &[key], || {
            let invoke = check.recorder().stamp();
            let result = self.bucket.set(key, value);
            self.tells(check, invoke, (Kind::Set, key), &result, Recorded::Bytes(value));
            Ok(result)
        })?;
        self.operated(check, (Kind::Set, key), &call, result, |()| "ok".into())
    }

    /// `delete`.
    pub(in crate::cases::store) fn delete(&self, check: &mut Check<'_>, key: &str) -> Checked<()> {
        check.needs_key(key)?;
        let result = self.persist(check, &[key], || {
            let invoke = check.recorder().stamp();
            let result = self.bucket.delete(key);
            self.tells(check, invoke, (Kind::Delete, key), &result, Recorded::Absent);
            Ok(result)
        })?;
        self.operated(check, (Kind::Delete, key), &format!("delete {}", name_text(key)), result, |()| "ok".into())
    }
}
