//! `list-keys`, while nobody else writes.

use std::collections::BTreeSet;

use kvspec_reference::RequirementId::{self, KvsLst01, KvsLst02, KvsLst03, KvsLst08};
use kvspec_reference::anomaly::name_text;

use super::client::{Client, client, client_of_name, clients_of_two_buckets};
use crate::case::check::{Check, Checked, Stop};

cases! { "list_keys";
    an_empty_bucket_lists_nothing: [KvsLst05, KvsLst02] "lists a key of its own making";
    every_present_key_is_listed: [KvsLst01, KvsLst02, KvsLst04] "forgets keys in its index";
    a_key_set_twice_is_listed: [KvsLst01, KvsLst02, KvsLst04] "drops a key from the list as it is replaced";
    an_empty_value_is_listed: [KvsLst01, KvsLst02, KvsLst04] "takes an empty value for an absent one";
    keys_are_listed_as_they_were_set: [KvsLst02, KvsLst01, KvsLst04] "cuts or encodes the keys it lists";
    deleted_keys_are_not_listed: [KvsLst03, KvsLst01, KvsLst02, KvsLst04] "lists tombstones";
    keys_set_again_are_listed: [KvsLst01, KvsLst02, KvsLst04] "keeps a tombstone when the key comes back";
    other_buckets_are_not_listed: [KvsLst08, KvsLst01, KvsLst02, KvsLst04] "lists all buckets together";
    names_of_buckets_are_no_patterns: [KvsLst08, KvsLst01, KvsLst02, KvsLst04] "finds a bucket's keys by a pattern that its name is part of";
}

/// The listing holds exactly these keys; each kind of fault refutes its own requirement.
pub(super) fn lists(check: &mut Check<'_>, client: &Client, expected: &[&str]) -> Checked<()> {
    let listed = client.list(check)?;
    holds_all(check, KvsLst01, &listed, expected)?;
    holds_only(check, KvsLst02, &listed, expected)
}

/// Every one of these keys was listed.
pub(super) fn holds_all(check: &mut Check<'_>, claim: RequirementId, listed: &[String], keys: &[&str]) -> Checked<()> {
    let listed: BTreeSet<&str> = listed.iter().map(String::as_str).collect();
    check.claim(claim);
    for key in keys {
        check.holds(listed.contains(key), || {
            (
                format!("the listing holds {}", name_text(key)),
                format!("it holds {} keys, without this one", listed.len()),
            )
        })?;
    }
    Ok(())
}

/// No other key was listed.
pub(super) fn holds_only(check: &mut Check<'_>, claim: RequirementId, listed: &[String], keys: &[&str]) -> Checked<()> {
    let stranger = listed.iter().find(|key| !keys.contains(&key.as_str()));
    check.claim(claim);
    check.holds(stranger.is_none(), || {
        let stranger = stranger.map_or(String::new(), |key| name_text(key));
        (format!("the listing holds none but the {} keys there are", keys.len()), format!("it holds {stranger}"))
    })
}

fn an_empty_bucket_lists_nothing(check: &mut Check<'_>) -> Checked<()> {
    let client = client(check)?;
    let page = client.page(check, None)?;
    check.same("the keys of the first page", Vec::<String>::new(), page.keys)?;
    if let Some(cursor) = page.cursor {
        let next = client.page(check, Some(&cursor))?;
        check.same("the keys of the second page", Vec::<String>::new(), next.keys)?;
    }
    Ok(())
}

fn every_present_key_is_listed(check: &mut Check<'_>) -> Checked<()> {
    check.needs_keys(3)?;
    let client = client(check)?;
    for (count, key) in ["first", "second", "third"].into_iter().enumerate() {
        let value = check.value()?;
        client.set(check, key, &value)?;
        lists(check, &client, &["first", "second", "third"][..=count])?;
    }
    Ok(())
}

fn a_key_set_twice_is_listed(check: &mut Check<'_>) -> Checked<()> {
    let client = client(check)?;
    for _ in 0..2 {
        let value = check.value()?;
        client.set(check, "k", &value)?;
        lists(check, &client, &["k"])?;
    }
    Ok(())
}

