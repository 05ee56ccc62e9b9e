//! The classic bugs of replicated stores.

use std::fmt;
use std::str::FromStr;

/// One bug, to be switched on in the simulated store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Bug {
    /// A delete removes the value and leaves no tombstone: a replica that missed it gives the value
    /// back.
    LostTombstone,
    /// Clocks are far apart and nobody waits for them: an older write has the greater stamp.
    ClockSkew,
    /// Messages that are lost are never made up for.
    NoAntiEntropy,
    /// Tombstones are forgotten too early: a replica that was cut off brings the value back.
    ResurrectedDelete,
    /// A replica that was once cut off stays so.
    NeverHeals,
    /// A read compares two replicas and writes the older value back as if it were new.
    WrongReadRepair,
    /// A message that was acknowledged too late is applied again, as if it were a new write.
    ReplayedWrite,
    /// A replica writes a shorter value over the start of a longer one.
    TornMerge,
    /// Keys that differ only in case share a slot.
    SharedSlot,
    /// Anti-entropy waits until nobody writes anything.
    StarvedAntiEntropy,
    /// `exists` is answered from an index that anti-entropy forgets to update.
    StaleExists,
    /// `increment` adds to what one replica holds.
    LostIncrement,
    /// A swap compares with what one replica holds.
    DoubleSwap,
    /// A swap that makes a deleted key anew is stamped as its first write, and loses to the tombstone.
    OldRecreation,
    /// The next page of a listing begins behind the last key with its last byte raised by one.
    SkippingPage,
    /// `set-many` pairs its keys with the values of their neighbours where it sends several messages.
    MisorderedBatch,
    /// A body that is streamed is stored as it comes, piece by piece.
    TornStream,
}

impl Bug {
    /// Those of listings, increments, swaps and batches.
    pub const OF_STORE: [Bug; 5] =
        [Bug::LostIncrement, Bug::DoubleSwap, Bug::OldRecreation, Bug::SkippingPage, Bug::MisorderedBatch];

    /// Those of streamed bodies.
    pub const OF_STREAMS: [Bug; 1] = [Bug::TornStream];

    /// Those of the four operations that every profile has.
    pub const ALL: [Bug; 11] = [
        Bug::LostTombstone,
        Bug::ClockSkew,
        Bug::NoAntiEntropy,
        Bug::ResurrectedDelete,
        Bug::NeverHeals,
        Bug::WrongReadRepair,
        Bug::ReplayedWrite,
        Bug::TornMerge,
        Bug::SharedSlot,
        Bug::StarvedAntiEntropy,
        Bug::StaleExists,
    ];

    /// The name on a command line and in reports.
    pub fn name(self) -> &'static str {
        match self {
            Bug::LostTombstone => "lost-tombstone",
            Bug::ClockSkew => "clock-skew",
            Bug::NoAntiEntropy => "no-anti-entropy",
            Bug::ResurrectedDelete => "resurrected-delete",
            Bug::NeverHeals => "never-heals",
            Bug::WrongReadRepair => "wrong-read-repair",
            Bug::ReplayedWrite => "replayed-write",
            Bug::TornMerge => "torn-merge",
            Bug::SharedSlot => "shared-slot",
            Bug::StarvedAntiEntropy => "starved-anti-entropy",
            Bug::StaleExists => "stale-exists",
            Bug::LostIncrement => "lost-increment",
            Bug::DoubleSwap => "double-swap",
            Bug::OldRecreation => "old-recreation",
            Bug::SkippingPage => "skipping-page",
            Bug::MisorderedBatch => "misordered-batch",
            Bug::TornStream => "torn-stream",
        }
    }
}

impl Bug {
    /// What goes wrong, in one sentence.
    pub fn story(self) -> &'static str {
        match self {
            Bug::LostTombstone => {
                "a delete removes the value and leaves no tombstone, so that a replica which missed it gives the value back"
            }
            Bug::ClockSkew => "clocks are far apart and nobody waits for them: an older write has the greater stamp",
            Bug::NoAntiEntropy => "messages that are lost are never made up for",
            Bug::ResurrectedDelete => {
                "tombstones are forgotten too early: a replica that was cut off brings the value back"
            }
            Bug::NeverHeals => "a replica that was once cut off stays so",
            Bug::WrongReadRepair => "a read compares two replicas and writes the older value back as if it were new",
            Bug::ReplayedWrite => {
                "a message that was acknowledged too late is applied again, as if it were a new write"
            }
            Bug::TornMerge => "a replica writes a shorter value over the start of a longer one",
            Bug::SharedSlot => "keys that differ only in case share a slot",
            Bug::StarvedAntiEntropy => "anti-entropy waits until nobody writes anything",
            Bug::StaleExists => "exists is answered from an index that anti-entropy forgets to update",
            Bug::LostIncrement => "increment adds to what one replica holds, so that of two at once one is lost",
            Bug::DoubleSwap => "a swap compares with what one replica holds, so that two win on one base",
            Bug::OldRecreation => {
                "a swap that makes a deleted key anew is stamped as its first write, and loses to the tombstone"
            }
            Bug::SkippingPage => {
                "the next page of a listing begins behind the last key with its last byte raised by one"
            }
            Bug::MisorderedBatch => {
                "a set-many of more than four keys pairs the keys of its second message with each other's values"
            }
            Bug::TornStream => {
                "a body that is streamed is sent to the other replicas piece by piece, each time as far as it came"
            }
        }
    }
}

impl fmt::Display for Bug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A name that is no bug's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownBug(String);

impl fmt::Display for UnknownBug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = Bug::ALL.iter().map(|bug| bug.name()).collect();
        write!(f, "\"{}\" is no bug of the simulated store; there are {}", self.0.escape_debug(), names.join(", "))
    }
}

impl std::error::Error for UnknownBug {}

impl FromStr for Bug {
    type Err = UnknownBug;

    fn from_str(name: &str) -> Result<Self, UnknownBug> {
        Bug::ALL
            .into_iter()
            .chain(Bug::OF_STORE)
            .chain(Bug::OF_STREAMS)
            .find(|bug| bug.name() == name)
            .ok_or_else(|| UnknownBug(name.to_owned()))
    }
}
