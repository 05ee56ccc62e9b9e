//! Where the sessions of a workload wait for each other. Unlike a barrier, one may leave it for good,
//! and all can be sent home: nobody waits for a session that will not come.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// A meeting of a fixed number of sessions.
pub(super) struct Meeting {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    /// Who has not left.
    members: usize,
    /// How many of them wait.
    waiting: usize,
    /// How many times all of them had come.
    rounds: u64,
    is_dissolved: bool,
}

/// One who is waited for until this is dropped, by a panic too.
pub(super) struct Member<'m>(&'m Meeting);

impl Meeting {
    pub(super) fn of(members: usize) -> Self {
        let state = State { members, waiting: 0, rounds: 0, is_dissolved: false };
        Self { state: Mutex::new(state), changed: Condvar::new() }
    }

    /// One of those that it is of.
    pub(super) fn member(&self) -> Member<'_> {
        Member(self)
    }

    /// From now on nobody waits.
    pub(super) fn dissolve(&self) {
        self.state().is_dissolved = true;
        self.changed.notify_all();
    }

    /// Whether it was dissolved.
    pub(super) fn is_dissolved(&self) -> bool {
        self.state().is_dissolved
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begin_round_if_complete(&self, state: &mut State) {
        if state.waiting >= state.members {
            state.waiting = 0;
            state.rounds += 1;
            self.changed.notify_all();
        }
    }
}

impl Member<'_> {
    /// Waits until all who have not left do.
    pub(super) fn wait(&self) {
        let mut state = self.0.state();
        let round = state.rounds;
        state.waiting += 1;
        self.0.begin_round_if_complete(&mut state);
        while state.rounds == round && !state.is_dissolved {
            state = self.0.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Drop for Member<'_> {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.members -= 1;
        if state.waiting > 0 {
            self.0.begin_round_if_complete(&mut state);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_waits_for_one_who_panicked() {
        let meeting = Meeting::of(3);
        let ended = std::thread::scope(|scope| {
            let session = |number: u32| {
                let meeting = &meeting;
                scope.spawn(move || {
                    let member = meeting.member();
                    member.wait();
                    assert!(number != 0, "the first session breaks");
                    member.wait();
                    member.wait();
                })
            };
            [0, 1, 2].map(session).map(|thread| thread.join().is_ok())
        });
        assert_eq!(ended, [false, true, true]);
    }

    #[test]
    fn a_meeting_that_was_dissolved_holds_nobody() {
        let meeting = Meeting::of(2);
        std::thread::scope(|scope| {
            scope.spawn(|| meeting.member().wait());
            meeting.dissolve();
        });
        meeting.member().wait();
        assert!(meeting.is_dissolved());
    }
}
