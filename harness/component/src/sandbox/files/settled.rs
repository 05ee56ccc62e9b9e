//! What outlives the instance, and what outlives a crash.
//!
//! As POSIX has it: a file has settled as it was when it was last synced, and a folder lists what it
//! listed when it was last synced (`fsync(2)`: syncing a file does not sync the entry that names it). A
//! rename within a folder so is whole: it has settled, or it has not. Whatever else was written is lost.

use std::collections::{BTreeMap, BTreeSet};

use super::error::FileResult;
use super::nodes::{Content, Node, NodeId, Nodes, Settled, take};
use super::tree::Tree;
use crate::sandbox::memory::MemoryLimit;

impl Tree {
    /// Lets a file or a folder settle as it is. Where no crash can come, there is nothing to do.
    ///
    /// # Errors
    /// `insufficient-space`; then it has not settled.
    pub(super) fn sync(&mut self, id: NodeId, memory: &mut MemoryLimit) -> FileResult<()> {
        let node = self.nodes.get(id)?;
        if !self.can_crash {
            return Ok(());
        }
        let settled = Settled::from(&node.content);
        take(memory, settled.bytes())?;
        for child in settled.entries() {
            self.nodes.get_mut(child)?.settled_links += 1;
        }
        let before = std::mem::replace(&mut self.nodes.get_mut(id)?.settled, settled);
        memory.give_back(before.bytes());
        for child in before.entries() {
            self.nodes.unsettle(child, memory);
        }
        Ok(())
    }

    /// The instance has ended, by a crash of the machine or as it should: what is left for the next one,
    /// taken from the memory that it may have.
    ///
    /// # Errors
    /// When that is too little.
    pub(crate) fn outlive(&mut self, crashed: bool, memory: &mut MemoryLimit) -> FileResult<()> {
        if crashed {
            self.fall_back();
        }
        self.nodes.forget_holders();
        take(memory, self.nodes.bytes())
    }

    /// All is as it had settled.
    fn fall_back(&mut self) {
        let mut reached = BTreeSet::new();
        let mut links: BTreeMap<NodeId, u64> = BTreeMap::new();
        let mut parents: BTreeMap<NodeId, NodeId> = BTreeMap::new();
        let mut left: Vec<NodeId> = self.roots.iter().map(|(root, _)| *root).collect();
        for root in &left {
            links.insert(*root, 1);
            parents.insert(*root, *root);
        }
        while let Some(id) = left.pop() {
            if !reached.insert(id) {
                continue;
            }
            for child in self.nodes.settled_entries(id) {
                *links.entry(child).or_default() += 1;
                parents.insert(child, id);
                left.push(child);
            }
        }
        self.nodes.keep(|id, node| {
            let is_root = parents.get(&id) == Some(&id);
            node.links = links.get(&id).copied().unwrap_or(0);
            node.settled_links = node.links - u64::from(is_root && node.links > 0);
            node.content = node.settled.as_content(&node.content, parents.get(&id).copied().unwrap_or(0));
            reached.contains(&id)
        });
    }
}

impl Settled {
    /// What a node that held `now` holds after a crash.
    fn as_content(&self, now: &Content, parent: NodeId) -> Content {
        match (self, now) {
            (_, Content::Link(path)) => Content::Link(path.clone()),
            (Settled::File(bytes), _) => Content::File(bytes.clone()),
            (Settled::Folder(entries), _) => Content::Folder { entries: entries.clone(), parent },
            (Settled::Nothing, Content::File(_)) => Content::File(Vec::new()),
            (Settled::Nothing, Content::Folder { .. }) => Content::Folder { entries: BTreeMap::new(), parent },
        }
    }

    fn entries(&self) -> Vec<NodeId> {
        match self {
            Settled::Folder(entries) => entries.values().copied().collect(),
            _ => Vec::new(),
        }
    }
}

impl From<&Content> for Settled {
    fn from(content: &Content) -> Self {
        match content {
            Content::File(bytes) => Settled::File(bytes.clone()),
            Content::Folder { entries, .. } => Settled::Folder(entries.clone()),
            Content::Link(_) => Settled::Nothing,
        }
    }
}

impl Nodes {
    fn settled_entries(&self, id: NodeId) -> Vec<NodeId> {
        self.get(id).map_or(Vec::new(), |node: &Node| node.settled.entries())
    }
}
