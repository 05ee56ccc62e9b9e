//! Keys: any string is one, and each names a value of its own.

use kvspec_reference::RequirementId::{KveDel01, KveGet02, KveKey01, KveKey02};

use std::collections::BTreeSet;

use crate::case::check::{Check, Checked, Stop};

cases! { "keys";
    case_matters: [KveKey01] "folds letter case";
    normal_forms_are_kept_apart: [KveKey01] "normalises Unicode";
    blanks_matter: [KveKey01] "trims keys, or folds white space";
    invisible_characters_matter: [KveKey01] "drops characters that show nothing";
    path_like_keys_are_plain_names: [KveKey01] "uses keys as paths of files";
    dot_and_device_names_are_plain_names: [KveKey01] "uses keys as names of files";
    patterns_are_plain_names: [KveKey01, KveKey02] "passes keys to a pattern match";
    quotes_and_sql_are_plain_text: [KveKey01] "builds queries out of keys";
    protocol_framing_is_plain_text: [KveKey01] "sends keys over a line protocol without escaping";
    nul_and_control_characters_count: [KveKey01] "passes keys as C strings";
    code_points_beyond_the_basic_plane: [KveKey01] "cuts keys into 16-bit units, or compares them cut";
    prefixes_are_kept_apart: [KveKey01] "compares keys only as far as the shorter one goes";
    number_like_keys_are_text: [KveKey01] "turns keys into numbers";
    encoded_keys_are_not_decoded: [KveKey01] "decodes or encodes keys, one way but not the other";
    names_of_a_language_runtime_are_plain_names: [KveKey01, KveGet02] "keeps pairs as properties of an object";
    colliding_hashes_are_kept_apart: [KveKey01] "names a key by its hash alone";
    the_empty_key_is_a_key: [KveKey01] "takes the empty key for no key";
    long_keys_differ_to_the_last_byte: [KveKey01] "cuts or hashes long keys";
    thousands_of_keys_stay: [KveKey02, KveDel01] "evicts, or loses keys when its table grows";
}

fn case_matters(check: &mut Check<'_>) -> Checked<()> {
    kept_apart(check, &["key", "KEY", "Key", "keY", "\u{131}", "i", "I", "\u{130}", "\u{e9}", "\u{c9}", "ss", "\u{df}"])
}

fn normal_forms_are_kept_apart(check: &mut Check<'_>) -> Checked<()> {
    let composed = ["\u{e9}", "e\u{301}", "\u{c5}", "\u{212b}", "A\u{30a}", "\u{fb01}", "fi", "K", "\u{212a}"];
    let order = ["a\u{323}\u{307}", "a\u{307}\u{323}", "\u{ac00}", "\u{1100}\u{1161}", "\u{b2}", "2", "\u{ff21}", "A"];
    kept_apart(check, &[&composed[..], &order[..]].concat())
}

fn blanks_matter(check: &mut Check<'_>) -> Checked<()> {
    kept_apart(
        check,
        &["k", " k", "k ", " k ", "  k", "k  ", "\tk", "k\t", "k\n", "k\r\n", "k\u{a0}", " ", "  ", "a b", "a  b"],
    )
}

fn invisible_characters_matter(check: &mut Check<'_>) -> Checked<()> {
    kept_apart(
        check,
        &["k", "k\u{200b}", "\u{feff}k", "k\u{ad}", "k\u{200d}", "k\u{2060}", "k\u{fe0f}", "\u{202e}k", "\u{feff}"],
    )
}

fn path_like_keys_are_plain_names(check: &mut Check<'_>) -> Checked<()> {
    let paths = ["a", "a/", "/a", "a/b", "a//b", "a/b/", "./a", "a/./b", "a/../a", "../a", "a\\b", "/", "//", "a:b"];
    kept_apart(
        check,
        &[&paths[..], &["../../etc/passwd", "C:\\a", "file:///a", "a/b/c/d/e/f/g/h", "a.b", "a/b.c"]].concat(),
    )
}

fn dot_and_device_names_are_plain_names(check: &mut Check<'_>) -> Checked<()> {
    let names =
        [".", "..", "...", ".a", "a.", "a", "-", "--", "-rf", "~", "~a", "CON", "con", "nul", "aux.txt", "a.tmp"];
    kept_apart(check, &[&names[..], &["a.lock", "a~", "_", "__", "index", "meta", "LOCK", "thumbs.db"]].concat())
}

