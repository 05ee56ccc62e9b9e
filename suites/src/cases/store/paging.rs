//! The pages and cursors of `list-keys`.

use kvspec_reference::RequirementId::{KvsLst01, KvsLst02, KvsLst06};
use kvspec_reference::anomaly::name_text;

use super::client::client;
use super::list_keys::{holds_all, holds_only};
use crate::case::check::{Check, Checked};

cases! { "paging";
    hundreds_of_keys_are_listed_to_the_end: [KvsLst04, KvsLst01, KvsLst02] "goes round in circles, or stops early";
    more_than_a_thousand_keys_are_listed: [KvsLst01, KvsLst04] "asks its backend for keys once, which gives a thousand";
    keys_that_begin_with_another_are_listed: [KvsLst01, KvsLst04] "takes the next page from the last key and a bit more";
    deletes_between_pages_hide_no_other_key: [KvsLst06, KvsLst04] "counts keys as cursor, so that a delete skips some";
    sets_between_pages_hide_no_other_key: [KvsLst06, KvsLst04] "fails when the list it pages through has changed";
    an_odd_cursor_is_no_trap: [KvsLst07, KvsLst02] "slices a list by a number it was given";
}

/// More keys than a page usually holds (Redis scans by 10, many stores by 100 or 256).
const KEYS: usize = 600;

fn names(prefix: &str, count: usize) -> Vec<String> {
    (0..count).map(|i| format!("{prefix}{i:04}")).collect()
}

fn hundreds_of_keys_are_listed_to_the_end(check: &mut Check<'_>) -> Checked<()> {
    let keys = names("k", check.key_count(KEYS));
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    let client = client(check)?;
    for key in &keys {
        client.set(check, key, b"v")?;
    }
    let listed = client.list(check)?;
    holds_all(check, KvsLst01, &listed, &keys)?;
    holds_only(check, KvsLst02, &listed, &keys)?;
    let repeated = listed.len() - keys.len();
    if repeated > 0 {
        check.observe(format!("a listing of {} keys held {repeated} of them more than once", keys.len()));
    }
    Ok(())
}

fn more_than_a_thousand_keys_are_listed(check: &mut Check<'_>) -> Checked<()> {
    let keys = names("k", check.key_count(1_201));
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    let client = client(check)?;
    for key in &keys {
        client.set(check, key, b"v")?;
    }
    let listed = client.list(check)?;
    holds_all(check, KvsLst01, &listed, &keys)
}

/// Behind the last key of the first page, wherever that is, come keys that begin with it.
fn keys_that_begin_with_another_are_listed(check: &mut Check<'_>) -> Checked<()> {
    let mut keys = names("k", check.key_count(KEYS / 2));
    let client = client(check)?;
    for key in &keys {
        client.set(check, key, b"v")?;
    }
    let page = client.page(check, None)?;
    let ends: Vec<String> = [page.keys.iter().max(), page.keys.last()].into_iter().flatten().cloned().collect();
    for end in ends {
        for longer in ["0", "x", "~"].map(|more| format!("{end}{more}")) {
            let has_room = check.needs_keys(keys.len() + 1).is_ok() && check.needs_key(&longer).is_ok();
            if has_room && !keys.contains(&longer) {
                client.set(check, &longer, b"v")?;
                keys.push(longer);
            }
        }
    }
    let listed = client.list(check)?;
    holds_all(check, KvsLst01, &listed, &keys.iter().map(String::as_str).collect::<Vec<_>>())
}

fn deletes_between_pages_hide_no_other_key(check: &mut Check<'_>) -> Checked<()> {
    check.needs_keys(4)?;
    let keys = names("k", check.key_count(KEYS));
    let client = client(check)?;
    for key in &keys {
        client.set(check, key, b"v")?;
    }
    // Every second key goes, from both ends of the order: those already listed and those to come.
    let doomed: Vec<&str> = keys.iter().step_by(2).map(String::as_str).collect();
    let kept: Vec<&str> = keys.iter().skip(1).step_by(2).map(String::as_str).collect();
    let mut left = std::collections::VecDeque::from(doomed);
    let listed = client.pages(check, |check, _| {
        for key in [left.pop_front(), left.pop_back()].into_iter().flatten() {
            client.delete(check, key)?;
        }
        Ok(())
    })?;
    holds_all(check, KvsLst06, &listed, &kept)
}

fn sets_between_pages_hide_no_other_key(check: &mut Check<'_>) -> Checked<()> {
    check.needs_keys(4)?;
    let count = check.key_count(KEYS);
    let (present, added) = (names("k", count / 2), names("a", count / 2));
    let client = client(check)?;
    for key in &present {
        client.set(check, key, b"v")?;
    }
    let listed = client.pages(check, |check, number| match added.get(number) {
        Some(key) => client.set(check, key, b"v"),
        None => Ok(()),
    })?;
    let present: Vec<&str> = present.iter().map(String::as_str).collect();
    holds_all(check, KvsLst06, &listed, &present)
}

/// Cursors that no page gave.
const ODD_NUMBERS: [&str; 5] = ["1", "3", "1000000", "9223372036854775808", "18446744073709551615"];
const ODD_TEXTS: [&str; 7] = ["", "0", "-1", "no-such-cursor", "k0001", "\u{1f600}", "%00"];

fn an_odd_cursor_is_no_trap(check: &mut Check<'_>) -> Checked<()> {
    check.needs_keys(3)?;
    let client = client(check)?;
    let keys = ["k1", "k2", "k3"];
    for key in keys {
        client.set(check, key, b"v")?;
    }
    let cursors: &[&str] = if client.has_text_cursor()? { &ODD_TEXTS } else { &ODD_NUMBERS };
    for cursor in cursors {
        match client.page_or_error(check, cursor)? {
            Err(_) => {
                check.counted();
                check.observe(format!("the cursor {} gave an error", name_text(cursor)));
            }
            Ok(page) => {
                check.observe(format!("the cursor {} gave {} keys", name_text(cursor), page.keys.len()));
                holds_only(check, KvsLst02, &page.keys, &keys)?;
            }
        }
    }
    client.shows(check, "k1", Some(b"v"))
}
