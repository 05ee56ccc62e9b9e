//! Small components of `store@0.2.0-draft`, as text: a store that keeps nothing, with parts that do harm.

use std::path::PathBuf;

/// The code of a component, function by function. Each leaves the address of its result.
pub(crate) struct Code {
    /// Other fields of the module.
    pub(crate) fields: String,
    pub(crate) open: String,
    pub(crate) get: String,
    pub(crate) set: String,
    pub(crate) list: String,
}

const OK: &str = "(i32.store8 (i32.const 16) (i32.const 0)) (i32.const 16)";
/// Nothing, or false: the case and the byte after it.
const OK_NONE: &str =
    "(i32.store8 (i32.const 16) (i32.const 0)) (i32.store8 (i32.const 20) (i32.const 0)) (i32.const 16)";
const OK_BUCKET: &str = "(i32.store8 (i32.const 16) (i32.const 0)) \
     (i32.store (i32.const 20) (call $new (i32.const 7))) (i32.const 16)";

/// A loop without end.
pub(crate) const LOOP: &str = "(loop $again (br $again)) (unreachable)";

impl Default for Code {
    fn default() -> Self {
        Self {
            fields: String::new(),
            open: OK_BUCKET.into(),
            get: OK_NONE.into(),
            set: OK.into(),
            list: page(0, false),
        }
    }
}

/// Has so many pages of memory, at least.
pub(crate) fn grow(pages: u32) -> String {
    format!(
        "(if (i32.lt_u (memory.size) (i32.const {pages})) \
         (then (if (i32.eq (memory.grow (i32.const {pages})) (i32.const -1)) (then unreachable))))"
    )
}

/// Answers a value of so many bytes, each time another one.
pub(crate) fn value(bytes: u32) -> String {
    format!(
        "{} (i32.store8 (i32.const 16) (i32.const 0)) (i32.store8 (i32.const 20) (i32.const 1)) \
         (i32.store (i32.const 24) (i32.const 4096)) (i32.store (i32.const 28) (i32.const {bytes})) \
         (global.set $calls (i32.add (global.get $calls) (i32.const 1))) \
         (i32.store (i32.const 4096) (global.get $calls)) (i32.const 16)",
        grow(bytes / 65_536 + 2)
    )
}

/// What [`value`] counts with.
pub(crate) const CALLS: &str = "(global $calls (mut i32) (i32.const 0))";

/// Answers the error `other` with so many bytes of text.
pub(crate) fn error(bytes: u32) -> String {
    format!(
        "{} (memory.fill (i32.const 4096) (i32.const 65) (i32.const {bytes})) \
         (i32.store8 (i32.const 16) (i32.const 1)) (i32.store8 (i32.const 20) (i32.const 2)) \
         (i32.store (i32.const 24) (i32.const 4096)) (i32.store (i32.const 28) (i32.const {bytes})) (i32.const 16)",
        grow(bytes / 65_536 + 2)
    )
}

/// Answers a page of so many empty keys, and a cursor where there is more.
pub(crate) fn page(keys: u32, is_more: bool) -> String {
    format!(
        "{} (i32.store8 (i32.const 16) (i32.const 0)) (i32.store (i32.const 24) (i32.const 4096)) \
         (i32.store (i32.const 28) (i32.const {keys})) (i32.store8 (i32.const 32) (i32.const {})) \
         (i64.store (i32.const 40) (i64.const 5)) (i32.const 16)",
        grow(keys / 8_192 + 2),
        u8::from(is_more)
    )
}

impl Code {
    /// The component.
    pub(crate) fn text(&self) -> String {
        let parts = [
            ("{fields}", &self.fields[..]),
            ("{start}", ""),
            ("{open}", &self.open),
            ("{get}", &self.get),
            ("{set}", &self.set),
            ("{delete}", OK),
            ("{exists}", OK_NONE),
            ("{list}", &self.list),
        ];
        parts.iter().fold(include_str!("store.wat").to_owned(), |text, (place, code)| text.replace(place, code))
    }

    /// Its file.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        crate::scratch(&format!("{name}.wat"), self.text().as_bytes())
    }
}
