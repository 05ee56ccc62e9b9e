"""A host of wasi:keyvalue/eventual@0.1.0 with a store in memory, on the wasmtime package: host.py PROBE [torn]

With `torn`, the body of a value that is written as a stream is what the last write to it had.
"""
import itertools
import sys

from wasmtime import Engine, Store, WasmtimeError
from wasmtime.component import Component, Linker, ResourceAny, ResourceHost, ResourceType, Variant

KINDS = ["error", "bucket", "outgoing-value", "incoming-value", "io-error", "input-stream", "output-stream"]
is_torn = sys.argv[2:] == ["torn"]
buckets = {"bucket-a": {}, "bucket-b": {}}
numbers, objects = itertools.count(1), {}


def new(kind, value):
    number = next(numbers)
    objects[number] = value
    return ResourceHost.own(number, KINDS.index(kind))


def of_handle(store, argument):
    """What a handle stands for. Each must be looked at, and once."""
    if not isinstance(argument, ResourceAny):
        return argument
    take = objects.pop if argument.owned else objects.get
    return take(argument.to_host(store).rep)


def on_objects(call):
    return lambda store, *arguments: call(*[of_handle(store, argument) for argument in arguments])


def open_bucket(name):
    if name not in buckets:
        return Variant("err", new("error", f"there is no bucket {name!r}"))
    return Variant("ok", new("bucket", buckets[name]))


def reader(value):
    rest = bytearray(value)

    def read(limit):
        part = bytes(rest[:limit])
        del rest[:limit]
        return part
    return Variant("ok", new("input-stream", read))


def writer(body):
    def write(part):
        if is_torn:
            body.clear()
        body.extend(part)
    return Variant("ok", new("output-stream", write))


def get(pairs, key):
    return Variant("ok", new("incoming-value", pairs[key]) if key in pairs else None)


def set(pairs, key, value):
    pairs[key] = bytes(value)


def delete(pairs, key):
    pairs.pop(key, None)


def blocking_read(read, limit):
    # None is the end of the stream.
    return read(min(limit, 65536)) or (b"" if limit == 0 else None)


def blocking_write(write, part):
    write(part)
    return Variant("ok")


def write_all(part):
    sys.stdout.buffer.write(part)
    sys.stdout.buffer.flush()


OUTGOING, INCOMING = "outgoing-value.outgoing-value-write-body", "incoming-value.incoming-value-consume"
INTERFACES = {
    "wasi:io/error@0.2.0": ({"error": "io-error"}, {"[method]error.to-debug-string": lambda error: "none"}),
    "wasi:io/streams@0.2.0": ({"input-stream": "input-stream", "output-stream": "output-stream"}, {
        "[method]input-stream.blocking-read": blocking_read,
        "[method]output-stream.blocking-write-and-flush": blocking_write,
        "[method]output-stream.blocking-flush": lambda write: Variant("ok"),
    }),
    "wasi:cli/stdin@0.2.0": ({}, {"get-stdin": lambda: new("input-stream", sys.stdin.buffer.raw.read)}),
    "wasi:cli/stdout@0.2.0": ({}, {"get-stdout": lambda: new("output-stream", write_all)}),
    "wasi:keyvalue/wasi-keyvalue-error@0.1.0": ({"error": "error"}, {"[method]error.trace": lambda text: text}),
    "wasi:keyvalue/types@0.1.0": ({kind: kind for kind in KINDS[1:4]}, {
        "[static]bucket.open-bucket": open_bucket,
        "[static]outgoing-value.new-outgoing-value": lambda: new("outgoing-value", bytearray()),
        f"[method]{OUTGOING}-sync": lambda body, value: body.__setitem__(slice(None), value),
        f"[method]{OUTGOING}-async": writer,
        f"[static]{INCOMING}-sync": lambda value: value,
        f"[static]{INCOMING}-async": reader,
        "[method]incoming-value.incoming-value-size": len,
    }),
    "wasi:keyvalue/eventual@0.1.0": ({}, {
        "get": get, "set": set, "delete": delete, "exists": lambda pairs, key: key in pairs,
    }),
}

engine = Engine()
linker, store = Linker(engine), Store(engine)
with linker.root() as root:
    for name, (resources, functions) in INTERFACES.items():
        with root.add_instance(name) as instance:
            for resource, kind in resources.items():
                kind = ResourceType.host(KINDS.index(kind))
                instance.add_resource(resource, kind, lambda store, number: objects.__delitem__(number))
            for function, call in functions.items():
                instance.add_func(function, on_objects(call))
try:
    probe = linker.instantiate(store, Component.from_file(engine, sys.argv[1]))
except WasmtimeError as error:
    sys.exit(str(error))
run = probe.get_func(store, probe.get_export_index(store, "run", probe.get_export_index(store, "wasi:cli/run@0.2.0")))
run(store)
