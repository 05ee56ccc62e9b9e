//! Where things lie in the memory that is added to a module.

/// The length of what precedes the counters: the list's pointer and length, 8 bytes, as the
/// canonical ABI returns them, and padding.
const COUNTERS_OFFSET: u32 = 16;

/// The size of a page of WebAssembly memory, in bytes.
const PAGE_BYTES: u64 = 65_536;

/// How many pairs of operands of memory comparisons a region holds; a power of two.
pub(super) const OPERAND_SLOTS: u32 = 512;

/// The longest operands of memory comparisons that are kept, in bytes.
pub(super) const OPERAND_BYTES_MAX: u32 = 24;

/// A pair of operands: their length in one byte, then room for both.
pub(super) const OPERAND_SLOT_BYTES: u32 = 1 + 2 * OPERAND_BYTES_MAX;

/// Two counts of 32 bits, little-endian: resources made, resources ended.
const RESOURCE_BYTES: u32 = 8;

/// Room for one operand of a comparison, little-endian.
const WORD_BYTES: u32 = 8;

/// The bytes of one region: a counter for each edge, a closeness for each comparison, pairs of
/// operands that were compared as memory, pairs that were compared as numbers, counts for each type of resource, and the operand of each
/// comparison that came closest. The last two are never zeroed: the counts are of the life of the
/// instance, and an operand says something only where there is a closeness.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Layout {
    /// How many edges: each counts, up to 255, how often it was taken.
    pub edges: u32,
    /// How many comparisons: each holds the best closeness seen, see [`super::Comparison`].
    pub comparisons: u32,
    /// How many pairs of operands have room; 0 where no function that compares memory was found.
    pub operand_pairs: u32,
    /// How many comparisons of two numbers, neither of them a constant, keep their operands.
    pub word_pairs: u32,
    /// How many types of resources are counted.
    pub resources: u32,
}

/// How many resources of one type a core instance made and ended so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ResourceCounts {
    /// Calls of `resource.new`.
    pub made: u32,
    /// Calls of the destructor.
    pub ended: u32,
}

impl Layout {
    /// The length of the region in bytes.
    pub fn len(self) -> u32 {
        self.nearest_start() + self.comparisons * WORD_BYTES
    }

    fn nearest_start(self) -> u32 {
        self.zeroed_len() + self.resources * RESOURCE_BYTES
    }

    /// The length of the part that is zeroed before each execution, in bytes.
    pub(super) fn zeroed_len(self) -> u32 {
        self.words_start() + self.word_pairs * 2 * WORD_BYTES
    }

    fn words_start(self) -> u32 {
        self.operands_start() + self.operand_pairs * OPERAND_SLOT_BYTES
    }

    fn operands_start(self) -> u32 {
        self.edges + self.comparisons
    }

    /// Whether there is nothing to count.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The edge counters and the closenesses of a region.
    ///
    /// # Panics
    /// When the region is shorter than the layout says.
    pub fn split(self, region: &[u8]) -> (&[u8], &[u8]) {
        region[..self.operands_start() as usize].split_at(self.edges as usize)
    }

    /// The pairs of bytes that were compared as memory and are remembered: of two to
    /// 24 bytes, both of the same length.
    ///
    /// # Panics
    /// When the region is shorter than the layout says.
    pub fn operand_pairs(self, region: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
        let slots = &region[self.operands_start() as usize..self.words_start() as usize];
        slots.chunks(OPERAND_SLOT_BYTES as usize).filter(|slot| slot[0] != 0).map(|slot| {
            let length = usize::from(slot[0]);
            let (left, right) = slot[1..].split_at(OPERAND_BYTES_MAX as usize);
            (&left[..length], &right[..length])
        })
    }

    /// The comparisons that were reached since the region was zeroed: which, their closeness, and
    /// the operand that came so close; one of 32 bits is extended with zeroes.
    ///
    /// # Panics
    /// When the region is shorter than the layout says.
    pub fn nearest_operands(self, region: &[u8]) -> impl Iterator<Item = (usize, u8, u64)> {
        let (_, closenesses) = self.split(region);
        let operands = region[self.nearest_start() as usize..].chunks_exact(WORD_BYTES as usize);
        let reached = closenesses.iter().zip(operands).enumerate().filter(|(_, (closeness, _))| **closeness > 0);
        reached.map(|(comparison, (closeness, operand))| (comparison, *closeness, word(operand)))
    }

    /// The numbers that were compared with each other and differed, the last ones at each place;
    /// those of 32 bits are extended with zeroes.
    ///
    /// # Panics
    /// When the region is shorter than the layout says.
    pub fn word_pairs(self, region: &[u8]) -> impl Iterator<Item = (u64, u64)> {
        let pairs = &region[self.words_start() as usize..self.zeroed_len() as usize];
        let pairs = pairs.chunks_exact(2 * WORD_BYTES as usize).map(|pair| pair.split_at(WORD_BYTES as usize));
        pairs.map(|(left, right)| (word(left), word(right))).filter(|(left, right)| left != right)
    }

    /// The counts of each type of resource.
    ///
    /// # Panics
    /// When the region is shorter than the layout says.
    pub fn resource_counts(self, region: &[u8]) -> impl Iterator<Item = ResourceCounts> {
        let word = |bytes: &[u8]| u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
        let counts = &region[self.zeroed_len() as usize..self.nearest_start() as usize];
        counts
            .chunks(RESOURCE_BYTES as usize)
            .map(move |counts| ResourceCounts { made: word(counts), ended: word(&counts[4..]) })
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

    /// The address of the operand of a comparison that came closest.
    pub(super) fn nearest_offset(self, comparison: u32) -> u32 {
        COUNTERS_OFFSET + self.nearest_start() + comparison * WORD_BYTES
    }

    /// The address of the first of two numbers that were compared; the other follows 8 bytes later.
    pub(super) fn word_pair_offset(self, pair: u32) -> u32 {
        COUNTERS_OFFSET + self.words_start() + pair * 2 * WORD_BYTES
    }

    /// The address of the first pair of operands.
    pub(super) fn operands_offset(self) -> u32 {
        COUNTERS_OFFSET + self.operands_start()
    }

    /// The address of the count of resources of a type that were made.
    pub(super) fn made_offset(self, resource: u32) -> u32 {
        COUNTERS_OFFSET + self.zeroed_len() + resource * RESOURCE_BYTES
    }

    /// The address of the count of resources of a type that were ended.
    pub(super) fn ended_offset(self, resource: u32) -> u32 {
        self.made_offset(resource) + 4
    }

    /// How many pages the memory has.
    pub(super) fn pages(self) -> u64 {
        (u64::from(COUNTERS_OFFSET) + u64::from(self.len())).div_ceil(PAGE_BYTES)
    }
}

fn word(little_endian: &[u8]) -> u64 {
    little_endian.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte))
}
