/** Values of an event at a dotted path, and the text they become in keys and labels. Own fields only; arrays by index. */
import { createHash } from "node:crypto";
import { stringifyJson } from "../event/json.ts";

/** Longest text of a key; a longer one is cut and told apart by a hash. */
const KEY_CHARS = 200;

/** Undefined where the path leads nowhere. */
export function valueAt(document: unknown, path: string): unknown {
  let current = document;
  for (const name of path.split(".")) {
    if (typeof current !== "object" || current === null || !Object.hasOwn(current, name)) return undefined;
    current = (current as Record<string, unknown>)[name];
  }
  return current;
}

/** Text as it is, other values as JSON; absent and null are null. Never half a character: nobody could name it. */
export function textAt(document: unknown, path: string): string | null {
  const value = valueAt(document, path);
  if (value === undefined || value === null) return null;
  const text = typeof value === "string" ? value : stringifyJson(value);
  if (text.length <= KEY_CHARS && text.isWellFormed()) return text;
  return `${text.slice(0, KEY_CHARS - 18).toWellFormed()}…${sha256(JSON.stringify(text)).slice(0, 16)}`;
}

export function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
