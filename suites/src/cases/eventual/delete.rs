//! `delete`.

use kvspec_reference::RequirementId::{KveDel01, KveDel02, KveDel03, KveKey02, KveVal02};

use crate::case::check::{Check, Checked};

cases! { "delete";
    absent_key_is_ok: [KveDel02] "answers an error when there is nothing to delete";
    present_key_becomes_absent: [KveDel01, KveSet01] "acknowledges a delete and does nothing";
    deleting_twice_is_ok: [KveDel02, KveDel01] "fails on, or undoes, a second delete";
    empty_value_can_be_deleted: [KveDel01, KveVal02] "deletes by storing the empty value";
    overwritten_key_becomes_absent: [KveDel01] "deletes the newest version and shows the one before";
    large_values_become_absent: [KveDel01, KveVal03] "keeps large values apart, and brings them back";
    another_session_can_delete: [KveDel01, KveBkt03] "lets only the writer's handle delete";
    deleted_key_can_be_set_again: [KveDel03] "lets a tombstone win over a later set";
    deleted_key_can_be_set_to_the_same_value: [KveDel03] "drops a set whose value it remembers";
    many_cycles_of_set_and_delete: [KveDel03, KveDel01] "runs out of slots, or loses count, over cycles";
    absent_key_leaves_others: [KveDel02, KveKey02] "deletes the nearest key when its own is missing";
    present_key_leaves_others: [KveKey02] "deletes by prefix, by folder, or regardless of case";
    same_key_of_another_bucket_stays: [KveBkt01] "deletes a key in every bucket";
}

fn absent_key_is_ok(check: &mut Check<'_>) -> Checked<()> {
    let (mut session, bucket) = (check.session(), check.bucket());
    check.delete(&mut session, &bucket, "k")?;
    check.shows(&mut session, &bucket, "k", None)
}

fn present_key_becomes_absent(check: &mut Check<'_>) -> Checked<()> {
    let (mut session, bucket) = (check.session(), check.bucket());
    let value = check.value()?;
    check.given(&mut session, &bucket, "k", &value)?;
    check.delete(&mut session, &bucket, "k")?;
    check.settle();
    check.shows(&mut session, &bucket, "k", None)
}

fn large_values_become_absent(check: &mut Check<'_>) -> Checked<()> {
    const MEBIBYTE: usize = 1 << 20;
    check.needs_value_bytes(MEBIBYTE + 1)?;
    let (mut session, bucket) = (check.session(), check.bucket());
    let value = check.value_of(MEBIBYTE + 1)?;
    check.given(&mut session, &bucket, "k", &value)?;
    check.delete(&mut session, &bucket, "k")?;
    check.shows(&mut session, &bucket, "k", None)?;
    check.settle();
    check.wait_a_bound();
    check.shows(&mut session, &bucket, "k", None)
}

fn deleting_twice_is_ok(check: &mut Check<'_>) -> Checked<()> {
    let (mut session, bucket) = (check.session(), check.bucket());
    let value = check.value()?;
    check.given(&mut session, &bucket, "k", &value)?;
    check.claim(KveDel02);
    for _ in 0..3 {
        check.delete(&mut session, &bucket, "k")?;
        check.shows(&mut session, &bucket, "k", None)?;
    }
    check.settle();
    check.shows(&mut session, &bucket, "k", None)
}

fn empty_value_can_be_deleted(check: &mut Check<'_>) -> Checked<()> {
    let (mut session, bucket) = (check.session(), check.bucket());
    check.set(&mut session, &bucket, "k", b"")?;
    check.claim(KveVal02);
    check.shows(&mut session, &bucket, "k", Some(b""))?;
    check.claim(KveDel01);
    check.delete(&mut session, &bucket, "k")?;
    check.settle();
    check.shows(&mut session, &bucket, "k", None)
}

fn overwritten_key_becomes_absent(check: &mut Check<'_>) -> Checked<()> {
    let (mut session, bucket) = (check.session(), check.bucket());
    for _ in 0..3 {
        let value = check.value()?;
        check.given(&mut session, &bucket, "k", &value)?;
    }
    check.premise("the key was set three times before the one delete");
    check.delete(&mut session, &bucket, "k")?;
    check.settle();
    check.shows(&mut session, &bucket, "k", None)
}

