//! The processor time that this thread has used.

/// In nanoseconds since some instant. Where the system does not say, time on the wall.
#[cfg(unix)]
pub(super) fn now_ns() -> u64 {
    use nix::time::ClockId;
    match ClockId::CLOCK_THREAD_CPUTIME_ID.now() {
        Ok(time) => u64::try_from(std::time::Duration::from(time).as_nanos()).unwrap_or(u64::MAX),
        Err(_) => wall_ns(),
    }
}

#[cfg(not(unix))]
pub(super) fn now_ns() -> u64 {
    wall_ns()
}

fn wall_ns() -> u64 {
    use std::sync::OnceLock;
    use std::time::Instant;
    static START: OnceLock<Instant> = OnceLock::new();
    u64::try_from(START.get_or_init(Instant::now).elapsed().as_nanos()).unwrap_or(u64::MAX)
}
