//! `exists`.

use kvspec_reference::RequirementId::*;

use crate::case::check::{Check, Checked};

cases! { "exists";
    absent_key_is_false: [KveExi02] "answers an error, or yes, for a key that was never set";
    present_key_is_true: [KveExi01] "does not find what was set";
    empty_value_exists: [KveExi01, KveVal02] "asks whether the value is empty";
    values_that_look_false_exist: [KveExi01] "asks whether the value is true, null or zero";
    neighbours_of_a_present_key_do_not_exist: [KveExi02, KveKey01] "answers by prefix or by range";
    key_of_another_bucket_does_not_exist: [KveExi02, KveBkt01] "asks all buckets at once";
    asking_changes_nothing: [KveExi03] "creates, touches or takes out what it is asked about";
    agrees_with_get_through_a_life: [KveExi01, KveExi02, KveSet01, KveSet02, KveDel01, KveDel02, KveDel03] "has an index that falls behind the data";
}

fn absent_key_is_false(check: &mut Check<'_>) -> Checked<()> {
    let (mut session, bucket) = (check.session(), check.bucket());
    check.exists(&mut session, &bucket, "k", false)?;
    let value = check.value()?;
    check.given(&mut session, &bucket, "x", &value)?;
    check.exists(&mut session, &bucket, "k", false)
}

fn present_key_is_true(check: &mut Check<'_>) -> Checked<()> {
    let (mut session, bucket) = (check.session(), check.bucket());
    let value = check.value()?;
    check.given(&mut session, &bucket, "k", &value)?;
    check.exists(&mut session, &bucket, "k", true)
}

fn empty_value_exists(check: &mut Check<'_>) -> Checked<()> {
    let (mut session, bucket) = (check.session(), check.bucket());
    check.set(&mut session, &bucket, "k", b"")?;
    check.exists(&mut session, &bucket, "k", true)
}

fn values_that_look_false_exist(check: &mut Check<'_>) -> Checked<()> {
    let (mut session, bucket) = (check.session(), check.bucket());
    check.needs_value_bytes(1)?;
    // The shortest first: a declared limit ends the list.
    for value in [&b"0"[..], b"f", b"\0", b" ", b"no", b"{}", b"[]", b"NaN", b"nil", b"null", b"None", b"false"] {
        if check.needs_value_bytes(value.len()).is_err() {
            break;
        }
        check.given(&mut session, &bucket, "k", value)?;
        check.exists(&mut session, &bucket, "k", true)?;
    }
    Ok(())
}

fn neighbours_of_a_present_key_do_not_exist(check: &mut Check<'_>) -> Checked<()> {
    let (mut session, bucket) = (check.session(), check.bucket());
    let value = check.value()?;
    check.given(&mut session, &bucket, "bb", &value)?;
    for key in check.allowed_keys(&["b", "bbb", "ba", "bc", "a", "c", "BB", "bb/", "b."])? {
        check.exists(&mut session, &bucket, key, false)?;
    }
    Ok(())
}

fn key_of_another_bucket_does_not_exist(check: &mut Check<'_>) -> Checked<()> {
    let [first, second] = check.buckets()?;
    let mut session = check.session();
    let value = check.value()?;
    check.given(&mut session, &first, "k", &value)?;
    check.exists(&mut session, &second, "k", false)
}

fn asking_changes_nothing(check: &mut Check<'_>) -> Checked<()> {
    let (mut session, bucket) = (check.session(), check.bucket());
    check.premise("the key was only asked about with exists");
    for _ in 0..3 {
        check.exists(&mut session, &bucket, "k", false)?;
        check.reads(&mut session, &bucket, "k", None)?;
    }
    let value = check.value()?;
    check.given(&mut session, &bucket, "k", &value)?;
    check.settle();
    check.premise("the key was asked about with exists before it was set");
    for _ in 0..3 {
        check.exists(&mut session, &bucket, "k", true)?;
        check.reads(&mut session, &bucket, "k", Some(&value))?;
    }
    Ok(())
}

fn agrees_with_get_through_a_life(check: &mut Check<'_>) -> Checked<()> {
    let (mut session, bucket) = (check.session(), check.bucket());
    let (first, second) = (check.value()?, check.value()?);
    check.premise("the key is set, replaced, emptied, deleted and set again; after each, both reads are asked");
    let life = [
        (KveSet01, Some(&first[..])),
        (KveSet02, Some(&second)),
        (KveSet02, Some(b"")),
        (KveDel01, None),
        (KveDel03, Some(&first)),
        (KveDel01, None),
        (KveDel02, None),
    ];
    for (requirement, state) in life {
        check.claim(requirement);
        match state {
            Some(value) => check.set(&mut session, &bucket, "k", value)?,
            None => check.delete(&mut session, &bucket, "k")?,
        }
        check.settle();
        check.reads(&mut session, &bucket, "k", state)?;
        // get shows the state, so only exists can be wrong.
        check.claim(if state.is_some() { KveExi01 } else { KveExi02 });
        check.exists(&mut session, &bucket, "k", state.is_some())?;
    }
    Ok(())
}
