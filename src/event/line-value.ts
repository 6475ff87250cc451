/**
 * Any value of a program → plain JSON that may become `event_data`. Total: whatever it is given, it answers, and what
 * cannot be read costs only its own place. Within bounds it stops soon after them, so that a huge value costs little.
 */
import { type Data, define } from "./line-draft.ts";
import { isBytes, oneText } from "./line-one.ts";

const MAX_DEPTH = 30;
const MAX_VALUES = 10_000;
const MAX_ERRORS = 10;
const UNREADABLE = "[unreadable]";

/** Where the walk over a value ends: what lies behind is left out. */
export interface Bounds {
  readonly maxKeys: number;
  /** Characters of JSON, at least. */
  readonly maxChars: number;
}

const UNBOUNDED: Bounds = { maxKeys: Infinity, maxChars: Infinity };

/** Any value as plain JSON: cycles, failing getters and what has no JSON become a word in brackets. */
export function plain(root: unknown, bounds: Bounds = UNBOUNDED): unknown {
  return new Walk(bounds).copy(root, []);
}

/** The same for an object whose own fields are meant, even where it has a `toJSON`. */
export function plainFields(root: object, bounds: Bounds = UNBOUNDED): Data {
  return new Walk(bounds).fields(root, [root]);
}

class Walk {
  #values = MAX_VALUES;
  #keys: number;
  #chars: number;

  constructor({ maxKeys, maxChars }: Bounds) {
    this.#keys = maxKeys;
    this.#chars = maxChars;
  }

  copy(value: unknown, above: readonly unknown[]): unknown {
    this.#chars -= typeof value === "string" ? value.length + 2 : 2;
    if (typeof value === "number") return Number.isFinite(value) ? value : null;
    if (typeof value === "function" || typeof value === "symbol") return `[${typeof value}]`;
    if (typeof value !== "object" || value === null) return value;
    if (above.includes(value)) return "[circular]";
    if (above.length > MAX_DEPTH || --this.#values < 0) return "[too large]";
    try {
      return this.#object(value, [...above, value]);
    } catch {
      return UNREADABLE;
    }
  }

  /** @param value may be anything with keys; those that cannot be read say so */
  fields(value: object, above: readonly unknown[]): Data {
    const out: Data = {};
    for (const key of Object.keys(value)) {
      if (this.#isOver) break;
      this.#put(out, key, this.#read(value, key, above));
    }
    return out;
  }

  get #isOver(): boolean {
    return this.#keys < 0 || this.#chars < 0;
  }

  #put(out: Data, key: string, item: unknown): void {
    if (item === undefined) return;
    this.#keys -= 1;
    this.#chars -= key.length + 3;
    define(out, key, item);
  }

  #read(holder: object, key: string, above: readonly unknown[]): unknown {
    try {
      return this.copy((holder as Data)[key], above);
    } catch {
      return UNREADABLE;
    }
  }

  #object(value: object, above: readonly unknown[]): unknown {
    if (value instanceof Error) return this.#error(value, above);
    if (isBytes(value)) return this.copy(oneText(value), above);
    const json = (value as { toJSON?: unknown }).toJSON;
    if (typeof json === "function") return this.copy(json.call(value), above);
    if (Array.isArray(value) || ArrayBuffer.isView(value)) return this.#list(value as unknown as unknown[], above);
    if (value instanceof Map) return this.#map(value, above);
    if (value instanceof Set) return this.#items(value, above);
    const text = oneText(value);
    return text === undefined ? this.fields(value, above) : this.copy(text, above);
  }

  #list(list: ArrayLike<unknown>, above: readonly unknown[]): unknown[] {
    const out: unknown[] = [];
    for (let at = 0; at < list.length && !this.#isOver; at++) {
      const item = this.#read(list, String(at), above);
      if (item === undefined || item === null) this.#chars -= 3;
      out.push(item ?? null);
    }
    return out;
  }

  #items(items: Iterable<unknown>, above: readonly unknown[]): unknown[] {
    const out: unknown[] = [];
    for (const item of items) {
      if (this.#isOver) break;
      out.push(this.copy(item ?? null, above));
    }
    return out;
  }

  #map(map: ReadonlyMap<unknown, unknown>, above: readonly unknown[]): Data {
    const out: Data = {};
    for (const [key, value] of map) {
      if (this.#isOver) break;
      this.#put(out, String(key), this.copy(value, above));
    }
    return out;
  }

  /** The shape pino's own serializer gives an error. */
  #error(error: Error, above: readonly unknown[]): unknown {
    const out: Data = {};
    this.#put(out, "type", this.#read(error, "name", above));
    for (const key of ["message", "stack", "cause"]) this.#put(out, key, this.#read(error, key, above));
    if (error instanceof AggregateError) this.#put(out, "errors", this.#errors(error, above));
    for (const key of Object.keys(error)) {
      if (this.#isOver) break;
      if (key !== "errors" || !Object.hasOwn(out, key)) this.#put(out, key, this.#read(error, key, above));
    }
    return out;
  }

  /** The errors an error stands for, the first of them. */
  #errors(error: AggregateError, above: readonly unknown[]): unknown {
    try {
      const { errors } = error;
      if (!Array.isArray(errors)) return this.copy(errors, above);
      const out = this.#list(errors.slice(0, MAX_ERRORS), above);
      return errors.length > MAX_ERRORS ? [...out, `[${errors.length - MAX_ERRORS} more]`] : out;
    } catch {
      return UNREADABLE;
    }
  }
}
