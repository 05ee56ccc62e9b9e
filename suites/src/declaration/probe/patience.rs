//! Waiting, on the clock of the subject, for what a write shows.

use std::time::Duration;

use kvspec_reference::interface::{Bucket, Clock, Result};

/// How long a probe waits for a write to show, at most.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// Whether the key shows within [`PATIENCE`].
pub(super) fn shown(handle: &dyn Bucket, clock: &dyn Clock, key: &str) -> Result<bool> {
    wait_for(clock, || Ok(handle.get(key)?.is_some())).map(|waited| waited.is_some())
}

/// How long it took until `holds`, in nanoseconds; `None` when it did not within [`PATIENCE`].
pub(super) fn wait_for(clock: &dyn Clock, mut holds: impl FnMut() -> Result<bool>) -> Result<Option<u64>> {
    // What the first look shows is there at once, however long the look takes.
    if holds()? {
        return Ok(Some(0));
    }
    let (start_ns, mut pause) = (clock.now_ns(), Duration::from_micros(100));
    let patience_ns = PATIENCE.as_nanos() as u64;
    loop {
        let waited_ns = clock.now_ns().saturating_sub(start_ns);
        if holds()? {
            return Ok(Some(waited_ns));
        }
        let before_ns = clock.now_ns();
        clock.advance(pause);
        if waited_ns >= patience_ns || clock.now_ns() == before_ns {
            return Ok(None);
        }
        pause = pause.mul_f32(1.5);
    }
}

/// Why what a write would show could not be tried.
pub(super) fn unshown() -> String {
    format!("a write did not show within {PATIENCE:?} of the clock")
}
