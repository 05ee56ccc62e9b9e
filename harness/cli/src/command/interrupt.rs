//! Interruptions: Ctrl-C, and the signals by which a system ends a process.

use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use kvspec::interruption::INTERRUPTED;
use kvspec::report::Exit;
use kvspec::subject::process;

/// Whether the first signal ends a run with its report.
static REPORTS: AtomicBool = AtomicBool::new(false);

/// From now on the first INT, TERM or HUP ends a run with the report of what there is, the second at
/// once, with all hosts. A hangup that is ignored, as under `nohup`, stays so.
pub(super) fn hear() {
    REPORTS.store(true, Ordering::Relaxed);
}

/// From now on the signals end all hosts and helpers with kvspec: they do not get them from the terminal.
/// To be called before the first is started.
pub(super) fn end_hosts() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let hangup = Hangup::find();
        let _ = ctrlc::set_handler(|| {
            if !REPORTS.load(Ordering::Relaxed) || INTERRUPTED.swap(true, Ordering::Relaxed) {
                leave(Exit::Interrupted);
            }
            eprintln!("\ninterrupted: ending with a report; press Ctrl-C again to quit now");
        });
        hangup.restore();
    });
}

/// Ends this process with all its hosts, wherever its other threads are.
pub(super) fn leave(exit: Exit) {
    process::end_all_before_exit();
    std::process::exit(exit as i32);
}

/// When this time is over, the command ends as by a signal.
pub(super) fn end_after(total: Duration) {
    let ends = move || {
        std::thread::sleep(total);
        let what = format!("--total-timeout: {total:?} have passed");
        if !REPORTS.load(Ordering::Relaxed) {
            leave(super::complain(Exit::Interrupted, format_args!("{what}, before there was anything to report")));
        }
        if !INTERRUPTED.swap(true, Ordering::Relaxed) {
            super::complain(Exit::Interrupted, format_args!("{what}: ending with a report"));
        }
    };
    // Where no thread can be had, nothing else works either.
    let _ = std::thread::Builder::new().name("kvspec-total".into()).spawn(ends);
}

/// Whether a hangup was ignored when the process began.
struct Hangup {
    #[cfg(unix)]
    is_ignored: bool,
}

#[cfg(unix)]
impl Hangup {
    fn find() -> Self {
        // SAFETY: neither disposition is a function, so nothing of ours is ever called by it.
        let before = unsafe { libc::signal(libc::SIGHUP, libc::SIG_IGN) };
        Self { is_ignored: before == libc::SIG_IGN }
    }

    fn restore(self) {
        if self.is_ignored {
            // SAFETY: as above.
            unsafe { libc::signal(libc::SIGHUP, libc::SIG_IGN) };
        }
    }
}

#[cfg(not(unix))]
impl Hangup {
    fn find() -> Self {
        Self {}
    }

    fn restore(self) {}
}
