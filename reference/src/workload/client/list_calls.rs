//! Listings.

use super::Client;
use crate::history::{CallFault, FaultKind};
use crate::interface::{KeyPage, Result};
use crate::workload::log::{Listed, Log, outcome_of};

/// A listing of more pages, or of keys with more bytes together, is taken for one without end.
const PAGES_MAX: u32 = 30_000;
const LISTED_BYTES_MAX: usize = 64 << 20;

impl<L: Log> Client<'_, L> {
    /// `list-keys`, page after page: the keys as they came, or `None` where listings are not offered.
    ///
    /// # Errors
    /// As [`Listing::list_keys`](crate::interface::Listing::list_keys). What earlier pages held is recorded.
    pub fn list(&mut self, bucket: &str, pages_max: Option<u32>) -> Result<Option<Vec<String>>> {
        if self.handle(bucket)?.listing().is_none() {
            return Ok(None);
        }
        let invoke = self.log.stamp();
        let pages = Pages::of(pages_max.unwrap_or(PAGES_MAX), |cursor| match self.handles[bucket].listing() {
            Some(listing) => self.or_fault(listing.list_keys(cursor)),
            None => Ok(KeyPage { keys: Vec::new(), cursor: None }),
        });
        let Pages { keys, count, end } = pages;
        let is_whole = matches!(end, Ok(true));
        let listed = Listed { session: self.id, bucket, keys: &keys, is_whole };
        self.log.note_listing(invoke, outcome_of(&end), listed);
        if matches!(end, Ok(false)) && pages_max.is_none() {
            let detail = format!("{count} pages with {} keys, each with a cursor", keys.len());
            let fault = CallFault { kind: FaultKind::Endless, session: self.id, bucket: bucket.into(), detail };
            self.log.note_fault(fault);
        }
        end.map(|_| Some(keys))
    }
}

/// The pages of a listing.
struct Pages {
    keys: Vec<String>,
    count: u32,
    /// Whether the last page was reached.
    end: Result<bool>,
}

impl Pages {
    fn of(pages_max: u32, page: impl Fn(Option<&str>) -> Result<KeyPage>) -> Self {
        let (mut keys, mut cursor, mut bytes) = (Vec::new(), None::<String>, 0);
        for count in 1..=pages_max {
            let page = match page(cursor.as_deref()) {
                Ok(page) => page,
                Err(failure) => return Self { keys, count, end: Err(failure) },
            };
            bytes += page.keys.iter().map(|key| size_of::<String>() + key.len()).sum::<usize>();
            keys.extend(page.keys);
            cursor = page.cursor;
            if cursor.is_none() {
                return Self { keys, count, end: Ok(true) };
            }
            if bytes > LISTED_BYTES_MAX {
                return Self { keys, count, end: Ok(false) };
            }
        }
        Self { keys, count: pages_max, end: Ok(false) }
    }
}
