//! Handles of buckets: many, in any order, dropped and opened again.

use kvspec_reference::RequirementId::{KveBkt03, KveErr02};
use kvspec_reference::interface::Failure;

use crate::case::check::{Check, Checked, Stop};

cases! { "handles";
    two_handles_show_the_same_data: [KveBkt03, KveCon01] "gives each handle a store of its own";
    a_handle_opened_later_shows_what_was_set: [KveBkt03] "keeps writes in the handle";
    opening_again_clears_nothing: [KveBkt03] "truncates a bucket on opening";
    dropping_all_handles_loses_nothing: [KveBkt03] "lets the data die with the last handle";
    a_write_survives_a_handle_dropped_at_once: [KveBkt03, KveCon02] "buffers writes in the handle";
    handles_may_be_dropped_in_any_order: [KveBkt03] "closes a bucket with the first of its handles";
    handles_of_two_buckets_stay_apart: [KveBkt01] "uses the number of a dropped handle for another bucket";
    hundreds_of_handles_are_open_at_once: [KveBkt03, KveBkt04] "has a small table of handles";
    handles_are_given_back: [KveBkt04, KveBkt03] "leaks a handle each time";
    one_handle_too_many_harms_no_other: [KveBkt04, KveErr02] "takes the place of an open handle for one too many";
}

fn two_handles_show_the_same_data(check: &mut Check<'_>) -> Checked<()> {
    check.needs_handles(2)?;
    let (mut a, mut b, bucket) = (check.session(), check.session(), check.bucket());
    check.open(&mut a, &bucket)?;
    check.open(&mut b, &bucket)?;
    let (first, second) = (check.value()?, check.value()?);
    check.set(&mut a, &bucket, "k", &first)?;
    check.shows(&mut b, &bucket, "k", Some(&first))?;
    check.set(&mut b, &bucket, "k", &second)?;
    check.settle();
    check.shows(&mut a, &bucket, "k", Some(&second))?;
    check.shows(&mut b, &bucket, "k", Some(&second))?;
    check.delete(&mut a, &bucket, "k")?;
    check.settle();
    check.shows(&mut b, &bucket, "k", None)
}

fn a_handle_opened_later_shows_what_was_set(check: &mut Check<'_>) -> Checked<()> {
    check.needs_handles(2)?;
    let (mut writer, mut reader, bucket) = (check.session(), check.session(), check.bucket());
    let value = check.value()?;
    check.set(&mut writer, &bucket, "k", &value)?;
    check.premise("session 1 opened its handle after the set; session 0 keeps its own open");
    check.open(&mut reader, &bucket)?;
    check.shows(&mut reader, &bucket, "k", Some(&value))
}

fn opening_again_clears_nothing(check: &mut Check<'_>) -> Checked<()> {
    check.needs_handles(2)?;
    let (mut session, mut other, bucket) = (check.session(), check.session(), check.bucket());
    let value = check.value()?;
    check.given(&mut session, &bucket, "k", &value)?;
    check.settle();
    check.premise("the bucket was opened again, while a handle of it was open");
    for _ in 0..3 {
        check.reopen(&mut other, &bucket)?;
        check.shows(&mut session, &bucket, "k", Some(&value))?;
        check.shows(&mut other, &bucket, "k", Some(&value))?;
    }
    Ok(())
}

fn dropping_all_handles_loses_nothing(check: &mut Check<'_>) -> Checked<()> {
    let (mut session, bucket) = (check.session(), check.bucket());
    let value = check.value()?;
    check.given(&mut session, &bucket, "k", &value)?;
    check.close(&mut session, &bucket);
    check.settle();
    check.premise("no handle of the bucket was open for a while");
    check.open(&mut session, &bucket)?;
    check.shows(&mut session, &bucket, "k", Some(&value))
}

fn a_write_survives_a_handle_dropped_at_once(check: &mut Check<'_>) -> Checked<()> {
    let (mut session, bucket) = (check.session(), check.bucket());
    let (first, second) = (check.value()?, check.value()?);
    check.premise("the handle was dropped right after the write was answered");
    for state in [Some(&first), Some(&second), None] {
        match state {
            Some(value) => check.set(&mut session, &bucket, "k", value)?,
            None => check.delete(&mut session, &bucket, "k")?,
        }
        check.close(&mut session, &bucket);
        check.settle();
        check.shows(&mut session, &bucket, "k", state.map(|v| &v[..]))?;
    }
    Ok(())
}

