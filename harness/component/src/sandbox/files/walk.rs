//! From a path to the place it names.

use super::error::{ErrorCode, FileResult};
use super::names::{Part, Path};
use super::nodes::{Content, NodeId, Nodes};

/// How many links a path may lead through, as Linux has it.
const LINKS_MAX: usize = 40;

/// What a path names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// The folder where it began, or one that it went up to: it has no name here.
    Folder(NodeId),
    /// An entry of a folder, whether it is there or not.
    Entry {
        folder: NodeId,
        name: String,
        /// What is there.
        node: Option<NodeId>,
        /// Only a folder is meant.
        means_folder: bool,
    },
}

impl Place {
    /// # Errors
    /// `no-entry`, when nothing is there; `not-directory`, when a folder is meant and there is another thing.
    pub(super) fn node(&self, nodes: &Nodes) -> FileResult<NodeId> {
        match self {
            Place::Folder(folder) => Ok(*folder),
            Place::Entry { node, means_folder, .. } => {
                let node = node.ok_or(ErrorCode::NoEntry)?;
                if *means_folder && !nodes.is_folder(node) {
                    return Err(ErrorCode::NotDirectory);
                }
                Ok(node)
            }
        }
    }
}

/// The place that a path names, seen from the folder `base`, which it cannot leave. `follows`: a link at
/// the end is followed, too.
///
/// # Errors
/// Those of paths; `no-entry` and `not-directory` of the folders on its way; `not-permitted`, when it leads
/// out of `base`; `loop`.
pub(super) fn find(nodes: &Nodes, base: NodeId, path: &str, follows: bool) -> FileResult<Place> {
    let mut links = 0;
    let mut walk = Walk { nodes, base, at: base, links: &mut links };
    walk.along(&Path::parse(path)?, follows)
}

struct Walk<'w> {
    nodes: &'w Nodes,
    base: NodeId,
    at: NodeId,
    links: &'w mut usize,
}

impl Walk<'_> {
    fn along(&mut self, path: &Path<'_>, follows: bool) -> FileResult<Place> {
        let mut place = Place::Folder(self.at);
        for (index, part) in path.parts.iter().enumerate() {
            // What came before must be a folder.
            self.at = self.folder_at(&place)?;
            let is_last = index + 1 == path.parts.len();
            place = match part {
                Part::Up if self.at == self.base => return Err(ErrorCode::NotPermitted),
                Part::Up => Place::Folder(self.nodes.parent(self.at)?),
                Part::Name(name) => self.entry(name, is_last && path.means_folder, !is_last || follows)?,
            };
        }
        Ok(place)
    }

    fn folder_at(&self, place: &Place) -> FileResult<NodeId> {
        let node = place.node(self.nodes)?;
        self.nodes.entries(node)?;
        Ok(node)
    }

    fn entry(&mut self, name: &str, means_folder: bool, follows: bool) -> FileResult<Place> {
        let node = self.nodes.entries(self.at)?.get(name).copied();
        let content = node.map(|node| self.nodes.get(node)).transpose()?.map(|node| &node.content);
        let Some(Content::Link(target)) = content.filter(|_| follows || means_folder) else {
            return Ok(Place::Entry { folder: self.at, name: name.to_owned(), node, means_folder });
        };
        *self.links += 1;
        if *self.links > LINKS_MAX {
            return Err(ErrorCode::Loop);
        }
        let mut target = Path::parse(target)?;
        target.means_folder |= means_folder;
        Walk { nodes: self.nodes, base: self.base, at: self.at, links: &mut *self.links }.along(&target, true)
    }
}
