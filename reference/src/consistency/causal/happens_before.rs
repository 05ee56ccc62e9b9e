//! What comes before what: vector clocks over an execution whose sources are chosen.
//!
//! The order is made of each chain's own order, of the edges from a source to its reads (all of
//! them, or those of one observing chain), and of edges that were inferred. A clock has an entry per
//! chain: one more than the greatest operation of the chain that comes before. Only writes keep
//! their clocks. O(operations · chains).

use crate::consistency::causal::execution::{Execution, UNREAD};

/// Whose reads order their source before themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Readers {
    /// Nobody's: the sessions' orders alone.
    Nobody,
    /// Everybody's: causal order.
    All,
    /// Those of one chain: what that session can tell by itself.
    Chain(u32),
}

impl Readers {
    fn include(self, chain: u32) -> bool {
        match self {
            Readers::Nobody => false,
            Readers::All => true,
            Readers::Chain(observer) => observer == chain,
        }
    }
}

/// An inferred edge: `before` comes before `after`, because `read` saw `after` though `before` came
/// before `read`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Edge {
    /// The write overwritten.
    pub(super) before: u32,
    /// The source of the read.
    pub(super) after: u32,
    /// The read.
    pub(super) read: u32,
}

/// Inferred edges, found by the write they lead to.
#[derive(Debug, Default)]
pub(super) struct Edges {
    /// In the order they were inferred: each rests on earlier ones only.
    pub(super) list: Vec<Edge>,
    last_into: Vec<u32>,
    previous: Vec<u32>,
}

const NO_EDGE: u32 = u32::MAX;

impl Edges {
    /// No edges, for an execution of so many operations.
    pub(super) fn none(ops: usize) -> Self {
        Self { list: Vec::new(), last_into: vec![NO_EDGE; ops], previous: Vec::new() }
    }

    /// Adds an edge.
    pub(super) fn push(&mut self, edge: Edge) {
        self.previous.push(self.last_into[edge.after as usize]);
        self.last_into[edge.after as usize] = self.list.len() as u32;
        self.list.push(edge);
    }

    /// The edges into a write, by number, the newest first.
    pub(super) fn into(&self, op: u32) -> impl Iterator<Item = u32> + '_ {
        let first = self.last_into.get(op as usize).copied().unwrap_or(NO_EDGE);
        std::iter::successors((first != NO_EDGE).then_some(first), |&edge| {
            let before = self.previous[edge as usize];
            (before != NO_EDGE).then_some(before)
        })
    }
}

/// The order in force.
#[derive(Clone, Copy)]
pub(super) struct Order<'a> {
    /// Whose reads count.
    pub(super) readers: Readers,
    /// What was inferred so far.
    pub(super) edges: &'a Edges,
}

impl Order<'_> {
    /// The source that an operation comes after because it read it.
    pub(super) fn source_before(&self, execution: &Execution<'_>, op: usize) -> Option<u32> {
        let source = execution.source[op];
        (source < UNREAD && self.readers.include(execution.ops[op].chain)).then_some(source)
    }
}

/// The clocks of all writes.
pub(super) struct Clocks {
    width: usize,
    row_of: Vec<u32>,
    rows: Vec<u32>,
    /// The place of each operation in one order that extends the execution's; close to the order of
    /// invocations.
    pub(super) place: Vec<u32>,
}

/// A cycle, as corners `(operation, blocker)`: the blocker comes right before the operation (as its
/// source or by an inferred edge), and the next corner's operation is the blocker or comes before it
/// in its chain. After the last corner comes the first.
#[derive(Debug)]
pub(super) struct Cycle(pub(super) Vec<(u32, u32)>);

impl Clocks {
    /// Computes the clocks.
    ///
    /// # Errors
    /// The operations at the corners of a cycle, when the order is none.
    pub(super) fn new(execution: &Execution<'_>, order: Order<'_>) -> Result<Self, Cycle> {
        let mut pass = Pass::new(execution, order);
        for record in 0..execution.op_of_record.len() {
            let op = execution.op_of_record[record];
            if op == UNREAD {
                continue;
            }
            pass.at_record = record as u32;
            pass.advance(execution.ops[op as usize].chain as usize, op);
            while let Some(chain) = pass.woken.pop() {
                pass.advance(chain as usize, u32::MAX);
            }
        }
        match pass.waits_for.iter().position(|&op| op != UNREAD) {
            None => Ok(pass.clocks),
            Some(chain) => Err(pass.cycle(chain)),
        }
    }

    /// The clock of a present write, itself included.
    pub(super) fn of(&self, write: u32) -> &[u32] {
        let row = self.row_of[write as usize] as usize * self.width;
        &self.rows[row..row + self.width]
    }

    /// Whether write `a` comes before write `b`, or is it.
    pub(super) fn ordered(&self, execution: &Execution<'_>, a: u32, b: u32) -> bool {
        self.of(b)[execution.ops[a as usize].chain as usize] > a
    }
}

