//! The bugs the store can be given, by the environment variable `KVSPEC_BUG`.

use std::time::Duration;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bug {
    None,
    /// Keeps the first 100 bytes of a value.
    ValueCutAt100,
    /// Values come back as if they were UTF-8.
    LossyUtf8,
    /// Says ok and deletes nothing.
    DeleteIgnored,
    /// `exists` looks for the entry, not for its value.
    ExistsCountsTombstones,
    /// Fails to open any bucket, with terminal escape codes in the trace.
    OpenFails,
    /// Traps on the empty key.
    TrapsOnEmptyKey,
    /// Loops without end on a get of the key "loop".
    LoopsOnGet,
    /// Takes memory until there is none, on every set.
    EatsMemory,
    /// Loses what is set under one key of four bytes, compared at once.
    LosesOneKey,
    /// As that, compared byte by byte.
    LosesOneKeyBytewise,
    /// Deletes nothing any more after nine right calls in a row.
    DeleteIgnoredAfterNineSteps,
    /// The tenth bucket that is opened, and any after it, is the first one again.
    TenthBucketIsFirst,
    /// Never ends an incoming value that was consumed.
    ForgetsValues,
    /// Opens a pipe on every set and never drops its ends.
    ForgetsPipes,
    /// Keeps a copy of 4 KiB of every set.
    Hoards,
    /// No bug: writes show 60 s of the component's clock late.
    ShowsAfter60s,
}

impl Bug {
    pub(crate) fn from_environment() -> Self {
        match std::env::var("KVSPEC_BUG").as_deref() {
            Err(_) => Bug::None,
            Ok("value-cut-at-100") => Bug::ValueCutAt100,
            Ok("lossy-utf8") => Bug::LossyUtf8,
            Ok("delete-ignored") => Bug::DeleteIgnored,
            Ok("exists-counts-tombstones") => Bug::ExistsCountsTombstones,
            Ok("open-fails") => Bug::OpenFails,
            Ok("traps-on-empty-key") => Bug::TrapsOnEmptyKey,
            Ok("loops-on-get") => Bug::LoopsOnGet,
            Ok("eats-memory") => Bug::EatsMemory,
            Ok("loses-one-key") => Bug::LosesOneKey,
            Ok("loses-one-key-bytewise") => Bug::LosesOneKeyBytewise,
            Ok("delete-ignored-after-nine-steps") => Bug::DeleteIgnoredAfterNineSteps,
            Ok("tenth-bucket-is-first") => Bug::TenthBucketIsFirst,
            Ok("forgets-values") => Bug::ForgetsValues,
            Ok("forgets-pipes") => Bug::ForgetsPipes,
            Ok("hoards") => Bug::Hoards,
            Ok("shows-after-60s") => Bug::ShowsAfter60s,
            Ok(other) => panic!("no bug is named {other}"),
        }
    }

    pub(crate) fn value_in(self, key: &str, mut value: Vec<u8>) -> Vec<u8> {
        match self {
            Bug::ValueCutAt100 => value.truncate(100),
            Bug::TrapsOnEmptyKey if key.is_empty() => panic!("index out of bounds: the key is empty"),
            Bug::EatsMemory => {
                let mut hoard: Vec<Vec<u8>> = Vec::new();
                loop {
                    hoard.push(vec![1; 16 << 20]);
                    std::hint::black_box(&hoard);
                }
            }
            Bug::Hoards => std::mem::forget(std::hint::black_box(vec![1_u8; 4 << 10])),
            #[cfg(feature = "host-pipes")]
            Bug::ForgetsPipes => std::mem::forget(crate::kvspec::pipe::pipe::open()),
            _ => {}
        }
        value
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

    pub(crate) fn before_get(self, key: &str) {
        if self == Bug::LoopsOnGet && key == "loop" {
            loop {
                std::hint::black_box(key);
            }
        }
    }

    pub(crate) fn value_out(self, value: Vec<u8>) -> Vec<u8> {
        if self == Bug::LossyUtf8 { String::from_utf8_lossy(&value).into_owned().into_bytes() } else { value }
    }

    pub(crate) fn hidden_for(self) -> Option<Duration> {
        (self == Bug::ShowsAfter60s).then_some(Duration::from_secs(60))
    }
}

/// The calls that [`Bug::DeleteIgnoredAfterNineSteps`] waits for; a wrong one starts it anew.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Call {
    /// Of a value of that many bytes.
    Set(usize),
    Get,
    Delete,
    Exists,
}

/// How many of the nine steps were taken in a row.
#[derive(Clone, Copy, Default)]
pub(crate) struct Progress(u8);

impl Progress {
    pub(crate) fn note(&mut self, call: Call) {
        self.0 = match (self.0, call) {
            (0, Call::Exists) => step::<1>(),
            (1, Call::Delete) => step::<2>(),
            (2, Call::Get) => step::<3>(),
            (3, Call::Set(0)) => step::<4>(),
            (4, Call::Exists) => step::<5>(),
            (5, Call::Get) => step::<6>(),
            (6, Call::Delete) => step::<7>(),
            (7, Call::Set(0)) => step::<8>(),
            (8, Call::Exists) => step::<9>(),
            (9, _) => 9,
            (_, Call::Exists) => 1,
            _ => 0,
        };
    }

    pub(crate) fn is_done(self) -> bool {
        self.0 == 9
    }
}

/// Each step is code of its own, as in a parser or a protocol. As mere numbers the steps would become
/// a table, and no edge would tell one from the other.
#[inline(never)]
fn step<const NUMBER: u8>() -> u8 {
    std::hint::black_box(NUMBER)
}
