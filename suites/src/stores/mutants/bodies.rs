//! Mutants of outgoing-values, incoming-values and their streams.

use kvspec_reference::RequirementId::*;
use kvspec_reference::interface::{Failure, Result};

use super::mutant::Mutant;
use crate::stores::hooked::{CORRECT, Got, Hooks, Sink, hooked};

pub(super) const MUTANTS_OF_OUTGOING: &[Mutant] = &[
    Mutant::new(
        "stream-loses-what-was-not-flushed",
        &[KveOut01],
        "A buffered writer that is dropped without a flush.",
        |seed| hooked(seed, Hooks { end: |_| {}, ..BUFFERED }),
    ),
    Mutant::new(
        "stream-keeps-the-last-write-alone",
        &[KveOut01],
        "Each write sets the body rather than adds to it.",
        |seed| hooked(seed, LAST_WRITE_ALONE),
    ),
    Mutant::new(
        "stream-keeps-the-first-write-alone",
        &[KveOut01],
        "The body is complete after the first chunk.",
        |seed| hooked(seed, FIRST_WRITE_ALONE),
    ),
    Mutant::new(
        "flush-ends-the-body",
        &[KveOut01],
        "flush is taken for finish: what comes later goes nowhere.",
        |seed| hooked(seed, FLUSH_ENDS_BODY),
    ),
    Mutant::new("flush-writes-the-buffer-again", &[KveOut01], "The buffer is not cleared after a flush.", |seed| {
        hooked(seed, FLUSH_WRITES_AGAIN)
    }),
    Mutant::new(
        "stream-writes-are-cut-at-4096-bytes",
        &[KveOut01],
        "check-write gave a permit of 4096, and the rest of the chunk is not tried again.",
        |seed| hooked(seed, WRITES_ARE_CUT),
    ),
    Mutant::new("stream-puts-newlines-between-writes", &[KveOut01], "println where print was meant.", |seed| {
        hooked(seed, NEWLINES_BETWEEN)
    }),
    Mutant::new(
        "empty-write-ends-the-stream",
        &[KveOut01],
        "A chunk of length 0 is the end of a chunked body.",
        |seed| hooked(seed, EMPTY_WRITE_ENDS),
    ),
    Mutant::new(
        "write-body-sync-is-cut-at-4096-bytes",
        &[KveOut01, KveVal03],
        "blocking-write-and-flush takes at most 4096 bytes, and the adapter calls it once.",
        |seed| hooked(seed, SYNC_IS_CUT),
    ),
    Mutant::new(
        "streamed-body-is-read-as-chunked-framing",
        &[KveOut01, KveVal01],
        "The first line of the stream is taken for a header.",
        |seed| hooked(seed, FIRST_LINE_IS_HEADER),
    ),
];

