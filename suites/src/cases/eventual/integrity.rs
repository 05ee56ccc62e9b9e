//! Integrity: at any time, a read gives a whole value that was set at its key, by a set that had
//! begun; or absence.

use kvspec_reference::RequirementId::KveCon02;

use crate::case::check::{Check, Checked};

cases! { "integrity";
    interleaved_sessions_read_what_was_set: [KveInt01, KveInt02, KveCon01, KveCon02] "mixes up keys under a mixed load";
    interleaved_buckets_keep_their_values: [KveInt03, KveBkt01, KveCon02] "mixes up buckets under a mixed load";
    values_are_never_torn: [KveInt03, KveVal03] "shows a value that is half written";
    values_of_neighbours_never_leak: [KveInt03, KveKey02] "reuses room without clearing it";
    the_next_value_is_not_foreseen: [KveInt02] "shows a value before its set";
}

/// Seeded choices: a linear congruential generator with Knuth's MMIX constants, high bits only.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % bound
    }
}

fn interleaved_sessions_read_what_was_set(check: &mut Check<'_>) -> Checked<()> {
    let bucket = check.bucket();
    check.needs_keys(3)?;
    mixed_load(check, &[&bucket])
}

fn interleaved_buckets_keep_their_values(check: &mut Check<'_>) -> Checked<()> {
    let [first, second] = check.buckets()?;
    check.needs_keys(3)?;
    mixed_load(check, &[&first, &second])
}

/// Three sessions act in an order drawn from the seed. Each read must give something that was set
/// there; in the end, all agree on the last writes.
fn mixed_load(check: &mut Check<'_>, buckets: &[&str]) -> Checked<()> {
    const KEYS: [&str; 3] = ["x", "y", "z"];
    check.needs_handles(3 * buckets.len())?;
    let mut chance = Chance(check.seed());
    let mut sessions = [check.session(), check.session(), check.session()];
    let mut states = vec![[const { None::<Vec<u8>> }; KEYS.len()]; buckets.len()];
    check.premise(format!("three sessions worked in an order drawn from seed {}", check.seed()));
    for _ in 0..150 {
        let session = &mut sessions[chance.below(3)];
        let (b, k) = (chance.below(buckets.len()), chance.below(KEYS.len()));
        let (bucket, key) = (buckets[b], KEYS[k]);
        match chance.below(10) {
            0..4 => {
                let value = check.value()?;
                check.set(session, bucket, key, &value)?;
                states[b][k] = Some(value);
            }
            4 => {
                check.delete(session, bucket, key)?;
                states[b][k] = None;
            }
            5 => check.reopen(session, bucket)?,
            _ => {
                check.glance(session, bucket, key)?;
            }
        }
    }
    check.settle();
    // A value of another register is told from one that was lost, whatever is claimed.
    check.claim(KveCon02);
    for session in &mut sessions {
        for (bucket, states) in buckets.iter().zip(&states) {
            for (key, state) in KEYS.iter().zip(states) {
                check.shows(session, bucket, key, state.as_deref())?;
            }
        }
    }
    Ok(())
}

fn values_are_never_torn(check: &mut Check<'_>) -> Checked<()> {
    check.needs_handles(3)?;
    let (mut a, mut b, mut reader) = (check.session(), check.session(), check.session());
    let bucket = check.bucket();
    check.premise("two sessions overwrote the key in turn, with values of 12,000 and 20,000 bytes");
    let mut last = Vec::new();
    for round in 0..12 {
        let (writer, length) = if round % 2 == 0 { (&mut a, 20_000) } else { (&mut b, 12_000) };
        last = check.value_of(length)?;
        check.set(writer, &bucket, "k", &last)?;
        check.glance(&mut reader, &bucket, "k")?;
        check.glance(writer, &bucket, "k")?;
    }
    check.settle();
    check.shows(&mut reader, &bucket, "k", Some(&last))
}

fn values_of_neighbours_never_leak(check: &mut Check<'_>) -> Checked<()> {
    let (mut session, bucket) = (check.session(), check.bucket());
    check.needs_keys(4)?;
    check.premise("keys of four lengths of value were deleted and set again, so that room is used again");
    let keys = ["k0", "k1", "k2", "k3"];
    let mut states: [Option<Vec<u8>>; 4] = Default::default();
    for round in 0..24_usize {
        let i = (round * 7) % 4;
        if states[i].is_some() && round % 3 == 0 {
            check.delete(&mut session, &bucket, keys[i])?;
            states[i] = None;
        } else {
            let value = check.value_of([400, 24, 90, 250][(round + i) % 4])?;
            check.set(&mut session, &bucket, keys[i], &value)?;
            states[i] = Some(value);
        }
        for key in keys {
            check.glance(&mut session, &bucket, key)?;
        }
    }
    check.settle();
    for (key, state) in keys.iter().zip(&states) {
        check.shows(&mut session, &bucket, key, state.as_deref())?;
    }
    Ok(())
}

fn the_next_value_is_not_foreseen(check: &mut Check<'_>) -> Checked<()> {
    check.needs_handles(2)?;
    let (mut writer, mut reader, bucket) = (check.session(), check.session(), check.bucket());
    check.premise("one session sets the key again and again; the other reads it between the sets");
    for _ in 0..20 {
        check.glance(&mut reader, &bucket, "k")?;
        check.exists(&mut reader, &bucket, "n", false)?;
        let value = check.value()?;
        check.set(&mut writer, &bucket, "k", &value)?;
        check.glance(&mut reader, &bucket, "k")?;
    }
    Ok(())
}
