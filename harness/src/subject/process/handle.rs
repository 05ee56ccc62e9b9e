//! A handle of a bucket in another process.

use std::cell::RefCell;
use std::rc::Rc;

use kvspec_reference::interface::{Atomics, Batch, Bucket, Counter, KeyPage, Listing, Pair, Result};

use super::Greeting;
use super::conversation::Conversation;
use super::line::{Word, bytes, odd, optional, text};

pub(super) struct Handle {
    pub(super) conversation: Rc<RefCell<Conversation>>,
    pub(super) number: u64,
    pub(super) greeting: Greeting,
}

impl Handle {
    fn ask(&self, operation: &str, arguments: &[Word]) -> Result<Vec<String>> {
        self.conversation.borrow_mut().ask(operation, self.number, arguments)
    }

    /// A call whose result is one word.
    fn ask_one(&self, operation: &str, arguments: &[Word]) -> Result<String> {
        let mut words = self.ask(operation, arguments)?;
        if words.len() == 1 { Ok(words.remove(0)) } else { Err(odd(&words.join(" "))) }
    }

    fn is_first_draft(&self) -> bool {
        self.greeting.profile == "store@0.2.0-draft"
    }
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
