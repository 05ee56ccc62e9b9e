//! The keys of a batch: one by one, or many that are numbered, so that a thousand of them fit a line.

use std::borrow::Cow;

/// The most keys that the batches of one call may name.
pub const BATCH_KEYS_MAX: usize = 20_000;

/// One key of a batch, or some that are numbered.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Keys {
    /// One key.
    One(String),
    /// `k[0..3]` are the keys `k0000`, `k0001` and `k0002`.
    Numbered {
        /// What all of them begin with.
        prefix: String,
        /// The first number.
        from: u32,
        /// One more than the last.
        to: u32,
    },
}

impl Keys {
    /// The keys, in order.
    pub fn names(&self) -> impl Iterator<Item = Cow<'_, str>> {
        let (one, numbered) = match self {
            Keys::One(key) => (Some(Cow::Borrowed(&**key)), None),
            Keys::Numbered { prefix, from, to } => (None, Some((prefix, *from..*to))),
        };
        let named = |(prefix, range): (&String, std::ops::Range<u32>)| {
            let prefix = prefix.clone();
            range.map(move |number| Cow::Owned(format!("{prefix}{number:04}")))
        };
        one.into_iter().chain(numbered.map(named).into_iter().flatten())
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        match self {
            Keys::One(_) => 1,
            Keys::Numbered { from, to, .. } => to.saturating_sub(*from) as usize,
        }
    }

    /// The key, or what all keys begin with.
    pub fn name(&self) -> &str {
        match self {
            Keys::One(name) | Keys::Numbered { prefix: name, .. } => name,
        }
    }

    /// The key, or what all keys begin with, to change it.
    pub fn name_mut(&mut self) -> &mut String {
        match self {
            Keys::One(name) | Keys::Numbered { prefix: name, .. } => name,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbered_keys_are_named_in_order() {
        let keys = Keys::Numbered { prefix: "k".into(), from: 9, to: 11 };
        assert_eq!(keys.names().collect::<Vec<_>>(), ["k0009", "k0010"]);
        assert_eq!(keys.count(), 2);
        assert_eq!(Keys::One("a".into()).names().collect::<Vec<_>>(), ["a"]);
        assert_eq!(Keys::Numbered { prefix: "k".into(), from: 3, to: 1 }.names().count(), 0);
    }
}
