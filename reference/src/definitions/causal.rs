//! The causal family and sequential consistency by their definitions, trying everything.
//!
//! Slow and plain on purpose: the proof that the checkers are right is that they agree with these.
//! Nothing is shared with the checkers. For histories of up to about eight operations.

use crate::consistency::Level;
use crate::history::{History, Kind, Outcome, State};

/// Whether a history keeps a level; `None` for levels that are not of this family.
pub fn keeps(history: &History, level: Level) -> Option<bool> {
    let all = events(history);
    let judge: fn(&[Event]) -> bool = match level {
        Level::Sequential => sequential,
        Level::Coherent => coherent,
        Level::Pram => pram,
        Level::Causal => |events| some_causal_order(events, explains_each),
        Level::CausalMemory => |events| some_causal_order(events, explains_sessions),
        Level::CausalConvergent => |events| some_causal_order(events, some_arbitration),
        Level::MonotonicWrites => |events| some_sources(events, &|e, s| guarantee(e, s, writes_before)),
        Level::WritesFollowReads => |events| some_sources(events, &|e, s| guarantee(e, s, reads_before)),
        _ => return None,
    };
    Some(some_effects(&all, judge))
}

/// Whether there is a causal order at all, by trying every transitive order of the operations, not
/// only the least for each choice of sources. For up to four operations.
pub fn keeps_with_any_order(history: &History, level: Level) -> Option<bool> {
    let judge: fn(&[Event], &Order) -> bool = match level {
        Level::Causal => explains_each,
        Level::CausalMemory => explains_sessions,
        Level::CausalConvergent => some_arbitration,
        _ => return None,
    };
    let all = events(history);
    let try_orders = |events: &[Event]| {
        let n = events.len();
        let pairs: Vec<(usize, usize)> =
            (0..n).flat_map(|a| (0..n).map(move |b| (a, b))).filter(|&(a, b)| a != b).collect();
        (0u32..1 << pairs.len()).any(|bits| {
            let mut order = Order(vec![vec![false; n]; n]);
            for (i, &(a, b)) in pairs.iter().enumerate() {
                order.0[a][b] = bits >> i & 1 == 1;
            }
            let keeps_sessions = pairs.iter().all(|&(a, b)| !session_order(events, a, b) || order.0[a][b]);
            keeps_sessions && order.is_strict() && judge(events, &order)
        })
    };
    for mask in 0..1u32 << all.iter().filter(|e| e.optional).count() {
        if try_orders(&with_effects(&all, mask)) {
            return Some(true);
        }
    }
    Some(false)
}

#[derive(Debug, Clone)]
struct Event {
    chain: usize,
    register: u32,
    /// The state seen, or (`false`) any but that.
    sees: Option<(State, bool)>,
    writes: Option<State>,
    optional: bool,
    invoke: u32,
    response: u32,
}

impl Event {
    fn is_explained_by(&self, state: State) -> bool {
        self.sees.is_none_or(|(seen, same)| (state == seen) == same)
    }
}

fn events(history: &History) -> Vec<Event> {
    let mut events = Vec::new();
    // An indeterminate write is the last of its chain.
    let mut broken_off = vec![0; history.session_count()];
    for r in history.records() {
        let unsure = matches!(r.outcome, Outcome::Error | Outcome::Trap | Outcome::Unknown);
        let (sees, writes) = match (r.kind, r.outcome) {
            (_, Outcome::Failed) => continue,
            (Kind::CasNew | Kind::CasCurrent, _) => continue,
            (Kind::Get | Kind::Exists | Kind::List, _) if unsure => continue,
            (Kind::Get, _) => (Some((r.operand.state(), true)), None),
            (Kind::Exists | Kind::List, _) => (Some((State::ABSENT, r.operand.state() != State::PRESENT)), None),
            (Kind::Set, _) => (None, Some(r.operand.state())),
            (Kind::Delete, _) => (None, Some(State::ABSENT)),
            (Kind::Increment, _) => (None, Some(history.calls().counted)),
            (Kind::Swap, _) => {
                let swap = history.calls().exchanges[r.operand.exchange_index()];
                if !swap.swapped && !unsure {
                    continue;
                }
                (None, Some(swap.state))
            }
            (Kind::CompareAndSwap, _) => {
                let swap = history.swaps()[r.operand.swap_index()];
                let swaps = swap.swapped || unsure;
                (Some((swap.expected, swaps)), swaps.then_some(swap.new))
            }
        };
        let chain = r.session as usize * 1000 + broken_off[r.session as usize];
        let response = if unsure { u32::MAX } else { r.response.place() };
        events.push(Event {
            chain,
            register: r.register,
            sees,
            writes,
            optional: unsure,
            invoke: r.invoke.place(),
            response,
        });
        broken_off[r.session as usize] += usize::from(unsure);
    }
    events
}

