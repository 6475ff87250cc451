/**
 * JSON in and out without losing integers, and with the three words Python's `json` writes beyond the standard.
 *
 * Integers outside ±2^53 become `bigint` and are written back digit by digit; `NaN`, `Infinity` and `-Infinity` become
 * null. Everything else is the platform's own parser. Text that needs neither pays one regular expression test.
 */
import { randomUUID } from "node:crypto";

/** A value JSON can express; integers outside the safe range are `bigint`. @since 0.1.0 */
export type Json = null | boolean | number | bigint | string | readonly Json[] | { readonly [key: string]: Json };

/** 16 or more digits where a number may begin: possibly an integer a double cannot hold. */
const LONG_DIGITS = /(?:^|[:,[\s-])\d{16}/;
/** Strings and fractions are matched only to be stepped over. */
const STRING_OR_INTEGER = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d+[.eE][\d.eE+-]*|(-?\d{16,})/g;
const STRING_OR_WORD = /"[^"\\]*(?:\\.[^"\\]*)*"|(-?Infinity|NaN)\b/g;
/** Unguessable, so that no text a sender writes can pass for a marked integer. */
const MARK = `\u0001${randomUUID()}:`;
const ESCAPED_MARK = JSON.stringify(MARK).slice(1, -1);
const MARKED_INTEGER = new RegExp(`"${ESCAPED_MARK.replace("\\", "\\\\")}(-?\\d+)"`, "g");

/**
 * @throws SyntaxError with the message of `JSON.parse`, see {@link errorOffset}.
 */
export function parseJson(source: string): Json {
  const text = source.charCodeAt(0) === 0xfeff ? source.slice(1) : source;
  if (LONG_DIGITS.test(text)) return parseWithIntegers(text);
  try {
    return JSON.parse(text);
  } catch (error) {
    return JSON.parse(withoutWords(text, error));
  }
}

/** Where `JSON.parse` stopped, in characters from the start; the text's length when it ended too early. */
export function errorOffset(error: unknown, text: string): number {
  const at = /at position (\d+)/.exec(error instanceof Error ? error.message : "");
  return at ? Number(at[1]) : text.length;
}

function withoutWords(text: string, error: unknown): string {
  const plain = text.replace(STRING_OR_WORD, (token, word) => (word === undefined ? token : "null"));
  if (plain === text) throw error;
  return plain;
}

/** Long integers travel through `JSON.parse` as marked strings. */
function parseWithIntegers(text: string): Json {
  const marked = text.replace(STRING_OR_INTEGER, (token, digits) =>
    digits === undefined || Number.isSafeInteger(Number(digits)) ? token : `"${ESCAPED_MARK}${digits}"`,
  );
  const revive = (_key: string, value: unknown) =>
    typeof value === "string" && value.startsWith(MARK) ? BigInt(value.slice(MARK.length)) : value;
  try {
    return JSON.parse(marked, revive);
  } catch (error) {
    const plain = withoutWords(marked, error);
    return JSON.parse(plain, revive);
  }
}

/** Compact JSON; a bigint is written as a plain integer. Undefined, functions and symbols count as null. */
export function stringifyJson(value: unknown, indent?: number): string {
  try {
    return JSON.stringify(value, undefined, indent) ?? "null";
  } catch (error) {
    if (!(error instanceof TypeError) || !/BigInt/.test(error.message)) throw error;
    return stringifyWithIntegers(value, indent);
  }
}

function stringifyWithIntegers(value: unknown, indent?: number): string {
  const text = JSON.stringify(value, (_key, item) => (typeof item === "bigint" ? `${MARK}${item}` : item), indent);
  return text.replace(MARKED_INTEGER, "$1");
}
