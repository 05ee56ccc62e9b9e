//! `set`: creating, replacing, and what becomes of the outgoing value it borrows.

use kvspec_reference::RequirementId::{KveGet01, KveSet02};

use crate::case::check::{Check, Checked, ValueCall};

cases! { "set";
    absent_key_is_created: [KveSet01] "acknowledges a set of a new key and forgets it";
    present_key_is_replaced: [KveSet02] "keeps the first value of a key";
    shorter_value_leaves_no_tail: [KveSet02] "writes over old bytes without cutting what is longer";
    longer_value_is_whole: [KveSet02, KveVal03] "keeps the room the first value had";
    empty_value_replaces: [KveSet02, KveVal02] "takes an empty value for no value";
    the_same_value_again_is_ok: [KveSet02] "answers an error, or deletes, when nothing would change";
    an_earlier_value_can_come_back: [KveSet02] "drops writes of a value it has seen before";
    many_overwrites_end_with_the_last: [KveSet02] "loses a write among many, or stops at a number of versions";
    what_was_got_can_be_set: [KveGet01, KveSet01] "wraps or encodes a value once more each time";
    one_value_sets_two_keys: [KveSet03] "empties an outgoing value by setting it";
    one_value_sets_two_buckets: [KveSet03] "ties an outgoing value to the bucket that it was first set in";
    one_value_sets_one_key_twice: [KveSet03] "refuses, or empties, a value that was set already";
    writing_to_the_value_later_changes_nothing: [KveSet04] "stores a reference to the outgoing value";
    dropping_the_value_changes_nothing: [KveSet04] "frees a stored body with its outgoing value";
    two_values_in_hand_are_two_bodies: [KveSet04, KveOut01] "has one buffer for all outgoing values";
}

fn absent_key_is_created(check: &mut Check<'_>) -> Checked<()> {
    let (mut session, bucket) = (check.session(), check.bucket());
    check.reads(&mut session, &bucket, "k", None)?;
    let value = check.value()?;
    check.set(&mut session, &bucket, "k", &value)?;
    check.shows(&mut session, &bucket, "k", Some(&value))
}

fn present_key_is_replaced(check: &mut Check<'_>) -> Checked<()> {
    let (mut session, bucket) = (check.session(), check.bucket());
    let (first, second) = (check.value()?, check.value()?);
    check.given(&mut session, &bucket, "k", &first)?;
    check.set(&mut session, &bucket, "k", &second)?;
    check.settle();
    check.shows(&mut session, &bucket, "k", Some(&second))
}

fn shorter_value_leaves_no_tail(check: &mut Check<'_>) -> Checked<()> {
    overwrite_by_lengths(check, &[600, 100, 40, 24, 1])
}

fn longer_value_is_whole(check: &mut Check<'_>) -> Checked<()> {
    overwrite_by_lengths(check, &[1, 24, 100, 600, 601])
}

fn overwrite_by_lengths(check: &mut Check<'_>, lengths: &[usize]) -> Checked<()> {
    let (mut session, bucket) = (check.session(), check.bucket());
    check.needs_value_bytes(lengths.iter().copied().max().unwrap_or(0))?;
    for &length in lengths {
        let value = check.value_of(length)?;
        check.set(&mut session, &bucket, "k", &value)?;
        check.reads(&mut session, &bucket, "k", Some(&value))?;
    }
    Ok(())
}

fn empty_value_replaces(check: &mut Check<'_>) -> Checked<()> {
    let (mut session, bucket) = (check.session(), check.bucket());
    let value = check.value()?;
    check.given(&mut session, &bucket, "k", &value)?;
    check.set(&mut session, &bucket, "k", b"")?;
    check.settle();
    check.shows(&mut session, &bucket, "k", Some(b""))?;
    check.claim(KveSet02);
    check.set(&mut session, &bucket, "k", &value)?;
    check.settle();
    check.shows(&mut session, &bucket, "k", Some(&value))
}

fn the_same_value_again_is_ok(check: &mut Check<'_>) -> Checked<()> {
    let (mut session, bucket) = (check.session(), check.bucket());
    let value = check.value()?;
    check.given(&mut session, &bucket, "k", &value)?;
    for _ in 0..3 {
        check.set(&mut session, &bucket, "k", &value)?;
        check.shows(&mut session, &bucket, "k", Some(&value))?;
    }
    Ok(())
}

fn an_earlier_value_can_come_back(check: &mut Check<'_>) -> Checked<()> {
    let (mut session, bucket) = (check.session(), check.bucket());
    let (first, second) = (check.value()?, check.value()?);
    check.given(&mut session, &bucket, "k", &first)?;
    check.set(&mut session, &bucket, "k", &second)?;
    check.reads(&mut session, &bucket, "k", Some(&second))?;
    check.premise("the value that was first in the key is set again");
    check.set(&mut session, &bucket, "k", &first)?;
    check.settle();
    check.reads(&mut session, &bucket, "k", Some(&first))
}

