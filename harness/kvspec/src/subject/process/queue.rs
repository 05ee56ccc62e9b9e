//! How long the processes of a group stood in the queue for a processor: time in which they could not
//! have answered.

use std::time::Duration;

/// All time that the threads of the group have spent so, since they began; nothing where the system does
/// not say.
pub(super) fn waited_for_processor(leader: u32) -> Duration {
    #[cfg(target_os = "linux")]
    return Duration::from_nanos(linux::members(leader).flat_map(linux::queued_ns).sum());
    #[cfg(not(target_os = "linux"))]
    {
        let _ = leader;
        Duration::ZERO
    }
}

/// As [`waited_for_processor`], of the threads of this process.
#[cfg(feature = "probe")]
pub(in crate::subject) fn waited_by_this_process() -> Duration {
    #[cfg(target_os = "linux")]
    return Duration::from_nanos(linux::queued_ns("/proc/self".into()).sum());
    #[cfg(not(target_os = "linux"))]
    Duration::ZERO
}

#[cfg(target_os = "linux")]
mod linux {
    use std::fs;
    use std::path::{Path, PathBuf};

    /// The folders of the processes in this group.
    pub(super) fn members(leader: u32) -> impl Iterator<Item = PathBuf> {
        let entries = fs::read_dir("/proc").into_iter().flatten().flatten().map(|entry| entry.path());
        entries.filter(move |process| group(process) == Some(leader))
    }

    /// The fifth field of `stat`; the second is the name of the program, in parentheses.
    fn group(process: &Path) -> Option<u32> {
        let stat = fs::read_to_string(process.join("stat")).ok()?;
        stat.rsplit(')').next()?.split_whitespace().nth(2)?.parse().ok()
    }

    /// Of each thread: the second field of `schedstat`.
    pub(super) fn queued_ns(process: PathBuf) -> impl Iterator<Item = u64> {
        let threads = fs::read_dir(process.join("task")).into_iter().flatten().flatten();
        threads.filter_map(|thread| {
            let statistics = fs::read_to_string(thread.path().join("schedstat")).ok()?;
            statistics.split_whitespace().nth(1)?.parse().ok()
        })
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn a_process_is_found_in_its_group() {
            let own = nix::unistd::getpgrp().as_raw().unsigned_abs();
            let is_self = |process: PathBuf| process.ends_with(std::process::id().to_string());
            assert!(members(own).any(is_self));
            assert!(queued_ns("/proc/self".into()).count() > 0, "each thread has its statistics");
        }
    }
}
