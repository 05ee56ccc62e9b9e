//! What calls were that are more than one state of one register: numbers, handles, many keys at once.

use super::record::State;

/// Beside the records: what does not fit into one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calls {
    /// The arguments and results of increments.
    pub increments: Vec<IncrementArguments>,
    /// The state that an increment leaves: the value [`Value::Counted`](super::Value::Counted). Without meaning
    /// where there are no increments.
    pub counted: State,
    /// What swaps and their handles wrote and gave.
    pub exchanges: Vec<Exchange>,
    /// The records that one call on many keys made: indices, ascending.
    pub groups: Vec<Box<[u32]>>,
    /// What reads and writes of registers gave and wrote that were counted in: indices of records, ascending,
    /// and the value. For such a register the record says no more than [`Value::Counted`](super::Value::Counted),
    /// since nothing says what bytes a number is.
    pub shown: Vec<(u32, State)>,
    /// What is wrong with answers that no record can tell.
    pub faults: Vec<CallFault>,
    /// The registers that begin with a value, ascending, and that value: in their records it has changed places
    /// with absence, see [`History::as_recorded`](super::History::as_recorded).
    pub initial: Vec<(u32, State)>,
    /// The value that stands for absence in them; without meaning where there are none.
    pub absent: State,
}

/// The argument and result of an increment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IncrementArguments {
    /// What was added.
    pub delta: i64,
    /// The answer, where the outcome is ok.
    pub sum: Option<i128>,
}

/// A swap, or the current value that its handle gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exchange {
    /// The record of what made the handle: a `cas.new`, or a swap that failed. `None`: not in the history.
    pub base: Option<u32>,
    /// What the swap wrote or would have written, or what the handle gave.
    pub state: State,
    /// Whether it swapped. Without meaning where the outcome is not ok.
    pub swapped: bool,
}

/// An answer that is wrong in itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallFault {
    /// What is wrong.
    pub kind: FaultKind,
    /// The session that was answered.
    pub session: u16,
    /// The bucket.
    pub bucket: String,
    /// The answer in words.
    pub detail: String,
}

/// What is wrong with an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultKind {
    /// A listing whose cursor never ends.
    Endless,
    /// Answers of a get-many that do not stand in the places of their keys.
    Misplaced,
}

impl FaultKind {
    /// All kinds.
    pub const ALL: [Self; 2] = [Self::Endless, Self::Misplaced];

    /// The name in files.
    pub fn name(self) -> &'static str {
        match self {
            FaultKind::Endless => "endless-listing",
            FaultKind::Misplaced => "misplaced-answers",
        }
    }
}

impl Default for Calls {
    fn default() -> Self {
        let (increments, exchanges, groups) = (Vec::new(), Vec::new(), Vec::new());
        let (shown, faults, initial) = (Vec::new(), Vec::new(), Vec::new());
        let (counted, absent) = (State::ABSENT, State::ABSENT);
        Self { increments, counted, exchanges, groups, shown, faults, initial, absent }
    }
}

impl Calls {
    /// What was given or written by a record of a register that was counted in.
    pub fn shown(&self, record: usize) -> Option<State> {
        let place = self.shown.binary_search_by_key(&(record as u32), |(of, _)| *of).ok()?;
        Some(self.shown[place].1)
    }

    /// The other records of the call that made this one; empty where it made one.
    pub fn group_of(&self, record: usize) -> &[u32] {
        let mut groups = self.groups.iter().map(|group| &**group);
        groups.find(|group| group.binary_search(&(record as u32)).is_ok()).unwrap_or_default()
    }
}
