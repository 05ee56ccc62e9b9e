"""An in-memory store, in Python. It offers no streams, and says so with an error."""

import types as types_module

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


class Eventual(exports.Eventual):
    def get(self, bucket, key):
        body = bucket.pairs.get(key)
        return None if body is None else IncomingValue(body)

    def set(self, bucket, key, outgoing_value):
        bucket.pairs[key] = outgoing_value.body

    def delete(self, bucket, key):
        bucket.pairs.pop(key, None)

    def exists(self, bucket, key):
        return key in bucket.pairs
