//! What is known of a file while its lines are read.

use std::collections::{HashMap, HashSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kvspec_reference::history::{Header, HistoryBuilder, State};

use super::fields::Scalar;
use super::linked::Linked;
use super::parse::column_of;
use crate::Fault;
use crate::line_numbers::LineNumbers;
use crate::lines::Line;

/// Takes the lines into a history.
pub(super) struct Reader {
    pub(super) builder: HistoryBuilder,
    pub(super) has_all_operations: bool,
    pub(super) linked: Linked,
    pub(super) line_numbers: LineNumbers,
    /// Session and invocation time of each unanswered operation, and its line: a second line for
    /// one of them is a duplicate that no overlap shows.
    pub(super) unanswered: HashMap<(u16, u64), u64>,
    /// The registers of which it was said what they begin with.
    pub(super) begun: HashSet<u32>,
}

impl Reader {
    pub(super) fn new(header: Header, has_all_operations: bool) -> Self {
        let (builder, linked) = (HistoryBuilder::new(header), Linked::default());
        let (line_numbers, unanswered) = (LineNumbers::default(), HashMap::new());
        Self { builder, has_all_operations, linked, line_numbers, unanswered, begun: HashSet::new() }
    }

    /// The state that a value in a line stands for.
    pub(super) fn state(&mut self, line: &Line<'_>, field: &str, value: Scalar<'_>) -> Result<State, Fault> {
        match value {
            Scalar::Null => Ok(State::ABSENT),
            Scalar::Text(text) => Ok(self.builder.value_bytes(text.as_bytes())),
            Scalar::Id(id) => Ok(self.builder.value_named(id)),
            Scalar::Base64(text) => match STANDARD.decode(text) {
                Ok(bytes) => Ok(self.builder.value_bytes(&bytes)),
                Err(error) => {
                    let problem = format!("\"{field}\" is no base64: {error}");
                    Err(line.fault(column_of(line, field), problem, "use the standard alphabet, with padding"))
                }
            },
            Scalar::Bool(_) => {
                let problem = format!("\"{field}\" is true or false, which is no value");
                Err(line.fault(column_of(line, field), problem, "write a string, {\"base64\":…}, {\"id\":N} or null"))
            }
        }
    }
}
