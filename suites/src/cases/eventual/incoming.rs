//! Incoming values: consumed at once or as streams, and their size.

use kvspec_reference::RequirementId::{KveInc01, KveInc02};
use kvspec_reference::interface::Failure;

use crate::case::check::{Check, Checked, ValueCall, drain};

cases! { "incoming";
    consumed_at_once_it_gives_all_bytes: [KveInc01] "loses bytes on the way out";
    a_stream_gives_all_bytes_and_ends: [KveInc01] "ends too early, too late, or never";
    a_stream_read_in_odd_pieces_gives_the_same: [KveInc01] "skips or repeats bytes between reads";
    a_long_stream_gives_the_same: [KveInc01] "stops at the end of a buffer";
    a_read_of_huge_length_gives_what_is_there: [KveInc01, KveErr01] "reserves as much memory as it is asked for";
    the_stream_of_the_empty_value_ends: [KveInc01, KveVal02] "never ends, or fails, without a byte";
    both_ways_give_the_same: [KveInc01, KveGet01] "has two ways to read that differ";
    size_is_the_number_of_bytes: [KveInc02] "counts characters, or gives a constant";
    size_of_the_empty_value_is_zero: [KveInc02, KveVal02] "calls size 0 unknown";
    size_is_that_of_the_newest_value: [KveInc02] "remembers the size of the value that was there before";
    asking_for_the_size_takes_nothing: [KveInc02, KveInc01] "consumes the value to count it";
    values_held_at_once_are_their_own: [KveInc01, KveInt03] "has one buffer for all incoming values";
    dropping_values_unread_harms_nothing: [KveErr02, KveInc01] "breaks when a value or stream is dropped half-way";
}

fn consumed_at_once_it_gives_all_bytes(check: &mut Check<'_>) -> Checked<()> {
    let (mut session, bucket) = (check.session(), check.bucket());
    let value = check.value()?;
    check.set(&mut session, &bucket, "k", &value)?;
    check.reads_with(&mut session, &bucket, "k", Some(&value), |incoming| incoming.consume_sync())
}

fn a_stream_gives_all_bytes_and_ends(check: &mut Check<'_>) -> Checked<()> {
    let value = check.value()?;
    drained(check, &value, &[4_096])
}

fn a_stream_read_in_odd_pieces_gives_the_same(check: &mut Check<'_>) -> Checked<()> {
    let value = check.value_of(200)?;
    drained(check, &value, &[1, 3, 7, 64, 199, 200, 201])
}

fn a_long_stream_gives_the_same(check: &mut Check<'_>) -> Checked<()> {
    let value = check.value_of(100_000)?;
    drained(check, &value, &[4_095, 4_096, 4_097, 65_536, 99_999])
}

fn a_read_of_huge_length_gives_what_is_there(check: &mut Check<'_>) -> Checked<()> {
    let value = check.value()?;
    drained(check, &value, &[u64::MAX, 1 << 63, u64::from(u32::MAX) + 1, 1 << 31])
}

fn the_stream_of_the_empty_value_ends(check: &mut Check<'_>) -> Checked<()> {
    drained(check, b"", &[1, 4_096])
}

/// The value comes out of streams whose reads ask for at most each of these lengths.
fn drained(check: &mut Check<'_>, value: &[u8], limits: &[u64]) -> Checked<()> {
    check.needs_streaming()?;
    let (mut session, bucket) = (check.session(), check.bucket());
    check.given(&mut session, &bucket, "k", value)?;
    for &limit in limits {
        check.premise(format!("the value was read from its stream, at most {limit} bytes a read"));
        let mut fault = None;
        check.reads_with(&mut session, &bucket, "k", Some(value), |incoming| {
            let mut stream = incoming.consume_stream()?;
            let out = drain(&mut *stream, limit, value.len() + 4_096)?;
            fault.clone_from(&out.fault);
            Ok(out.bytes)
        })?;
        let read = check.last_operation();
        check.holds_of(read, fault.is_none(), || {
            ("the stream gives the bytes, then ends".into(), fault.unwrap_or_default())
        })?;
    }
    Ok(())
}

fn both_ways_give_the_same(check: &mut Check<'_>) -> Checked<()> {
    check.needs_streaming()?;
    let (mut session, bucket) = (check.session(), check.bucket());
    check.needs_value_bytes(42)?;
    let value = [&[0, 255, 13, 10, 26, 0xc3, 0x28][..], &check.value()?, b"\0\r\n"].concat();
    check.set(&mut session, &bucket, "k", &value)?;
    check.settle();
    for round in 0..4 {
        let by_stream = round % 2 == 1;
        let way = if by_stream { "consume-async" } else { "consume-sync" };
        check.premise(format!("the value was read with {way}"));
        check.reads_with(&mut session, &bucket, "k", Some(&value), |incoming| match by_stream {
            true => Ok(drain(&mut *incoming.consume_stream()?, 64, 1 << 16)?.bytes),
            false => incoming.consume_sync(),
        })?;
    }
    Ok(())
}

