//! Where two features meet: a stream and the drop of its value, a delete and later sets of other
//! keys, a large value and other sessions. Each case is here because a mutant lived without it.

use crate::case::check::{Check, Checked, ValueCall, drain};

cases! { "crossings";
    a_streamed_value_stays_when_it_is_dropped: [KveSet04] "aborts an upload that was set";
    a_streamed_body_is_any_bytes: [KveOut01, KveVal01] "looks for framing in a streamed body";
    an_incoming_stream_is_any_bytes: [KveInc01, KveVal01] "looks for framing in what it streams out";
    large_values_reach_every_session: [KveCon01, KveBkt03] "does not carry large values to its replicas";
    deleted_keys_stay_deleted_while_others_are_set: [KveKey02, KveCon03] "brings keys back when a page is written";
    others_exist_when_many_are_deleted: [KveKey02, KveExi01] "lets deletes clear what the keys of its index share";
    megabytes_in_many_keys_stay: [KveKey02] "drops old keys when the values take too much room";
}

/// Bytes that look like the framing of one protocol or another, and are no UTF-8 at the end.
const FRAMED: &[u8] = b"5;ext=1\r\nhello\r\n0\r\n\r\n--boundary\n\x00\x1a$3\r\nend\r\n\xff\xfe";

fn a_streamed_value_stays_when_it_is_dropped(check: &mut Check<'_>) -> Checked<()> {
    check.needs_streaming()?;
    let (mut session, bucket) = (check.session(), check.bucket());
    let body = check.value()?;
    let value = check.outgoing()?;
    let mut stream = check.value_call(ValueCall::WriteBodyAsync, value.write_stream())?;
    check.value_call(ValueCall::WriteToStream, stream.write(&body))?;
    drop(stream);
    check.set_value(&mut session, &bucket, "k", &*value, &body)?;
    drop(value);
    check.premise("the outgoing value, whose body was streamed, was dropped after it was set");
    check.settle();
    check.shows(&mut session, &bucket, "k", Some(&body))
}

fn a_streamed_body_is_any_bytes(check: &mut Check<'_>) -> Checked<()> {
    check.needs_streaming()?;
    check.needs_value_bytes(FRAMED.len())?;
    let (mut session, bucket) = (check.session(), check.bucket());
    check.needs_keys(2)?;
    check.premise("the body was written to a stream as a whole, then byte by byte");
    for piece in [FRAMED.len(), 1] {
        let value = check.outgoing()?;
        let mut stream = check.value_call(ValueCall::WriteBodyAsync, value.write_stream())?;
        for part in FRAMED.chunks(piece) {
            check.value_call(ValueCall::WriteToStream, stream.write(part))?;
        }
        drop(stream);
        let key = if piece == 1 { "k1" } else { "k2" };
        check.set_value(&mut session, &bucket, key, &*value, FRAMED)?;
        check.reads(&mut session, &bucket, key, Some(FRAMED))?;
    }
    Ok(())
}

fn an_incoming_stream_is_any_bytes(check: &mut Check<'_>) -> Checked<()> {
    check.needs_streaming()?;
    check.needs_value_bytes(FRAMED.len())?;
    let (mut session, bucket) = (check.session(), check.bucket());
    check.given(&mut session, &bucket, "k", FRAMED)?;
    for limit in [1, 7, 4096] {
        check.reads_with(&mut session, &bucket, "k", Some(FRAMED), |incoming| {
            let mut stream = incoming.consume_stream()?;
            Ok(drain(&mut *stream, limit, FRAMED.len())?.bytes)
        })?;
    }
    Ok(())
}

fn large_values_reach_every_session(check: &mut Check<'_>) -> Checked<()> {
    check.needs_handles(3)?;
    let bucket = check.bucket();
    let mut sessions = [check.session(), check.session(), check.session()];
    for (turn, length) in [5_000, 70_000, 300_000].into_iter().enumerate() {
        if turn > 0 && check.needs_value_bytes(length).is_err() {
            break;
        }
        let value = check.value_of(length)?;
        check.set(&mut sessions[turn], &bucket, "k", &value)?;
        check.settle();
        check.premise(format!("session {turn} set a value of {length} bytes"));
        for session in &mut sessions {
            check.shows(session, &bucket, "k", Some(&value))?;
        }
    }
    Ok(())
}

fn deleted_keys_stay_deleted_while_others_are_set(check: &mut Check<'_>) -> Checked<()> {
    let keys = check.allowed_keys(&["k1", "k2", "k3", "k4"])?;
    let (mut session, bucket) = (check.session(), check.bucket());
    for key in &keys {
        let value = check.value()?;
        check.given(&mut session, &bucket, key, &value)?;
    }
    for (i, deleted) in keys.iter().enumerate() {
        check.gone(&mut session, &bucket, deleted)?;
        let other = keys[(i + 1) % keys.len()];
        let value = check.value()?;
        check.set(&mut session, &bucket, other, &value)?;
        check.settle();
        check.premise(format!("after the delete of {deleted}, only {other} was set"));
        check.shows(&mut session, &bucket, deleted, None)?;
        check.shows(&mut session, &bucket, other, Some(&value))?;
    }
    Ok(())
}

fn others_exist_when_many_are_deleted(check: &mut Check<'_>) -> Checked<()> {
    let (mut session, bucket) = (check.session(), check.bucket());
    let count = check.key_count(200);
    check.needs_keys(2)?;
    let key = |i: usize| format!("k{i}");
    for i in 0..count {
        let value = check.value()?;
        check.set(&mut session, &bucket, &key(i), &value)?;
    }
    for i in (0..count).step_by(2) {
        check.delete(&mut session, &bucket, &key(i))?;
    }
    check.settle();
    check.premise(format!("of {count} keys, k0 first, those with an even number were deleted"));
    for i in (1..count).step_by(2) {
        check.exists(&mut session, &bucket, &key(i), true)?;
    }
    Ok(())
}

fn megabytes_in_many_keys_stay(check: &mut Check<'_>) -> Checked<()> {
    const LENGTH: usize = 160_000;
    let (mut session, bucket) = (check.session(), check.bucket());
    check.needs_keys(2)?;
    let count = check.key_count(20);
    let mut values = Vec::new();
    for i in 0..count {
        let value = check.value_of(LENGTH)?;
        check.set(&mut session, &bucket, &format!("k{i}"), &value)?;
        values.push(value);
    }
    check.settle();
    check.premise(format!("{count} keys were set to values of {LENGTH} bytes each"));
    for (i, value) in values.iter().enumerate() {
        check.reads(&mut session, &bucket, &format!("k{i}"), Some(value))?;
    }
    Ok(())
}
