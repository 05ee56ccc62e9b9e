//! Rust trait objects. A panic of the store is a trap of the store, not the end of the run.

use kvspec_reference::Profile;
use std::any::Any;
use std::ops::Deref;

use kvspec_reference::interface::{
    Atomics, Batch, Bucket, Clock, CompareAndSwap, Counter, Failure, Implementation, IncomingValue, InputStream,
    KeyPage, Listing, OutgoingValue, OutputStream, Pair, Result, Subject, Swap,
};

pub(crate) use super::panics::guarded;
pub use super::panics::silence_caught_panics;

/// Wraps a subject so that panics of its implementations become [`Failure::Trap`].
pub struct Native<S>(pub S);

impl<S: Subject> Subject for Native<S> {
    fn start(&self, seed: u64) -> Result<Box<dyn Implementation + '_>> {
        let inner = guarded(|| self.0.start(seed))?;
        Ok(Box::new(Guarded(inner)))
    }

    fn profile(&self) -> Profile {
        self.0.profile()
    }

    fn offer(&self) -> String {
        self.0.offer()
    }
}

/// Wraps what may panic: each call that panics gives [`Failure::Trap`].
pub(crate) struct Guarded<T>(pub(crate) T);

impl<T> Implementation for Guarded<T>
where
    T: Deref,
    T::Target: Implementation,
{
    fn open(&self, name: &str) -> Result<Box<dyn Bucket>> {
        guarded(|| self.0.open(name)).map(|bucket| Box::new(Guarded(bucket)) as Box<dyn Bucket>)
    }

    fn open_as(&self, session: u16, name: &str) -> Result<Box<dyn Bucket>> {
        guarded(|| self.0.open_as(session, name)).map(|bucket| Box::new(Guarded(bucket)) as Box<dyn Bucket>)
    }

    fn outgoing_value(&self) -> Result<Box<dyn OutgoingValue>> {
        let value = guarded(|| self.0.outgoing_value())?;
        Ok(Box::new(Guarded(value)))
    }

    fn outgoing_value_as(&self, session: u16) -> Result<Box<dyn OutgoingValue>> {
        let value = guarded(|| self.0.outgoing_value_as(session))?;
        Ok(Box::new(Guarded(value)))
    }

    fn clock(&self) -> Option<&dyn Clock> {
        self.0.clock()
    }

    fn restart(&self) -> Option<Result<()>> {
        guarded(|| self.0.restart().transpose()).transpose()
    }

    fn take_fault(&self) -> Option<Failure> {
        self.0.take_fault()
    }
}

impl Bucket for Guarded<Box<dyn Bucket>> {
    fn get(&self, key: &str) -> Result<Option<Vec<u8>>> {
        guarded(|| self.0.get(key))
    }

    fn set(&self, key: &str, value: &[u8]) -> Result<()> {
        guarded(|| self.0.set(key, value))
    }

    fn delete(&self, key: &str) -> Result<()> {
        guarded(|| self.0.delete(key))
    }

    fn exists(&self, key: &str) -> Result<bool> {
        guarded(|| self.0.exists(key))
    }

    fn get_value(&self, key: &str) -> Result<Option<Box<dyn IncomingValue>>> {
        let value = guarded(|| self.0.get_value(key))?;
        Ok(value.map(|value| Box::new(Guarded(value)) as Box<dyn IncomingValue>))
    }

    fn set_value(&self, key: &str, value: &dyn OutgoingValue) -> Result<()> {
        // The store knows its own values, not what guards them.
        let any: &dyn Any = value;
        let value = any.downcast_ref::<Guarded<Box<dyn OutgoingValue>>>().map_or(value, |guarded| &*guarded.0);
        guarded(|| self.0.set_value(key, value))
    }

    fn listing(&self) -> Option<&dyn Listing> {
        self.0.listing().map(|_| self as &dyn Listing)
    }

    fn atomics(&self) -> Option<&dyn Atomics> {
        self.0.atomics().map(|_| self as &dyn Atomics)
    }

    fn batch(&self) -> Option<&dyn Batch> {
        self.0.batch().map(|_| self as &dyn Batch)
    }
}

fn offered<T: ?Sized>(capability: Option<&T>) -> Result<&T> {
    capability.ok_or_else(|| Failure::Trap("a capability that was offered is no longer".into()))
}

impl Listing for Guarded<Box<dyn Bucket>> {
    fn list_keys(&self, cursor: Option<&str>) -> Result<KeyPage> {
        guarded(|| offered(self.0.listing())?.list_keys(cursor))
    }

    fn has_text_cursor(&self) -> bool {
        self.0.listing().is_none_or(Listing::has_text_cursor)
    }
}

impl Atomics for Guarded<Box<dyn Bucket>> {
    fn increment(&self, key: &str, delta: i64) -> Result<i128> {
        guarded(|| offered(self.0.atomics())?.increment(key, delta))
    }

    fn counter(&self) -> Counter {
        self.0.atomics().map_or(Counter::Signed, Atomics::counter)
    }

