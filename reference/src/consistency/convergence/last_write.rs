//! Last write: the state a settled read returns was written by a last write.

use super::pause::{Pause, is_alone, is_read, is_write};
use crate::consistency::register::writers::Writers;
use crate::consistency::{Finding, Witness, operation_name};
use crate::history::effect::{Seen, effective_response, seen, written};
use crate::history::{ABSENT, History, Outcome};

/// Judges that a pause keeps a last write. Memory: 16 bytes a value, 20 a register.
pub fn check(history: &History) -> Finding {
    let writers = Writers::of(history);
    let mut pauses = vec![Pause::START; history.registers.len()];
    let mut exercised = false;
    for (index, record) in history.records.iter().enumerate() {
        let pause = &mut pauses[record.register as usize];
        if is_read(record) {
            if record.outcome != Outcome::Ok || !pause.has_lasted(history, record.invoke) {
                continue;
            }
            if !exercised && pause.latest_ok.is_some() {
                exercised = is_alone(history, index);
            }
            // Nearly all reads have a source: only of the others it is asked whether they count.
            let seen = seen(history, record);
            if !writers.has_source(history, record, seen, pause.latest_ok) && is_alone(history, index) {
                return Finding::Broken(lost_write(history, index, seen, pause.latest_ok));
            }
        } else if is_write(history, record) {
            pause.add(record);
        }
    }
    if exercised {
        return Finding::Kept;
    }
    Finding::NotExercised("no read of a register began the bound after its last write".into())
}

fn lost_write(history: &History, index: usize, what: Seen, latest_ok: Option<u32>) -> Witness {
    let record = &history.records[index];
    let of_register = || (0..index).filter(|&i| history.records[i].register == record.register);
    let newest =
        of_register().find(|&i| Some(history.records[i].invoke) == latest_ok && is_write(history, &history.records[i]));
    let fits = |i: &usize| written(history, &history.records[*i]).is_some_and(|state| what.matches(state));
    let source = of_register().filter(fits).max_by_key(|&i| effective_response(&history.records[i]));
    let read = operation_name(history, index);
    let mut because = vec![format!("the writes had ended and the convergence bound had passed when {read} began")];
    because.push(match (source, newest) {
        (Some(old), Some(new)) => {
            format!(
                "{} ended before {} began, so that it was no last write",
                operation_name(history, old),
                operation_name(history, new)
            )
        }
        (None, Some(new)) if what.matches(ABSENT) => {
            format!("{} had replaced the initial absence, and nothing was deleted", operation_name(history, new))
        }
        _ => "nothing had written what it saw".into(),
    });
    let mut operations: Vec<usize> = [source, newest].into_iter().flatten().chain([index]).collect();
    operations.sort_unstable();
    operations.dedup();
    Witness { operations, because }
}
