//! Keys at and beyond what is declared, and operations that touch one key alone.

use kvspec_reference::RequirementId::*;
use kvspec_reference::history::Kind;
use kvspec_reference::workload::recorder::Session;

use crate::case::check::{Check, Checked, Stop};
use crate::declaration::KeyCharacters;

cases! { "key_limits";
    longest_key_is_kept: [KveKey03, KveKey01] "counts one byte too many, or cuts at its limit";
    too_long_key_is_refused: [KveKey03] "cuts a key that is too long and answers ok";
    undeclared_characters_are_refused: [KveKey03] "replaces characters it cannot hold";
    one_pair_too_many_is_refused_or_kept: [KveKey02] "drops another pair when its declared room is full";
    pairs_up_to_the_declared_total_are_kept: [KveKey02] "drops a pair while the room that it declares is not used up";
    an_operation_touches_its_key_alone: [KveKey02, KveSet02, KveDel01, KveDel02, KveDel03] "moves, drops or rewrites neighbours of a key";
}

fn longest_key_is_kept(check: &mut Check<'_>) -> Checked<()> {
    let max = declared_length(check)?;
    let longest = "k".repeat(max);
    check.needs_key(&longest)?;
    let (mut session, bucket) = (check.session(), check.bucket());
    let value = check.value()?;
    check.premise(format!("limits.max_key_bytes = {max} is declared, and the key is as long"));
    check.set(&mut session, &bucket, &longest, &value)?;
    check.settle();
    check.shows(&mut session, &bucket, &longest, Some(&value))?;
    if max > 1 {
        check.claim(KveKey01);
        check.shows(&mut session, &bucket, &longest[1..], None)?;
    }
    check.claim(KveKey03);
    check.delete(&mut session, &bucket, &longest)?;
    check.settle();
    check.shows(&mut session, &bucket, &longest, None)
}

fn too_long_key_is_refused(check: &mut Check<'_>) -> Checked<()> {
    let max = declared_length(check)?;
    let too_long = "k".repeat(max + 1);
    let why = format!("the key has {} bytes and limits.max_key_bytes = {max} is declared", max + 1);
    refused_everywhere(check, &too_long, &too_long[1..], &why)
}

fn undeclared_characters_are_refused(check: &mut Check<'_>) -> Checked<()> {
    let characters = check.declaration().limits.key_characters;
    let (key, neighbour) = match characters {
        KeyCharacters::Any => return Err(Stop::Skip("limits.key_characters = \"any\"".into())),
        KeyCharacters::NonEmpty => ("", "k"),
        KeyCharacters::PrintableAscii => ("k\u{e9}", "k"),
        KeyCharacters::Portable => ("k*", "k"),
    };
    let why = format!("limits.key_characters = \"{}\" is declared", characters.name());
    refused_everywhere(check, key, neighbour, &why)
}

/// All four operations answer an error, and a key that the refused one could be taken for stays.
fn refused_everywhere(check: &mut Check<'_>, key: &str, neighbour: &str, why: &str) -> Checked<()> {
    let (mut session, bucket) = (check.session(), check.bucket());
    let neighbour = Some(neighbour).filter(|n| !n.is_empty() && check.needs_key(n).is_ok());
    let value = check.value()?;
    if let Some(neighbour) = neighbour {
        check.given(&mut session, &bucket, neighbour, &value)?;
    }
    let other = check.value()?;
    if check.declaration().limits.at_least {
        return refused_or_kept(check, &mut session, &bucket, (key, &other), neighbour.map(|key| (key, &*value)));
    }
    check.set_is_refused(&mut session, &bucket, key, &other, why)?;
    let register = (&*bucket, key);
    let got = session.once(|session| session.get(&bucket, key));
    check.recorded_is_refused(Kind::Get, register, why, got)?;
    let asked = session.once(|session| session.exists(&bucket, key));
    check.recorded_is_refused(Kind::Exists, register, why, asked)?;
    let deleted = session.once(|session| session.delete(&bucket, key));
    check.recorded_is_refused(Kind::Delete, register, why, deleted)?;
    check.settle();
    check.premise(format!("all four operations on another key were refused, as it must be: {why}"));
    match neighbour {
        Some(neighbour) => check.shows(&mut session, &bucket, neighbour, Some(&value)),
        None => Ok(()),
    }
}

/// Where a limit is a least, a key beyond it may be accepted: then it is one like any other.
fn refused_or_kept<'a>(
    check: &mut Check<'a>,
    session: &mut Session<'a>,
    bucket: &str,
    (key, value): (&str, &[u8]),
    neighbour: Option<(&str, &[u8])>,
) -> Checked<()> {
    check.needs_room(bucket, key, value.len())?;
    let is_kept = check.set_or_refusal(session, bucket, key, value)?;
    let answer = if is_kept { "accepted" } else { "refused" };
    check.premise(format!("limits.at_least = true is declared, and a set of a key beyond the limits was {answer}"));
    check.settle();
    if is_kept {
        check.poll_beyond_limits(session, bucket, key, value)?;
    }
    match neighbour {
        Some((neighbour, value)) => check.shows(session, bucket, neighbour, Some(value)),
        None => {
            check.counted();
            Ok(())
        }
    }
}

