// An in-memory store of store@0.2.0-draft, with atomics and batch, in JavaScript.
//
// `bug`, set by build.js, gives it a bug: `loses-one-key` loses what is set under one key of four bytes;
// `delete-after-list-ignored` deletes nothing in the call after a listing, where that key was listed last.

const buckets = new Map();

const PAGE_KEYS = 100;

class Bucket {
  constructor(pairs) {
    this.pairs = pairs;
  }
  get(key) {
    this.pairs.justListed = undefined;
    return this.pairs.get(key)?.slice();
  }
  set(key, value) {
    this.pairs.justListed = undefined;
    if (bug === 'loses-one-key' && key === 'k3y!') return;
    this.pairs.set(key, value.slice());
  }
  delete(key) {
    const isIgnored = bug === 'delete-after-list-ignored' && this.pairs.justListed === key;
    this.pairs.justListed = undefined;
    if (!isIgnored) this.pairs.delete(key);
  }
  exists(key) {
    this.pairs.justListed = undefined;
    return this.pairs.has(key);
  }
  // A cursor says how many keys come before.
  listKeys(cursor) {
    const before = Number(cursor ?? 0n);
    const all = [...this.pairs.keys()].sort();
    const keys = all.slice(before, before + PAGE_KEYS);
    const end = before + keys.length;
    this.pairs.justListed = keys.at(-1);
    return { keys, cursor: end < all.length ? BigInt(end) : undefined };
  }
}

const MAX = (1n << 64n) - 1n;

function numberOf(value) {
  if (value === undefined) return 0n;
  const text = String.fromCharCode(...value);
  if (!/^[0-9]+$/.test(text)) throw { tag: 'other', val: 'it is no number' };
  return BigInt(text);
}

export const store = {
  Bucket,
  open(identifier) {
    if (!buckets.has(identifier)) buckets.set(identifier, new Map());
    return new Bucket(buckets.get(identifier));
  },
};
export const atomics = {
  increment(bucket, key, delta) {
    const sum = numberOf(bucket.get(key)) + delta;
    if (sum > MAX) throw { tag: 'other', val: 'the sum is too large' };
    bucket.set(key, Uint8Array.from(String(sum), (digit) => digit.charCodeAt(0)));
    return sum;
  },
};
export const batch = {
  getMany(bucket, keys) {
    return keys.map((key) => {
      const value = bucket.get(key);
      return value === undefined ? undefined : [key, value];
    });
  },
  setMany(bucket, pairs) {
    for (const [key, value] of pairs) bucket.set(key, value);
  },
  deleteMany(bucket, keys) {
    for (const key of keys) bucket.delete(key);
  },
};
