//! A runtime of tokio for each store.

use std::future::Future;
use std::io;

use tokio::runtime::{Builder, Runtime};

use super::blocking::{BlockOn, Blocking};

/// A runtime of tokio, with whatever drivers the build of tokio has (time, and sockets where a client
/// asks for them). One thread of its own runs what a store spawns, also while nobody calls the store;
/// calls run on the thread that calls.
pub struct Tokio {
    /// `None` only while it is dropped.
    runtime: Option<Runtime>,
}

impl Tokio {
    /// A fresh runtime.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn new() -> io::Result<Self> {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        Ok(Self { runtime: Some(runtime) })
    }
}

/// Makes stores on runtimes of tokio, one for each, for [`Conformance::new`](crate::Conformance::new).
///
/// For a start that can fail through no fault of the store, such as one that connects, give
/// [`Conformance::try_new`](crate::Conformance::try_new) a function that makes a [`Tokio`], starts the
/// store in it with [`BlockOn::block_on`], and gives [`Blocking::new`] of both.
///
/// # Panics
/// The function that is given panics when the system gives no thread.
pub fn on_tokio<S: 'static>(
    start: impl AsyncFn() -> S + Send + Sync + 'static,
) -> impl Fn() -> Blocking<S, Tokio> + Send + Sync + 'static {
    move || {
        let runtime = Tokio::new().expect("the system gives a thread");
        Blocking::new(runtime.block_on(start()), runtime)
    }
}

impl BlockOn for Tokio {
    fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.runtime.as_ref().expect("it is not dropped yet").block_on(future)
    }
}

impl Drop for Tokio {
    fn drop(&mut self) {
        // Without waiting: what a store left running might never end.
        self.runtime.take().into_iter().for_each(Runtime::shutdown_background);
    }
}
