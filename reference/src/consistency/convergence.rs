//! Convergence and last write: what reads return once writes pause (KVE-CON-01 and KVE-CON-02).
//!
//! ```text
//! session 0: |--set k=1--|  |--set k=2--|
//! session 1:                             ..bound..  |--get k -> 2--|
//! session 2:                             ..bound..    |--get k -> 1--|   broken
//! ```
//!
//! **Definition**: the two halves of the definition of [`eventual::model`](crate::eventual::model),
//! whose words are used here.
//!
//! - Convergent: the settled reads of each pause return one state, which the register may leave once
//!   for what indeterminate writes wrote.
//! - Last write: each settled read returns the state of a last write.
//!
//! **Algorithm**: the pass of [`eventual`](crate::eventual), up to the first pause that is broken.
//! O(n).

use std::ops::ControlFlow;

use crate::consistency::finding::{Finding, Witness, operation_name};
use crate::eventual::model::{LastWrites, end_of};
use crate::eventual::settled::{BrokenPause, Exercised, broken_pauses};
use crate::history::effect::{seen, written};
use crate::history::{History, State};

/// How many of the indeterminate writes that explain one of two reads a proof names.
const WRITES_NAMED_MAX: usize = 4;

/// Judges convergence.
pub fn check(history: &History) -> Finding {
    let is_exercised = |exercised: Exercised| exercised.agreement;
    let reason = "no two reads of a register began the bound after its last write";
    find(history, |pause| pause.disagreement.map(|pair| disagreed(history, pair)), is_exercised, reason)
}

/// Judges that a pause keeps a last write.
pub fn check_last_write(history: &History) -> Finding {
    let is_exercised = |exercised: Exercised| exercised.last_write;
    let reason = "no read of a register began the bound after its last write";
    find(history, |pause| pause.stray.map(|read| lost_write(history, read)), is_exercised, reason)
}

/// The first broken pause of which `witness` makes a proof.
fn find(
    history: &History,
    witness: impl Fn(BrokenPause) -> Option<Witness>,
    is_exercised: impl Fn(Exercised) -> bool,
    not_exercised: &str,
) -> Finding {
    let each = |pause| witness(pause).map_or(ControlFlow::Continue(()), ControlFlow::Break);
    match broken_pauses(history, &[], each) {
        ControlFlow::Break(witness) => Finding::Broken(witness),
        ControlFlow::Continue(exercised) if is_exercised(exercised) => Finding::Kept,
        ControlFlow::Continue(_) => Finding::NotExercised(not_exercised.into()),
    }
}

/// The last writes before the operation at `index`, and the write that ended last.
fn writes_before(history: &History, index: usize) -> (LastWrites, Option<usize>) {
    let register = history.records()[index].register;
    let (mut last, mut ended_last) = (LastWrites::default(), None);
    for (i, record) in history.records()[..index].iter().enumerate().filter(|(_, record)| record.register == register) {
        if let Some(state) = written(history, record) {
            last.add(history, i, record, state);
            ended_last = ended_last.max(Some((end_of(record), i)));
        }
    }
    (last, ended_last.map(|(_, i)| i))
}

fn disagreed(history: &History, [first, second]: [usize; 2]) -> Witness {
    let (last, ended_last) = writes_before(history, first);
    let name = |index: usize| operation_name(history, index);
    let mut because = vec![match ended_last {
        Some(write) => format!("{} was the last write to end before {} began", name(write), name(first)),
        None => "nothing was written to the register before".into(),
    }];
    because.push(format!("the convergence bound had passed when {} began", name(first)));
    because.push(format!("no write began before {} ended, and it saw another state", name(second)));
    let saw = [first, second].map(|read| seen(history, &history.records()[read]));
    let wrote_either = |index: &usize| {
        written(history, &history.records()[*index]).is_some_and(|state| saw.iter().any(|saw| saw.matches(state)))
    };
    let surfaced = last.indeterminate().iter().map(|&index| index as usize).filter(wrote_either);
    let surfaced: Vec<usize> = surfaced.take(WRITES_NAMED_MAX).collect();
    because.extend(surfaced.first().map(|&write| {
        format!(
            "{} may have surfaced between them, but what the later of the two saw was gone by then, and no \
             indeterminate write brought it back",
            name(write)
        )
    }));
    let mut operations = surfaced;
    operations.extend(ended_last.into_iter().chain([first, second]));
    operations.sort_unstable();
    operations.dedup();
    Witness { operations, because }
}

/// The write that shows an older one to be no last write: the newest, or where ranks do not say that the older had
/// ended before, the one after it in its session.
fn replaced_by(history: &History, older: Option<usize>, newest: usize, read: usize) -> usize {
    let Some(older) = older else { return newest };
    let record = |index: usize| &history.records()[index];
    if record(older).precedes(record(newest)) {
        return newest;
    }
    let is_next = |&index: &usize| {
        let next = record(index);
        next.register == record(older).register
            && next.session == record(older).session
            && next.is_ok_write()
            && written(history, next).is_some()
    };
    (older + 1..read).find(is_next).unwrap_or(newest)
}

fn lost_write(history: &History, read: usize) -> Witness {
    let record = &history.records()[read];
    let saw = seen(history, record);
    let name = |index: usize| operation_name(history, index);
    let newest = writes_before(history, read).0.completed().last().map(|write| write.index as usize);
    let wrote_it = |&i: &usize| {
        let earlier = &history.records()[i];
        earlier.register == record.register && written(history, earlier).is_some_and(|state| saw.matches(state))
    };
    let source = (0..read).filter(wrote_it).max_by_key(|&i| history.records()[i].response);
    let newest = newest.map(|newest| replaced_by(history, source, newest, read));
    let because = vec![
        format!("the writes had ended and the convergence bound had passed when {} began", name(read)),
        match (source, newest) {
            (Some(old), Some(new)) => {
                format!("{} ended before {} began, so that it was no last write", name(old), name(new))
            }
            (None, Some(new)) if saw.matches(State::ABSENT) => {
                format!("{} had replaced the initial absence, and nothing was deleted", name(new))
            }
            _ => "nothing had written what it saw".into(),
        },
    ];
    let mut operations: Vec<usize> = source.into_iter().chain(newest).chain([read]).collect();
    operations.sort_unstable();
    operations.dedup();
    Witness { operations, because }
}
