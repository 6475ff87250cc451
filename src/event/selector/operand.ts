/**
 * Operands: the values a selector compares with, from JSON, EJSON or a library caller's own dates.
 *
 * Text compared with a time field becomes the instant it stands for (but not a short number: "2025" is a year to one
 * reader and seconds since 1970 to another), an old name of an event type becomes today's; numbers, booleans and null
 * stay what they are.
 */
import { currentType } from "../event-types.ts";
import { instantOf } from "../instant.ts";
import { parseTimestamp } from "../timestamp.ts";
import { inside, type Parsing, type Place } from "./limits.ts";
import { quoted, refusal } from "./refuse.ts";
import { DateValue, OidValue, type Operand } from "./selector.ts";

/** Milliseconds a `Date` can hold. */
const MAX_DATE_MS = 8.64e15;

/** A plain object, whichever realm made it. */
export function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** True for `{ $date: … }` and `{ $oid: … }`: values, although written with a `$`. */
export function isExtendedJson(value: unknown): boolean {
  if (!isPlainObject(value)) return false;
  const keys = Object.keys(value);
  return keys.length === 1 && (keys[0] === "$date" || keys[0] === "$oid");
}

/** @throws EventStoreError `EVT_INVALID_SELECTOR` for what no event's value can be compared with. */
export function parseOperand(value: unknown, at: Place, parsing: Parsing): Operand {
  if (at.time && typeof value === "string") return parseTime(value, at, parsing);
  if (at.type && typeof value === "string") return currentType(parseText(value, at));
  return parseValue(value, at, parsing, 0);
}

function parseValue(value: unknown, at: Place, parsing: Parsing, depth: number): Operand {
  switch (typeof value) {
    case "boolean":
      return value;
    case "string":
      return parseText(value, at);
    case "number":
      return parseNumber(value, at);
    case "bigint":
      return BigInt(Number(value)) === value && Number.isSafeInteger(Number(value)) ? Number(value) : value;
    case "object":
      return value === null ? null : parseObject(value, at, parsing, depth);
    default:
      throw refusal(
        at.loc,
        `${typeof value} is not a value; use null, text, a number, a boolean, a date, an array or an object`,
        value,
      );
  }
}

function parseText(value: string, at: Place): string {
  if (value.isWellFormed()) return value;
  throw refusal(at.loc, "text must not hold half a surrogate pair", value);
}

function parseNumber(value: number, at: Place): number {
  if (Number.isFinite(value)) return value === 0 ? 0 : value;
  throw refusal(at.loc, "a number must be finite", value);
}

function parseObject(value: object, at: Place, parsing: Parsing, depth: number): Operand {
  const { maxDepth, maxEntries } = parsing.limits;
  if (value instanceof Date) return parseDate(value, at);
  if (value instanceof RegExp) throw refusal(at.loc, "a regular expression is not a value here; use $regex", value);
  if (depth >= maxDepth) throw refusal(at.loc, `values may be nested at most ${maxDepth} deep`, undefined);
  if (isExtendedJson(value)) return parseExtendedJson(value as Record<string, unknown>, at, parsing);
  if (!Array.isArray(value) && !isPlainObject(value)) {
    throw refusal(at.loc, "only plain objects, arrays and dates can be compared with", value);
  }
  const keys = Object.keys(value);
  if (keys.length > maxEntries)
    throw refusal(at.loc, `arrays and objects may have at most ${maxEntries} entries`, undefined);
  if (Array.isArray(value)) return Array.from(value, (item, i) => parseValue(item, inside(at, i), parsing, depth + 1));
  return Object.fromEntries(
    keys.map((key) => [
      parseKey(key, at),
      parseValue((value as Record<string, unknown>)[key], inside(at, key), parsing, depth + 1),
    ]),
  );
}

function parseKey(key: string, at: Place): string {
  if (key.startsWith("$")) {
    throw refusal(
      inside(at, key).loc,
      `operator ${quoted(key)} is not accepted inside a value (only {"$date": …} and {"$oid": …} are)`,
      undefined,
    );
  }
  if (key === "__proto__" || key.includes("\0") || !key.isWellFormed()) {
    throw refusal(inside(at, key).loc, "this field name is not accepted", key);
  }
  return key;
}

function parseTime(text: string, at: Place, parsing: Parsing): DateValue {
  const time = /^\s*\d{1,8}\s*$/.test(text) ? "a short number" : parseTimestamp(text, parsing.zone);
  if (typeof time !== "string") return new DateValue(time.instant);
  const fix = "compare with an ISO 8601 date and time like 2025-01-01T10:00:00Z, or use $regex for text";
  throw refusal(at.loc, `${quoted(text)} is not a timestamp (${time}); ${fix}`, text);
}

function parseDate(date: Date, at: Place): DateValue {
  if (Number.isNaN(date.getTime())) throw refusal(at.loc, "an invalid Date cannot be compared with", date);
  return new DateValue(instantOf(date));
}

function parseExtendedJson(value: Readonly<Record<string, unknown>>, at: Place, parsing: Parsing): Operand {
  return "$oid" in value
    ? parseOid(value.$oid, inside(at, "$oid"))
    : parseExtendedDate(value.$date, inside(at, "$date"), parsing);
}

function parseOid(hex: unknown, at: Place): OidValue {
  if (typeof hex === "string" && /^[0-9a-f]{24}$/i.test(hex)) return new OidValue(hex.toLowerCase());
  throw refusal(at.loc, "$oid takes 24 hexadecimal digits", hex);
}

function parseExtendedDate(date: unknown, at: Place, parsing: Parsing): DateValue {
  if (typeof date === "string") return parseTime(date, at, parsing);
  const ms = isPlainObject(date) && Object.keys(date).length === 1 ? wholeNumber(date.$numberLong) : date;
  if (typeof ms === "number" && Number.isSafeInteger(ms) && Math.abs(ms) <= MAX_DATE_MS)
    return new DateValue(instantOf(ms));
  throw refusal(at.loc, '$date takes ISO 8601 text, whole milliseconds or {"$numberLong": "milliseconds"}', date);
}

function wholeNumber(text: unknown): number | undefined {
  return typeof text === "string" && /^-?\d{1,17}$/.test(text) ? Number(text) : undefined;
}
