/**
 * Python literals as `repr` writes them → JSON values: what stands behind `key=` in a MADSci console log.
 *
 * Numbers, texts, True, False, None, lists, tuples and dictionaries. Everything else (objects, sets, bytes) is no literal
 * here, and its text is kept instead.
 */
import type { Json } from "../event/json.ts";

/** A value and where it ends. */
export interface Literal {
  readonly value: Json;
  readonly end: number;
}

const MAX_DEPTH = 30;
const WORDS: ReadonlyMap<string, Json> = new Map<string, Json>([
  ["True", true],
  ["False", false],
  ["None", null],
]);
const CLOSING: Readonly<Record<string, string>> = { "[": "]", "(": ")", "{": "}" };
const WORD = /[^\s,:=()[\]{}'"]+/y;
const ESCAPES: Readonly<Record<string, string>> = {
  n: "\n",
  r: "\r",
  t: "\t",
  "\\": "\\",
  "'": "'",
  '"': '"',
  a: "\u0007",
  b: "\b",
  f: "\f",
  v: "\v",
  "0": "\0",
};

/** The literal that begins at `at`; undefined where none does. */
export function literalAt(text: string, at: number, depth = 0): Literal | undefined {
  const first = text[at] ?? "";
  if (first === "'" || first === '"') return quotedAt(text, at);
  if (first in CLOSING) return depth < MAX_DEPTH ? groupAt(text, at, depth) : undefined;
  WORD.lastIndex = at;
  const word = WORD.exec(text)?.[0];
  if (word === undefined) return undefined;
  const value = scalar(word);
  return value === undefined ? undefined : { value, end: at + word.length };
}

/** The value of a bare word; undefined for one that is a text. */
export function scalar(word: string): Json | undefined {
  if (WORDS.has(word)) return WORDS.get(word);
  if (/^-?(?:0|[1-9]\d*)$/.test(word)) return Number.isSafeInteger(Number(word)) ? Number(word) : BigInt(word);
  if (/^-?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/.test(word) && /[.e]/.test(word)) {
    const number = Number(word);
    return Number.isFinite(number) ? number : undefined;
  }
  return undefined;
}

function quotedAt(text: string, at: number): Literal | undefined {
  const quote = text[at];
  let out = "";
  for (let i = at + 1; i < text.length; i++) {
    if (text[i] === quote) return { value: out, end: i + 1 };
    if (text[i] !== "\\") out += text[i];
    else {
      const code = /^(?:x[0-9a-f]{2}|u[0-9a-f]{4}|U[0-9a-f]{8})/.exec(text.slice(i + 1, i + 10))?.[0];
      const plain = ESCAPES[text[i + 1] ?? ""];
      out += code === undefined ? (plain ?? `\\${text[i + 1] ?? ""}`) : character(Number.parseInt(code.slice(1), 16));
      i += code?.length ?? 1;
    }
  }
  return undefined;
}

function character(code: number): string {
  return code <= 0x10ffff ? String.fromCodePoint(code) : "\ufffd";
}

/** A list, a tuple or a dictionary. */
function groupAt(text: string, at: number, depth: number): Literal | undefined {
  const close = CLOSING[text[at] ?? ""] as string;
  const items: Json[] = [];
  const fields: Record<string, Json> = {};
  let i = skipSpace(text, at + 1);
  while (text[i] !== close) {
    const item = literalAt(text, i, depth + 1);
    if (item === undefined) return undefined;
    i = skipSpace(text, item.end);
    if (close !== "}") items.push(item.value);
    else {
      const value = text[i] === ":" ? literalAt(text, skipSpace(text, i + 1), depth + 1) : undefined;
      if (value === undefined) return undefined;
      define(fields, String(item.value), value.value);
      i = skipSpace(text, value.end);
    }
    if (text[i] === ",") i = skipSpace(text, i + 1);
    else if (text[i] !== close) return undefined;
  }
  return { value: close === "}" ? fields : items, end: i + 1 };
}

function skipSpace(text: string, at: number): number {
  let i = at;
  while (text[i] === " ") i++;
  return i;
}

/** Sets an own property even where the key is `__proto__`. */
export function define(target: Record<string, Json>, key: string, value: Json): void {
  Object.defineProperty(target, key, { value, enumerable: true, writable: true, configurable: true });
}
