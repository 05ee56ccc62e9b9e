//! One register, as one operation on one handle sees it.

use kvspec_reference::interface::Result;

use super::parts::{Handle, Hooks, Slot, Version};

impl Version {
    /// The value.
    pub(crate) fn value(&self) -> Option<Vec<u8>> {
        self.state.as_deref().map(<[u8]>::to_vec)
    }
}

impl<'a> Slot<'a> {
    pub(super) fn new(handle: &'a Handle, key: String) -> Self {
        Self { handle, core: &handle.core, place: (handle.bucket.clone(), key) }
    }

    /// The hooks of the store.
    pub(crate) fn hooks(&self) -> &'a Hooks {
        &self.handle.core.hooks
    }

    /// The key as the store keeps it.
    pub(crate) fn key(&self) -> &str {
        &self.place.1
    }

    /// Another register of the same bucket.
    pub(crate) fn sibling(&self, key: &str) -> Slot<'a> {
        Slot { place: (self.place.0.clone(), key.to_owned()), ..*self }
    }

    /// The register that a flat table has under the joined names of bucket and key.
    pub(crate) fn joined(&self, separator: char) -> Slot<'a> {
        Slot { place: (String::new(), format!("{}{separator}{}", self.place.0, self.place.1)), ..*self }
    }

    /// All versions, oldest first.
    pub(crate) fn versions(&self) -> Vec<Version> {
        self.core.versions(&self.place)
    }

    /// The newest state.
    pub(crate) fn newest(&self) -> Option<Vec<u8>> {
        self.newest_of(|_| true)
    }

    /// The newest state among the versions that a reader can see.
    pub(crate) fn newest_of(&self, can_see: impl Fn(&Version) -> bool) -> Option<Vec<u8>> {
        self.versions().iter().rev().find(|version| can_see(version)).and_then(Version::value)
    }

    /// How long ago a version was written, in virtual time.
    pub(crate) fn age_ns(&self, version: &Version) -> u64 {
        self.core.now_ns() - version.at_ns
    }

    /// Whether this handle wrote the version.
    pub(crate) fn is_own(&self, version: &Version) -> bool {
        version.handle == self.handle.number
    }

    /// The state before the newest write.
    pub(crate) fn previous(&self) -> Option<Vec<u8>> {
        self.versions().iter().rev().nth(1).and_then(Version::value)
    }

    /// Writes a version, past all hooks.
    pub(crate) fn write(&self, state: Option<Vec<u8>>) {
        self.core.write(&self.place, self.handle.number, state);
    }

    /// Writes a value through the hooks `keep` and `set`.
    pub(crate) fn set(&self, value: Vec<u8>) -> Result<()> {
        (self.hooks().set)(self, (self.hooks().keep)(value))
    }

    /// What a hook kept aside under this register.
    pub(crate) fn aside(&self) -> Option<Vec<u8>> {
        self.core.aside.borrow().get(&self.place).cloned()
    }

    /// Keeps something aside under this register.
    pub(crate) fn put_aside(&self, bytes: &[u8]) {
        self.core.aside.borrow_mut().insert(self.place.clone(), bytes.to_vec());
    }
}
