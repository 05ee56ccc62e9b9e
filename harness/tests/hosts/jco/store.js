// A store in memory behind wasi:keyvalue@0.2.0-draft, for components that jco has transpiled.

const buckets = new Map([['bucket-a', new Map()], ['bucket-b', new Map()]]);
const other = (text) => { throw { tag: 'other', val: text }; };

class Bucket {
  pairs;
  get(key) { return this.pairs.get(key); }
  set(key, value) { this.pairs.set(key, Uint8Array.from(value)); }
  delete(key) { this.pairs.delete(key); }
  exists(key) { return this.pairs.has(key); }
  listKeys(cursor) {
    return cursor === undefined ? { keys: [...this.pairs.keys()] } : other('no page gave this cursor');
  }
}

export const store = {
  Bucket,
  open(identifier) {
    const pairs = buckets.get(identifier);
    if (pairs === undefined) throw { tag: 'no-such-store' };
    return Object.assign(new Bucket(), { pairs });
  },
};

export const atomics = {
  increment(bucket, key, delta) {
    const text = new TextDecoder().decode(bucket.get(key) ?? new Uint8Array([0x30]));
    if (!/^[0-9]+$/.test(text)) other('not a number');
    const sum = BigInt(text) + delta;
    if (sum >= 1n << 64n) other('overflow');
    bucket.set(key, new TextEncoder().encode(sum.toString()));
    return sum;
  },
};

export const batch = {
  getMany: (bucket, keys) => keys.map((key) => (bucket.exists(key) ? [key, bucket.get(key)] : undefined)),
  setMany: (bucket, pairs) => pairs.forEach(([key, value]) => bucket.set(key, value)),
  deleteMany: (bucket, keys) => keys.forEach((key) => bucket.delete(key)),
};
