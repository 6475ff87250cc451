/**
 * Sendable: a caller's selector → a copy that JSON says in full, made before anything is sent.
 *
 * JSON leaves out what it cannot say (`undefined`, functions, symbols, inherited fields) or says `null` or `{}` for it, and
 * a condition that is left out accepts every event. So a RegExp becomes `$regex`, a Date its ISO text, and what JSON
 * cannot say is refused by its path. Which operators there are is the server's business.
 */
import { EventStoreError } from "../errors.ts";
import { define } from "../event/line-draft.ts";
import { type Loc, refusal } from "../event/selector/refuse.ts";
import type { Selector } from "../event/selector/selector.ts";

/** Far above what servers take; a selector that holds itself, or one part very often, ends here. */
const MAX_DEPTH = 100;
const MAX_VALUES = 1_000_000;
const REGEX_FLAGS = /^[ims]*$/;
const USE = "use null, text, a finite number, a boolean, a Date, a RegExp, an array or a plain object";

interface Walk {
  /** What the value at hand is inside of. */
  readonly around: object[];
  values: number;
}

/** @throws EventStoreError `EVT_INVALID_SELECTOR` naming the path of what cannot be sent */
export function sendableSelector(selector: unknown): Selector {
  try {
    if (typeof selector !== "object" || selector === null || !isPlain(selector))
      throw refusal([], "a selector must be a plain object, like {log_level: {$gte: 40}}", undefined);
    return copyOf(selector, [], { around: [], values: 0 }) as Selector;
  } catch (error) {
    if (error instanceof EventStoreError && error.code === "EVT_INVALID_SELECTOR") throw error;
    throw refusal([], `it cannot be read (${wordsOf(error)})`, undefined);
  }
}

function copyOf(value: unknown, at: Loc, walk: Walk): unknown {
  walk.values += 1;
  if (walk.values > MAX_VALUES) throw refusal(at, `a selector may hold ${MAX_VALUES} values at most`, undefined);
  if (value === null || ["string", "boolean", "bigint"].includes(typeof value)) return value;
  if (typeof value === "number" && Number.isFinite(value)) return value;
  if (typeof value === "number") throw refusal(at, "a number must be finite", value);
  if (typeof value !== "object") throw refusal(at, `${typeof value} cannot be sent; ${USE}`, undefined);
  if (value instanceof Date) return isoOf(value, at);
  if (value instanceof RegExp) return regexOf(value, at);
  return inside(value, at, walk);
}

function inside(value: object, at: Loc, walk: Walk): unknown {
  if (walk.around.includes(value)) throw refusal(at, "the selector holds itself", undefined);
  if (walk.around.length >= MAX_DEPTH) throw refusal(at, `a selector may be ${MAX_DEPTH} deep at most`, undefined);
  walk.around.push(value);
  const copy = Array.isArray(value)
    ? Array.from({ length: value.length }, (_, i) => copyOf(read(value, i, at), [...at, i], walk))
    : fieldsOf(value, at, walk);
  walk.around.pop();
  return copy;
}

function fieldsOf(value: object, at: Loc, walk: Walk): Record<string, unknown> {
  if (!isPlain(value)) throw refusal(at, `only plain objects can be sent; ${USE}`, undefined);
  const copy: Record<string, unknown> = {};
  for (const key of Reflect.ownKeys(value)) {
    const place = [...at, String(key)];
    if (typeof key === "symbol" || !Object.prototype.propertyIsEnumerable.call(value, key))
      throw refusal(place, "a hidden field cannot be sent", undefined);
    const item = read(value, key, at);
    if (key === "$regex" && item instanceof RegExp) Object.assign(copy, regexOf(item, place, value));
    else define(copy, key, copyOf(item, place, walk));
  }
  return copy;
}

/** A getter is asked once; what it says is what is sent. */
function read(value: object, key: string | number, at: Loc): unknown {
  try {
    return (value as Readonly<Record<string | number, unknown>>)[key];
  } catch (error) {
    throw refusal([...at, key], `it cannot be read (${wordsOf(error)})`, undefined);
  }
}

/** @param beside what it stands in, as its own `$regex` */
function regexOf({ source, flags }: RegExp, at: Loc, beside: object = {}): Record<string, unknown> {
  if (flags !== "" && Object.hasOwn(beside, "$options"))
    throw refusal(at, "give the flags of a RegExp or $options, not both", undefined);
  if (!REGEX_FLAGS.test(flags)) throw refusal(at, `a RegExp may have the flags i, m and s, not "${flags}"`, undefined);
  return flags === "" ? { $regex: source } : { $regex: source, $options: flags };
}

function isoOf(date: Date, at: Loc): string {
  if (Number.isNaN(date.getTime())) throw refusal(at, "an invalid Date cannot be compared with", undefined);
  return date.toISOString();
}

/** Made by `{}` in whichever realm, or without a prototype: nothing is inherited that JSON would leave out. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === null || prototype === Object.prototype) return true;
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype as object, "isPrototypeOf");
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message.slice(0, 200) : typeof error;
}
