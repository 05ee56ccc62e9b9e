//! Files, folders and links by number: what a file system is without its names.

use std::collections::BTreeMap;

use super::error::{ErrorCode, FileResult};
use crate::sandbox::memory::MemoryLimit;

/// Names a node; never used again for another.
pub(crate) type NodeId = u64;

/// What a node, or an entry of a folder, takes beside its content and its name, in bytes.
pub(super) const NODE_BYTES: usize = 128;

/// All nodes of one instance.
#[derive(Default)]
pub(super) struct Nodes {
    nodes: BTreeMap<NodeId, Node>,
    made: NodeId,
}

/// A file, a folder or a link. It lives as long as a name or a handle leads to it.
pub(super) struct Node {
    pub(super) content: Content,
    /// How many names lead to it.
    pub(super) links: u64,
    /// How many descriptors and streams are open on it.
    holders: u64,
    pub(super) times: Times,
    /// What a crash leaves of it.
    pub(super) settled: Settled,
    /// How many names lead to it after a crash.
    pub(super) settled_links: u64,
}

/// What a node held when it was last synced.
#[derive(Default)]
pub(super) enum Settled {
    /// It never was.
    #[default]
    Nothing,
    File(Vec<u8>),
    Folder(BTreeMap<String, NodeId>),
}

impl Settled {
    /// What is counted of it.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Settled::Nothing => 0,
            Settled::File(bytes) => bytes.len(),
            Settled::Folder(entries) => entries.keys().map(|name| entry_bytes(name)).sum(),
        }
    }
}

impl Node {
    fn is_unused(&self) -> bool {
        self.links == 0 && self.holders == 0 && self.settled_links == 0
    }

    fn bytes(&self) -> usize {
        self.content.bytes() + self.settled.bytes()
    }
}

pub(super) enum Content {
    File(Vec<u8>),
    Folder { entries: BTreeMap<String, NodeId>, parent: NodeId },
    Link(String),
}

/// Instants of virtual time, in nanoseconds.
#[derive(Clone, Copy)]
pub(super) struct Times {
    pub(super) accessed_ns: u64,
    pub(super) modified_ns: u64,
    pub(super) changed_ns: u64,
}

impl Content {
    /// What is counted of it.
    fn bytes(&self) -> usize {
        let content = match self {
            Content::File(bytes) => bytes.len(),
            Content::Folder { entries, .. } => entries.keys().map(|name| entry_bytes(name)).sum(),
            Content::Link(path) => path.len(),
        };
        content + NODE_BYTES
    }
}

/// What an entry of a folder takes.
pub(super) fn entry_bytes(name: &str) -> usize {
    name.len() + NODE_BYTES
}

impl Nodes {
    /// Makes a node that nothing leads to yet.
    ///
    /// # Errors
    /// `insufficient-space`, when there is no memory left for it.
    pub(super) fn make(&mut self, content: Content, now_ns: u64, memory: &mut MemoryLimit) -> FileResult<NodeId> {
        take(memory, content.bytes())?;
        let id = self.made;
        self.made += 1;
        let times = Times { accessed_ns: now_ns, modified_ns: now_ns, changed_ns: now_ns };
        self.nodes
            .insert(id, Node { content, links: 0, holders: 0, times, settled: Settled::Nothing, settled_links: 0 });
        Ok(id)
    }

    /// # Errors
    /// `bad-descriptor`, for one that is gone.
    pub(super) fn get(&self, id: NodeId) -> FileResult<&Node> {
        self.nodes.get(&id).ok_or(ErrorCode::BadDescriptor)
    }

    /// # Errors
    /// As [`Nodes::get`].
    pub(super) fn get_mut(&mut self, id: NodeId) -> FileResult<&mut Node> {
        self.nodes.get_mut(&id).ok_or(ErrorCode::BadDescriptor)
    }

    /// # Errors
    /// `not-directory`.
    pub(super) fn entries(&self, id: NodeId) -> FileResult<&BTreeMap<String, NodeId>> {
        match &self.get(id)?.content {
            Content::Folder { entries, .. } => Ok(entries),
            _ => Err(ErrorCode::NotDirectory),
        }
    }

    /// # Errors
    /// `not-directory`.
    pub(super) fn parent(&self, id: NodeId) -> FileResult<NodeId> {
        match &self.get(id)?.content {
            Content::Folder { parent, .. } => Ok(*parent),
            _ => Err(ErrorCode::NotDirectory),
        }
    }

    pub(super) fn is_folder(&self, id: NodeId) -> bool {
        self.entries(id).is_ok()
    }