fn another_session_can_delete(check: &mut Check<'_>) -> Checked<()> {
    check.needs_handles(2)?;
    let (mut writer, mut deleter, bucket) = (check.session(), check.session(), check.bucket());
    let value = check.value()?;
    check.given(&mut writer, &bucket, "k", &value)?;
    check.delete(&mut deleter, &bucket, "k")?;
    check.settle();
    check.premise("session 0 wrote the value, session 1 deleted it");
    check.shows(&mut writer, &bucket, "k", None)?;
    check.shows(&mut deleter, &bucket, "k", None)
}

fn deleted_key_can_be_set_again(check: &mut Check<'_>) -> Checked<()> {
    let (mut session, bucket) = (check.session(), check.bucket());
    let (before, after) = (check.value()?, check.value()?);
    check.given(&mut session, &bucket, "k", &before)?;
    check.delete(&mut session, &bucket, "k")?;
    check.set(&mut session, &bucket, "k", &after)?;
    check.settle();
    check.shows(&mut session, &bucket, "k", Some(&after))
}

fn deleted_key_can_be_set_to_the_same_value(check: &mut Check<'_>) -> Checked<()> {
    let (mut session, bucket) = (check.session(), check.bucket());
    let value = check.value()?;
    check.given(&mut session, &bucket, "k", &value)?;
    check.delete(&mut session, &bucket, "k")?;
    check.shows(&mut session, &bucket, "k", None)?;
    check.set(&mut session, &bucket, "k", &value)?;
    check.settle();
    check.shows(&mut session, &bucket, "k", Some(&value))
}

fn many_cycles_of_set_and_delete(check: &mut Check<'_>) -> Checked<()> {
    let (mut session, bucket) = (check.session(), check.bucket());
    for _ in 0..100 {
        let value = check.value()?;
        check.set(&mut session, &bucket, "k", &value)?;
        check.delete(&mut session, &bucket, "k")?;
    }
    check.settle();
    check.claim(KveDel01);
    check.shows(&mut session, &bucket, "k", None)?;
    check.claim(KveDel03);
    let last = check.value()?;
    check.set(&mut session, &bucket, "k", &last)?;
    check.settle();
    check.shows(&mut session, &bucket, "k", Some(&last))
}

fn absent_key_leaves_others(check: &mut Check<'_>) -> Checked<()> {
    others_stay(check, "b", false)
}

fn present_key_leaves_others(check: &mut Check<'_>) -> Checked<()> {
    others_stay(check, "b", true)
}

fn others_stay(check: &mut Check<'_>, deleted: &str, is_present: bool) -> Checked<()> {
    let (mut session, bucket) = (check.session(), check.bucket());
    let neighbours = check.allowed_keys(&["a", "c", "bb", "ab", "ba", "B", "b/", "b/a", "b.", "b-", "b_", "0"])?;
    let neighbours = &neighbours[..neighbours.len().min(check.key_count(usize::MAX).saturating_sub(1)).max(1)];
    let mut values = Vec::new();
    for key in neighbours {
        let value = check.value()?;
        check.given(&mut session, &bucket, key, &value)?;
        values.push(value);
    }
    if is_present {
        check.needs_keys(neighbours.len() + 1)?;
        let value = check.value()?;
        check.given(&mut session, &bucket, deleted, &value)?;
    }
    check.delete(&mut session, &bucket, deleted)?;
    check.settle();
    check.claim(KveKey02);
    check.premise(format!("only the key {deleted} was deleted"));
    for (key, value) in neighbours.iter().zip(&values) {
        check.shows(&mut session, &bucket, key, Some(value))?;
    }
    Ok(())
}

fn same_key_of_another_bucket_stays(check: &mut Check<'_>) -> Checked<()> {
    let [first, second] = check.buckets()?;
    let mut session = check.session();
    let (kept, deleted) = (check.value()?, check.value()?);
    check.given(&mut session, &first, "k", &kept)?;
    check.given(&mut session, &second, "k", &deleted)?;
    check.delete(&mut session, &second, "k")?;
    check.settle();
    check.premise("the key was deleted in the other bucket only");
    check.shows(&mut session, &first, "k", Some(&kept))
}