fn patterns_are_plain_names(check: &mut Check<'_>) -> Checked<()> {
    kept_apart(
        check,
        &[
            "ab", "axb", "a*", "*", "**", "a?", "?", "a%", "%", "a_", "_", "[ab]", "a.b", "a.*", "^a", "a|b", "{a,b}",
            "a\\*",
        ],
    )
}

fn quotes_and_sql_are_plain_text(check: &mut Check<'_>) -> Checked<()> {
    let quotes =
        ["a", "'", "''", "\"", "a'b", "a''b", "a\"b", "`", "\\", "\\\\", "\\'", "a;b", "a--", "a/*b*/", "$1", "?1"];
    kept_apart(
        check,
        &[&quotes[..], &["x' OR '1'='1", "'; DROP TABLE kv; --", "%s", "%n", "${a}", "{{a}}", "$(a)"]].concat(),
    )
}

fn protocol_framing_is_plain_text(check: &mut Check<'_>) -> Checked<()> {
    let redis =
        ["a", "a\r\n", "a\r", "a\n", "a\r\nb", "a b", "a b c", "$1\r\na\r\n", "*1\r\n$4\r\nPING\r\n", "+OK\r\n"];
    let others =
        ["set a 0 0 1", "a 0 0 1\r\nx\r\n", "a,b", "a=b", "a&b", "a?b", "a#b", "a;b", "a|b", ":1", "{a}", "{a}b"];
    kept_apart(check, &[&redis[..], &others[..]].concat())
}

fn nul_and_control_characters_count(check: &mut Check<'_>) -> Checked<()> {
    let nul = ["a", "a\0", "a\0b", "a\0c", "\0", "\0\0", "\0a", "a\0\0"];
    kept_apart(
        check,
        &[&nul[..], &["\u{1}", "\u{1a}", "\u{1b}[31m", "\u{7f}", "a\u{8}", "\u{80}", "\u{85}", "\u{2028}"]].concat(),
    )
}

fn code_points_beyond_the_basic_plane(check: &mut Check<'_>) -> Checked<()> {
    let planes = ["\u{1f600}", "\u{1f601}", "\u{1f600}\u{fe0f}", "\u{fffd}", "\u{fffd}\u{fffd}", "?", "??", "\u{ffff}"];
    kept_apart(
        check,
        &[&planes[..], &["\u{10000}", "\u{10ffff}", "\u{d7ff}", "\u{e000}", "\u{1f469}", "\u{1f469}\u{200d}\u{1f680}"]]
            .concat(),
    )
}

fn prefixes_are_kept_apart(check: &mut Check<'_>) -> Checked<()> {
    kept_apart(check, &["a", "aa", "aaa", "aaaa", "aaaaa", "ab", "aab", "aaab", "b", "ba", "baa"])
}

fn number_like_keys_are_text(check: &mut Check<'_>) -> Checked<()> {
    kept_apart(
        check,
        &[
            "1",
            "01",
            "001",
            "1.0",
            "1.",
            "1e0",
            "0x1",
            "+1",
            "-1",
            "0",
            "-0",
            "00",
            "true",
            "1_0",
            "10",
            "\u{661}",
            "9007199254740993",
            "9007199254740992",
        ],
    )
}

fn encoded_keys_are_not_decoded(check: &mut Check<'_>) -> Checked<()> {
    let percent = ["a", "%61", "a b", "a%20b", "a+b", "a%2Fb", "a%2fb", "a/b", "%", "%%", "%25", "%2525", "%zz"];
    kept_apart(
        check,
        // The base64 of the last two differs in case alone.
        &[&percent[..], &["keG", "kea"], &["&", "&amp;", "\\u0061", "\\x61", "\\n", "YQ==", "YQ", "=61", "xn--a"]]
            .concat(),
    )
}

fn names_of_a_language_runtime_are_plain_names(check: &mut Check<'_>) -> Checked<()> {
    let names = [
        "__proto__",
        "constructor",
        "prototype",
        "toString",
        "valueOf",
        "hasOwnProperty",
        "length",
        "__class__",
        "__dict__",
        "null",
        "undefined",
        "None",
        "nil",
        "self",
        "_id",
        "id",
        "key",
        "value",
    ];
    let names = check.allowed_keys(&names)?;
    let (mut session, bucket) = (check.session(), check.bucket());
    check.claim(KveGet02);
    check.premise("the store is fresh: no key was set");
    for key in &names {
        check.shows(&mut session, &bucket, key, None)?;
    }
    drop(session);
    check.claim(KveKey01);
    kept_apart(check, &names)
}

