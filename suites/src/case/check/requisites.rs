//! What a case may ask for, by what the implementation declares. What it may not, skips the case,
//! with the declaration that says so.

use kvspec_reference::anomaly::name_text;
use kvspec_reference::workload::stamp::Stamp;

use super::context::Check;
use super::stop::{Checked, Stop};

/// The usual length of a value in a case, in bytes: short, yet room for a stamp.
const VALUE_BYTES: usize = 32;

impl Check<'_> {
    /// The bucket that the case works in.
    pub fn bucket(&self) -> String {
        match self.declaration.capabilities.buckets.first() {
            Some(name) => name.clone(),
            None => "bucket-a".into(),
        }
    }

    /// `N` different buckets, the first being [`Check::bucket`], for one session to open at once.
    ///
    /// # Errors
    /// A skip, when so many, or so many handles, are not declared.
    pub fn buckets<const N: usize>(&self) -> Checked<[String; N]> {
        self.needs_handles(N)?;
        let capabilities = &self.declaration.capabilities;
        if let Some(max) = self.declaration.limits.max_buckets.filter(|&max| max < N) {
            return Err(skip(format!("limits.max_buckets = {max}, and this case needs {N}")));
        }
        let named = capabilities.buckets.len();
        if named < N && !capabilities.creates_buckets {
            return Err(skip(format!("capabilities.buckets names {named}, and this case needs {N}")));
        }
        let made = (b'a'..=b'z').map(|letter| format!("bucket-{}", char::from(letter)));
        // A name of ours may be among those that are declared.
        let made = made.filter(|name| !capabilities.buckets.contains(name));
        let mut names = capabilities.buckets.iter().cloned().chain(made);
        Ok(std::array::from_fn(|_| names.next().expect("no case needs more buckets than there are letters")))
    }

    /// A value that no other write of this case has. Where it has room it is stamped with its number
    /// among the values of the case; the stamp's session is 0, whoever sets the value.
    ///
    /// # Errors
    /// A skip, when the declared limit leaves no room for different values.
    pub fn value(&mut self) -> Checked<Vec<u8>> {
        let max = self.declaration.limits.max_value_bytes.unwrap_or(usize::MAX);
        self.values_made += 1;
        let plain = format!("v{}", self.values_made).into_bytes();
        match () {
            () if max >= VALUE_BYTES => Ok(self.stamped(VALUE_BYTES)),
            () if max >= plain.len() => Ok(plain),
            () => Err(skip(format!("limits.max_value_bytes = {max}, and this case needs {}", plain.len()))),
        }
    }

    /// A value of exactly `length` bytes, different from others of the case when it has 24 or more.
    ///
    /// # Errors
    /// A skip, when that is above the declared limit.
    pub fn value_of(&mut self, length: usize) -> Checked<Vec<u8>> {
        self.values_made += 1;
        self.needs_value_bytes(length)?;
        let mut value = self.stamped(length);
        // A stamp never gets shorter than itself.
        value.truncate(length);
        Ok(value)
    }

    /// As [`Check::value_of`], without asking the declaration: for values that must be refused.
    pub fn value_beyond_limits(&mut self, length: usize) -> Vec<u8> {
        self.values_made += 1;
        let mut value = self.stamped(length);
        value.truncate(length);
        value
    }

    /// Skips the case unless values of this length are declared to be kept.
    ///
    /// # Errors
    /// The skip.
    pub fn needs_value_bytes(&self, length: usize) -> Checked<()> {
        match self.declaration.limits.max_value_bytes {
            Some(max) if max < length => {
                Err(skip(format!("limits.max_value_bytes = {max}, and this case needs {length}")))
            }
            _ => self.fits_total(length),
        }
    }

    /// Skips the case where this pair, with all others that the case has set and not deleted, would go
    /// beyond the declared quota; else it is one of those.
    ///
    /// # Errors
    /// The skip.
    pub fn needs_room(&mut self, bucket: &str, key: &str, value_bytes: usize) -> Checked<()> {
        if self.declaration.limits.max_total_bytes.is_none() {
            return Ok(());
        }
        let registers =
            self.writes.iter().flat_map(|(of, keys)| keys.iter().map(move |(name, writes)| (of, name, writes)));
        let others = registers.filter(|(of, name, _)| (of.as_str(), name.as_str()) != (bucket, key));
        let held: usize = others.map(|(.., writes)| writes.held_bytes).sum();
        self.fits_total(held + key.len() + value_bytes)?;
        self.writes_of(bucket, key).held_bytes = key.len() + value_bytes;
        Ok(())
    }

    fn fits_total(&self, bytes: usize) -> Checked<()> {
        match self.declaration.limits.max_total_bytes {
            Some(max) if max < bytes => {
                Err(skip(format!("limits.max_total_bytes = {max}, and this case needs {bytes}")))
            }
            _ => Ok(()),
        }
    }

    /// Skips the case unless the key is one that the declaration allows.
    ///
    /// # Errors
    /// The skip.
    pub fn needs_key(&self, key: &str) -> Checked<()> {
        match self.key_obstacle(key) {
            Some(obstacle) => Err(skip(obstacle)),
            None => Ok(()),
        }
    }

    /// Skips the case unless both are within the declared limits, and there is room for them.
    ///
    /// # Errors
    /// The skip.
    pub fn needs_pair(&mut self, bucket: &str, key: &str, value: &[u8]) -> Checked<()> {
        self.needs_key(key)?;
        self.needs_value_bytes(value.len())?;
        self.needs_room(bucket, key, value.len())
    }

    /// The keys of the list that the declaration allows, at least two of them.
    ///
    /// # Errors
    /// A skip that names what forbids the others.
    pub fn allowed_keys<'k>(&self, keys: &[&'k str]) -> Checked<Vec<&'k str>> {
        let max = self.declaration.limits.max_keys.unwrap_or(usize::MAX);
        let allowed: Vec<&str> = keys.iter().copied().filter(|k| self.key_obstacle(k).is_none()).take(max).collect();
        if allowed.len() >= 2 {
            return Ok(allowed);
        }
        let obstacle = keys.iter().find_map(|key| self.key_obstacle(key));
        Err(skip(obstacle.unwrap_or_else(|| format!("limits.max_keys = {max}, and this case needs 2"))))
    }

    /// At most `wanted` keys, or as many as a bucket is declared to hold.
    pub fn key_count(&self, wanted: usize) -> usize {
        wanted.min(self.declaration.limits.max_keys.unwrap_or(usize::MAX))
    }

    /// At most `wanted` open handles, or as many as are declared.
    pub fn handle_count(&self, wanted: usize) -> usize {
        wanted.min(self.declaration.limits.max_handles.unwrap_or(usize::MAX))
    }

    /// Skips the case unless streaming bodies are declared.
    ///
    /// # Errors
    /// The skip.
    pub fn needs_streaming(&self) -> Checked<()> {
        match self.declaration.capabilities.streaming {
            true => Ok(()),
            false => Err(skip("capabilities.streaming = false".into())),
        }
    }

    /// Skips the case unless that many sessions can have a handle at once.
    ///
    /// # Errors
    /// The skip.
    pub fn needs_handles(&self, count: usize) -> Checked<()> {
        match self.declaration.limits.max_handles {
            Some(max) if max < count => Err(skip(format!("limits.max_handles = {max}, and this case needs {count}"))),
            _ => Ok(()),
        }
    }

    /// Skips the case unless a bucket is declared to hold that many keys.
    ///
    /// # Errors
    /// The skip.
    pub fn needs_keys(&self, count: usize) -> Checked<()> {
        match self.declaration.limits.max_keys {
            Some(max) if max < count => Err(skip(format!("limits.max_keys = {max}, and this case needs {count}"))),
            _ => Ok(()),
        }
    }

    fn key_obstacle(&self, key: &str) -> Option<String> {
        let limits = &self.declaration.limits;
        if let Some(max) = limits.max_key_bytes.filter(|&max| max < key.len()) {
            return Some(format!("limits.max_key_bytes = {max}, and this case needs {}", key.len()));
        }
        let refused = !limits.key_characters.allow(key);
        refused
            .then(|| format!("limits.key_characters = \"{}\" refuses {}", limits.key_characters.name(), name_text(key)))
    }

    fn stamped(&self, length: usize) -> Vec<u8> {
        Stamp { session: 0, operation: self.values_made, length: length as u32 }.bytes()
    }
}

fn skip(why: String) -> Stop {
    Stop::Skip(why)
}