pub(super) const MUTANTS_OF_INCOMING: &[Mutant] = &[
    Mutant::new("stream-ends-after-the-first-read", &[KveInc01], "A source that offers one buffer.", |seed| {
        hooked(seed, Hooks { pull: |source, n| if source.reads > 1 { Ok(None) } else { source.take(n) }, ..CORRECT })
    }),
    Mutant::new("stream-loses-the-last-byte", &[KveInc01], "The end is at length - 1.", |seed| {
        hooked(seed, Hooks { stream: |got| Ok(got.bytes[..got.bytes.len().saturating_sub(1)].into()), ..CORRECT })
    }),
    Mutant::new(
        "stream-skips-a-byte-between-reads",
        &[KveInc01],
        "Ranges with an inclusive end, read as exclusive ones.",
        |seed| hooked(seed, SKIPS_BETWEEN_READS),
    ),
    Mutant::new(
        "stream-read-with-a-huge-limit-traps",
        &[KveErr01, KveInc01],
        "The buffer is allocated as long as the reader allows.",
        |seed| hooked(seed, HUGE_LIMIT_TRAPS),
    ),
    Mutant::new(
        "stream-gives-more-than-the-limit",
        &[KveInc01],
        "The limit is not looked at: a read gives all that is there.",
        |seed| hooked(seed, Hooks { pull: |source, _| source.take(usize::MAX), ..CORRECT }),
    ),
    Mutant::new(
        "stream-starts-over-at-the-end",
        &[KveInc01],
        "The position is the number of bytes read modulo the length.",
        |seed| hooked(seed, STARTS_OVER),
    ),
    Mutant::new(
        "stream-of-the-empty-value-fails",
        &[KveInc01, KveVal02],
        "A range request for bytes 0 to -1 is not satisfiable.",
        |seed| hooked(seed, STREAM_OF_EMPTY_FAILS),
    ),
    Mutant::new(
        "consume-sync-is-cut-at-64-kib",
        &[KveInc01, KveVal03],
        "One blocking read, whose result is taken for the whole.",
        |seed| hooked(seed, Hooks { consume: |got| Ok(got.bytes[..got.bytes.len().min(65_536)].into()), ..CORRECT }),
    ),
    Mutant::new(
        "consume-async-is-always-an-error",
        &[KveInc01],
        "Streaming is declared, and was never written.",
        |seed| hooked(seed, Hooks { stream: |_| Err(Failure::error("not implemented")), ..CORRECT }),
    ),
    Mutant::new(
        "size-counts-a-terminator",
        &[KveInc02],
        "sizeof a string literal, or a length with the zero at the end.",
        |seed| hooked(seed, Hooks { size: |got| Ok(got.bytes.len() as u64 + 1), ..CORRECT }),
    ),
    Mutant::new("size-counts-characters", &[KveInc02], "char_length or String.length: right for ASCII.", |seed| {
        hooked(seed, Hooks { size: |got| Ok(String::from_utf8_lossy(&got.bytes).chars().count() as u64), ..CORRECT })
    }),
    Mutant::new("size-is-of-the-encoded-value", &[KveInc02], "The content length of a body in base64.", |seed| {
        hooked(seed, Hooks { size: |got| Ok(got.bytes.len().div_ceil(3) as u64 * 4), ..CORRECT })
    }),
    Mutant::new("size-not-known-is-zero", &[KveInc02], "A missing content length, read as 0.", |seed| {
        hooked(seed, Hooks { size: |_| Ok(0), ..CORRECT })
    }),
    Mutant::new("size-wraps-at-16-bits", &[KveInc02], "A length that is kept in two bytes beside the value.", |seed| {
        hooked(seed, Hooks { size: |got| Ok(got.bytes.len() as u64 % 65_536), ..CORRECT })
    }),
    Mutant::new("size-is-of-the-newest-value", &[KveInc03, KveInc02], "size asks the store again.", |seed| {
        hooked(seed, Hooks { size: |got| Ok(newest_or_own(got).len() as u64), ..CORRECT })
    }),
    Mutant::new(
        "incoming-value-reads-the-newest-data",
        &[KveInc03],
        "An incoming-value holds the key and reads when it is consumed.",
        |seed| hooked(seed, Hooks { consume: |got| Ok(newest_or_own(got)), ..CORRECT }),
    ),
    Mutant::new(
        "incoming-value-is-gone-after-delete",
        &[KveInc03],
        "An incoming-value holds the key, and the key is gone.",
        |seed| hooked(seed, Hooks { consume: gone_after_delete, stream: gone_after_delete, ..CORRECT }),
    ),
    Mutant::new(
        "incoming-stream-is-torn-by-a-set",
        &[KveInc03, KveInt03],
        "Each read of the stream is a range request of its own.",
        |seed| hooked(seed, TORN_BY_SET),
    ),
    Mutant::new(
        "incoming-value-has-the-new-bytes-in-the-old-length",
        &[KveInc03, KveInt03],
        "The length is kept from the get, the bytes are read from memory that is shared.",
        |seed| hooked(seed, NEW_BYTES_IN_OLD_LENGTH),
    ),
    Mutant::new(
        "second-get-invalidates-the-first-incoming-value",
        &[KveInc03, KveInc01],
        "One buffer a connection: a value is good until the next call.",
        |seed| hooked(seed, SECOND_GET_INVALIDATES),
    ),
];

/// Collects writes and puts them into the body on flush and at the end: a correct stream.
const BUFFERED: Hooks = Hooks {
    push: |sink, bytes| {
        sink.pending.extend_from_slice(bytes);
        Ok(())
    },
    flush: |sink| {
        put_pending(sink);
        Ok(())
    },
    end: put_pending,
    ..CORRECT
};

fn put_pending(sink: &mut Sink) {
    sink.bytes.borrow_mut().append(&mut sink.pending);
}

const LAST_WRITE_ALONE: Hooks = Hooks {
    push: |sink, bytes| {
        *sink.bytes.borrow_mut() = bytes.to_vec();
        Ok(())
    },
    ..CORRECT
};

const FIRST_WRITE_ALONE: Hooks =
    Hooks { push: |sink, bytes| if sink.writes > 1 { Ok(()) } else { (CORRECT.push)(sink, bytes) }, ..CORRECT };

