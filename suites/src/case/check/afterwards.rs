//! What is left when a case has ended: time passes, and everything that it wrote is read again.

use std::collections::BTreeMap;
use std::time::Duration;

use kvspec_reference::history::Kind;
use kvspec_reference::interface::Failure;

use super::context::{Check, Writes};
use super::stop::Checked;

/// How long a store is left alone in the end, at least: longer than what runs in the background by the
/// hour.
const LEFT_ALONE: Duration = Duration::from_secs(2 * 60 * 60);

impl Check<'_> {
    /// Reads each register that the case wrote, once when all has settled and once much later: what
    /// settled must stay. The judge compares what was read; it counts as no comparison of the case. Only
    /// on a virtual clock, where waiting costs nothing, and only registers of which the history knows
    /// each write.
    pub(crate) fn read_again_much_later(&mut self) -> Checked<()> {
        let Some(clock) = self.implementation().clock() else { return Ok(()) };
        let written = self.registers_of_the_history();
        if written.is_empty() {
            return Ok(());
        }
        self.settle();
        self.read_all(&written)?;
        clock.advance(self.declaration().convergence_bound().max(LEFT_ALONE));
        self.read_all(&written)
    }

    fn registers_of_the_history(&self) -> Vec<(String, Vec<String>)> {
        let known = |(bucket, keys): (&String, &BTreeMap<String, Writes>)| {
            let known = keys.iter().filter(|(_, writes)| writes.is_recorded && !writes.is_written_otherwise);
            (bucket.clone(), known.map(|(key, _)| key.clone()).collect::<Vec<_>>())
        };
        self.writes.iter().map(known).filter(|(_, keys)| !keys.is_empty()).collect()
    }

    fn read_all(&mut self, registers: &[(String, Vec<String>)]) -> Checked<()> {
        let mut session = self.session();
        for (bucket, keys) in registers {
            for key in keys {
                match session.get(bucket, key) {
                    // A store may say at any time that it cannot. It says nothing of the value then.
                    Err(Failure::Error(_)) => {}
                    answer => drop(self.recorded(Kind::Get, (bucket, key), answer)?),
                }
            }
            // A store may be declared to have one handle.
            session.close(bucket);
        }
        Ok(())
    }
}
