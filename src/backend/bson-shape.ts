/**
 * The shape of a BSON document, told from its bytes alone (bsonspec.org): whether every length, type and end in it is
 * right, and what of it a parser would not give back as it is.
 *
 * Nothing is decoded and nothing is copied, so a document nobody trusts costs no more than its bytes.
 */
import { isUtf8 } from "node:buffer";

export interface BsonShape {
  /** Why it is no document; undefined where it is one. */
  readonly problem: string | undefined;
  readonly hasId: boolean;
  /** It has keys that an object in JavaScript puts into another order, or that the driver takes for a type of its own. */
  readonly isOdd: boolean;
}

/** What a server nests at most is 200. */
const MAX_DEPTH = 200;
const LEAST_BYTES = 5;
/** `-1`: the value begins with its length. */
const PREFIXED = -1;
/** Bytes of a value by its type; those with lengths of their own are looked at apart. */
const SIZES: Readonly<Record<number, number>> = {
  1: 8,
  6: 0,
  7: 12,
  9: 8,
  10: 0,
  16: 4,
  17: 8,
  18: 8,
  19: 16,
  127: 0,
  255: 0,
  2: PREFIXED,
  13: PREFIXED,
  14: PREFIXED,
};
const [DOCUMENT, ARRAY, BINARY, BOOLEAN, REGEX, POINTER, SCOPED] = [3, 4, 5, 8, 11, 12, 15];
/** Keys by which the driver knows values of its own. */
const DRIVER_KEYS = new Set(["_bsontype", "$ref", "$id", "$db", "__proto__"]);

/** Bytes of a value. Only for documents whose shape is right. */
export function sizeOfValue(bytes: Buffer, type: number, at: number): number {
  const size = SIZES[type];
  if (size !== undefined && size >= 0) return size;
  switch (type) {
    case BOOLEAN:
      return 1;
    case BINARY:
      return 5 + bytes.readInt32LE(at);
    case REGEX:
      return bytes.indexOf(0, bytes.indexOf(0, at) + 1) + 1 - at;
    case POINTER:
      return 4 + bytes.readInt32LE(at) + 12;
    default:
      return bytes.readInt32LE(at) + (size === PREFIXED ? 4 : 0);
  }
}

/** @param bytes one document, as long as it says it is */
export function shapeOfBson(bytes: Buffer): BsonShape {
  const walk = new Walk(bytes);
  try {
    walk.document(0, bytes.length, { depth: 1, isArray: false });
    return { problem: undefined, hasId: walk.hasId, isOdd: walk.isOdd };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return { problem: error.message, hasId: walk.hasId, isOdd: walk.isOdd };
  }
}

class Problem extends Error {}

interface Place {
  readonly depth: number;
  readonly isArray: boolean;
}

class Walk {
  readonly #bytes: Buffer;
  hasId = false;
  isOdd = false;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** @param end behind its last byte */
  document(start: number, end: number, { depth, isArray }: Place): void {
    const bytes = this.#bytes;
    if (depth > MAX_DEPTH) throw new Problem(`it is nested deeper than ${MAX_DEPTH}`);
    if (end - start < LEAST_BYTES || bytes.readInt32LE(start) !== end - start) throw this.#at(start, "a wrong length");
    if (bytes[end - 1] !== 0) throw this.#at(end - 1, "no end of the document");
    let at = start + 4;
    while (at < end - 1) {
      const type = bytes[at] as number;
      const keyEnd = this.#zero(at + 1, end);
      if (!isArray) this.#key(at + 1, keyEnd, depth);
      at = this.#value(type, keyEnd + 1, { depth, end: end - 1 });
    }
  }

  #key(start: number, end: number, depth: number): void {
    const first = this.#bytes[start] as number;
    // Letters that begin neither a number nor a key of the driver's: nearly all keys.
    if (first >= 97 && first <= 122 && isUtf8(this.#bytes.subarray(start, end))) return;
    const key = this.#text(start, end);
    if (depth === 1 && key === "_id") this.hasId = true;
    else if (/^(0|[1-9]\d*)$/.test(key) || DRIVER_KEYS.has(key)) this.isOdd = true;
  }

  /** Behind the value. */
  #value(type: number, at: number, { depth, end }: { readonly depth: number; readonly end: number }): number {
    const size = SIZES[type];
    if (size !== undefined && size >= 0) return this.#within(at + size, end, at);
    switch (type) {
      case DOCUMENT:
      case ARRAY: {
        const behind = this.#within(at + this.#length(at, end, LEAST_BYTES), end, at);
        this.document(at, behind, { depth: depth + 1, isArray: type === ARRAY });
        return behind;
      }
      case BINARY:
        return this.#within(at + 5 + this.#length(at, end, 0), end, at);
      case BOOLEAN:
        if ((this.#bytes[at] as number) > 1) throw this.#at(at, "neither true nor false");
        return this.#within(at + 1, end, at);
      case REGEX:
        return this.#zero(this.#zero(at, end) + 1, end) + 1;
      case POINTER:
        return this.#within(this.#string(at, end) + 12, end, at);
      case SCOPED: {
        const behind = this.#within(at + this.#length(at, end, 14), end, at);
        this.document(this.#string(at + 4, behind), behind, { depth: depth + 1, isArray: false });
        return behind;
      }
      default:
        if (size === PREFIXED) return this.#string(at, end);
        throw this.#at(at, `the unknown type ${type}`);
    }
  }

  /** Behind a text that begins with its length. */
  #string(at: number, end: number): number {
    const length = this.#length(at, end, 1);
    const behind = this.#within(at + 4 + length, end, at);
    if (this.#bytes[behind - 1] !== 0) throw this.#at(behind - 1, "no end of a text");
    this.#utf8(at + 4, behind - 1);
    return behind;
  }

  #length(at: number, end: number, least: number): number {
    this.#within(at + 4, end, at);
    const length = this.#bytes.readInt32LE(at);
    if (length < least) throw this.#at(at, "a wrong length");
    return length;
  }

  /** Where the text that begins here ends. */
  #zero(at: number, end: number): number {
    const zero = this.#bytes.indexOf(0, at);
    if (zero === -1 || zero >= end) throw this.#at(at, "no end of a name");
    return zero;
  }

  #within(behind: number, end: number, at: number): number {
    if (behind > end) throw this.#at(at, "a value that goes beyond its document");
    return behind;
  }

  #text(start: number, end: number): string {
    this.#utf8(start, end);
    return this.#bytes.toString("utf8", start, end);
  }

  #utf8(start: number, end: number): void {
    if (!isUtf8(this.#bytes.subarray(start, end))) throw this.#at(start, "text that is not UTF-8");
  }

  #at(at: number, what: string): Problem {
    return new Problem(`there is ${what} at its byte ${at}`);
  }
}
