/**
 * Tests of a scalar column, text or instant, possibly NULL: exact SQL.
 *
 * A test that does not look at the content (another type, `$exists`, `$size` …) only depends on whether there is a
 * value; `acceptsValue` answers that.
 */
import { literalOf } from "../../event/selector/regex.ts";
import { DateValue, OidValue, type Operand, type RegexOperand, type Test } from "../../event/selector/selector.ts";
import {
  allOf,
  anyOf,
  type Condition,
  condition,
  FALSE,
  inList,
  loose,
  negated,
  TRUE,
  textParameter,
  UNKNOWN,
} from "./sql.ts";

export interface Column {
  /** `deeper`: the path leads on behind a scalar, where nothing is. */
  readonly kind: "text" | "time" | "deeper";
  /** The event's field. */
  readonly name: string;
  readonly sql: string;
  readonly nullable: boolean;
  readonly test: Test;
  /** What the matcher says of a test when the field holds this value (null: none). */
  acceptsValue(test: Test, value: string | null): boolean;
}

const COMPARE = { eq: "=", gt: ">", gte: ">=", lt: "<", lte: "<=" } as const;
/** Stands for any value of a column: a text that is also a time. */
const ANY_VALUE = "2025-01-01T00:00:00Z";
/** Units whose order differs between the matcher and SQLite when stored text holds half a surrogate pair. */
const HIGH_UNIT = /[\ud800-\uffff]/;

export function compileColumn(column: Column): Condition {
  const { test } = column;
  switch (test.op) {
    case "not":
      return negated(every(column, test.tests));
    case "all":
      return test.tests.length === 0 ? FALSE : every(column, test.tests);
    case "eq":
    case "gt":
    case "gte":
    case "lt":
    case "lte":
      return compileRange(column, test.op, test.value);
    case "in":
      return compileIn(column, test.values, test.regexes);
    case "regex":
      return compileRegex(column, test.regex);
    default:
      return byPresence(column, test);
  }
}

function every(column: Column, tests: readonly Test[]): Condition {
  return allOf(tests.map((test) => compileColumn({ ...column, test })));
}

function byPresence(column: Column, test: Test): Condition {
  const present = column.acceptsValue(test, ANY_VALUE);
  if (!column.nullable) return present ? TRUE : FALSE;
  const absent = column.acceptsValue(test, null);
  if (present === absent) return present ? TRUE : FALSE;
  return condition(present ? `${column.sql} is not null` : `${column.sql} is null`);
}

function compileRange(column: Column, op: keyof typeof COMPARE, operand: Operand): Condition {
  const isIdRange = operand instanceof OidValue && op !== "eq";
  const value = isIdRange ? undefined : comparableOf(column, operand);
  if (value === undefined) return byPresence(column, { op, value: operand });
  if (typeof value === "string" && op !== "eq" && HIGH_UNIT.test(value)) return UNKNOWN;
  const { sql, value: bound } = typeof value === "string" ? textParameter(value) : { sql: "?", value };
  const compared = `${column.sql} ${COMPARE[op]} ${sql}`;
  return condition(column.nullable ? `ifnull(${compared}, 0)` : compared, [bound]);
}

/** What the column may equal, or undefined for a value of another type. */
function comparableOf(column: Column, operand: Operand): string | bigint | undefined {
  if (column.kind === "time") return operand instanceof DateValue ? operand.instant : undefined;
  if (column.kind === "deeper") return undefined;
  if (operand instanceof OidValue && column.name === "_id") return operand.hex;
  return typeof operand === "string" ? operand : undefined;
}

function compileIn(column: Column, operands: readonly Operand[], regexes: readonly RegexOperand[]): Condition {
  const own = operands.flatMap((operand) => comparableOf(column, operand) ?? []);
  const others = operands.filter((operand) => comparableOf(column, operand) === undefined);
  const rest: Test = { op: "in", values: others, regexes: [] };
  return anyOf([
    inList(column.sql, own),
    others.length === 0 ? FALSE : byPresence(column, rest),
    ...regexes.map((regex) => compileRegex(column, regex)),
  ]);
}

function compileRegex(column: Column, regex: RegexOperand): Condition {
  const sql = column.name === "event_timestamp" ? "(head ->> '$.event_timestamp')" : column.sql;
  const isText = column.kind === "text" || (column.kind === "time" && column.name === "event_timestamp");
  return isText ? textRegex(sql, regex) : byPresence(column, { op: "regex", regex });
}

function textRegex(sql: string, regex: RegexOperand): Condition {
  const literal = literalOf(regex);
  if (!literal) return UNKNOWN;
  const { sql: parameter, value } = textParameter(literal.text);
  const found = `ifnull(instr(${sql}, ${parameter}), 0)`;
  if (!literal.exact || literal.anchored === "none") {
    const anywhere = condition(`${found} > 0`, [value]);
    return literal.exact ? anywhere : loose(anywhere);
  }
  if (literal.anchored === "start") return condition(`${found} = 1`, [value]);
  return condition(`ifnull(${sql} = ${parameter}, 0)`, [value]);
}
