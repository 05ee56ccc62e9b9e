//! The probe as a program, for hosts that are not in this process: it imports `wasi:keyvalue`, reads
//! one call a line on standard input, does it, and answers with one line on standard output.
//!
//! ```text
//! greeting  kvspec-probe 1 PROFILE CAPABILITY...        first line, from the probe
//! call      OPERATION HANDLE ARGUMENT...                OPERATION as in the interface, or open, close
//!           cas-new HANDLE CAS KEY, cas-current CAS,    HANDLE, CAS, FRESH: numbers that the caller
//!           cas-swap CAS FRESH VALUE, close CAS         chooses, each but once
//! answer    ok RESULT... | error KIND TEXT              of cas-swap: ok swapped, or ok failed: FRESH is the new handle
//! bytes     "x" and two hexadecimal digits a byte: keys, values, names, cursors, texts
//! none      "-"
//! ```

mod interface;

use std::collections::BTreeMap;
use std::io::{BufRead as _, Write as _};

use interface::cas::{self, Cas};
use interface::{Bucket, Error};

/// What is open, by the numbers that the caller gave.
#[derive(Default)]
struct Open {
    buckets: BTreeMap<String, Bucket>,
    swaps: BTreeMap<String, Cas>,
}

fn main() {
    let mut open = Open::default();
    let mut out = std::io::stdout().lock();
    let mut say = |line: &str| {
        // Who called is gone: there is nobody to tell.
        if writeln!(out, "{line}").and_then(|()| out.flush()).is_err() {
            std::process::exit(0);
        }
    };
    say(&format!("kvspec-probe 1 {}", interface::OFFERED));
    for line in std::io::stdin().lock().lines() {
        let Ok(line) = line else { break };
        say(&answer(&line, &mut open));
    }
}

/// Does the call of one line.
fn answer(line: &str, open: &mut Open) -> String {
    let words: Vec<&str> = line.split(' ').collect();
    match call(&words, open) {
        Some(Ok(result)) => format!("ok {result}").trim_end().to_owned(),
        Some(Err(Error::NoSuchStore)) => "error no-such-store".into(),
        Some(Err(Error::AccessDenied)) => "error access-denied".into(),
        Some(Err(Error::Other(text))) => format!("error other {}", hexadecimal(text.as_bytes())),
        None => "malformed".into(),
    }
}

/// `None`: the line is no call.
fn call(words: &[&str], open: &mut Open) -> Option<Result<String, Error>> {
    let (&operation, &handle) = (words.first()?, words.get(1)?);
    match operation {
        "open" => {
            return Some(interface::open(&text(words.get(2)?)?).map(|bucket| {
                open.buckets.insert(handle.to_owned(), bucket);
                String::new()
            }));
        }
        "close" => {
            open.buckets.remove(handle);
            open.swaps.remove(handle);
            return Some(Ok(String::new()));
        }
        "cas-new" => {
            let made = cas::new(open.buckets.get(handle)?, &text(words.get(3)?)?)?;
            return Some(made.map(|made| {
                open.swaps.insert((*words[2]).to_owned(), made);
                String::new()
            }));
        }
        "cas-current" => return Some(cas::current(open.swaps.get(handle)?).map(|value| optional(value.as_deref()))),
        "cas-swap" => {
            let (&fresh, value) = (words.get(2)?, bytes(words.get(3)?)?);
            return Some(cas::swap(open.swaps.remove(handle)?, &value).map(|failed| match failed {
                None => "swapped".into(),
                Some(again) => {
                    open.swaps.insert(fresh.to_owned(), again);
                    "failed".into()
                }
            }));
        }
        _ => {}
    }
    let bucket = open.buckets.get(handle)?;
    let arguments = &words[2..];
    let key = || text(arguments.first()?);
    let keys = || arguments.iter().map(|word| text(word)).collect::<Option<Vec<String>>>();
    let done = |result: Result<(), Error>| result.map(|()| String::new());
    Some(match operation {
        "get" => bucket.get(&key()?).map(|value| optional(value.as_deref())),
        "set" => done(bucket.set(&key()?, &bytes(arguments.get(1)?)?)),
        "delete" => done(bucket.delete(&key()?)),
        "exists" => bucket.exists(&key()?).map(|exists| exists.to_string()),
        "list-keys" => {
            let cursor = match *arguments.first()? {
                "-" => None,
                cursor => Some(text(cursor)?),
            };
            interface::list_keys(bucket, cursor)?.map(|(keys, cursor)| {
                let keys: String = keys.iter().map(|key| format!(" {}", hexadecimal(key.as_bytes()))).collect();
                optional(cursor.as_deref().map(str::as_bytes)) + &keys
            })
        }
        "increment" => {
            interface::increment(bucket, &key()?, arguments.get(1)?.parse().ok()?)?.map(|sum| sum.to_string())
        }
        "get-many" => interface::get_many(bucket, &keys()?)?.map(|answers| {
            let answer = |answer: Option<(String, Vec<u8>)>| match answer {
                None => "-".to_owned(),
                Some((key, value)) => format!("{}={}", hexadecimal(key.as_bytes()), hexadecimal(&value)),
            };
            answers.into_iter().map(answer).collect::<Vec<_>>().join(" ")
        }),
        "set-many" => {
            let pair = |word: &&str| {
                let (key, value) = word.split_once('=')?;
                Some((text(key)?, bytes(value)?))
            };
            done(interface::set_many(bucket, &arguments.iter().map(pair).collect::<Option<Vec<_>>>()?)?)
        }
        "delete-many" => done(interface::delete_many(bucket, &keys()?)?),
        _ => return None,
    })
}

fn optional(bytes: Option<&[u8]>) -> String {
    bytes.map_or("-".into(), hexadecimal)
}

fn hexadecimal(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::with_capacity(1 + bytes.len() * 2);
    text.push('x');
    for byte in bytes {
        text.push(DIGITS[usize::from(byte >> 4)] as char);
        text.push(DIGITS[usize::from(byte & 15)] as char);
    }
    text
}

fn bytes(word: &str) -> Option<Vec<u8>> {
    let digits = word.strip_prefix('x')?.as_bytes();
    let digit = |d: u8| (d as char).to_digit(16).map(|d| d as u8);
    digits.chunks(2).map(|pair| Some(digit(pair[0])? << 4 | digit(*pair.get(1)?)?)).collect()
}

fn text(word: &str) -> Option<String> {
    String::from_utf8(bytes(word)?).ok()
}
