//! Absence is one state written many times: by every delete, and at the start.
//!
//! Values are unique here, so their clusters have zones (see [`super::zones`]). The forward zones
//! are fixed: the register certainly holds that value from min to max. Everything else must find
//! an instant outside the forward zones: a cluster with a backward zone, a delete, a read of
//! absence. Each has a **window**, clipped at the forward zones it starts or ends in.
//!
//! ```text
//! time         ----------------------------------------------->
//! forward      [==v1==]             [====v2====]
//! delete           (..|-----------|..)              clipped at both ends
//! get absent             |------|                   must lie after the delete
//! state        v1      v1   absent   v2
//! ```
//!
//! What is left is a question of one bit. A sweep in time decides as late as it may. The bit is on
//! while the register is absent. A delete is placed at its deadline (on), a value at its deadline
//! (off), a forward zone turns the bit off. A read of absence that starts while the bit is on, and a
//! value that starts while it is off, are served at once, at no cost. When a read of absence comes
//! to its deadline unserved, the waiting delete with the earliest deadline is placed for it; when
//! none waits, no order exists. A value that waits when a delete is placed goes just before it, at
//! no cost. Indeterminate deletes have no deadline and are never placed but for a reader.
//!
//! Late is best: turning the bit off earlier than a deadline serves no read of absence, and turning
//! it on earlier than a reader's deadline serves only readers which still wait at that deadline or
//! were served anyway. The agreement tests compare the sweep with all orders tried.
//!
//! A read of «some value» (`exists`: true) is served by a forward zone that it meets. Else the sweep
//! tries to serve it, with a waiting value at the read's deadline. That may be wrong for a later
//! read of absence; where the sweep with them finds no order and the sweep without them does, the
//! exact search decides.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::clusters::{Cluster, Verdict};
use super::operations::Operation;
use crate::history::effect::Seen;
use crate::history::{NEVER, State};

/// Judges a register of unique values with deletes; `None` when the search has to decide.
/// O(n log n).
pub(super) fn decide(operations: &[Operation], clusters: &[Cluster]) -> Option<Verdict> {
    let forward = match forward_zones(clusters) {
        Ok(zones) => zones,
        Err(core) => return Some(Verdict::Broken(core)),
    };
    let windows = match windows(operations, clusters, &forward) {
        Ok(windows) => windows,
        Err(core) => return Some(Verdict::Broken(core)),
    };
    let events = events(&windows, &forward);
    let seeks_presence = windows.iter().any(|w| w.kind == Kind::Presence);
    match Sweep::new(&windows, true).run(&events) {
        Ok(()) => Some(Verdict::Linearizable),
        Err(at) if !seeks_presence => Some(Verdict::Broken(core_of(&windows[at], &forward, clusters))),
        Err(_) => match Sweep::new(&windows, false).run(&events) {
            Ok(()) => None,
            Err(at) => Some(Verdict::Broken(core_of(&windows[at], &forward, clusters))),
        },
    }
}

/// When a value is certainly there.
#[derive(Debug, Clone, Copy)]
struct Zone {
    min: u32,
    max: u32,
    state: State,
}

