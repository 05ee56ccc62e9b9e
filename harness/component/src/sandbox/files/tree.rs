//! A file system in memory: what can be done with names.
//!
//! Its answers are those of POSIX, as `wasi:filesystem` has them. It is empty at first, takes its bytes
//! from the memory that the component may have, and knows no time of its own.

use super::error::{ErrorCode, FileResult};
use super::nodes::{Content, NodeId, Nodes, Times};
use super::walk::{Place, find};
use crate::sandbox::memory::MemoryLimit;

/// The files of one instance.
#[derive(Default)]
pub(in crate::sandbox) struct Tree {
    pub(super) nodes: Nodes,
    /// The folders that were granted, each with its name in the component.
    pub(super) roots: Vec<(NodeId, String)>,
    /// Whether a crash can come, so that what has settled is kept beside what is there.
    pub(super) can_crash: bool,
}

/// What a change needs beside its names.
pub(super) struct Change<'c> {
    pub(super) now_ns: u64,
    pub(super) memory: &'c mut MemoryLimit,
}

/// How something is opened.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Opening {
    pub(super) follows: bool,
    pub(super) creates: bool,
    /// It must be a folder.
    pub(super) folder: bool,
    /// It must not be there yet.
    pub(super) fresh: bool,
    pub(super) empties: bool,
    pub(super) writes: bool,
}

impl Tree {
    /// An empty file system with these folders.
    pub(in crate::sandbox) fn of(folders: &[String], can_crash: bool, memory: &mut MemoryLimit) -> Self {
        let mut nodes = Nodes::default();
        let mut root = |name: &String| {
            let id = nodes.make(empty_folder(), 0, memory).ok()?;
            let node = nodes.get_mut(id).ok()?;
            node.links = 1;
            if let Content::Folder { parent, .. } = &mut node.content {
                *parent = id;
            }
            Some((id, name.clone()))
        };
        // A component without room for an empty folder has no room to start in.
        let roots = folders.iter().filter_map(&mut root).collect();
        Self { nodes, roots, can_crash }
    }

    /// Opens what a path names; makes a file where that is wanted.
    pub(super) fn open(&mut self, base: NodeId, path: &str, how: Opening, change: Change<'_>) -> FileResult<NodeId> {
        if how.creates && how.folder {
            return Err(ErrorCode::Invalid);
        }
        let place = find(&self.nodes, base, path, how.follows && !(how.creates && how.fresh))?;
        let node = match &place {
            Place::Entry { folder, name, node: None, means_folder } if how.creates => {
                if *means_folder {
                    return Err(ErrorCode::IsDirectory);
                }
                return self.make_entry(*folder, name, Content::File(Vec::new()), change);
            }
            place => place.node(&self.nodes)?,
        };
        if how.creates && how.fresh {
            return Err(ErrorCode::Exist);
        }
        self.check_opening(node, how)?;
        if how.empties {
            self.resize(node, 0, change)?;
        }
        Ok(node)
    }

    fn check_opening(&self, node: NodeId, how: Opening) -> FileResult<()> {
        match &self.nodes.get(node)?.content {
            Content::Link(_) => Err(ErrorCode::Loop),
            Content::Folder { .. } if how.writes || how.empties || how.creates => Err(ErrorCode::IsDirectory),
            Content::File(_) if how.folder => Err(ErrorCode::NotDirectory),
            _ => Ok(()),
        }
    }

    fn make_entry(&mut self, folder: NodeId, name: &str, content: Content, change: Change<'_>) -> FileResult<NodeId> {
        let node = self.nodes.make(content, change.now_ns, change.memory)?;
        let entered = self.nodes.enter(folder, name, node, change.now_ns, change.memory);
        if let Err(error) = entered {
            // Held and released, it is gone.
            if self.nodes.hold(node, change.memory).is_ok() {
                self.nodes.release(node, change.memory);
            }
            return Err(error);
        }
        Ok(node)
    }

    /// A free place for a new entry.
    fn free(&self, base: NodeId, path: &str, may_mean_folder: bool) -> FileResult<(NodeId, String)> {
        match find(&self.nodes, base, path, false)? {
            Place::Entry { folder, name, node: None, means_folder } if may_mean_folder || !means_folder => {
                Ok((folder, name))
            }
            Place::Entry { node: None, .. } => Err(ErrorCode::NoEntry),
            _ => Err(ErrorCode::Exist),
        }
    }

    pub(super) fn create_folder(&mut self, base: NodeId, path: &str, change: Change<'_>) -> FileResult<()> {
        let (folder, name) = self.free(base, path, true)?;
        self.make_entry(folder, &name, empty_folder(), change).map(drop)
    }

