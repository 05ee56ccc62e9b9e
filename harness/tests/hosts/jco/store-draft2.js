// The store of store.js behind wasi:keyvalue@0.2.0-draft2: cursors are text, numbers may be below 0,
// and `cas` swaps a value in if nothing was written since.

import { store as draft, batch as draftBatch } from './store.js';

const other = (text) => { throw { tag: 'other', val: text }; };
const versions = new WeakMap();

class Bucket extends draft.Bucket {
  set(key, value) { super.set(key, value); this.wrote(key); }
  delete(key) { super.delete(key); this.wrote(key); }
  // How often each key was written, for all handles of the bucket.
  wrote(key) { this.versions().set(key, this.version(key) + 1); }
  version(key) { return this.versions().get(key) ?? 0; }
  versions() {
    if (!versions.has(this.pairs)) versions.set(this.pairs, new Map());
    return versions.get(this.pairs);
  }
}

export const store = { Bucket, open: (identifier) => Object.assign(new Bucket(), draft.open(identifier)) };

class Cas {
  // The state of the key as it is now.
  static new(bucket, key) {
    return Object.assign(new Cas(), { bucket, key, value: bucket.get(key), version: bucket.version(key) });
  }
  current() { return this.value; }
}

export const atomics = {
  Cas,
  swap(cas, value) {
    if (cas.bucket.version(cas.key) !== cas.version) throw { tag: 'cas-failed', val: Cas.new(cas.bucket, cas.key) };
    cas.bucket.set(cas.key, value);
  },
  increment(bucket, key, delta) {
    const text = new TextDecoder().decode(bucket.get(key) ?? new Uint8Array([0x30]));
    if (!/^(0|-?[1-9][0-9]*)$/.test(text)) other('not a number');
    const sum = BigInt(text) + delta;
    if (BigInt.asIntN(64, BigInt(text)) !== BigInt(text) || BigInt.asIntN(64, sum) !== sum) other('overflow');
    bucket.set(key, new TextEncoder().encode(sum.toString()));
    return sum;
  },
};

export const batch = draftBatch;
