//! Where things lie in the memory that is added to a module.

/// The length of what precedes the counters: the list's pointer and length, 8 bytes, as the
/// canonical ABI returns them, and padding.
const COUNTERS_OFFSET: u32 = 16;

/// The size of a page of WebAssembly memory, in bytes.
const PAGE_BYTES: u64 = 65_536;

/// The bytes of one region: first a counter for each edge, then a closeness for each comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Layout {
    /// How many edges: each counts, up to 255, how often it was taken.
    pub edges: u32,
    /// How many comparisons: each holds the best closeness seen, see [`super::Comparison`].
    pub comparisons: u32,
}

impl Layout {
    /// The length of the region in bytes.
    pub fn len(self) -> u32 {
        self.edges + self.comparisons
    }

    /// Whether there is nothing to count.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// Splits a region into edge counters and closenesses.
    ///
    /// # Panics
    /// When the region is shorter than the layout's edges.
    pub fn split(self, region: &[u8]) -> (&[u8], &[u8]) {
        region.split_at(self.edges as usize)
    }

    /// Where the list's pointer is stored; its length follows 4 bytes later.
    pub(super) fn return_area_offset() -> u32 {
        0
    }

    /// Where the region begins.
    pub(super) fn region_offset() -> u32 {
        COUNTERS_OFFSET
    }

    /// The address of the counter of an edge.
    pub(super) fn edge_offset(self, edge: u32) -> u32 {
        COUNTERS_OFFSET + edge
    }

    /// The address of the closeness of a comparison.
    pub(super) fn comparison_offset(self, comparison: u32) -> u32 {
        COUNTERS_OFFSET + self.edges + comparison
    }

    /// How many pages the memory has.
    pub(super) fn pages(self) -> u64 {
        (u64::from(COUNTERS_OFFSET) + u64::from(self.len())).div_ceil(PAGE_BYTES)
    }
}
