//! The dialects of `wasi:keyvalue`: one version string stands for several sets of types in the wild.

mod eventual;
mod store;

use std::fmt;
use std::str::FromStr;

use kvspec_reference::Profile;

pub use eventual::{Consume, EventualDialect, Streams};
pub use store::{Cursor, GetMany, Increment, StoreDialect, VERSIONS};

/// What a component or host offers under one version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// `eventual@0.1.0`
    Eventual(EventualDialect),
    /// `store@0.2.0`
    Store(StoreDialect),
}

impl Dialect {
    /// The profile that it has the types of.
    pub fn profile(&self) -> Profile {
        match self {
            Dialect::Eventual(_) => Profile::Eventual,
            Dialect::Store(dialect) => dialect.profile(),
        }
    }

    /// The dialect in one line that [`Dialect::from_str`] reads.
    pub fn words(&self) -> String {
        match self {
            Dialect::Eventual(dialect) => dialect.words(),
            Dialect::Store(dialect) => dialect.words(),
        }
    }
}

impl From<EventualDialect> for Dialect {
    fn from(dialect: EventualDialect) -> Self {
        Dialect::Eventual(dialect)
    }
}

impl From<StoreDialect> for Dialect {
    fn from(dialect: StoreDialect) -> Self {
        Dialect::Store(dialect)
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Dialect::Eventual(dialect) => dialect.fmt(f),
            Dialect::Store(dialect) => dialect.fmt(f),
        }
    }
}

/// A dialect that nobody knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownDialect(String);

impl fmt::Display for UnknownDialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "unknown dialect: {}\n  write store@0.2.0-draft or store@0.2.0-draft2, followed, after commas, by what is \
             offered besides `store` and by what differs: increment=u64|s64, cas, \
             get-many=option-of-pair|key-and-option|option-of-value, cursor=u64|string\n  or eventual@0.1.0, followed, \
             after commas, by what differs: consume=static|method, streams=stable|2023-11-10",
            self.0
        )
    }
}

impl std::error::Error for UnknownDialect {}

impl FromStr for Dialect {
    type Err = UnknownDialect;

    fn from_str(text: &str) -> Result<Dialect, UnknownDialect> {
        let mut words = text.split(',');
        let first = words.next().unwrap_or_default();
        let words = words.map(|word| word.split_once('=').unwrap_or((word, "")));
        let dialect = match first.split_once('@') {
            Some(("store", version)) => StoreDialect::read(version, words).map(Dialect::Store),
            Some(("eventual", version)) => EventualDialect::read(version, words).map(Dialect::Eventual),
            _ => None,
        };
        dialect.ok_or_else(|| UnknownDialect(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_dialects_are_the_same() {
        let of_store = VERSIONS.map(|version| [StoreDialect::store(version), StoreDialect::whole(version)]);
        let all = of_store.into_iter().flatten().map(Dialect::from);
        for dialect in all.chain(EventualDialect::all().map(Dialect::from)) {
            assert_eq!(dialect.words().parse(), Ok(dialect));
        }
        let pairs: Dialect = "store@0.2.0-draft2,get-many=key-and-option".parse().unwrap();
        assert!(matches!(pairs, Dialect::Store(store) if store.get_many == Some(GetMany::KeyWithValueOrNone)));
        assert_eq!("eventual@0.1.0".parse(), Ok(Dialect::from(EventualDialect::PUBLISHED)));
        for odd in [
            "",
            "store",
            "store@0.3.0",
            "store@0.2.0-draft,cursor=u32",
            "store@0.2.0-draft,cas=2",
            "eventual@0.2.0",
            "eventual@0.1.0,cas",
            "eventual@0.1.0,consume=twice",
        ] {
            let refusal = odd.parse::<Dialect>().unwrap_err().to_string();
            assert!(refusal.contains("unknown dialect") && refusal.contains("store@0.2.0-draft2"), "{refusal}");
        }
    }
}
