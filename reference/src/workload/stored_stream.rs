//! Whole streams of formats that stores compress with: a value that looks like one is a value like any other.
//!
//! Nothing is compressed: the bytes stand in stored blocks (RFC 1951, 3.2.4), which every decoder takes.

/// The most bytes of a stored block.
const BLOCK_BYTES_MAX: usize = 65_535;

/// A whole zlib stream of these bytes.
pub(super) fn zlib(inner: &[u8]) -> Vec<u8> {
    let mut stream = vec![0x78, 0x01];
    stored_blocks(inner, &mut stream);
    stream.extend(adler_32(inner).to_be_bytes());
    stream
}

/// A whole gzip file of these bytes.
pub(super) fn gzip(inner: &[u8]) -> Vec<u8> {
    // Deflate, no flags, no time, no extra flags, system unknown.
    let mut stream = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    stored_blocks(inner, &mut stream);
    stream.extend(crc_32(inner).to_le_bytes());
    stream.extend((inner.len() as u32).to_le_bytes());
    stream
}

fn stored_blocks(inner: &[u8], stream: &mut Vec<u8>) {
    let count = inner.len().div_ceil(BLOCK_BYTES_MAX).max(1);
    for number in 0..count {
        let start = number * BLOCK_BYTES_MAX;
        let block = &inner[start..inner.len().min(start + BLOCK_BYTES_MAX)];
        let length = block.len() as u16;
        stream.push(u8::from(number + 1 == count));
        stream.extend(length.to_le_bytes());
        stream.extend((!length).to_le_bytes());
        stream.extend_from_slice(block);
    }
}

fn adler_32(bytes: &[u8]) -> u32 {
    const MODULUS: u32 = 65_521;
    let (a, b) = bytes.iter().fold((1u32, 0u32), |(a, b), byte| {
        let a = (a + u32::from(*byte)) % MODULUS;
        (a, (b + a) % MODULUS)
    });
    b << 16 | a
}

fn crc_32(bytes: &[u8]) -> u32 {
    const POLYNOMIAL: u32 = 0xedb8_8320;
    let shift = |crc: u32| if crc & 1 == 1 { crc >> 1 ^ POLYNOMIAL } else { crc >> 1 };
    !bytes.iter().fold(u32::MAX, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), |crc, _| shift(crc)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_those_of_the_formats() {
        // The check values of the algorithms, of the bytes "123456789".
        assert_eq!((crc_32(b"123456789"), adler_32(b"123456789")), (0xcbf4_3926, 0x091e_01de));
    }

    #[test]
    fn streams_are_whole() {
        assert_eq!(zlib(b"a"), [0x78, 1, 1, 1, 0, 0xfe, 0xff, b'a', 0, 0x62, 0, 0x62]);
        assert_eq!(gzip(b"")[10..], [1, 0, 0, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 0]);
        let long = vec![7; BLOCK_BYTES_MAX + 1];
        assert_eq!(zlib(&long).len(), 2 + 2 * 5 + long.len() + 4);
    }
}
