//! `get-many`, `set-many`, `delete-many`.

use kvspec_reference::RequirementId::{KveSet01, KvsBat01, KvsBat02, KvsBat03};
use kvspec_reference::anomaly::{name_text, value_text};

use super::client::client;
use crate::case::check::{Check, Checked};

cases! { "batch";
    get_many_answers_in_order: [KvsBat01] "answers in its own order";
    absent_keys_are_answered_in_their_place: [KvsBat01] "leaves absent keys out of the answer";
    hundreds_of_keys_at_once: [KvsBat01, KvsBat02] "stops at the size of a page";
    more_than_a_thousand_keys_at_once: [KvsBat03, KvsBat01, KvsBat02] "passes on the first thousand keys";
    answers_of_more_than_a_mebibyte: [KvsBat01, KvsBat02] "answers what has room, and calls the rest absent";
    get_many_shows_what_delete_many_did: [KvsBat01, KvsBat03] "answers batches from a cache that a batch goes around";
    a_key_deleted_while_absent_can_be_set: [KvsBat03, KveSet01] "leaves a tombstone that wins over the next set";
    set_many_sets_every_pair: [KvsBat02] "sets the first pair only, or none that was there before";
    delete_many_deletes_every_key: [KvsBat03] "stops at the first absent key";
    delete_many_touches_no_other_key: [KvsBat03] "deletes by prefix";
    empty_lists_do_nothing: [KvsBat04] "fails on, or takes for everything, an empty list";
    a_key_asked_twice_is_answered_twice: [KvsBat05] "puts the keys in a set";
    a_key_set_twice_in_one_batch: [KvsBat06, KvsBat02] "makes a mixture of both values, or sets neither";
}

fn get_many_answers_in_order(check: &mut Check<'_>) -> Checked<()> {
    check.needs_keys(3)?;
    let client = client(check)?;
    client.needs_batch()?;
    let (a, b, c) = (check.value()?, check.value()?, check.value()?);
    for (key, value) in [("a", &a), ("b", &b), ("c", &c)] {
        client.set(check, key, value)?;
    }
    let (a, b, c) = (("a", Some(&*a)), ("b", Some(&*b)), ("c", Some(&*c)));
    for order in [[a, b, c], [c, b, a], [b, c, a]] {
        client.shows_many(check, &order)?;
    }
    client.shows_many(check, &[c])
}

fn absent_keys_are_answered_in_their_place(check: &mut Check<'_>) -> Checked<()> {
    check.needs_keys(2)?;
    let client = client(check)?;
    client.needs_batch()?;
    let value = check.value()?;
    client.set(check, "b", &value)?;
    client.set(check, "empty", b"")?;
    client.shows_many(check, &[("a", None), ("b", Some(&value)), ("c", None)])?;
    client.shows_many(check, &[("empty", Some(b"")), ("d", None)])?;
    client.shows_many(check, &[("a", None), ("c", None)])
}

/// More than a page, a pipeline or a statement's parameters usually take.
const MANY: usize = 700;

fn hundreds_of_keys_at_once(check: &mut Check<'_>) -> Checked<()> {
    let client = client(check)?;
    client.needs_batch()?;
    let keys: Vec<String> = (0..check.key_count(MANY)).map(|i| format!("k{i:04}")).collect();
    let mut values = Vec::with_capacity(keys.len());
    for _ in &keys {
        values.push(check.value()?);
    }
    let pairs: Vec<(&str, &[u8])> = keys.iter().map(String::as_str).zip(values.iter().map(Vec::as_slice)).collect();
    check.claim(KvsBat02);
    client.set_many(check, &pairs)?;
    // One by one first: what a batch lost is not for get-many to answer for.
    for &(key, value) in &pairs {
        let seen = client.get(check, key)?;
        check.holds(seen.as_deref() == Some(value), || {
            let text = |value: Option<&[u8]>| value.map_or("absent".into(), value_text);
            (format!("get {} gives {}", name_text(key), text(Some(value))), text(seen.as_deref()))
        })?;
    }
    check.claim(KvsBat01);
    let states: Vec<_> = pairs.iter().rev().map(|&(key, value)| (key, Some(value))).collect();
    client.shows_many(check, &states)
}

fn more_than_a_thousand_keys_at_once(check: &mut Check<'_>) -> Checked<()> {
    let client = client(check)?;
    client.needs_batch()?;
    let keys: Vec<String> = (0..check.key_count(1_201)).map(|i| format!("k{i:04}")).collect();
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    check.claim(KvsBat02);
    client.set_many(check, &keys.iter().map(|key| (*key, &b"v"[..])).collect::<Vec<_>>())?;
    check.claim(KvsBat01);
    client.shows_many(check, &keys.iter().map(|key| (*key, Some(&b"v"[..]))).collect::<Vec<_>>())?;
    check.claim(KvsBat03);
    client.delete_many(check, &keys)?;
    for key in [keys[0], keys[keys.len() / 2], keys[keys.len() - 1]] {
        client.shows(check, key, None)?;
    }
    client.shows_many(check, &keys.iter().map(|key| (*key, None)).collect::<Vec<_>>())
}

