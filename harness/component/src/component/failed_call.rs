//! How a call into a component failed, and what its report shows of that.

use kvspec_reference::interface::Failure;

use super::call_watch::{CallWatch, CutOff};
use crate::sandbox::Sandbox;

/// The most that one call of a component may give to the host, in bytes: four times what the largest case
/// writes, and as much as a line of a host.
pub(crate) const COPIED_BYTES_MAX: usize = 64 << 20;
/// How wasmtime says that it was more.
const TOO_MUCH_COPIED: &str = "fuel allocated for hostcalls has been exhausted";

/// Stands before each printed line in the text of a trap.
pub const PRINTED: &str = "; it printed: ";
/// How many of the last lines that a component printed are part of its trap.
const PRINTED_LINES_SHOWN: usize = 6;
/// How much of each is shown, in characters.
const PRINTED_LINE_CHARS_MAX: usize = 200;

/// How a call into the component failed.
pub(super) fn trap(call: &'static str, error: &wasmtime::Error, sandbox: &Sandbox, watch: &CallWatch) -> Failure {
    watch.failed(call, error);
    if let Some(cut_off) = error.downcast_ref::<CutOff>() {
        return Failure::Unanswered(cut_off.to_string());
    }
    let mut text = match error.downcast_ref::<wasmtime::Trap>() {
        Some(wasmtime::Trap::Interrupt) => {
            let limits = watch.hangs().limits();
            format!("timed out: {call} computed for {limits} without answering (an endless loop?)")
        }
        Some(trap) => trap.to_string(),
        None => error.root_cause().to_string(),
    };
    if text.contains(TOO_MUCH_COPIED) {
        text = format!("gave the host more than {} MiB in one call of {call}", COPIED_BYTES_MAX >> 20);
    }
    if sandbox.memory_was_refused() {
        text.push_str("; it had asked for more memory than it may have");
    }
    let printed = String::from_utf8_lossy(&sandbox.printed()).into_owned();
    let lines: Vec<&str> = printed.lines().filter(|line| !line.trim().is_empty()).collect();
    for line in &lines[lines.len().saturating_sub(PRINTED_LINES_SHOWN)..] {
        let cut = line.char_indices().nth(PRINTED_LINE_CHARS_MAX).map_or(line.len(), |(at, _)| at);
        text.push_str(&format!("{PRINTED}{}", &line[..cut]));
    }
    Failure::Trap(text)
}
