//! The `cas` resource and `swap`.

use kvspec_reference::RequirementId::{KvsCas02, KvsCas03, KvsCas04, KvsCas07};

use super::client::{client, clients_apart};
use crate::case::check::{Check, Checked};

cases! { "cas";
    current_is_the_value: [KvsCas01] "gives an older value, or none";
    a_swap_puts_the_value_in: [KvsCas02] "says that it swapped and did not, or never swaps";
    an_absent_key_can_be_swapped_in: [KvsCas02, KvsCas01] "cannot tell absent from not yet read";
    a_deleted_key_swapped_in_stays: [KvsCas02] "writes a first version, which an old tombstone wins over";
    a_key_deleted_and_set_again_is_another: [KvsCas03] "counts versions anew after a delete";
    a_swap_after_a_set_fails: [KvsCas03, KvsCas07] "loses the update that came between";
    a_swap_after_a_delete_fails: [KvsCas03, KvsCas07] "brings back what was deleted between";
    a_swap_after_a_creation_fails: [KvsCas03, KvsCas07] "takes absent for anything goes";
    a_swap_after_a_swap_fails: [KvsCas03, KvsCas02, KvsCas07] "lets two clients win one race";
    a_swap_after_a_write_by_another_handle_fails: [KvsCas03, KvsCas07] "remembers versions in the handle";
    a_failed_swap_writes_nothing: [KvsCas07, KvsCas03] "writes first and compares then";
    a_failed_swap_gives_a_fresh_handle: [KvsCas04, KvsCas03] "gives back the old handle, which never wins";
    a_value_changed_and_changed_back: [KvsCas05, KvsCas02] "loses the value when it changes back";
    a_write_to_another_key: [KvsCas06, KvsCas02] "never swaps again after another key was written";
}

fn current_is_the_value(check: &mut Check<'_>) -> Checked<()> {
    let client = client(check)?;
    client.cas(check, "k")?.remembers(check, None)?;
    for _ in 0..3 {
        let value = check.value()?;
        client.set(check, "k", &value)?;
        client.cas(check, "k")?.remembers(check, Some(&value))?;
    }
    client.set(check, "k", b"")?;
    client.cas(check, "k")?.remembers(check, Some(b""))?;
    client.delete(check, "k")?;
    client.cas(check, "k")?.remembers(check, None)
}

fn a_swap_puts_the_value_in(check: &mut Check<'_>) -> Checked<()> {
    let client = client(check)?;
    client.set(check, "k", b"old")?;
    for _ in 0..3 {
        let value = check.value()?;
        client.cas(check, "k")?.swaps(check, &value)?;
        client.shows(check, "k", Some(&value))?;
    }
    Ok(())
}

fn an_absent_key_can_be_swapped_in(check: &mut Check<'_>) -> Checked<()> {
    let client = client(check)?;
    let value = check.value()?;
    client.cas(check, "k")?.swaps(check, &value)?;
    client.shows(check, "k", Some(&value))
}

fn a_deleted_key_swapped_in_stays(check: &mut Check<'_>) -> Checked<()> {
    let client = client(check)?;
    let (old, new) = (check.value()?, check.value()?);
    client.set(check, "k", &old)?;
    client.delete(check, "k")?;
    client.cas(check, "k")?.swaps(check, &new)?;
    client.shows(check, "k", Some(&new))?;
    check.settle();
    check.wait_a_bound();
    client.shows(check, "k", Some(&new))
}

fn a_key_deleted_and_set_again_is_another(check: &mut Check<'_>) -> Checked<()> {
    let client = client(check)?;
    let (old, new, mine) = (check.value()?, check.value()?, check.value()?);
    client.set(check, "k", &old)?;
    let cas = client.cas(check, "k")?;
    client.delete(check, "k")?;
    client.set(check, "k", &new)?;
    cas.swap_fails(check, &mine)?;
    client.shows(check, "k", Some(&new))
}

fn a_swap_after_a_set_fails(check: &mut Check<'_>) -> Checked<()> {
    let client = client(check)?;
    client.set(check, "k", b"old")?;
    let (newer, mine) = (check.value()?, check.value()?);
    let cas = client.cas(check, "k")?;
    client.set(check, "k", &newer)?;
    cas.swap_fails(check, &mine)?;
    check.claim(KvsCas07);
    client.shows(check, "k", Some(&newer))
}