fn answers_of_more_than_a_mebibyte(check: &mut Check<'_>) -> Checked<()> {
    const COUNT: usize = 20;
    const LENGTH: usize = 60_000;
    check.needs_keys(COUNT)?;
    check.needs_value_bytes(LENGTH)?;
    let client = client(check)?;
    client.needs_batch()?;
    let mut pairs = Vec::new();
    for number in 0..COUNT {
        pairs.push((format!("k{number:02}"), check.value_of(LENGTH)?));
    }
    let all: Vec<(&str, &[u8])> = pairs.iter().map(|(key, value)| (key.as_str(), value.as_slice())).collect();
    check.claim(KvsBat02);
    client.set_many(check, &all)?;
    for &(key, value) in [&all[0], &all[COUNT - 1]] {
        client.shows(check, key, Some(value))?;
    }
    check.claim(KvsBat01);
    client.shows_many(check, &all.iter().map(|&(key, value)| (key, Some(value))).collect::<Vec<_>>())
}

fn get_many_shows_what_delete_many_did(check: &mut Check<'_>) -> Checked<()> {
    check.needs_keys(2)?;
    let client = client(check)?;
    client.needs_batch()?;
    let (a, b, c) = (check.value()?, check.value()?, check.value()?);
    client.set(check, "a", &a)?;
    client.set(check, "b", &b)?;
    client.shows_many(check, &[("a", Some(&a)), ("b", Some(&b))])?;
    client.delete_many(check, &["a"])?;
    client.shows_many(check, &[("a", None), ("b", Some(&b))])?;
    client.set_many(check, &[("b", &c)])?;
    client.shows_many(check, &[("a", None), ("b", Some(&c))])?;
    client.set(check, "a", &a)?;
    client.delete(check, "b")?;
    client.shows_many(check, &[("a", Some(&a)), ("b", None)])
}

fn a_key_deleted_while_absent_can_be_set(check: &mut Check<'_>) -> Checked<()> {
    check.needs_keys(2)?;
    let client = client(check)?;
    client.needs_batch()?;
    let (a, b) = (check.value()?, check.value()?);
    client.set(check, "a", &a)?;
    client.delete_many(check, &["a", "b"])?;
    check.claim(KveSet01);
    client.set(check, "b", &b)?;
    client.shows(check, "b", Some(&b))?;
    client.shows(check, "a", None)
}

fn set_many_sets_every_pair(check: &mut Check<'_>) -> Checked<()> {
    check.needs_keys(3)?;
    let client = client(check)?;
    client.needs_batch()?;
    client.set(check, "b", b"an old value that is longer than the new one will be")?;
    for _ in 0..2 {
        let (a, b, c) = (check.value()?, check.value()?, check.value()?);
        client.set_many(check, &[("a", &a), ("b", &b), ("c", &c)])?;
        for (key, value) in [("a", &a), ("b", &b), ("c", &c)] {
            client.shows(check, key, Some(value))?;
        }
    }
    client.set_many(check, &[("a", b"")])?;
    client.shows(check, "a", Some(b""))
}

fn delete_many_deletes_every_key(check: &mut Check<'_>) -> Checked<()> {
    check.needs_keys(3)?;
    let client = client(check)?;
    client.needs_batch()?;
    for key in ["a", "b", "c"] {
        client.set(check, key, b"v")?;
    }
    client.delete_many(check, &["absent", "a", "c", "absent-too", "b"])?;
    for key in ["a", "b", "c", "absent"] {
        client.shows(check, key, None)?;
    }
    client.delete_many(check, &["a", "absent"])
}

fn delete_many_touches_no_other_key(check: &mut Check<'_>) -> Checked<()> {
    check.needs_keys(4)?;
    let client = client(check)?;
    client.needs_batch()?;
    let value = check.value()?;
    for key in ["a", "ab", "b", "z"] {
        client.set(check, key, &value)?;
    }
    client.delete_many(check, &["a", "b"])?;
    for key in ["ab", "z"] {
        client.shows(check, key, Some(&value))?;
    }
    client.shows(check, "a", None)
}

fn empty_lists_do_nothing(check: &mut Check<'_>) -> Checked<()> {
    let client = client(check)?;
    client.needs_batch()?;
    let value = check.value()?;
    client.set(check, "k", &value)?;
    client.shows_many(check, &[])?;
    client.set_many(check, &[])?;
    client.delete_many(check, &[])?;
    client.shows(check, "k", Some(&value))
}

fn a_key_asked_twice_is_answered_twice(check: &mut Check<'_>) -> Checked<()> {
    check.needs_keys(2)?;
    let client = client(check)?;
    client.needs_batch()?;
    let (a, b) = (check.value()?, check.value()?);
    client.set(check, "a", &a)?;
    client.set(check, "b", &b)?;
    client.shows_many(check, &[("a", Some(&a)), ("b", Some(&b)), ("a", Some(&a)), ("c", None), ("c", None)])
}

fn a_key_set_twice_in_one_batch(check: &mut Check<'_>) -> Checked<()> {
    let client = client(check)?;
    client.needs_batch()?;
    check.claim(KvsBat02);
    let (first, last) = (check.value()?, check.value()?);
    client.set_many(check, &[("k", &first), ("k", &last)])?;
    let seen = client.get(check, "k")?;
    let which =
        [(&first, "the first"), (&last, "the last")].into_iter().find(|(value, _)| seen.as_ref() == Some(*value));
    check.holds(which.is_some(), || {
        let seen = seen.as_deref().map_or("absent".into(), kvspec_reference::anomaly::value_text);
        ("get gives one of the two values that the batch set".into(), seen)
    })?;
    if let Some((_, which)) = which {
        check.observe(format!("of two values for one key in a set-many, {which} stays"));
    }
    Ok(())
}
