//! A handle of a bucket in another process.

use kvspec_reference::Profile;
use kvspec_reference::interface::{
    Atomics, Batch, Bucket, CompareAndSwap, Counter, KeyPage, Listing, Pair, Result, Swap,
};

use super::conversation::Shared;
use super::greeting::Greeting;
use super::line::{Word, bytes, odd, optional, text};

pub(super) struct Handle {
    pub(super) conversation: Shared,
    pub(super) number: u64,
    pub(super) greeting: Greeting,
}

impl Handle {
    fn ask(&self, operation: &'static str, arguments: &[Word]) -> Result<Vec<String>> {
        self.conversation.ask(operation, self.number, arguments)
    }

    /// A call whose result is one word.
    fn ask_one(&self, operation: &'static str, arguments: &[Word]) -> Result<String> {
        one(self.ask(operation, arguments)?)
    }

    fn is_first_draft(&self) -> bool {
        self.greeting.profile == Profile::StoreDraft
    }
}

fn one(mut words: Vec<String>) -> Result<String> {
    if words.len() == 1 { Ok(words.remove(0)) } else { Err(odd(&words.join(" "))) }
}

impl Drop for Handle {
    fn drop(&mut self) {
        // A process that broke here tells it at the next call.
        let _ = self.ask("close", &[]);
    }
}

impl Bucket for Handle {
    fn get(&self, key: &str) -> Result<Option<Vec<u8>>> {
        optional(&self.ask_one("get", &[Word::text(key)])?)
    }

    fn set(&self, key: &str, value: &[u8]) -> Result<()> {
        self.ask("set", &[Word::text(key), Word::bytes(value)]).map(drop)
    }

    fn delete(&self, key: &str) -> Result<()> {
        self.ask("delete", &[Word::text(key)]).map(drop)
    }

    fn exists(&self, key: &str) -> Result<bool> {
        let word = self.ask_one("exists", &[Word::text(key)])?;
        word.parse().map_err(|_| odd(&word))
    }

    fn listing(&self) -> Option<&dyn Listing> {
        Some(self)
    }

    fn atomics(&self) -> Option<&dyn Atomics> {
        self.greeting.has_atomics.then_some(self as &dyn Atomics)
    }

    fn batch(&self) -> Option<&dyn Batch> {
        self.greeting.has_batch.then_some(self as &dyn Batch)
    }
}

impl Listing for Handle {
    fn list_keys(&self, cursor: Option<&str>) -> Result<KeyPage> {
        let words = self.ask("list-keys", &[Word::optional_text(cursor)])?;
        let (cursor, keys) = words.split_first().ok_or_else(|| odd(""))?;
        let cursor = if cursor == "-" { None } else { Some(text(cursor)?) };
        Ok(KeyPage { keys: keys.iter().map(|key| text(key)).collect::<Result<_>>()?, cursor })
    }

    fn has_text_cursor(&self) -> bool {
        !self.is_first_draft()
    }
}

impl Atomics for Handle {
    fn increment(&self, key: &str, delta: i64) -> Result<i128> {
        let word = self.ask_one("increment", &[Word::text(key), Word(delta.to_string())])?;
        word.parse().map_err(|_| odd(&word))
    }

    fn counter(&self) -> Counter {
        if self.is_first_draft() { Counter::Unsigned } else { Counter::Signed }
    }

    fn cas(&self, key: &str) -> Option<Result<Box<dyn CompareAndSwap>>> {
        let make = || {
            let number = self.conversation.next_handle();
            self.ask("cas-new", &[Word(number.to_string()), Word::text(key)])?;
            Ok(Box::new(Cas { conversation: self.conversation.clone(), number }) as Box<dyn CompareAndSwap>)
        };
        self.greeting.has_cas.then(make)
    }
}

/// A `cas` resource in another process.
struct Cas {
    conversation: Shared,
    number: u64,
}

impl Drop for Cas {
    fn drop(&mut self) {
        // As for a handle. One that was swapped is gone there already: closing it says nothing.
        let _ = self.conversation.ask("close", self.number, &[]);
    }
}

impl CompareAndSwap for Cas {
    fn current(&self) -> Result<Option<Vec<u8>>> {
        optional(&one(self.conversation.ask("cas-current", self.number, &[])?)?)
    }

    fn swap(self: Box<Self>, value: &[u8]) -> Result<Swap> {
        let fresh = self.conversation.next_handle();
        let arguments = [Word(fresh.to_string()), Word::bytes(value)];
        let end = one(self.conversation.ask("cas-swap", self.number, &arguments)?)?;
        match end.as_str() {
            "swapped" => Ok(Swap::Done),
            "failed" => Ok(Swap::Failed(Box::new(Cas { conversation: self.conversation.clone(), number: fresh }))),
            _ => Err(odd(&end)),
        }
    }
}

impl Batch for Handle {
    fn get_many(&self, keys: &[&str]) -> Result<Vec<Option<Pair>>> {
        let keys: Vec<Word> = keys.iter().copied().map(Word::text).collect();
        let answer = |word: &String| {
            if word == "-" {
                return Ok(None);
            }
            let (key, value) = word.split_once('=').ok_or_else(|| odd(word))?;
            Ok(Some((text(key)?, bytes(value)?)))
        };
        self.ask("get-many", &keys)?.iter().map(answer).collect()
    }

    fn set_many(&self, pairs: &[(&str, &[u8])]) -> Result<()> {
        let pairs: Vec<Word> = pairs.iter().map(|(key, value)| Word::pair(key, value)).collect();
        self.ask("set-many", &pairs).map(drop)
    }

    fn delete_many(&self, keys: &[&str]) -> Result<()> {
        let keys: Vec<Word> = keys.iter().copied().map(Word::text).collect();
        self.ask("delete-many", &keys).map(drop)
    }
}
