//! Outgoing values: bodies written at once and as streams.

use kvspec_reference::RequirementId::KveErr02;

use crate::case::check::{Check, Checked, Stop, ValueCall, drain, write_chunks};

cases! { "outgoing";
    a_body_written_at_once_is_the_value: [KveOut01] "drops or changes a body on its way in";
    an_empty_body_is_the_empty_value: [KveOut01, KveVal02] "refuses, or forgets, an empty body";
    a_stream_written_in_one_piece_is_the_value: [KveOut01] "does not connect its stream to the value";
    a_stream_in_odd_pieces_is_the_value: [KveOut01] "keeps only the last piece, or only the first";
    a_flushed_stream_is_the_value: [KveOut01] "takes each flush for the end, or writes twice";
    a_stream_of_many_buffers_is_the_value: [KveOut01] "loses what goes beyond one buffer";
    a_large_single_write_is_the_value: [KveOut01] "takes no more than one permit of bytes";
    empty_pieces_change_nothing: [KveOut01] "takes an empty write for the end";
    a_stream_without_writes_is_the_empty_value: [KveOut01, KveVal02] "stores nothing, or hangs, without a write";
    two_streams_in_hand_do_not_mix: [KveOut01] "has one buffer for all streams";
    a_streamed_value_sets_two_keys: [KveSet03, KveOut01] "empties a streamed body by setting it";
    a_streamed_value_replaces_a_longer_one: [KveSet02, KveOut01] "writes a stream over old bytes";
    a_body_is_not_stored_before_set: [KveInt02] "stores a body as soon as it is written";
    an_abandoned_stream_stores_nothing: [KveInt01, KveErr02] "stores, or breaks, when a stream is dropped half-way";
    undeclared_streaming_is_no_trap: [KveErr01, KveErr02] "traps where it has no streams";
}

fn a_body_written_at_once_is_the_value(check: &mut Check<'_>) -> Checked<()> {
    let (mut session, bucket) = (check.session(), check.bucket());
    let body = check.value()?;
    let value = check.outgoing_with(&body)?;
    check.set_value(&mut session, &bucket, "k", &*value, &body)?;
    check.reads(&mut session, &bucket, "k", Some(&body))
}

fn an_empty_body_is_the_empty_value(check: &mut Check<'_>) -> Checked<()> {
    let (mut session, bucket) = (check.session(), check.bucket());
    let value = check.outgoing_with(b"")?;
    check.set_value(&mut session, &bucket, "k", &*value, b"")?;
    check.settle();
    check.shows(&mut session, &bucket, "k", Some(b""))
}

fn a_stream_written_in_one_piece_is_the_value(check: &mut Check<'_>) -> Checked<()> {
    let body = check.value()?;
    streamed(check, &body, &[body.len()], false)
}

fn a_stream_in_odd_pieces_is_the_value(check: &mut Check<'_>) -> Checked<()> {
    let body = check.value_of(200)?;
    streamed(check, &body, &[1, 3, 7, 64, 199], false)
}

fn a_flushed_stream_is_the_value(check: &mut Check<'_>) -> Checked<()> {
    let body = check.value_of(200)?;
    streamed(check, &body, &[1, 7, 100, 200], true)
}

fn a_stream_of_many_buffers_is_the_value(check: &mut Check<'_>) -> Checked<()> {
    let body = check.value_of(100_000)?;
    streamed(check, &body, &[4_095, 4_096, 4_097, 65_536], true)?;
    let body = check.value_of(100_000)?;
    streamed(check, &body, &[4_097], false)
}

fn a_large_single_write_is_the_value(check: &mut Check<'_>) -> Checked<()> {
    let body = check.value_of(300_000)?;
    streamed(check, &body, &[300_000], false)
}

