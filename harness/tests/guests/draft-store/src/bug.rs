//! The bugs the store can be given, by the environment variable `KVSPEC_BUG`.

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bug {
    None,
    /// Loses what is set under one key of four bytes, compared at once.
    LosesOneKey,
    /// As that, compared byte by byte.
    LosesOneKeyBytewise,
    /// A delete of the key that was listed last, right after that listing, is said to be done and is not.
    DeleteAfterListIgnored,
    /// `delete-many` keeps the last of three keys or more.
    DeleteManyKeepsLast,
    /// A sum past 32 bits keeps only those.
    SumsWrapAt32Bits,
    /// A swap takes any base.
    #[cfg(feature = "draft2")]
    SwapIgnoresBase,
    /// Never ends a compare-and-swap that was used.
    #[cfg(feature = "draft2")]
    ForgetsSwaps,
    /// Loops without end on a listing of a bucket that has the key "loop".
    LoopsOnList,
    /// Traps on a batch that names a key twice.
    TrapsOnRepeatedKey,
}

impl Bug {
    pub(crate) fn from_environment() -> Self {
        match std::env::var("KVSPEC_BUG").as_deref() {
            Err(_) => Bug::None,
            Ok("loses-one-key") => Bug::LosesOneKey,
            Ok("loses-one-key-bytewise") => Bug::LosesOneKeyBytewise,
            Ok("delete-after-list-ignored") => Bug::DeleteAfterListIgnored,
            Ok("delete-many-keeps-last") => Bug::DeleteManyKeepsLast,
            Ok("sums-wrap-at-32-bits") => Bug::SumsWrapAt32Bits,
            #[cfg(feature = "draft2")]
            Ok("swap-ignores-base") => Bug::SwapIgnoresBase,
            #[cfg(feature = "draft2")]
            Ok("forgets-swaps") => Bug::ForgetsSwaps,
            Ok("loops-on-list") => Bug::LoopsOnList,
            Ok("traps-on-repeated-key") => Bug::TrapsOnRepeatedKey,
            Ok(other) => panic!("no bug is named {other}"),
        }
    }

    /// Whether a set of the key does nothing.
    pub(crate) fn loses(self, key: &str) -> bool {
        match self {
            Bug::LosesOneKey => key == "k3y!",
            Bug::LosesOneKeyBytewise => {
                let mut bytes = key.bytes();
                // Each comparison is a branch of its own: nothing is compared at once.
                for wanted in *b"k3y!" {
                    if std::hint::black_box(bytes.next()) != Some(wanted) {
                        return false;
                    }
                }
                bytes.next().is_none()
            }
            _ => false,
        }
    }

    /// What is kept of a sum.
    pub(crate) fn kept(self, sum: i128) -> i128 {
        if self == Bug::SumsWrapAt32Bits { sum & 0xffff_ffff } else { sum }
    }

    pub(crate) fn before_list(self, mut keys: impl Iterator<Item: AsRef<str>>) {
        if self == Bug::LoopsOnList && keys.any(|key| key.as_ref() == "loop") {
            loop {
                std::hint::black_box(self);
            }
        }
    }

    pub(crate) fn before_batch(self, keys: &[String]) {
        let is_repeated = |(at, key)| keys[..at].contains(key);
        if self == Bug::TrapsOnRepeatedKey && keys.iter().enumerate().any(is_repeated) {
            panic!("a key is there twice");
        }
    }

    /// Those of the keys that `delete-many` deletes.
    pub(crate) fn deleted(self, mut keys: Vec<String>) -> Vec<String> {
        if self == Bug::DeleteManyKeepsLast && keys.len() >= 3 {
            keys.pop();
        }
        keys
    }
}
