//! Paths as the interface has them: relative, parts between slashes.

use super::error::{ErrorCode, FileResult};

/// The longest name of one file, in bytes, as most file systems have it.
const NAME_BYTES_MAX: usize = 255;
/// The longest path, in bytes.
const PATH_BYTES_MAX: usize = 4096;

/// A path in parts.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Path<'p> {
    pub(super) parts: Vec<Part<'p>>,
    /// It ends with a slash, so that it can only mean a folder.
    pub(super) means_folder: bool,
}

/// One part of a path; `.` is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part<'p> {
    Up,
    Name(&'p str),
}

impl<'p> Path<'p> {
    /// # Errors
    /// `not-permitted` for an absolute path, `no-entry` for an empty one, and those of names.
    pub(super) fn parse(text: &'p str) -> FileResult<Self> {
        if text.is_empty() {
            return Err(ErrorCode::NoEntry);
        }
        if text.starts_with('/') {
            return Err(ErrorCode::NotPermitted);
        }
        if text.contains('\0') {
            return Err(ErrorCode::IllegalByteSequence);
        }
        if text.len() > PATH_BYTES_MAX || text.split('/').any(|name| name.len() > NAME_BYTES_MAX) {
            return Err(ErrorCode::NameTooLong);
        }
        let parts = text.split('/').filter(|name| !name.is_empty() && *name != ".");
        let parts = parts.map(|name| if name == ".." { Part::Up } else { Part::Name(name) }).collect();
        Ok(Self { parts, means_folder: text.ends_with('/') || text.ends_with("/.") })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_its_parts() {
        let path = Path::parse("a/./b//../c/").unwrap();
        assert_eq!(path.parts, [Part::Name("a"), Part::Name("b"), Part::Up, Part::Name("c")]);
        assert!(path.means_folder && !Path::parse("a").unwrap().means_folder);
        assert_eq!(Path::parse(".").unwrap().parts, []);
    }

    #[test]
    fn paths_that_lead_nowhere_are_refused() {
        let long = "n".repeat(NAME_BYTES_MAX + 1);
        let deep = "n/".repeat(PATH_BYTES_MAX);
        for (path, error) in [
            ("", ErrorCode::NoEntry),
            ("/etc", ErrorCode::NotPermitted),
            ("a\0b", ErrorCode::IllegalByteSequence),
            (&*long, ErrorCode::NameTooLong),
            (&*deep, ErrorCode::NameTooLong),
        ] {
            assert_eq!(Path::parse(path), Err(error), "{path:?}");
        }
        assert!(Path::parse(&long[1..]).is_ok());
    }
}
