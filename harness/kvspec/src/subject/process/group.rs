//! A process with all its children: it leads a group of its own, which is ended whole.
//!
//! A host is often started by something else (`sh -c`, `npx`), whose end alone would leave it
//! running. As the group is not that of the terminal, Ctrl-C reaches kvspec and not the host: what a
//! host does of it would else be taken for a violation.

use std::collections::BTreeSet;
use std::io;
use std::process::{Child, Command, ExitStatus};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::interruption::is_interrupted;

/// The groups that run, each by the number of its leader.
static RUNNING: Mutex<BTreeSet<u32>> = Mutex::new(BTreeSet::new());

/// How often is looked whether a process has ended.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// Ends all hosts and resets that run, with their children, and lets none begin: for a process that
/// exits next, without leaving the scopes that would end them.
pub fn end_all_before_exit() {
    let running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
    for leader in &*running {
        signal::kill(*leader);
    }
    // Whoever would start or end a process now waits for the exit.
    std::mem::forget(running);
}

/// A running group.
pub(super) struct Group {
    /// Its pipes may be taken.
    pub(super) leader: Child,
    status: Option<ExitStatus>,
}

impl Group {
    /// # Errors
    /// When there is no such program, or it cannot be run.
    pub(super) fn start(command: &mut Command) -> io::Result<Self> {
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(command, 0);
        // Held from before the start, so that no group is overlooked.
        let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
        let leader = command.spawn()?;
        running.insert(leader.id());
        Ok(Self { leader, status: None })
    }

    /// Waits for the leader's end, for so long at most, and no longer than until the user ends the run.
    /// Children that it leaves are ended.
    pub(super) fn wait(&mut self, at_most: Duration) -> Option<ExitStatus> {
        let begun = Instant::now();
        while self.status.is_none() {
            if let Ok(Some(status)) = self.leader.try_wait() {
                // Its number is free for others as soon as nobody of the group is left: so at once.
                self.kill_group();
                self.status = Some(status);
            } else if begun.elapsed() >= at_most || is_interrupted() {
                break;
            } else {
                std::thread::sleep(LOOK_EVERY.min(at_most));
            }
        }
        self.status
    }

    /// Asks all of the group to end.
    pub(super) fn terminate(&self) {
        if self.status.is_none() {
            signal::terminate(self.leader.id());
        }
    }

    /// Ends all of the group.
    pub(super) fn kill(&mut self) {
        if self.status.is_some() {
            return;
        }
        self.kill_group();
        // Where there are no groups, this is what ends it.
        let _ = self.leader.kill();
        self.status = self.leader.wait().ok();
    }

    fn kill_group(&self) {
        let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
        signal::kill(self.leader.id());
        running.remove(&self.leader.id());
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.kill();
    }
}

#[cfg(unix)]
mod signal {
    use nix::sys::signal::{Signal, killpg};
    use nix::unistd::Pid;

    pub(super) fn kill(leader: u32) {
        send(leader, Signal::SIGKILL);
    }

    pub(super) fn terminate(leader: u32) {
        send(leader, Signal::SIGTERM);
    }

    /// A group that is gone needs no signal.
    fn send(leader: u32, signal: Signal) {
        if let Ok(leader) = i32::try_from(leader) {
            let _ = killpg(Pid::from_raw(leader), signal);
        }
    }
}

#[cfg(not(unix))]
mod signal {
    pub(super) fn kill(_leader: u32) {}

    pub(super) fn terminate(_leader: u32) {}
}

#[cfg(all(test, unix))]
mod tests {
    use std::io::Read as _;
    use std::process::Stdio;

    use super::*;

    /// A shell whose child holds the shell's output open, and says when it runs.
    fn with_child(then: &str) -> Group {
        let script = format!("(echo here; exec sleep 100000) & {then}");
        let mut group = Group::start(Command::new("sh").args(["-c", &script]).stdout(Stdio::piped())).unwrap();
        group.leader.stdout.as_mut().unwrap().read_exact(&mut [0; 5]).unwrap();
        group
    }

    /// It comes when nobody holds the output open.
    fn wait_for_the_end_of_output(mut group: Group) {
        let mut output = group.leader.stdout.take().unwrap();
        drop(group);
        assert_eq!(output.read_to_end(&mut Vec::new()).unwrap(), 0);
    }

    #[test]
    fn children_end_with_the_process_that_is_ended() {
        wait_for_the_end_of_output(with_child("wait"));
    }

    #[test]
    fn children_end_after_the_process_that_ended() {
        let mut group = with_child("exit 3");
        let status = group.wait(Duration::from_secs(1_000)).unwrap();
        assert_eq!(status.code(), Some(3));
        wait_for_the_end_of_output(group);
    }

    #[test]
    fn a_process_is_waited_for_no_longer_than_wanted() {
        let mut group = with_child("wait");
        assert!(group.wait(Duration::ZERO).is_none());
        group.terminate();
        assert!(group.wait(Duration::from_secs(1_000)).is_some());
    }
}
