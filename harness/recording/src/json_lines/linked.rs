//! What lines refer to each other by: groups of one call, and handles.

use std::collections::{BTreeMap, HashMap};

use kvspec_reference::history::Entry;

use super::parse::column_of;
use crate::Fault;
use crate::lines::Line;

/// What lines refer to each other by.
#[derive(Default)]
pub(super) struct Linked {
    /// The entry that made each handle.
    pub(super) made: HashMap<u64, u32>,
    pub(super) groups: BTreeMap<u64, Group>,
}

/// The lines of one call on many keys.
pub(super) struct Group {
    first: Entry,
    pub(super) entries: Vec<usize>,
}

impl Linked {
    /// Notes the entry of a line that names a group, or a handle that it made.
    pub(super) fn note(
        &mut self,
        line: &Line<'_>,
        number: usize,
        entry: &Entry,
        group: Option<u64>,
        made: Option<u64>,
    ) -> Result<(), Fault> {
        if let Some(made) = made
            && self.made.insert(made, number as u32).is_some()
        {
            let problem = format!("handle {made} is made twice");
            return Err(line.fault(column_of(line, "handle"), problem, "number each handle once"));
        }
        let Some(group) = group else { return Ok(()) };
        let known = self.groups.entry(group).or_insert_with(|| Group { first: *entry, entries: Vec::new() });
        let of = |entry: &Entry| (entry.session, entry.kind, entry.invoke, entry.response, entry.outcome);
        if of(&known.first) != of(entry) {
            let problem = format!("this line and the others of group {group} are not one call");
            let help = "the lines of a group have one session, operation, interval and outcome";
            return Err(line.fault(column_of(line, "group"), problem, help));
        }
        known.entries.push(number);
        Ok(())
    }
}
