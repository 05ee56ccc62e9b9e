//! Who wrote each state: the reads-from relation, shared by the levels.
//!
//! Built in one pass over the records. A state that one operation wrote is answered from a table
//! of 16 bytes a value. States with several writers (repeated values, absence, «some value») are
//! lists in the order of invocation, each item with the greatest response up to it, so that «is
//! there a writer begun before `b` that had not ended at `a`» is one binary search.

use std::collections::HashMap;

use crate::history::effect::{Seen, effective_response, seen, swaps_for_itself, written};
use crate::history::{History, Kind, NEVER, Outcome, Rank, Record, State};

/// One write that took effect or may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Writer {
    /// Index of the record.
    pub(crate) record: u32,
    /// Rank of its invocation.
    pub(crate) invoke: u32,
    /// Rank by which it certainly took effect; [`NEVER`] for an indeterminate write.
    pub(crate) response: u32,
}

/// All writers of one state of one register, in the order of invocation.
#[derive(Debug, Clone, Default)]
pub(crate) struct WriterList {
    writers: Vec<(Writer, u32)>,
}

impl WriterList {
    fn push(&mut self, writer: Writer) {
        let before = self.writers.last().map_or(0, |last| last.1);
        self.writers.push((writer, before.max(writer.response)));
    }

    /// The writers invoked before `bound`.
    pub(crate) fn begun_before(&self, bound: u32) -> impl DoubleEndedIterator<Item = Writer> + '_ {
        let end = self.writers.partition_point(|(writer, _)| writer.invoke < bound);
        self.writers[..end].iter().map(|(writer, _)| *writer)
    }

    /// The writers invoked before `bound`, but for those before the first that had not ended at
    /// `floor`.
    pub(crate) fn begun_before_from(&self, bound: u32, floor: u32) -> impl Iterator<Item = Writer> + '_ {
        let start = self.writers.partition_point(|(_, greatest)| *greatest < floor);
        self.writers[start..].iter().map(|(writer, _)| *writer).take_while(move |writer| writer.invoke < bound)
    }

    /// The earliest begun of the writers that had not ended at `floor`.
    pub(crate) fn first_open_at(&self, floor: u32) -> Option<Writer> {
        let i = self.writers.partition_point(|(_, greatest)| *greatest < floor);
        self.writers.get(i).map(|(writer, _)| *writer)
    }

    /// The greatest response of the writers invoked before `bound`; `None` when there is none.
    pub(crate) fn greatest_response_before(&self, bound: u32) -> Option<u32> {
        let end = self.writers.partition_point(|(writer, _)| writer.invoke < bound);
        end.checked_sub(1).map(|last| self.writers[last].1)
    }
}

/// One row of the table of values.
#[derive(Debug, Clone, Copy)]
struct Slot {
    register: u32,
    writer: Writer,
}

const EMPTY: Slot = Slot { register: NEVER, writer: Writer { record: NEVER, invoke: NEVER, response: NEVER } };
/// In `Slot::writer.record`: there are several writers; `invoke` is the index of their list.
const SEVERAL: u32 = NEVER - 1;

/// The writers of one state of a register. Absence has the initial state besides.
#[derive(Debug, Clone, Copy)]
pub(crate) enum WritersOf<'a> {
    /// Nobody wrote it.
    Nobody,
    /// One operation.
    One(Writer),
    /// Several.
    Several(&'a WriterList),
}

impl<'a> WritersOf<'a> {
    /// The writers invoked before `bound`, in order, but for the one invoked at `own`.
    pub(crate) fn others_begun_before(self, bound: u32, own: u32) -> impl Iterator<Item = Writer> + 'a {
        let (one, several) = match self {
            WritersOf::Nobody => (None, None),
            WritersOf::One(writer) => (Some(writer).filter(|w| w.invoke < bound), None),
            WritersOf::Several(list) => (None, Some(list.begun_before(bound))),
        };
        one.into_iter().chain(several.into_iter().flatten()).filter(move |writer| writer.invoke != own)
    }
}

/// The index from register and state to writers.
#[derive(Debug)]
pub(crate) struct Writers {
    slots: Vec<Slot>,
    /// The same value in a second register.
    other_registers: HashMap<(u32, State), Slot>,
    repeated: Vec<WriterList>,
    deletes: Vec<WriterList>,
    values: Vec<WriterList>,
}

impl Writers {
    /// Indexes all writes of the history but those that certainly failed. O(n).
    pub(crate) fn of(history: &History) -> Self {
        let mut writers = Self {
            slots: vec![EMPTY; history.values().len()],
            other_registers: HashMap::new(),
            repeated: Vec::new(),
            deletes: Vec::new(),
            values: Vec::new(),
        };
        let mut needs_values = false;
        for (i, record) in history.records().iter().enumerate() {
            if record.kind == Kind::Get {
                continue;
            }
            let writer = Writer {
                record: i as u32,
                invoke: record.invoke.place(),
                response: effective_response(record).place(),
            };
            if record.kind == Kind::Set && record.outcome == Outcome::Ok {
                writers.push_value(record.register, record.operand.state(), writer);
                continue;
            }
            needs_values |= matches!(seen(history, record), Seen::Present | Seen::Not(_));
            match written(history, record) {
                None => {}
                Some(State::ABSENT) => {
                    writers.deletes.resize(history.registers().len(), WriterList::default());
                    writers.deletes[record.register as usize].push(writer);
                }
                Some(value) => writers.push_value(record.register, value, writer),
            }
        }
        if needs_values {
            writers.list_values(history);
        }
        writers
    }

    #[inline(always)]
    fn push_value(&mut self, register: u32, value: State, writer: Writer) {
        let slot = &mut self.slots[value.index()];
        if slot.register == NEVER {
            *slot = Slot { register, writer };
        } else {
            self.push_another(register, value, writer);
        }
    }

