/**
 * Tests of the time fields: `event_timestamp` is text whose instant is compared; `archived_at` and `received_at` are
 * dates or null. No time field ever holds an array, an object, a number or a boolean.
 */
import type { Instant } from "../instant.ts";
import { parseTimestamp } from "../timestamp.ts";
import type { ZoneReader } from "../zone.ts";
import { compileRegex } from "./regex.ts";
import { DateValue, type Operand, type RegexOperand, type Test } from "./selector.ts";

/** A test of a time field's value: text, or null. */
export type TimeTest = (text: string | null) => boolean;
type InstantTest = (instant: Instant) => boolean;

const NEVER: TimeTest = () => false;

/** @param asText true for `event_timestamp`, whose own type is text */
export function compileTimeTest(test: Test, asText: boolean, zone: ZoneReader): TimeTest {
  switch (test.op) {
    case "eq":
    case "gt":
    case "gte":
    case "lt":
    case "lte":
      return compileRange(test.op, test.value, zone);
    case "in":
      return compileIn(test.values, test.regexes, asText, zone);
    case "exists":
      return () => test.value;
    case "type":
      return compileType(test.types.has("null"), test.types.has(asText ? "string" : "date"));
    case "regex":
      return compilePattern(test.regex, asText);
    case "not": {
      const all = compileAll(test.tests, asText, zone);
      return (text) => !all(text);
    }
    case "all":
      return test.tests.length === 0 ? NEVER : compileAll(test.tests, asText, zone);
    case "elemMatchNode":
    case "elemMatchTests":
    case "size":
    case "mod":
      return NEVER;
  }
}

function compileAll(tests: readonly Test[], asText: boolean, zone: ZoneReader): TimeTest {
  const compiled = tests.map((test) => compileTimeTest(test, asText, zone));
  return (text) => compiled.every((holds) => holds(text));
}

function compileRange(op: "eq" | "gt" | "gte" | "lt" | "lte", operand: Operand, zone: ZoneReader): TimeTest {
  if (operand === null) return op === "gt" || op === "lt" ? NEVER : (text) => text === null;
  if (!(operand instanceof DateValue)) return NEVER;
  const holds = instantTest(op, operand.instant);
  return onInstant(holds, zone);
}

function instantTest(op: "eq" | "gt" | "gte" | "lt" | "lte", bound: Instant): InstantTest {
  switch (op) {
    case "eq":
      return (instant) => instant === bound;
    case "gt":
      return (instant) => instant > bound;
    case "gte":
      return (instant) => instant >= bound;
    case "lt":
      return (instant) => instant < bound;
    case "lte":
      return (instant) => instant <= bound;
  }
}

function onInstant(holds: InstantTest, zone: ZoneReader): TimeTest {
  return (text) => {
    if (typeof text !== "string") return false;
    const time = parseTimestamp(text, zone);
    return typeof time !== "string" && holds(time.instant);
  };
}

function compileIn(
  values: readonly Operand[],
  regexes: readonly RegexOperand[],
  asText: boolean,
  zone: ZoneReader,
): TimeTest {
  const instants = new Set(values.flatMap((value) => (value instanceof DateValue ? [value.instant] : [])));
  const orNull = values.includes(null);
  const patterns = regexes.map((regex) => compilePattern(regex, asText));
  const listed = instants.size === 0 ? NEVER : onInstant((instant) => instants.has(instant), zone);
  return (text) => (text === null ? orNull : listed(text) || patterns.some((holds) => holds(text)));
}

function compileType(orNull: boolean, orValue: boolean): TimeTest {
  return (text) => (text === null ? orNull : orValue);
}

function compilePattern(regex: RegexOperand, asText: boolean): TimeTest {
  if (!asText) return NEVER;
  const holds = compileRegex(regex);
  return (text) => typeof text === "string" && holds(text);
}
