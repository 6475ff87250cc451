/**
 * The text of a line → its fields, with a survey of how wide and deep they are.
 *
 * The platform's parser goes first; only a line it refuses, or one that holds a number a double cannot keep, is read
 * again by {@link parseJson}, which knows long integers and Python's NaN and Infinity. That one looks for strings with
 * regular expressions, which take quadratic time where a string never ends; such a line is no JSON and is told apart
 * before.
 */
import { parseJson } from "./json.ts";
import type { Fields } from "./line-draft.ts";

export interface ReadLine {
  readonly fields: Fields;
  /** Keys in the whole of it. */
  readonly keys: number;
  /** Levels of nesting, 1 for a flat line; not counted beyond {@link SURVEY_DEPTH}. */
  readonly depth: number;
}

/** Far above what a store takes, far below what the stack bears. */
const SURVEY_DEPTH = 100;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPENING_BRACE = 0x7b;
const CLOSING_BRACE = 0x7d;

/** Stands for a line that may be JSON but is too long to be read a second time. */
export const TOO_LONG: ReadLine = Object.freeze({ fields: Object.freeze({}), keys: 0, depth: 0 });

/**
 * The fields of a line that is a JSON object; undefined for any other text. Never throws. The second reading takes up to
 * 100 bytes of memory for each byte of a line, so a caller may bound it: a line longer than that is {@link TOO_LONG}.
 */
export function readLine(text: string, secondChars = Number.POSITIVE_INFINITY): ReadLine | undefined {
  if (!looksLikeObject(text)) return undefined;
  let fields: Fields;
  try {
    fields = JSON.parse(text);
  } catch {
    return readAgain(text, secondChars);
  }
  const survey = new Survey(fields);
  return survey.inexact ? readAgain(text, secondChars) : { fields, keys: survey.keys, depth: survey.depth };
}

/** Most lines of other programs, and the halves of lines, need no parser to be told apart. */
function looksLikeObject(text: string): boolean {
  const begins = text.charCodeAt(0) === OPENING_BRACE || /^[\ufeff\s]*\{/.test(text);
  return begins && (text.charCodeAt(text.length - 1) === CLOSING_BRACE || text.trimEnd().endsWith("}"));
}

function readAgain(text: string, mostChars: number): ReadLine | undefined {
  if (!stringsEnd(text)) return undefined;
  if (text.length > mostChars) return TOO_LONG;
  try {
    const fields = parseJson(text) as Fields;
    const { keys, depth } = new Survey(fields);
    return { fields, keys, depth };
  } catch {
    return undefined;
  }
}

/** One walk over a parsed value. */
class Survey {
  keys = 0;
  depth = 0;
  /** A number lies where a double may have lost digits, or the walk did not see everything. */
  inexact = false;

  constructor(value: object) {
    this.#walk(value, 1);
  }

  #walk(node: object, depth: number): void {
    if (depth > this.depth) this.depth = depth;
    if (depth > SURVEY_DEPTH) {
      this.inexact = true;
      return;
    }
    if (Array.isArray(node)) {
      for (let i = 0; i < node.length; i++) this.#look(node[i], depth);
      return;
    }
    for (const key in node) {
      this.keys += 1;
      this.#look((node as Fields)[key], depth);
    }
  }

  #look(value: unknown, depth: number): void {
    if (typeof value === "number") {
      if (value > Number.MAX_SAFE_INTEGER || value < Number.MIN_SAFE_INTEGER) this.inexact = true;
    } else if (typeof value === "object" && value !== null) this.#walk(value, depth + 1);
  }
}

/** False where a string never ends, or a backslash stands before the end of a line. */
function stringsEnd(text: string): boolean {
  for (let at = text.indexOf('"'); at !== -1; at = text.indexOf('"', at + 1)) {
    at = endOfString(text, at + 1);
    if (at === -1) return false;
  }
  return true;
}

function endOfString(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) return at;
    if (code === BACKSLASH && /[\n\r\u2028\u2029]/.test(text.charAt(++at))) return -1;
  }
  return -1;
}
