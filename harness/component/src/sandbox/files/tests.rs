//! The file system as POSIX has it.

use super::error::ErrorCode;
use super::nodes::NodeId;
use super::tree::{Change, Opening, Tree};
use crate::sandbox::memory::MemoryLimit;

const LIMIT_BYTES: usize = 1 << 20;

/// A file system with one folder, its memory, and a clock that goes on with each change.
struct Disk {
    tree: Tree,
    memory: MemoryLimit,
    now_ns: u64,
}

const CREATE: Opening =
    Opening { follows: true, creates: true, folder: false, fresh: false, empties: false, writes: true };
const READ: Opening = Opening { creates: false, writes: false, ..CREATE };

impl Disk {
    fn new() -> Self {
        let mut memory = MemoryLimit::of(LIMIT_BYTES);
        Self { tree: Tree::of(&["/data".into()], true, &mut memory), memory, now_ns: 0 }
    }

    fn root(&self) -> NodeId {
        self.tree.roots[0].0
    }

    fn change<T>(&mut self, change: impl FnOnce(&mut Tree, NodeId, Change<'_>) -> T) -> T {
        self.now_ns += 1;
        let root = self.root();
        change(&mut self.tree, root, Change { now_ns: self.now_ns, memory: &mut self.memory })
    }

    fn open(&mut self, path: &str, how: Opening) -> Result<NodeId, ErrorCode> {
        self.change(|tree, root, change| tree.open(root, path, how, change))
    }

    fn put(&mut self, path: &str, bytes: &[u8]) -> NodeId {
        let file = self.open(path, CREATE).unwrap();
        self.change(|tree, _, change| tree.write(file, 0, bytes, change)).unwrap();
        file
    }

    fn get(&mut self, path: &str) -> Result<Vec<u8>, ErrorCode> {
        let file = self.open(path, READ)?;
        self.tree.bytes(file).cloned()
    }

    fn folder(&mut self, path: &str) -> Result<(), ErrorCode> {
        self.change(|tree, root, change| tree.create_folder(root, path, change))
    }

    fn rename(&mut self, from: &str, to: &str) -> Result<(), ErrorCode> {
        self.change(|tree, root, change| tree.rename((root, from), (root, to), change))
    }

    fn remove(&mut self, path: &str) -> Result<(), ErrorCode> {
        self.change(|tree, root, change| tree.remove_file(root, path, change))
    }

    fn remove_folder(&mut self, path: &str) -> Result<(), ErrorCode> {
        self.change(|tree, root, change| tree.remove_folder(root, path, change))
    }

    fn crash(&mut self) {
        self.memory = MemoryLimit::of(LIMIT_BYTES);
        self.tree.outlive(true, &mut self.memory).unwrap();
    }

    fn link(&mut self, path: &str, to: &str) {
        self.change(|tree, root, change| tree.create_link(root, path, to, change)).unwrap();
    }
}

#[test]
fn what_was_written_is_read() {
    let mut disk = Disk::new();
    let file = disk.put("a", b"hello");
    assert_eq!(disk.tree.read(file, 1, 3), Ok((b"ell".to_vec(), false)));
    assert_eq!(disk.tree.read(file, 1, 100), Ok((b"ello".to_vec(), true)));
    assert_eq!(disk.tree.read(file, 9, 1), Ok((vec![], true)));
    disk.change(|tree, _, change| tree.write(file, 7, b"!", change)).unwrap();
    assert_eq!(disk.get("a").unwrap(), b"hello\0\0!", "a gap is full of zeroes");
    disk.change(|tree, _, change| tree.append(file, b"?", change)).unwrap();
    disk.change(|tree, _, change| tree.resize(file, 2, change)).unwrap();
    disk.change(|tree, _, change| tree.resize(file, 3, change)).unwrap();
    assert_eq!(disk.get("a").unwrap(), b"he\0");
    disk.open("a", Opening { empties: true, ..CREATE }).unwrap();
    assert_eq!(disk.get("a").unwrap(), b"");
}

#[test]
fn opening_says_what_is_wrong() {
    let mut disk = Disk::new();
    disk.folder("d").unwrap();
    disk.put("d/f", b"x");
    for (path, how, error) in [
        ("none", READ, ErrorCode::NoEntry),
        ("none/f", CREATE, ErrorCode::NoEntry),
        ("d/f/g", CREATE, ErrorCode::NotDirectory),
        ("d", CREATE, ErrorCode::IsDirectory),
        ("d/f", Opening { fresh: true, ..CREATE }, ErrorCode::Exist),
        ("d/f", Opening { folder: true, ..READ }, ErrorCode::NotDirectory),
        ("d/f/", READ, ErrorCode::NotDirectory),
        ("../d", READ, ErrorCode::NotPermitted),
        ("d/../../data", READ, ErrorCode::NotPermitted),
        ("/data", READ, ErrorCode::NotPermitted),
    ] {
        assert_eq!(disk.open(path, how), Err(error), "{path} {how:?}");
    }
    assert_eq!(disk.get("d/../d/./f").unwrap(), b"x");
}

#[test]
fn a_rename_replaces_in_one_step() {
    let mut disk = Disk::new();
    disk.put("a", b"old");
    disk.put("b", b"new");
    disk.rename("b", "a").unwrap();
    assert_eq!((disk.get("a").unwrap(), disk.get("b")), (b"new".to_vec(), Err(ErrorCode::NoEntry)));
    disk.folder("d").unwrap();
    disk.folder("d/e").unwrap();
    for (from, to, error) in [
        ("a", "d", ErrorCode::IsDirectory),
        ("d", "a", ErrorCode::NotDirectory),
        ("d", "d/e/f", ErrorCode::Invalid),
        ("none", "a", ErrorCode::NoEntry),
        ("a", "none/a", ErrorCode::NoEntry),
        (".", "x", ErrorCode::Busy),
    ] {
        assert_eq!(disk.rename(from, to), Err(error), "{from} {to}");
    }
    disk.folder("full").unwrap();
    disk.put("full/f", b"");
    assert_eq!(disk.rename("d", "full"), Err(ErrorCode::NotEmpty));
    disk.rename("full", "d/e").unwrap();
    assert_eq!(disk.get("d/e/f").unwrap(), b"");
    disk.rename("d/e/f", "d/e/f").unwrap();
    assert_eq!(disk.get("d/e/../../a").unwrap(), b"new", "a moved folder knows where it is");
}

#[test]
fn what_is_removed_is_there_for_those_who_hold_it() {
    let mut disk = Disk::new();
    let nodes = disk.tree.nodes.len();
    let file = disk.put("a", b"kept");
    disk.tree.nodes.hold(file, &mut disk.memory).unwrap();
    disk.remove("a").unwrap();
    assert_eq!(disk.get("a"), Err(ErrorCode::NoEntry));
    assert_eq!(disk.tree.bytes(file).unwrap(), b"kept");
    disk.tree.nodes.release(file, &mut disk.memory);
    assert_eq!((disk.tree.bytes(file), disk.tree.nodes.len()), (Err(ErrorCode::BadDescriptor), nodes));
    disk.folder("d").unwrap();
    assert_eq!((disk.remove("d"), disk.remove_folder("a")), (Err(ErrorCode::IsDirectory), Err(ErrorCode::NoEntry)));
    disk.put("d/f", b"");
    assert_eq!(
        (disk.remove_folder("d"), disk.remove_folder("d/f")),
        (Err(ErrorCode::NotEmpty), Err(ErrorCode::NotDirectory))
    );
    disk.remove("d/f").unwrap();
    disk.remove_folder("d").unwrap();
}

#[test]
fn links_are_followed_and_never_out_of_the_folder() {
    let mut disk = Disk::new();
    disk.folder("d").unwrap();
    disk.put("d/f", b"x");
    disk.link("to-d", "d");
    disk.link("to-f", "to-d/f");
    disk.link("round", "round");
    disk.link("out", "d/../../..");
    assert_eq!((disk.get("to-f").unwrap(), disk.get("to-d/f").unwrap()), (b"x".to_vec(), b"x".to_vec()));
    assert_eq!(disk.open("to-f", Opening { follows: false, ..READ }), Err(ErrorCode::Loop));
    assert_eq!((disk.get("round"), disk.get("out")), (Err(ErrorCode::Loop), Err(ErrorCode::NotPermitted)));
    disk.remove("to-f").unwrap();
    assert_eq!(disk.get("d/f").unwrap(), b"x", "the link alone is gone");
    let file = disk.open("d/f", READ).unwrap();
    disk.change(|tree, root, change| tree.link(file, root, "second", change)).unwrap();
    disk.remove("d/f").unwrap();
    assert_eq!(disk.get("second").unwrap(), b"x");
}

#[test]
fn a_crash_loses_what_was_not_synced_and_no_more() {
    let mut disk = Disk::new();
    let sync = |disk: &mut Disk, node| disk.change(|tree, _, change| tree.sync(node, change.memory)).unwrap();
    let root = disk.root();
    let old = disk.put("a", b"old");
    sync(&mut disk, old);
    disk.folder("d").unwrap();
    sync(&mut disk, root);
    // Not named in a folder that was synced; renamed over what was; changed after it was synced.
    let fresh = disk.put("fresh", b"new");
    sync(&mut disk, fresh);
    disk.rename("fresh", "a").unwrap();
    disk.put("d/lost", b"x");
    disk.crash();
    assert_eq!(
        (disk.get("a").unwrap(), disk.get("fresh"), disk.get("d/lost")),
        (b"old".to_vec(), Err(ErrorCode::NoEntry), Err(ErrorCode::NoEntry))
    );
    let fresh = disk.put("fresh", b"new");
    sync(&mut disk, fresh);
    disk.rename("fresh", "a").unwrap();
    let unsynced = disk.put("unsynced", b"x");
    sync(&mut disk, root);
    assert!(disk.tree.bytes(unsynced).is_ok());
    disk.crash();
    assert_eq!(
        (disk.get("a").unwrap(), disk.get("unsynced").unwrap()),
        (b"new".to_vec(), b"".to_vec()),
        "the entry settled, its bytes did not"
    );
    disk.remove("a").unwrap();
    disk.crash();
    assert_eq!(disk.get("a").unwrap(), b"new", "the removal had not settled");
    disk.remove("a").unwrap();
    sync(&mut disk, root);
    disk.crash();
    assert_eq!(disk.get("a"), Err(ErrorCode::NoEntry));
    disk.folder("d/e").unwrap();
    assert_eq!(disk.get("d/e/../../unsynced").unwrap(), b"", "folders know where they are");
}

#[test]
fn an_instance_that_ends_leaves_all_it_wrote() {
    let mut disk = Disk::new();
    let file = disk.put("a", b"kept");
    let gone = disk.put("gone", b"held");
    disk.tree.nodes.hold(gone, &mut disk.memory).unwrap();
    disk.remove("gone").unwrap();
    let mut memory = MemoryLimit::of(LIMIT_BYTES);
    disk.tree.outlive(false, &mut memory).unwrap();
    disk.memory = memory;
    assert_eq!((disk.get("a").unwrap(), disk.tree.bytes(gone)), (b"kept".to_vec(), Err(ErrorCode::BadDescriptor)));
    assert!(disk.tree.bytes(file).is_ok());
    let mut small = MemoryLimit::of(10);
    assert_eq!(disk.tree.outlive(false, &mut small), Err(ErrorCode::InsufficientSpace));
}

#[test]
fn memory_is_counted_and_given_back() {
    let mut disk = Disk::new();
    let left = disk.memory.left_bytes;
    disk.folder("d").unwrap();
    let file = disk.put("d/f", &[7; 1000]);
    disk.put("d/g", b"");
    disk.link("l", "d/f");
    disk.rename("d/g", "d/f").unwrap();
    disk.put("d/g", &[7; 1000]);
    let before = disk.memory.left_bytes;
    let refused = disk.change(|tree, root, change| {
        let file = tree.open(root, "d/f", CREATE, Change { now_ns: 1, memory: &mut *change.memory })?;
        tree.write(file, 0, &vec![7; LIMIT_BYTES], change)
    });
    assert_eq!((refused, disk.memory.left_bytes), (Err(ErrorCode::InsufficientSpace), before));
    assert!(disk.memory.refused && disk.tree.bytes(file).is_err(), "what was replaced is gone");
    let root = disk.root();
    disk.change(|tree, root, change| tree.sync(root, change.memory)).unwrap();
    for path in ["d/f", "d/g", "l"] {
        disk.remove(path).unwrap();
    }
    disk.remove_folder("d").unwrap();
    disk.change(|tree, _, change| tree.sync(root, change.memory)).unwrap();
    assert_eq!(disk.memory.left_bytes, left, "all of it, once that has settled");
}

#[test]
fn many_files_are_refused_like_large_ones() {
    let mut disk = Disk::new();
    let made = (0..LIMIT_BYTES).take_while(|i| disk.open(&format!("f{i}"), CREATE).is_ok()).count();
    assert!((1..LIMIT_BYTES / 100).contains(&made), "{made}");
    assert_eq!(disk.open("one-more", CREATE), Err(ErrorCode::InsufficientSpace));
    assert_eq!(disk.tree.nodes.len(), made + 1, "what could not be entered is not kept");
}
