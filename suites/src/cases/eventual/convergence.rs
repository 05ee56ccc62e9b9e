//! Convergence: once writes pause, all sessions read the last write, within the declared bound, and
//! go on reading it.

use kvspec_reference::workload::recorder::Session;

use crate::case::check::{Check, Checked};

cases! { "convergence";
    every_session_reads_the_last_write: [KveCon01, KveCon02] "lets sessions end up with different values";
    the_last_of_many_writers_wins: [KveCon02] "orders writers by something else than when they wrote";
    a_last_delete_wins: [KveCon02, KveDel01] "prefers values to deletes";
    a_last_set_wins: [KveCon02, KveDel03] "prefers deletes to values";
    get_agrees_with_exists: [KveCon01] "lets an index and the data differ for good";
    a_storm_of_writes_settles_on_the_last: [KveCon02] "drops writes that follow too quickly";
    a_converged_value_stays: [KveCon03] "loses or changes a value when time passes";
    a_deleted_key_stays_deleted: [KveCon03] "brings deleted values back";
    an_overwritten_value_stays_overwritten: [KveCon03] "brings older values back";
    reads_do_not_disturb: [KveCon03, KveGet03] "repairs, on a read, the newer value with the older";
    a_register_converges_while_another_is_written: [KveCon04] "converges only when all writes pause";
    a_bucket_converges_while_another_is_written: [KveCon04] "converges only when all buckets rest";
}

fn every_session_reads_the_last_write(check: &mut Check<'_>) -> Checked<()> {
    check.needs_handles(4)?;
    let bucket = check.bucket();
    let mut sessions: Vec<_> = (0..4).map(|_| check.session()).collect();
    for round in 0..3 {
        let mut last = Vec::new();
        for turn in 0..sessions.len() {
            last = check.value()?;
            let writer = &mut sessions[(turn + round) % 4];
            check.set(writer, &bucket, "k", &last)?;
        }
        check.premise("four sessions set the key, one after another");
        all_show(check, &mut sessions, &bucket, "k", Some(&last))?;
    }
    Ok(())
}

fn the_last_of_many_writers_wins(check: &mut Check<'_>) -> Checked<()> {
    check.needs_handles(6)?;
    let bucket = check.bucket();
    let mut sessions: Vec<_> = (0..6).map(|_| check.session()).collect();
    // Once in the order of their numbers, once against it, once from the middle.
    for order in [[0, 1, 2, 3, 4, 5], [5, 4, 3, 2, 1, 0], [3, 0, 5, 1, 4, 2]] {
        let mut values = Vec::new();
        for _ in order {
            values.push(check.value()?);
        }
        // Against the order of their bytes as well.
        values.sort_unstable_by(|a, b| b.cmp(a));
        for (&writer, value) in order.iter().zip(&values) {
            check.set(&mut sessions[writer], &bucket, "k", value)?;
        }
        check.premise("six sessions set the key, each when the one before had its answer");
        let last = values.pop().unwrap_or_default();
        all_show(check, &mut sessions, &bucket, "k", Some(&last))?;
    }
    Ok(())
}

fn a_last_delete_wins(check: &mut Check<'_>) -> Checked<()> {
    check.needs_handles(2)?;
    let bucket = check.bucket();
    let mut sessions = [check.session(), check.session()];
    check.premise("the last write of the key was a delete, each time by another session than the set");
    for turn in 0..4 {
        let value = check.value()?;
        check.set(&mut sessions[turn % 2], &bucket, "k", &value)?;
        check.delete(&mut sessions[(turn + 1) % 2], &bucket, "k")?;
        all_show(check, &mut sessions, &bucket, "k", None)?;
    }
    Ok(())
}

fn a_last_set_wins(check: &mut Check<'_>) -> Checked<()> {
    check.needs_handles(2)?;
    let bucket = check.bucket();
    let mut sessions = [check.session(), check.session()];
    check.premise("the last write of the key was a set, each time by another session than the delete before it");
    for turn in 0..4 {
        let (before, value) = (check.value()?, check.value()?);
        check.set(&mut sessions[turn % 2], &bucket, "k", &before)?;
        check.delete(&mut sessions[turn % 2], &bucket, "k")?;
        check.set(&mut sessions[(turn + 1) % 2], &bucket, "k", &value)?;
        all_show(check, &mut sessions, &bucket, "k", Some(&value))?;
    }
    Ok(())
}

fn get_agrees_with_exists(check: &mut Check<'_>) -> Checked<()> {
    check.needs_handles(2)?;
    check.needs_keys(3)?;
    let bucket = check.bucket();
    let mut sessions = [check.session(), check.session()];
    let value = check.value()?;
    check.set(&mut sessions[0], &bucket, "k0", &value)?;
    check.set(&mut sessions[1], &bucket, "k1", &value)?;
    check.set(&mut sessions[0], &bucket, "k2", b"")?;
    check.delete(&mut sessions[0], &bucket, "k1")?;
    check.premise("the bound has passed; get and exists are asked by both sessions, in both orders");
    check.settle();
    for (key, state) in [("k0", Some(&value[..])), ("k1", None), ("k2", Some(b""))] {
        for session in &mut sessions {
            check.exists(session, &bucket, key, state.is_some())?;
            check.reads(session, &bucket, key, state)?;
            check.exists(session, &bucket, key, state.is_some())?;
        }
    }
    Ok(())
}

