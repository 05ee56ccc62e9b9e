// An in-memory store, in JavaScript. It offers no streams, and says so with an error.

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

export const wasiKeyvalueError = { Error: Trace };
export const types = { Bucket, OutgoingValue, IncomingValue };
export const eventual = {
  get(bucket, key) {
    const body = bucket.pairs.get(key);
    return body === undefined ? undefined : new IncomingValue(body.slice());
  },
  set(bucket, key, value) {
    bucket.pairs.set(key, value.body.slice());
  },
  delete(bucket, key) {
    bucket.pairs.delete(key);
  },
  exists(bucket, key) {
    return bucket.pairs.has(key);
  },
};