/// The body goes in through a stream, cut into pieces of each of the sizes, under a key for each.
fn streamed(check: &mut Check<'_>, body: &[u8], pieces: &[usize], flush_each: bool) -> Checked<()> {
    check.needs_streaming()?;
    check.needs_keys(pieces.len())?;
    let (mut session, bucket) = (check.session(), check.bucket());
    for (i, &piece) in pieces.iter().enumerate() {
        let flushed = if flush_each { "each flushed" } else { "none flushed" };
        check.premise(format!("the body was written to a stream in pieces of {piece} bytes, {flushed}"));
        let value = check.outgoing()?;
        let mut stream = check.value_call(ValueCall::WriteBodyAsync, value.write_stream())?;
        check.value_call(ValueCall::WriteToStream, write_chunks(&mut *stream, body, piece, flush_each))?;
        drop(stream);
        let key = format!("k{i}");
        check.set_value(&mut session, &bucket, &key, &*value, body)?;
        check.reads(&mut session, &bucket, &key, Some(body))?;
    }
    Ok(())
}

fn empty_pieces_change_nothing(check: &mut Check<'_>) -> Checked<()> {
    check.needs_streaming()?;
    let (mut session, bucket) = (check.session(), check.bucket());
    let body = check.value()?;
    let (head, tail) = body.split_at(body.len() / 2);
    check.premise("empty writes and flushes came before, between and after the pieces of the body");
    let value = check.outgoing()?;
    let mut stream = check.value_call(ValueCall::WriteBodyAsync, value.write_stream())?;
    for piece in [&b""[..], head, b"", b"", tail, b""] {
        check.value_call(ValueCall::WriteToStream, stream.write(piece))?;
        check.value_call(ValueCall::FlushStream, stream.flush())?;
    }
    drop(stream);
    check.set_value(&mut session, &bucket, "k", &*value, &body)?;
    check.reads(&mut session, &bucket, "k", Some(&body))
}

fn a_stream_without_writes_is_the_empty_value(check: &mut Check<'_>) -> Checked<()> {
    check.needs_streaming()?;
    let (mut session, bucket) = (check.session(), check.bucket());
    check.premise("a stream was opened for the body and dropped without a write");
    let value = check.outgoing()?;
    drop(check.value_call(ValueCall::WriteBodyAsync, value.write_stream())?);
    check.set_value(&mut session, &bucket, "k", &*value, b"")?;
    check.settle();
    check.shows(&mut session, &bucket, "k", Some(b""))
}

fn two_streams_in_hand_do_not_mix(check: &mut Check<'_>) -> Checked<()> {
    check.needs_streaming()?;
    check.needs_keys(2)?;
    let (mut session, bucket) = (check.session(), check.bucket());
    let bodies = [check.value_of(100)?, check.value_of(100)?];
    let values = [check.outgoing()?, check.outgoing()?];
    let mut streams = Vec::new();
    for value in &values {
        streams.push(check.value_call(ValueCall::WriteBodyAsync, value.write_stream())?);
    }
    check.premise("the bodies of two outgoing values were written in turn, 9 bytes at a time");
    for (first, second) in bodies[0].chunks(9).zip(bodies[1].chunks(9)) {
        check.value_call(ValueCall::WriteToStream, streams[0].write(first))?;
        check.value_call(ValueCall::WriteToStream, streams[1].write(second))?;
    }
    // The first to be opened is the last to be closed.
    drop(streams.pop());
    drop(streams);
    check.set_value(&mut session, &bucket, "k1", &*values[1], &bodies[1])?;
    check.set_value(&mut session, &bucket, "k0", &*values[0], &bodies[0])?;
    check.reads(&mut session, &bucket, "k0", Some(&bodies[0]))?;
    check.reads(&mut session, &bucket, "k1", Some(&bodies[1]))
}

fn a_streamed_value_sets_two_keys(check: &mut Check<'_>) -> Checked<()> {
    check.needs_streaming()?;
    check.needs_keys(2)?;
    let (mut session, bucket) = (check.session(), check.bucket());
    let body = check.value()?;
    check.premise("one outgoing value with a streamed body was set under k1, then under k2");
    let value = check.outgoing()?;
    let mut stream = check.value_call(ValueCall::WriteBodyAsync, value.write_stream())?;
    check.value_call(ValueCall::WriteToStream, write_chunks(&mut *stream, &body, 5, true))?;
    drop(stream);
    check.set_value(&mut session, &bucket, "k1", &*value, &body)?;
    check.set_value(&mut session, &bucket, "k2", &*value, &body)?;
    drop(value);
    check.reads(&mut session, &bucket, "k2", Some(&body))?;
    check.reads(&mut session, &bucket, "k1", Some(&body))
}