fn many_overwrites_end_with_the_last(check: &mut Check<'_>) -> Checked<()> {
    let (mut session, bucket) = (check.session(), check.bucket());
    check.needs_value_bytes(96)?;
    let mut last = Vec::new();
    for i in 0..300 {
        last = check.value_of(24 + (i * 31) % 73)?;
        check.set(&mut session, &bucket, "k", &last)?;
    }
    check.settle();
    check.shows(&mut session, &bucket, "k", Some(&last))
}

fn what_was_got_can_be_set(check: &mut Check<'_>) -> Checked<()> {
    let (mut session, bucket) = (check.session(), check.bucket());
    check.needs_keys(4)?;
    let value = check.value()?;
    check.given(&mut session, &bucket, "k0", &value)?;
    check.claim(KveGet01);
    for (from, to) in [("k0", "k1"), ("k1", "k2"), ("k2", "k3")] {
        check.premise(format!("what get of {from} gave was set under {to}"));
        let got = check.glance(&mut session, &bucket, from)?.unwrap_or_else(|| value.clone());
        check.set(&mut session, &bucket, to, &got)?;
        check.reads(&mut session, &bucket, to, Some(&value))?;
    }
    Ok(())
}

fn one_value_sets_two_keys(check: &mut Check<'_>) -> Checked<()> {
    let (mut session, bucket) = (check.session(), check.bucket());
    check.needs_keys(2)?;
    let body = check.value()?;
    let value = check.outgoing_with(&body)?;
    check.premise("one outgoing value was set under k1, then under k2");
    check.set_value(&mut session, &bucket, "k1", &*value, &body)?;
    check.set_value(&mut session, &bucket, "k2", &*value, &body)?;
    drop(value);
    check.reads(&mut session, &bucket, "k2", Some(&body))?;
    check.reads(&mut session, &bucket, "k1", Some(&body))
}

fn one_value_sets_two_buckets(check: &mut Check<'_>) -> Checked<()> {
    let [first, second] = check.buckets()?;
    let mut session = check.session();
    let body = check.value()?;
    let value = check.outgoing_with(&body)?;
    check.premise("one outgoing value was set in two buckets");
    check.set_value(&mut session, &first, "k", &*value, &body)?;
    check.set_value(&mut session, &second, "k", &*value, &body)?;
    drop(value);
    check.reads(&mut session, &second, "k", Some(&body))?;
    check.reads(&mut session, &first, "k", Some(&body))
}

fn one_value_sets_one_key_twice(check: &mut Check<'_>) -> Checked<()> {
    let (mut session, bucket) = (check.session(), check.bucket());
    let body = check.value()?;
    let value = check.outgoing_with(&body)?;
    check.premise("one outgoing value was set twice under one key");
    check.set_value(&mut session, &bucket, "k", &*value, &body)?;
    check.set_value(&mut session, &bucket, "k", &*value, &body)?;
    drop(value);
    check.settle();
    check.reads(&mut session, &bucket, "k", Some(&body))
}

fn writing_to_the_value_later_changes_nothing(check: &mut Check<'_>) -> Checked<()> {
    let (mut session, bucket) = (check.session(), check.bucket());
    let (body, later) = (check.value()?, check.value()?);
    let value = check.outgoing_with(&body)?;
    check.set_value(&mut session, &bucket, "k", &*value, &body)?;
    check.premise("another body was written to the outgoing value after it was set; it was not set again");
    // What a second body means is open, an error included: only the stored value matters here.
    if let Err(failure) = value.write_sync(&later).or_else(|f| if f.is_interface_error() { Ok(()) } else { Err(f) }) {
        check.value_call(ValueCall::WriteBodySync, Err(failure))?;
    }
    check.settle();
    check.reads(&mut session, &bucket, "k", Some(&body))?;
    drop(value);
    check.reads(&mut session, &bucket, "k", Some(&body))
}

fn dropping_the_value_changes_nothing(check: &mut Check<'_>) -> Checked<()> {
    let (mut session, bucket) = (check.session(), check.bucket());
    let body = check.value()?;
    let value = check.outgoing_with(&body)?;
    check.set_value(&mut session, &bucket, "k", &*value, &body)?;
    drop(value);
    check.premise("the outgoing value was dropped after it was set, and others were made and dropped since");
    for _ in 0..8 {
        let other = check.value()?;
        drop(check.outgoing_with(&other)?);
    }
    check.settle();
    check.reads(&mut session, &bucket, "k", Some(&body))
}

fn two_values_in_hand_are_two_bodies(check: &mut Check<'_>) -> Checked<()> {
    let (mut session, bucket) = (check.session(), check.bucket());
    check.needs_keys(2)?;
    let (first_body, second_body) = (check.value()?, check.value()?);
    let (first, second) = (check.outgoing()?, check.outgoing()?);
    check.premise("two outgoing values were written before either was set");
    check.value_call(ValueCall::WriteBodySync, first.write_sync(&first_body))?;
    check.value_call(ValueCall::WriteBodySync, second.write_sync(&second_body))?;
    check.set_value(&mut session, &bucket, "k1", &*first, &first_body)?;
    check.set_value(&mut session, &bucket, "k2", &*second, &second_body)?;
    check.reads(&mut session, &bucket, "k1", Some(&first_body))?;
    check.reads(&mut session, &bucket, "k2", Some(&second_body))
}
