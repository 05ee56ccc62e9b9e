//! Futures that need no runtime.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

use super::blocking::{BlockOn, Blocking};

/// Polls a future on the thread that waits for it, which sleeps in between. Timers and sockets of a
/// runtime do not work in it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Polled;

/// Makes stores whose futures need no runtime, for [`Conformance::new`](crate::Conformance::new).
pub fn polled<S: 'static>(
    start: impl AsyncFn() -> S + Send + Sync + 'static,
) -> impl Fn() -> Blocking<S, Polled> + Send + Sync + 'static {
    move || Blocking::new(Polled.block_on(start()), Polled)
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

impl BlockOn for Polled {
    fn block_on<F: Future>(&self, future: F) -> F::Output {
        let mut future = pin!(future);
        let waker = Waker::from(Arc::new(Unpark(thread::current())));
        loop {
            match future.as_mut().poll(&mut Context::from_waker(&waker)) {
                Poll::Ready(output) => return output,
                // A wake-up that came in between is remembered: then it does not sleep.
                Poll::Pending => thread::park(),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use super::*;

    #[test]
    fn a_future_that_is_woken_at_once_or_by_another_thread_ends() {
        let mut turns = 3;
        let counted = poll_fn(|context| {
            turns -= 1;
            let waker = context.waker().clone();
            match turns {
                0 => return Poll::Ready("done"),
                1 => waker.wake(),
                _ => drop(thread::spawn(move || waker.wake())),
            }
            Poll::Pending
        });
        assert_eq!(Polled.block_on(counted), "done");
    }
}
