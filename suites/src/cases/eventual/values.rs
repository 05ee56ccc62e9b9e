//! Values: any bytes are one, and come back unchanged.

use kvspec_reference::workload::ValueSource;

use crate::case::check::{Check, Checked};

cases! { "values";
    every_byte_comes_back: [KveVal01] "changes or drops some byte";
    single_bytes_come_back: [KveVal01] "treats a lone byte as a marker";
    nul_does_not_end_a_value: [KveVal01] "keeps values as C strings";
    invalid_utf8_comes_back: [KveVal01] "keeps values as text";
    number_like_values_are_bytes: [KveVal01] "parses values and prints them again";
    json_like_values_are_bytes: [KveVal01] "stores values inside JSON, or parses them as such";
    blanks_and_line_ends_come_back: [KveVal01] "trims values or translates line ends";
    encoded_values_are_not_decoded: [KveVal01] "decodes base64, percent or entity encodings";
    compressed_looking_values_are_bytes: [KveVal01] "decompresses what begins like compressed data";
    protocol_framing_is_bytes: [KveVal01] "sends values over a line protocol without a length";
    marker_like_values_are_values: [KveVal01, KveExi01] "marks absence or deletion by a value";
    the_empty_value_is_a_value: [KveVal02, KveSet01] "takes the empty value for absence";
    repetitive_and_random_values_come_back: [KveVal01] "compresses or deduplicates wrongly";
    equal_values_under_two_keys_are_two: [KveKey02, KveVal01] "shares equal values and changes both";
}

fn every_byte_comes_back(check: &mut Check<'_>) -> Checked<()> {
    let bytes: Vec<u8> = (0..=255).collect();
    let reversed: Vec<u8> = (0..=255).rev().collect();
    come_back(check, &[&bytes, &reversed])
}

fn single_bytes_come_back(check: &mut Check<'_>) -> Checked<()> {
    let bytes = [0, 1, 4, 9, 10, 13, 26, 27, 32, 34, 39, 48, 92, 127, 128, 160, 192, 255];
    let values: Vec<[u8; 1]> = bytes.iter().map(|&b| [b]).collect();
    come_back(check, &values.iter().map(|v| &v[..]).collect::<Vec<_>>())
}

fn nul_does_not_end_a_value(check: &mut Check<'_>) -> Checked<()> {
    come_back(check, &[b"abc\0def", b"\0abc", b"abc\0", b"\0", b"\0\0\0", b"a\0\0b\0", b"a\0b\0c"])
}

fn invalid_utf8_comes_back(check: &mut Check<'_>) -> Checked<()> {
    come_back(
        check,
        &[
            b"\xff\xfe",
            b"caf\xe9",
            b"\xc0\x80",
            b"\xed\xa0\x80",
            b"\xe2\x82",
            b"\xf4\x90\x80\x80",
            b"a\x80b",
            b"\xef\xbb\xbfa",
            b"\xfe\xff\0a",
            b"\xc3\xa9",
            b"e\xcc\x81",
        ],
    )
}

fn number_like_values_are_bytes(check: &mut Check<'_>) -> Checked<()> {
    come_back(
        check,
        &[
            b"0",
            b"007",
            b"1.0",
            b"1.50",
            b"1e3",
            b"-0",
            b"+5",
            b" 5",
            b"5 ",
            b"0x10",
            b"NaN",
            b"Infinity",
            b"1_000",
            b"9007199254740993",
            b"18446744073709551616",
            b"0.1000",
            b"1e400",
        ],
    )
}

fn json_like_values_are_bytes(check: &mut Check<'_>) -> Checked<()> {
    come_back(
        check,
        &[
            b"null",
            b"true",
            b"false",
            b"\"a\"",
            b"'a'",
            b"{}",
            b"[]",
            b"{\"b\":1,\"a\" : 2}",
            b"[1, 2]",
            b"{",
            b"\"",
            b"\\",
            b"\\n",
            b"\\u0041",
            b"undefined",
            b"None",
            b"!!str a",
            b"<a>b</a>",
        ],
    )
}

fn blanks_and_line_ends_come_back(check: &mut Check<'_>) -> Checked<()> {
    come_back(
        check,
        &[
            b" ",
            b" a",
            b"a ",
            b"\t",
            b"a\n",
            b"\n",
            b"\r\n",
            b"a\r\nb",
            b"a\nb",
            b"a\rb",
            b"\n\n",
            b"a\x1ab",
            b"\x0b\x0c",
        ],
    )
}

fn encoded_values_are_not_decoded(check: &mut Check<'_>) -> Checked<()> {
    come_back(
        check,
        &[
            b"aGVsbG8=",
            b"aGVsbG8",
            b"%41%42",
            b"a+b",
            b"&lt;a&gt;",
            b"=3D",
            b"68656c6c6f",
            b"0b01",
            b"data:,a",
            b"\\x41",
        ],
    )
}

