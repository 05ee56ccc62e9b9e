//! Simpler forms of a call, for the passes to try.

use super::simpler_values::{shorter_lengths, simpler_values};
use crate::workload::keys::Keys;
use crate::workload::pieces::{Cut, Pieces};
use crate::workload::step::Call;
use crate::workload::value_source::ValueSource;

/// Simpler forms of a call, the simplest first.
pub(super) fn simpler_calls(call: &Call) -> Vec<Call> {
    match call.clone() {
        Call::Set { bucket, key, value } => {
            let with = |value| Call::Set { bucket: bucket.clone(), key: key.clone(), value };
            simpler_values(&value).into_iter().map(with).collect()
        }
        Call::SetStreamed { bucket, key, value, pieces } => {
            let at_once = Call::Set { bucket: bucket.clone(), key: key.clone(), value: value.clone() };
            let with = |value, pieces| Call::SetStreamed { bucket: bucket.clone(), key: key.clone(), value, pieces };
            let plainer = simpler_values(&value).into_iter().map(|value| with(value, pieces.clone()));
            let fewer = fewer_pieces(&pieces).into_iter().map(|pieces| with(value.clone(), pieces));
            std::iter::once(at_once).chain(fewer).chain(plainer).collect()
        }
        Call::GetStreamed { bucket, key, pieces } => {
            let at_once = Call::Get { bucket: bucket.clone(), key: key.clone() };
            let with = |pieces| Call::GetStreamed { bucket: bucket.clone(), key: key.clone(), pieces };
            std::iter::once(at_once).chain(fewer_pieces(&pieces).into_iter().map(with)).collect()
        }
        Call::Swap { handle, value } => {
            simpler_values(&value).into_iter().map(|value| Call::Swap { handle: handle.clone(), value }).collect()
        }
        Call::Increment { bucket, key, delta } => {
            let with = |delta| Call::Increment { bucket: bucket.clone(), key: key.clone(), delta };
            simpler_deltas(delta).into_iter().map(with).collect()
        }
        Call::List { bucket, pages: Some(2..) } => vec![Call::List { bucket, pages: Some(1) }],
        Call::GetMany { bucket, keys } => {
            let alone = as_single(&keys).map(|key| Call::Get { bucket: bucket.clone(), key });
            let fewer = fewer_items(&keys, fewer_keys).into_iter();
            alone.into_iter().chain(fewer.map(|keys| Call::GetMany { bucket: bucket.clone(), keys })).collect()
        }
        Call::DeleteMany { bucket, keys } => {
            let alone = as_single(&keys).map(|key| Call::Delete { bucket: bucket.clone(), key });
            let fewer = fewer_items(&keys, fewer_keys).into_iter();
            alone.into_iter().chain(fewer.map(|keys| Call::DeleteMany { bucket: bucket.clone(), keys })).collect()
        }
        Call::SetMany { bucket, pairs } => {
            let alone = match &pairs[..] {
                [(Keys::One(key), value)] => {
                    Some(Call::Set { bucket: bucket.clone(), key: key.clone(), value: value.clone() })
                }
                _ => None,
            };
            let fewer = fewer_items(&pairs, simpler_pairs).into_iter();
            alone.into_iter().chain(fewer.map(|pairs| Call::SetMany { bucket: bucket.clone(), pairs })).collect()
        }
        _ => Vec::new(),
    }
}

/// The body in fewer pieces, then in smaller ones, and not dropped.
fn fewer_pieces(pieces: &Pieces) -> Vec<Pieces> {
    let with = |cuts| Pieces { cuts, is_dropped: pieces.is_dropped };
    let smaller = |cut: &Cut| match cut {
        Cut::Bytes(count) => shorter_lengths(1, *count).map(Cut::Bytes).collect(),
        Cut::Flush => Vec::new(),
    };
    let mut fewer: Vec<Pieces> = fewer_items(&pieces.cuts, smaller).into_iter().map(with).collect();
    if pieces.is_dropped {
        fewer.push(Pieces { cuts: pieces.cuts.clone(), is_dropped: false });
    }
    fewer
}

/// A batch of one key is an operation on it.
fn as_single(keys: &[Keys]) -> Option<String> {
    if let [Keys::One(key)] = keys { Some(key.clone()) } else { None }
}

/// Round numbers: 1, then powers of two, closer and closer. Of a number below 0, the same above it first.
fn simpler_deltas(delta: i64) -> Vec<i64> {
    let size = delta.unsigned_abs();
    let mut simpler = if delta == 0 || delta == 1 { vec![] } else { vec![1] };
    if delta < 0 {
        simpler.extend(delta.checked_neg());
        simpler.extend((size > 1).then_some(-1));
    }
    let powers = (1..63).map(|bits| 1i64 << bits).filter(|power| power.unsigned_abs() < size);
    simpler.extend(powers.map(|power| if delta < 0 { -power } else { power }));
    simpler
}

