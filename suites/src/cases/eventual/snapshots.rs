//! An incoming value is one value, whole: what is written after the get does not reach it.

use kvspec_reference::anomaly::value_text;
use kvspec_reference::history::Kind;
use kvspec_reference::interface::{Failure, IncomingValue};

use crate::case::check::{Answered, Check, Checked, ValueCall, drain};

cases! { "incoming";
    a_set_after_the_get_does_not_reach_it: [KveInc03] "looks the value up when it is consumed";
    a_shorter_set_after_the_get_does_not_reach_it: [KveInc03] "keeps only the length of the value";
    a_delete_after_the_get_does_not_reach_it: [KveInc03] "frees the bytes of a value that is being read";
    a_set_amid_a_stream_does_not_reach_it: [KveInc03] "tears a value that is being streamed";
    size_asked_after_a_set_is_that_of_the_value: [KveInc03, KveInc02] "asks the store for the size, not the value";
    a_closed_handle_leaves_its_values: [KveInc03, KveBkt03] "frees values with the handle they came from";
}

#[derive(Clone, Copy)]
enum Interference<'v> {
    Set(&'v [u8]),
    Delete,
}

fn a_set_after_the_get_does_not_reach_it(check: &mut Check<'_>) -> Checked<()> {
    let (first, second) = (check.value()?, check.value()?);
    undisturbed(check, &first, Interference::Set(&second), |incoming, interfere| {
        interfere();
        incoming.consume_sync()
    })
    .map(drop)
}

fn a_shorter_set_after_the_get_does_not_reach_it(check: &mut Check<'_>) -> Checked<()> {
    let (first, second) = (check.value_of(5_000)?, check.value_of(40)?);
    undisturbed(check, &first, Interference::Set(&second), |incoming, interfere| {
        interfere();
        incoming.consume_sync()
    })
    .map(drop)
}

fn a_delete_after_the_get_does_not_reach_it(check: &mut Check<'_>) -> Checked<()> {
    let first = check.value()?;
    undisturbed(check, &first, Interference::Delete, |incoming, interfere| {
        interfere();
        incoming.consume_sync()
    })
    .map(drop)
}

fn a_set_amid_a_stream_does_not_reach_it(check: &mut Check<'_>) -> Checked<()> {
    check.needs_streaming()?;
    let (first, second) = (check.value_of(9_000)?, check.value_of(9_000)?);
    undisturbed(check, &first, Interference::Set(&second), |incoming, interfere| {
        let mut stream = incoming.consume_stream()?;
        let mut bytes = stream.read(1_000)?.unwrap_or_default();
        interfere();
        bytes.extend(drain(&mut *stream, 1_000, 20_000)?.bytes);
        Ok(bytes)
    })
    .map(drop)
}

fn size_asked_after_a_set_is_that_of_the_value(check: &mut Check<'_>) -> Checked<()> {
    let (first, second) = (check.value_of(100)?, check.value_of(40)?);
    let mut size = Ok(first.len() as u64);
    let read = undisturbed(check, &first, Interference::Set(&second), |incoming, interfere| {
        interfere();
        size = incoming.size();
        incoming.consume_sync()
    })?;
    match size {
        Err(Failure::Error(_)) if !check.declaration().capabilities.size_known => Ok(()),
        size => {
            let size = check.call("incoming-value-size", size)?;
            let expected = first.len() as u64;
            let words = || {
                let what = "incoming-value-size of the value that was got before a set";
                (format!("{what} is {expected}"), size.to_string())
            };
            check.holds_of(read, size == expected, words)
        }
    }
}

fn a_closed_handle_leaves_its_values(check: &mut Check<'_>) -> Checked<()> {
    let (mut session, bucket) = (check.session(), check.bucket());
    let value = check.value()?;
    check.given(&mut session, &bucket, "k", &value)?;
    check.settle();
    let handle = check.idle_handle(&bucket)?;
    let incoming = check.call("get", handle.get_value("k"))?;
    drop(handle);
    check.close(&mut session, &bucket);
    check.premise("the handle that the incoming value came from was dropped before the value was consumed");
    let bytes = match incoming {
        Some(incoming) => Some(check.value_call(ValueCall::ConsumeSync, incoming.consume_sync())?),
        None => None,
    };
    let text = |bytes: Option<&[u8]>| bytes.map_or("absent".into(), value_text);
    check.holds(bytes.as_ref() == Some(&value), || {
        (format!("the incoming value gives {}", text(Some(&value))), text(bytes.as_deref()))
    })
}

/// Gets a value in one session, writes to its key in another, and consumes the value then, as
/// `consume` says. What comes out must be the value as it was. Gives the read.
fn undisturbed(
    check: &mut Check<'_>,
    first: &[u8],
    interference: Interference<'_>,
    mut consume: impl FnMut(Box<dyn IncomingValue>, &mut dyn FnMut()) -> Result<Vec<u8>, Failure>,
) -> Checked<Option<Answered>> {
    check.needs_handles(2)?;
    let (mut reader, mut writer, bucket) = (check.session(), check.session(), check.bucket());
    check.given(&mut writer, &bucket, "k", first)?;
    check.open(&mut reader, &bucket)?;
    check.settle();
    check.premise("between the get and the reading of its value, another session wrote to the key");
    // Kept apart: an error of the write is none of the read.
    let mut interfered = None;
    let seen = reader.get_with(&bucket, "k", |incoming| {
        consume(incoming, &mut || {
            interfered = Some(match interference {
                Interference::Set(second) => writer.set(&bucket, "k", second),
                Interference::Delete => writer.delete(&bucket, "k"),
            });
        })
    });
    let (register, read) = ((&*bucket, "k"), check.last_operation());
    let (kind, written) = match interference {
        Interference::Set(second) => (Kind::Set, Some(second)),
        Interference::Delete => (Kind::Delete, None),
    };
    if let Some(result) = interfered {
        check.note_write(&bucket, "k", written);
        check.disturbed(kind, register, read.and_then(Answered::previous), result)?;
    }
    let seen = check.recorded(Kind::Get, register, seen)?;
    check.state_is(&bucket, "k", Some(first), seen)?;
    check.settle();
    check.reads(&mut reader, &bucket, "k", written)?;
    Ok(read)
}