/// Disjoint, in order of time; else the operations of two that overlap.
fn forward_zones(clusters: &[Cluster]) -> Result<Vec<Zone>, Vec<usize>> {
    let mut zones: Vec<Zone> = Vec::new();
    for (state, cluster) in clusters.iter().enumerate().skip(1) {
        if cluster.is_used() && cluster.writers <= 1 && cluster.min < cluster.max {
            zones.push(Zone { min: cluster.min, max: cluster.max, state: State::value(state as u32) });
        }
    }
    zones.sort_unstable_by_key(|zone| zone.min);
    match zones.windows(2).find(|pair| pair[0].max > pair[1].min) {
        Some(pair) => Err(pair.iter().flat_map(|zone| clusters[zone.state.index()].ends()).collect()),
        None => Ok(zones),
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Delete,
    Absence,
    Value,
    Presence,
}

/// Where one instant has to be found.
#[derive(Debug, Clone, Copy)]
struct Window {
    from: u32,
    to: u32,
    kind: Kind,
    operation: u32,
}

fn windows(operations: &[Operation], clusters: &[Cluster], forward: &[Zone]) -> Result<Vec<Window>, Vec<usize>> {
    let mut windows = Vec::new();
    // All windows start at the invocation at hand, so that the zone to look at only moves on.
    let mut next = 0;
    for (i, operation) in operations.iter().enumerate() {
        while forward.get(next).is_some_and(|zone| zone.max < operation.invoke) {
            next += 1;
        }
        let (from, to, kind) = match (operation.sees, operation.writes) {
            (_, Some(State::ABSENT)) => (operation.invoke, operation.response, Kind::Delete),
            (_, Some(state)) if clusters[state.index()].writers > 1 => {
                // Nobody asks for this value: each of its writes is a cluster of its own.
                (operation.invoke, operation.response, Kind::Value)
            }
            (Seen::State(State::ABSENT), None) => (operation.invoke, operation.response, Kind::Absence),
            (Seen::State(state), None) | (_, Some(state)) => {
                let cluster = &clusters[state.index()];
                if cluster.max_at != i as u32 || cluster.min < cluster.max {
                    continue;
                }
                (cluster.max, cluster.min, Kind::Value)
            }
            (Seen::Present, None) => {
                if forward.get(next).is_some_and(|zone| zone.min < operation.response) {
                    continue;
                }
                (operation.invoke, operation.response, Kind::Presence)
            }
            (Seen::Nothing | Seen::Not(_), None) => continue,
        };
        let window = clip(Window { from, to, kind, operation: i as u32 }, &forward[next..]);
        if window.from > window.to {
            return Err(core_of(&window, forward, clusters));
        }
        windows.push(window);
    }
    Ok(windows)
}

/// Takes away what lies in the forward zones in which the window starts or ends; `forward` are those
/// that end after it starts.
fn clip(mut window: Window, forward: &[Zone]) -> Window {
    let (start, end) = (window.from, window.to);
    if let Some(zone) = forward.first().filter(|zone| zone.min < start) {
        window.from = zone.max;
    }
    if end != NEVER
        && let Some(zone) = forward.iter().find(|zone| zone.max > end).filter(|zone| zone.min < end)
    {
        window.to = zone.min;
    }
    window
}

/// The operation of a window that finds no instant, and the forward zones about it.
fn core_of(window: &Window, forward: &[Zone], clusters: &[Cluster]) -> Vec<usize> {
    let next = forward.partition_point(|zone| zone.max < window.from.min(window.to));
    let about = &forward[next.saturating_sub(1)..forward.len().min(next + 2)];
    let mut core: Vec<usize> = about.iter().flat_map(|zone| clusters[zone.state.index()].ends()).collect();
    core.push(window.operation as usize);
    core
}

/// The order of what happens at one rank: deadlines come before the forward zone that caused them.
mod order {
    pub(super) const DELETE_DUE: u64 = 0;
    pub(super) const ABSENCE_DUE: u64 = 1;
    pub(super) const VALUE_DUE: u64 = 2;
    pub(super) const PRESENCE_DUE: u64 = 3;
    pub(super) const FORWARD: u64 = 4;
    pub(super) const START: u64 = 5;
}

/// Rank, order and window in one number each, sorted.
fn events(windows: &[Window], forward: &[Zone]) -> Vec<u64> {
    let event = |rank: u32, order: u64, window: usize| u64::from(rank) << 32 | order << 29 | window as u64;
    let mut events = Vec::with_capacity(windows.len() * 2 + forward.len());
    for (i, window) in windows.iter().enumerate() {
        let due = match window.kind {
            Kind::Delete => order::DELETE_DUE,
            Kind::Absence => order::ABSENCE_DUE,
            Kind::Value => order::VALUE_DUE,
            Kind::Presence => order::PRESENCE_DUE,
        };
        events.push(event(window.from, order::START, i));
        if window.to != NEVER {
            events.push(event(window.to, due, i));
        }
    }
    events.extend(forward.iter().map(|zone| event(zone.min, order::FORWARD, 0)));
    events.sort_unstable();
    events
}

/// One sweep. Moments are numbers of events, from 1.
struct Sweep<'w> {
    windows: &'w [Window],
    serves_presence: bool,
    /// Whether the register is absent now.
    absent: bool,
    turned_on: u32,
    turned_off: u32,
    /// How many values wait.
    waiting_values: u32,
    waiting_deletes: BinaryHeap<Reverse<(u32, u32)>>,
    /// When each window began to wait; [`SERVED`] when it need not any more.
    waits_since: Vec<u32>,
}

const SERVED: u32 = 0;

impl<'w> Sweep<'w> {
    fn new(windows: &'w [Window], serves_presence: bool) -> Self {
        Self {
            windows,
            serves_presence,
            absent: true,
            turned_on: 0,
            turned_off: 0,
            waiting_values: 0,
            waiting_deletes: BinaryHeap::new(),
            waits_since: vec![SERVED; windows.len()],
        }
    }

    /// # Errors
    /// The window that found no instant.
    fn run(mut self, events: &[u64]) -> Result<(), usize> {
        for (now, event) in (1u32..).zip(events) {
            let window = (event & ((1 << 29) - 1)) as usize;
            match event >> 29 & 7 {
                order::START => self.start(window, now),
                order::DELETE_DUE if self.waits_since[window] != SERVED => self.delete(window, now),
                order::ABSENCE_DUE if self.waits_since[window] > self.turned_on => {
                    let delete = self.next_delete().ok_or(window)?;
                    self.delete(delete, now);
                }
                order::VALUE_DUE if self.waits_since[window] > self.turned_off => self.turn_off(now),
                order::PRESENCE_DUE if self.serves_presence && self.waits_since[window] > self.turned_off => {
                    if self.waiting_values == 0 {
                        return Err(window);
                    }
                    self.turn_off(now);
                }
                order::FORWARD => self.turn_off(now),
                _ => {}
            }
        }
        Ok(())
    }

    fn start(&mut self, window: usize, now: u32) {
        let Window { kind, to, .. } = self.windows[window];
        let waits = match kind {
            Kind::Delete => true,
            Kind::Absence => !self.absent,
            Kind::Value | Kind::Presence => self.absent,
        };
        if !waits {
            return;
        }
        self.waits_since[window] = now;
        match kind {
            Kind::Delete => self.waiting_deletes.push(Reverse((to, window as u32))),
            Kind::Value => self.waiting_values += 1,
            Kind::Absence | Kind::Presence => {}
        }
    }

    fn next_delete(&mut self) -> Option<usize> {
        while let Some(Reverse((_, window))) = self.waiting_deletes.pop() {
            if self.waits_since[window as usize] != SERVED {
                return Some(window as usize);
            }
        }
        None
    }

    /// Places a delete, and the waiting values just before it.
    fn delete(&mut self, window: usize, now: u32) {
        if self.waiting_values > 0 {
            self.turn_off(now);
        }
        self.waits_since[window] = SERVED;
        self.absent = true;
        self.turned_on = now;
    }

    /// Places the waiting values, or begins a forward zone.
    fn turn_off(&mut self, now: u32) {
        self.absent = false;
        self.turned_off = now;
        self.waiting_values = 0;
    }
}
