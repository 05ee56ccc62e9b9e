//! The records and flags of `wasi:filesystem/types`.

use wasmtime::component::{ComponentType, Lift, Lower, flags};

use super::nodes::{Content, Node, NodeId};
use crate::sandbox::time::Datetime;

/// What a node is.
#[derive(ComponentType, Lower, Lift, Clone, Copy, Debug, PartialEq, Eq)]
#[component(enum)]
#[repr(u8)]
#[allow(dead_code, reason = "the type is the interface's: there are no devices in memory")]
pub(super) enum DescriptorType {
    #[component(name = "unknown")]
    Unknown,
    #[component(name = "block-device")]
    BlockDevice,
    #[component(name = "character-device")]
    CharacterDevice,
    #[component(name = "directory")]
    Directory,
    #[component(name = "fifo")]
    Fifo,
    #[component(name = "symbolic-link")]
    SymbolicLink,
    #[component(name = "regular-file")]
    RegularFile,
    #[component(name = "socket")]
    Socket,
}

flags! {
    DescriptorFlags {
        #[component(name = "read")]
        const READ;
        #[component(name = "write")]
        const WRITE;
        #[component(name = "file-integrity-sync")]
        const FILE_INTEGRITY_SYNC;
        #[component(name = "data-integrity-sync")]
        const DATA_INTEGRITY_SYNC;
        #[component(name = "requested-write-sync")]
        const REQUESTED_WRITE_SYNC;
        #[component(name = "mutate-directory")]
        const MUTATE_DIRECTORY;
    }
}

flags! {
    PathFlags {
        #[component(name = "symlink-follow")]
        const SYMLINK_FOLLOW;
    }
}

flags! {
    OpenFlags {
        #[component(name = "create")]
        const CREATE;
        #[component(name = "directory")]
        const DIRECTORY;
        #[component(name = "exclusive")]
        const EXCLUSIVE;
        #[component(name = "truncate")]
        const TRUNCATE;
    }
}

#[derive(ComponentType, Lower, Lift)]
#[component(record)]
pub(super) struct DescriptorStat {
    #[component(name = "type")]
    kind: DescriptorType,
    #[component(name = "link-count")]
    link_count: u64,
    size: u64,
    #[component(name = "data-access-timestamp")]
    accessed: Option<Datetime>,
    #[component(name = "data-modification-timestamp")]
    modified: Option<Datetime>,
    #[component(name = "status-change-timestamp")]
    changed: Option<Datetime>,
}

#[derive(ComponentType, Lower, Lift)]
#[component(variant)]
pub(super) enum NewTimestamp {
    #[component(name = "no-change")]
    NoChange,
    #[component(name = "now")]
    Now,
    #[component(name = "timestamp")]
    Timestamp(Datetime),
}

#[derive(ComponentType, Lower, Lift, Clone)]
#[component(record)]
pub(super) struct DirectoryEntry {
    #[component(name = "type")]
    pub(super) kind: DescriptorType,
    pub(super) name: String,
}

#[derive(ComponentType, Lower, Lift, Clone, Copy)]
#[component(enum)]
#[repr(u8)]
#[allow(dead_code, reason = "the type is the interface's: advice changes nothing in memory")]
pub(super) enum Advice {
    #[component(name = "normal")]
    Normal,
    #[component(name = "sequential")]
    Sequential,
    #[component(name = "random")]
    Random,
    #[component(name = "will-need")]
    WillNeed,
    #[component(name = "dont-need")]
    DontNeed,
    #[component(name = "no-reuse")]
    NoReuse,
}

#[derive(ComponentType, Lower, Lift)]
#[component(record)]
pub(super) struct MetadataHash {
    lower: u64,
    upper: u64,
}

impl From<&Content> for DescriptorType {
    fn from(content: &Content) -> Self {
        match content {
            Content::File(_) => DescriptorType::RegularFile,
            Content::Folder { .. } => DescriptorType::Directory,
            Content::Link(_) => DescriptorType::SymbolicLink,
        }
    }
}

impl From<&Node> for DescriptorStat {
    fn from(node: &Node) -> Self {
        let size = match &node.content {
            Content::File(bytes) => bytes.len(),
            Content::Folder { .. } => 0,
            Content::Link(path) => path.len(),
        };
        Self {
            kind: (&node.content).into(),
            link_count: node.links,
            size: size as u64,
            accessed: Some(Datetime::at(node.times.accessed_ns)),
            modified: Some(Datetime::at(node.times.modified_ns)),
            changed: Some(Datetime::at(node.times.changed_ns)),
        }
    }
}

impl MetadataHash {
    /// It tells nodes apart, and what was written to one.
    pub(super) fn of(id: NodeId, node: &Node) -> Self {
        let modified = node.times.modified_ns.to_le_bytes();
        Self { lower: kvspec_reference::hash::fnv1a_64(id.to_le_bytes().into_iter().chain(modified)), upper: id }
    }
}

impl NewTimestamp {
    /// The instant to set, in nanoseconds.
    pub(super) fn instant_ns(self, before_ns: u64, now_ns: u64) -> u64 {
        match self {
            NewTimestamp::NoChange => before_ns,
            NewTimestamp::Now => now_ns,
            NewTimestamp::Timestamp(datetime) => datetime.instant_ns(),
        }
    }
}