    /// The value again, or in another register.
    #[cold]
    fn push_another(&mut self, register: u32, value: State, writer: Writer) {
        let slot = &mut self.slots[value.index()];
        let slot = if slot.register == register {
            slot
        } else {
            self.other_registers.entry((register, value)).or_insert(EMPTY)
        };
        if slot.register == NEVER {
            *slot = Slot { register, writer };
            return;
        }
        if slot.writer.record != SEVERAL {
            let mut list = WriterList::default();
            list.push(slot.writer);
            slot.writer = Writer { record: SEVERAL, invoke: self.repeated.len() as u32, response: NEVER };
            self.repeated.push(list);
        }
        self.repeated[slot.writer.invoke as usize].push(writer);
    }

    fn list_values(&mut self, history: &History) {
        self.values.resize(history.registers().len(), WriterList::default());
        for (i, record) in history.records().iter().enumerate() {
            if written(history, record).is_some_and(|state| state != State::ABSENT) {
                let writer = Writer {
                    record: i as u32,
                    invoke: record.invoke.place(),
                    response: effective_response(record).place(),
                };
                self.values[record.register as usize].push(writer);
            }
        }
    }

    /// The one write of this value, if it is known at a glance that there is one and of this
    /// register.
    #[inline(always)]
    pub(crate) fn single(&self, register: u32, value: State) -> Option<Writer> {
        let slot = &self.slots[value.index()];
        ((slot.register == register) & (slot.writer.record != SEVERAL)).then_some(slot.writer)
    }

    /// The writers of this value of this register.
    #[inline]
    pub(crate) fn of_value(&self, register: u32, value: State) -> WritersOf<'_> {
        let mut slot = self.slots[value.index()];
        if slot.register != register {
            match self.other_registers.get(&(register, value)) {
                Some(other) => slot = *other,
                None => return WritersOf::Nobody,
            }
        }
        match slot.writer.record {
            SEVERAL => WritersOf::Several(&self.repeated[slot.writer.invoke as usize]),
            _ => WritersOf::One(slot.writer),
        }
    }

    /// The writers of this state, deletes for absence.
    pub(crate) fn of_state(&self, register: u32, state: State) -> WritersOf<'_> {
        if state != State::ABSENT {
            return self.of_value(register, state);
        }
        self.deletes.get(register as usize).map_or(WritersOf::Nobody, WritersOf::Several)
    }

    /// The writers of any value of the register. Listed only where a history has an operation that
    /// saw «some value» or «another state».
    pub(crate) fn of_any_value(&self, register: u32) -> Option<&WriterList> {
        self.values.get(register as usize)
    }

    /// Whether `record` can have read from a write that had not ended at `floor`: one that writes
    /// what it saw, began before it ended, and responded after `floor`. Without a floor the initial
    /// state will do, and any such write.
    #[inline(always)]
    pub(crate) fn has_source(&self, history: &History, record: &Record, seen: Seen, floor: Option<u32>) -> bool {
        if record.kind == Kind::Get
            && record.operand.state() != State::ABSENT
            && let Some(writer) = self.single(record.register, record.operand.state())
        {
            return (writer.invoke < record.response.place()) & floor.is_none_or(|floor| writer.response > floor);
        }
        self.has_source_of_several(history, record, seen, floor)
    }

    fn has_source_of_several(&self, history: &History, record: &Record, seen: Seen, floor: Option<u32>) -> bool {
        if floor.is_none() && seen.matches(State::ABSENT) {
            return true;
        }
        let (end, floor) = (record.response, floor.unwrap_or(0));
        let open = |writers: WritersOf<'_>| match writers {
            WritersOf::Nobody => false,
            WritersOf::One(writer) => writer.invoke < end.place() && writer.response > floor,
            WritersOf::Several(list) => {
                list.greatest_response_before(end.place()).is_some_and(|greatest| greatest > floor)
            }
        };
        match seen {
            Seen::Nothing => true,
            Seen::State(state) if swaps_for_itself(history, record) => self
                .of_state(record.register, state)
                .others_begun_before(end.place(), record.invoke.place())
                .any(|writer| writer.response > floor),
            Seen::State(state) => open(self.of_state(record.register, state)),
            Seen::Present => self.of_any_value(record.register).is_some_and(|list| open(WritersOf::Several(list))),
            Seen::Not(other) => {
                let differs = |w: &Writer| written(history, &history.records()[w.record as usize]) != Some(other);
                let mut values =
                    self.of_any_value(record.register).into_iter().flat_map(|l| l.begun_before(end.place()).rev());
                (other != State::ABSENT && open(self.of_state(record.register, State::ABSENT)))
                    || values.any(|w| w.response > floor && differs(&w))
            }
        }
    }

    /// The greatest response among the writes that `record` can have read from; `Some(None)` when
    /// it can only have read the initial state, `None` when nobody wrote what it saw.
    pub(crate) fn latest_source(&self, record: &Record, seen: Seen) -> Option<Option<Rank>> {
        let end = record.response;
        let written = match seen {
            Seen::State(state) => match self.of_state(record.register, state) {
                WritersOf::Nobody => None,
                WritersOf::One(writer) => (writer.invoke < end.place()).then_some(writer.response),
                WritersOf::Several(list) => list.greatest_response_before(end.place()),
            },
            Seen::Present => {
                self.of_any_value(record.register).and_then(|list| list.greatest_response_before(end.place()))
            }
            Seen::Nothing | Seen::Not(_) => return None,
        };
        written.map(|place| Some(Rank::at(place))).or(seen.matches(State::ABSENT).then_some(None))
    }
}