    pub(super) fn create_link(&mut self, base: NodeId, path: &str, to: &str, change: Change<'_>) -> FileResult<()> {
        if to.starts_with('/') {
            return Err(ErrorCode::NotPermitted);
        }
        let (folder, name) = self.free(base, path, false)?;
        self.make_entry(folder, &name, Content::Link(to.to_owned()), change).map(drop)
    }

    /// Gives a file one more name.
    pub(super) fn link(&mut self, node: NodeId, base: NodeId, path: &str, change: Change<'_>) -> FileResult<()> {
        if self.nodes.is_folder(node) {
            return Err(ErrorCode::NotPermitted);
        }
        let (folder, name) = self.free(base, path, false)?;
        self.nodes.enter(folder, &name, node, change.now_ns, change.memory)
    }

    pub(super) fn remove_file(&mut self, base: NodeId, path: &str, change: Change<'_>) -> FileResult<()> {
        let place = find(&self.nodes, base, path, false)?;
        let node = place.node(&self.nodes)?;
        match place {
            Place::Entry { folder, name, .. } if !self.nodes.is_folder(node) => {
                self.nodes.leave(folder, &name, change.now_ns, change.memory)
            }
            _ => Err(ErrorCode::IsDirectory),
        }
    }

    pub(super) fn remove_folder(&mut self, base: NodeId, path: &str, change: Change<'_>) -> FileResult<()> {
        let place = find(&self.nodes, base, path, false)?;
        let node = place.node(&self.nodes)?;
        let Place::Entry { folder, name, .. } = place else { return Err(ErrorCode::Invalid) };
        if !self.nodes.entries(node)?.is_empty() {
            return Err(ErrorCode::NotEmpty);
        }
        self.nodes.leave(folder, &name, change.now_ns, change.memory)
    }

    /// Moves an entry; what the new name led to is replaced, in one step.
    pub(super) fn rename(
        &mut self,
        (from_base, from): (NodeId, &str),
        (to_base, to): (NodeId, &str),
        change: Change<'_>,
    ) -> FileResult<()> {
        let source = find(&self.nodes, from_base, from, false)?;
        let node = source.node(&self.nodes)?;
        let target = find(&self.nodes, to_base, to, false)?;
        let (Place::Entry { folder: old_folder, name: old_name, .. }, Place::Entry { folder, name, node: there, .. }) =
            (source, target.clone())
        else {
            return Err(ErrorCode::Busy);
        };
        if there == Some(node) {
            return Ok(());
        }
        self.check_replacement(node, &target)?;
        if self.is_inside(folder, node)? {
            return Err(ErrorCode::Invalid);
        }
        self.nodes.enter(folder, &name, node, change.now_ns, change.memory)?;
        self.nodes.leave(old_folder, &old_name, change.now_ns, change.memory)
    }

    fn check_replacement(&self, node: NodeId, target: &Place) -> FileResult<()> {
        let Place::Entry { node: there, means_folder, .. } = target else { return Err(ErrorCode::Busy) };
        let is_folder = self.nodes.is_folder(node);
        match there {
            None if *means_folder && !is_folder => Err(ErrorCode::NotDirectory),
            None => Ok(()),
            Some(there) => match (is_folder, self.nodes.entries(*there)) {
                (true, Ok(entries)) if entries.is_empty() => Ok(()),
                (true, Ok(_)) => Err(ErrorCode::NotEmpty),
                (true, Err(_)) => Err(ErrorCode::NotDirectory),
                (false, Ok(_)) => Err(ErrorCode::IsDirectory),
                (false, Err(_)) => Ok(()),
            },
        }
    }

    /// Whether a folder is `other`, or lies in it.
    fn is_inside(&self, folder: NodeId, other: NodeId) -> FileResult<bool> {
        let mut at = folder;
        loop {
            if at == other {
                return Ok(true);
            }
            let parent = self.nodes.parent(at)?;
            if parent == at {
                return Ok(false);
            }
            at = parent;
        }
    }

    /// What a link leads to; `None` for what is no link.
    pub(super) fn link_target(&self, node: NodeId) -> Option<&str> {
        match &self.nodes.get(node).ok()?.content {
            Content::Link(target) => Some(target),
            _ => None,
        }
    }

    pub(super) fn set_times(&mut self, node: NodeId, change: impl FnOnce(&mut Times)) -> FileResult<()> {
        change(&mut self.nodes.get_mut(node)?.times);
        Ok(())
    }
}

fn empty_folder() -> Content {
    Content::Folder { entries: Default::default(), parent: 0 }
}
