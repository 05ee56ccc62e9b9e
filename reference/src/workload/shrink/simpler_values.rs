//! Simpler forms of a value, for the passes to try.

use crate::workload::stamp::Stamp;
use crate::workload::value_source::ValueSource;

/// Simpler forms of a value, the simplest first.
pub(super) fn simpler_values(value: &ValueSource) -> Vec<ValueSource> {
    match value {
        ValueSource::Stamp(stamp) => {
            let lengths = shorter_lengths(stamp.min_length() as u32, stamp.length);
            lengths.map(|length| ValueSource::Stamp(Stamp { length, ..*stamp })).collect()
        }
        ValueSource::Bytes(bytes) => {
            // One letter is plainer to read than the empty value, which looks like absence.
            let plain: [&[u8]; 3] = [b"a", b"b", b""];
            let mut simpler: Vec<Vec<u8>> = plain.iter().take_while(|p| *p != bytes).map(|p| p.to_vec()).collect();
            simpler.extend(shorter_lengths(2, bytes.len() as u32).map(|length| bytes[..length as usize].to_vec()));
            simpler.into_iter().map(ValueSource::Bytes).collect()
        }
        ValueSource::Zlib(inner) => simpler_streams(ValueSource::Zlib, inner),
        ValueSource::Gzip(inner) => simpler_streams(ValueSource::Gzip, inner),
    }
}

fn simpler_streams(stream: fn(Vec<u8>) -> ValueSource, inner: &[u8]) -> Vec<ValueSource> {
    let mut simpler = vec![ValueSource::Bytes(b"a".to_vec())];
    if inner != b"a" {
        simpler.push(stream(b"a".to_vec()));
    }
    simpler.extend(shorter_lengths(2, inner.len() as u32).map(|length| stream(inner[..length as usize].to_vec())));
    simpler
}

/// The least length, then ever longer ones that halve what is left to the present one: a length
/// that matters is found in a number of tries that grows with its logarithm.
pub(super) fn shorter_lengths(least: u32, length: u32) -> impl Iterator<Item = u32> {
    let room = length.saturating_sub(least);
    std::iter::successors(Some(room), |left| Some(left / 2)).take_while(|left| *left > 0).map(move |left| length - left)
}