fn a_storm_of_writes_settles_on_the_last(check: &mut Check<'_>) -> Checked<()> {
    check.needs_handles(3)?;
    let bucket = check.bucket();
    let mut sessions = [check.session(), check.session(), check.session()];
    for (length, ends_with_delete) in [(60, false), (61, true), (2, false), (3, true)] {
        let (mut last, mut writer) = (None, 0);
        for i in 0..length {
            let session = &mut sessions[(i * 2 + i / 3) % 3];
            writer = session.id();
            let is_delete = if i + 1 == length { ends_with_delete } else { i % 4 == 3 };
            last = match is_delete {
                true => check.delete(session, &bucket, "k").map(|()| None)?,
                false => {
                    let value = check.value()?;
                    check.set(session, &bucket, "k", &value)?;
                    Some(value)
                }
            };
        }
        check.premise(format!("{length} writes followed one another without a pause, the last by session {writer}"));
        all_show(check, &mut sessions, &bucket, "k", last.as_deref())?;
    }
    Ok(())
}

fn a_converged_value_stays(check: &mut Check<'_>) -> Checked<()> {
    check.needs_handles(2)?;
    let bucket = check.bucket();
    let mut sessions = [check.session(), check.session()];
    let value = check.value()?;
    check.set(&mut sessions[0], &bucket, "k", &value)?;
    stays(check, &mut sessions, &bucket, Some(&value))
}

fn a_deleted_key_stays_deleted(check: &mut Check<'_>) -> Checked<()> {
    check.needs_handles(2)?;
    let bucket = check.bucket();
    let mut sessions = [check.session(), check.session()];
    for session in &mut sessions {
        let value = check.value()?;
        check.set(session, &bucket, "k", &value)?;
    }
    check.delete(&mut sessions[0], &bucket, "k")?;
    stays(check, &mut sessions, &bucket, None)
}

fn an_overwritten_value_stays_overwritten(check: &mut Check<'_>) -> Checked<()> {
    check.needs_handles(2)?;
    let bucket = check.bucket();
    let mut sessions = [check.session(), check.session()];
    let mut last = Vec::new();
    for turn in 0..5 {
        last = check.value()?;
        check.set(&mut sessions[turn % 2], &bucket, "k", &last)?;
    }
    stays(check, &mut sessions, &bucket, Some(&last))
}

fn reads_do_not_disturb(check: &mut Check<'_>) -> Checked<()> {
    check.needs_handles(3)?;
    let bucket = check.bucket();
    let mut sessions = [check.session(), check.session(), check.session()];
    let (first, second) = (check.value()?, check.value()?);
    check.given(&mut sessions[0], &bucket, "k", &first)?;
    for session in &mut sessions {
        check.glance(session, &bucket, "k")?;
    }
    check.set(&mut sessions[1], &bucket, "k", &second)?;
    check.premise("every session read the key many times, before and after the bound");
    for _ in 0..6 {
        for session in &mut sessions {
            check.glance(session, &bucket, "k")?;
        }
    }
    all_show(check, &mut sessions, &bucket, "k", Some(&second))?;
    check.wait_a_bound();
    all_show(check, &mut sessions, &bucket, "k", Some(&second))
}

fn a_register_converges_while_another_is_written(check: &mut Check<'_>) -> Checked<()> {
    check.needs_keys(2)?;
    let bucket = check.bucket();
    progress(check, &bucket, &bucket)
}

fn a_bucket_converges_while_another_is_written(check: &mut Check<'_>) -> Checked<()> {
    let [quiet, busy] = check.buckets()?;
    progress(check, &quiet, &busy)
}

/// A key is written, then left alone; another is written all the time, until the bound of the first
/// has passed.
fn progress(check: &mut Check<'_>, quiet: &str, busy: &str) -> Checked<()> {
    const WRITES: u32 = 16;
    check.needs_handles(3)?;
    let (mut writer, mut other, mut reader) = (check.session(), check.session(), check.session());
    let (first, last) = (check.value()?, check.value()?);
    check.set(&mut writer, quiet, "q", &first)?;
    check.set(&mut writer, quiet, "q", &last)?;
    let pause = check.declaration().convergence_bound() / WRITES;
    for _ in 0..=WRITES {
        let value = check.value()?;
        check.set(&mut other, busy, "w", &value)?;
        check.clock().advance(pause);
    }
    check.premise("another key was written all the while, and again right before the read");
    let value = check.value()?;
    check.set(&mut other, busy, "w", &value)?;
    check.shows(&mut reader, quiet, "q", Some(&last))?;
    check.shows(&mut writer, quiet, "q", Some(&last))
}

/// All sessions read the state once the bound has passed.
fn all_show<'a>(
    check: &mut Check<'a>,
    sessions: &mut [Session<'a>],
    bucket: &str,
    key: &str,
    state: Option<&[u8]>,
) -> Checked<()> {
    check.settle();
    for session in sessions {
        check.shows(session, bucket, key, state)?;
    }
    Ok(())
}

/// All sessions read the state after the bound, and after further times as long.
fn stays<'a>(check: &mut Check<'a>, sessions: &mut [Session<'a>], bucket: &str, state: Option<&[u8]>) -> Checked<()> {
    for bounds in 1..=4 {
        check.premise(format!("nothing was written for {bounds} times the convergence bound"));
        check.wait_a_bound();
        all_show(check, sessions, bucket, "k", state)?;
    }
    // Only a clock that the implementation lives by can be moved that far without waiting.
    if let Some(clock) = check.implementation().clock() {
        for (duration, name) in [(3_600, "an hour"), (86_400 * 40, "forty days")] {
            clock.advance(std::time::Duration::from_secs(duration));
            check.premise(format!("nothing was written for {name} of the implementation's clock"));
            all_show(check, sessions, bucket, "k", state)?;
        }
    }
    Ok(())
}
