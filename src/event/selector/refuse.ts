/**
 * How a selector is refused: one error that names the place, the operator and what is accepted there.
 */
import { EventStoreError } from "../../errors.ts";

/** Where in the caller's selector: keys and indices from its root, e.g. `["$or", 1, "log_level", "$gte"]`. */
export type Loc = readonly (string | number)[];

const MAX_TEXT = 80;
const MAX_ENTRIES = 10;
const MAX_DEPTH = 3;

/**
 * The error for the value at `loc`; its message begins with the place, e.g. `$or[1].log_level: …`.
 * Throw it: `throw refusal(loc, "…", input)`.
 */
export function refusal(loc: Loc, reason: string, input: unknown): EventStoreError {
  const place = loc.length === 0 ? "" : `${locText(loc)}: `;
  const issue = { type: "selector_error", loc: loc.map(shortKey), msg: reason, input: excerpt(input, 0) };
  return new EventStoreError("EVT_INVALID_SELECTOR", `invalid selector: ${place}${reason}`, { issues: [issue] });
}

/** `$or[1].log_level.$gte` */
function locText(loc: Loc): string {
  let text = "";
  for (const key of loc) {
    if (typeof key === "number") text += `[${key}]`;
    else text += `${text === "" ? "" : "."}${shortKey(key)}`;
  }
  return text;
}

/** A caller's text as it may stand in a message: bounded and without control characters. */
export function quoted(text: string): string {
  return JSON.stringify(cut(text));
}

function shortKey<Key extends string | number>(key: Key): Key | string {
  return typeof key === "string" ? cut(key).replace(/[\u0000-\u001f\u007f]/g, "\ufffd") : key;
}

function cut(text: string): string {
  return text.length <= MAX_TEXT ? text : `${text.slice(0, MAX_TEXT)}…`;
}

/** A small copy that any serializer can write, however large, deep or strange the value is. */
function excerpt(value: unknown, depth: number): unknown {
  if (typeof value === "string") return cut(value);
  if (value === undefined) return null;
  if (value === null || typeof value === "boolean" || typeof value === "bigint") return value;
  if (typeof value === "number") return Number.isFinite(value) ? value : String(value);
  if (typeof value !== "object") return typeof value;
  if (value instanceof RegExp) return cut(String(value));
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "Invalid Date" : value.toISOString();
  if (depth === MAX_DEPTH) return "…";
  if (Array.isArray(value)) return value.slice(0, MAX_ENTRIES).map((item) => excerpt(item, depth + 1));
  const entries = Object.entries(value).slice(0, MAX_ENTRIES);
  return Object.fromEntries(entries.map(([key, item]) => [shortKey(key), excerpt(item, depth + 1)]));
}
