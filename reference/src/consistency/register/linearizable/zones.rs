//! Zones: two numbers say all about a value and its reads (Gibbons, Korach 1997).
//!
//! The **cluster** of a value is its write and all its reads. Let *min* be its earliest response
//! and *max* its latest invocation. When min < max, the value is certainly there from min to max
//! (a forward zone); else one instant between max and min is enough for all of the cluster (a
//! backward zone).
//!
//! ```text
//! forward:   |--set 1--|     |--get 1--|        backward:  |-----set 1-----|
//!                      min...max                               |--get 1------|
//!                                                              max.........min
//! ```
//!
//! Cluster A must come before B when something in A ended before something in B began: A.min <
//! B.max. The register is linearizable if and only if no two clusters must each come before the
//! other (and no read precedes its write). Longer cycles need not be sought: in a cycle take the
//! cluster with the least min, A, and its predecessor P. P.min < A.max since P is before A; A.min
//! <= Q.min < P.max for the predecessor Q of P; so A and P are such a pair.
//!
//! Both passes follow the records. The first finds min and max. The second goes back in time and
//! meets the clusters in the order of max, descending. The forward zone met last, F, is the one
//! that ends next; as long as no conflict was found forward zones are disjoint, so that F is the
//! only one that can conflict with a cluster whose max is less than F's.

use std::collections::HashMap;

use crate::history::{History, Kind, NEVER, Outcome, Rank, Record, State};

/// The zone of the cluster of one value of one register.
#[derive(Debug, Clone, Copy)]
pub(super) struct ZoneOfValue {
    register: u32,
    /// Invocation of the write; [`NEVER`] when there is none.
    pub(super) written_from: u32,
    /// The earliest response.
    pub(super) min: u32,
    /// The latest invocation.
    pub(super) max: u32,
}

const EMPTY: ZoneOfValue = ZoneOfValue { register: NEVER, written_from: NEVER, min: NEVER, max: 0 };

/// What is known of one register.
#[derive(Debug, Clone, Copy)]
struct Register {
    /// The latest invocation of a read of absence: until then the initial state was there.
    absent_until: u32,
    /// Whether zones are not enough: deletes, swaps, reads of «some value», repeated values.
    hard: bool,
    /// The forward zone that ends next.
    next_min: u32,
    next_max: u32,
}

/// What the first pass finds.
#[derive(Debug)]
pub(super) struct Scan {
    clusters: Vec<ZoneOfValue>,
    /// The same value in a second register.
    other_registers: HashMap<(u32, u32), ZoneOfValue>,
    registers: Vec<Register>,
}

/// Two clusters that must each come before the other, or one that cannot be by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Conflict {
    /// Two values of a register.
    Values {
        /// The register.
        register: u32,
        /// The value whose cluster begins later.
        first: State,
        /// The other.
        second: State,
    },
    /// A value was there for certain before a read of the initial absence began.
    Absence {
        /// The register.
        register: u32,
        /// The value.
        value: State,
    },
    /// A read responded before the write of its value began, or nobody wrote it.
    Unwritten {
        /// The register.
        register: u32,
        /// The value.
        value: State,
    },
}

impl Scan {
    /// The first pass. O(n).
    pub(super) fn of(history: &History) -> Self {
        let register = Register { absent_until: 0, hard: false, next_min: NEVER, next_max: 0 };
        let mut scan = Self {
            clusters: vec![EMPTY; history.values().len()],
            other_registers: HashMap::new(),
            registers: vec![register; history.registers().len()],
        };
        for record in history.records() {
            if is_plain(record) && record.outcome == Outcome::Ok {
                scan.add(record, record.response.place());
            } else {
                scan.add_rare(record);
            }
        }
        // Zones know of ranks alone.
        for handover in history.handovers() {
            for &i in handover {
                scan.registers[history.records()[i as usize].register as usize].hard = true;
            }
        }
        scan
    }

    #[inline(always)]
    fn add(&mut self, record: &Record, response: u32) {
        // Without branches that depend on the data: which operation comes next is not predictable.
        let mut cluster = &mut self.clusters[record.operand.state().index()];
        if (cluster.register != record.register) & (cluster.register != NEVER) {
            cluster = self.other_registers.entry((record.register, record.operand.state().number())).or_insert(EMPTY);
        }
        cluster.register = record.register;
        cluster.min = cluster.min.min(response);
        cluster.max = record.invoke.place();
        let writes = record.kind == Kind::Set;
        if writes & (cluster.written_from != NEVER) {
            self.registers[record.register as usize].hard = true;
        }
        cluster.written_from = cluster.written_from.min(if writes { record.invoke.place() } else { NEVER });
    }

    #[cold]
    fn add_rare(&mut self, record: &Record) {
        match (record.kind, record.outcome) {
            (_, Outcome::Failed) => {}
            (Kind::Get | Kind::Exists | Kind::List, Outcome::Ok) if record.operand.state() == State::ABSENT => {
                self.registers[record.register as usize].absent_until = record.invoke.place();
            }
            (Kind::Exists | Kind::List, Outcome::Ok)
            | (Kind::Delete | Kind::CompareAndSwap | Kind::Increment | Kind::Swap, _) => {
                self.registers[record.register as usize].hard = true;
            }
            (Kind::Get | Kind::Exists | Kind::List | Kind::CasNew | Kind::CasCurrent, _) => {}
            (Kind::Set, _) => self.add(record, NEVER),
        }
    }

    /// The second pass: a conflict in a register that zones settle, if there is one. O(n).
    pub(super) fn conflict(&mut self, history: &History) -> Option<Conflict> {
        if self.registers.iter().all(|register| register.hard) {
            return None;
        }
        for record in history.records().iter().rev() {
            if !is_plain(record) {
                continue;
            }
            let mut cluster = self.clusters[record.operand.state().index()];
            if cluster.register != record.register {
                match self.other_registers.get(&(record.register, record.operand.state().number())) {
                    Some(other) => cluster = *other,
                    None => continue,
                }
            }
            let register = &mut self.registers[record.register as usize];
            let is_last = cluster.max == record.invoke.place();
            let overlaps = (register.next_min < cluster.max) & (cluster.min < register.next_max);
            let outdates = cluster.min < register.absent_until;
            let unwritten = cluster.min < cluster.written_from;
            if is_last & (overlaps | outdates | unwritten) & !register.hard {
                let later = register.next_max;
                return Some(self.name_conflict(history, record, unwritten, outdates, later));
            }
            let is_forward = is_last & (cluster.min < cluster.max);
            register.next_min = if is_forward { cluster.min } else { register.next_min };
            register.next_max = if is_forward { cluster.max } else { register.next_max };
        }
        None
    }

    #[cold]
    fn name_conflict(&self, history: &History, at: &Record, unwritten: bool, outdates: bool, later: u32) -> Conflict {
        let (register, value) = (at.register, at.operand);
        if unwritten {
            return Conflict::Unwritten { register, value: value.state() };
        }
        if outdates {
            return Conflict::Absence { register, value: value.state() };
        }
        let i = history.records().partition_point(|r| r.invoke < Rank::at(later));
        Conflict::Values { register, first: history.records()[i].operand.state(), second: value.state() }
    }

    /// Whether the register needs more than zones.
    pub(super) fn is_hard(&self, register: u32) -> bool {
        self.registers[register as usize].hard
    }
}

/// A set or get of a value: the only operations that make clusters.
#[inline(always)]
fn is_plain(record: &Record) -> bool {
    matches!(record.kind, Kind::Get | Kind::Set) & (record.operand.state() != State::ABSENT)
}
