//! Histories: the operations of all sessions, with their times on one clock.
//!
//! A history is held flat, for judging many millions of operations: one [`Record`] of 20 bytes an
//! operation, with registers and values interned and times replaced by their **rank** among all
//! events. Ranks are dense and strictly ordered: operation `a` precedes `b` exactly when
//! `a.response < b.invoke`. Where two events of an imported history carry the same time, the
//! invocation is ranked first, so that the operations overlap, but within a session, where the
//! response is (see `ties`).
//!
//! A call on many keys is several records, one for each key, that share its interval; a listing is one for each
//! key that its bucket ever had. What does not fit into a record stands beside them, in [`Calls`].
//!
//! Read in this order: `record` (one operation), `calls`, `header`, `complete` (all of them); `builder`,
//! `entries_of_calls`, `initial`, `ranking` and `ties` (how one is made); `parts` (how one is made without it), `effect` (what an operation wrote and saw),
//! [`sub_history`] (a part of one), `text`.

mod builder;
mod calls;
mod complete;
mod cut_value;
pub(crate) mod effect;
mod entries_of_calls;
mod entry;
mod error;
mod header;
mod initial;
mod parts;
mod ranking;
mod record;
pub mod sub_history;
mod text;
mod ties;

pub use builder::{HistoryBuilder, Listing};
pub use calls::{CallFault, Calls, Exchange, FaultKind, IncrementArguments};
pub use complete::{History, Value};
pub use cut_value::CutValue;
pub use entry::Entry;
pub use error::HistoryError;
pub use header::{ClockUnit, Header};
pub use initial::AsRecorded;
pub use parts::{Dangling, Parts};
pub(crate) use record::NEVER;
pub use record::{Kind, Operand, Outcome, Rank, Record, State, SwapArguments};
