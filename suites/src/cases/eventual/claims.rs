//! The strong reading of the text, which is contested: reported. And what an implementation claims
//! beyond the profile: demanded.

use kvspec_reference::RequirementId::KveInt01;
use kvspec_reference::anomaly::value_text;
use kvspec_reference::history::Kind;
use kvspec_reference::workload::recorder::Session;

use crate::case::check::{Check, Checked, Stop};
use crate::declaration::Claim;

cases! { "convergence";
    own_writes_are_read_at_once: [KveCon05, KveInt01] "shows a writer who reads at once what nobody set";
    claimed_guarantees_hold: [KveClm01] "claims more than it keeps";
}

/// How many writes are tried.
const WRITES: usize = 32;

fn own_writes_are_read_at_once(check: &mut Check<'_>) -> Checked<()> {
    check.needs_handles(2)?;
    let (mut writer, mut other, bucket) = (check.session(), check.session(), check.bucket());
    let (mut own, mut others) = (0, 0);
    check.claim(KveInt01);
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

fn claimed_guarantees_hold(check: &mut Check<'_>) -> Checked<()> {
    let claims = check.declaration().consistency.claims.clone();
    if claims.is_empty() {
        return Err(Stop::Skip("consistency.claims is empty".into()));
    }
    check.needs_handles(2)?;
    let (mut writer, mut other, bucket) = (check.session(), check.session(), check.bucket());
    let own = claims.contains(&Claim::ReadYourWrites) || claims.contains(&Claim::Linearizable);
    let mut states: Vec<Option<Vec<u8>>> = vec![None];
    let mut floor = 0;
    for round in 1..=WRITES {
        if round % 4 == 0 {
            check.delete(&mut writer, &bucket, "k")?;
            states.push(None);
        } else {
            let value = check.value()?;
            check.set(&mut writer, &bucket, "k", &value)?;
            states.push(Some(value));
        }
        let newest = states.len() - 1;
        for by_exists in [false, true] {
            let seen = look(check, &mut writer, &bucket, by_exists)?;
            if own {
                let who = "session 0, whose write was answered,";
                kept(check, "read-your-writes or linearizable", who, &states, newest, &seen)?;
            }
            let seen = look(check, &mut other, &bucket, by_exists)?;
            if claims.contains(&Claim::Linearizable) {
                let who = "session 1, after the write was answered,";
                kept(check, "linearizable", who, &states, newest, &seen)?;
            }
            if claims.contains(&Claim::MonotonicReads) {
                let who = "session 1, which read a state as new before,";
                floor = kept(check, "monotonic-reads", who, &states, floor, &seen)?;
            }
        }
    }
    Ok(())
}

/// What one read gave.
enum Seen {
    State(Option<Vec<u8>>),
    Presence(bool),
}

impl Seen {
    fn is_of(&self, state: &Option<Vec<u8>>) -> bool {
        match self {
            Seen::State(seen) => seen == state,
            Seen::Presence(seen) => *seen == state.is_some(),
        }
    }
}

fn look<'a>(check: &mut Check<'a>, session: &mut Session<'a>, bucket: &str, by_exists: bool) -> Checked<Seen> {
    if !by_exists {
        return check.glance(session, bucket, "k").map(Seen::State);
    }
    check.open(session, bucket)?;
    let seen = session.exists(bucket, "k");
    check.recorded(Kind::Exists, (bucket, "k"), seen).map(Seen::Presence)
}

/// What was read is state `floor` of the key, or a newer one; the states are those it had in turn, absence
/// first. Gives the oldest state, from the floor on, that it can be.
fn kept(
    check: &mut Check<'_>,
    claim: &str,
    who: &str,
    states: &[Option<Vec<u8>>],
    floor: usize,
    seen: &Seen,
) -> Checked<usize> {
    check.premise(format!("consistency.claims names {claim}; the key was set again and again, and at times deleted"));
    let read = check.last_operation();
    let oldest = (floor..states.len()).find(|&i| seen.is_of(&states[i]));
    check.holds_of(read, oldest.is_some(), || {
        let text = |state: &Option<Vec<u8>>| state.as_deref().map_or("absent".into(), value_text);
        let expected = format!("{who} reads {} or a newer state", text(&states[floor]));
        let seen = match seen {
            Seen::State(state) => text(state),
            Seen::Presence(is_present) => format!("exists gives {is_present}"),
        };
        (expected, seen)
    })?;
    Ok(oldest.unwrap_or(floor))
}