const FLUSH_ENDS_BODY: Hooks = Hooks {
    push: |sink, bytes| if sink.pending.is_empty() { (CORRECT.push)(sink, bytes) } else { Ok(()) },
    flush: |sink| {
        sink.pending = b"ended".to_vec();
        Ok(())
    },
    ..CORRECT
};

const FLUSH_WRITES_AGAIN: Hooks = Hooks {
    flush: |sink| {
        sink.bytes.borrow_mut().extend_from_slice(&sink.pending);
        Ok(())
    },
    end: put_pending,
    ..BUFFERED
};

const WRITES_ARE_CUT: Hooks =
    Hooks { push: |sink, bytes| (CORRECT.push)(sink, &bytes[..bytes.len().min(4096)]), ..CORRECT };

const NEWLINES_BETWEEN: Hooks = Hooks {
    push: |sink, bytes| {
        if sink.writes > 1 {
            sink.bytes.borrow_mut().push(b'\n');
        }
        (CORRECT.push)(sink, bytes)
    },
    ..CORRECT
};

const EMPTY_WRITE_ENDS: Hooks = Hooks {
    push: |sink, bytes| {
        if bytes.is_empty() {
            sink.pending = b"ended".to_vec();
        }
        (FLUSH_ENDS_BODY.push)(sink, bytes)
    },
    ..CORRECT
};

const SYNC_IS_CUT: Hooks =
    Hooks { write_body: |body, bytes| (CORRECT.write_body)(body, &bytes[..bytes.len().min(4096)]), ..CORRECT };

const FIRST_LINE_IS_HEADER: Hooks = Hooks {
    end: |sink| {
        let mut bytes = sink.bytes.borrow_mut();
        if let Some(at) = bytes.windows(2).position(|pair| pair == b"\r\n") {
            bytes.drain(..at + 2);
        }
    },
    ..CORRECT
};

const SKIPS_BETWEEN_READS: Hooks = Hooks {
    pull: |source, limit| {
        source.at += usize::from(source.reads > 1);
        source.take(limit)
    },
    ..CORRECT
};

const HUGE_LIMIT_TRAPS: Hooks = Hooks {
    pull: |source, limit| match limit {
        ..=0x1000_0000 => source.take(limit),
        _ => Err(Failure::Trap("capacity overflow".into())),
    },
    ..CORRECT
};

const STARTS_OVER: Hooks = Hooks {
    pull: |source, limit| {
        let part = source.take(limit)?;
        if part.is_none() && !source.bytes.is_empty() {
            source.at = 0;
            return source.take(limit);
        }
        Ok(part)
    },
    ..CORRECT
};

const STREAM_OF_EMPTY_FAILS: Hooks = Hooks {
    stream: |got| match got.bytes.is_empty() {
        true => Err(Failure::error("416 Range Not Satisfiable")),
        false => (CORRECT.stream)(got),
    },
    ..CORRECT
};

/// What an incoming-value yields that looks at the store again.
fn newest_or_own(got: &Got) -> Vec<u8> {
    got.newest().unwrap_or_else(|| got.bytes.clone())
}

fn gone_after_delete(got: &Got) -> Result<Vec<u8>> {
    match got.newest() {
        Some(_) => Ok(got.bytes.clone()),
        None => Err(Failure::error("the key is gone")),
    }
}

const TORN_BY_SET: Hooks = Hooks {
    pull: |source, limit| {
        let newest = source.core.versions(&source.place).last().and_then(|v| v.value());
        if let Some(newest) = newest {
            source.bytes = newest;
        }
        source.take(limit)
    },
    ..CORRECT
};

const NEW_BYTES_IN_OLD_LENGTH: Hooks = Hooks {
    consume: |got| {
        let mut bytes = newest_or_own(got);
        bytes.resize(got.bytes.len(), 0);
        Ok(bytes)
    },
    ..CORRECT
};

const SECOND_GET_INVALIDATES: Hooks = Hooks {
    get: |slot| {
        let value = slot.newest();
        if value.is_some() {
            slot.core.last.replace(Some(slot.place.clone()));
        }
        Ok(value)
    },
    consume: consumed_if_latest,
    stream: consumed_if_latest,
    ..CORRECT
};

fn consumed_if_latest(got: &Got) -> Result<Vec<u8>> {
    let last = got.core.last.borrow().clone();
    let shown = last.and_then(|place| got.core.versions(&place).last().and_then(|v| v.value()));
    Ok(if *got.core.last.borrow() == Some(got.place.clone()) { got.bytes.clone() } else { shown.unwrap_or_default() })
}
