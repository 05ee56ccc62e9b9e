//! The store over files: a folder for each bucket, in it a file for each hash of a key, with the pairs
//! whose keys have this hash.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};

/// Where the data is, where nothing else is said.
#[cfg(not(feature = "configured"))]
pub(crate) const ROOT: &str = "/data";

/// What is wrong with this store, where something is: `KVSPEC_BUG`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Bug {
    None,
    /// What is shorter than before is written over it, and what was behind stays.
    KeepsTail,
    /// The name of the file is that of the key in lower case, and the key is not looked at again.
    FoldsCase,
    /// What was written is renamed before it is synced.
    SkipsSync,
    /// The folder is not synced after the rename.
    SkipsFolderSync,
    /// Nothing can be deleted.
    PanicsOnDelete,
}

thread_local! {
    static BUG: Bug = match std::env::var("KVSPEC_BUG").as_deref() {
        Err(_) => Bug::None,
        Ok("keeps-tail") => Bug::KeepsTail,
        Ok("folds-case") => Bug::FoldsCase,
        Ok("skips-sync") => Bug::SkipsSync,
        Ok("skips-folder-sync") => Bug::SkipsFolderSync,
        Ok("panics-on-delete") => Bug::PanicsOnDelete,
        Ok(other) => panic!("no bug is named {other}"),
    };
}

/// A bucket.
pub(crate) struct Folder(PathBuf);

/// The pairs of one file.
type Pairs = Vec<(String, Vec<u8>)>;

impl Folder {
    /// Opens a bucket, which it makes.
    pub(crate) fn open(root: &str, name: &str) -> io::Result<Self> {
        let folder = Path::new(root).join(hex(name.as_bytes()));
        fs::create_dir_all(&folder)?;
        // Each folder on the way is listed in the one above.
        for above in folder.ancestors().skip(1).take_while(|above| above.starts_with(root)) {
            File::open(above)?.sync_all()?;
        }
        Ok(Self(folder))
    }

    pub(crate) fn get(&self, key: &str) -> io::Result<Option<Vec<u8>>> {
        let pairs = self.pairs(key)?;
        Ok(pairs.into_iter().find(|(other, _)| is_key(other, key)).map(|(_, value)| value))
    }

    pub(crate) fn set(&self, key: &str, value: Vec<u8>) -> io::Result<()> {
        let mut pairs = self.pairs(key)?;
        pairs.retain(|(other, _)| !is_key(other, key));
        pairs.push((key.to_owned(), value));
        self.write(key, &pairs)
    }

    pub(crate) fn delete(&self, key: &str) -> io::Result<()> {
        assert!(bug() != Bug::PanicsOnDelete, "nothing can be deleted");
        let mut pairs = self.pairs(key)?;
        pairs.retain(|(other, _)| !is_key(other, key));
        if !pairs.is_empty() {
            return self.write(key, &pairs);
        }
        match fs::remove_file(self.file(key)) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
            Ok(()) => self.sync(),
        }
    }

    #[cfg(not(feature = "eventual"))]
    pub(crate) fn keys(&self) -> io::Result<Vec<String>> {
        let mut keys = Vec::new();
        for entry in fs::read_dir(&self.0)? {
            let entry = entry?;
            // A write that a crash cut off.
            if entry.file_name() == "fresh" {
                continue;
            }
            keys.extend(read(&entry.path())?.into_iter().map(|(key, _)| key));
        }
        keys.sort();
        Ok(keys)
    }

    fn file(&self, key: &str) -> PathBuf {
        let folded = if bug() == Bug::FoldsCase { key.to_lowercase() } else { key.to_owned() };
        self.0.join(format!("{:016x}", hash(folded.as_bytes())))
    }

    fn pairs(&self, key: &str) -> io::Result<Pairs> {
        match read(&self.file(key)) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Pairs::new()),
            read => read,
        }
    }

    /// Writes another file, and lets it take the place of the first.
    fn write(&self, key: &str, pairs: &Pairs) -> io::Result<()> {
        let (file, bytes) = (self.file(key), encoded(pairs));
        if bug() == Bug::KeepsTail {
            return File::options().write(true).create(true).truncate(false).open(file)?.write_all(&bytes);
        }
        let fresh = self.0.join("fresh");
        let mut written = File::create(&fresh)?;
        written.write_all(&bytes)?;
        if bug() != Bug::SkipsSync {
            written.sync_all()?;
        }
        drop(written);
        fs::rename(&fresh, &file)?;
        self.sync()
    }

    /// Lets what the folder lists outlive a crash.
    fn sync(&self) -> io::Result<()> {
        if bug() == Bug::SkipsFolderSync { Ok(()) } else { File::open(&self.0)?.sync_all() }
    }
}

fn bug() -> Bug {
    BUG.with(|bug| *bug)
}

fn is_key(other: &str, key: &str) -> bool {
    other == key || bug() == Bug::FoldsCase
}

fn read(file: &Path) -> io::Result<Pairs> {
    let mut bytes = Vec::new();
    File::open(file)?.read_to_end(&mut bytes)?;
    decoded(&bytes).ok_or_else(|| io::Error::new(ErrorKind::InvalidData, "a file of the store is damaged"))
}

/// A value that takes the rest of its file.
const REST: u32 = u32::MAX;

/// A pair: how long key and value are, then both. The last value is what is left of the file.
fn encoded(pairs: &Pairs) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (index, (key, value)) in pairs.iter().enumerate() {
        let length = if index + 1 == pairs.len() { REST } else { value.len() as u32 };
        bytes.extend((key.len() as u32).to_le_bytes());
        bytes.extend(length.to_le_bytes());
        bytes.extend(key.as_bytes());
        bytes.extend(value);
    }
    bytes
}

fn decoded(mut bytes: &[u8]) -> Option<Pairs> {
    let mut pairs = Pairs::new();
    while !bytes.is_empty() {
        let (key_length, rest) = bytes.split_first_chunk::<4>()?;
        let (value_length, rest) = rest.split_first_chunk::<4>()?;
        let (key, rest) = rest.split_at_checked(u32::from_le_bytes(*key_length) as usize)?;
        let length = u32::from_le_bytes(*value_length);
        let length = if length == REST { rest.len() } else { length as usize };
        let (value, rest) = rest.split_at_checked(length)?;
        pairs.push((String::from_utf8(key.to_vec()).ok()?, value.to_vec()));
        bytes = rest;
    }
    Some(pairs)
}

/// FNV-1a.
fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

/// A name that every file system takes: a long one is cut into folders, which are named as no bucket is.
fn hex(bytes: &[u8]) -> String {
    let parts = bytes.chunks(100).map(|part| part.iter().map(|byte| format!("{byte:02x}")).collect::<String>());
    format!("b{}", parts.collect::<Vec<_>>().join("+/"))
}
