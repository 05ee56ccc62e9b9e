//! Hashes that are the same on every machine and in every version: to tell texts apart, and for
//! checksums. Not for secrets.

/// FNV-1a of 32 bits (Fowler, Noll, Vo).
pub fn fnv1a_32(bytes: impl IntoIterator<Item = u8>) -> u32 {
    bytes.into_iter().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

/// FNV-1a of 64 bits (Fowler, Noll, Vo).
pub fn fnv1a_64(bytes: impl IntoIterator<Item = u8>) -> u64 {
    bytes.into_iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_those_that_were_published() {
        // draft-eastlake-fnv, appendix C.
        assert_eq!((fnv1a_32(*b""), fnv1a_32(*b"foobar")), (0x811c_9dc5, 0xbf9c_f968));
        assert_eq!((fnv1a_64(*b""), fnv1a_64(*b"foobar")), (0xcbf2_9ce4_8422_2325, 0x8594_4171_f739_67e8));
    }
}
