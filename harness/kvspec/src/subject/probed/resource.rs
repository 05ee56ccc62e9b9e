//! A handle of the probe.

use kvspec_reference::interface::Result;

use super::asking::Asking;
use super::call::{Answer, Arguments};

/// A resource of the host. Dropping it drops the probe's handle.
pub(super) struct Resource {
    asking: Asking,
    /// The function that drops it.
    drop: &'static str,
    /// `None` once it was given away.
    number: Option<u32>,
}

impl Resource {
    pub(super) fn new(asking: &Asking, drop: &'static str, number: u32) -> Self {
        Self { asking: asking.clone(), drop, number: Some(number) }
    }

    pub(super) fn asking(&self) -> &Asking {
        &self.asking
    }

    pub(super) fn number(&self) -> u32 {
        self.number.unwrap_or_default()
    }

    /// Arguments that begin with the handle, with room for so many more.
    pub(super) fn arguments(&self, others: usize) -> Arguments {
        Arguments::of(1 + others).handle(self.number())
    }

    /// As [`Asking::ask`].
    pub(super) fn ask(&self, function: &'static str, arguments: Arguments) -> Result<Answer> {
        self.asking.ask(function, arguments)
    }

    /// The callee takes the handle: nothing is left to drop.
    pub(super) fn given_away(&mut self) {
        self.number = None;
    }
}

impl Drop for Resource {
    fn drop(&mut self) {
        if let Some(number) = self.number {
            // A host that broke here says so at the next call.
            let _ = self.asking.ask(self.drop, Arguments::of(1).handle(number));
        }
    }
}
