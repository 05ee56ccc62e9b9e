//! Pages of keys.

use kvspec_reference::RequirementId::KvsLst04;
use kvspec_reference::anomaly::name_text;
use kvspec_reference::interface::{KeyPage, Result};

use super::handle::Client;
use crate::case::check::{Check, Checked};

/// The most pages a listing of a test's few keys can sensibly have.
const PAGES_MAX: usize = 4096;
/// The most bytes that all pages of such a listing can sensibly take: some hundred times what was set.
const LISTED_BYTES_MAX: usize = 4 << 20;

impl Client {
    /// One page of keys.
    pub(in crate::cases::store) fn page(&self, check: &mut Check<'_>, cursor: Option<&str>) -> Checked<KeyPage> {
        let result = self.persist(check, &[], || Ok(self.listing()?.list_keys(cursor)))?;
        self.note(check, &list_text(cursor), &result, page_text);
        match cursor {
            None => check.first_page(&list_text(cursor), result),
            Some(_) => check.call(&list_text(cursor), result),
        }
    }

    /// One page of keys, or the interface's error.
    pub(in crate::cases::store) fn page_or_error(
        &self,
        check: &mut Check<'_>,
        cursor: &str,
    ) -> Checked<Result<KeyPage>> {
        let result = self.listing()?.list_keys(Some(cursor));
        self.or_error(check, &list_text(Some(cursor)), result, page_text)
    }

    /// Whether cursors are text, and not numbers.
    pub(in crate::cases::store) fn has_text_cursor(&self) -> Checked<bool> {
        Ok(self.listing()?.has_text_cursor())
    }

    /// The keys of all pages, with `between` called after each but the last.
    pub(in crate::cases::store) fn pages(
        &self,
        check: &mut Check<'_>,
        mut between: impl FnMut(&mut Check<'_>, usize) -> Checked<()>,
    ) -> Checked<Vec<String>> {
        let (mut keys, mut cursor) = (Vec::new(), None);
        let (mut pages, mut listed_bytes) = (0, 0);
        while pages < PAGES_MAX && listed_bytes <= LISTED_BYTES_MAX {
            let page = self.page(check, cursor.as_deref())?;
            listed_bytes += page.keys.iter().map(|key| size_of::<String>() + key.len()).sum::<usize>();
            keys.extend(page.keys);
            if page.cursor.is_none() {
                return Ok(keys);
            }
            cursor = page.cursor;
            between(check, pages)?;
            pages += 1;
        }
        check.claim(KvsLst04);
        check.holds(false, || {
            let seen = format!("{pages} pages with {} keys, each with a cursor", keys.len());
            ("a page without a cursor ends the listing".into(), seen)
        })?;
        Ok(keys)
    }

    /// The keys of all pages.
    pub(in crate::cases::store) fn list(&self, check: &mut Check<'_>) -> Checked<Vec<String>> {
        self.pages(check, |_, _| Ok(()))
    }
}

fn list_text(cursor: Option<&str>) -> String {
    cursor.map_or("list-keys".into(), |cursor| format!("list-keys from {}", name_text(cursor)))
}

fn page_text(page: &KeyPage) -> String {
    let more = page.cursor.as_ref().map_or("no more".into(), |cursor| format!("more from {}", name_text(cursor)));
    format!("{} keys, {more}", page.keys.len())
}
