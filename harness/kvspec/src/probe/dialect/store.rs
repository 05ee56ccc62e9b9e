//! The dialects of `wasi:keyvalue/store@0.2.0`: one version string stands for several sets of types
//! in the wild.
//!
//! | what | published as |
//! |---|---|
//! | cursor of `list-keys` | u64 (tag v0.2.0-draft); string (draft2) |
//! | `increment` | u64 (tag v0.2.0-draft); s64 (draft2) |
//! | `cas` | a resource with `new` and `current`, and `swap` (draft2, pull request 46) |
//! | `get-many` | pairs that are there or not (both tags); keys with a value or none (pull request 55); values or none |
//!
//! So the version says which profile is meant, and the types say how to call it.

use std::fmt;

use kvspec_reference::Profile;

/// The versions of the interface, the usual one first.
pub const VERSIONS: [&str; 2] = ["0.2.0-draft", "0.2.0-draft2"];

/// What a component or host offers under one version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoreDialect {
    /// One of [`VERSIONS`].
    pub version: &'static str,
    /// The cursor of `list-keys`.
    pub cursor: Cursor,
    /// `increment`, where `atomics` is offered.
    pub increment: Option<Increment>,
    /// Whether `atomics` has the `cas` resource.
    pub cas: bool,
    /// `get-many`, where `batch` is offered.
    pub get_many: Option<GetMany>,
}

/// The type of a cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cursor {
    /// `option<u64>`
    Number,
    /// `option<string>`
    Text,
}

/// The type of what `increment` adds and gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Increment {
    /// `u64`
    Unsigned,
    /// `s64`
    Signed,
}

/// What `get-many` answers for each key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GetMany {
    /// `option<tuple<string, list<u8>>>`
    PairOrNone,
    /// `tuple<string, option<list<u8>>>`
    KeyWithValueOrNone,
    /// `option<list<u8>>`
    ValueOrNone,
}

impl Cursor {
    /// Each.
    pub const ALL: [Self; 2] = [Cursor::Number, Cursor::Text];

    fn name(self) -> &'static str {
        match self {
            Cursor::Number => "u64",
            Cursor::Text => "string",
        }
    }
}

impl Increment {
    /// Each.
    pub const ALL: [Self; 2] = [Increment::Unsigned, Increment::Signed];

    fn name(self) -> &'static str {
        match self {
            Increment::Unsigned => "u64",
            Increment::Signed => "s64",
        }
    }
}

impl GetMany {
    /// Each.
    pub const ALL: [Self; 3] = [GetMany::PairOrNone, GetMany::KeyWithValueOrNone, GetMany::ValueOrNone];

    fn name(self) -> &'static str {
        match self {
            GetMany::PairOrNone => "option-of-pair",
            GetMany::KeyWithValueOrNone => "key-and-option",
            GetMany::ValueOrNone => "option-of-value",
        }
    }

    /// As WIT writes it.
    fn wit(self) -> &'static str {
        match self {
            GetMany::PairOrNone => "option<tuple<string, list<u8>>>",
            GetMany::KeyWithValueOrNone => "tuple<string, option<list<u8>>>",
            GetMany::ValueOrNone => "option<list<u8>>",
        }
    }
}

impl StoreDialect {
    /// `store` alone, as published under this version.
    ///
    /// # Panics
    /// When it is not one of [`VERSIONS`].
    pub fn store(version: &str) -> StoreDialect {
        let version = VERSIONS.into_iter().find(|known| *known == version).expect("one of the versions");
        let cursor = if version == VERSIONS[0] { Cursor::Number } else { Cursor::Text };
        StoreDialect { version, cursor, increment: None, cas: false, get_many: None }
    }

    /// All interfaces, as published under this version.
    ///
    /// # Panics
    /// When it is not one of [`VERSIONS`].
    pub fn whole(version: &str) -> StoreDialect {
        let store = StoreDialect::store(version);
        let is_first = store.cursor == Cursor::Number;
        let increment = if is_first { Increment::Unsigned } else { Increment::Signed };
        StoreDialect { increment: Some(increment), cas: !is_first, get_many: Some(GetMany::PairOrNone), ..store }
    }

    /// The dialect of this version that these words, with values, describe.
    pub(super) fn read<'a>(version: &str, words: impl Iterator<Item = (&'a str, &'a str)>) -> Option<Self> {
        if !VERSIONS.contains(&version) {
            return None;
        }
        let mut dialect = StoreDialect::store(version);
        for (name, value) in words {
            match name {
                "cursor" => dialect.cursor = Cursor::ALL.into_iter().find(|cursor| cursor.name() == value)?,
                "increment" => {
                    let increment = Increment::ALL.into_iter().find(|increment| increment.name() == value);
                    dialect.increment = Some(increment?);
                }
                "cas" if value.is_empty() => dialect.cas = true,
                "get-many" => {
                    let get_many = GetMany::ALL.into_iter().find(|get_many| get_many.name() == value);
                    dialect.get_many = Some(get_many?);
                }
                _ => return None,
            }
        }
        if dialect.cas && dialect.increment.is_none() {
            // `swap` and `increment` are of one interface, and so are offered together in every text.
            dialect.increment = StoreDialect::whole(version).increment;
        }
        Some(dialect)
    }

    /// The profile that it has the types of.
    pub fn profile(&self) -> Profile {
        match self.version {
            "0.2.0-draft2" => Profile::StoreDraft2,
            _ => Profile::StoreDraft,
        }
    }

    /// The dialect in one line.
    pub(super) fn words(&self) -> String {
        let mut words = format!("store@{},cursor={}", self.version, self.cursor.name());
        if let Some(increment) = self.increment {
            words += &format!(",increment={}", increment.name());
        }
        if self.cas {
            words += ",cas";
        }
        if let Some(get_many) = self.get_many {
            words += &format!(",get-many={}", get_many.name());
        }
        words
    }
}

impl fmt::Display for StoreDialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "store@{} with {} cursor", self.version, self.cursor.name())?;
        match self.increment {
            Some(increment) => write!(f, ", {} increment", increment.name())?,
            None => write!(f, ", no atomics")?,
        }
        if self.cas {
            write!(f, ", cas")?;
        }
        match self.get_many {
            Some(get_many) => write!(f, ", get-many of {}", get_many.wit()),
            None => write!(f, ", no batch"),
        }
    }
}
