/**
 * Long lines: what the beginning of a line tells that is too long, or too deeply nested, to be parsed.
 *
 * A small JSON text can stand for a large value in memory, so beyond these bounds a line is only looked into: known keys are
 * searched for as text in its first 4 KiB. A key of a nested object may be taken for one of the line's own.
 */
import type { Data, Fields } from "./line-draft.ts";

/** Bytes of a line above which it is not parsed. */
export const LONG_LINE_BYTES = 1_048_576;
/** Levels above which a line is not parsed, and the length up to which they cannot do harm: 80 bytes a level. */
const MAX_LEVELS = 1000;
const HARMLESS_CHARS = 65_536;
const HEAD_CHARS = 4096;
const [QUOTE, BACKSLASH] = [0x22, 0x5c];
const SCALAR = /\s*(?:"((?:[^"\\]|\\.)*)("?)|(-?\d{1,20}(?:\.\d{1,20})?)\s*[,}])/y;

/** Whether a line that begins like an object is too deeply nested to be parsed. */
export function isTooNested(line: string): boolean {
  if (line.length <= HARMLESS_CHARS || !/^\s*\{/.test(line)) return false;
  let levels = 0;
  let quoted = false;
  for (let at = 0; at < line.length; at++) {
    const code = line.charCodeAt(at);
    if (code === QUOTE) quoted = !quoted;
    else if (quoted) at += code === BACKSLASH ? 1 : 0;
    else if (code === 0x5b || code === 0x7b) levels += 1;
    else if (code === 0x5d || code === 0x7d) levels -= 1;
    if (levels > MAX_LEVELS) return true;
  }
  return false;
}

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
