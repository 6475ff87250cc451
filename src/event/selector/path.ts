/**
 * Dotted paths: how they are written, and which values they lead to.
 *
 * MongoDB's rules. On the way, an array stands for its elements that are objects; a numeric segment may also name one
 * element (and then that element stands for itself). At the end, an array stands for its elements and for itself.
 * Arrays directly inside arrays are entered by index only. An object without the field, or a scalar on the way, leads
 * to "missing"; an array on the way without any object leads to nothing at all.
 */
import { inside, type Parsing, type Place } from "./limits.ts";
import { quoted, refusal } from "./refuse.ts";

/** A test of one value; undefined stands for a missing field. */
export type ValueTest = (value: unknown) => boolean;

/** Names that mean something to JavaScript rather than to an event. */
const FORBIDDEN = new Set(["__proto__", "constructor", "prototype"]);

/** @throws EventStoreError `EVT_INVALID_SELECTOR` when the path is not acceptable. */
export function parsePath(path: string, at: Place, parsing: Parsing): readonly string[] {
  const { maxPathLength, maxPathSegments } = parsing.limits;
  const place = inside(at, path).loc;
  if (path.length > maxPathLength)
    throw refusal(place, `a path may have at most ${maxPathLength} characters`, undefined);
  const segments = path.split(".");
  if (segments.length > maxPathSegments)
    throw refusal(place, `a path may have at most ${maxPathSegments} segments`, path);
  if (path.includes("\0") || !path.isWellFormed())
    throw refusal(place, "a path must not hold NUL or half a surrogate pair", path);
  for (const segment of segments) {
    if (segment === "") throw refusal(place, "a path must not have empty segments", path);
    if (segment.startsWith("$")) throw refusal(place, `path segment ${quoted(segment)} must not start with $`, path);
    if (FORBIDDEN.has(segment)) throw refusal(place, `path segment ${quoted(segment)} is not accepted`, path);
  }
  return segments;
}

/**
 * A test over a document: does any value at `path` pass? Recursion is bounded by the length of the path.
 * @param expand whether an array at the end also stands for its elements
 */
export function someAt(path: readonly string[], expand: boolean, test: ValueTest): (doc: object) => boolean {
  const [first = ""] = path;
  const last = path.length - 1;

  function atEnd(value: unknown): boolean {
    return expand && Array.isArray(value) ? value.some(test) || test(value) : test(value);
  }
  function inObject(doc: object, index: number): boolean {
    let current = doc;
    for (let i = index; i < last; i++) {
      const value = field(current, path[i] as string);
      if (typeof value !== "object" || value === null) return test(undefined);
      if (Array.isArray(value)) return inArray(value, i + 1);
      current = value;
    }
    return atEnd(field(current, path[last] as string));
  }
  function inArray(array: readonly unknown[], index: number): boolean {
    for (const element of array) if (isObject(element) && inObject(element, index)) return true;
    const named = elementOf(array, path[index] as string);
    if (named === undefined) return false;
    if (index === last) return test(named);
    if (Array.isArray(named)) return inArray(named, index + 1);
    return isObject(named) && inObject(named, index + 1);
  }

  return last === 0 ? (doc) => atEnd(field(doc, first)) : (doc) => inObject(doc, 0);
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A field's own value; arrays count as objects whose fields are "0", "1" … (inside `$elemMatch`). */
function field(doc: object, name: string): unknown {
  if (Array.isArray(doc)) return elementOf(doc, name);
  const value = (doc as Record<string, unknown>)[name];
  // No event holds a function, so a function can only be inherited ("toString").
  return typeof value === "function" ? undefined : value;
}

function elementOf(array: readonly unknown[], name: string): unknown {
  return /^(?:0|[1-9]\d{0,8})$/.test(name) ? array[Number(name)] : undefined;
}
