//! `increment`.

use kvspec_reference::RequirementId::{KvsInc02, KvsInc04, KvsInc07};
use kvspec_reference::anomaly::value_text;
use kvspec_reference::interface::Counter;

use super::client::{Client, client, clients_apart};
use super::list_keys::lists;
use crate::case::check::{Check, Checked, Stop};

cases! { "increment";
    an_absent_key_counts_as_zero: [KvsInc01] "fails on, or makes up, the number of an absent key";
    a_deleted_counter_starts_anew: [KvsInc01] "keeps counters that were deleted";
    deltas_add_up: [KvsInc02] "gives the old number, or always adds 1";
    hundreds_add_up: [KvsInc02] "loses one when its log of deltas is folded";
    zero_changes_nothing: [KvsInc03] "takes 0 for a default of 1";
    a_negative_delta_subtracts: [KvsInc03] "adds the absolute amount, or stops at 0";
    an_overflow_is_an_error: [KvsInc04, KvsInc02] "wraps around, or sticks to the greatest number";
    no_number_is_an_error_and_stays: [KvsInc05] "counts text as 0 and overwrites it";
    what_get_shows: [KvsInc06, KvsInc02] "gives a sum of what was never a number";
    a_counter_is_a_pair: [KvsInc07, KvsLst01, KvsLst02, KvsLst04] "keeps counters apart from pairs";
    other_keys_stay: [KvsInc07] "has one counter for all keys";
    several_handles_count_together: [KvsInc08] "reads, adds and writes in three steps";
}

fn gives(check: &mut Check<'_>, client: &Client, key: &str, delta: i64, sum: i128) -> Checked<()> {
    // However a number is kept, in decimal it takes the most room.
    check.needs_value_bytes(sum.to_string().len())?;
    let seen = client.increment(check, key, delta)?;
    check.same(&format!("the result of increment by {delta}"), sum, seen)
}

fn an_absent_key_counts_as_zero(check: &mut Check<'_>) -> Checked<()> {
    check.needs_keys(3)?;
    let client = client(check)?;
    for (key, delta) in [("n1", 1), ("n7", 7), ("n", 1_000_000_007)] {
        gives(check, &client, key, delta, i128::from(delta))?;
    }
    Ok(())
}

fn a_deleted_counter_starts_anew(check: &mut Check<'_>) -> Checked<()> {
    let client = client(check)?;
    gives(check, &client, "n", 5, 5)?;
    client.delete(check, "n")?;
    gives(check, &client, "n", 3, 3)
}

fn deltas_add_up(check: &mut Check<'_>) -> Checked<()> {
    let client = client(check)?;
    let mut sum = 0;
    for delta in [1, 1, 2, 10, 90, 900, 1, 4_294_967_296, 3] {
        sum += i128::from(delta);
        gives(check, &client, "n", delta, sum)?;
    }
    Ok(())
}

fn hundreds_add_up(check: &mut Check<'_>) -> Checked<()> {
    let client = client(check)?;
    for number in 1..=300 {
        gives(check, &client, "n", 1, number)?;
    }
    Ok(())
}

fn zero_changes_nothing(check: &mut Check<'_>) -> Checked<()> {
    check.needs_keys(2)?;
    let client = client(check)?;
    gives(check, &client, "n", 41, 41)?;
    let before = client.get(check, "n")?;
    gives(check, &client, "n", 0, 41)?;
    let after = client.get(check, "n")?;
    check.holds(before == after, || ("increment by 0 leaves the value".into(), "another value".into()))?;
    gives(check, &client, "n", 1, 42)?;
    gives(check, &client, "absent", 0, 0)
}

fn a_negative_delta_subtracts(check: &mut Check<'_>) -> Checked<()> {
    check.needs_keys(2)?;
    let client = client(check)?;
    if client.counter()? == Counter::Unsigned {
        return Err(Stop::Skip("capabilities: increment of this profile adds a u64".into()));
    }
    gives(check, &client, "n", 5, 5)?;
    gives(check, &client, "n", -2, 3)?;
    gives(check, &client, "n", -4, -1)?;
    gives(check, &client, "below", -7, -7)?;
    gives(check, &client, "n", 1, 0)
}

