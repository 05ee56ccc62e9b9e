//! Reading one's own writes.

use super::client::{another, client, clients};
use crate::case::check::{Check, Checked};

cases! { "own_writes";
    are_read_at_once: [KvsRyw01] "shows a client its write only after a while";
    deletes_are_seen_at_once: [KvsRyw01] "goes on showing what the client deleted";
    another_handle_reads_them_at_once: [KvsRyw02] "keeps the data of a bucket in each handle";
    a_handle_opened_later_reads_them: [KvsRyw02] "gives each new handle an old copy";
    of_batches_are_read_at_once: [KvsRyw03] "does batches in the background";
    of_increments_are_read_at_once: [KvsRyw03] "keeps counters apart until they are written back";
}

/// How often is tried: caches and queues often show only after some calls.
const ROUNDS: usize = 16;

fn are_read_at_once(check: &mut Check<'_>) -> Checked<()> {
    let client = client(check)?;
    for _ in 0..ROUNDS {
        let value = check.value()?;
        client.set(check, "k", &value)?;
        client.shows(check, "k", Some(&value))?;
    }
    Ok(())
}

fn deletes_are_seen_at_once(check: &mut Check<'_>) -> Checked<()> {
    let client = client(check)?;
    for _ in 0..ROUNDS {
        let value = check.value()?;
        client.set(check, "k", &value)?;
        client.delete(check, "k")?;
        client.shows(check, "k", None)?;
    }
    Ok(())
}

fn another_handle_reads_them_at_once(check: &mut Check<'_>) -> Checked<()> {
    let [a, b] = clients(check)?;
    for _ in 0..ROUNDS {
        for (writer, reader) in [(&a, &b), (&b, &a)] {
            let value = check.value()?;
            writer.set(check, "k", &value)?;
            reader.shows(check, "k", Some(&value))?;
        }
        a.delete(check, "k")?;
        b.shows(check, "k", None)?;
    }
    Ok(())
}

fn a_handle_opened_later_reads_them(check: &mut Check<'_>) -> Checked<()> {
    check.needs_handles(2)?;
    let writer = client(check)?;
    for _ in 0..3 {
        let value = check.value()?;
        writer.set(check, "k", &value)?;
        let later = another(check, &writer, "a handle opened later")?;
        later.shows(check, "k", Some(&value))?;
    }
    Ok(())
}

fn of_batches_are_read_at_once(check: &mut Check<'_>) -> Checked<()> {
    check.needs_keys(2)?;
    let client = client(check)?;
    client.needs_batch()?;
    for _ in 0..ROUNDS {
        let (a, b) = (check.value()?, check.value()?);
        client.set_many(check, &[("a", &a), ("b", &b)])?;
        client.shows(check, "a", Some(&a))?;
        client.shows(check, "b", Some(&b))?;
        client.delete_many(check, &["a", "b"])?;
        client.shows(check, "a", None)?;
        client.shows(check, "b", None)?;
    }
    Ok(())
}

fn of_increments_are_read_at_once(check: &mut Check<'_>) -> Checked<()> {
    let client = client(check)?;
    client.needs_atomics()?;
    for _ in 0..ROUNDS {
        client.increment(check, "n", 1)?;
        let before = client.get(check, "n")?;
        check.holds(before.is_some(), || ("get shows the counter".into(), "absent".into()))?;
        client.increment(check, "n", 1)?;
        let after = client.get(check, "n")?;
        check.holds(after.is_some() && after != before, || {
            ("get shows another state after the increment".into(), "the same state as before".into())
        })?;
        client.delete(check, "n")?;
    }
    Ok(())
}
