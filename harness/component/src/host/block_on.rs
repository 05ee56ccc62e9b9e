//! Waits for a future on this thread, which sleeps until it is woken.

use std::fmt;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;
use std::time::Duration;

use kvspec::interruption::is_interrupted;
use kvspec::subject::Patience;

use crate::component::CutOff;

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// The future was not ready in time.
#[derive(Debug)]
pub(super) struct NoAnswer;

impl fmt::Display for NoAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the function of the host did not return in time")
    }
}

impl std::error::Error for NoAnswer {}

/// Waits so long at most for a future that sleeps; one that computes is left to do so.
///
/// # Errors
/// That of the future; [`NoAnswer`] when it is not ready in time; [`CutOff`] when the user ends the run.
pub(super) fn block_on<R>(future: impl Future<Output = wasmtime::Result<R>>, limit: Duration) -> wasmtime::Result<R> {
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    let mut patience = Patience::of(limit);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
        if is_interrupted() {
            return Err(CutOff.into());
        }
        let Some(slice) = patience.slice() else { return Err(NoAnswer.into()) };
        std::thread::park_timeout(slice);
        patience.waited(slice);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_future_that_is_never_ready_is_not_waited_for() {
        let limit = Duration::from_millis(1);
        let never = block_on(std::future::pending::<wasmtime::Result<()>>(), limit).unwrap_err();
        assert!(never.is::<NoAnswer>(), "{never}");
        assert_eq!(block_on(std::future::ready(Ok(7)), limit).unwrap(), 7);
    }
}
