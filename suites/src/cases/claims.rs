//! The strong reading of the text, which is contested: reported. And what an implementation claims
//! beyond the profile: demanded.

use crate::check::{Check, Step, Stop};
use crate::declaration::Claim;

cases! { "convergence";
    own_writes_are_read_at_once: ["KVE-CON-05", "KVE-INT-01"] "shows a writer who reads at once what nobody set";
    claimed_guarantees_hold: ["KVE-CLM-01"] "claims more than it keeps";
}

/// How many writes are tried.
const WRITES: usize = 32;

fn own_writes_are_read_at_once(check: &mut Check<'_>) -> Step<()> {
    check.needs_handles(2)?;
    let (mut writer, mut other, bucket) = (check.session(), check.session(), check.bucket());
    let (mut own, mut others) = (0, 0);
    check.claim("KVE-INT-01");
    check.premise("reads followed each set at once");
    for _ in 0..WRITES {
        let value = check.value()?;
        check.set(&mut writer, &bucket, "k", &value)?;
        own += usize::from(check.glance(&mut writer, &bucket, "k")?.as_ref() == Some(&value));
        others += usize::from(check.glance(&mut other, &bucket, "k")?.as_ref() == Some(&value));
    }
    check.observe(format!("{own} of {WRITES} reads at once after a set gave it to the session that had set it"));
    check.observe(format!("{others} of {WRITES} reads at once after a set gave it to another session"));
    Ok(())
}

fn claimed_guarantees_hold(check: &mut Check<'_>) -> Step<()> {
    let claims = check.declaration().consistency.claims.clone();
    if claims.is_empty() {
        return Err(Stop::Skip("consistency.claims is empty".into()));
    }
    check.needs_handles(2)?;
    let (mut writer, mut other, bucket) = (check.session(), check.session(), check.bucket());
    let mut values: Vec<Vec<u8>> = Vec::new();
    let mut seen_by_other = None;
    for _ in 0..WRITES {
        let value = check.value()?;
        check.set(&mut writer, &bucket, "k", &value)?;
        values.push(value);
        let newest = values.len();
        let own = newest_of(&values, check.glance(&mut writer, &bucket, "k")?);
        let others = newest_of(&values, check.glance(&mut other, &bucket, "k")?);
        if claims.contains(&Claim::ReadYourWrites) || claims.contains(&Claim::Linearizable) {
            kept(check, "read-your-writes or linearizable", "session 0, which set it, reads", newest, own)?;
        }
        if claims.contains(&Claim::Linearizable) {
            kept(check, "linearizable", "session 1, after the set was answered, reads", newest, others)?;
        }
        if claims.contains(&Claim::MonotonicReads) {
            let floor = seen_by_other.unwrap_or(0);
            kept(check, "monotonic-reads", "session 1, which read a value as new before, reads", floor, others)?;
        }
        seen_by_other = seen_by_other.max(Some(others));
    }
    Ok(())
}

/// How many of the values were set when the one that was read was: 0 for absence.
fn newest_of(values: &[Vec<u8>], seen: Option<Vec<u8>>) -> usize {
    seen.and_then(|seen| values.iter().rposition(|value| *value == seen)).map_or(0, |at| at + 1)
}

fn kept(check: &mut Check<'_>, claim: &str, who: &str, floor: usize, seen: usize) -> Step<()> {
    check.premise(format!("consistency.claims names {claim}; the key was set to one value after another"));
    let name = |n: usize| if n == 0 { "absent".to_owned() } else { format!("value {n}") };
    check.holds(seen >= floor, || (format!("{who} {} or a newer one", name(floor)), name(seen)))
}
