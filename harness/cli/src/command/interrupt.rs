//! Interruptions: Ctrl-C, and the signals by which a system ends a process.

use std::sync::atomic::Ordering;

use kvspec::report::Exit;
use kvspec::run::INTERRUPTED;

/// From now on the first INT, TERM or HUP ends a run with the report of what there is, the second at
/// once. A hangup that is ignored, as under `nohup`, stays so.
pub(super) fn hear() {
    let hangup = Hangup::find();
    let _ = ctrlc::set_handler(|| {
        if INTERRUPTED.swap(true, Ordering::Relaxed) {
            std::process::exit(Exit::Interrupted as i32);
        }
        eprintln!("\ninterrupted: ending with a report; press Ctrl-C again to quit now");
    });
    hangup.restore();
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
