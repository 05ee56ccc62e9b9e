//! The session of each process. A process of Jepsen has any number, and there may be more of them over
//! the time of a test than a history has sessions: one that broke off in a write is followed by a new one.

use std::collections::{BTreeMap, BTreeSet};

/// The last number of a session: the one after it is not for sessions, since what is written of a
/// history must be read again.
const LAST: u16 = u16::MAX - 1;

/// Sessions by process.
#[derive(Debug, Default)]
pub(super) struct Sessions {
    of: BTreeMap<i64, u16>,
    taken: BTreeSet<u16>,
    /// No number above this was tried for a process whose own number will not do.
    tried_from: Option<u16>,
    /// Processes that broke off in a write. After that a session goes on as a fresh one, so another
    /// process may have it.
    retired: Vec<i64>,
    /// A process that has another number than its session.
    renumbered: Option<(i64, u16)>,
}

impl Sessions {
    /// The session of a process: its own number where that is free. `None` when there is none left.
    pub(super) fn of(&mut self, process: i64) -> Option<u16> {
        if let Some(session) = self.of.get(&process) {
            return Some(*session);
        }
        let own = u16::try_from(process).ok().filter(|own| *own <= LAST && !self.taken.contains(own));
        let session = own.or_else(|| self.free()).or_else(|| self.of_retired())?;
        self.taken.insert(session);
        self.of.insert(process, session);
        if i64::from(session) != process {
            self.renumbered.get_or_insert((process, session));
        }
        Some(session)
    }

    /// Says that a process broke off in a write.
    pub(super) fn retire(&mut self, process: i64) {
        self.retired.push(process);
    }

    /// What a user should know of the numbers.
    pub(super) fn note(&self) -> Option<String> {
        let (process, session) = self.renumbered?;
        Some(format!(
            "sessions have numbers of their own, since there are only 65,535: that of process {process} is {session}"
        ))
    }

    /// The greatest free number: low ones are those of processes to come.
    fn free(&mut self) -> Option<u16> {
        let mut number = self.tried_from.map_or(Some(LAST), |last| last.checked_sub(1));
        while let Some(tried) = number {
            self.tried_from = Some(tried);
            if !self.taken.contains(&tried) {
                return Some(tried);
            }
            number = tried.checked_sub(1);
        }
        None
    }

    fn of_retired(&mut self) -> Option<u16> {
        while let Some(process) = self.retired.pop() {
            if let Some(session) = self.of.remove(&process) {
                return Some(session);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_number_of_processes_one_after_another_has_sessions() {
        let mut sessions = Sessions::default();
        assert_eq!((sessions.of(3), sessions.of(-1), sessions.of(70_000)), (Some(3), Some(65_534), Some(65_533)));
        assert_eq!((sessions.of(3), sessions.of(70_000), sessions.of(65_534)), (Some(3), Some(65_533), Some(65_532)));
        assert!(sessions.note().unwrap().contains("process -1 is 65534"));
        for process in 0..200_000 {
            assert!(sessions.of(process).is_some(), "{process}");
            sessions.retire(process);
        }
    }

    #[test]
    fn more_processes_than_sessions_that_go_on_are_too_many() {
        let mut sessions = Sessions::default();
        assert!((0..65_535).all(|process| sessions.of(process) == u16::try_from(process).ok()));
        assert_eq!((sessions.of(65_535), sessions.note()), (None, None));
    }
}
