//! The definitions of the levels, word by word: all orders and all choices are tried.
//!
//! This is what the fast checkers are measured against. It shares no code with them, knows no
//! trick, and takes time that grows like a factorial: histories of up to about ten operations.
//! Each function says whether the history keeps the level; a level that nothing could have broken
//! is kept.

use crate::history::{History, Kind, Outcome, Rank, Record, State};

/// Whether there is one order of all operations that respects real time and in which each register
/// behaves as one. The registers are ordered together: locality is not used.
pub fn linearizable(history: &History) -> bool {
    let operations: Vec<&Record> = history.records().iter().filter(|r| counts(history, r)).collect();
    let mut states = vec![State::ABSENT; history.registers().len()];
    let mut placed = vec![false; operations.len()];
    place_next(history, &operations, &mut placed, &mut states)
}

fn place_next(history: &History, operations: &[&Record], placed: &mut [bool], states: &mut [State]) -> bool {
    if (0..operations.len()).all(|i| placed[i] || is_uncertain(operations[i])) {
        return true;
    }
    for i in 0..operations.len() {
        let precedes =
            |j: usize| !placed[j] && !is_uncertain(operations[j]) && precedes(history, operations[j], operations[i]);
        if placed[i] || (0..operations.len()).any(precedes) {
            continue;
        }
        let register = operations[i].register as usize;
        let before = states[register];
        let Some(after) = step(history, operations[i], before) else { continue };
        (placed[i], states[register]) = (true, after);
        if place_next(history, operations, placed, states) {
            return true;
        }
        (placed[i], states[register]) = (false, before);
    }
    false
}

/// The state after an operation that takes effect in state `before`, if it can have had its result
/// there.
fn step(history: &History, record: &Record, before: State) -> Option<State> {
    match record.kind {
        Kind::Get => (record.operand.state() == before).then_some(before),
        Kind::Exists | Kind::List => {
            ((record.operand.state() == State::PRESENT) == (before != State::ABSENT)).then_some(before)
        }
        Kind::Set => Some(record.operand.state()),
        Kind::Delete => Some(State::ABSENT),
        Kind::Increment | Kind::Swap => Some(writes(history, record).unwrap_or(before)),
        Kind::CasNew | Kind::CasCurrent => Some(before),
        Kind::CompareAndSwap => {
            let swap = history.swaps()[record.operand.swap_index()];
            let holds = before == swap.expected;
            match record.outcome {
                Outcome::Ok if !swap.swapped => (!holds).then_some(before),
                _ => holds.then_some(swap.new),
            }
        }
    }
}

/// Neither failed for certain nor a read without a result.
fn counts(history: &History, record: &Record) -> bool {
    match record.outcome {
        Outcome::Ok => true,
        Outcome::Failed => false,
        Outcome::Error | Outcome::Trap | Outcome::Unknown => writes(history, record).is_some(),
    }
}

fn is_uncertain(record: &Record) -> bool {
    record.outcome != Outcome::Ok
}

/// The state it writes if it takes effect.
fn writes(history: &History, record: &Record) -> Option<State> {
    match record.kind {
        _ if record.outcome == Outcome::Failed => None,
        Kind::Get | Kind::Exists | Kind::List | Kind::CasNew | Kind::CasCurrent => None,
        Kind::Increment => Some(history.calls().counted),
        Kind::Swap => {
            let swap = history.calls().exchanges[record.operand.exchange_index()];
            (record.outcome != Outcome::Ok || swap.swapped).then_some(swap.state)
        }
        Kind::Set => Some(record.operand.state()),
        Kind::Delete => Some(State::ABSENT),
        Kind::CompareAndSwap => {
            let swap = history.swaps()[record.operand.swap_index()];
            (record.outcome != Outcome::Ok || swap.swapped).then_some(swap.new)
        }
    }
}

/// Whether the operation saw something, and can have seen it in this state.
fn can_have_seen(history: &History, record: &Record, state: State) -> bool {
    match record.kind {
        Kind::Get | Kind::Exists | Kind::List | Kind::CompareAndSwap => step(history, record, state).is_some(),
        _ => false,
    }
}

