//! How a probe is asked.

use std::rc::Rc;
use std::sync::Arc;

use kvspec_reference::interface::{Failure, Result};

use super::call::{Answer, Arguments};
use crate::probe::{Dialect, functions};

/// Brings calls to a probe that runs somewhere, and its answers back.
pub trait Transport {
    /// Makes one call: of the function with this number, whose arguments lie in memory as these bytes. Reports
    /// call it by this name.
    ///
    /// # Errors
    /// A trap, or no answer. After one that leaves open what the next answer belongs to, each call fails.
    fn exchange(&self, name: &'static str, function: u32, arguments: Vec<u8>) -> Result<Answer>;

    /// Where the probe is: equal for those that speak with the same one.
    fn id(&self) -> *const ();
}

/// A conversation with a probe, which handles share.
#[derive(Clone)]
pub(super) struct Asking {
    transport: Rc<dyn Transport>,
    /// What the probe can be told to call, by number.
    functions: Arc<[String]>,
}

impl Asking {
    pub(super) fn new(transport: Rc<dyn Transport>, dialect: &Dialect) -> Self {
        Self { transport, functions: functions(dialect).into() }
    }

    pub(super) fn ask(&self, function: &'static str, arguments: Arguments) -> Result<Answer> {
        let number = self.functions.iter().position(|name| name == function).ok_or_else(|| {
            // Callers ask for what the dialect has.
            Failure::Harness(format!("the probe has no function {function}"))
        })?;
        self.transport.exchange(shown_name(function), number as u32, arguments.in_memory())
    }

    /// Whether both speak with the same probe, so that handles of one are those of the other.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.transport.id() == other.transport.id()
    }
}

/// Whether what reports call so drops a handle: nobody waits for what comes of it.
pub fn is_drop(name: &str) -> bool {
    name.starts_with("drop-")
}

/// What reports call a function: `get` for `[method]bucket.get`, `cas.new` for `[static]cas.new`.
fn shown_name(function: &'static str) -> &'static str {
    let name = function.rsplit(']').next().unwrap_or(function);
    let of_types = ["bucket.", "outgoing-value.outgoing-value-", "outgoing-value.", "incoming-value.incoming-value-"];
    of_types.iter().find_map(|prefix| name.strip_prefix(prefix)).unwrap_or(name)
}
