//! Jepsen's view of a history: processes that invoke an operation and later complete it, in the
//! order in which the test saw the events. Both importers collect their events here.

use std::collections::BTreeMap;

use super::NO_CONVERGENCE_BOUND;
use kvspec_reference::History;
use kvspec_reference::history::{
    ClockUnit, Entry, Header, HistoryBuilder, HistoryError, Kind, Outcome, State, SwapArguments,
};

/// A state of a register as the recording prints it; `None` is absent.
pub(super) type Stored = Option<String>;

/// What a process asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Call {
    Read,
    Write(Stored),
    CompareAndSwap { expected: Stored, new: Stored },
}

impl Call {
    fn name(&self) -> &'static str {
        match self {
            Call::Read => ":read",
            Call::Write(_) => ":write",
            Call::CompareAndSwap { .. } => ":cas",
        }
    }
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

/// What is wrong with an event, and how to fix it.
pub(super) type Refusal = (String, String);

/// Pairs invocations with completions.
pub(super) struct ProcessEvents {
    builder: HistoryBuilder,
    bucket: String,
    open: BTreeMap<u16, Open>,
    last_time: Option<u64>,
}

struct Open {
    call: Call,
    key: String,
    invoke: u64,
}

impl ProcessEvents {
    /// Without events. Keys are registers of `bucket`.
    pub(super) fn new(bucket: &str) -> Self {
        let header = Header { convergence_bound: NO_CONVERGENCE_BOUND, ..Header::default() };
        let builder = HistoryBuilder::new(header);
        Self { builder, bucket: bucket.into(), open: BTreeMap::new(), last_time: None }
    }

    /// A process invokes an operation on `key`. `time` is the clock's reading, where there is one.
    pub(super) fn invoke(&mut self, process: u64, key: &str, call: Call, time: Option<u64>) -> Result<(), Refusal> {
        let session = session_of(process)?;
        if let Some(open) = self.open.get(&session) {
            let problem = format!("process {process} invokes an operation while its {} is open", open.call.name());
            return Err((problem, "a process has one operation at a time: a completion line is missing".into()));
        }
        let invoke = self.event_time(time);
        self.open.insert(session, Open { call, key: key.into(), invoke });
        Ok(())
    }

    /// A process completes its operation. `call` is the operation's name as the completion has it.
    pub(super) fn complete(
        &mut self,
        process: u64,
        call: &str,
        key: Option<&str>,
        completion: Completion,
        time: Option<u64>,
    ) -> Result<(), Refusal> {
        let session = session_of(process)?;
        let Some(open) = self.open.remove(&session) else {
            let problem = format!("process {process} completes an operation, but has none open");
            return Err((problem, "remove the line if it repeats one, else restore the :invoke before it".into()));
        };
        if open.call.name() != call || key.is_some_and(|key| key != open.key) {
            let problem =
                format!("process {process} completes a {call}, but its {} of {} is open", open.call.name(), open.key);
            return Err((problem, "a line is missing or out of order".into()));
        }
        let response = self.event_time(time);
        self.push(session, open, completion, response);
        Ok(())
    }

    /// The history. Operations that are still open stay without an answer.
    pub(super) fn finish(mut self) -> Result<History, HistoryError> {
        for (session, open) in std::mem::take(&mut self.open) {
            self.push(session, open, Completion::Info, u64::MAX);
        }
        self.builder.finish()
    }

    /// As the history, with times that are nanoseconds.
    pub(super) fn finish_in_nanoseconds(self) -> Result<History, HistoryError> {
        let mut history = self.finish()?;
        history.header_mut().clock = ClockUnit::Nanoseconds;
        Ok(history)
    }

    /// As the history, where only some events had times: which are forgotten, and events counted.
    pub(super) fn finish_by_order(self) -> Result<History, HistoryError> {
        let mut parts = self.finish()?.into_parts();
        parts.times.iter_mut().zip(0..).for_each(|(time, order)| *time = order);
        Ok(History::from_parts(parts).expect("only times have changed"))
    }

    /// The order of the events is what the recording vouches for: times strictly increase.
    fn event_time(&mut self, time: Option<u64>) -> u64 {
        let next = self.last_time.map_or(0, |last| last + 1);
        let time = time.map_or(next, |time| time.max(next));
        self.last_time = Some(time);
        time
    }

    fn push(&mut self, session: u16, open: Open, completion: Completion, response: u64) {
        let register = self.builder.register(&self.bucket, &open.key);
        let outcome = match completion {
            Completion::Ok(_) => Outcome::Ok,
            Completion::Fail => Outcome::Failed,
            Completion::Info => Outcome::Unknown,
        };
        let (kind, operand) = match (open.call, completion) {
            (Call::Read, Completion::Ok(seen)) => (Kind::Get, self.state(seen).into()),
            (Call::Read, _) => (Kind::Get, State::ABSENT.into()),
            (Call::Write(None), _) => (Kind::Delete, State::ABSENT.into()),
            (Call::Write(written), _) => (Kind::Set, self.state(written).into()),
            (Call::CompareAndSwap { expected, new }, _) => {
                let (expected, new) = (self.state(expected), self.state(new));
                let swapped = outcome == Outcome::Ok;
                (Kind::CompareAndSwap, self.builder.swap(SwapArguments { expected, new, swapped }))
            }
        };
        let response = (outcome != Outcome::Unknown).then_some(response);
        self.builder.push(Entry { session, kind, register, operand, outcome, invoke: open.invoke, response });
    }

    fn state(&mut self, state: Stored) -> State {
        state.map_or(State::ABSENT, |text| self.builder.value_bytes(text.as_bytes()))
    }
}

fn session_of(process: u64) -> Result<u16, Refusal> {
    // The last number is not for sessions: what is written of a history must be read again.
    u16::try_from(process).ok().filter(|process| *process != u16::MAX).ok_or_else(|| {
        let problem = format!("process {process} is beyond 65,534, the last that a history can hold");
        (problem, "renumber the processes, or judge a part of the recording".into())
    })
}
