//! Many keys in one bucket: what pages, pipelines and statements get wrong.

use kvspec_reference::workload::stamp::Stamp;
use kvspec_reference::workload::{Call, Keys, ValueSource};

use super::choices::Choices;
use super::workload::Generator;

/// Sizes of crowds where no page shows what it holds: around those of pages, pipelines and statements.
const CROWDS: [u32; 8] = [65, 101, 257, 501, 600, 1_001, 1_100, 1_201];
/// How many bytes a batch passes.
const BATCH_BYTES: usize = 1 << 20;
/// The shortest stamped value that is used, in bytes: with room for many numbers.
const STAMP_BYTES: u32 = 32;

impl<C: Choices> Generator<'_, C> {
    /// How many numbered keys a bucket may hold beside the others; 0 where such keys or batches are not allowed.
    pub(super) fn crowd_max(&self) -> u32 {
        const KEY_BYTES: usize = 7;
        let limits = &self.limits;
        let has_room = limits.max_key_bytes.is_none_or(|longest| longest >= KEY_BYTES)
            && self.values.longest() >= STAMP_BYTES as usize
            && limits.max_total_bytes.is_none()
            && self.repertoire.batch;
        if has_room { limits.max_keys.map_or(u32::MAX, |most| u32::try_from(most).unwrap_or(u32::MAX)) } else { 0 }
    }

    /// Many keys in one bucket or two: set in batches, listed, read, deleted and listed again.
    pub(super) fn crowd(&mut self, most: u32) {
        // Each of them is read by each session at each quiescence point.
        self.sessions = self.sessions.min(2);
        let bucket = self.names.bucket(0).to_owned();
        let count = self.crowd_size().min(most);
        let keys = Keys::Numbered { prefix: "k".into(), from: 0, to: count };
        let mut pairs = vec![(keys.clone(), self.stamped(0, count))];
        if count < most / 4 && !self.choices.one_in(3) {
            let before = self.repertoire.page_keys.unwrap_or(count / 2).clamp(1, count) - 1;
            // Keys that begin with another: behind the last of a page, and somewhere later.
            for number in [before, before + self.choices.below(count - before)] {
                pairs.push((Keys::One(format!("k{number:04}0x")), self.stamped(0, 1)));
            }
        }
        self.push(0, Call::SetMany { bucket: bucket.clone(), pairs });
        if self.choices.one_in(3)
            && let Some(other) = self.names.other_bucket(&bucket)
        {
            let value = self.stamped(0, count);
            self.push(0, Call::SetMany { bucket: other, pairs: vec![(keys.clone(), value)] });
        }
        for _ in 0..1 + self.choices.below(3) {
            self.crowd_step(&bucket, &keys, count);
        }
        if self.choices.one_in(2) {
            let session = self.session();
            let doomed = self.with_absent(&[keys]);
            self.push(session, Call::DeleteMany { bucket, keys: doomed });
        }
    }

    fn crowd_size(&mut self) -> u32 {
        let Some(page) = self.repertoire.page_keys.filter(|_| self.choices.one_in(3)) else {
            return CROWDS[self.choices.below(CROWDS.len() as u32) as usize];
        };
        let sizes = [page.saturating_sub(1), page, page + 1, 2 * page, 2 * page + 1];
        sizes[self.choices.below(sizes.len() as u32) as usize].clamp(1, 2_500)
    }

    fn crowd_step(&mut self, bucket: &str, keys: &Keys, count: u32) {
        let session = self.session();
        let bucket = bucket.to_owned();
        match self.choices.weighted(&[2, 2, 3, 1, 1]) {
            0 if self.repertoire.listing => self.push(session, Call::List { bucket, pages: None }),
            0 | 1 => self.push(session, Call::GetMany { bucket, keys: vec![keys.clone()] }),
            2 => {
                // Some, most or all of them, with one more that is absent, or what a page holds.
                let parts = [count, count - count / 8, count / 2, self.repertoire.page_keys.unwrap_or(1).min(count)];
                let to = parts[self.choices.below(parts.len() as u32) as usize];
                let first = if self.repertoire.listing {
                    Some(Call::List { bucket: bucket.clone(), pages: Some(1) })
                } else {
                    None
                };
                first.into_iter().for_each(|list| self.push(session, list));
                let doomed = Keys::Numbered { prefix: "k".into(), from: 0, to };
                let doomed = self.with_absent(&[doomed]);
                self.push(session, Call::DeleteMany { bucket, keys: doomed });
            }
            3 => {
                let value = self.stamped(session, count);
                self.push(session, Call::SetMany { bucket, pairs: vec![(keys.clone(), value)] });
            }
            _ => self.heavy_batch(session, bucket, count),
        }
    }

    /// Values that have more than a mebibyte together, set and read in one batch each.
    fn heavy_batch(&mut self, session: u16, bucket: String, count: u32) {
        let length = self.values.longest().min(65_536);
        let wanted = (BATCH_BYTES / length.max(1) + 2) as u32;
        if wanted > count.min(64) {
            return;
        }
        let keys = Keys::Numbered { prefix: "k".into(), from: 0, to: wanted };
        let ValueSource::Stamp(stamp) = self.stamped(session, wanted) else { return };
        let value = ValueSource::Stamp(Stamp { length: length as u32, ..stamp });
        self.push(session, Call::SetMany { bucket: bucket.clone(), pairs: vec![(keys.clone(), value)] });
        self.push(session, Call::GetMany { bucket, keys: vec![keys] });
    }

    /// A short value for each of so many numbered keys.
    fn stamped(&mut self, session: u16, count: u32) -> ValueSource {
        let operation = self.values.numbers(session, count);
        ValueSource::Stamp(Stamp { session, operation, length: STAMP_BYTES })
    }
}
