//! What a component is given beyond the sandbox, in wasmtime's words.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::Deserialize;

/// What a component may use that is not there for all.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Grants {
    /// Folders in memory, empty as each instance starts.
    pub dir: Vec<Directory>,
    /// Environment variables.
    pub env: BTreeMap<String, String>,
    /// What `wasi:config` gives; `None`: that is not offered.
    pub config: Option<BTreeMap<String, String>>,
    /// The store behind one that stands in the middle; `None`: `wasi:keyvalue` is not offered.
    pub plug: Option<BuiltIn>,
    /// Whether an instance of a store whose data outlives it ends by a crash of the machine: what it wrote
    /// into the folders and did not sync is lost.
    pub crash: bool,
}

impl Grants {
    /// These, and those; of what both name, theirs counts.
    #[must_use]
    pub fn and(mut self, others: Grants) -> Grants {
        let Grants { dir, env, config, plug, crash } = others;
        self.dir.extend(dir.into_iter().filter(|new| !self.dir.contains(new)).collect::<Vec<_>>());
        self.env.extend(env);
        if let Some(config) = config {
            self.config.get_or_insert_default().extend(config);
        }
        self.plug = plug.or(self.plug);
        self.crash |= crash;
        self
    }
}

/// A folder of the component: `::GUEST`, a file system in memory.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Directory {
    /// Its name in the component.
    pub guest: String,
}

impl FromStr for Directory {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once("::") {
            Some(("", guest)) if !guest.is_empty() => Ok(Self { guest: guest.to_owned() }),
            Some(("", _)) => Err("name the folder in the component, too: ::/data".into()),
            _ => Err("folders of this machine are not given; write ::/data for a folder in memory".into()),
        }
    }
}

impl TryFrom<String> for Directory {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl fmt::Display for Directory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "::{}", self.guest)
    }
}

/// A store of kvspec's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum BuiltIn {
    /// Replicas that differ for a while: what `kvspec run` judges where no target is named.
    Eventual,
    /// Right at once, and always.
    Perfect,
    /// Right at once, but one call in ten gives an error; what it asked is done all the same, or not.
    Failing,
}

impl BuiltIn {
    /// Each, with its name.
    const NAMES: [(&str, BuiltIn); 3] = [
        ("built-in", BuiltIn::Eventual),
        ("built-in:perfect", BuiltIn::Perfect),
        ("built-in:failing", BuiltIn::Failing),
    ];
}

impl FromStr for BuiltIn {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::NAMES.iter().find(|(name, _)| *name == text).map(|(_, store)| *store);
        let names = Self::NAMES.map(|(name, _)| name).join(", ");
        found.ok_or(format!("it is one of {names}; plug another component in with `wac plug`"))
    }
}

impl TryFrom<String> for BuiltIn {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl fmt::Display for BuiltIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = Self::NAMES.iter().find(|(_, store)| store == self).map_or("", |(name, _)| name);
        f.write_str(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_one_in_memory() {
        let folder: Directory = "::/data".parse().unwrap();
        assert_eq!((folder.guest.as_str(), folder.to_string()), ("/data", "::/data".into()));
        for text in ["/tmp", "/tmp::/data", "::", ""] {
            assert!(text.parse::<Directory>().is_err_and(|why| why.contains("::/data")), "{text}");
        }
    }

    #[test]
    fn a_built_in_store_is_named() {
        for (name, store) in BuiltIn::NAMES {
            assert_eq!((name.parse(), store.to_string()), (Ok(store), name.to_owned()));
        }
        assert!("other.wasm".parse::<BuiltIn>().is_err_and(|why| why.contains("wac plug")));
    }

    #[test]
    fn the_later_of_two_grants_counts() {
        let of = |text: &str| toml::from_str::<Grants>(text).unwrap();
        let both = of("dir = [\"::/a\"]\nenv = { A = \"1\", B = \"1\" }")
            .and(of("dir = [\"::/a\", \"::/b\"]\nenv = { B = \"2\" }\nconfig = { K = \"v\" }"));
        let expected = "dir = [\"::/a\", \"::/b\"]\nenv = { A = \"1\", B = \"2\" }\nconfig = { K = \"v\" }";
        assert_eq!(both, of(expected));
    }
}