    fn cas(&self, key: &str) -> Option<Result<Box<dyn CompareAndSwap>>> {
        let made = guarded(|| Ok(offered(self.0.atomics())?.cas(key)));
        let guard = |cas| Box::new(Guarded(cas)) as Box<dyn CompareAndSwap>;
        made.map_or_else(|failure| Some(Err(failure)), |made| made.map(|result| result.map(guard)))
    }
}

impl CompareAndSwap for Guarded<Box<dyn CompareAndSwap>> {
    fn current(&self) -> Result<Option<Vec<u8>>> {
        guarded(|| self.0.current())
    }

    fn swap(self: Box<Self>, value: &[u8]) -> Result<Swap> {
        Ok(match guarded(|| self.0.swap(value))? {
            Swap::Done => Swap::Done,
            Swap::Failed(fresh) => Swap::Failed(Box::new(Guarded(fresh))),
        })
    }
}

impl Batch for Guarded<Box<dyn Bucket>> {
    fn get_many(&self, keys: &[&str]) -> Result<Vec<Option<Pair>>> {
        guarded(|| offered(self.0.batch())?.get_many(keys))
    }

    fn set_many(&self, pairs: &[(&str, &[u8])]) -> Result<()> {
        guarded(|| offered(self.0.batch())?.set_many(pairs))
    }

    fn delete_many(&self, keys: &[&str]) -> Result<()> {
        guarded(|| offered(self.0.batch())?.delete_many(keys))
    }
}

impl IncomingValue for Guarded<Box<dyn IncomingValue>> {
    fn size(&self) -> Result<u64> {
        guarded(|| self.0.size())
    }

    fn consume_sync(self: Box<Self>) -> Result<Vec<u8>> {
        guarded(|| self.0.consume_sync())
    }

    fn consume_stream(self: Box<Self>) -> Result<Box<dyn InputStream>> {
        let stream = guarded(|| self.0.consume_stream())?;
        Ok(Box::new(Guarded(stream)))
    }
}

impl OutgoingValue for Guarded<Box<dyn OutgoingValue>> {
    fn write_sync(&self, body: &[u8]) -> Result<()> {
        guarded(|| self.0.write_sync(body))
    }

    fn write_stream(&self) -> Result<Box<dyn OutputStream>> {
        let stream = guarded(|| self.0.write_stream())?;
        Ok(Box::new(Guarded(stream)))
    }
}

impl InputStream for Guarded<Box<dyn InputStream>> {
    fn read(&mut self, limit: u64) -> Result<Option<Vec<u8>>> {
        guarded(|| self.0.read(limit))
    }
}

impl OutputStream for Guarded<Box<dyn OutputStream>> {
    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        guarded(|| self.0.write(bytes))
    }

    fn flush(&mut self) -> Result<()> {
        guarded(|| self.0.flush())
    }
}

#[cfg(test)]
mod tests {
    use kvspec_reference::interface::fresh;

    use super::*;

    struct Panicking;

    impl Implementation for Panicking {
        fn open(&self, name: &str) -> Result<Box<dyn Bucket>> {
            panic!("no bucket {name}")
        }

        fn outgoing_value(&self) -> Result<Box<dyn OutgoingValue>> {
            Ok(Box::new(Panicking))
        }
    }

    impl OutgoingValue for Panicking {
        fn write_sync(&self, _body: &[u8]) -> Result<()> {
            panic!("no body")
        }

        fn write_stream(&self) -> Result<Box<dyn OutputStream>> {
            Ok(Box::new(Panicking))
        }
    }

    impl OutputStream for Panicking {
        fn write(&mut self, _bytes: &[u8]) -> Result<()> {
            panic!("no write")
        }

        fn flush(&mut self) -> Result<()> {
            panic!("no flush")
        }
    }

    #[test]
    fn a_panic_is_a_trap() {
        let subject = Native(fresh(|_| Panicking));
        let store = subject.start(0).unwrap();
        let trap = |failure: Failure| assert!(matches!(&failure, Failure::Trap(why) if why.contains(": no ")));
        let failure = store.open("b").err().unwrap();
        let Failure::Trap(why) = &failure else { panic!("{failure}") };
        assert!(why.starts_with("panicked at ") && why.ends_with(": no bucket b"), "{why}");
        let value = store.outgoing_value().unwrap();
        trap(value.write_sync(b"v").unwrap_err());
        let mut stream = value.write_stream().unwrap();
        trap(stream.write(b"v").unwrap_err());
        trap(stream.flush().unwrap_err());
    }

    #[test]
    fn a_store_is_given_its_own_outgoing_values() {
        let subject = Native(fresh(|_| kvspec_reference::InMemory::new()));
        let store = subject.start(0).unwrap();
        let value = store.outgoing_value().unwrap();
        value.write_sync(b"v").unwrap();
        let bucket = store.open("b").unwrap();
        bucket.set_value("k", &*value).unwrap();
        assert_eq!(bucket.get("k").unwrap().as_deref(), Some(&b"v"[..]));
    }
}
