/**
 * A line of a MADSci console log → time, level, message and keys.
 *
 *   2026-11-25T10:00:00.123456Z [warning  ] pressure high                  line='line 3' pressure=2.4
 *
 * The keys stand at the end in the order of the alphabet, which is how they are told from a message that holds `a=b`. A
 * bare word that looks like a number is read as one: the console writes a text `5` and the number in the same way.
 */
import type { Json } from "../event/json.ts";
import { define, literalAt, scalar } from "./import-literal.ts";

export interface ConsoleHead {
  readonly timestamp: string;
  readonly level: string;
  /** What follows: message and keys. */
  readonly body: string;
}

export interface ConsoleBody {
  readonly message: string;
  readonly keys: Readonly<Record<string, Json>>;
}

const HEAD =
  /^(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:\d\d)?) \[(debug|info|warning|warn|error|critical|exception|notset) *\](?: ([\s\S]*))?$/;
const KEY = /([A-Za-z_][\w.-]*)=/y;
const STARTS = /(?:^| )(?=[A-Za-z_][\w.-]*=)/g;
const NEXT = / (?=[A-Za-z_][\w.-]*=)/g;
/** Places in a message where the keys may begin that are tried; with more of them the whole line is the message. */
const MAX_STARTS = 64;
const ANSI = /\u001b\[[0-9;]*m/g;

export function withoutColours(text: string): string {
  return text.includes("\u001b") ? text.replace(ANSI, "") : text;
}

/** Undefined for a line that begins no entry. */
export function consoleHead(line: string): ConsoleHead | undefined {
  const match = HEAD.exec(line);
  return match ? { timestamp: match[1] as string, level: match[2] as string, body: match[3] ?? "" } : undefined;
}

export function consoleBody(body: string): ConsoleBody {
  STARTS.lastIndex = 0;
  for (let tried = 0, match = STARTS.exec(body); match && tried < MAX_STARTS; match = STARTS.exec(body), tried++) {
    const keys = keysFrom(body, match.index + match[0].length);
    if (keys !== undefined) return { message: body.slice(0, match.index).trimEnd(), keys };
    if (match[0] === "") STARTS.lastIndex = match.index + 1;
  }
  return { message: body.trimEnd(), keys: {} };
}

/** All keys from here to the end; undefined where something else stands between them. */
function keysFrom(body: string, start: number): Record<string, Json> | undefined {
  const keys: Record<string, Json> = {};
  let before = "";
  for (let at = start; at < body.length; ) {
    KEY.lastIndex = at;
    const key = KEY.exec(body)?.[1];
    if (key === undefined || key <= before) return undefined;
    const from = at + key.length + 1;
    const value = valueAt(body, from);
    if (value === undefined || (value.end < body.length && body[value.end] !== " ")) return undefined;
    define(keys, key, value.value);
    before = key;
    at = value.end + 1;
  }
  return keys;
}

function valueAt(body: string, at: number): { readonly value: Json; readonly end: number } | undefined {
  const first = body[at];
  if (first === "'" || first === '"' || first === "[" || first === "{" || first === "(") {
    const literal = literalAt(body, at);
    if (literal !== undefined) return literal;
    return { value: body.slice(at, untilNext(body, at)), end: untilNext(body, at) };
  }
  const space = body.indexOf(" ", at);
  const end = space === -1 ? body.length : space;
  const word = body.slice(at, end);
  // What Python objects look like may hold spaces: <Pump 3>, datetime(2025, 1, 1).
  if (first === "<" || /\([^)]*$/.test(word)) {
    const longEnd = untilNext(body, at);
    return { value: body.slice(at, longEnd), end: longEnd };
  }
  const value = scalar(word);
  return { value: value === undefined ? word : value, end };
}

function untilNext(body: string, at: number): number {
  NEXT.lastIndex = at;
  return NEXT.exec(body)?.index ?? body.length;
}
