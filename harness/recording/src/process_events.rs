//! Jepsen's view of a history: processes that invoke an operation and later complete it, in the
//! order in which the test saw the events. All importers of such recordings collect their events here.

use std::collections::BTreeMap;

use kvspec_reference::History;
use kvspec_reference::history::{
    ClockUnit, Entry, Header, HistoryBuilder, HistoryError, Kind, Outcome, State, SwapArguments,
};

use super::line_numbers::LineNumbers;
use super::sessions_of_processes::Sessions;
use super::{NO_CONVERGENCE_BOUND, Recorded};

/// A state of a register as the recording prints it; `None` is absent.
pub(super) type Stored = Option<String>;

/// Which operation, by whatever name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Function {
    Read,
    Write,
    Delete,
    CompareAndSwap,
    /// Of a mutex: a swap of absence for a value.
    Acquire,
    /// The same back.
    Release,
}

impl Function {
    /// The operation of this name.
    pub(super) fn of(name: &str) -> Option<Self> {
        Some(match name {
            "read" | "get" | "r" => Function::Read,
            "write" | "put" | "set" | "w" => Function::Write,
            "delete" => Function::Delete,
            "cas" | "compare-and-set" | "compare-and-swap" => Function::CompareAndSwap,
            "acquire" | "lock" => Function::Acquire,
            "release" | "unlock" => Function::Release,
            _ => return None,
        })
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Function::Read => ":read",
            Function::Write => ":write",
            Function::Delete => ":delete",
            Function::CompareAndSwap => ":cas",
            Function::Acquire => ":acquire",
            Function::Release => ":release",
        }
    }
}

/// What a process asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Call {
    pub(super) function: Function,
    pub(super) key: String,
    /// What a swap compares with.
    pub(super) expected: Stored,
    /// What a write or a swap writes.
    pub(super) new: Stored,
}

/// How an operation was completed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Completion {
    /// `:ok`; what a read gave.
    Ok(Stored),
    /// `:fail`: it certainly did not happen.
    Fail,
    /// `:info`: nobody knows.
    Info,
}

/// What a completion says of the operation that it completes.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Said<'a> {
    pub(super) function: Option<Function>,
    pub(super) key: Option<&'a str>,
}

/// What is wrong with an event, and how to fix it.
pub(super) type Refusal = (String, String);

/// Pairs invocations with completions.
pub(super) struct ProcessEvents {
    builder: HistoryBuilder,
    bucket: String,
    sessions: Sessions,
    open: BTreeMap<i64, Open>,
    last_time: Option<u64>,
    line_numbers: LineNumbers,
    notes: Vec<String>,
    initial: Stored,
}

struct Open {
    call: Call,
    session: u16,
    invoke: u64,
    line: u64,
}

impl ProcessEvents {
    /// Without events. Keys are registers of `bucket`.
    pub(super) fn new(bucket: &str) -> Self {
        let header = Header { convergence_bound: NO_CONVERGENCE_BOUND, ..Header::default() };
        Self {
            builder: HistoryBuilder::new(header),
            bucket: bucket.into(),
            sessions: Sessions::default(),
            open: BTreeMap::new(),
            last_time: None,
            line_numbers: LineNumbers::default(),
            notes: Vec::new(),
            initial: None,
        }
    }

    /// Says what the registers begin with, as the recording does. After the first event it speaks of something
    /// else: a checker prints in which state the model was at the end.
    pub(super) fn begin_with(&mut self, initial: Stored) {
        if self.last_time.is_none() {
            self.initial = initial;
        }
    }

    /// Adds what a user should know of how the recording was read.
    pub(super) fn note(&mut self, note: String) {
        self.notes.push(note);
    }

    /// A process invokes an operation. `time` is the clock's reading, where there is one.
    pub(super) fn invoke(&mut self, process: i64, call: Call, time: Option<u64>, line: u64) -> Result<(), Refusal> {
        if let Some(open) = self.open.get(&process) {
            let name = open.call.function.name();
            let problem = format!("process {process} invokes an operation while its {name} is open");
            return Err((problem, "a process has one operation at a time: a completion line is missing".into()));
        }
        let Some(session) = self.sessions.of(process) else {
            let problem = format!("process {process} is one too many: a history holds 65,535 that go on");
            return Err((problem, "judge a part of the recording".into()));
        };
        let invoke = self.event_time(time);
        self.open.insert(process, Open { call, session, invoke, line });
        Ok(())
    }

