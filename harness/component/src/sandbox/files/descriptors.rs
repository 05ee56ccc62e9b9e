//! Descriptors: the functions of `wasi:filesystem/types` about names and attributes.

use wasmtime::component::{LinkerInstance, Resource};
use wasmtime::{Result, StoreContextMut};

use super::error::{ErrorCode, FileResult};
use super::nodes::NodeId;
use super::tree::{Change, Opening, Tree};
use super::types::{DescriptorFlags, DescriptorStat, DescriptorType, MetadataHash, NewTimestamp, OpenFlags, PathFlags};
use super::walk::find;
use crate::sandbox::state::Sandbox;

/// An open file or folder.
#[derive(Clone, Copy)]
pub(in crate::sandbox) struct Descriptor {
    pub(super) node: NodeId,
    pub(super) flags: DescriptorFlags,
}

pub(super) type Store<'a> = StoreContextMut<'a, Sandbox>;
type Of = Resource<Descriptor>;

impl Sandbox {
    pub(super) fn descriptor(&self, of: &Of) -> Result<Descriptor> {
        Ok(*self.table.get(of)?)
    }

    /// The files, and what a change of them needs.
    pub(super) fn changing(&mut self) -> (&mut Tree, Change<'_>) {
        (&mut self.files, Change { now_ns: self.clock.now(), memory: &mut self.memory })
    }

    /// Opens a descriptor on a node.
    pub(super) fn describe(&mut self, node: NodeId, flags: DescriptorFlags) -> Result<FileResult<Of>> {
        if let Err(error) = self.files.nodes.hold(node, &mut self.memory) {
            return Ok(Err(error));
        }
        Ok(Ok(self.table.push(Descriptor { node, flags })?))
    }

    fn open_at(&mut self, of: &Of, path: &str, how: Opening, flags: DescriptorFlags) -> Result<FileResult<Of>> {
        let base = self.descriptor(of)?.node;
        let (files, change) = self.changing();
        match files.open(base, path, how, change) {
            Ok(node) => {
                let flags = if self.files.nodes.is_folder(node) {
                    DescriptorFlags::READ | DescriptorFlags::MUTATE_DIRECTORY
                } else {
                    flags
                };
                self.describe(node, flags)
            }
            Err(error) => Ok(Err(error)),
        }
    }

    /// The node that a path names.
    fn at(&self, of: &Of, flags: PathFlags, path: &str) -> Result<FileResult<NodeId>> {
        let base = self.descriptor(of)?.node;
        let nodes = &self.files.nodes;
        Ok(find(nodes, base, path, follows(flags)).and_then(|place| place.node(nodes)))
    }

    fn set_times(&mut self, node: NodeId, accessed: NewTimestamp, modified: NewTimestamp) -> FileResult<()> {
        let now_ns = self.clock.now();
        self.files.set_times(node, |times| {
            times.accessed_ns = accessed.instant_ns(times.accessed_ns, now_ns);
            times.modified_ns = modified.instant_ns(times.modified_ns, now_ns);
            times.changed_ns = now_ns;
        })
    }

    fn stat(&self, node: NodeId) -> FileResult<DescriptorStat> {
        Ok(self.files.nodes.get(node)?.into())
    }

    fn metadata_hash(&self, node: NodeId) -> FileResult<MetadataHash> {
        Ok(MetadataHash::of(node, self.files.nodes.get(node)?))
    }
}

fn follows(flags: PathFlags) -> bool {
    flags.contains(PathFlags::SYMLINK_FOLLOW)
}

/// Lets go of a descriptor.
pub(super) fn drop_descriptor(mut store: Store<'_>, rep: u32) -> Result<()> {
    let sandbox = store.data_mut();
    let descriptor = sandbox.table.delete(Resource::<Descriptor>::new_own(rep))?;
    sandbox.files.nodes.release(descriptor.node, &mut sandbox.memory);
    Ok(())
}

