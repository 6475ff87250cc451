/**
 * Long lines: what the ends of a line tell that is too long, or too deeply nested, to be parsed.
 *
 * A small JSON text can stand for a large value in memory, so beyond these bounds a line is only looked into:
 *
 *   {"level":30,…,"n":1030 | ,"t":"xxx… ……………… xxx","msg":"done"}
 *   └ leading fields ──────┘ └ begins too late  └ message, which pino writes last
 *
 * The leading fields are the whole members within the first 8 KiB, parsed as an object of their own. Where these are no
 * JSON, known keys are searched for as text in the first 4 KiB; then a key of a nested object may be taken for one of the
 * line's own.
 */
import { type Data, define, type Fields } from "./line-draft.ts";
import { readLine } from "./line-json.ts";

/** Bytes of a line above which it is not parsed. */
export const LONG_LINE_BYTES = 1_048_576;
/** Levels above which a line is not parsed, and the length up to which they cannot do harm: 80 bytes a level. */
const MAX_LEVELS = 1000;
const HARMLESS_CHARS = 65_536;
const HEAD_CHARS = 4096;
const LEADING_CHARS = 8192;
/** How much of the end of a line is worth handing to {@link scanEnds}, in bytes or characters. */
export const TAIL_SIZE = 4096;
const [QUOTE, BACKSLASH, COMMA] = [0x22, 0x5c, 0x2c];
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

/** The two ends of a line, and what is looked for where its beginning is no JSON. */
export interface Ends {
  readonly head: string;
  readonly tail: string;
  readonly keys: readonly string[];
  readonly messageKey: string;
}

/** The leading fields of a line and its message; undefined where it does not begin like an object. Never throws. */
export function scanEnds({ head, tail, keys, messageKey }: Ends): Fields | undefined {
  const scanned = scanHead(head, keys);
  if (scanned === undefined) return undefined;
  const leading = leadingOf(head);
  const guessed = leading?.intact === true ? unfinished(leading.rest, messageKey) : scanned;
  const fields: Data = { ...guessed, ...leading?.fields };
  if (leading !== undefined && Object.hasOwn(leading.fields, messageKey)) return fields;
  const message = lastMessage(tail, messageKey);
  if (message !== undefined) define(fields, messageKey, message);
  return fields;
}

interface Leading {
  readonly fields: Fields;
  /** What follows them within the first 8 KiB. */
  readonly rest: string;
  /** Nothing that could be read was given up. */
  readonly intact: boolean;
}

/** The longest run of whole members. A cut that parses parses at every earlier comma too, so halving finds it. */
function leadingOf(line: string): Leading | undefined {
  // A copy, for a value that is a slice would keep the whole line in memory.
  const head = Buffer.from(line.slice(0, LEADING_CHARS), "utf16le").toString("utf16le");
  const cuts = memberEnds(head);
  let best: Leading | undefined;
  let low = 0;
  let high = cuts.length - 1;
  for (let at = high; low <= high; at = (low + high) >> 1) {
    const end = cuts[at] as number;
    const fields = readLine(`${head.slice(0, end)}}`)?.fields;
    if (fields === undefined) high = at - 1;
    else {
      best = { fields, rest: head.slice(end), intact: at === cuts.length - 1 };
      low = at + 1;
    }
  }
  return best;
}

/** Where the commas between the line's own members stand. */
function memberEnds(head: string): number[] {
  const ends: number[] = [];
  let levels = 0;
  let quoted = false;
  for (let at = 0; at < head.length; at++) {
    const code = head.charCodeAt(at);
    if (code === QUOTE) quoted = !quoted;
    else if (quoted) at += code === BACKSLASH ? 1 : 0;
    else if (code === 0x5b || code === 0x7b) levels += 1;
    else if (code === 0x5d || code === 0x7d) levels -= 1;
    else if (code === COMMA && levels === 1) ends.push(at);
  }
  return ends;
}

/** The beginning of a message that is the first member too long to be a leading one. */
function unfinished(rest: string, messageKey: string): Fields | undefined {
  const member = rest.slice(1).trimStart();
  return member.startsWith(`${JSON.stringify(messageKey)}:`) ? scanHead(`{${member}`, [messageKey]) : undefined;
}

/** The message where it is the last member of the line, whole within `tail`. */
function lastMessage(tail: string, messageKey: string): string | undefined {
  const name = JSON.stringify(messageKey).replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const last = new RegExp(`,\\s*${name}\\s*:\\s*"((?:[^"\\\\]|\\\\.)*)"\\s*\\}\\s*$`);
  const [, text] = last.exec(tail.slice(-TAIL_SIZE)) ?? [];
  return text === undefined ? undefined : textOf(text);
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
