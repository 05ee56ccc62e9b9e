//! How much of the machine's memory a component may have.

use std::time::Duration;

use wasmtime::Result;

/// What a component may use.
#[derive(Debug, Clone)]
pub struct Limits {
    /// All linear memories, tables and pipes together, in bytes.
    pub memory_bytes: usize,
    /// How much processor time one call may take. It is looked at every tenth of a second.
    pub call_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { memory_bytes: 512 << 20, call_timeout: Duration::from_secs(30) }
    }
}

/// Counts linear memory, tables and pipes; a growth beyond the limit is refused, as a real machine would.
pub(super) struct MemoryLimit {
    /// Of all linear memories together.
    pub(super) used_bytes: usize,
    /// For memories, tables and pipes.
    pub(super) left_bytes: usize,
    /// What the last growth was granted, should it fail all the same.
    granted_bytes: usize,
    /// A growth was, since the last call began.
    pub(super) refused: bool,
}

impl MemoryLimit {
    pub(super) fn of(bytes: usize) -> Self {
        Self { used_bytes: 0, left_bytes: bytes, granted_bytes: 0, refused: false }
    }

    /// Whether there is so much left; it is taken then.
    pub(super) fn take(&mut self, bytes: usize) -> bool {
        self.refused |= bytes > self.left_bytes;
        if bytes > self.left_bytes {
            return false;
        }
        self.left_bytes -= bytes;
        true
    }

    pub(super) fn give_back(&mut self, bytes: usize) {
        self.left_bytes += bytes;
    }
}

/// What one element of a table takes of the host's memory.
const TABLE_ELEMENT_BYTES: usize = size_of::<*const ()>();

impl wasmtime::ResourceLimiter for MemoryLimit {
    fn memory_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> Result<bool> {
        self.granted_bytes = 0;
        // Beyond its own maximum the memory does not grow, whatever is said here.
        if maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(true);
        }
        let more_bytes = desired.saturating_sub(current);
        let is_granted = self.take(more_bytes);
        if is_granted {
            self.granted_bytes = more_bytes;
            self.used_bytes += more_bytes;
        }
        Ok(is_granted)
    }

    fn memory_grow_failed(&mut self, _error: wasmtime::Error) -> Result<()> {
        let unused_bytes = std::mem::take(&mut self.granted_bytes);
        self.give_back(unused_bytes);
        self.used_bytes -= unused_bytes;
        Ok(())
    }

    fn table_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> Result<bool> {
        if maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(true);
        }
        let more = desired.saturating_sub(current);
        // A growth that fails all the same is counted: a component that has so little room is at its end.
        Ok(self.take(more.saturating_mul(TABLE_ELEMENT_BYTES)))
    }
}

#[cfg(test)]
mod tests {
    use wasmtime::ResourceLimiter as _;

    use super::*;

    const LIMIT_BYTES: usize = 1 << 20;

    #[test]
    fn tables_count_together() {
        let memory = &mut MemoryLimit::of(LIMIT_BYTES);
        let elements = LIMIT_BYTES / TABLE_ELEMENT_BYTES;
        assert!(memory.table_growing(0, elements / 2, None).unwrap());
        assert!(memory.table_growing(0, elements / 2, None).unwrap());
        assert!(!memory.table_growing(0, 1, None).unwrap() && memory.refused);
        assert!(memory.table_growing(0, 2, Some(1)).unwrap(), "it does not grow beyond its own maximum");
    }

    #[test]
    fn growth_that_fails_costs_nothing() {
        let memory = &mut MemoryLimit::of(LIMIT_BYTES);
        // Beyond its own maximum: wasmtime refuses it after asking, and says so.
        assert!(memory.memory_growing(0, 2 * LIMIT_BYTES, Some(LIMIT_BYTES / 2)).unwrap());
        memory.memory_grow_failed(wasmtime::format_err!("too large")).unwrap();
        assert_eq!((memory.left_bytes, memory.refused), (LIMIT_BYTES, false));
        // Granted, and failed for another reason.
        assert!(memory.memory_growing(0, LIMIT_BYTES, None).unwrap());
        memory.memory_grow_failed(wasmtime::format_err!("no room")).unwrap();
        assert_eq!(memory.left_bytes, LIMIT_BYTES);
        assert!(!memory.memory_growing(0, LIMIT_BYTES + 1, None).unwrap() && memory.refused);
    }
}