/// The batch without half of its items, and so on to single ones; then with each item simpler.
fn fewer_items<T: Clone>(items: &[T], simpler: impl Fn(&T) -> Vec<T>) -> Vec<Vec<T>> {
    let mut fewer = Vec::new();
    let mut length = items.len() / 2;
    while length > 0 {
        for start in (0..items.len()).step_by(length) {
            let end = items.len().min(start + length);
            fewer.push([&items[..start], &items[end..]].concat());
        }
        length /= 2;
    }
    for (place, item) in items.iter().enumerate() {
        fewer.extend(simpler(item).into_iter().map(|item| {
            let mut items = items.to_vec();
            items[place] = item;
            items
        }));
    }
    fewer
}

/// Of numbered keys fewer: the first alone, then ever more of them from the first.
fn fewer_keys(keys: &Keys) -> Vec<Keys> {
    let Keys::Numbered { prefix, from, to } = keys else { return Vec::new() };
    if keys.count() <= 1 {
        return keys.names().next().map(|name| Keys::One(name.into_owned())).into_iter().collect();
    }
    let fewer = shorter_lengths(1, to - from);
    fewer.map(|count| Keys::Numbered { prefix: prefix.clone(), from: *from, to: from + count }).collect()
}

fn simpler_pairs((keys, value): &(Keys, ValueSource)) -> Vec<(Keys, ValueSource)> {
    let fewer = fewer_keys(keys).into_iter().map(|keys| (keys, value.clone()));
    fewer.chain(simpler_values(value).into_iter().map(|value| (keys.clone(), value))).collect()
}

#[cfg(test)]
mod tests {
    use super::super::shrink;
    use crate::workload::step::{Call, Step, Workload};
    use crate::workload::text;

    fn shrunk(lines: &str, fails: impl Fn(&Workload) -> bool) -> String {
        let workload = text::parse(&format!("kvspec workload 1\nsessions 1\n{lines}")).unwrap().workload;
        let result = shrink(&workload, 10_000, fails);
        assert!(result.is_minimal && result.executions < 400, "{}", result.executions);
        result.workload.steps.iter().map(|step| format!("{step}\n")).collect()
    }

    fn some_call(workload: &Workload, is: impl Fn(&Call) -> bool) -> bool {
        workload.steps.iter().any(|step| matches!(step, Step::Call { call, .. } if is(call)))
    }

    #[test]
    fn a_batch_keeps_the_keys_that_matter() {
        let of_a_thousand = |call: &Call| call.batch().map(|keys| keys.count()).sum::<usize>() >= 1_001;
        let lines = "0 set-many b a \"v\" k[0..1300] stamp(0.3 80) z zlib(\"zz\")\n0 get b a\n";
        assert_eq!(shrunk(lines, |w| some_call(w, of_a_thousand)), "0 set-many b k[0..1001] stamp(0.3 17)\n");
        let reads_it = |call: &Call| call.batch().any(|keys| keys.names().any(|name| name == "k0004"));
        assert_eq!(shrunk("0 get-many b a k[4..9] b\n", |w| some_call(w, reads_it)), "0 get-many b k0004\n");
    }

    #[test]
    fn a_batch_of_one_key_becomes_an_operation_on_it() {
        let writes = |w: &Workload| some_call(w, Call::is_write);
        assert_eq!(shrunk("0 set-many b x gzip(\"ab\") y \"w\"\n", writes), "0 set b k \"a\"\n");
        let names_a_key = |w: &Workload| some_call(w, |call| call.key().is_some() || call.batch().next().is_some());
        assert_eq!(shrunk("0 delete-many b x y\n", names_a_key), "0 delete b k\n");
        assert_eq!(shrunk("0 set-many b x gzip(\"ab\") y \"w\"\n", names_a_key), "0 set b k \"a\"\n");
    }

    #[test]
    fn a_body_keeps_the_pieces_that_matter() {
        let is_flushed = |call: &Call| call.to_string().contains("flush");
        let lines = "0 set b k \"abcdefgh\" streamed 3 flush 2 flush 1 dropped\n0 get b k streamed 4\n";
        assert_eq!(shrunk(lines, |w| some_call(w, is_flushed)), "0 set b k \"a\" streamed flush\n");
        let reads = |w: &Workload| some_call(w, |call| call.to_string().starts_with("get"));
        assert_eq!(shrunk(lines, reads), "0 get b k\n");
    }

    #[test]
    fn numbers_become_round() {
        let beyond_32_bits = |call: &Call| matches!(call, Call::Increment { delta, .. } if *delta > 1 << 32);
        let lines = "0 increment b n 9007199254740993\n0 list b page 3\n";
        assert_eq!(shrunk(lines, |w| some_call(w, beyond_32_bits)), "0 increment b k 8589934592\n");
        let negative = |call: &Call| matches!(call, Call::Increment { delta, .. } if *delta < 0);
        assert_eq!(shrunk("0 increment b n -77\n", |w| some_call(w, negative)), "0 increment b k -1\n");
        let lists = |w: &Workload| some_call(w, |call| matches!(call, Call::List { .. }));
        assert_eq!(shrunk("0 list b page 3\n", lists), "0 list b page 1\n");
    }
}
