/** Fields: what a caller's object says, read once and safely. A getter that throws costs only its own field. */
import type { Fields } from "../event/line-draft.ts";
import { isOne } from "../event/line-one.ts";
import { type Bounds, plain } from "../event/line-value.ts";

/** A little more than an event may hold: what lies behind would be cut, and the cut is noted where events are cut. */
export const BOUNDS: Bounds = { maxKeys: 1100, maxChars: 300_000 };

/** The fields of an object; undefined for anything that is one value, or cannot be read at all. Never throws. */
export function fieldsOf(value: unknown): Fields | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  try {
    if (isOne(value)) return undefined;
    if (typeof (value as { toJSON?: unknown }).toJSON !== "function") return copied(value as Fields);
    const json = plain(value, BOUNDS);
    return typeof json === "object" && json !== null && !Array.isArray(json) ? (json as Fields) : undefined;
  } catch {
    return undefined;
  }
}

/** Anything as fields: an error is `err`, what has none is `value`. Never throws. */
export function contextOf(given: unknown): Fields {
  if (isError(given)) return { err: given };
  const fields = fieldsOf(given);
  if (fields !== undefined) return fields;
  return given === undefined || given === null ? {} : { value: given };
}

/** `instanceof`, which throws for some proxies. */
export function isError(value: unknown): value is Error {
  try {
    return value instanceof Error;
  } catch {
    return false;
  }
}

/** One property, `fallback` where reading it throws. */
export function readOr<T>(read: () => T, fallback: T): T {
  try {
    return read();
  } catch {
    return fallback;
  }
}

function copied(value: Fields): Fields {
  const out: Record<string, unknown> = {};
  for (const key of Object.keys(value).slice(0, BOUNDS.maxKeys)) {
    const item = readOr(() => value[key], "[unreadable]");
    Object.defineProperty(out, key, { value: item, enumerable: true, writable: true, configurable: true });
  }
  return out;
}
