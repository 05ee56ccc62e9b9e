//! Handles of a host that offers `store@0.2.0`.

use kvspec_reference::interface::{
    Atomics, Batch, Bucket, CompareAndSwap, Counter, ErrorKind, Failure, InterfaceError, KeyPage, Listing, Pair,
    Result, Swap,
};

use super::asking::Asking;
use super::call::{Answer, Arguments, Part};
use crate::probe::{Cursor, GetMany, Increment, StoreDialect};

/// # Errors
/// The interface's error; a trap; no answer.
pub(super) fn open(asking: Asking, dialect: StoreDialect, name: &str) -> Result<Box<dyn Bucket>> {
    let answer = asking.ask("open", Arguments::of(2).text(name))?;
    let number = good(&answer, 4)?.word(4)?;
    Ok(Box::new(Handle { asking, dialect, number }))
}

/// The result, or the interface's error: that lies at this offset, where the result would.
fn good(answer: &Answer, error_at: usize) -> Result<Part<'_>> {
    let result = answer.result();
    match result.byte(0)? {
        0 => Ok(result),
        _ => Err(error(result, error_at)?),
    }
}

fn error(part: Part<'_>, at: usize) -> Result<Failure> {
    let error = |kind, trace: &str| Failure::Error(InterfaceError { kind, trace: trace.into() });
    Ok(match part.byte(at)? {
        0 => error(ErrorKind::NoSuchStore, "no text"),
        1 => error(ErrorKind::AccessDenied, "no text"),
        _ => error(ErrorKind::Other, &part.text(at + 4)?),
    })
}

/// An optional list of bytes at this offset.
fn optional(part: Part<'_>, at: usize) -> Result<Option<Vec<u8>>> {
    Ok(if part.byte(at)? == 0 { None } else { Some(part.list(at + 4)?.to_vec()) })
}

struct Handle {
    asking: Asking,
    dialect: StoreDialect,
    number: u32,
}

impl Handle {
    /// A call on this bucket, with so many flat arguments besides.
    fn arguments(&self, others: usize) -> Arguments {
        Arguments::of(1 + others).handle(self.number)
    }

    /// A call that gives nothing but its end.
    fn done(&self, function: &'static str, arguments: Arguments) -> Result<()> {
        good(&self.asking.ask(function, arguments)?, 4).map(drop)
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        // A process that broke here says so at the next call.
        let _ = self.asking.ask("drop-bucket", self.arguments(0));
    }
}

impl Bucket for Handle {
    fn get(&self, key: &str) -> Result<Option<Vec<u8>>> {
        let answer = self.asking.ask("[method]bucket.get", self.arguments(2).text(key))?;
        optional(good(&answer, 4)?, 4)
    }

    fn set(&self, key: &str, value: &[u8]) -> Result<()> {
        self.done("[method]bucket.set", self.arguments(4).text(key).bytes(value))
    }

    fn delete(&self, key: &str) -> Result<()> {
        self.done("[method]bucket.delete", self.arguments(2).text(key))
    }

    fn exists(&self, key: &str) -> Result<bool> {
        let answer = self.asking.ask("[method]bucket.exists", self.arguments(2).text(key))?;
        Ok(good(&answer, 4)?.byte(4)? != 0)
    }

    fn listing(&self) -> Option<&dyn Listing> {
        Some(self)
    }

    fn atomics(&self) -> Option<&dyn Atomics> {
        self.dialect.increment.map(|_| self as &dyn Atomics)
    }

    fn batch(&self) -> Option<&dyn Batch> {
        self.dialect.get_many.map(|_| self as &dyn Batch)
    }
}

const LIST_KEYS: &str = "[method]bucket.list-keys";

impl Handle {
    /// The page of an answer, whose record begins at `at`.
    fn page(answer: &Answer, at: usize, cursor: impl Fn(Part<'_>) -> Result<Option<String>>) -> Result<KeyPage> {
        let result = good(answer, at)?;
        let keys = result.records(at, 8)?.map(|key| key.text(0)).collect::<Result<_>>()?;
        Ok(KeyPage { keys, cursor: cursor(result)? })
    }
}

impl Listing for Handle {
    fn list_keys(&self, cursor: Option<&str>) -> Result<KeyPage> {
        match self.dialect.cursor {
            Cursor::Number => {
                let number = match cursor.map(str::parse::<u64>).transpose() {
                    Ok(number) => number,
                    Err(_) => return Err(Failure::Harness(format!("{cursor:?} is no cursor of this dialect"))),
                };
                let (is_some, number) = (number.is_some().into(), number.unwrap_or(0));
                let answer = self.asking.ask(LIST_KEYS, self.arguments(2).number(is_some).number(number))?;
                // The record has a field of eight bytes, and is aligned as that.
                Self::page(&answer, 8, |result| {
                    Ok(if result.byte(16)? == 0 { None } else { Some(result.number(24)?.to_string()) })
                })
            }
            Cursor::Text => {
                let (is_some, text) = (cursor.is_some().into(), cursor.unwrap_or(""));
                let answer = self.asking.ask(LIST_KEYS, self.arguments(3).number(is_some).text(text))?;
                Self::page(&answer, 4, |result| Ok(if result.byte(12)? == 0 { None } else { Some(result.text(16)?) }))
            }
        }
    }