/// Takes `clock` to the join of itself and `other`.
pub(super) fn join(clock: &mut [u32], other: &[u32]) {
    for (entry, &o) in clock.iter_mut().zip(other) {
        *entry = (*entry).max(o);
    }
}

/// One pass over all operations in the order of invocations. A chain waits where its next operation
/// comes after one that is not done.
struct Pass<'a, 'h> {
    execution: &'a Execution<'h>,
    order: Order<'a>,
    clocks: Clocks,
    /// The clock of each chain's end so far.
    current: Vec<u32>,
    /// The next operation of each chain.
    next: Vec<u32>,
    /// What each chain waits for, or [`UNREAD`].
    waits_for: Vec<u32>,
    /// The chains that wait for an operation of each chain.
    waiting: Vec<Vec<u32>>,
    woken: Vec<u32>,
    done: u32,
    /// How far the loop over the records is.
    at_record: u32,
}

impl<'a, 'h> Pass<'a, 'h> {
    fn new(execution: &'a Execution<'h>, order: Order<'a>) -> Self {
        let width = execution.chain_count();
        let writes = execution.ops.iter().filter(|op| op.is_write()).count();
        let clocks = Clocks {
            width,
            row_of: vec![NO_EDGE; execution.ops.len()],
            rows: Vec::with_capacity(writes * width),
            place: vec![0; execution.ops.len()],
        };
        Self {
            execution,
            order,
            clocks,
            current: vec![0; width * width],
            next: execution.chain_starts[..width].to_vec(),
            waits_for: vec![UNREAD; width],
            waiting: vec![Vec::new(); width],
            woken: Vec::new(),
            done: 0,
            at_record: 0,
        }
    }

    /// Does the chain's operations up to `last`, or while it need not wait. A chain that was woken
    /// goes on to where the pass would be without the wait.
    fn advance(&mut self, chain: usize, last: u32) {
        if self.waits_for[chain] != UNREAD {
            return;
        }
        let end = self.execution.chain_starts[chain + 1];
        while self.next[chain] < end && self.next[chain] <= last {
            let op = self.next[chain];
            if last == u32::MAX && self.is_ahead(op) {
                return;
            }
            if let Some(blocker) = self.blocker(op) {
                self.waits_for[chain] = blocker;
                self.waiting[self.execution.ops[blocker as usize].chain as usize].push(chain as u32);
                return;
            }
            self.do_one(op, chain);
            self.next[chain] = op + 1;
            if !self.waiting[chain].is_empty() {
                self.wake(chain);
            }
        }
    }

    /// Whether the loop over the records will come to this operation by itself.
    fn is_ahead(&self, op: u32) -> bool {
        self.execution.ops[op as usize].record > self.at_record
    }

    fn is_done(&self, op: u32) -> bool {
        self.next[self.execution.ops[op as usize].chain as usize] > op
    }

    fn blocker(&self, op: u32) -> Option<u32> {
        if self.execution.is_left_out(op as usize) {
            return None;
        }
        let source = self.order.source_before(self.execution, op as usize);
        let inferred = self.order.edges.into(op).map(|edge| self.order.edges.list[edge as usize].before);
        source.into_iter().chain(inferred).find(|&before| !self.is_done(before))
    }

    fn do_one(&mut self, op: u32, chain: usize) {
        let width = self.clocks.width;
        let clock = &mut self.current[chain * width..(chain + 1) * width];
        if self.execution.is_left_out(op as usize) {
            return;
        }
        let source = self.order.source_before(self.execution, op as usize);
        let inferred = self.order.edges.into(op).map(|edge| self.order.edges.list[edge as usize].before);
        for before in source.into_iter().chain(inferred) {
            if clock[self.execution.ops[before as usize].chain as usize] <= before {
                join(clock, self.clocks.of(before));
            }
        }
        self.clocks.place[op as usize] = self.done;
        self.done += 1;
        if self.execution.ops[op as usize].is_write() {
            clock[chain] = op + 1;
            self.clocks.row_of[op as usize] = (self.clocks.rows.len() / width) as u32;
            self.clocks.rows.extend_from_slice(clock);
        }
    }

    fn wake(&mut self, chain: usize) {
        let waiting = std::mem::take(&mut self.waiting[chain]);
        for waiter in waiting {
            if self.is_done(self.waits_for[waiter as usize]) {
                self.waits_for[waiter as usize] = UNREAD;
                self.woken.push(waiter);
            } else {
                self.waiting[chain].push(waiter);
            }
        }
    }

    /// Follows who waits for whom from a chain that waits, until it comes round.
    fn cycle(&self, mut chain: usize) -> Cycle {
        let mut seen = vec![false; self.waits_for.len()];
        while !std::mem::replace(&mut seen[chain], true) {
            chain = self.execution.ops[self.waits_for[chain] as usize].chain as usize;
        }
        let first = chain;
        let mut corners = Vec::new();
        loop {
            corners.push((self.next[chain], self.waits_for[chain]));
            chain = self.execution.ops[self.waits_for[chain] as usize].chain as usize;
            if chain == first {
                return Cycle(corners);
            }
        }
    }
}