fn an_empty_value_is_listed(check: &mut Check<'_>) -> Checked<()> {
    let client = client(check)?;
    client.set(check, "empty", b"")?;
    lists(check, &client, &["empty"])
}

/// Keys in which separators, patterns, encodings and prefixes of stores show.
const ODD_KEYS: [&str; 14] =
    ["a", "ab", "A", "a:b", "a/b", "a.b", "a*", "[a]", "%41", "a b", " a", "\u{e9}", "\u{1f600}", "a\u{1}b"];

fn keys_are_listed_as_they_were_set(check: &mut Check<'_>) -> Checked<()> {
    let keys = check.allowed_keys(&ODD_KEYS)?;
    let client = client(check)?;
    for key in &keys {
        client.set(check, key, b"v")?;
    }
    let listed = client.list(check)?;
    holds_only(check, KvsLst02, &listed, &keys)?;
    holds_all(check, KvsLst01, &listed, &keys)
}

fn deleted_keys_are_not_listed(check: &mut Check<'_>) -> Checked<()> {
    check.needs_keys(3)?;
    let client = client(check)?;
    for key in ["a", "b", "c"] {
        client.set(check, key, b"v")?;
    }
    for (deleted, left) in [("b", &["a", "c"][..]), ("a", &["c"]), ("c", &[])] {
        client.delete(check, deleted)?;
        let listed = client.list(check)?;
        holds_only(check, KvsLst03, &listed, left)?;
        holds_all(check, KvsLst01, &listed, left)?;
    }
    Ok(())
}

fn keys_set_again_are_listed(check: &mut Check<'_>) -> Checked<()> {
    let client = client(check)?;
    client.set(check, "k", b"v")?;
    client.delete(check, "k")?;
    client.set(check, "k", b"w")?;
    lists(check, &client, &["k"])
}

fn other_buckets_are_not_listed(check: &mut Check<'_>) -> Checked<()> {
    let [a, b] = clients_of_two_buckets(check)?;
    a.set(check, "of-a", b"v")?;
    b.set(check, "of-b", b"v")?;
    for (client, own) in [(&a, "of-a"), (&b, "of-b")] {
        let listed = client.list(check)?;
        holds_only(check, KvsLst08, &listed, &[own])?;
        holds_all(check, KvsLst01, &listed, &[own])?;
    }
    Ok(())
}

/// Names that mean others too where they are part of a pattern or a prefix: of glob, of regular
/// expressions, of SQL, and of joined names.
const MISTAKEN: [[&str; 2]; 8] =
    [["p*", "pq"], ["p?", "pq"], ["p[q]", "pq"], ["p.", "pq"], ["p%", "pq"], ["p_", "pq"], ["p", "p:q"], ["p", "p\0q"]];

fn names_of_buckets_are_no_patterns(check: &mut Check<'_>) -> Checked<()> {
    if !check.declaration().capabilities.creates_buckets {
        return Err(Stop::Skip("capabilities.creates_buckets = false: this case needs names of its own".into()));
    }
    check.buckets::<{ MISTAKEN.len() + 3 }>()?;
    check.needs_handles(2)?;
    let mut tried = false;
    for [name, other] in MISTAKEN {
        // An implementation may refuse names of buckets; what it opens, it must keep apart.
        let (Some(a), Some(b)) = (client_of_name(check, name)?, client_of_name(check, other)?) else { continue };
        tried = true;
        a.set(check, "mine", b"v")?;
        b.set(check, "other", b"v")?;
        for (client, own) in [(&a, "mine"), (&b, "other")] {
            let listed = client.list(check)?;
            holds_only(check, KvsLst08, &listed, &[own])?;
            holds_all(check, KvsLst01, &listed, &[own])?;
        }
    }
    if tried { Ok(()) } else { Err(Stop::Skip("the implementation refuses every name that could be a pattern".into())) }
}