    fn has_text_cursor(&self) -> bool {
        self.dialect.cursor == Cursor::Text
    }
}

impl Atomics for Handle {
    fn increment(&self, key: &str, delta: i64) -> Result<i128> {
        let arguments = self.arguments(3).text(key).number(delta.cast_unsigned());
        let answer = self.asking.ask("increment", arguments)?;
        let sum = good(&answer, 8)?.number(8)?;
        Ok(match self.dialect.increment {
            Some(Increment::Signed) => sum.cast_signed().into(),
            _ => sum.into(),
        })
    }

    fn counter(&self) -> Counter {
        match self.dialect.increment {
            Some(Increment::Signed) => Counter::Signed,
            _ => Counter::Unsigned,
        }
    }

    fn cas(&self, key: &str) -> Option<Result<Box<dyn CompareAndSwap>>> {
        let make = || {
            let answer = self.asking.ask("[static]cas.new", self.arguments(2).text(key))?;
            let number = good(&answer, 4)?.word(4)?;
            Ok(Box::new(Cas { asking: self.asking.clone(), number: Some(number) }) as Box<dyn CompareAndSwap>)
        };
        self.dialect.cas.then(make)
    }
}

/// A `cas` resource.
struct Cas {
    asking: Asking,
    /// `None` once it was given away to a swap.
    number: Option<u32>,
}

impl Drop for Cas {
    fn drop(&mut self) {
        if let Some(number) = self.number {
            // As for a handle of a bucket.
            let _ = self.asking.ask("drop-cas", Arguments::of(1).handle(number));
        }
    }
}

impl CompareAndSwap for Cas {
    fn current(&self) -> Result<Option<Vec<u8>>> {
        let number = self.number.unwrap_or_default();
        let answer = self.asking.ask("[method]cas.current", Arguments::of(1).handle(number))?;
        optional(good(&answer, 4)?, 4)
    }

    fn swap(mut self: Box<Self>, value: &[u8]) -> Result<Swap> {
        let number = self.number.take().unwrap_or_default();
        let answer = self.asking.ask("swap", Arguments::of(3).handle(number).bytes(value))?;
        let result = answer.result();
        match (result.byte(0)?, result.byte(4)?) {
            (0, _) => Ok(Swap::Done),
            // The error of the store, or the handle to try again with.
            (_, 0) => Err(error(result, 8)?),
            _ => Ok(Swap::Failed(Box::new(Cas { asking: self.asking.clone(), number: Some(result.word(8)?) }))),
        }
    }
}

impl Batch for Handle {
    fn get_many(&self, keys: &[&str]) -> Result<Vec<Option<Pair>>> {
        let answer = self.asking.ask("get-many", self.arguments(2).texts(keys))?;
        let result = good(&answer, 4)?;
        match self.dialect.get_many {
            Some(GetMany::KeyWithValueOrNone) => {
                let pair =
                    |record: Part<'_>| optional(record, 8)?.map(|value| Ok((record.text(0)?, value))).transpose();
                result.records(4, 20)?.map(pair).collect()
            }
            Some(GetMany::ValueOrNone) => {
                let values = result.records(4, 12)?.map(|record| optional(record, 0)).collect::<Result<Vec<_>>>()?;
                // The answers stand in the order of the keys, and do not repeat them.
                let asked = keys.iter().copied().chain(std::iter::repeat(""));
                let pair = |(value, key): (Option<Vec<u8>>, &str)| Some((key.to_owned(), value?));
                Ok(values.into_iter().zip(asked).map(pair).collect())
            }
            _ => {
                let pair = |record: Part<'_>| {
                    Ok(if record.byte(0)? == 0 { None } else { Some((record.text(4)?, record.list(12)?.to_vec())) })
                };
                result.records(4, 20)?.map(pair).collect()
            }
        }
    }

    fn set_many(&self, pairs: &[(&str, &[u8])]) -> Result<()> {
        self.done("set-many", self.arguments(2).pairs(pairs))
    }

    fn delete_many(&self, keys: &[&str]) -> Result<()> {
        self.done("delete-many", self.arguments(2).texts(keys))
    }
}