fn compressed_looking_values_are_bytes(check: &mut Check<'_>) -> Checked<()> {
    // Whole streams, which nothing tells from those of a store that compresses.
    let inner = b"whole".repeat(20);
    let streams = [ValueSource::Zlib(inner.clone()).bytes(), ValueSource::Gzip(inner).bytes()];
    come_back(check, &streams.each_ref().map(Vec::as_slice))?;
    come_back(
        check,
        &[
            b"\x1f\x8b\x08\0\0\0\0\0",
            b"\x78\x9c",
            b"\x28\xb5\x2f\xfd",
            b"\x04\x22\x4d\x18",
            b"PK\x03\x04",
            b"BZh9",
            b"\x80\x04\x95",
            b"\xac\xed\0\x05",
            b"\x81\xa1a\x01",
            b"\xa1aa\x01",
            b"\x0a\x01a",
        ],
    )
}

fn protocol_framing_is_bytes(check: &mut Check<'_>) -> Checked<()> {
    come_back(
        check,
        &[
            b"+OK\r\n",
            b"-ERR a\r\n",
            b"$-1\r\n",
            b"$3\r\nabc\r\n",
            b"*0\r\n",
            b"END\r\n",
            b"VALUE k 0 1\r\na\r\nEND\r\n",
            b"STORED\r\n",
            b"(nil)",
            b"nil",
            b"HTTP/1.1 404 Not Found\r\n\r\n",
            b"\r\n.\r\n",
            b"0\r\n\r\n",
        ],
    )
}

fn marker_like_values_are_values(check: &mut Check<'_>) -> Checked<()> {
    come_back(
        check,
        &[
            b"__deleted__",
            b"TOMBSTONE",
            b"<deleted>",
            b"NOT_FOUND",
            b"not found",
            b"(null)",
            b"<nil>",
            b"DEL",
            b"\x7f",
            b"\xff\xff\xff\xff",
            b"\0\0\0\0",
            b"\xde\xad\xbe\xef",
            b"-1",
            b"EOF",
            b"\x04",
        ],
    )
}

fn the_empty_value_is_a_value(check: &mut Check<'_>) -> Checked<()> {
    let (mut session, bucket) = (check.session(), check.bucket());
    check.premise("the empty value was set");
    check.set(&mut session, &bucket, "k", b"")?;
    check.settle();
    check.shows(&mut session, &bucket, "k", Some(b""))
}

fn repetitive_and_random_values_come_back(check: &mut Check<'_>) -> Checked<()> {
    check.needs_value_bytes(4_000)?;
    let mut state = check.seed() | 1;
    let random: Vec<u8> = (0..4_000).map(|_| next(&mut state) as u8).collect();
    let repeats: Vec<u8> = b"abcabcab".repeat(500);
    let almost: Vec<u8> = [&[0; 3_999][..], &[1]].concat();
    come_back(check, &[&[0; 4_000], &[0xff; 4_000], &repeats, &almost, &random])
}

/// A step of Marsaglia's xorshift generator with 64 bits of state (Journal of Statistical Software
/// 8, 2003); the high bits are the better ones.
fn next(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state >> 32
}

fn equal_values_under_two_keys_are_two(check: &mut Check<'_>) -> Checked<()> {
    let (mut session, bucket) = (check.session(), check.bucket());
    check.needs_keys(3)?;
    let (shared, other) = (check.value()?, check.value()?);
    for key in ["k1", "k2", "k3"] {
        check.given(&mut session, &bucket, key, &shared)?;
    }
    check.premise("k1, k2 and k3 were set to equal values; then k1 was replaced and k2 deleted");
    check.set(&mut session, &bucket, "k1", &other)?;
    check.gone(&mut session, &bucket, "k2")?;
    check.settle();
    check.shows(&mut session, &bucket, "k3", Some(&shared))?;
    check.shows(&mut session, &bucket, "k2", None)?;
    check.shows(&mut session, &bucket, "k1", Some(&other))
}

/// Sets all values that fit, each under a key of its own as far as the bucket has room, then reads
/// them, and does so again after each has replaced its neighbour.
fn come_back(check: &mut Check<'_>, values: &[&[u8]]) -> Checked<()> {
    let (mut session, bucket) = (check.session(), check.bucket());
    let max = check.declaration().limits.max_value_bytes.unwrap_or(usize::MAX);
    let fitting: Vec<&[u8]> = values.iter().copied().filter(|v| v.len() <= max).collect();
    if let (true, Some(value)) = (fitting.is_empty(), values.first()) {
        check.needs_value_bytes(value.len())?;
    }
    let key = |i: usize| format!("k{i}");
    for batch in fitting.chunks(check.key_count(fitting.len()).max(1)) {
        for shift in [0, 1] {
            let state = |i: usize| batch[(i + shift) % batch.len()];
            for i in 0..batch.len() {
                check.set(&mut session, &bucket, &key(i), state(i))?;
            }
            for i in 0..batch.len() {
                check.shows(&mut session, &bucket, &key(i), Some(state(i)))?;
            }
        }
    }
    Ok(())
}
