//! Panics of a store: each becomes a trap that says where it happened.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind};
use std::sync::{Mutex, Once, PoisonError};

use kvspec_reference::interface::{Failure, Result};

thread_local! {
    static GUARDED: Cell<bool> = const { Cell::new(false) };
    /// Where the panic under way on this thread began.
    static PLACE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Where panics were caught, each with its first backtrace, until that is shown.
static BACKTRACES: Mutex<BTreeMap<String, Option<Backtrace>>> = Mutex::new(BTreeMap::new());

/// Keeps panics that are caught here off standard error, and remembers where they began; all others are
/// reported as before. Only the first call does something, and the first call of a store is one.
pub fn silence_caught_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let report = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| if GUARDED.get() { remember(info) } else { report(info) }));
    });
}

/// Calls; a panic is a trap.
pub(crate) fn guarded<T>(call: impl FnOnce() -> Result<T>) -> Result<T> {
    silence_caught_panics();
    let outer = GUARDED.replace(true);
    let result = catch_unwind(AssertUnwindSafe(call));
    GUARDED.set(outer);
    result.unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("a panic without a message");
        let place = PLACE.take().map(|place| format!(" at {place}")).unwrap_or_default();
        Err(Failure::Trap(format!("panicked{place}: {text}")))
    })
}

/// The backtraces of those panics that the text of a failure names, each the first time only: as one
/// bug fails many cases. Empty unless `RUST_BACKTRACE` asks for backtraces.
pub(crate) fn backtraces_of(text: &str) -> String {
    let mut kept = BACKTRACES.lock().unwrap_or_else(PoisonError::into_inner);
    let mut out = String::new();
    for (place, backtrace) in kept.iter_mut().filter(|(place, _)| text.contains(&format!("panicked at {place}:"))) {
        if let Some(backtrace) = backtrace.take() {
            let _ = write!(out, "\n  backtrace of the panic at {place}\n{backtrace}");
        }
    }
    out
}

fn remember(info: &PanicHookInfo<'_>) {
    let Some(place) = info.location().map(ToString::to_string) else { return };
    let mut kept = BACKTRACES.lock().unwrap_or_else(PoisonError::into_inner);
    // A search panics thousands of times at one place: one backtrace is enough.
    kept.entry(place.clone()).or_insert_with(|| {
        let backtrace = Backtrace::capture();
        (backtrace.status() == BacktraceStatus::Captured).then_some(backtrace)
    });
    PLACE.set(Some(place));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trap_names_file_line_and_column() {
        let line = line!() + 1;
        let trap = guarded(|| -> Result<()> { panic!("no {}", "value") }).unwrap_err();
        let Failure::Trap(text) = &trap else { panic!("{trap:?}") };
        let file = file!();
        assert!(text.starts_with(&format!("panicked at {file}:{line}:")), "{text}");
        assert!(text.ends_with(": no value"), "{text}");
    }

    #[test]
    fn a_backtrace_is_shown_once() {
        let place = "src/made_up.rs:1:2".to_owned();
        let backtrace = Some(Backtrace::force_capture());
        BACKTRACES.lock().unwrap_or_else(PoisonError::into_inner).insert(place, backtrace);
        let failure = "  actual    trap (panicked at src/made_up.rs:1:2: oh)";
        assert_eq!(backtraces_of("  actual    trap (panicked at src/made_up.rs:1:23: oh)"), "");
        let shown = backtraces_of(failure);
        assert!(shown.contains("a_backtrace_is_shown_once"), "{shown}");
        assert_eq!(backtraces_of(failure), "");
    }
}
