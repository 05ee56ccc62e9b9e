//! Calls on many keys.

use kvspec_reference::anomaly::{name_text, value_text};
use kvspec_reference::history::Kind;
use kvspec_reference::interface::Pair;
use kvspec_reference::workload::recorder::Recorded;

use super::handle::Client;
use super::record::state;
use crate::case::check::{Check, Checked};

impl Client {
    /// `get-many`.
    pub(in crate::cases::store) fn get_many(&self, check: &mut Check<'_>, keys: &[&str]) -> Checked<Vec<Option<Pair>>> {
        keys.iter().try_for_each(|key| check.needs_key(key))?;
        let result = self.persist(check, &[], || {
            let invoke = check.recorder().stamp();
            let result = self.batch()?.get_many(keys);
            let answers = result.as_deref().unwrap_or_default();
            // An answer for another key, or none where there should be one, is the case's to refute.
            if answers.len() == keys.len() {
                let states = keys
                    .iter()
                    .zip(answers)
                    .map(|(&key, answer)| (key, state(answer.as_ref().map(|(_, value)| value.as_slice()))));
                self.tells_many(check, invoke, Kind::Get, &result, states);
            }
            Ok(result)
        })?;
        let call = format!("get-many of {} keys", keys.len());
        self.told(check, &call, result, |answers| format!("{} answers", answers.len()))
    }

    /// `get-many` answers each key in its place with this state.
    pub(in crate::cases::store) fn shows_many(
        &self,
        check: &mut Check<'_>,
        states: &[(&str, Option<&[u8]>)],
    ) -> Checked<()> {
        let keys: Vec<&str> = states.iter().map(|(key, _)| *key).collect();
        let answers = self.get_many(check, &keys)?;
        check.same("the number of answers of get-many", keys.len(), answers.len())?;
        for (place, ((key, state), answer)) in states.iter().zip(&answers).enumerate() {
            let expected = state.map(|value| (*key, value));
            let seen = answer.as_ref().map(|(key, value)| (key.as_str(), value.as_slice()));
            let text = |answer: Option<(&str, &[u8])>| {
                answer.map_or("none".into(), |(key, value)| format!("{} = {}", name_text(key), value_text(value)))
            };
            check.holds(seen == expected, || {
                (format!("answer {place} of get-many, of {}, is {}", name_text(key), text(expected)), text(seen))
            })?;
        }
        Ok(())
    }

    /// `set-many`.
    pub(in crate::cases::store) fn set_many(&self, check: &mut Check<'_>, pairs: &[(&str, &[u8])]) -> Checked<()> {
        pairs.iter().try_for_each(|(key, value)| check.needs_pair(&self.bucket_name, key, value))?;
        let keys: Vec<&str> = pairs.iter().map(|(key, _)| *key).collect();
        let result = self.persist(check, &keys, || {
            let invoke = check.recorder().stamp();
            let result = self.batch()?.set_many(pairs);
            let states = pairs.iter().map(|&(key, value)| (key, Recorded::Bytes(value)));
            self.tells_many(check, invoke, Kind::Set, &result, states);
            Ok(result)
        })?;
        self.told(check, &format!("set-many of {} pairs", pairs.len()), result, |()| "ok".into())?;
        pairs.iter().for_each(|(key, _)| check.note_state(&self.bucket_name, key, true));
        Ok(())
    }

    /// `delete-many`.
    pub(in crate::cases::store) fn delete_many(&self, check: &mut Check<'_>, keys: &[&str]) -> Checked<()> {
        keys.iter().try_for_each(|key| check.needs_key(key))?;
        let result = self.persist(check, keys, || {
            let invoke = check.recorder().stamp();
            let result = self.batch()?.delete_many(keys);
            let states = keys.iter().map(|&key| (key, Recorded::Absent));
            self.tells_many(check, invoke, Kind::Delete, &result, states);
            Ok(result)
        })?;
        self.told(check, &format!("delete-many of {} keys", keys.len()), result, |()| "ok".into())?;
        keys.iter().for_each(|key| check.note_state(&self.bucket_name, key, false));
        Ok(())
    }
}