    /// A process completes its operation.
    pub(super) fn complete(
        &mut self,
        process: i64,
        said: Said<'_>,
        completion: Completion,
        time: Option<u64>,
    ) -> Result<(), Refusal> {
        let Some(open) = self.open.remove(&process) else {
            let problem = format!("process {process} completes an operation, but has none open");
            return Err((problem, "remove the line if it repeats one, else restore the :invoke before it".into()));
        };
        let is_other = said.function.is_some_and(|function| function != open.call.function);
        if is_other || said.key.is_some_and(|key| key != open.call.key) {
            let name = said.function.unwrap_or(open.call.function).name();
            let problem = format!(
                "process {process} completes a {name}, but its {} of {} is open",
                open.call.function.name(),
                open.call.key
            );
            return Err((problem, "a line is missing or out of order".into()));
        }
        let response = self.event_time(time);
        if completion == Completion::Info && open.call.function != Function::Read {
            self.sessions.retire(process);
        }
        self.push(open, completion, response);
        Ok(())
    }

    /// The history, with times that are nanoseconds or count events. Operations that are still open stay
    /// without an answer. `initial` is what the user says that registers begin with.
    pub(super) fn finish(mut self, clock: ClockUnit, initial: Option<&str>) -> Result<Recorded, HistoryError> {
        for open in std::mem::take(&mut self.open).into_values() {
            self.push(open, Completion::Info, u64::MAX);
        }
        if let Some(text) = initial.map(str::to_owned).or(self.initial.take()) {
            let state = self.builder.value_printed(&text);
            self.builder.set_initial_of_all(state);
            if initial.is_none() {
                self.notes.push(format!("the recording says that registers begin with {text}"));
            }
        }
        self.notes.extend(self.sessions.note());
        let (mut history, entries) = self.builder.finish_with_entries()?;
        history.header_mut().clock = clock;
        let lines = self.line_numbers.of_records(&entries);
        Ok(Recorded { history, lines, notes: self.notes })
    }

    /// As the history, where only some events had times: which are forgotten, and events counted.
    pub(super) fn finish_by_order(self, initial: Option<&str>) -> Result<Recorded, HistoryError> {
        let recorded = self.finish(ClockUnit::Counter, initial)?;
        let mut parts = recorded.history.into_parts();
        parts.times.iter_mut().zip(0..).for_each(|(time, order)| *time = order);
        let history = History::from_parts(parts).expect("only times have changed");
        Ok(Recorded { history, ..recorded })
    }

    /// The order of the events is what the recording vouches for: times strictly increase.
    fn event_time(&mut self, time: Option<u64>) -> u64 {
        let next = self.last_time.map_or(0, |last| last.saturating_add(1));
        let time = time.map_or(next, |time| time.max(next));
        self.last_time = Some(time);
        time
    }

    fn push(&mut self, open: Open, completion: Completion, response: u64) {
        let Open { call, session, invoke, line } = open;
        let register = self.builder.register(&self.bucket, &call.key);
        let outcome = match completion {
            Completion::Ok(_) => Outcome::Ok,
            Completion::Fail => Outcome::Failed,
            Completion::Info => Outcome::Unknown,
        };
        let (kind, operand) = match (call.function, completion) {
            (Function::Read, Completion::Ok(seen)) => (Kind::Get, self.state(seen).into()),
            (Function::Read, _) => (Kind::Get, State::ABSENT.into()),
            (Function::Write | Function::Delete, _) if call.new.is_none() => (Kind::Delete, State::ABSENT.into()),
            (Function::Write | Function::Delete, _) => (Kind::Set, self.state(call.new).into()),
            (Function::CompareAndSwap | Function::Acquire | Function::Release, _) => {
                let (expected, new) = (self.state(call.expected), self.state(call.new));
                let swapped = outcome == Outcome::Ok;
                (Kind::CompareAndSwap, self.builder.swap(SwapArguments { expected, new, swapped }))
            }
        };
        let response = (outcome != Outcome::Unknown).then_some(response);
        self.line_numbers.push(self.builder.len(), line);
        self.builder.push(Entry { session, kind, register, operand, outcome, invoke, response });
    }

    fn state(&mut self, state: Stored) -> State {
        state.map_or(State::ABSENT, |text| self.builder.value_printed(&text))
    }
}
