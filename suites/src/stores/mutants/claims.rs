//! Mutants that do not do what they declare beyond the profile, or do it otherwise.

use kvspec_reference::RequirementId::*;
use kvspec_reference::interface::{Failure, Result};

use super::declared::ms;
use super::mutant::Mutant;
use crate::declaration::{Capabilities, Claim, Consistency, Declaration, KeyCharacters, Limits};
use crate::stores::hooked::{CORRECT, Hooks, hooked};

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant::new(
        "claims-read-your-writes-and-reads-a-replica",
        &[KveClm01],
        "Writes go to the primary, reads to the nearest replica, which is 200 ms behind.",
        |seed| hooked(seed, Hooks { read: |slot| Ok(slot.newest_of(|v| slot.age_ns(v) >= ms(200))), ..CORRECT }),
    )
    .declaring(|| claiming(Claim::ReadYourWrites)),
    Mutant::new(
        "claims-linearizable-and-is-read-your-writes",
        &[KveClm01],
        "Each session sees its own writes at once, those of others 200 ms later.",
        |seed| hooked(seed, OTHERS_LATE),
    )
    .declaring(|| claiming(Claim::Linearizable)),
    Mutant::new(
        "claims-monotonic-reads-and-goes-back",
        &[KveClm01],
        "A balancer sends reads to two replicas in turn, and one is a write behind.",
        |seed| hooked(seed, GOES_BACK),
    )
    .declaring(|| claiming(Claim::MonotonicReads)),
    Mutant::new(
        "claims-read-your-writes-and-exists-lags",
        &[KveClm01],
        "get goes to the primary; exists asks an index that is 200 ms behind.",
        |seed| hooked(seed, EXISTS_LAGS),
    )
    .declaring(|| claiming(Claim::ReadYourWrites)),
    Mutant::new(
        "claims-read-your-writes-and-deletes-show-late",
        &[KveClm01],
        "A cache that set fills at once, and from which deletes are swept every 200 ms.",
        |seed| hooked(seed, DELETES_LATE),
    )
    .declaring(|| claiming(Claim::ReadYourWrites)),
    Mutant::new(
        "seventeenth-key-evicts-the-oldest-as-declared",
        &[KveKey02, KveCon02],
        "A cache of sixteen entries, taken for a store whose limits.max_keys is 16: what is full evicts.",
        |seed| hooked(seed, SEVENTEENTH_KEY_EVICTS),
    )
    .declaring(|| {
        let limits = Limits { max_keys: Some(KEYS_MAX), ..Limits::default() };
        Declaration { limits, ..Declaration::default() }
    }),
    Mutant::new(
        "characters-that-cannot-be-kept-are-replaced",
        &[KveKey03, KveKey01],
        "A name made fit for a file: what is not allowed becomes an underscore.",
        |seed| hooked(seed, Hooks { key: |key| Ok(made_portable(key)), ..CORRECT }),
    )
    .declaring(portable),
    Mutant::new(
        "characters-that-cannot-be-kept-are-dropped",
        &[KveKey03, KveKey01],
        "A name made fit for a file: what is not allowed goes.",
        |seed| hooked(seed, Hooks { key: |key| Ok(key.replace(|c: char| !is_portable(c), "")), ..CORRECT }),
    )
    .declaring(portable),
    Mutant::new(
        "streaming-that-is-not-offered-traps",
        &[KveErr01],
        "unimplemented!() in the body of write-body-async.",
        |seed| hooked(seed, Hooks { stream_body: |_| unimplemented_trap(), ..CORRECT }),
    )
    .declaring(no_streaming),
    Mutant::new(
        "reading-as-a-stream-that-is-not-offered-traps",
        &[KveErr01],
        "unimplemented!() in the body of consume-async.",
        |seed| hooked(seed, Hooks { stream: |_| unimplemented_trap(), ..CORRECT }),
    )
    .declaring(no_streaming),
];

fn claiming(claim: Claim) -> Declaration {
    // Linearizable is a bound of its own; another would contradict it.
    let convergence_ms = (claim != Claim::Linearizable).then_some(400);
    let consistency = Consistency { convergence_ms, claims: vec![claim] };
    Declaration { consistency, ..Declaration::default() }
}

fn portable() -> Declaration {
    let limits = Limits { key_characters: KeyCharacters::Portable, ..Limits::default() };
    Declaration { limits, ..Declaration::default() }
}

fn no_streaming() -> Declaration {
    let capabilities = Capabilities { streaming: false, ..Capabilities::default() };
    Declaration { capabilities, ..Declaration::default() }
}

fn is_portable(c: char) -> bool {
    KeyCharacters::Portable.allow(c.encode_utf8(&mut [0; 4]))
}

fn made_portable(key: &str) -> String {
    key.chars().map(|c| if is_portable(c) { c } else { '_' }).collect()
}

fn unimplemented_trap<T>() -> Result<T> {
    Err(Failure::Trap("not implemented".into()))
}

const EXISTS_LAGS: Hooks =
    Hooks { exists: |slot| Ok(slot.newest_of(|v| slot.age_ns(v) >= ms(200)).is_some()), ..CORRECT };

const DELETES_LATE: Hooks =
    Hooks { read: |slot| Ok(slot.newest_of(|v| v.state.is_some() || slot.age_ns(v) >= ms(200))), ..CORRECT };

/// How many pairs the mutant that evicts says it can hold.
const KEYS_MAX: usize = 16;

const SEVENTEENTH_KEY_EVICTS: Hooks = Hooks {
    set: |slot, value| {
        let mut keys = slot.core.present_keys(&slot.place.0);
        keys.retain(|key| key != slot.key());
        let age = |key: &String| slot.sibling(key).versions().last().map(|v| v.sequence);
        if let Some(oldest) = keys.iter().min_by_key(|key| age(key)).filter(|_| keys.len() >= KEYS_MAX) {
            slot.sibling(oldest).write(None);
        }
        (CORRECT.set)(slot, value)
    },
    ..CORRECT
};

const OTHERS_LATE: Hooks =
    Hooks { read: |slot| Ok(slot.newest_of(|v| slot.is_own(v) || slot.age_ns(v) >= ms(200))), ..CORRECT };

const GOES_BACK: Hooks = Hooks {
    read: |slot| {
        let is_young = slot.versions().last().is_some_and(|v| slot.age_ns(v) < ms(200));
        Ok(if is_young && slot.core.every(3) { slot.versions().first().and_then(|v| v.value()) } else { slot.newest() })
    },
    ..CORRECT
};