fn session_order(events: &[Event], a: usize, b: usize) -> bool {
    a < b && events[a].chain == events[b].chain
}

/// Whether the rest passes for some choice of indeterminate writes that take effect.
fn some_effects(all: &[Event], judge: impl Fn(&[Event]) -> bool) -> bool {
    (0..1u32 << all.iter().filter(|e| e.optional).count()).any(|mask| judge(&with_effects(all, mask)))
}

fn with_effects(all: &[Event], mask: u32) -> Vec<Event> {
    let mut number = 0;
    let takes_part = |event: &&Event| {
        let bit = number;
        number += u32::from(event.optional);
        !event.optional || mask >> bit & 1 == 1
    };
    all.iter().filter(takes_part).cloned().collect()
}

/// Whether some sequence of the operations in `part` respects `before` and explains those that are
/// `checked`, starting with every register absent.
fn some_sequence(
    events: &[Event],
    part: &[usize],
    before: &dyn Fn(usize, usize) -> bool,
    checked: &dyn Fn(usize) -> bool,
) -> bool {
    fn extend(
        events: &[Event],
        left: &mut Vec<usize>,
        states: &mut Vec<(u32, State)>,
        before: &dyn Fn(usize, usize) -> bool,
        checked: &dyn Fn(usize) -> bool,
    ) -> bool {
        if left.is_empty() {
            return true;
        }
        for i in 0..left.len() {
            let next = left[i];
            let event = &events[next];
            let state = states.iter().rev().find(|s| s.0 == event.register).map_or(State::ABSENT, |s| s.1);
            if left.iter().any(|&other| before(other, next)) || checked(next) && !event.is_explained_by(state) {
                continue;
            }
            left.remove(i);
            let depth = states.len();
            states.extend(event.writes.map(|written| (event.register, written)));
            let found = extend(events, left, states, before, checked);
            states.truncate(depth);
            left.insert(i, next);
            if found {
                return true;
            }
        }
        false
    }
    extend(events, &mut part.to_vec(), &mut Vec::new(), before, checked)
}

fn sequential(events: &[Event]) -> bool {
    let all: Vec<usize> = (0..events.len()).collect();
    some_sequence(events, &all, &|a, b| session_order(events, a, b), &|_| true)
}

fn coherent(events: &[Event]) -> bool {
    events.iter().all(|event| {
        let same: Vec<usize> = (0..events.len()).filter(|&i| events[i].register == event.register).collect();
        some_sequence(events, &same, &|a, b| session_order(events, a, b), &|_| true)
    })
}

fn pram(events: &[Event]) -> bool {
    events.iter().all(|observer| {
        let is_own = |i: usize| events[i].chain == observer.chain;
        let part: Vec<usize> = (0..events.len()).filter(|&i| is_own(i) || events[i].writes.is_some()).collect();
        some_sequence(events, &part, &|a, b| session_order(events, a, b), &is_own)
    })
}

/// A strict order as a matrix.
struct Order(Vec<Vec<bool>>);

impl Order {
    fn close(&mut self) {
        let n = self.0.len();
        for k in 0..n {
            for a in 0..n {
                for b in 0..n {
                    self.0[a][b] |= self.0[a][k] && self.0[k][b];
                }
            }
        }
    }

    fn is_strict(&self) -> bool {
        let n = self.0.len();
        let transitive = |a: usize, b: usize| (0..n).all(|k| !(self.0[a][k] && self.0[k][b]) || self.0[a][b]);
        (0..n).all(|a| !self.0[a][a] && (0..n).all(|b| transitive(a, b)))
    }

    /// An operation and all before it.
    fn past(&self, of: usize) -> Vec<usize> {
        (0..self.0.len()).filter(|&i| i == of || self.0[i][of]).collect()
    }
}

/// The source of each operation: a write, or `None` for the initial state and for what is no read.
type Sources = Vec<Option<usize>>;

fn some_sources(events: &[Event], judge: &dyn Fn(&[Event], &Sources) -> bool) -> bool {
    fn choose(events: &[Event], sources: &mut Sources, judge: &dyn Fn(&[Event], &Sources) -> bool) -> bool {
        let read = sources.len();
        if read == events.len() {
            return judge(events, sources);
        }
        let event = &events[read];
        let mut choices: Vec<Option<usize>> = Vec::new();
        if event.is_explained_by(State::ABSENT) {
            choices.push(None);
        }
        if event.sees.is_some() {
            let gives = |w: &usize| {
                let write = &events[*w];
                *w != read
                    && write.register == event.register
                    && write.writes.is_some_and(|state| event.is_explained_by(state))
            };
            choices.extend((0..events.len()).filter(gives).map(Some));
        }
        choices.into_iter().any(|choice| {
            sources.push(choice);
            let found = choose(events, sources, judge);
            sources.pop();
            found
        })
    }
    choose(events, &mut Vec::new(), judge)
}

