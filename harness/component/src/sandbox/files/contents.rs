//! Descriptors: the functions of `wasi:filesystem/types` about the bytes of files and the entries of
//! folders.

use std::collections::VecDeque;

use wasmtime::Result;
use wasmtime::component::{LinkerInstance, Resource};

use super::descriptors::{Descriptor, Store};
use super::error::{ErrorCode, FileResult};
use super::nodes::{NodeId, entry_bytes, take};
use super::types::{Advice, DescriptorFlags, DirectoryEntry};
use crate::sandbox::ends::{HostInput, HostOutput};
use crate::sandbox::io::IoError;
use crate::sandbox::state::Sandbox;

type Of = Resource<Descriptor>;

/// `directory-entry-stream`: what was in the folder when it was asked for.
pub(super) struct Entries {
    left: VecDeque<DirectoryEntry>,
    /// What was counted for it.
    bytes: usize,
}

impl Sandbox {
    /// The node of a descriptor that may do this.
    fn allowed(&self, of: &Of, flag: DescriptorFlags) -> Result<FileResult<NodeId>> {
        let descriptor = self.descriptor(of)?;
        let is_file = self.files.bytes(descriptor.node).map(drop);
        let is_allowed = if descriptor.flags.contains(flag) { Ok(()) } else { Err(ErrorCode::BadDescriptor) };
        Ok(is_file.and(is_allowed).map(|()| descriptor.node))
    }

    fn read_at(&self, of: &Of, offset: u64, count: u64) -> Result<FileResult<(Vec<u8>, bool)>> {
        Ok(self.allowed(of, DescriptorFlags::READ)?.and_then(|node| self.files.read(node, offset, count)))
    }

    fn write_at(&mut self, of: &Of, bytes: &[u8], offset: u64) -> Result<FileResult<u64>> {
        let node = self.allowed(of, DescriptorFlags::WRITE)?;
        let (files, change) = self.changing();
        Ok(node.and_then(|node| files.write(node, offset, bytes, change)).map(|()| bytes.len() as u64))
    }

    fn input_stream(&mut self, of: &Of, offset: u64) -> Result<FileResult<Resource<HostInput>>> {
        let held = self.allowed(of, DescriptorFlags::READ)?;
        match held.and_then(|node| self.files.nodes.hold(node, &mut self.memory).map(|()| node)) {
            Ok(node) => Ok(Ok(self.table.push(HostInput::File { node, offset })?)),
            Err(error) => Ok(Err(error)),
        }
    }

    fn output_stream(&mut self, of: &Of, offset: Option<u64>) -> Result<FileResult<Resource<HostOutput>>> {
        let held = self.allowed(of, DescriptorFlags::WRITE)?;
        match held.and_then(|node| self.files.nodes.hold(node, &mut self.memory).map(|()| node)) {
            Ok(node) => Ok(Ok(self.table.push(HostOutput::File { node, offset })?)),
            Err(error) => Ok(Err(error)),
        }
    }

    fn entries(&mut self, of: &Of) -> Result<FileResult<Resource<Entries>>> {
        let node = self.descriptor(of)?.node;
        match self.entries_of(node) {
            Ok(entries) => Ok(Ok(self.table.push(entries)?)),
            Err(error) => Ok(Err(error)),
        }
    }

    fn entries_of(&mut self, node: NodeId) -> FileResult<Entries> {
        let nodes = &self.files.nodes;
        let entries = nodes.entries(node)?;
        let bytes = entries.keys().map(|name| entry_bytes(name)).sum();
        take(&mut self.memory, bytes)?;
        let entry = |(name, node): (&String, &NodeId)| {
            Ok(DirectoryEntry { kind: (&nodes.get(*node)?.content).into(), name: name.clone() })
        };
        let mut left = entries.iter().map(entry).collect::<FileResult<Vec<_>>>()?;
        // No file system promises an order: so it is none that anybody would like to rely on.
        left.sort_by_key(|entry| kvspec_reference::hash::fnv1a_64(entry.name.bytes()));
        Ok(Entries { left: left.into(), bytes })
    }

    /// The next bytes of a stream of a file; `None` at its end.
    pub(crate) fn read_on(&mut self, input: &Resource<HostInput>, limit: u64) -> Result<Option<Vec<u8>>> {
        let HostInput::File { node, offset } = self.table.get_mut(input)? else { return Ok(None) };
        // It holds the file, which so is there.
        let (bytes, is_end) = self.files.read(*node, *offset, limit).unwrap_or((Vec::new(), true));
        *offset += bytes.len() as u64;
        Ok((!bytes.is_empty() || !is_end).then_some(bytes))
    }