fn size_is_the_number_of_bytes(check: &mut Check<'_>) -> Checked<()> {
    check.needs_value_bytes(1)?;
    for length in [1, 30, 255, 256, 4_096, 65_536, 70_000] {
        if check.needs_value_bytes(length).is_err() {
            break;
        }
        let value = check.value_of(length)?;
        sized(check, &value)?;
    }
    // More bytes than characters.
    let text = "\u{e9}\u{1f600}".as_bytes();
    if check.needs_value_bytes(text.len()).is_ok() {
        sized(check, text)?;
    }
    Ok(())
}

fn size_of_the_empty_value_is_zero(check: &mut Check<'_>) -> Checked<()> {
    sized(check, b"")
}

fn size_is_that_of_the_newest_value(check: &mut Check<'_>) -> Checked<()> {
    check.needs_value_bytes(300)?;
    for length in [300, 40, 41, 299] {
        let value = check.value_of(length)?;
        sized(check, &value)?;
    }
    Ok(())
}

/// Sets the value and compares its size with the bytes of the very value that was asked.
fn sized(check: &mut Check<'_>, value: &[u8]) -> Checked<()> {
    let (mut session, bucket) = (check.session(), check.bucket());
    check.set(&mut session, &bucket, "k", value)?;
    let mut size = Ok(0);
    check.reads_with(&mut session, &bucket, "k", Some(value), |incoming| {
        size = incoming.size();
        incoming.consume_sync()
    })?;
    size_is(check, size, value.len())
}

/// The size of the value that the last operation gave.
fn size_is(check: &mut Check<'_>, size: Result<u64, Failure>, length: usize) -> Checked<()> {
    let call = format!("incoming-value-size of a value of {length} bytes");
    match size {
        Err(Failure::Error(_)) if !check.declaration().capabilities.size_known => {
            check.counted();
            Ok(())
        }
        Err(failure) => {
            if failure.is_interface_error() {
                check.premise("capabilities.size_known = true is declared, so size gives a number");
            }
            check.call(&call, Err(failure))
        }
        Ok(size) => {
            check.premise("the size was asked of the very value whose bytes were then consumed and counted");
            let (read, expected) = (check.last_operation(), length as u64);
            check.holds_of(read, size == expected, || (format!("{call} is {expected}"), size.to_string()))
        }
    }
}

fn asking_for_the_size_takes_nothing(check: &mut Check<'_>) -> Checked<()> {
    let (mut session, bucket) = (check.session(), check.bucket());
    let value = check.value()?;
    check.set(&mut session, &bucket, "k", &value)?;
    check.premise("the size was asked for three times before the value was consumed");
    let mut sizes = Vec::new();
    check.claim(KveInc01);
    check.reads_with(&mut session, &bucket, "k", Some(&value), |incoming| {
        sizes = (0..3).map(|_| incoming.size()).collect();
        incoming.consume_sync()
    })?;
    check.claim(KveInc02);
    for size in sizes {
        size_is(check, size, value.len())?;
    }
    Ok(())
}

fn values_held_at_once_are_their_own(check: &mut Check<'_>) -> Checked<()> {
    let (mut session, bucket) = (check.session(), check.bucket());
    let count = check.key_count(200);
    let key = |i: usize| format!("k{i}");
    check.needs_key(&key(count.saturating_sub(1)))?;
    let mut values = Vec::new();
    for i in 0..count {
        let value = check.value()?;
        check.given(&mut session, &bucket, &key(i), &value)?;
        values.push(value);
    }
    let handle = check.idle_handle(&bucket)?;
    let mut held = Vec::new();
    for (i, value) in values.iter().enumerate() {
        let incoming = check.call(&format!("get of {}", key(i)), handle.get_value(&key(i)))?;
        // A read may be stale until the bound has passed: absent is no fault here.
        held.extend(incoming.map(|incoming| (i, incoming, value)));
    }
    check.premise(format!("{} incoming values were held at once, and consumed the last first", held.len()));
    for (i, incoming, value) in held.into_iter().rev() {
        let bytes = check.value_call(ValueCall::ConsumeSync, incoming.consume_sync())?;
        let text = kvspec_reference::anomaly::value_text;
        check.holds(bytes == *value, || (format!("the value of {} is {}", key(i), text(value)), text(&bytes)))?;
    }
    Ok(())
}

fn dropping_values_unread_harms_nothing(check: &mut Check<'_>) -> Checked<()> {
    let (mut session, bucket) = (check.session(), check.bucket());
    let value = check.value()?;
    check.given(&mut session, &bucket, "k", &value)?;
    check.settle();
    let handle = check.idle_handle(&bucket)?;
    for _ in 0..100 {
        drop(check.call("get", handle.get_value("k"))?);
        if check.declaration().capabilities.streaming {
            let Some(incoming) = check.call("get", handle.get_value("k"))? else { continue };
            let mut stream = check.value_call(ValueCall::ConsumeAsync, incoming.consume_stream())?;
            check.value_call(ValueCall::ReadStream, stream.read(1))?;
        }
    }
    check.premise("a hundred incoming values were dropped unread, and as many streams half-way");
    check.shows(&mut session, &bucket, "k", Some(&value))?;
    check.reads_with(&mut session, &bucket, "k", Some(&value), |incoming| incoming.consume_sync())
}