fn declared_length(check: &Check<'_>) -> Checked<usize> {
    match check.declaration().limits.max_key_bytes {
        None => Err(Stop::Skip("limits.max_key_bytes is not declared".into())),
        Some(max) if max > TRIED_KEY_BYTES_MAX => {
            Err(Stop::Skip(format!("limits.max_key_bytes = {max} is above the {TRIED_KEY_BYTES_MAX} that are tried")))
        }
        Some(max) => Ok(max),
    }
}

/// Beyond this, a declared length is believed and not tried: no key takes more memory than the largest value.
const TRIED_KEY_BYTES_MAX: usize = 16 << 20;

/// Beyond this, a declared number of pairs is believed and not tried.
const TRIED_KEYS_MAX: usize = 3_000;

fn one_pair_too_many_is_refused_or_kept(check: &mut Check<'_>) -> Checked<()> {
    let max = match check.declaration().limits.max_keys {
        None => return Err(Stop::Skip("limits.max_keys is not declared".into())),
        Some(max) if max > TRIED_KEYS_MAX => {
            return Err(Stop::Skip(format!("limits.max_keys = {max} is above the {TRIED_KEYS_MAX} that are tried")));
        }
        Some(max) => max,
    };
    let (mut session, bucket) = (check.session(), check.bucket());
    let mut pairs = Vec::new();
    for i in 0..max {
        let (key, value) = (format!("k{i}"), check.value()?);
        check.given(&mut session, &bucket, &key, &value)?;
        pairs.push((key, value));
    }
    let (key, value) = (format!("k{max}"), check.value()?);
    check.needs_pair(&bucket, &key, &value)?;
    let is_kept = check.set_or_refusal(&mut session, &bucket, &key, &value)?;
    check.premise(format!(
        "the bucket held limits.max_keys = {max} pairs when the set of {key} was {}",
        if is_kept { "accepted" } else { "refused" }
    ));
    if is_kept {
        pairs.push((key, value));
    }
    check.settle();
    for (key, value) in &pairs {
        check.shows(&mut session, &bucket, key, Some(value))?;
    }
    Ok(())
}

/// How many pairs fill the declared room.
const PAIRS_OF_TOTAL: usize = 8;
/// Beyond this, a declared total is believed and not tried.
const TRIED_TOTAL_MAX: usize = 16 << 20;

fn pairs_up_to_the_declared_total_are_kept(check: &mut Check<'_>) -> Checked<()> {
    let max = match check.declaration().limits.max_total_bytes {
        None => return Err(Stop::Skip("limits.max_total_bytes is not declared".into())),
        Some(max) if max > TRIED_TOTAL_MAX => {
            let why = format!("limits.max_total_bytes = {max} is above the {TRIED_TOTAL_MAX} that are tried");
            return Err(Stop::Skip(why));
        }
        Some(max) => max,
    };
    let (mut session, bucket) = (check.session(), check.bucket());
    let count = check.key_count(PAIRS_OF_TOTAL);
    let longest = check.declaration().limits.max_value_bytes.unwrap_or(usize::MAX);
    let mut pairs = Vec::new();
    for i in 0..count {
        let key = format!("k{i}");
        let value = check.value_of((max / count).saturating_sub(key.len()).min(longest))?;
        check.given(&mut session, &bucket, &key, &value)?;
        pairs.push((key, value));
    }
    check.premise(format!("limits.max_total_bytes = {max} is declared, and all pairs together have no more"));
    check.settle();
    for (key, value) in &pairs {
        check.shows(&mut session, &bucket, key, Some(value))?;
    }
    Ok(())
}

fn an_operation_touches_its_key_alone(check: &mut Check<'_>) -> Checked<()> {
    let keys = check.allowed_keys(&["m", "l", "n", "mm", "lm", "ml", "M", "m/", "m/m", "m.", "0", "z"])?;
    let (mut session, bucket) = (check.session(), check.bucket());
    let mut values = Vec::new();
    for key in &keys {
        let value = check.value()?;
        check.given(&mut session, &bucket, key, &value)?;
        values.push(value);
    }
    let [first, second] = [check.value()?, check.value()?];
    let target = keys[0];
    check.premise(format!("only the key {target} was written to since"));
    let steps = [(KveSet02, Some(first)), (KveDel01, None), (KveDel02, None), (KveDel03, Some(second))];
    for (requirement, step) in steps {
        check.claim(requirement);
        match &step {
            Some(value) => check.set(&mut session, &bucket, target, value)?,
            None => check.delete(&mut session, &bucket, target)?,
        }
        check.settle();
        check.shows(&mut session, &bucket, target, step.as_deref())?;
        check.claim(KveKey02);
        for (key, value) in keys.iter().zip(&values).skip(1) {
            check.shows(&mut session, &bucket, key, Some(value))?;
        }
    }
    Ok(())
}