fn some_causal_order(events: &[Event], judge: fn(&[Event], &Order) -> bool) -> bool {
    some_sources(events, &|events, sources| {
        let n = events.len();
        let mut order = Order(vec![vec![false; n]; n]);
        for (b, source) in sources.iter().enumerate() {
            for a in 0..n {
                order.0[a][b] = session_order(events, a, b) || *source == Some(a);
            }
        }
        order.close();
        order.is_strict() && judge(events, &order)
    })
}

fn explains_each(events: &[Event], order: &Order) -> bool {
    (0..events.len()).all(|o| some_sequence(events, &order.past(o), &|a, b| order.0[a][b], &|i| i == o))
}

fn explains_sessions(events: &[Event], order: &Order) -> bool {
    (0..events.len()).all(|o| {
        let is_own = |i: usize| events[i].chain == events[o].chain;
        some_sequence(events, &order.past(o), &|a, b| order.0[a][b], &is_own)
    })
}

fn some_arbitration(events: &[Event], order: &Order) -> bool {
    let writes: Vec<usize> = (0..events.len()).filter(|&i| events[i].writes.is_some()).collect();
    some_permutation(&writes, &|a, b| order.0[a][b], &mut |arbitration| {
        (0..events.len()).all(|read| {
            let visible = |&&w: &&usize| events[w].register == events[read].register && order.0[w][read];
            let last = arbitration.iter().rev().find(visible);
            events[read].is_explained_by(last.and_then(|&w| events[w].writes).unwrap_or(State::ABSENT))
        })
    })
}

fn some_permutation(
    items: &[usize],
    before: &dyn Fn(usize, usize) -> bool,
    judge: &mut dyn FnMut(&[usize]) -> bool,
) -> bool {
    fn extend(
        left: &mut Vec<usize>,
        taken: &mut Vec<usize>,
        before: &dyn Fn(usize, usize) -> bool,
        judge: &mut dyn FnMut(&[usize]) -> bool,
    ) -> bool {
        if left.is_empty() {
            return judge(taken);
        }
        for i in 0..left.len() {
            let next = left[i];
            if left.iter().any(|&other| before(other, next)) {
                continue;
            }
            taken.push(left.remove(i));
            let found = extend(left, taken, before, judge);
            taken.pop();
            left.insert(i, next);
            if found {
                return true;
            }
        }
        false
    }
    extend(&mut items.to_vec(), &mut Vec::new(), before, judge)
}

/// Whether each read, for some arbitration that extends real time, saw nothing older than what its
/// session had seen by `comes_with`: the writes that come with a write.
fn guarantee(events: &[Event], sources: &Sources, comes_with: fn(&[Event], &Sources, usize) -> Vec<usize>) -> bool {
    (0..events.len()).filter(|&read| events[read].sees.is_some()).all(|read| {
        let register = events[read].register;
        let earlier = (0..=read).filter(|&r| r == read || session_order(events, r, read));
        let seen: Vec<usize> =
            earlier.filter_map(|r| sources[r]).flat_map(|w| comes_with(events, sources, w)).collect();
        let writes: Vec<usize> =
            (0..events.len()).filter(|&w| events[w].writes.is_some() && events[w].register == register).collect();
        let real_time = |a: usize, b: usize| events[a].response < events[b].invoke;
        some_permutation(&writes, &real_time, &mut |arbitration| {
            let visible = |w: &&usize| seen.contains(w) || sources[read] == Some(**w);
            arbitration.iter().rev().find(visible).copied() == sources[read]
        })
    })
}

fn writes_before(events: &[Event], _: &Sources, write: usize) -> Vec<usize> {
    (0..events.len()).filter(|&w| session_order(events, w, write) && events[w].writes.is_some()).collect()
}

fn reads_before(events: &[Event], sources: &Sources, write: usize) -> Vec<usize> {
    let mut come: Vec<usize> = Vec::new();
    let mut from = vec![write];
    while let Some(write) = from.pop() {
        for read in (0..events.len()).filter(|&r| r == write || session_order(events, r, write)) {
            if let Some(source) = sources[read]
                && !come.contains(&source)
            {
                come.push(source);
                from.push(source);
            }
        }
    }
    come
}