/// The functions that open, and that tell and change attributes.
pub(super) fn define_attributes(instance: &mut LinkerInstance<'_, Sandbox>) -> Result<()> {
    instance.func_wrap(
        "[method]descriptor.open-at",
        |mut store: Store<'_>, (of, links, path, open, flags): (Of, PathFlags, String, OpenFlags, DescriptorFlags)| {
            let how = Opening {
                follows: follows(links),
                creates: open.contains(OpenFlags::CREATE),
                folder: open.contains(OpenFlags::DIRECTORY),
                fresh: open.contains(OpenFlags::EXCLUSIVE),
                empties: open.contains(OpenFlags::TRUNCATE),
                writes: flags.contains(DescriptorFlags::WRITE),
            };
            Ok((store.data_mut().open_at(&of, &path, how, flags)?,))
        },
    )?;
    instance.func_wrap("[method]descriptor.get-flags", |store: Store<'_>, (of,): (Of,)| {
        let descriptor = store.data().descriptor(&of)?;
        Ok((FileResult::Ok(descriptor.flags),))
    })?;
    instance.func_wrap("[method]descriptor.get-type", |store: Store<'_>, (of,): (Of,)| {
        let node = store.data().descriptor(&of)?.node;
        Ok((store.data().files.nodes.get(node).map(|node| DescriptorType::from(&node.content)),))
    })?;
    instance.func_wrap("[method]descriptor.stat", |store: Store<'_>, (of,): (Of,)| {
        let node = store.data().descriptor(&of)?.node;
        Ok((store.data().stat(node),))
    })?;
    instance.func_wrap(
        "[method]descriptor.stat-at",
        |store: Store<'_>, (of, flags, path): (Of, PathFlags, String)| {
            let node = store.data().at(&of, flags, &path)?;
            Ok((node.and_then(|node| store.data().stat(node)),))
        },
    )?;
    instance.func_wrap("[method]descriptor.metadata-hash", |store: Store<'_>, (of,): (Of,)| {
        let node = store.data().descriptor(&of)?.node;
        Ok((store.data().metadata_hash(node),))
    })?;
    instance.func_wrap(
        "[method]descriptor.metadata-hash-at",
        |store: Store<'_>, (of, flags, path): (Of, PathFlags, String)| {
            let node = store.data().at(&of, flags, &path)?;
            Ok((node.and_then(|node| store.data().metadata_hash(node)),))
        },
    )?;
    instance.func_wrap("[method]descriptor.is-same-object", |store: Store<'_>, (of, other): (Of, Of)| {
        Ok((store.data().descriptor(&of)?.node == store.data().descriptor(&other)?.node,))
    })?;
    instance.func_wrap(
        "[method]descriptor.set-times",
        |mut store: Store<'_>, (of, accessed, modified): (Of, NewTimestamp, NewTimestamp)| {
            let node = store.data().descriptor(&of)?.node;
            Ok((store.data_mut().set_times(node, accessed, modified),))
        },
    )?;
    instance.func_wrap(
        "[method]descriptor.set-times-at",
        |mut store: Store<'_>,
         (of, flags, path, accessed, modified): (Of, PathFlags, String, NewTimestamp, NewTimestamp)| {
            let node = store.data().at(&of, flags, &path)?;
            Ok((node.and_then(|node| store.data_mut().set_times(node, accessed, modified)),))
        },
    )
}

/// The functions that change what names there are.
pub(super) fn define_names(instance: &mut LinkerInstance<'_, Sandbox>) -> Result<()> {
    type ByPath = fn(&mut Tree, NodeId, &str, Change<'_>) -> FileResult<()>;
    let by_path: [(&str, ByPath); 3] = [
        ("create-directory-at", Tree::create_folder),
        ("remove-directory-at", Tree::remove_folder),
        ("unlink-file-at", Tree::remove_file),
    ];
    for (name, change_at) in by_path {
        let define = move |mut store: Store<'_>, (of, path): (Of, String)| {
            let base = store.data().descriptor(&of)?.node;
            let (files, change) = store.data_mut().changing();
            Ok((change_at(files, base, &path, change),))
        };
        instance.func_wrap(&format!("[method]descriptor.{name}"), define)?;
    }
    instance.func_wrap(
        "[method]descriptor.rename-at",
        |mut store: Store<'_>, (of, from, new, to): (Of, String, Of, String)| {
            let (old, new) = (store.data().descriptor(&of)?.node, store.data().descriptor(&new)?.node);
            let (files, change) = store.data_mut().changing();
            Ok((files.rename((old, &from), (new, &to), change),))
        },
    )?;
    instance.func_wrap(
        "[method]descriptor.link-at",
        |mut store: Store<'_>, (of, flags, from, new, to): (Of, PathFlags, String, Of, String)| {
            let new = store.data().descriptor(&new)?.node;
            let node = store.data().at(&of, flags, &from)?;
            let (files, change) = store.data_mut().changing();
            Ok((node.and_then(|node| files.link(node, new, &to, change)),))
        },
    )?;
    instance.func_wrap(
        "[method]descriptor.symlink-at",
        |mut store: Store<'_>, (of, target, path): (Of, String, String)| {
            let base = store.data().descriptor(&of)?.node;
            let (files, change) = store.data_mut().changing();
            Ok((files.create_link(base, &path, &target, change),))
        },
    )?;
    instance.func_wrap("[method]descriptor.readlink-at", |store: Store<'_>, (of, path): (Of, String)| {
        let node = store.data().at(&of, PathFlags::default(), &path)?;
        let files = &store.data().files;
        let target = node.and_then(|node| files.link_target(node).ok_or(ErrorCode::Invalid));
        Ok((target.map(str::to_owned),))
    })
}
