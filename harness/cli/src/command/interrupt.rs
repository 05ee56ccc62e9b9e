//! Interruptions: Ctrl-C, and the signals by which a system ends a process.

use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

use kvspec::interruption::INTERRUPTED;
use kvspec::report::Exit;
use kvspec::subject::process;

/// Whether the first signal ends a run with its report.
static REPORTS: AtomicBool = AtomicBool::new(false);

/// From now on the first INT, TERM or HUP ends a run with the report of what there is, the second at
/// once, with all hosts. A hangup that is ignored, as under `nohup`, stays so.
pub(super) fn hear() {
    end_hosts();
    REPORTS.store(true, Ordering::Relaxed);
}

/// From now on the signals end all hosts with kvspec: they do not get them from the terminal. To be
/// called before the first host is started.
pub(super) fn end_hosts() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let hangup = Hangup::find();
        let _ = ctrlc::set_handler(|| {
            if !REPORTS.load(Ordering::Relaxed) || INTERRUPTED.swap(true, Ordering::Relaxed) {
                process::end_all_before_exit();
                std::process::exit(Exit::Interrupted as i32);
            }
            eprintln!("\ninterrupted: ending with a report; press Ctrl-C again to quit now");
        });
        hangup.restore();
    });
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
