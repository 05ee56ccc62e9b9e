//! Handles of a host that offers `eventual@0.1.0`.

mod streams;

use std::any::Any;

use kvspec_reference::interface::{Bucket, Failure, IncomingValue, InputStream, OutgoingValue, OutputStream, Result};

use super::asking::Asking;
use super::call::{Answer, Arguments, Part};
use super::resource::Resource;
use crate::probe::{Consume, EventualDialect};
use streams::{Reader, Writer};

/// The longest trace that is kept of an error, in bytes.
const TRACE_BYTES_MAX: usize = 1024;

/// # Errors
/// The interface's error; a trap; no answer.
pub(super) fn open(asking: Asking, dialect: EventualDialect, name: &str) -> Result<Box<dyn Bucket>> {
    let answer = asking.ask("[static]bucket.open-bucket", Arguments::of(2).text(name))?;
    let number = good(&asking, &answer, 4)?.word(4)?;
    Ok(Box::new(Handle { bucket: Resource::new(&asking, "drop-bucket", number), dialect }))
}

/// # Errors
/// A trap; no answer.
pub(super) fn outgoing_value(asking: Asking) -> Result<Box<dyn OutgoingValue>> {
    Ok(Box::new(Outgoing::new(&asking)?))
}

/// The result, or the interface's error: its handle lies at this offset, where the result would. Its trace is read
/// and it is dropped.
fn good<'a>(asking: &Asking, answer: &'a Answer, at: usize) -> Result<Part<'a>> {
    let result = answer.result();
    if result.byte(0)? == 0 {
        return Ok(result);
    }
    let error = Resource::new(asking, "drop-error", result.word(at)?);
    let answer = error.ask("[method]error.trace", error.arguments(0))?;
    let mut trace = answer.result().text(0)?;
    trace.truncate(trace.floor_char_boundary(TRACE_BYTES_MAX));
    Err(Failure::error(trace))
}

struct Handle {
    bucket: Resource,
    dialect: EventualDialect,
}

impl Handle {
    fn ask(&self, function: &'static str, arguments: Arguments) -> Result<Answer> {
        let answer = self.bucket.ask(function, arguments)?;
        good(self.bucket.asking(), &answer, 4)?;
        Ok(answer)
    }

    fn on_key(&self, others: usize, key: &str) -> Arguments {
        self.bucket.arguments(2 + others).text(key)
    }
}

impl Bucket for Handle {
    fn get(&self, key: &str) -> Result<Option<Vec<u8>>> {
        self.get_value(key)?.map(IncomingValue::consume_sync).transpose()
    }

    fn set(&self, key: &str, value: &[u8]) -> Result<()> {
        let outgoing = Outgoing::new(self.bucket.asking())?;
        outgoing.write_sync(value)?;
        self.set_value(key, &outgoing)
    }

    fn delete(&self, key: &str) -> Result<()> {
        self.ask("delete", self.on_key(0, key)).map(drop)
    }

    fn exists(&self, key: &str) -> Result<bool> {
        Ok(self.ask("exists", self.on_key(0, key))?.result().byte(4)? != 0)
    }

    fn get_value(&self, key: &str) -> Result<Option<Box<dyn IncomingValue>>> {
        let answer = self.ask("get", self.on_key(0, key))?;
        let result = answer.result();
        if result.byte(4)? == 0 {
            return Ok(None);
        }
        let value = Resource::new(self.bucket.asking(), "drop-incoming-value", result.word(8)?);
        Ok(Some(Box::new(Incoming { value, consume: self.dialect.consume })))
    }

    fn set_value(&self, key: &str, value: &dyn OutgoingValue) -> Result<()> {
        let any: &dyn Any = value;
        let own = any.downcast_ref::<Outgoing>().filter(|value| value.0.asking().is_same(self.bucket.asking()));
        let Some(Outgoing(value)) = own else {
            return Err(Failure::Harness("outgoing-value of another implementation".into()));
        };
        self.ask("set", self.on_key(1, key).handle(value.number())).map(drop)
    }
}

struct Outgoing(Resource);

impl Outgoing {
    fn new(asking: &Asking) -> Result<Self> {
        let answer = asking.ask("[static]outgoing-value.new-outgoing-value", Arguments::of(0))?;
        Ok(Self(Resource::new(asking, "drop-outgoing-value", answer.result().word(0)?)))
    }
}

impl OutgoingValue for Outgoing {
    fn write_sync(&self, body: &[u8]) -> Result<()> {
        let arguments = self.0.arguments(2).bytes(body);
        let answer = self.0.ask("[method]outgoing-value.outgoing-value-write-body-sync", arguments)?;
        good(self.0.asking(), &answer, 4).map(drop)
    }

    fn write_stream(&self) -> Result<Box<dyn OutputStream>> {
        let answer = self.0.ask("[method]outgoing-value.outgoing-value-write-body-async", self.0.arguments(0))?;
        let number = good(self.0.asking(), &answer, 4)?.word(4)?;
        Ok(Box::new(Writer::new(self.0.asking(), number)))
    }
}

struct Incoming {
    value: Resource,
    consume: Consume,
}

impl Incoming {
    /// The answer to one of these functions, by shape, and the value where that is still ours: a static function
    /// takes it.
    fn consumed(mut self, of_static: &'static str, of_method: &'static str) -> Result<(Answer, Option<Resource>)> {
        let asking = self.value.asking().clone();
        let arguments = self.value.arguments(0);
        let (answer, kept) = match self.consume {
            Consume::Static => {
                self.value.given_away();
                (asking.ask(of_static, arguments)?, None)
            }
            Consume::Method => (asking.ask(of_method, arguments)?, Some(self.value)),
        };
        good(&asking, &answer, 4)?;
        Ok((answer, kept))
    }
}

impl IncomingValue for Incoming {
    fn size(&self) -> Result<u64> {
        let answer = self.value.ask("[method]incoming-value.incoming-value-size", self.value.arguments(0))?;
        // A number of eight bytes, so the record is aligned as that.
        good(self.value.asking(), &answer, 8)?.number(8)
    }

    fn consume_sync(self: Box<Self>) -> Result<Vec<u8>> {
        let (answer, _) = self.consumed(
            "[static]incoming-value.incoming-value-consume-sync",
            "[method]incoming-value.incoming-value-consume-sync",
        )?;
        answer.result().list(4).map(<[u8]>::to_vec)
    }

    fn consume_stream(self: Box<Self>) -> Result<Box<dyn InputStream>> {
        let asking = self.value.asking().clone();
        let (answer, value) = self.consumed(
            "[static]incoming-value.incoming-value-consume-async",
            "[method]incoming-value.incoming-value-consume-async",
        )?;
        Ok(Box::new(Reader::new(&asking, answer.result().word(4)?, value)))
    }
}