fn a_streamed_value_replaces_a_longer_one(check: &mut Check<'_>) -> Checked<()> {
    check.needs_streaming()?;
    let (mut session, bucket) = (check.session(), check.bucket());
    let (long, body) = (check.value_of(300)?, check.value_of(90)?);
    check.given(&mut session, &bucket, "k", &long)?;
    let value = check.outgoing()?;
    let mut stream = check.value_call(ValueCall::WriteBodyAsync, value.write_stream())?;
    check.value_call(ValueCall::WriteToStream, write_chunks(&mut *stream, &body, 11, false))?;
    drop(stream);
    check.set_value(&mut session, &bucket, "k", &*value, &body)?;
    check.reads(&mut session, &bucket, "k", Some(&body))
}

fn a_body_is_not_stored_before_set(check: &mut Check<'_>) -> Checked<()> {
    let (mut session, bucket) = (check.session(), check.bucket());
    let (before, body) = (check.value()?, check.value()?);
    check.given(&mut session, &bucket, "k", &before)?;
    check.settle();
    let value = check.outgoing_with(&body)?;
    check.premise("an outgoing value was written, and not yet set");
    check.shows(&mut session, &bucket, "k", Some(&before))?;
    check.set_value(&mut session, &bucket, "k", &*value, &body)?;
    check.settle();
    check.shows(&mut session, &bucket, "k", Some(&body))
}

fn an_abandoned_stream_stores_nothing(check: &mut Check<'_>) -> Checked<()> {
    check.needs_streaming()?;
    let (mut session, bucket) = (check.session(), check.bucket());
    let (before, body) = (check.value()?, check.value()?);
    check.given(&mut session, &bucket, "k", &before)?;
    check.settle();
    for _ in 0..3 {
        let value = check.outgoing()?;
        let mut stream = check.value_call(ValueCall::WriteBodyAsync, value.write_stream())?;
        check.value_call(ValueCall::WriteToStream, stream.write(&body[..body.len() / 2]))?;
        drop(stream);
        drop(value);
        check.premise("a stream was dropped half-way, and its outgoing value was never set");
        check.shows(&mut session, &bucket, "k", Some(&before))?;
    }
    check.claim(KveErr02);
    check.set(&mut session, &bucket, "k", &body)?;
    check.settle();
    check.shows(&mut session, &bucket, "k", Some(&body))
}

fn undeclared_streaming_is_no_trap(check: &mut Check<'_>) -> Checked<()> {
    if check.declaration().capabilities.streaming {
        return Err(Stop::Skip("capabilities.streaming = true: other cases try the streams".into()));
    }
    let (mut session, bucket) = (check.session(), check.bucket());
    let body = check.value()?;
    let value = check.outgoing()?;
    match value.write_stream() {
        Ok(stream) => {
            drop(stream);
            check.observe("write-body-async gives a stream, although capabilities.streaming = false is declared");
        }
        refusal => {
            check.refused("write-body-async", "capabilities.streaming = false is declared", refusal)?;
        }
    }
    drop(value);
    check.claim(KveErr02);
    check.given(&mut session, &bucket, "k", &body)?;
    check.settle();
    let consumed = session.get_with(&bucket, "k", |incoming| {
        let mut stream = incoming.consume_stream()?;
        Ok(drain(&mut *stream, 4_096, 1 << 20)?.bytes)
    });
    match consumed {
        Err(failure) if failure.is_interface_error() => {}
        Err(failure) => check.value_call(ValueCall::ConsumeAsync, Err(failure))?,
        Ok(_) => check.observe("consume-async works, although capabilities.streaming = false is declared"),
    }
    check.premise("calls for streams were refused with an error before");
    check.reads(&mut session, &bucket, "k", Some(&body))
}
