//! Reading the call of a step: the operation and its arguments.

use super::error::ParseError;
use super::line::Line;
use crate::workload::keys::{BATCH_KEYS_MAX, Keys};
use crate::workload::pieces::{Cut, Pieces};
use crate::workload::stamp::Stamp;
use crate::workload::step::Call;
use crate::workload::value_source::ValueSource;

/// All operations of all profiles.
const OPERATIONS: [&str; 13] = [
    "get",
    "set",
    "delete",
    "exists",
    "reopen",
    "increment",
    "cas-new",
    "cas-current",
    "swap",
    "list",
    "get-many",
    "set-many",
    "delete-many",
];
/// The most pieces of a streamed body.
const PIECES_MAX: usize = 1_000;
/// The forms a value may have.
const VALUE_FORMS: &str = "\"…\", stamp(S.O LENGTH), repeat(\"…\" N), zlib(\"…\") or gzip(\"…\")";

impl Line<'_> {
    pub(super) fn call(&mut self) -> Result<Call, ParseError> {
        let start = self.at;
        let operation = self.bare_word("an operation, such as get or set")?;
        if !OPERATIONS.contains(&operation) {
            let known = OPERATIONS.join(", ");
            return Err(self.error_at(start, format!("unknown operation \"{operation}\"; expected one of {known}")));
        }
        Ok(match operation {
            "cas-new" => Call::CasNew { handle: self.handle()?, bucket: self.bucket()?, key: self.key()? },
            "cas-current" => Call::CasCurrent { handle: self.handle()? },
            "swap" => Call::Swap { handle: self.handle()?, value: self.value()? },
            "reopen" => Call::Reopen { bucket: self.bucket()? },
            "list" => Call::List { bucket: self.bucket()?, pages: self.pages()? },
            "get-many" => Call::GetMany { bucket: self.bucket()?, keys: self.all_keys()? },
            "delete-many" => Call::DeleteMany { bucket: self.bucket()?, keys: self.all_keys()? },
            "set-many" => Call::SetMany { bucket: self.bucket()?, pairs: self.pairs()? },
            "get" => self.get()?,
            "delete" => Call::Delete { bucket: self.bucket()?, key: self.key()? },
            "exists" => Call::Exists { bucket: self.bucket()?, key: self.key()? },
            "increment" => Call::Increment { bucket: self.bucket()?, key: self.key()?, delta: self.delta()? },
            _ => self.set()?,
        })
    }

    fn get(&mut self) -> Result<Call, ParseError> {
        let (bucket, key) = (self.bucket()?, self.key()?);
        Ok(match self.pieces()? {
            Some(pieces) => Call::GetStreamed { bucket, key, pieces },
            None => Call::Get { bucket, key },
        })
    }

    fn set(&mut self) -> Result<Call, ParseError> {
        let (bucket, key, value) = (self.bucket()?, self.key()?, self.value()?);
        Ok(match self.pieces()? {
            Some(pieces) => Call::SetStreamed { bucket, key, value, pieces },
            None => Call::Set { bucket, key, value },
        })
    }

    /// How a body is streamed, if it is.
    fn pieces(&mut self) -> Result<Option<Pieces>, ParseError> {
        self.blanks();
        if !self.rest().starts_with("streamed") {
            return Ok(None);
        }
        self.at += "streamed".len();
        let mut pieces = Pieces::default();
        self.blanks();
        while !self.is_done() && !pieces.is_dropped {
            let start = self.at;
            match self.bare_word("how many bytes, \"flush\" or \"dropped\"")? {
                "flush" => pieces.cuts.push(Cut::Flush),
                "dropped" => pieces.is_dropped = true,
                count => {
                    let count = count.parse().ok().filter(|_| pieces.cuts.len() < PIECES_MAX);
                    let message =
                        format!("a body has at most {PIECES_MAX} pieces, each a number of bytes or \"flush\"");
                    pieces.cuts.push(Cut::Bytes(count.ok_or_else(|| self.error_at(start, message))?));
                }
            }
            self.blanks();
        }
        Ok(Some(pieces))
    }

    fn bucket(&mut self) -> Result<String, ParseError> {
        self.name("a bucket")
    }

    fn key(&mut self) -> Result<String, ParseError> {
        self.name("a key")
    }

    fn handle(&mut self) -> Result<String, ParseError> {
        self.blanks();
        Ok(self.bare_word("the name of a handle: letters, digits, _ - .")?.to_owned())
    }

    fn delta(&mut self) -> Result<i64, ParseError> {
        self.blanks();
        let start = self.at;
        let is_negative = self.rest().starts_with('-');
        self.at += usize::from(is_negative);
        let amount: i128 = self.number("what is added, such as 5 or -1")?;
        let delta = if is_negative { -amount } else { amount };
        i64::try_from(delta).map_err(|_| self.error_at(start, "what is added has 64 bits and a sign"))
    }

    fn pages(&mut self) -> Result<Option<u32>, ParseError> {
        self.blanks();
        if self.is_done() {
            return Ok(None);
        }
        let start = self.at;
        if self.bare_word("\"page\" and how many pages at most")? != "page" {
            return Err(self.error_at(start, "expected \"page\" and how many pages at most"));
        }
        self.blanks();
        match self.number("how many pages at most")? {
            0 => Err(self.error_at(start, "a listing has at least one page")),
            pages => Ok(Some(pages)),
        }
    }

    fn all_keys(&mut self) -> Result<Vec<Keys>, ParseError> {
        self.batch(|_, keys| Ok(keys))
    }

    fn pairs(&mut self) -> Result<Vec<(Keys, ValueSource)>, ParseError> {
        self.batch(|line, keys| Ok((keys, line.value()?)))
    }

    /// Items that begin with keys, to the end of the line.
    fn batch<T>(&mut self, item: impl Fn(&mut Self, Keys) -> Result<T, ParseError>) -> Result<Vec<T>, ParseError> {
        let (mut items, mut count) = (Vec::new(), 0usize);
        self.blanks();
        while !self.is_done() {
            let start = self.at;
            let keys = self.keys()?;
            count = count.saturating_add(keys.count());
            if count > BATCH_KEYS_MAX {
                return Err(self.error_at(start, format!("a batch names at most {BATCH_KEYS_MAX} keys")));
            }
            items.push(item(self, keys)?);
            self.blanks();
        }
        Ok(items)
    }

    fn keys(&mut self) -> Result<Keys, ParseError> {
        let name = self.key()?;
        if !self.rest().starts_with('[') {
            return Ok(Keys::One(name));
        }
        self.expect('[')?;
        let from = self.number("the first number")?;
        self.expect('.')?;
        self.expect('.')?;
        let to = self.number("one more than the last number")?;
        self.expect(']')?;
        Ok(Keys::Numbered { prefix: name, from, to })
    }

    fn value(&mut self) -> Result<ValueSource, ParseError> {
        self.blanks();
        let start = self.at;
        if self.rest().starts_with('"') {
            return Ok(ValueSource::Bytes(self.quoted()?));
        }
        let form = self.bare_word(&format!("a value: {VALUE_FORMS}"))?;
        if !matches!(form, "stamp" | "repeat" | "zlib" | "gzip") {
            return Err(self.error_at(start, format!("a value is {VALUE_FORMS}")));
        }
        self.expect('(')?;
        let value = match form {
            "stamp" => ValueSource::Stamp(self.stamp(start)?),
            "zlib" => ValueSource::Zlib(self.repeated(start)?),
            "gzip" => ValueSource::Gzip(self.repeated(start)?),
            _ => ValueSource::Bytes(self.repeated(start)?),
        };
        self.expect(')')?;
        Ok(value)
    }

    fn stamp(&mut self, start: usize) -> Result<Stamp, ParseError> {
        let session = self.number("the session of the stamp")?;
        self.expect('.')?;
        let operation = self.number("the operation number of the stamp")?;
        self.blanks();
        let length: u32 = self.number("the length of the stamped value in bytes")?;
        self.within_bounds(start, length as usize)?;
        Ok(Stamp { session, operation, length })
    }

    /// A quoted part, once or as often as a number says.
    fn repeated(&mut self, start: usize) -> Result<Vec<u8>, ParseError> {
        let part = self.quoted()?;
        self.blanks();
        if self.rest().starts_with(')') {
            return Ok(part);
        }
        let count: usize = self.number("how many times to repeat")?;
        self.within_bounds(start, part.len().saturating_mul(count))?;
        Ok(part.repeat(count))
    }
}
