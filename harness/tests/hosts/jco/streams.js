// Streams of wasi:io for eventual.js, and standard input and output made of them.
import { openSync, readSync, writeSync } from 'node:fs';

// Node lets its own standard streams give up rather than wait.
const input = openSync('/dev/stdin', 'r');
const output = openSync('/dev/stdout', 'w');

export const error = { Error: class IoError { toDebugString() { return 'no stream of this host fails'; } } };

class InputStream {
  static of = (read) => Object.assign(new InputStream(), { read });
  // What comes next, at most so many bytes; nothing at the end.
  blockingRead(limit) {
    const bytes = this.read(Number(limit < 65536n ? limit : 65536n));
    if (bytes.length === 0 && limit > 0n) throw { tag: 'closed' };
    return bytes;
  }
}

class OutputStream {
  static of = (write) => Object.assign(new OutputStream(), { write });
  blockingWriteAndFlush(bytes) { this.write(bytes); }
  blockingFlush() {}
}

export const streams = { InputStream, OutputStream };

export const stdin = {
  getStdin: () => InputStream.of((limit) => {
    const bytes = new Uint8Array(limit);
    return bytes.subarray(0, readSync(input, bytes));
  }),
};

export const stdout = {
  getStdout: () => OutputStream.of((bytes) => {
    for (let at = 0; at < bytes.length;) at += writeSync(output, bytes, at);
  }),
};