/// The ok operations that saw a state of their register.
fn observers(history: &History) -> impl Iterator<Item = &Record> {
    let sees = |r: &&Record| matches!(r.kind, Kind::Get | Kind::Exists | Kind::List | Kind::CompareAndSwap);
    history.records().iter().filter(sees).filter(|r| r.outcome == Outcome::Ok)
}

/// A write that an operation can have read from; `None` is the initial absence.
type Source<'h> = Option<&'h Record>;

/// All writes of the register with a fitting state, other than the operation itself, begun before
/// it ended.
fn sources<'h>(history: &'h History, reader: &Record) -> Vec<Source<'h>> {
    let fits = |w: &&Record| {
        w.register == reader.register
            && w.invoke != reader.invoke
            && w.invoke < reader.response
            && writes(history, w).is_some_and(|state| can_have_seen(history, reader, state))
    };
    let initial = can_have_seen(history, reader, State::ABSENT).then_some(None);
    initial.into_iter().chain(history.records().iter().filter(fits).map(Some)).collect()
}

/// Whether `a` ended before `b` began: at an earlier time, or before it in their session. By the times
/// themselves, not by their ranks.
fn precedes(history: &History, a: &Record, b: &Record) -> bool {
    if a.response == Rank::NEVER {
        return false;
    }
    // A session issues one call after another, and records are in the order of invocation.
    let in_session = a.session == b.session && a.invoke < b.invoke;
    in_session || history.times()[a.response.index()] < history.times()[b.invoke.index()]
}

/// Whether `a` had certainly ended before `b` began.
fn certainly_older(history: &History, a: Source<'_>, b: Source<'_>) -> bool {
    match (a, b) {
        (_, None) => false,
        (None, Some(_)) => true,
        (Some(a), Some(b)) => !is_uncertain(a) && precedes(history, a, b),
    }
}

/// Whether everything seen was written by then, or is the initial absence.
pub fn integrity(history: &History) -> bool {
    observers(history).all(|reader| !sources(history, reader).is_empty())
}

/// Whether each operation that saw something has a source that no ok write certainly replaced
/// before it began.
pub fn regular(history: &History) -> bool {
    observers(history).all(|reader| {
        let replaced = |source: Source<'_>| {
            ok_writes(history, reader.register)
                .any(|w| certainly_older(history, source, Some(w)) && precedes(history, w, reader))
        };
        sources(history, reader).into_iter().any(|source| !replaced(source))
    })
}

fn ok_writes(history: &History, register: u32) -> impl Iterator<Item = &Record> {
    let is_write = move |r: &&Record| r.register == register && writes(history, r).is_some();
    history.records().iter().filter(is_write).filter(|r| r.outcome == Outcome::Ok)
}

/// The records of each session, cut after each indeterminate write.
fn sessions(history: &History) -> Vec<Vec<&Record>> {
    let mut sessions = Vec::new();
    for session in 0..history.session_count() {
        let mut current = Vec::new();
        for record in history.records().iter().filter(|r| r.session as usize == session) {
            current.push(record);
            if is_uncertain(record) && writes(history, record).is_some() {
                sessions.push(std::mem::take(&mut current));
            }
        }
        sessions.push(current);
    }
    sessions
}

/// Whether no session saw something certainly older than an ok write of its own before.
pub fn read_your_writes(history: &History) -> bool {
    sessions(history).iter().all(|session| {
        session.iter().enumerate().all(|(at, reader)| {
            let own = |w: &&&Record| {
                w.register == reader.register && w.outcome == Outcome::Ok && writes(history, w).is_some()
            };
            let fits = |source: Source<'_>| {
                session[..at].iter().filter(own).all(|w| !certainly_older(history, source, Some(w)))
            };
            let sources = sources_if_observer(history, reader);
            sources.is_empty() || sources.into_iter().any(fits)
        })
    })
}

/// Whether each session can have read from writes none of which is certainly older than one it read
/// from before.
pub fn monotonic_reads(history: &History) -> bool {
    sessions(history).iter().all(|session| {
        (0..history.registers().len()).all(|register| {
            let readers: Vec<Vec<Source<'_>>> = session
                .iter()
                .filter(|r| r.register as usize == register)
                .map(|r| sources_if_observer(history, r))
                .filter(|sources| !sources.is_empty())
                .collect();
            choose_rising(history, &readers, &mut Vec::new())
        })
    })
}

