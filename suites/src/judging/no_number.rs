//! Increments of what is no number, which are errors and leave the value (KVS-INC-05).
//!
//! What bytes a number is, nobody says: so little is held against a store here. An increment that gave a sum is
//! wrong only where its key certainly held a value that no way of writing numbers explains: one set, which all
//! other writes precede, which a `get` showed that began the convergence bound later, and which nothing followed
//! until the increment ended.

use kvspec_reference::RequirementId::KvsInc05;
use kvspec_reference::history::{Kind, Outcome, Rank, Record, Value};
use kvspec_reference::{Anomaly, History};

/// A value of more bytes than this is no binary number: the widest that is in use has 16.
const BINARY_BYTES_MAX: usize = 16;

/// What the writes of a register came to, in the order of their invocations.
#[derive(Clone, Copy)]
struct Written {
    /// The set that all other writes precede.
    last_set: Option<usize>,
    /// Whether a settled `get` showed what it wrote.
    is_shown: bool,
    /// When the last of all responded.
    end: Rank,
}

/// The first increment that gave a sum of what is no number. O(n) for n operations, but for the operations that
/// overlap an increment.
pub(super) fn counted(history: &History) -> Option<Anomaly> {
    if history.calls().increments.is_empty() {
        return None;
    }
    let mut registers = vec![Written { last_set: None, is_shown: false, end: Rank::FIRST }; history.registers().len()];
    for (index, record) in history.records().iter().enumerate() {
        let written = &mut registers[record.register as usize];
        match (written.last_set, record.kind, record.outcome) {
            (Some(set), Kind::Get, Outcome::Ok) => {
                let is_same = history.shown_state(index) == history.shown_state(set);
                written.is_shown |= is_same && is_settled(history, set, record);
            }
            (Some(set), Kind::Increment, Outcome::Ok) if written.is_shown && is_alone(history, index) => {
                return Some(anomaly(history, set, index));
            }
            _ => {}
        }
        if record.kind.is_write() && record.outcome != Outcome::Failed {
            let follows_all = written.last_set.is_none() && written.end == Rank::FIRST || written.end < record.invoke;
            let is_set = record.kind == Kind::Set && record.outcome == Outcome::Ok && follows_all;
            written.is_shown = false;
            written.last_set = (is_set && is_no_number(history, index)).then_some(index);
            // What is not answered with a result may be done at any time.
            let end = if record.outcome == Outcome::Ok { record.response } else { Rank::NEVER };
            written.end = written.end.max(end);
        }
    }
    None
}

/// Whether the bound has passed since the set, when the read begins.
fn is_settled(history: &History, set: usize, read: &Record) -> bool {
    let response = history.records()[set].response;
    let (from, to) = (history.time(response), history.time(read.invoke));
    let waited = from.zip(to).map_or(0, |(from, to)| to.saturating_sub(from));
    response < read.invoke && waited >= history.header().convergence_bound
}

/// Whether no other write of the register began before the increment ended.
fn is_alone(history: &History, increment: usize) -> bool {
    let Record { register, response, .. } = history.records()[increment];
    let after = &history.records()[increment + 1..];
    let overlapping = after.iter().take_while(|record| record.invoke < response);
    !overlapping.into_iter().any(|record| record.register == register && record.kind.is_write())
}

/// Whether no way of writing numbers explains the value: it is too long for a binary one, and not all of it
/// stands in numbers as text, in any base up to 16, with signs, points, exponents and blanks.
fn is_no_number(history: &History, set: usize) -> bool {
    let value = &history.values()[history.shown_state(set).index()];
    let Value::Bytes(bytes) = value else { return false };
    let is_of_numbers = |byte: &u8| byte.is_ascii_hexdigit() || b"+-._xX, \t\r\n\"".contains(byte);
    bytes.len() > BINARY_BYTES_MAX && !bytes.iter().all(is_of_numbers)
}

fn anomaly(history: &History, set: usize, increment: usize) -> Anomaly {
    let (bucket, key) = &history.registers()[history.records()[increment].register as usize];
    Anomaly {
        requirement: KvsInc05,
        register: Some((bucket.to_string(), key.to_string())),
        expected: "an error, since the value is no number".into(),
        actual: history.operation_text(increment),
        operations: vec![set, increment],
        because: vec![
            format!("{} was the last write, and was shown once it had settled", history.operation_text(set)),
            format!(
                "the value is too long for a binary number (more than {BINARY_BYTES_MAX} bytes), and no text of one"
            ),
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kvspec_reference::workload::recorder::ManualClock;
    use kvspec_reference::workload::text;

    use crate::declaration::Declaration;
    use crate::stores::legal;
    use crate::stores::mutants;
    use crate::workloads::property::execute;
    use kvspec_reference::Profile;
    use kvspec_reference::interface::Subject;

    /// Whether the increments of these steps on a store break the requirement.
    fn is_refuted(store: &dyn Subject, steps: &str) -> bool {
        let workload = text::parse(&format!("kvspec workload 1\nsessions 2\n{steps}")).unwrap().workload;
        let mut declaration = Declaration::default();
        declaration.capabilities.buckets = vec!["bucket-a".into()];
        let clock = ManualClock::default();
        let executed = execute(store, &clock, &declaration, Profile::StoreDraft2, &workload, 1).unwrap();
        executed.anomalies.iter().any(|anomaly| anomaly.requirement == KvsInc05)
    }

    const SET: &str = "0 set bucket-a n \"12345678901234567\\x00\"\n";

    #[test]
    fn a_sum_of_what_is_no_number_is_wrong_once_it_settled() {
        let mutant = mutants::store::reported().iter().find(|m| m.name == "increment-stops-reading-at-nul").unwrap();
        let (get, increment) = ("1 get bucket-a n\n", "1 increment bucket-a n 1\n");
        assert!(is_refuted(mutant, &format!("{SET}wait 2s\n{get}{increment}")));
        assert!(!is_refuted(mutant, &format!("{SET}wait 2s\n{increment}")), "nothing shows that it was set");
        assert!(!is_refuted(mutant, &format!("{SET}{get}{increment}")), "it has not settled");
        let other = "0 set bucket-a n \"5\"\n";
        assert!(!is_refuted(mutant, &format!("{SET}wait 2s\n{get}{other}{increment}")), "it was overwritten");
        let number = SET.replace("\\x00", "");
        assert!(!is_refuted(mutant, &format!("{number}wait 2s\n{get}{increment}")), "it is a number");
    }

    #[test]
    fn a_store_that_refuses_it_is_right() {
        let plain = legal::store::all().iter().find(|store| store.name == "store-plain").unwrap();
        assert!(!is_refuted(plain, &format!("{SET}wait 2s\n1 get bucket-a n\n1 increment bucket-a n 1\n")));
    }
}
