//! Walks over the reads of a chain, with the last writes of the register that come before each.

use crate::consistency::causal::execution::{Execution, INITIAL, UNREAD};
use crate::consistency::causal::happens_before::{Clocks, Order, join};

/// The writes of each register, chain by chain.
pub(super) struct Segments {
    /// The first segment of each register, and at the end their number.
    of_register: Vec<u32>,
    list: Vec<Segment>,
    writes: Vec<u32>,
}

/// The writes of one register by one chain.
#[derive(Debug, Clone, Copy)]
struct Segment {
    chain: u32,
    start: u32,
    end: u32,
}

impl Segments {
    /// Sorts the present writes. O(operations).
    pub(super) fn new(execution: &Execution<'_>) -> Self {
        Self::sorted(execution, |&op| execution.is_present_write(op))
    }

    /// Sorts all writes, those too that are not known to take effect.
    pub(super) fn of_all_writes(execution: &Execution<'_>) -> Self {
        Self::sorted(execution, |&op| execution.ops[op].is_write())
    }

    /// Per chain that has any, the last write of the register before a clock.
    pub(super) fn last_before<'a>(&'a self, register: usize, clock: &'a [u32]) -> impl Iterator<Item = u32> + 'a {
        let segments = self.of_register[register] as usize..self.of_register[register + 1] as usize;
        self.list[segments].iter().filter_map(move |segment| {
            let writes = &self.writes[segment.start as usize..segment.end as usize];
            let before = writes.partition_point(|&write| write < clock[segment.chain as usize]);
            before.checked_sub(1).map(|last| writes[last])
        })
    }

    fn sorted(execution: &Execution<'_>, present: impl Fn(&usize) -> bool + Copy) -> Self {
        let registers = execution.history.registers().len();
        let mut starts = vec![0u32; registers + 1];
        for op in (0..execution.ops.len()).filter(present) {
            starts[execution.ops[op].register as usize + 1] += 1;
        }
        for register in 0..registers {
            starts[register + 1] += starts[register];
        }
        let mut next = starts.clone();
        let mut writes = vec![0u32; starts[registers] as usize];
        for op in (0..execution.ops.len()).filter(present) {
            let slot = &mut next[execution.ops[op].register as usize];
            writes[*slot as usize] = op as u32;
            *slot += 1;
        }
        let (mut of_register, mut list): (Vec<u32>, Vec<Segment>) = (Vec::new(), Vec::new());
        for register in 0..registers {
            of_register.push(list.len() as u32);
            let first = list.len();
            for at in starts[register]..starts[register + 1] {
                let chain = execution.ops[writes[at as usize] as usize].chain;
                match list[first..].last_mut() {
                    Some(segment) if segment.chain == chain => segment.end = at + 1,
                    _ => list.push(Segment { chain, start: at, end: at + 1 }),
                }
            }
        }
        of_register.push(list.len() as u32);
        Self { of_register, list, writes }
    }
}

/// What one read of a chain has before it.
pub(super) struct Visit<'a> {
    /// The read.
    pub(super) read: u32,
    /// Its source; may be [`INITIAL`].
    pub(super) source: u32,
    /// Per chain that has any: the last write of the register that comes before the read.
    pub(super) last_writes: &'a [LastWrite],
}

/// The last write of a register, by one chain, that comes before a read.
#[derive(Debug, Clone, Copy)]
pub(super) struct LastWrite {
    /// The write.
    pub(super) write: u32,
    /// Its chain.
    pub(super) chain: u32,
    /// Whether it is another than at the last read of the register in the read's chain.
    pub(super) is_new: bool,
}

/// Walks over the reads of one chain after another.
pub(super) struct Walk<'a, 'h> {
    execution: &'a Execution<'h>,
    segments: &'a Segments,
    next: Vec<u32>,
    clock: Vec<u32>,
    last_writes: Vec<LastWrite>,
}

impl<'a, 'h> Walk<'a, 'h> {
    /// A walk over an execution.
    pub(super) fn new(execution: &'a Execution<'h>, segments: &'a Segments) -> Self {
        let clock = vec![0; execution.chain_count()];
        Self { execution, segments, next: Vec::new(), clock, last_writes: Vec::new() }
    }

    /// Visits the reads of a chain in its order; stops when `visit` fails.
    ///
    /// # Errors
    /// That of `visit`.
    pub(super) fn chain<E>(
        &mut self,
        chain: usize,
        clocks: &Clocks,
        order: Order<'_>,
        mut visit: impl FnMut(Visit<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        self.clock.fill(0);
        self.next.clear();
        self.next.extend(self.segments.list.iter().map(|segment| segment.start));
        for op in self.execution.chain(chain) {
            if self.execution.is_left_out(op) {
                continue;
            }
            let source = self.execution.source[op];
            let inferred = order.edges.into(op as u32).map(|edge| order.edges.list[edge as usize].before);
            for before in (source < UNREAD).then_some(source).into_iter().chain(inferred) {
                if self.clock[self.execution.ops[before as usize].chain as usize] <= before {
                    join(&mut self.clock, clocks.of(before));
                }
            }
            self.clock[chain] = op as u32;
            if source != UNREAD {
                self.find_last_writes(self.execution.ops[op].register as usize);
                visit(Visit { read: op as u32, source, last_writes: &self.last_writes })?;
            }
        }
        Ok(())
    }

    fn find_last_writes(&mut self, register: usize) {
        let segments = self.segments.of_register[register] as usize..self.segments.of_register[register + 1] as usize;
        self.last_writes.clear();
        for (segment, next) in self.segments.list[segments.clone()].iter().zip(&mut self.next[segments]) {
            let before = *next;
            let limit = self.clock[segment.chain as usize];
            while *next < segment.end && self.segments.writes[*next as usize] < limit {
                *next += 1;
            }
            if *next > segment.start {
                let (write, chain) = (self.segments.writes[*next as usize - 1], segment.chain);
                self.last_writes.push(LastWrite { write, chain, is_new: *next != before });
            }
        }
    }
}

/// Whether a read could have given the level away: a write of another chain comes before it.
pub(super) fn is_exercised(execution: &Execution<'_>, visit: &Visit<'_>) -> bool {
    let own = execution.ops[visit.read as usize].chain;
    visit.source != UNREAD && visit.last_writes.iter().any(|last| last.chain != own)
}

/// Whether a read saw the initial state though a write of its register comes before it.
pub(super) fn missed_write(visit: &Visit<'_>) -> Option<u32> {
    if visit.source == INITIAL { visit.last_writes.first().map(|last| last.write) } else { None }
}