fn sources_if_observer<'h>(history: &'h History, reader: &Record) -> Vec<Source<'h>> {
    if reader.outcome == Outcome::Ok { sources(history, reader) } else { Vec::new() }
}

fn choose_rising<'h>(history: &History, readers: &[Vec<Source<'h>>], chosen: &mut Vec<Source<'h>>) -> bool {
    let Some(sources) = readers.get(chosen.len()) else { return true };
    for &source in sources {
        if chosen.iter().any(|&earlier| certainly_older(history, source, earlier)) {
            continue;
        }
        chosen.push(source);
        let found = choose_rising(history, readers, chosen);
        chosen.pop();
        if found {
            return true;
        }
    }
    false
}

/// The settled reads of each register and pause, with the writes before them.
fn pauses(history: &History) -> Vec<(Vec<&Record>, Vec<&Record>)> {
    let mut pauses: Vec<(Vec<&Record>, Vec<&Record>)> = Vec::new();
    for reader in observers(history).filter(|r| !r.kind.is_write()) {
        let of_register = |w: &&Record| w.register == reader.register && writes(history, w).is_some();
        let writes: Vec<&Record> = history.records().iter().filter(of_register).collect();
        if !writes.iter().all(|w| ended_long_before(history, w, reader) || w.invoke > reader.response) {
            continue;
        }
        let before: Vec<&Record> = writes.into_iter().filter(|w| w.invoke < reader.invoke).collect();
        match pauses.iter_mut().find(|(reads, writes)| reads[0].register == reader.register && *writes == before) {
            Some((reads, _)) => reads.push(reader),
            None => pauses.push((vec![reader], before)),
        }
    }
    pauses
}

fn ended_long_before(history: &History, write: &Record, reader: &Record) -> bool {
    let end = match write.outcome {
        Outcome::Ok => write.response,
        _ if write.response != Rank::NEVER => write.response,
        _ => write.invoke,
    };
    end < reader.invoke && lag(history, end, reader.invoke) >= history.header().convergence_bound
}

fn lag(history: &History, from: Rank, to: Rank) -> u64 {
    history.times()[to.index()] - history.times()[from.index()]
}

/// Whether the settled reads of each pause are explained by some state and some moment of leaving it
/// for what indeterminate writes wrote.
pub fn convergent(history: &History) -> bool {
    let bound = history.header().convergence_bound;
    // The moment just before the event of this rank; the one past the end is never.
    let moments = 0..=history.times().len() as u32;
    pauses(history).iter().all(|(reads, before)| {
        let uncertain = before.iter().filter(|w| is_uncertain(w));
        let indeterminate: Vec<State> = uncertain.filter_map(|w| writes(history, w)).collect();
        let saw_indeterminate = |r: &Record| indeterminate.iter().any(|&state| can_have_seen(history, r, state));
        let mut every_state = (0..=history.values().len() as u32).map(State::value);
        every_state.any(|state| {
            moments.clone().any(|moment| {
                reads.iter().all(|r| {
                    let in_time = r.invoke < Rank::at(moment) || lag(history, Rank::at(moment), r.invoke) < bound;
                    can_have_seen(history, r, state) && in_time
                        || saw_indeterminate(r) && r.response >= Rank::at(moment)
                })
            })
        })
    })
}

/// Whether each settled read saw a last write.
pub fn last_write(history: &History) -> bool {
    pauses(history).iter().all(|(reads, before)| {
        let ok: Vec<&&Record> = before.iter().filter(|w| !is_uncertain(w)).collect();
        let is_last = |w: &Record| is_uncertain(w) || !ok.iter().any(|newer| precedes(history, w, newer));
        let mut last: Vec<State> = before.iter().filter(|w| is_last(w)).filter_map(|w| writes(history, w)).collect();
        if ok.is_empty() {
            last.push(State::ABSENT);
        }
        reads.iter().all(|read| last.iter().any(|&state| can_have_seen(history, read, state)))
    })
}
