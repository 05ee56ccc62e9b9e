// An in-memory store, in JavaScript. It offers no streams, and says so with an error.
//
// `bug`, set by build.js, gives it a bug: `loses-one-key` loses what is set under one key of four
// bytes; `delete-ignored-after-nine-steps` deletes nothing any more after nine right calls in a row;
// `hoards` keeps 64 KiB of every set.

const buckets = new Map();

class Trace {
  constructor(text) {
    this.text = text;
  }
  trace() {
    return this.text;
  }
}

class Bucket {
  constructor(pairs) {
    this.pairs = pairs;
  }
  static openBucket(name) {
    if (!buckets.has(name)) buckets.set(name, new Map());
    return new Bucket(buckets.get(name));
  }
}

class OutgoingValue {
  body = new Uint8Array();
  static newOutgoingValue() {
    return new OutgoingValue();
  }
  outgoingValueWriteBodyAsync() {
    throw new Trace('streams are not offered');
  }
  outgoingValueWriteBodySync(body) {
    this.body = body.slice();
  }
}

class IncomingValue {
  constructor(body) {
    this.body = body;
  }
  incomingValueConsumeSync() {
    return this.body;
  }
  incomingValueConsumeAsync() {
    throw new Trace('streams are not offered');
  }
  incomingValueSize() {
    return BigInt(this.body.length);
  }
}

const hoard = [];

// The nine steps. A call of `exists` also begins anew.
const STEPS = ['exists', 'delete', 'get', 'set0', 'exists', 'get', 'delete', 'set0', 'exists'];
let steps = 0;
function note(call) {
  if (steps < STEPS.length) steps = call === STEPS[steps] ? steps + 1 : call === 'exists' ? 1 : 0;
}

export const wasiKeyvalueError = { Error: Trace };
export const types = { Bucket, OutgoingValue, IncomingValue };
export const eventual = {
  get(bucket, key) {
    note('get');
    const body = bucket.pairs.get(key);
    return body === undefined ? undefined : new IncomingValue(body.slice());
  },
  set(bucket, key, value) {
    note(value.body.length === 0 ? 'set0' : 'set');
    if (bug === 'hoards') hoard.push(new Uint8Array(64 << 10).fill(1));
    if (bug === 'loses-one-key' && key === 'k3y!') return;
    bucket.pairs.set(key, value.body.slice());
  },
  delete(bucket, key) {
    const isIgnored = bug === 'delete-ignored-after-nine-steps' && steps === STEPS.length;
    note('delete');
    if (!isIgnored) bucket.pairs.delete(key);
  },
  exists(bucket, key) {
    note('exists');
    return bucket.pairs.has(key);
  },
};