fn colliding_hashes_are_kept_apart(check: &mut Check<'_>) -> Checked<()> {
    // Pairs with equal String.hashCode of Java, CRC-32, FNV-1 and FNV-1a of 32 bits, in this order.
    let java = ["Aa", "BB", "AaAa", "BBBB", "AaBB", "BBAa"];
    let others = ["plumless", "buckeroo", "creamwove", "quists", "costarring", "liquid", "declinate", "macallums"];
    // Equal sums of bytes, and equal bytes in another order.
    kept_apart(check, &[&java[..], &others[..], &["ad", "bc", "da", "cb", "abc", "cab", "bca"]].concat())
}

fn the_empty_key_is_a_key(check: &mut Check<'_>) -> Checked<()> {
    check.needs_key("")?;
    kept_apart(check, &["", "k", "\0", " "])
}

fn long_keys_differ_to_the_last_byte(check: &mut Check<'_>) -> Checked<()> {
    const LENGTHS: [usize; 12] = [63, 64, 65, 127, 128, 200, 255, 256, 257, 512, 1024, 4096];
    let mut keys = Vec::new();
    for length in LENGTHS {
        keys.push("k".repeat(length));
        keys.push("k".repeat(length - 1) + "x");
        keys.push("x".to_owned() + &"k".repeat(length - 1));
        keys.push("k".repeat(length / 2) + "x" + &"k".repeat(length - length / 2 - 1));
    }
    kept_apart(check, &keys.iter().map(String::as_str).collect::<Vec<_>>())
}

/// Every key that the declaration allows holds a value of its own: first as they are set, then when
/// every other one is deleted or replaced. Two sessions take turns, so that keys are equal by their
/// code points and not by their place in memory.
fn kept_apart(check: &mut Check<'_>, keys: &[&str]) -> Checked<()> {
    if keys.iter().collect::<BTreeSet<_>>().len() != keys.len() {
        return Err(Stop::Harness("the case names a key twice".into()));
    }
    let keys = check.allowed_keys(keys)?;
    check.needs_handles(2)?;
    let (mut writer, mut reader, bucket) = (check.session(), check.session(), check.bucket());
    let mut states = Vec::new();
    check.premise("each key of a list was set to a value of its own");
    for key in &keys {
        let value = check.value()?;
        check.set(&mut writer, &bucket, key, &value)?;
        states.push(Some(value));
    }
    for (key, state) in keys.iter().zip(&states) {
        check.shows(&mut reader, &bucket, key, state.as_deref())?;
    }
    check.premise(
        "of a list of keys, the first and every third after it were deleted, the next ones replaced, the others left",
    );
    for (i, (key, state)) in keys.iter().zip(&mut states).enumerate() {
        match i % 3 {
            0 => {
                check.delete(&mut reader, &bucket, key)?;
                *state = None;
            }
            1 => {
                let value = check.value()?;
                check.set(&mut reader, &bucket, key, &value)?;
                *state = Some(value);
            }
            _ => {}
        }
    }
    check.settle();
    for (key, state) in keys.iter().zip(&states) {
        check.shows(&mut writer, &bucket, key, state.as_deref())?;
    }
    Ok(())
}

fn thousands_of_keys_stay(check: &mut Check<'_>) -> Checked<()> {
    let (mut session, bucket) = (check.session(), check.bucket());
    let count = check.key_count(3_000);
    check.needs_keys(2)?;
    let key = |i: usize| format!("k{i}");
    check.needs_key(&key(count - 1))?;
    check.premise(format!("{count} keys were set, k0 first"));
    let mut values = Vec::new();
    for i in 0..count {
        let value = check.value()?;
        check.set(&mut session, &bucket, &key(i), &value)?;
        values.push(value);
    }
    for (i, value) in values.iter().enumerate() {
        check.reads(&mut session, &bucket, &key(i), Some(value))?;
    }
    check.premise(format!("of {count} keys, those with an even number were deleted"));
    for i in (0..count).step_by(2) {
        check.delete(&mut session, &bucket, &key(i))?;
    }
    check.settle();
    for (i, value) in values.iter().enumerate() {
        let is_deleted = i % 2 == 0;
        check.claim(if is_deleted { KveDel01 } else { KveKey02 });
        check.reads(&mut session, &bucket, &key(i), (!is_deleted).then_some(&value[..]))?;
    }
    Ok(())
}
