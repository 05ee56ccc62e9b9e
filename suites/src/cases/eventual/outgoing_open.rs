//! What the interface leaves open about bodies: tried and reported, and never a failure but for a
//! trap or a value from thin air. These calls are not recorded, since no history can say which of
//! two bodies was set.

use std::time::Duration;

use kvspec_reference::RequirementId::KveInt01;
use kvspec_reference::anomaly::value_text;
use kvspec_reference::history::Kind;
use kvspec_reference::interface::{Failure, OutgoingValue};

use crate::case::check::{Check, Checked, ValueCall};

cases! { "outgoing";
    no_body_is_the_empty_value_or_an_error: [KveOut02, KveInt01] "stores rubbish for a value without a body";
    a_second_body_is_one_of_the_two_or_an_error: [KveOut02, KveInt01] "stores rubbish for a value with two bodies";
    both_kinds_of_body_are_no_rubbish: [KveOut02, KveInt01] "stores rubbish for a value with a stream and a body";
    setting_with_the_stream_open_is_no_rubbish: [KveOut02, KveInt01] "stores rubbish, or hangs, while a stream is open";
}

fn no_body_is_the_empty_value_or_an_error(check: &mut Check<'_>) -> Checked<()> {
    let value = check.outgoing()?;
    report(check, "no body was written", &*value, &[("empty", b"".to_vec())])
}

fn a_second_body_is_one_of_the_two_or_an_error(check: &mut Check<'_>) -> Checked<()> {
    let (first, second) = (check.value()?, check.value()?);
    let value = check.outgoing_with(&first)?;
    if refused(check, "a second write-body-sync", value.write_sync(&second))? {
        return report(check, "a second body was refused", &*value, &bodies(&first, &second));
    }
    report(check, "two bodies were written at once each", &*value, &bodies(&first, &second))
}

fn both_kinds_of_body_are_no_rubbish(check: &mut Check<'_>) -> Checked<()> {
    check.needs_streaming()?;
    let (streamed, at_once) = (check.value()?, check.value()?);
    let value = check.outgoing()?;
    let mut stream = check.value_call(ValueCall::WriteBodyAsync, value.write_stream())?;
    check.value_call(ValueCall::WriteToStream, stream.write(&streamed))?;
    drop(stream);
    refused(check, "write-body-sync after a stream", value.write_sync(&at_once))?;
    report(check, "a body was written to a stream, then another at once", &*value, &bodies(&streamed, &at_once))
}

fn setting_with_the_stream_open_is_no_rubbish(check: &mut Check<'_>) -> Checked<()> {
    check.needs_streaming()?;
    let body = check.value()?;
    let (head, tail) = body.split_at(body.len() / 2);
    let value = check.outgoing()?;
    let mut stream = check.value_call(ValueCall::WriteBodyAsync, value.write_stream())?;
    check.value_call(ValueCall::WriteToStream, stream.write(head))?;
    check.value_call(ValueCall::FlushStream, stream.flush())?;
    let parts = [("what was written so far", head.to_vec()), ("empty", Vec::new())];
    report(check, "the stream of the body was still open", &*value, &parts)?;
    refused(check, "writing to the stream after set", stream.write(tail))?;
    drop(stream);
    Ok(())
}

fn bodies(first: &[u8], second: &[u8]) -> [(&'static str, Vec<u8>); 4] {
    [
        ("the first body", first.to_vec()),
        ("the second body", second.to_vec()),
        ("both bodies, one after the other", [first, second].concat()),
        ("empty", Vec::new()),
    ]
}

/// Whether the call was refused with an error, which is reported; a trap ends the case.
fn refused(check: &mut Check<'_>, call: &str, result: Result<(), Failure>) -> Checked<bool> {
    match result {
        Err(Failure::Error(_)) => {
            check.observe(format!("{call} is refused with an error"));
            Ok(true)
        }
        other => check.call(call, other).map(|()| false),
    }
}

/// Sets the value under a key of its own, and reports what comes of it.
fn report(check: &mut Check<'_>, when: &str, value: &dyn OutgoingValue, known: &[(&str, Vec<u8>)]) -> Checked<()> {
    let bucket = check.bucket();
    let handle = check.idle_handle(&bucket)?;
    if refused(check, &format!("set, when {when},"), handle.set_value("k", value))? {
        check.counted();
        return Ok(());
    }
    check.note_state(&bucket, "k", true);
    let register = (&*bucket, "k");
    let bound = check.declaration().convergence_bound();
    let mut seen = check.unrecorded(Kind::Get, register, handle.get("k"))?;
    for _ in 0..8 {
        if seen.is_some() {
            break;
        }
        check.clock().advance(bound / 8 + Duration::from_nanos(1));
        seen = check.unrecorded(Kind::Get, register, handle.get("k"))?;
    }
    let Some(seen) = seen else {
        check.observe(format!("when {when}, set succeeds and the key stays absent"));
        check.counted();
        return Ok(());
    };
    let name = known.iter().find(|(_, body)| *body == seen).map(|(name, _)| *name);
    if let Some(name) = name {
        check.observe(format!("when {when}, set succeeds and the value is {name}"));
    }
    check.claim(KveInt01);
    check.premise(format!("{when} before set"));
    check.holds(name.is_some(), || {
        let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
        (format!("get gives one of: {}", names.join("; ")), value_text(&seen))
    })
}