    /// Writes where a stream of a file stands.
    pub(in crate::sandbox) fn write_on(
        &mut self,
        output: &Resource<HostOutput>,
        bytes: &[u8],
    ) -> Result<FileResult<()>> {
        let HostOutput::File { node, offset } = *self.table.get(output)? else { return Ok(Ok(())) };
        let (files, change) = self.changing();
        let written = match offset {
            Some(offset) => files.write(node, offset, bytes, change),
            None => files.append(node, bytes, change),
        };
        if written.is_ok()
            && let HostOutput::File { offset: Some(offset), .. } = self.table.get_mut(output)?
        {
            *offset += bytes.len() as u64;
        }
        Ok(written)
    }

    /// A stream of a file is gone.
    pub(in crate::sandbox) fn release_file(&mut self, node: NodeId) {
        self.files.nodes.release(node, &mut self.memory);
    }
}

pub(super) fn drop_entries(mut store: Store<'_>, rep: u32) -> Result<()> {
    let sandbox = store.data_mut();
    let entries = sandbox.table.delete(Resource::<Entries>::new_own(rep))?;
    sandbox.memory.give_back(entries.bytes);
    Ok(())
}

/// The functions about bytes and streams.
pub(super) fn define_bytes(instance: &mut LinkerInstance<'_, Sandbox>) -> Result<()> {
    instance.func_wrap("[method]descriptor.read", |store: Store<'_>, (of, count, offset): (Of, u64, u64)| {
        Ok((store.data().read_at(&of, offset, count)?,))
    })?;
    instance.func_wrap(
        "[method]descriptor.write",
        |mut store: Store<'_>, (of, bytes, offset): (Of, Vec<u8>, u64)| {
            Ok((store.data_mut().write_at(&of, &bytes, offset)?,))
        },
    )?;
    instance.func_wrap("[method]descriptor.read-via-stream", |mut store: Store<'_>, (of, offset): (Of, u64)| {
        Ok((store.data_mut().input_stream(&of, offset)?,))
    })?;
    instance.func_wrap("[method]descriptor.write-via-stream", |mut store: Store<'_>, (of, offset): (Of, u64)| {
        Ok((store.data_mut().output_stream(&of, Some(offset))?,))
    })?;
    instance.func_wrap("[method]descriptor.append-via-stream", |mut store: Store<'_>, (of,): (Of,)| {
        Ok((store.data_mut().output_stream(&of, None)?,))
    })?;
    instance.func_wrap("[method]descriptor.set-size", |mut store: Store<'_>, (of, size): (Of, u64)| {
        let node = store.data().allowed(&of, DescriptorFlags::WRITE)?;
        let (files, change) = store.data_mut().changing();
        Ok((node.and_then(|node| files.resize(node, size, change)),))
    })?;
    instance.func_wrap(
        "[method]descriptor.advise",
        |store: Store<'_>, (of, _offset, _length, _advice): (Of, u64, u64, Advice)| {
            Ok((store.data().files.bytes(store.data().descriptor(&of)?.node).map(drop),))
        },
    )?;
    for name in ["sync", "sync-data"] {
        instance.func_wrap(&format!("[method]descriptor.{name}"), |mut store: Store<'_>, (of,): (Of,)| {
            let node = store.data().descriptor(&of)?.node;
            let Sandbox { files, memory, .. } = store.data_mut();
            Ok((files.sync(node, memory),))
        })?;
    }
    Ok(())
}

/// The functions about the entries of a folder, and about errors of streams.
pub(super) fn define_entries(instance: &mut LinkerInstance<'_, Sandbox>) -> Result<()> {
    instance.func_wrap("[method]descriptor.read-directory", |mut store: Store<'_>, (of,): (Of,)| {
        Ok((store.data_mut().entries(&of)?,))
    })?;
    instance.func_wrap(
        "[method]directory-entry-stream.read-directory-entry",
        |mut store: Store<'_>, (entries,): (Resource<Entries>,)| {
            Ok((FileResult::Ok(store.data_mut().table.get_mut(&entries)?.left.pop_front()),))
        },
    )?;
    instance.func_wrap("filesystem-error-code", |store: Store<'_>, (error,): (Resource<IoError>,)| {
        Ok((store.data().table.get(&error)?.code,))
    })
}
