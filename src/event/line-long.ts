/**
 * Long lines: what the beginning of a line tells that is too long to be parsed.
 *
 * A small JSON text can stand for a large value in memory, so beyond a bound a line is only looked into: known keys are
 * searched for as text in its first 4 KiB. A key of a nested object may be taken for one of the line's own.
 */
import type { Data, Fields } from "./line-draft.ts";

/** Bytes of a line above which it is not parsed. */
export const LONG_LINE_BYTES = 1_048_576;
const HEAD_CHARS = 4096;
const SCALAR = /\s*(?:"((?:[^"\\]|\\.)*)("?)|(-?\d{1,20}(?:\.\d{1,20})?)\s*[,}])/y;

/** The values of `keys` in the beginning of a line; undefined where it does not begin like an object. */
export function scanHead(line: string, keys: readonly string[]): Fields | undefined {
  const head = line.slice(0, HEAD_CHARS);
  if (!/^\s*\{/.test(head)) return undefined;
  const found: Data = Object.create(null);
  for (const key of keys) {
    const value = scalarOf(head, key);
    if (value !== undefined) found[key] = value;
  }
  return found;
}

/** The beginning of a text as a message. */
export function headOf(line: string): string {
  return line.slice(0, HEAD_CHARS);
}

function scalarOf(head: string, key: string): string | number | undefined {
  const name = `${JSON.stringify(key)}:`;
  for (let at = head.indexOf(name); at !== -1; at = head.indexOf(name, at + 1)) {
    if (head[at - 1] === "\\") continue;
    SCALAR.lastIndex = at + name.length;
    const [, text, , digits] = SCALAR.exec(head) ?? [];
    if (digits !== undefined) return Number(digits);
    if (text !== undefined) return textOf(text);
  }
  return undefined;
}

/** The text of a JSON string that may have been cut, also within an escape. */
function textOf(body: string): string | undefined {
  for (const cut of [0, 1, 2, 3, 4, 5]) {
    try {
      return JSON.parse(`"${body.slice(0, body.length - cut)}"`);
    } catch {}
  }
  return undefined;
}
