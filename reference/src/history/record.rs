//! One operation: which, by whom, when, on what, and how it ended.

/// The state of a register, as a record names it: absent, a value of the history by its number, or
/// (what `exists` sees) some value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct State(u32);

impl State {
    /// The key is absent.
    pub const ABSENT: State = State(0);
    /// The result of `exists` when the key is present, whatever its value.
    pub const PRESENT: State = State(u32::MAX);

    /// The value with this number: an index into [`History::values`](super::History::values), from 1 on.
    pub const fn value(number: u32) -> State {
        State(number)
    }

    /// The number of the value, which is 0 where the key is absent. Without meaning for [`State::PRESENT`].
    #[inline]
    pub const fn number(self) -> u32 {
        self.0
    }

    /// [`State::number`], for tables that have a row for each value and one for absence.
    #[inline]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// When an event was: its place among all invocations and responses of a history, from 0 on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct Rank(u32);

impl Rank {
    /// The response of an operation that never answered: after all others.
    pub const NEVER: Rank = Rank(u32::MAX);
    /// The first event of a history.
    pub const FIRST: Rank = Rank(0);

    /// The event at this place.
    pub const fn at(place: u32) -> Rank {
        Rank(place)
    }

    /// The place; `u32::MAX` for [`Rank::NEVER`].
    #[inline]
    pub const fn place(self) -> u32 {
        self.0
    }

    /// [`Rank::place`], for tables that have a row for each event.
    #[inline]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// What an operation wrote or saw: a state, or where its arguments are. Which of the two it is, the kind of the
/// operation says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct Operand(u32);

impl Operand {
    /// Of a compare-and-swap: an index into [`History::swaps`](super::History::swaps).
    pub const fn swap(number: u32) -> Operand {
        Operand(number)
    }

    /// Of an increment: an index into [`Calls::increments`](super::Calls::increments).
    pub const fn increment(number: u32) -> Operand {
        Operand(number)
    }

    /// Of a swap or the current value of its handle: an index into [`Calls::exchanges`](super::Calls::exchanges).
    pub const fn exchange(number: u32) -> Operand {
        Operand(number)
    }

    /// Where the arguments of an increment are: an index into [`Calls::increments`](super::Calls::increments).
    #[inline]
    pub const fn increment_index(self) -> usize {
        self.0 as usize
    }

    /// Where those of a swap or a current value are: an index into [`Calls::exchanges`](super::Calls::exchanges).
    #[inline]
    pub const fn exchange_index(self) -> usize {
        self.0 as usize
    }

    /// The state that a set or a delete wrote, or that a get, an exists or a listing saw.
    #[inline]
    pub const fn state(self) -> State {
        State(self.0)
    }

    /// Where the arguments of a compare-and-swap are: an index into [`History::swaps`](super::History::swaps).
    #[inline]
    pub const fn swap_index(self) -> usize {
        self.0 as usize
    }
}

impl From<State> for Operand {
    fn from(state: State) -> Operand {
        Operand(state.0)
    }
}

/// [`Rank::NEVER`] in tables of places, and no operation in tables of indices of records.
pub(crate) const NEVER: u32 = Rank::NEVER.0;

/// Which operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Kind {
    /// A read of the whole value.
    Get,
    /// A write of a value.
    Set,
    /// A write of absence.
    Delete,
    /// A read of whether the key is present.
    Exists,
    /// Writes a value if the register holds an expected one; its arguments are in
    /// [`History::swaps`](super::History::swaps).
    CompareAndSwap,
    /// Adds to a number; its arguments are in [`Calls::increments`](super::Calls::increments).
    Increment,
    /// Makes a handle of a compare-and-swap, whose base lies in its interval.
    CasNew,
    /// Gives the current value of such a handle, of some moment since it was made; see
    /// [`Calls::exchanges`](super::Calls::exchanges).
    CasCurrent,
    /// Writes a value if the register is as it was at the base of the handle; see
    /// [`Calls::exchanges`](super::Calls::exchanges).
    Swap,
    /// What a listing says of one key: present, or absent.
    List,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Kind; 10] = [
        Kind::Get,
        Kind::Set,
        Kind::Delete,
        Kind::Exists,
        Kind::CompareAndSwap,
        Kind::Increment,
        Kind::CasNew,
        Kind::CasCurrent,
        Kind::Swap,
        Kind::List,
    ];

    /// Whether the operation can change the register.
    pub fn is_write(self) -> bool {
        matches!(self, Kind::Set | Kind::Delete | Kind::CompareAndSwap | Kind::Increment | Kind::Swap)
    }

    /// Whether the operation sees a state of the register in its own interval, and changes nothing.
    #[inline]
    pub fn is_read(self) -> bool {
        matches!(self, Kind::Get | Kind::Exists | Kind::List)
    }

    /// The name in files and reports.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Get => "get",
            Kind::Set => "set",
            Kind::Delete => "delete",
            Kind::Exists => "exists",
            Kind::CompareAndSwap => "cas",
            Kind::Increment => "increment",
            Kind::CasNew => "cas-new",
            Kind::CasCurrent => "cas-current",
            Kind::Swap => "swap",
            Kind::List => "list",
        }
    }
}

/// How an operation ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Outcome {
    /// With a result.
    Ok,
    /// With the interface's own error: a write may have taken effect or not.
    Error,
    /// The implementation broke.
    Trap,
    /// No answer.
    Unknown,
    /// Certainly without effect (only in imported histories).
    Failed,
}

impl Outcome {
    /// The name in files and reports.
    pub fn name(self) -> &'static str {
        match self {
            Outcome::Ok => "ok",
            Outcome::Error => "error",
            Outcome::Trap => "trap",
            Outcome::Unknown => "unknown",
            Outcome::Failed => "failed",
        }
    }
}

/// One operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record {
    /// Rank of the invocation.
    pub invoke: Rank,
    /// Rank of the response; [`Rank::NEVER`] when none came.
    pub response: Rank,
    /// Index into [`History::registers`](super::History::registers).
    pub register: u32,
    /// What was written or read. Without meaning for a read whose outcome is not ok.
    pub operand: Operand,
    /// The session that issued it.
    pub session: u16,
    /// Which operation.
    pub kind: Kind,
    /// How it ended.
    pub outcome: Outcome,
}

impl Record {
    /// A write with outcome ok. (A compare-and-swap counts when it swapped; see
    /// [`History::swaps`](super::History::swaps).)
    pub fn is_ok_write(&self) -> bool {
        self.kind.is_write() && self.outcome == Outcome::Ok
    }

    /// A write of which nobody knows whether it takes effect: outcome error, trap or unknown.
    pub fn is_indeterminate_write(&self) -> bool {
        self.kind.is_write() && matches!(self.outcome, Outcome::Error | Outcome::Trap | Outcome::Unknown)
    }

    /// A read with a result.
    pub fn is_ok_read(&self) -> bool {
        self.kind.is_read() && self.outcome == Outcome::Ok
    }

    /// Whether this operation ended before `other` began.
    pub fn precedes(&self, other: &Record) -> bool {
        self.response < other.invoke
    }
}

/// The arguments and result of a compare-and-swap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SwapArguments {
    /// The value the register must hold, or [`State::ABSENT`].
    pub expected: State,
    /// The value it holds after.
    pub new: State,
    /// Whether it swapped. A swap that answered «no» wrote nothing and saw another value.
    pub swapped: bool,
}
