"""A host of wasi:keyvalue/eventual@0.1.0 with a store in memory, on the wasmtime package: host.py PROBE [torn]

With `torn`, the body of a value that is written as a stream is what the last write to it had.
"""
import itertools
import sys

from wasmtime import Engine, Store, WasmtimeError
from wasmtime.component import Component, Linker, ResourceHost, ResourceType, Variant

KINDS = ["error", "bucket", "outgoing-value", "incoming-value", "io-error", "input-stream", "output-stream"]
is_torn = sys.argv[2:] == ["torn"]
buckets = {"bucket-a": {}, "bucket-b": {}}
numbers, objects = itertools.count(1), {}


def new(kind, value):
    number = next(numbers)
    objects[number] = value
    return ResourceHost.own(number, KINDS.index(kind))


def of(store, handle):
    return objects[handle.to_host(store).rep]


def open_bucket(store, name):
    if name not in buckets:
        return Variant("err", new("error", f"there is no bucket {name!r}"))
    return Variant("ok", new("bucket", buckets[name]))


def reader(store, value):
    rest = bytearray(of(store, value))

    def read(limit):
        part = bytes(rest[:limit])
        del rest[:limit]
        return part
    return Variant("ok", new("input-stream", read))


def writer(store, value):
    body = of(store, value)

    def write(part):
        if is_torn:
            body.clear()
        body.extend(part)
    return Variant("ok", new("output-stream", write))


def get(store, bucket, key):
    pairs = of(store, bucket)
    return Variant("ok", new("incoming-value", pairs[key]) if key in pairs else None)


def blocking_read(store, stream, limit):
    # Nothing is the end of the stream.
    return of(store, stream)(min(limit, 65536)) or (b"" if limit == 0 else None)


def write_all(part):
    sys.stdout.buffer.write(part)
    sys.stdout.buffer.flush()


def blocking_write(store, stream, part):
    of(store, stream)(part)
    return Variant("ok")


OUTGOING, INCOMING = "outgoing-value.outgoing-value-write-body", "incoming-value.incoming-value-consume"
INTERFACES = {
    "wasi:io/error@0.2.0": (["io-error:error"], {"[method]error.to-debug-string": lambda store, error: "none"}),
    "wasi:io/streams@0.2.0": (["input-stream", "output-stream"], {
        "[method]input-stream.blocking-read": blocking_read,
        "[method]output-stream.blocking-write-and-flush": blocking_write,
        "[method]output-stream.blocking-flush": lambda store, stream: Variant("ok"),
    }),
    "wasi:cli/stdin@0.2.0": ([], {"get-stdin": lambda store: new("input-stream", sys.stdin.buffer.raw.read)}),
    "wasi:cli/stdout@0.2.0": ([], {"get-stdout": lambda store: new("output-stream", write_all)}),
    "wasi:keyvalue/wasi-keyvalue-error@0.1.0": (["error"], {"[method]error.trace": of}),
    "wasi:keyvalue/types@0.1.0": (["bucket", "outgoing-value", "incoming-value"], {
        "[static]bucket.open-bucket": open_bucket,
        "[static]outgoing-value.new-outgoing-value": lambda store: new("outgoing-value", bytearray()),
        f"[method]{OUTGOING}-sync": lambda store, value, body: of(store, value).__setitem__(slice(None), body),
        f"[method]{OUTGOING}-async": writer,
        f"[static]{INCOMING}-sync": of,
        f"[static]{INCOMING}-async": reader,
        "[method]incoming-value.incoming-value-size": lambda store, value: len(of(store, value)),
    }),
    "wasi:keyvalue/eventual@0.1.0": ([], {
        "get": get,
        "set": lambda store, bucket, key, value: of(store, bucket).__setitem__(key, bytes(of(store, value))),
        "delete": lambda store, bucket, key: of(store, bucket).__delitem__(key) if key in of(store, bucket) else None,
        "exists": lambda store, bucket, key: key in of(store, bucket),
    }),
}

engine = Engine()
linker, store = Linker(engine), Store(engine)
with linker.root() as root:
    for name, (resources, functions) in INTERFACES.items():
        with root.add_instance(name) as instance:
            for resource in resources:
                kind, _, export = resource.partition(":")
                kind = ResourceType.host(KINDS.index(kind))
                instance.add_resource(export or resource, kind, lambda store, number: objects.__delitem__(number))
            for function, call in functions.items():
                instance.add_func(function, call)
try:
    probe = linker.instantiate(store, Component.from_file(engine, sys.argv[1]))
except WasmtimeError as error:
    sys.exit(str(error))
run = probe.get_func(store, probe.get_export_index(store, "run", probe.get_export_index(store, "wasi:cli/run@0.2.0")))
run(store)
