// A store in memory behind wasi:keyvalue/eventual@0.1.0, for components that jco has transpiled. With the argument
// `late`, it gives of a value what the key has when the value is consumed.
import process from 'node:process';
import { streams } from './streams.js';

const buckets = new Map([['bucket-a', new Map()], ['bucket-b', new Map()]]);
const isLate = process.argv[2] === 'late';

class KeyvalueError {
  static of = (text) => Object.assign(new KeyvalueError(), { text });
  trace() { return this.text; }
}

class Bucket {
  static openBucket(name) {
    if (!buckets.has(name)) throw KeyvalueError.of(`there is no bucket ${JSON.stringify(name)}`);
    return Object.assign(new Bucket(), { pairs: buckets.get(name) });
  }
}

class OutgoingValue {
  body = Buffer.alloc(0);
  static newOutgoingValue = () => new OutgoingValue();
  outgoingValueWriteBodySync(body) { this.body = Buffer.from(body); }
  outgoingValueWriteBodyAsync() {
    return streams.OutputStream.of((bytes) => { this.body = Buffer.concat([this.body, bytes]); });
  }
}

class IncomingValue {
  static of = (pairs, key) => Object.assign(new IncomingValue(), { pairs, key, kept: pairs.get(key) });
  body() { return (isLate && this.pairs.get(this.key)) || this.kept; }
  incomingValueSize() { return BigInt(this.kept.length); }
  static incomingValueConsumeSync = (value) => value.body();
  static incomingValueConsumeAsync(value) {
    let rest = value.body();
    return streams.InputStream.of((limit) => {
      const bytes = rest.subarray(0, limit);
      rest = rest.subarray(bytes.length);
      return bytes;
    });
  }
}

export const error = { Error: KeyvalueError };
export const types = { Bucket, OutgoingValue, IncomingValue };
export const eventual = {
  get: (bucket, key) => (bucket.pairs.has(key) ? IncomingValue.of(bucket.pairs, key) : undefined),
  set: (bucket, key, value) => { bucket.pairs.set(key, value.body); },
  delete: (bucket, key) => { bucket.pairs.delete(key); },
  exists: (bucket, key) => bucket.pairs.has(key),
};
