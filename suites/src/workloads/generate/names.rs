//! Which buckets and keys a workload uses.

use crate::declaration::Declaration;

use super::choices::Choices;
use super::size::Size;

/// Families of keys that stores confuse: by case, as prefixes, by separators, as paths or patterns,
/// by normal form, at the length of a buffer.
const CONFUSABLE: &[&[&str]] = &[
    &["k", "K", "key", "Key", "KEY"],
    &["Content-Type", "content-type", "CONTENT-TYPE", "content_type", "contenttype"],
    &["k", "kk", "kkk", "k.", "k.k"],
    &["a/b", "a", "a/", "a//b", "/a/b"],
    &["a.b", "a-b", "a_b", "a=b", "ab"],
    &["a:b", "a", "b", "a:", ":b"],
    &["..", ".", "a/../b", "b", "./b"],
    &["*", "?", "a*", "[a]", "%"],
    &["b", "B", "ab", "Ab", "AB"],
    &["{a}", "{}", "${a}", "a}", "a"],
    &[".a", "a", "_a", "a~", "#a"],
    &["\u{e9}", "e\u{301}", "e", "E", "\u{c9}"],
    &["", " ", "\t", "\0", "a\0b"],
    &["0", "00", "1", "-1", "0x0"],
];
/// Families that only workloads of all operations use: names of files by base64 on a disk that folds case, and
/// keys that begin with others, differ by one byte of them, or stand next to each other.
const CONFUSABLE_TOO: &[&[&str]] = &[
    &["keG", "kea"],
    &["k", "k0", "k00", "k1", "k\u{1}"],
    &["a", "aa", "ab", "b", "a~"],
    &["k1", "k10", "k2", "k1x", "k"],
];
/// A key of every store.
const PLAIN: [&str; 4] = ["k", "k2", "k3", "k4"];
/// Lengths of keys around those of buffers, in bytes.
const KEY_LENGTHS: [usize; 4] = [63, 64, 255, 256];
/// Buckets where opening creates them. With keys such as `c.k` and `k`, a store that joins bucket
/// and key by a separator confuses them.
const BUCKETS: [&str; 2] = ["b", "b.c"];
const KEYS_ACROSS_BUCKETS: &[&str] = &["k", "c.k", "c", ".k"];

/// The registers of one workload.
pub(super) struct Names {
    bucket_count: usize,
    registers: Vec<(String, String)>,
}

impl Names {
    pub(super) fn choose(declaration: &Declaration, is_wide: bool, choices: &mut impl Choices) -> Self {
        let buckets = buckets(declaration, choices);
        let kinds = if is_wide { [4, 5, 1] } else { [5, 4, 1] };
        let candidates: Vec<String> = match choices.weighted(&kinds) {
            1 if is_wide && !choices.one_in(3) => {
                let family = CONFUSABLE_TOO[choices.below(CONFUSABLE_TOO.len() as u32) as usize];
                family.iter().map(|key| key.to_string()).collect()
            }
            0 => PLAIN.iter().map(|key| key.to_string()).collect(),
            1 if buckets.len() > 1 => KEYS_ACROSS_BUCKETS.iter().map(|key| key.to_string()).collect(),
            1 => {
                let family = CONFUSABLE[choices.below(CONFUSABLE.len() as u32) as usize];
                let start = choices.below(family.len() as u32) as usize;
                family.iter().cycle().skip(start).take(family.len()).map(|key| key.to_string()).collect()
            }
            _ => KEY_LENGTHS.iter().map(|length| "k".repeat(*length)).collect(),
        };
        let limits = &declaration.limits;
        let fits = |key: &String| {
            limits.key_characters.allow(key) && limits.max_key_bytes.is_none_or(|longest| key.len() <= longest)
        };
        let mut keys: Vec<String> = candidates.into_iter().filter(fits).collect();
        if keys.is_empty() {
            keys.push(PLAIN[0].into());
        }
        let wanted = 1 + choices.weighted(&[3, 4, 3, 1, 1]);
        keys.truncate(wanted.min(limits.max_keys.unwrap_or(wanted)).max(1));
        let mut registers = Vec::new();
        for key in keys {
            registers.extend(buckets.iter().map(|bucket| (bucket.clone(), key.clone())));
        }
        Self { bucket_count: buckets.len(), registers }
    }

    /// A register; the first is hot.
    pub(super) fn pick(&self, choices: &mut impl Choices) -> usize {
        if choices.one_in(2) { choices.below(self.registers.len() as u32) as usize } else { 0 }
    }

    /// Another register, if there is one.
    pub(super) fn other_than(&self, register: usize, choices: &mut impl Choices) -> usize {
        let count = self.registers.len() as u32;
        if count == 1 { register } else { (register + 1 + choices.below(count - 1) as usize) % count as usize }
    }

    /// How many buckets the registers are in; at least 1.
    pub(super) fn bucket_count(&self) -> usize {
        self.bucket_count
    }

    /// The longest value, in bytes, that all registers can have at once.
    pub(super) fn value_bytes_max(&self, declaration: &Declaration, size: Size) -> usize {
        let limits = &declaration.limits;
        let longest_key = self.registers.iter().map(|(_, key)| key.len()).max().unwrap_or(0);
        let share = limits.max_total_bytes.map(|total| (total / self.registers.len()).saturating_sub(longest_key));
        limits.max_value_bytes.into_iter().chain(share).fold(size.value_bytes, usize::min)
    }

    pub(super) fn register(&self, register: usize) -> (String, String) {
        self.registers[register].clone()
    }

    pub(super) fn bucket(&self, register: usize) -> &str {
        &self.registers[register].0
    }

    /// A bucket that is not this one, if there is one.
    pub(super) fn other_bucket(&self, bucket: &str) -> Option<String> {
        self.registers.iter().map(|(other, _)| other).find(|other| *other != bucket).cloned()
    }

    /// The keys of a bucket.
    pub(super) fn keys_of(&self, bucket: &str) -> Vec<String> {
        self.registers.iter().filter(|(of, _)| of == bucket).map(|(_, key)| key.clone()).collect()
    }

    /// A key of the workload, changed so that it is another and still allowed: its last letter once more.
    pub(super) fn some_key(&self) -> String {
        let mut key = self.registers.last().map(|(_, key)| key.clone()).unwrap_or_default();
        key.extend(key.chars().last());
        key
    }
}

fn buckets(declaration: &Declaration, choices: &mut impl Choices) -> Vec<String> {
    let declared = &declaration.capabilities.buckets;
    let mut buckets = match declaration.capabilities.creates_buckets {
        true if declared.is_empty() => BUCKETS.map(str::to_owned).to_vec(),
        _ => declared.clone(),
    };
    if buckets.is_empty() {
        // Nothing to go by: what is called then fails to open, and the report says so.
        buckets.push(BUCKETS[0].into());
    }
    let wanted = if choices.one_in(4) { 2 } else { 1 };
    buckets.truncate(wanted.min(declaration.limits.max_buckets.unwrap_or(wanted)).max(1));
    buckets
}