fn a_swap_after_a_delete_fails(check: &mut Check<'_>) -> Checked<()> {
    let client = client(check)?;
    client.set(check, "k", b"old")?;
    let mine = check.value()?;
    let cas = client.cas(check, "k")?;
    client.delete(check, "k")?;
    cas.swap_fails(check, &mine)?;
    check.claim(KvsCas07);
    client.shows(check, "k", None)
}

fn a_swap_after_a_creation_fails(check: &mut Check<'_>) -> Checked<()> {
    let client = client(check)?;
    let (newer, mine) = (check.value()?, check.value()?);
    let cas = client.cas(check, "k")?;
    client.set(check, "k", &newer)?;
    cas.swap_fails(check, &mine)?;
    check.claim(KvsCas07);
    client.shows(check, "k", Some(&newer))
}

fn a_swap_after_a_swap_fails(check: &mut Check<'_>) -> Checked<()> {
    let client = client(check)?;
    client.set(check, "k", b"old")?;
    let (first, second) = (check.value()?, check.value()?);
    let (a, b) = (client.cas(check, "k")?, client.cas(check, "k")?);
    check.claim(KvsCas02);
    a.swaps(check, &first)?;
    check.claim(KvsCas03);
    b.swap_fails(check, &second)?;
    check.claim(KvsCas07);
    client.shows(check, "k", Some(&first))
}

fn a_swap_after_a_write_by_another_handle_fails(check: &mut Check<'_>) -> Checked<()> {
    let [a, b] = clients_apart(check)?;
    a.set(check, "k", b"old")?;
    let (newer, mine) = (check.value()?, check.value()?);
    let cas = a.cas(check, "k")?;
    b.set(check, "k", &newer)?;
    cas.swap_fails(check, &mine)?;
    check.claim(KvsCas07);
    // The write was b's: a client is promised its own.
    b.shows(check, "k", Some(&newer))
}

fn a_failed_swap_writes_nothing(check: &mut Check<'_>) -> Checked<()> {
    let client = client(check)?;
    check.premise("the key is written to after the handle was made, so its swap fails and leaves what is there");
    for state in [Some(&b"newer"[..]), None, Some(b"")] {
        client.set(check, "k", b"old")?;
        let cas = client.cas(check, "k")?;
        match state {
            Some(value) => client.set(check, "k", value)?,
            None => client.delete(check, "k")?,
        }
        let mine = check.value()?;
        check.claim(KvsCas03);
        cas.swap_fails(check, &mine)?;
        check.claim(KvsCas07);
        client.shows(check, "k", state)?;
    }
    Ok(())
}

fn a_failed_swap_gives_a_fresh_handle(check: &mut Check<'_>) -> Checked<()> {
    let client = client(check)?;
    client.set(check, "k", b"old")?;
    let mut cas = client.cas(check, "k")?;
    for _ in 0..2 {
        let (newer, mine) = (check.value()?, check.value()?);
        client.set(check, "k", &newer)?;
        check.claim(KvsCas03);
        cas = cas.swap_fails(check, &mine)?;
        check.claim(KvsCas04);
        cas.remembers(check, Some(&newer))?;
    }
    let value = check.value()?;
    cas.swaps(check, &value)?;
    client.shows(check, "k", Some(&value))
}

fn a_value_changed_and_changed_back(check: &mut Check<'_>) -> Checked<()> {
    let client = client(check)?;
    check.claim(KvsCas02);
    for (how, between) in [("changed and changed back", &[&b"B"[..], b"A"][..]), ("set to itself", &[b"A"])] {
        client.set(check, "k", b"A")?;
        let cas = client.cas(check, "k")?;
        for value in between {
            client.set(check, "k", value)?;
        }
        let failed = cas.swap(check, b"C")?.is_some();
        check.observe(format!("a swap after the value was {how} {}", if failed { "failed" } else { "succeeded" }));
        client.shows(check, "k", Some(if failed { b"A" } else { b"C" }))?;
    }
    Ok(())
}

fn a_write_to_another_key(check: &mut Check<'_>) -> Checked<()> {
    check.needs_keys(2)?;
    let client = client(check)?;
    check.claim(KvsCas02);
    client.set(check, "k", b"A")?;
    let cas = client.cas(check, "k")?;
    client.set(check, "other", b"B")?;
    let Some(fresh) = cas.swap(check, b"C")? else {
        check.observe("a swap after a write to another key succeeded");
        return client.shows(check, "k", Some(b"C"));
    };
    check.observe("a swap after a write to another key failed");
    client.shows(check, "k", Some(b"A"))?;
    fresh.swaps(check, b"C")?;
    client.shows(check, "k", Some(b"C"))
}
