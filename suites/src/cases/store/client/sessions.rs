//! The sessions of a client.

use std::cell::RefCell;
use std::rc::Rc;

use crate::case::check::Check;

/// The sessions under which the calls of one client stand in the history.
pub(super) struct Sessions {
    /// Of calls on one key.
    pub(super) own: u16,
    /// Of the parts of calls on many keys, which overlap.
    of_parts: RefCell<Vec<u16>>,
}

impl Sessions {
    pub(super) fn new(check: &Check<'_>) -> Rc<Self> {
        Rc::new(Self { own: check.recorder().session_number(), of_parts: RefCell::default() })
    }

    pub(super) fn of_part(&self, check: &Check<'_>, part: usize) -> u16 {
        let mut of_parts = self.of_parts.borrow_mut();
        while of_parts.len() <= part {
            of_parts.push(check.recorder().session_number());
        }
        of_parts[part]
    }
}
