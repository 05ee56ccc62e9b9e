//! Operations on many keys.

use std::borrow::Cow;

use super::Client;
use crate::anomaly::name_text;
use crate::history::{CallFault, FaultKind, Kind};
use crate::interface::{Batch, Pair, Result};
use crate::workload::keys::Keys;
use crate::workload::log::{Log, Part, Recorded, outcome_of};
use crate::workload::value_source::ValueSource;

impl<L: Log> Client<'_, L> {
    pub(super) fn get_many(&mut self, bucket: &str, keys: &[Keys]) -> Result<()> {
        let keys = flat(keys);
        let Some((invoke, result)) = self.on_batch(bucket, |batch| batch.get_many(&keys_of(&keys)))? else {
            return Ok(());
        };
        let nothing = Vec::new();
        let answers = result.as_ref().unwrap_or(&nothing);
        let misplaced = result.as_ref().ok().and_then(|answers| misplaced(&keys, answers));
        let parts: Vec<Part<'_>> = match misplaced {
            // What it says of which key, nobody knows.
            Some(_) => Vec::new(),
            None => {
                let places = keys.iter().enumerate();
                places.map(|(place, key)| read_of(self.id, bucket, key, answers.get(place))).collect()
            }
        };
        self.log.note_group(invoke, outcome_of(&result), &parts);
        if let Some(detail) = misplaced {
            let fault = CallFault { kind: FaultKind::Misplaced, session: self.id, bucket: bucket.into(), detail };
            self.log.note_fault(fault);
        }
        result.map(drop)
    }

    pub(super) fn set_many(&mut self, bucket: &str, pairs: &[(Keys, ValueSource)]) -> Result<()> {
        let mut all: Vec<(Cow<'_, str>, Vec<u8>)> = Vec::new();
        for (keys, value) in pairs {
            all.extend((0u32..).zip(keys.names()).map(|(place, key)| (key, value.numbered(place).bytes())));
        }
        let pairs: Vec<(&str, &[u8])> = all.iter().map(|(key, value)| (&**key, &**value)).collect();
        pairs.iter().for_each(|(key, _)| self.log.wait_to_write(bucket, key));
        let Some((invoke, result)) = self.on_batch(bucket, |batch| batch.set_many(&pairs))? else { return Ok(()) };
        let part = |&(key, value): &(_, _)| Part {
            session: self.id,
            bucket,
            key,
            kind: Kind::Set,
            value: Recorded::Bytes(value),
        };
        self.log.note_group(invoke, outcome_of(&result), &pairs.iter().map(part).collect::<Vec<_>>());
        result
    }

    pub(super) fn delete_many(&mut self, bucket: &str, keys: &[Keys]) -> Result<()> {
        let keys = flat(keys);
        keys.iter().for_each(|key| self.log.wait_to_write(bucket, key));
        let Some((invoke, result)) = self.on_batch(bucket, |batch| batch.delete_many(&keys_of(&keys)))? else {
            return Ok(());
        };
        let part = |key| Part { session: self.id, bucket, key, kind: Kind::Delete, value: Recorded::Absent };
        self.log.note_group(invoke, outcome_of(&result), &keys.iter().map(|key| part(&**key)).collect::<Vec<_>>());
        result
    }

    /// When the call was made and what it gave; `None` where there are no batches.
    fn on_batch<T>(
        &mut self,
        bucket: &str,
        call: impl FnOnce(&dyn Batch) -> Result<T>,
    ) -> Result<Option<(u64, Result<T>)>> {
        if self.handle(bucket)?.batch().is_none() {
            return Ok(None);
        }
        let invoke = self.log.stamp();
        let made = self.handles[bucket].batch().map(call);
        Ok(made.map(|result| (invoke, self.or_fault(result))))
    }
}

fn read_of<'p>(session: u16, bucket: &'p str, key: &'p str, answer: Option<&'p Option<Pair>>) -> Part<'p> {
    let value = answer.and_then(Option::as_ref).map_or(Recorded::Absent, |(_, value)| Recorded::Bytes(value));
    Part { session, bucket, key, kind: Kind::Get, value }
}

fn flat(keys: &[Keys]) -> Vec<Cow<'_, str>> {
    keys.iter().flat_map(Keys::names).collect()
}

fn keys_of<'k>(keys: &'k [Cow<'_, str>]) -> Vec<&'k str> {
    keys.iter().map(|key| &**key).collect()
}

/// What shows that answers do not stand in the places of the keys they are for.
fn misplaced(keys: &[Cow<'_, str>], answers: &[Option<Pair>]) -> Option<String> {
    if answers.len() != keys.len() {
        return Some(format!("{} answers to {} keys", answers.len(), keys.len()));
    }
    let (place, (key, other)) = keys.iter().zip(answers).enumerate().find_map(|(place, (key, answer))| {
        let (other, _) = answer.as_ref().filter(|(other, _)| other != key)?;
        Some((place, (key, other)))
    })?;
    Some(format!("answer {place}, of {}, is of {}", name_text(key), name_text(other)))
}
