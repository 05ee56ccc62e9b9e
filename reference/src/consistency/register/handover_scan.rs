//! The session guarantees where ranks do not say all: see
//! [`History::handovers`](crate::history::History::handovers).
//!
//! What ranks say was judged before; here a write is older than another by its session, too. Such
//! histories are rare, and this is slower: each read looks at the writes it can have seen one by one.

use std::collections::{BTreeMap, HashSet};

use super::guarantee::{Guarantee, Violation};
use super::handovers::{Handovers, RegisterWrites};
use crate::history::effect::{Seen, effective_response, seen, written};
use crate::history::{History, Outcome, State};

/// How many choices one session and register may cost. What is open then counts as kept: nothing is
/// certain.
const CHOICES_MAX: usize = 1 << 16;

/// The first operation that saw something too old by the order of a session, if ranks show none.
pub(super) fn too_old(history: &History, guarantee: Guarantee) -> Option<Violation> {
    let handovers = Handovers::of(history);
    if handovers.is_empty() {
        return None;
    }
    let writes = RegisterWrites::of(history);
    let chains = chains(history);
    let mut violations = chains.values().filter_map(|chain| match guarantee {
        Guarantee::ReadYourWrites => own_write_missed(history, &handovers, &writes, chain),
        Guarantee::MonotonicReads => gone_back(history, &handovers, &writes, chain),
    });
    violations.next()
}

/// By session, how often it was renewed, and register: the operations that take part.
fn chains(history: &History) -> BTreeMap<(u16, u32, u32), Vec<u32>> {
    let mut renewed = vec![0u32; history.session_count()];
    let mut chains: BTreeMap<_, Vec<u32>> = BTreeMap::new();
    for (i, record) in history.records().iter().enumerate() {
        let key = (record.session, renewed[record.session as usize], record.register);
        chains.entry(key).or_default().push(i as u32);
        renewed[record.session as usize] += u32::from(record.is_indeterminate_write());
    }
    chains
}

fn own_write_missed(
    history: &History,
    handovers: &Handovers,
    writes: &RegisterWrites,
    chain: &[u32],
) -> Option<Violation> {
    let mut own: Vec<u32> = Vec::new();
    for &i in chain {
        let record = &history.records()[i as usize];
        let seen = seen(history, record);
        if seen != Seen::Nothing
            && let Some(floor) = own.iter().map(|&w| history.records()[w as usize].invoke).max()
        {
            let mut sources = writes.sources(history, i, seen).peekable();
            let is_older = |w: u32| {
                effective_response(&history.records()[w as usize]) < floor
                    || is_certain(history, w) && handovers.after(history, w).iter().any(|newer| own.contains(newer))
            };
            if sources.peek().is_some() && sources.all(is_older) {
                return Some(Violation { index: i as usize, seen, floor: floor.place() });
            }
        }
        if record.is_ok_write() && written(history, record).is_some() {
            own.push(i);
        }
    }
    None
}

fn is_certain(history: &History, write: u32) -> bool {
    history.records()[write as usize].outcome == Outcome::Ok
}

/// What each of a session's operations on a register can have seen; the initial state is `None`.
struct Reader {
    index: u32,
    seen: Seen,
    sources: Vec<Option<u32>>,
}

/// Chooses a source for each read, none older than one chosen before; the read at which that fails.
fn gone_back(history: &History, handovers: &Handovers, writes: &RegisterWrites, chain: &[u32]) -> Option<Violation> {
    let readers: Vec<Reader> = chain.iter().filter_map(|&i| reader(history, writes, i)).collect();
    let older = |a: Option<u32>, b: Option<u32>| match (a, b) {
        (_, None) => false,
        (None, Some(_)) => true,
        (Some(a), Some(b)) => {
            effective_response(&history.records()[a as usize]) < history.records()[b as usize].invoke
                || is_certain(history, a) && handovers.after(history, a).contains(&b)
        }
    };
    let (mut chosen, mut tried): (Vec<Option<u32>>, Vec<usize>) = (Vec::new(), vec![0]);
    let (mut furthest, mut newest) = (0, None);
    for _ in 0..CHOICES_MAX {
        let depth = chosen.len();
        let reader = readers.get(depth)?;
        let Some(&source) = reader.sources.get(tried[depth]) else {
            if depth == 0 {
                let Reader { index, seen, .. } = readers[furthest];
                return Some(Violation { index: index as usize, seen, floor: newest? });
            }
            chosen.pop();
            tried.pop();
            continue;
        };
        tried[depth] += 1;
        let distinct: HashSet<Option<u32>> = chosen.iter().copied().collect();
        if let Some(newer) = distinct.into_iter().filter(|&earlier| older(source, earlier)).max().flatten() {
            if depth >= furthest {
                (furthest, newest) = (depth, Some(history.records()[newer as usize].invoke.place()));
            }
            continue;
        }
        chosen.push(source);
        tried.push(0);
    }
    None
}

fn reader(history: &History, writes: &RegisterWrites, index: u32) -> Option<Reader> {
    let seen = seen(history, &history.records()[index as usize]);
    if seen == Seen::Nothing {
        return None;
    }
    let mut sources: Vec<Option<u32>> = writes.sources(history, index, seen).map(Some).collect();
    sources.extend(seen.matches(State::ABSENT).then_some(None));
    // The oldest first: it hinders those to come the least.
    sources.reverse();
    (!sources.is_empty()).then_some(Reader { index, seen, sources })
}
