//! The parts of calls that code can compare with others, keys and values that are plain bytes, and what
//! registers calls name.

use std::collections::BTreeSet;

use kvspec_reference::Workload;
use kvspec_reference::random::Random;
use kvspec_reference::workload::{Call, Keys, Step, ValueSource};

/// The keys of a call, of numbered ones what they begin with, and the values that are plain bytes.
pub(super) fn of(call: &Call) -> impl Iterator<Item = &[u8]> {
    let keys = call.key().into_iter().chain(call.batch().map(Keys::name)).map(str::as_bytes);
    let values = call.values().filter_map(|value| match value {
        ValueSource::Bytes(bytes) => Some(&**bytes),
        _ => None,
    });
    keys.chain(values)
}

/// The keys of a workload, and the values that are plain bytes.
pub(super) fn of_workload(workload: &Workload) -> BTreeSet<&[u8]> {
    let calls = workload.steps.iter().filter_map(|step| match step {
        Step::Call { call, .. } => Some(call),
        _ => None,
    });
    calls.flat_map(of).collect()
}

/// The register that a step names, or one of those.
pub(super) fn some_register(workload: &Workload, at: usize, random: &mut Random) -> Option<(String, String)> {
    let Step::Call { call, .. } = &workload.steps[at] else { return None };
    let bucket = call.bucket()?.to_owned();
    if let Some(key) = call.key() {
        return Some((bucket, key.to_owned()));
    }
    let count = call.batch().count() as u64;
    let chosen = if count == 0 { return None } else { random.below(count) as usize };
    call.batch().nth(chosen).map(|keys| (bucket, keys.name().to_owned()))
}

/// The call on another register; of a batch, the keys of the old name become the new one.
pub(super) fn rename(call: &mut Call, old_of_batch: Option<&str>, bucket: &str, key: &str) {
    if let Some(old) = call.bucket_mut() {
        bucket.clone_into(old);
    }
    if let Some(old) = call.key_mut() {
        key.clone_into(old);
    }
    call.batch_names_mut().filter(|name| Some(&***name) == old_of_batch).for_each(|name| key.clone_into(name));
}

/// The keys of a call, to change them, as [`of`] has them.
pub(super) fn for_each_key(call: &mut Call, mut change: impl FnMut(&mut String)) {
    if let Some(key) = call.key_mut() {
        change(key);
    }
    call.batch_names_mut().for_each(change);
}

/// The values of a call that are plain bytes, to change them.
pub(super) fn for_each_value(call: &mut Call, mut change: impl FnMut(&mut Vec<u8>)) {
    for value in call.values_mut() {
        if let ValueSource::Bytes(bytes) = value {
            change(bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kvspec_reference::workload::text;

    #[test]
    fn all_keys_and_plain_values_are_parts() {
        let parts = |call: &str| {
            let workload = text::parse(&format!("kvspec workload 1\nsessions 1\n0 {call}\n")).unwrap().workload;
            let Step::Call { call, .. } = &workload.steps[0] else { panic!("no call") };
            of(call).map(|part| String::from_utf8_lossy(part).into_owned()).collect::<Vec<_>>()
        };
        assert_eq!(parts("set b k \"v\""), ["k", "v"]);
        assert_eq!(parts("swap h \"v\""), ["v"]);
        assert_eq!(parts("set-many b k \"v\" l[0..3] stamp(0.1 32)"), ["k", "l", "v"]);
        assert_eq!(parts("delete-many b k l"), ["k", "l"]);
        assert!(parts("list b").is_empty());
    }
}
