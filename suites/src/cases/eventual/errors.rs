//! Errors: they are answers, never traps, and the store goes on after them.

use kvspec_reference::RequirementId::KveErr02;
use kvspec_reference::interface::Failure;
use kvspec_reference::workload::recorder::Session;

use crate::case::check::{Check, Checked, Stop};

cases! { "errors";
    extreme_arguments_never_trap: [KveErr01, KveErr02] "traps on arguments that are valid but odd";
    refused_calls_are_followed_by_normal_work: [KveErr02] "breaks, or stays locked, after it answered an error";
    a_refused_call_leaves_other_sessions: [KveErr02] "spoils the handles of others by an error";
    refused_opens_leave_open_buckets: [KveErr02, KveBkt02] "drops a handle, or the bucket, on a failed open";
}

fn extreme_arguments_never_trap(check: &mut Check<'_>) -> Checked<()> {
    let (mut session, bucket) = (check.session(), check.bucket());
    let long = "k".repeat(70_000);
    let keys = ["", "\0", "\u{10ffff}", " ", "/", "..", "\r\n", "*", &long];
    check.premise("keys of any kind are valid arguments: the answer is a result or an error");
    for key in keys {
        let asked: [Result<(), Failure>; 4] = [
            session.get(&bucket, key).map(drop),
            session.exists(&bucket, key).map(drop),
            session.delete(&bucket, key),
            session.get_with(&bucket, key, |incoming| incoming.consume_sync()).map(drop),
        ];
        for answer in asked {
            answers(check, "a call with an odd key", answer)?;
        }
    }
    for name in ["", "\0", "/", "..", "\u{10ffff}", &long] {
        let opened = check.implementation().open(name).map(drop);
        answers(check, "open with an odd name", opened)?;
    }
    check.claim(KveErr02);
    works(check, &mut session, &bucket, "k")
}

/// A result or an error will do; a trap will not.
fn answers(check: &mut Check<'_>, call: &str, answer: Result<(), Failure>) -> Checked<()> {
    match answer {
        Ok(()) | Err(Failure::Error(_)) => {
            check.counted();
            Ok(())
        }
        Err(failure) => check.call(call, Err(failure)),
    }
}

fn refused_calls_are_followed_by_normal_work(check: &mut Check<'_>) -> Checked<()> {
    let (mut session, bucket) = (check.session(), check.bucket());
    let kept = check.value()?;
    check.given(&mut session, &bucket, "k", &kept)?;
    for _ in 0..20 {
        refuse_something(check, &mut session, &bucket)?;
    }
    check.premise("calls on other keys were refused before, as they must be");
    check.settle();
    check.shows(&mut session, &bucket, "k", Some(&kept))?;
    works(check, &mut session, &bucket, "k")
}

fn a_refused_call_leaves_other_sessions(check: &mut Check<'_>) -> Checked<()> {
    check.needs_handles(2)?;
    let (mut bold, mut calm, bucket) = (check.session(), check.session(), check.bucket());
    works(check, &mut calm, &bucket, "k")?;
    for _ in 0..4 {
        refuse_something(check, &mut bold, &bucket)?;
        check.premise("calls of another session on other keys were refused, as they must be");
        works(check, &mut calm, &bucket, "k")?;
    }
    works(check, &mut bold, &bucket, "k")
}

/// A call that a declaration makes an error, on a key that no case uses otherwise.
fn refuse_something<'a>(check: &mut Check<'a>, session: &mut Session<'a>, bucket: &str) -> Checked<()> {
    let limits = check.declaration().limits.clone();
    if limits.at_least {
        return refuse_opening(check, "limits.at_least = true is declared");
    }
    if let Some(max) = limits.max_value_bytes.filter(|&max| max < 1 << 20) {
        let too_long = check.value_beyond_limits(max + 1);
        let why = format!("the value is above limits.max_value_bytes = {max}");
        return check.set_is_refused(session, bucket, "n", &too_long, &why);
    }
    let value = check.value()?;
    if let Some(max) = limits.max_key_bytes.filter(|&max| max < 1 << 20) {
        let why = format!("the key is above limits.max_key_bytes = {max}");
        return check.set_is_refused(session, bucket, &"n".repeat(max + 1), &value, &why);
    }
    if let Some(key) = ["", "n\u{e9}", "n*"].into_iter().find(|key| !limits.key_characters.allow(key)) {
        let why = format!("limits.key_characters = \"{}\" is declared", limits.key_characters.name());
        return check.set_is_refused(session, bucket, key, &value, &why);
    }
    refuse_opening(check, "no limit is declared")
}

fn refuse_opening(check: &mut Check<'_>, why_nothing_else: &str) -> Checked<()> {
    if !check.declaration().capabilities.creates_buckets {
        let opened = check.implementation().open("no-such-bucket-7d1c").map(drop);
        return check.refused("open of no-such-bucket-7d1c", "there is no such bucket", opened);
    }
    Err(Stop::Skip(format!("{why_nothing_else} and capabilities.creates_buckets = true: nothing must be refused")))
}

fn refused_opens_leave_open_buckets(check: &mut Check<'_>) -> Checked<()> {
    if check.declaration().capabilities.creates_buckets {
        return Err(Stop::Skip("capabilities.creates_buckets = true".into()));
    }
    let (mut session, bucket) = (check.session(), check.bucket());
    let value = check.value()?;
    check.given(&mut session, &bucket, "k", &value)?;
    check.settle();
    for _ in 0..20 {
        let opened = check.implementation().open("no-such-bucket-7d1c").map(drop);
        check.refused("open of no-such-bucket-7d1c", "there is no such bucket", opened)?;
    }
    check.premise("opens of a bucket that does not exist were refused, as they must be");
    check.shows(&mut session, &bucket, "k", Some(&value))?;
    works(check, &mut session, &bucket, "k")
}

/// A short life of a key.
fn works<'a>(check: &mut Check<'a>, session: &mut Session<'a>, bucket: &str, key: &str) -> Checked<()> {
    let value = check.value()?;
    check.set(session, bucket, key, &value)?;
    check.shows(session, bucket, key, Some(&value))?;
    check.delete(session, bucket, key)?;
    check.settle();
    check.shows(session, bucket, key, None)
}
