"""An in-memory store, in Python. It offers no streams, and says so with an error.

`bug.NAME` gives it a bug: `loses-one-key` loses what is set under one key of four bytes;
`delete-ignored-after-nine-steps` deletes nothing any more after nine right calls in a row; `hoards`
keeps 64 KiB of every set.
"""

import types as types_module

import bug
from componentize_py_types import Err
from wit_world import exports
from wit_world.exports import types
from wasi_keyvalue_error import Error

buckets = {}


class Bucket(types.Bucket):
    def __init__(self, pairs):
        self.pairs = pairs

    @classmethod
    def open_bucket(cls, name):
        return Bucket(buckets.setdefault(name, {}))


class OutgoingValue(types.OutgoingValue):
    def __init__(self):
        self.body = b""

    @classmethod
    def new_outgoing_value(cls):
        return OutgoingValue()

    def outgoing_value_write_body_async(self):
        raise Err(Error("streams are not offered"))

    def outgoing_value_write_body_sync(self, value):
        self.body = bytes(value)


class IncomingValue(types.IncomingValue):
    def __init__(self, body):
        self.body = body

    def incoming_value_consume_sync(self):
        return self.body

    def incoming_value_consume_async(self):
        raise Err(Error("streams are not offered"))

    def incoming_value_size(self):
        return len(self.body)


# The module of the interface `types` is shadowed by the standard library's: its resources are put
# where they are looked for.
types_module.Bucket = Bucket
types_module.OutgoingValue = OutgoingValue
types_module.IncomingValue = IncomingValue


hoard = []

# The nine steps. A call of `exists` also begins anew.
STEPS = ["exists", "delete", "get", "set0", "exists", "get", "delete", "set0", "exists"]
steps = 0


def note(call):
    global steps
    if steps < len(STEPS):
        steps = steps + 1 if call == STEPS[steps] else 1 if call == "exists" else 0


class Eventual(exports.Eventual):
    def get(self, bucket, key):
        note("get")
        body = bucket.pairs.get(key)
        return None if body is None else IncomingValue(body)

    def set(self, bucket, key, outgoing_value):
        note("set" if outgoing_value.body else "set0")
        if bug.NAME == "hoards":
            hoard.append(bytearray(64 << 10))
        if bug.NAME == "loses-one-key" and key == "k3y!":
            return
        bucket.pairs[key] = outgoing_value.body

    def delete(self, bucket, key):
        is_ignored = bug.NAME == "delete-ignored-after-nine-steps" and steps == len(STEPS)
        note("delete")
        if not is_ignored:
            bucket.pairs.pop(key, None)

    def exists(self, bucket, key):
        note("exists")
        return key in bucket.pairs