fn an_overflow_is_an_error(check: &mut Check<'_>) -> Checked<()> {
    let client = client(check)?;
    let max = match client.counter()? {
        Counter::Signed => i128::from(i64::MAX),
        Counter::Unsigned => i128::from(u64::MAX),
    };
    // Up to the greatest number in steps that the delta can hold; a store may give up before.
    let mut sum: i128 = 0;
    check.claim(KvsInc02);
    while sum < max {
        let delta = i64::try_from((max - sum).min(i128::from(i64::MAX))).unwrap_or(i64::MAX);
        match client.increment_or_error(check, "n", delta)? {
            Ok(seen) => {
                sum += i128::from(delta);
                check.same("the sum", sum, seen)?;
            }
            Err(error) => {
                check.observe(format!("a counter of {sum} cannot take {delta} more, within its type: {error}"));
                break;
            }
        }
    }
    check.claim(KvsInc04);
    for delta in [1, i64::MAX].into_iter().filter(|delta| sum + i128::from(*delta) > max) {
        let refused = client.increment_or_error(check, "n", delta)?;
        check.holds(refused.is_err(), || {
            (
                format!("{sum} and {delta} are more than {max}: an error"),
                refused.map_or(String::new(), |n| n.to_string()),
            )
        })?;
    }
    gives(check, &client, "n", 0, sum)
}

fn no_number_is_an_error_and_stays(check: &mut Check<'_>) -> Checked<()> {
    let client = client(check)?;
    // Text, and longer than any number: a store may keep numbers as it likes.
    for value in [&b"not a number"[..], b"12 monkeys", b"1234567890\0"] {
        client.set(check, "k", value)?;
        let refused = client.increment_or_error(check, "k", 1)?;
        check.holds(refused.is_err(), || {
            (
                format!("increment of {} gives an error", value_text(value)),
                refused.map_or(String::new(), |n| n.to_string()),
            )
        })?;
        client.shows(check, "k", Some(value))?;
    }
    Ok(())
}

fn what_get_shows(check: &mut Check<'_>) -> Checked<()> {
    check.needs_keys(3)?;
    let client = client(check)?;
    check.claim(KvsInc02);
    gives(check, &client, "n", 300, 300)?;
    let shown = client.get(check, "n")?.unwrap_or_default();
    check.observe(format!("get shows a counter of 300 as {}", value_text(&shown)));
    client.set(check, "set", b"40")?;
    match client.increment_or_error(check, "set", 2)? {
        Ok(sum) => {
            let counts = sum == 42;
            check.observe(format!("a value set to \"40\" gave {sum} when 2 were added"));
            check
                .holds(counts || sum != 2, || ("a sum with the value that was set".into(), "the delta alone".into()))?;
        }
        Err(error) => check.observe(format!("a value set to \"40\" cannot be incremented: {error}")),
    }
    // What get shows is what a client would set back.
    client.set(check, "copy", &shown)?;
    match client.increment_or_error(check, "copy", 1)? {
        Ok(sum) => check.same("the sum of a counter that was copied and 1", 301, sum),
        Err(error) => {
            check.observe(format!("a copy of a counter cannot be incremented: {error}"));
            Ok(())
        }
    }
}

fn a_counter_is_a_pair(check: &mut Check<'_>) -> Checked<()> {
    let client = client(check)?;
    gives(check, &client, "n", 1, 1)?;
    let exists = client.exists(check, "n")?;
    check.same("exists of the counter", true, exists)?;
    let value = client.get(check, "n")?;
    check.holds(value.is_some(), || ("get gives the counter".into(), "absent".into()))?;
    lists(check, &client, &["n"])?;
    check.claim(KvsInc07);
    client.delete(check, "n")?;
    client.shows(check, "n", None)
}

fn other_keys_stay(check: &mut Check<'_>) -> Checked<()> {
    check.needs_keys(3)?;
    let client = client(check)?;
    let value = check.value()?;
    client.set(check, "pair", &value)?;
    gives(check, &client, "n", 5, 5)?;
    gives(check, &client, "m", 1, 1)?;
    gives(check, &client, "n", 5, 10)?;
    gives(check, &client, "m", 1, 2)?;
    client.shows(check, "pair", Some(&value))
}

fn several_handles_count_together(check: &mut Check<'_>) -> Checked<()> {
    let [a, b] = clients_apart(check)?;
    a.needs_atomics()?;
    for round in 0..8 {
        gives(check, &a, "n", 1, 3 * round + 1)?;
        gives(check, &b, "n", 2, 3 * round + 3)?;
    }
    Ok(())
}
