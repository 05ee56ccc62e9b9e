//! Hosts in which a [probe](mod@crate::probe) runs, wherever that is: what is asked of the traits of the interface
//! becomes calls of the probe, and its answers become results.
//!
//! Whoever runs a probe brings bytes to and fro ([`Transport`]). What they mean is written and read here, by the
//! canonical ABI of the component model.

mod asking;
mod call;
mod eventual;
mod resource;
mod store;

use std::rc::Rc;

use kvspec_reference::interface::{Bucket, BufferedOutgoing, OutgoingValue, Result};

use crate::probe::Dialect;
use asking::Asking;

pub use asking::{Transport, is_drop};
pub use call::Answer;

/// A host, by the probe of this dialect that runs in it.
pub struct Probed {
    asking: Asking,
    dialect: Dialect,
}

impl Probed {
    /// A probe that is asked through this.
    pub fn new(transport: Rc<dyn Transport>, dialect: Dialect) -> Self {
        Self { asking: Asking::new(transport, &dialect), dialect }
    }

    /// As [`open`](kvspec_reference::interface::Implementation::open).
    ///
    /// # Errors
    /// The interface's error; a trap; no answer.
    pub fn open(&self, name: &str) -> Result<Box<dyn Bucket>> {
        match self.dialect {
            Dialect::Eventual(dialect) => eventual::open(self.asking.clone(), dialect, name),
            Dialect::Store(dialect) => store::open(self.asking.clone(), dialect, name),
        }
    }

    /// As [`outgoing_value`](kvspec_reference::interface::Implementation::outgoing_value).
    ///
    /// # Errors
    /// A trap; no answer.
    pub fn outgoing_value(&self) -> Result<Box<dyn OutgoingValue>> {
        match self.dialect {
            Dialect::Eventual(_) => eventual::outgoing_value(self.asking.clone()),
            Dialect::Store(_) => Ok(Box::new(BufferedOutgoing::default())),
        }
    }
}
