//! What can be done with the bytes of a file.

use super::error::{ErrorCode, FileResult};
use super::nodes::{Content, NodeId, take};
use super::tree::{Change, Tree};

/// The most bytes one read gives, however many were asked for.
pub(in crate::sandbox) const READ_BYTES_MAX: u64 = 1 << 20;

impl Tree {
    /// # Errors
    /// `is-directory`, `bad-descriptor`.
    pub(super) fn bytes(&self, node: NodeId) -> FileResult<&Vec<u8>> {
        match &self.nodes.get(node)?.content {
            Content::File(bytes) => Ok(bytes),
            Content::Folder { .. } => Err(ErrorCode::IsDirectory),
            Content::Link(_) => Err(ErrorCode::BadDescriptor),
        }
    }

    /// At most `count` bytes from `offset` on, and whether the file ends with them.
    pub(in crate::sandbox) fn read(&self, node: NodeId, offset: u64, count: u64) -> FileResult<(Vec<u8>, bool)> {
        let bytes = self.bytes(node)?;
        let begin = usize::try_from(offset).unwrap_or(usize::MAX).min(bytes.len());
        let count = count.min(READ_BYTES_MAX) as usize;
        let end = begin.saturating_add(count).min(bytes.len());
        Ok((bytes[begin..end].to_vec(), end == bytes.len()))
    }

    /// Writes all of it from `offset` on, or nothing.
    ///
    /// # Errors
    /// `insufficient-space`, and those of [`Tree::bytes`].
    pub(super) fn write(&mut self, node: NodeId, offset: u64, written: &[u8], change: Change<'_>) -> FileResult<()> {
        let length = self.bytes(node)?.len();
        let begin = usize::try_from(offset).map_err(|_| ErrorCode::FileTooLarge)?;
        let end = begin.checked_add(written.len()).ok_or(ErrorCode::FileTooLarge)?;
        if written.is_empty() {
            return Ok(());
        }
        take(change.memory, end.saturating_sub(length))?;
        let node = self.nodes.get_mut(node)?;
        (node.times.modified_ns, node.times.changed_ns) = (change.now_ns, change.now_ns);
        if let Content::File(bytes) = &mut node.content {
            bytes.resize(length.max(end), 0);
            bytes[begin..end].copy_from_slice(written);
        }
        Ok(())
    }

    /// Writes all of it at the end, or nothing.
    ///
    /// # Errors
    /// As [`Tree::write`].
    pub(super) fn append(&mut self, node: NodeId, written: &[u8], change: Change<'_>) -> FileResult<()> {
        let end = self.bytes(node)?.len() as u64;
        self.write(node, end, written, change)
    }

    /// Cuts a file, or fills it up with zeroes.
    ///
    /// # Errors
    /// As [`Tree::write`].
    pub(super) fn resize(&mut self, node: NodeId, size: u64, change: Change<'_>) -> FileResult<()> {
        let length = self.bytes(node)?.len();
        let size = usize::try_from(size).map_err(|_| ErrorCode::FileTooLarge)?;
        take(change.memory, size.saturating_sub(length))?;
        change.memory.give_back(length.saturating_sub(size));
        let node = self.nodes.get_mut(node)?;
        (node.times.modified_ns, node.times.changed_ns) = (change.now_ns, change.now_ns);
        if let Content::File(bytes) = &mut node.content {
            bytes.resize(size, 0);
            bytes.shrink_to_fit();
        }
        Ok(())
    }
}
