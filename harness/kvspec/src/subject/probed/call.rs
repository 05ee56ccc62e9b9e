//! One call of a generated probe as bytes, and its answer.
//!
//! Arguments lie in memory as the canonical ABI of the component model has them: numbers and handles as
//! they are, strings and lists as pointer and length. The protocol is in `probe/command.wat.in`.

use kvspec_reference::interface::{Failure, Result};

use crate::probe::{ANSWER_HEAD_BYTES, ARGUMENTS_ADDRESS};

/// The arguments of a call, in their order.
pub(super) struct Arguments {
    flat: Vec<u64>,
    /// How many there will be: what they point to lies behind them.
    count: usize,
    data: Vec<u8>,
}

impl Arguments {
    /// Room for so many flat arguments: a string and a list are two.
    pub(super) fn of(count: usize) -> Self {
        Self { flat: Vec::with_capacity(count), count, data: Vec::new() }
    }

    pub(super) fn number(mut self, number: u64) -> Self {
        self.flat.push(number);
        self
    }

    pub(super) fn handle(self, handle: u32) -> Self {
        self.number(handle.into())
    }

    pub(super) fn bytes(mut self, bytes: &[u8]) -> Self {
        let pointer = self.put(bytes, 1);
        self.number(pointer.into()).number(bytes.len() as u64)
    }

    pub(super) fn text(self, text: &str) -> Self {
        self.bytes(text.as_bytes())
    }

    pub(super) fn texts(mut self, texts: &[&str]) -> Self {
        let words: Vec<u32> = texts.iter().flat_map(|text| self.put_list(text.as_bytes())).collect();
        self.list(&words, texts.len())
    }

    pub(super) fn pairs(mut self, pairs: &[(&str, &[u8])]) -> Self {
        let pair = |(key, value): &(&str, &[u8])| [self.put_list(key.as_bytes()), self.put_list(value)].concat();
        let words: Vec<u32> = pairs.iter().flat_map(pair).collect();
        self.list(&words, pairs.len())
    }

    /// Pointer and length of bytes.
    fn put_list(&mut self, bytes: &[u8]) -> [u32; 2] {
        [self.put(bytes, 1), bytes.len() as u32]
    }

    /// A list of so many records, whose fields are these words.
    fn list(mut self, words: &[u32], length: usize) -> Self {
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        let pointer = self.put(&bytes, 4);
        self.number(pointer.into()).number(length as u64)
    }

    fn put(&mut self, bytes: &[u8], align: usize) -> u32 {
        let at = self.data.len().next_multiple_of(align);
        self.data.resize(at, 0);
        self.data.extend_from_slice(bytes);
        ARGUMENTS_ADDRESS + (8 * self.count + at) as u32
    }

    /// As they lie in memory.
    pub(super) fn in_memory(self) -> Vec<u8> {
        debug_assert_eq!(self.flat.len(), self.count);
        let flat = self.flat.iter().flat_map(|number| number.to_le_bytes());
        flat.chain(self.data).collect()
    }
}

/// What came back of a call.
pub struct Answer {
    head: Vec<u8>,
    /// What the host put into memory, from this address on.
    heap: Vec<u8>,
    heap_at: u32,
}

impl Answer {
    /// The answer in these bytes to a call whose arguments took so many; `None` where they are none.
    pub fn new(mut bytes: Vec<u8>, argument_bytes: usize) -> Option<Self> {
        if bytes.len() < ANSWER_HEAD_BYTES as usize {
            return None;
        }
        let heap = bytes.split_off(ANSWER_HEAD_BYTES as usize);
        Some(Self { head: bytes, heap, heap_at: ARGUMENTS_ADDRESS + argument_bytes as u32 })
    }

    /// The result itself.
    pub(super) fn result(&self) -> Part<'_> {
        Part { answer: self, bytes: &self.head }
    }
}

/// A record in an answer: each field at its offset.
#[derive(Clone, Copy)]
pub(super) struct Part<'a> {
    answer: &'a Answer,
    bytes: &'a [u8],
}

impl<'a> Part<'a> {
    pub(super) fn byte(self, at: usize) -> Result<u8> {
        self.bytes.get(at).copied().ok_or_else(out_of_memory)
    }

    pub(super) fn word(self, at: usize) -> Result<u32> {
        let bytes = self.bytes.get(at..at + 4).ok_or_else(out_of_memory)?;
        Ok(u32::from_le_bytes(bytes.try_into().expect("four bytes")))
    }

    pub(super) fn number(self, at: usize) -> Result<u64> {
        let bytes = self.bytes.get(at..at + 8).ok_or_else(out_of_memory)?;
        Ok(u64::from_le_bytes(bytes.try_into().expect("eight bytes")))
    }

    /// The bytes of a list of bytes, or of a string.
    pub(super) fn list(self, at: usize) -> Result<&'a [u8]> {
        self.answer.memory(self.word(at)?, self.word(at + 4)? as usize)
    }

    pub(super) fn text(self, at: usize) -> Result<String> {
        let text = std::str::from_utf8(self.list(at)?);
        text.map(str::to_owned).map_err(|_| Failure::Trap("the host gave a string that is not UTF-8".into()))
    }

    /// The records of a list, of so many bytes each.
    pub(super) fn records(self, at: usize, size: usize) -> Result<impl Iterator<Item = Part<'a>>> {
        let answer = self.answer;
        let length = (self.word(at + 4)? as usize).checked_mul(size).ok_or_else(out_of_memory)?;
        let bytes = answer.memory(self.word(at)?, length)?;
        Ok(bytes.chunks_exact(size).map(move |bytes| Part { answer, bytes }))
    }
}

impl Answer {
    fn memory(&self, pointer: u32, length: usize) -> Result<&[u8]> {
        if length == 0 {
            return Ok(&[]);
        }
        let start = pointer.checked_sub(self.heap_at).ok_or_else(out_of_memory)? as usize;
        let end = start.checked_add(length).ok_or_else(out_of_memory)?;
        self.heap.get(start..end).ok_or_else(out_of_memory)
    }
}

fn out_of_memory() -> Failure {
    Failure::Trap("the host gave a pointer to memory that it had not asked for".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_lie_as_the_canonical_abi_has_them() {
        let call = Arguments::of(5).handle(7).text("key").texts(&["a", "bc"]).in_memory();
        let word = |at: usize| u32::from_le_bytes(call[at..at + 4].try_into().unwrap());
        let at = |pointer: u32| (pointer - ARGUMENTS_ADDRESS) as usize;
        assert_eq!(word(0), 7);
        assert_eq!((&call[at(word(8))..][..3], word(16)), (&b"key"[..], 3));
        let (list, length) = (at(word(24)), word(32));
        assert_eq!((list % 4, length), (0, 2));
        assert_eq!((&call[at(word(list + 8))..][..2], word(list + 12)), (&b"bc"[..], 2));
    }

    #[test]
    fn what_is_no_answer_is_refused() {
        let head = vec![0; ANSWER_HEAD_BYTES as usize];
        for bytes in [&head[..0], &head[1..]] {
            assert!(Answer::new(bytes.to_vec(), 0).is_none());
        }
        // Two bytes lie where the arguments of 0 bytes end.
        let answer = Answer::new([&head[..], b"ab"].concat(), 0).unwrap();
        let list = |length: u8| [0, 0, 1, 0, length, 0, 0, 0];
        assert_eq!(Part { answer: &answer, bytes: &list(2) }.list(0).unwrap(), b"ab");
        assert!(matches!(Part { answer: &answer, bytes: &list(3) }.list(0), Err(Failure::Trap(_))));
    }
}
