//! `get`.

use kvspec_reference::RequirementId::KveBkt01;

use crate::case::check::{Check, Checked};

cases! { "get";
    absent_key_is_none: [KveGet02] "answers an error, or an empty value, for a key that was never set";
    present_key_gives_its_bytes: [KveGet01, KveSet01] "gives something else than what was set";
    reading_again_gives_the_same: [KveGet03, KveCon03] "takes a value out by reading it, or counts reads";
    reading_an_absent_key_creates_nothing: [KveGet03, KveExi02] "inserts a default when a key is missing";
    neighbours_of_a_present_key_are_absent: [KveGet02, KveKey01] "looks keys up by prefix or by range";
    key_of_another_bucket_is_absent: [KveGet02, KveBkt01] "keeps all buckets in one map";
}

fn absent_key_is_none(check: &mut Check<'_>) -> Checked<()> {
    let (mut session, bucket) = (check.session(), check.bucket());
    check.reads(&mut session, &bucket, "k", None)?;
    check.premise("another key of the bucket is present");
    let value = check.value()?;
    check.given(&mut session, &bucket, "x", &value)?;
    check.reads(&mut session, &bucket, "k", None)
}

fn present_key_gives_its_bytes(check: &mut Check<'_>) -> Checked<()> {
    let (mut session, bucket) = (check.session(), check.bucket());
    let value = check.value()?;
    check.set(&mut session, &bucket, "k", &value)?;
    check.reads(&mut session, &bucket, "k", Some(&value))
}

fn reading_again_gives_the_same(check: &mut Check<'_>) -> Checked<()> {
    let (mut session, bucket) = (check.session(), check.bucket());
    let value = check.value()?;
    check.given(&mut session, &bucket, "k", &value)?;
    check.settle();
    check.premise("the key is read over and over; nothing is written meanwhile");
    for _ in 0..40 {
        check.shows(&mut session, &bucket, "k", Some(&value))?;
    }
    Ok(())
}

fn reading_an_absent_key_creates_nothing(check: &mut Check<'_>) -> Checked<()> {
    let (mut session, bucket) = (check.session(), check.bucket());
    check.premise("the key was only read, never set");
    for _ in 0..3 {
        check.reads(&mut session, &bucket, "k", None)?;
        check.exists(&mut session, &bucket, "k", false)?;
    }
    Ok(())
}

fn neighbours_of_a_present_key_are_absent(check: &mut Check<'_>) -> Checked<()> {
    let (mut session, bucket) = (check.session(), check.bucket());
    let value = check.value()?;
    check.given(&mut session, &bucket, "bb", &value)?;
    for key in check.allowed_keys(&["b", "bbb", "ba", "bc", "a", "c", "BB", "bb/", "b."])? {
        check.reads(&mut session, &bucket, key, None)?;
    }
    Ok(())
}

fn key_of_another_bucket_is_absent(check: &mut Check<'_>) -> Checked<()> {
    let [first, second] = check.buckets()?;
    let mut session = check.session();
    let value = check.value()?;
    check.given(&mut session, &first, "k", &value)?;
    check.reads(&mut session, &second, "k", None)?;
    check.claim(KveBkt01);
    check.exists(&mut session, &second, "k", false)
}