fn handles_may_be_dropped_in_any_order(check: &mut Check<'_>) -> Checked<()> {
    check.needs_handles(5)?;
    let bucket = check.bucket();
    let mut sessions: Vec<_> = (0..5).map(|_| check.session()).collect();
    for session in &mut sessions {
        check.open(session, &bucket)?;
    }
    // The first, the last, the middle: each time the others go on.
    for dropped in [0, 3, 1] {
        drop(sessions.remove(dropped));
        check.premise("five handles were open; the others were dropped, and this one is still in use");
        for session in &mut sessions {
            let value = check.value()?;
            check.set(session, &bucket, "k", &value)?;
            check.reads(session, &bucket, "k", Some(&value))?;
        }
    }
    Ok(())
}

fn handles_of_two_buckets_stay_apart(check: &mut Check<'_>) -> Checked<()> {
    check.needs_handles(4)?;
    let [first, second] = check.buckets()?;
    let (mut a, mut b) = (check.session(), check.session());
    let (mut of_first, mut of_second) = (check.value()?, check.value()?);
    check.given(&mut a, &first, "k", &of_first)?;
    // What is freed here is what the next handle may get.
    drop(check.idle_handle(&first)?);
    check.given(&mut b, &second, "k", &of_second)?;
    check.premise("handles of two buckets are dropped and opened in turn, so that their numbers are used again");
    for round in 0..4 {
        let (one, other) = if round % 2 == 0 { (&first, &second) } else { (&second, &first) };
        check.close(&mut a, one);
        check.close(&mut b, other);
        check.reopen(&mut a, other)?;
        check.reopen(&mut b, one)?;
        check.settle();
        check.shows(&mut b, &first, "k", Some(&of_first))?;
        check.shows(&mut a, &second, "k", Some(&of_second))?;
        (of_first, of_second) = (check.value()?, check.value()?);
        check.set(&mut a, &first, "k", &of_first)?;
        check.set(&mut b, &second, "k", &of_second)?;
    }
    check.settle();
    check.shows(&mut a, &first, "k", Some(&of_first))?;
    check.shows(&mut b, &second, "k", Some(&of_second))
}

fn hundreds_of_handles_are_open_at_once(check: &mut Check<'_>) -> Checked<()> {
    let bucket = check.bucket();
    let count = check.handle_count(400);
    check.needs_handles(2)?;
    let mut sessions = Vec::new();
    for _ in 0..count {
        let mut session = check.session();
        check.open(&mut session, &bucket)?;
        sessions.push(session);
    }
    check.premise(format!("{count} handles of the bucket are open"));
    let value = check.value()?;
    check.set(&mut sessions[count / 2], &bucket, "k", &value)?;
    check.settle();
    for session in &mut sessions {
        check.reads(session, &bucket, "k", Some(&value))?;
    }
    let last = check.value()?;
    check.set(&mut sessions[count - 1], &bucket, "k", &last)?;
    check.settle();
    check.reads(&mut sessions[0], &bucket, "k", Some(&last))
}

fn handles_are_given_back(check: &mut Check<'_>) -> Checked<()> {
    let (mut session, bucket) = (check.session(), check.bucket());
    let value = check.value()?;
    check.given(&mut session, &bucket, "k", &value)?;
    check.settle();
    check.premise("the handle was dropped and opened again 2,000 times");
    for _ in 0..2_000 {
        check.reopen(&mut session, &bucket)?;
    }
    check.claim(KveBkt03);
    check.shows(&mut session, &bucket, "k", Some(&value))
}

/// Beyond this, a declared number of handles is believed and not tried.
const TRIED_HANDLES_MAX: usize = 1_000;

fn one_handle_too_many_harms_no_other(check: &mut Check<'_>) -> Checked<()> {
    let max = match check.declaration().limits.max_handles {
        None => return Err(Stop::Skip("limits.max_handles is not declared".into())),
        Some(max) if max > TRIED_HANDLES_MAX => {
            let why = format!("limits.max_handles = {max} is above the {TRIED_HANDLES_MAX} that are tried");
            return Err(Stop::Skip(why));
        }
        Some(max) => max,
    };
    let bucket = check.bucket();
    let mut sessions = Vec::new();
    for _ in 0..max {
        let mut session = check.session();
        check.open(&mut session, &bucket)?;
        sessions.push(session);
    }
    let one_more = match check.implementation().open(&bucket) {
        Err(Failure::Error(_)) => {
            check.claim(KveErr02);
            check.premise(format!("limits.max_handles = {max} are open, and one more was refused"));
            None
        }
        opened => {
            check.premise(format!("limits.max_handles = {max} are open, and one more was given"));
            Some(check.call("one more open", opened)?)
        }
    };
    for session in &mut sessions {
        let value = check.value()?;
        check.set(session, &bucket, "k", &value)?;
        check.reads(session, &bucket, "k", Some(&value))?;
    }
    drop(one_more);
    Ok(())
}
