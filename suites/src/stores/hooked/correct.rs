//! What a correct store does in each hook.

use super::parts::{Hooks, Source};

/// A correct store.
pub(crate) const CORRECT: Hooks = Hooks {
    open: |_, name| Ok(name.to_owned()),
    close: |_| {},
    before: |_| Ok(()),
    after_error: |_, _| {},
    key: |key| Ok(key.to_owned()),
    keep: |value| value,
    view: |slot| slot.newest(),
    read: |slot| Ok((slot.hooks().view)(slot)),
    get: |slot| (slot.hooks().read)(slot),
    exists: |slot| Ok((slot.hooks().read)(slot)?.is_some()),
    set: |slot, value| {
        slot.write(Some(value));
        Ok(())
    },
    delete: |slot| {
        slot.write(None);
        Ok(())
    },
    set_body: |slot, body| slot.set(body.bytes.borrow().clone()),
    write_body: |body, bytes| {
        *body.bytes.borrow_mut() = bytes.to_vec();
        Ok(())
    },
    stream_body: |body| {
        body.bytes.borrow_mut().clear();
        Ok(())
    },
    drop_body: |_| {},
    push: |sink, bytes| {
        sink.bytes.borrow_mut().extend_from_slice(bytes);
        Ok(())
    },
    flush: |_| Ok(()),
    end: |_| {},
    size: |got| Ok(got.bytes.len() as u64),
    consume: |got| Ok(got.bytes.clone()),
    stream: |got| Ok(got.bytes.clone()),
    pull: Source::take,
};
