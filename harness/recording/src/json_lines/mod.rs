//! The history format of kvspec, versions 1 and 2: JSON lines in UTF-8, one object a line.
//!
//! ```text
//! {"kvspec":"history","version":1,"profile":"eventual@0.1.0","initial":"absent","clock":"ns","convergence_bound_ns":0}
//! {"session":0,"op":"set","bucket":"b","key":"k","value":"v1","invoke":1,"return":4,"outcome":"ok"}
//! {"session":1,"op":"get","bucket":"b","key":"k","invoke":5,"return":6,"outcome":"ok","result":"v1"}
//! {"session":1,"op":"exists","bucket":"b","key":"k","invoke":7,"return":9,"outcome":"ok","result":true}
//! {"session":0,"op":"cas","bucket":"b","key":"k","expected":"v1","new":"v2","invoke":8,"return":10,"outcome":"ok","swapped":true}
//! {"session":0,"op":"delete","bucket":"b","key":"k","invoke":11,"return":null,"outcome":"unknown"}
//! {"mark":"quiescent","at":12}
//! ```
//!
//! The schema in JSON Schema is [`SCHEMA`].
//!
//! **The first line** says what holds for the whole. `version` is 1 where there are only the five operations of the
//! first table, else 2. `clock` is `"ns"`
//! (nanoseconds) or `"counter"` (of events: order without duration). Of the convergence bound,
//! `convergence_bound_ns` goes with `"ns"`, `convergence_bound_events` with `"counter"`; without
//! either nobody promised one, and convergence is not judged. `initial` can only be `"absent"`: every register is absent
//! at the start, but for those of which a line says something else.
//!
//! **Every other line is an operation**, in any order, a mark, or says what a register begins with:
//! `{"initial":"v0","bucket":"b","key":"k"}`. Such a register has only the operations get, set, delete and cas.
//!
//! | field | in | meaning |
//! |---|---|---|
//! | `session` | all | 0 to 65,534; one that issues calls one after another |
//! | `op` | all | `"get"`, `"set"`, `"delete"`, `"exists"`, `"cas"` |
//! | `bucket`, `key` | all | strings |
//! | `invoke` | all | when it was called, by the clock |
//! | `return` | all | when it was answered; `null` when it never was |
//! | `outcome` | all | `"ok"`; `"error"`: the interface's own error; `"trap"`: the implementation broke; `"unknown"`: no answer came; `"failed"`: it certainly took no effect |
//! | `value` | set | a value |
//! | `result` | get, when ok | a value, or `null` for absent |
//! | `result` | exists, when ok | `true` or `false` |
//! | `expected`, `new` | cas | values, or `null` for absent |
//! | `swapped` | cas, when ok | whether it swapped; if not, it wrote nothing |
//!
//! Version 2 has more operations, and one field of all:
//!
//! | field | in | meaning |
//! |---|---|---|
//! | `op` | all | `"increment"`, `"cas-new"`, `"cas-current"`, `"swap"`, `"list"` too; a `list` has no `key` |
//! | `group` | get, set, delete | lines with one number are one call on many keys: they have one session and one interval |
//! | `delta` | increment | what was added |
//! | `sum` | increment, when ok | the answer |
//! | `handle` | cas-new | a number for what it made; not twice in a file |
//! | `handle` | cas-current, swap | the number of what it was called on |
//! | `result` | cas-current, when ok | a value, or `null` for absent |
//! | `new` | swap | a value |
//! | `swapped` | swap, when ok | whether it swapped; if not, it wrote nothing |
//! | `fresh` | swap that did not swap | a number for the handle that it gave |
//! | `keys` | list | the keys of all pages; a key may be there more than once |
//! | `whole` | list | whether the last page was reached, so that a key which is missing was not listed |
//!
//! A line `{"fault":"endless-listing","session":0,"bucket":"b","detail":"…"}` says what is wrong with an answer that no
//! operation can tell; there is `"misplaced-answers"` too, of a get-many.
//!
//! A write with outcome error, trap or unknown may have taken effect, or may yet.
//!
//! **A value** is a string, `{"base64":"…"}` where its bytes are no UTF-8, or `{"id":7}` where the
//! recorder kept no bytes, only a name. A string and its base64 are one value.
//!
//! **A mark** `{"mark":"quiescent","at":12}` says that the recorder knows of no write in flight at
//! that time. It is checked and then ignored, since the operations show as much by themselves; kvspec
//! writes none.
//!
//! Two events with one time are taken to overlap. Unknown fields are refused: a misspelt field
//! must not change a verdict.

mod fields;
mod fields_of_all;
mod json_string;
mod linked;
mod parse;
mod read;
mod read_calls;
mod reader;
mod write;
mod write_calls;

pub use read::read;
pub(crate) use read::read_recorded;
pub use write::write;

/// The schema of a line, as JSON Schema (draft 2020-12).
pub const SCHEMA: &str = include_str!("../../schema/history.schema.json");

/// The version that has the operations of the first table alone.
const OF_FIVE_OPERATIONS: u64 = 1;
/// The version that has all.
const OF_ALL_OPERATIONS: u64 = 2;