    /// Lets a name lead to a node; what it led to before is let go.
    ///
    /// # Errors
    /// `insufficient-space`; then nothing has changed.
    pub(super) fn enter(
        &mut self,
        folder: NodeId,
        name: &str,
        node: NodeId,
        now_ns: u64,
        memory: &mut MemoryLimit,
    ) -> FileResult<()> {
        let before = self.entries(folder)?.get(name).copied();
        if before.is_none() {
            take(memory, entry_bytes(name))?;
        }
        let entered = self.get_mut(node)?;
        entered.links += 1;
        entered.times.changed_ns = now_ns;
        if let Content::Folder { parent, .. } = &mut entered.content {
            *parent = folder;
        }
        let holder = self.get_mut(folder)?;
        if let Content::Folder { entries, .. } = &mut holder.content {
            entries.insert(name.to_owned(), node);
        }
        (holder.times.modified_ns, holder.times.changed_ns) = (now_ns, now_ns);
        if let Some(before) = before {
            self.unlink(before, now_ns, memory);
        }
        Ok(())
    }

    /// Takes a name away.
    ///
    /// # Errors
    /// `no-entry`.
    pub(super) fn leave(
        &mut self,
        folder: NodeId,
        name: &str,
        now_ns: u64,
        memory: &mut MemoryLimit,
    ) -> FileResult<()> {
        let holder = self.get_mut(folder)?;
        let Content::Folder { entries, .. } = &mut holder.content else { return Err(ErrorCode::NotDirectory) };
        let node = entries.remove(name).ok_or(ErrorCode::NoEntry)?;
        (holder.times.modified_ns, holder.times.changed_ns) = (now_ns, now_ns);
        memory.give_back(entry_bytes(name));
        self.unlink(node, now_ns, memory);
        Ok(())
    }

    fn unlink(&mut self, id: NodeId, now_ns: u64, memory: &mut MemoryLimit) {
        if let Some(node) = self.nodes.get_mut(&id) {
            node.links = node.links.saturating_sub(1);
            node.times.changed_ns = now_ns;
        }
        self.let_go_if_unused(id, memory);
    }

    /// A handle is open on it from now on.
    ///
    /// # Errors
    /// `insufficient-memory`.
    pub(super) fn hold(&mut self, id: NodeId, memory: &mut MemoryLimit) -> FileResult<()> {
        let node = self.get_mut(id)?;
        if !memory.take(NODE_BYTES) {
            return Err(ErrorCode::InsufficientMemory);
        }
        node.holders += 1;
        Ok(())
    }

    /// A handle is gone.
    pub(super) fn release(&mut self, id: NodeId, memory: &mut MemoryLimit) {
        if let Some(node) = self.nodes.get_mut(&id) {
            node.holders = node.holders.saturating_sub(1);
            memory.give_back(NODE_BYTES);
        }
        self.let_go_if_unused(id, memory);
    }

    fn let_go_if_unused(&mut self, id: NodeId, memory: &mut MemoryLimit) {
        let is_unused = self.nodes.get(&id).is_some_and(Node::is_unused);
        if is_unused && let Some(node) = self.nodes.remove(&id) {
            memory.give_back(node.bytes());
            if let Settled::Folder(entries) = node.settled {
                entries.into_values().for_each(|child| self.unsettle(child, memory));
            }
        }
    }

    /// A name leads to it no more after a crash.
    pub(super) fn unsettle(&mut self, id: NodeId, memory: &mut MemoryLimit) {
        if let Some(node) = self.nodes.get_mut(&id) {
            node.settled_links = node.settled_links.saturating_sub(1);
        }
        self.let_go_if_unused(id, memory);
    }

    /// Keeps those that `change` says, and changes them.
    pub(super) fn keep(&mut self, mut change: impl FnMut(NodeId, &mut Node) -> bool) {
        self.nodes.retain(|id, node| change(*id, node));
    }

    /// All handles are gone.
    pub(super) fn forget_holders(&mut self) {
        self.nodes.values_mut().for_each(|node| node.holders = 0);
        self.nodes.retain(|_, node| !node.is_unused());
    }

    /// What is counted of all.
    pub(super) fn bytes(&self) -> usize {
        self.nodes.values().map(Node::bytes).sum()
    }

    /// How many there are.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.nodes.len()
    }
}

/// # Errors
/// `insufficient-space`, when so much memory is not left.
pub(super) fn take(memory: &mut MemoryLimit, bytes: usize) -> FileResult<()> {
    if memory.take(bytes) { Ok(()) } else { Err(ErrorCode::InsufficientSpace) }
}
