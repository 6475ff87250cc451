/**
 * Paths into `event_data` → a condition every match fulfils; the matcher decides.
 *
 * `data` is text our own `JSON.stringify` wrote, so a text or key in it has exactly one spelling and can be searched for.
 * Comparisons look at the value at the path, and let pass whatever an array on the way could hide.
 */
import { literalOf } from "../../event/selector/regex.ts";
import type { Operand, RegexOperand, Test } from "../../event/selector/selector.ts";
import { contains, containsTwice } from "./contains.ts";
import { allOf, anyOf, type Condition, condition, FALSE, inList, loose, textParameter, UNKNOWN } from "./sql.ts";

/** Lists longer than this are left to the matcher. */
const MAX_LIST = 200;
/** Keys SQLite's JSON paths name without doubt. */
const PLAIN_KEY = /^[^"\\\u0000-\u001f\u007f\ud800-\udfff]+$/;
const INDEX = /^\d+$/;
/** Characters of a number that tell its size. */
const LONGEST_NUMBER = 26;
const HIGH_UNIT = /[\ud800-\uffff]/;

/** @param path from the event, so its first key is `event_data` */
export function compileData(path: readonly string[], test: Test): Condition {
  return loose(compileTest(path.slice(1), test));
}

function compileTest(path: readonly string[], test: Test): Condition {
  switch (test.op) {
    case "eq":
      return compileEquals(path, test.value);
    case "gt":
    case "gte":
    case "lt":
    case "lte":
      return compileRange(path, test.op, test.value);
    case "in":
      return compileIn(path, test.values, test.regexes);
    case "regex":
      return compileRegex(path, test.regex);
    case "exists":
      return test.value ? hasKeys(path) : UNKNOWN;
    case "type":
      return test.types.has("null") ? UNKNOWN : hasKeys(path);
    case "size":
    case "elemMatchNode":
    case "elemMatchTests":
    case "mod":
      return hasKeys(path);
    case "all":
      return test.tests.length === 0 ? FALSE : allOf(test.tests.map((part) => compileTest(path, part)));
    case "not":
      return UNKNOWN;
  }
}

function compileEquals(path: readonly string[], operand: Operand): Condition {
  switch (typeof operand) {
    case "string":
      return contains(JSON.stringify(operand));
    case "number":
      return numberText(path, operand);
    case "boolean":
      return valueAt(path, `when '${operand}' then 1`);
    default:
      return operand === null ? valueAt(path, "when 'null' then 1", "1") : hasKeys(path);
  }
}

function compileRange(path: readonly string[], op: "gt" | "gte" | "lt" | "lte", operand: Operand): Condition {
  if (operand === null) return op === "gt" || op === "lt" ? FALSE : compileEquals(path, null);
  if (typeof operand === "number") return numberAt(path, op, operand);
  if (typeof operand === "string" && !HIGH_UNIT.test(operand)) return textAt(path, op, operand);
  return hasKeys(path);
}

function compileIn(path: readonly string[], operands: readonly Operand[], regexes: readonly RegexOperand[]): Condition {
  if (operands.length > MAX_LIST) return operands.includes(null) ? UNKNOWN : hasKeys(path);
  const texts = operands.filter((operand) => typeof operand === "string");
  const others = operands.filter((operand) => typeof operand !== "string");
  return anyOf([
    texts.length === 0 ? FALSE : textIn(path, texts),
    ...others.map((operand) => compileEquals(path, operand)),
    ...regexes.map((regex) => compileRegex(path, regex)),
  ]);
}

function compileRegex(path: readonly string[], regex: RegexOperand): Condition {
  const literal = literalOf(regex);
  return literal ? contains(JSON.stringify(literal.text).slice(1, -1)) : hasKeys(path);
}

/** A key as it stands in the data. */
function keyText(key: string): string {
  return `${JSON.stringify(key)}:`;
}

/** A value other than "missing" needs every key of its path; numbers may be positions in arrays. */
function hasKeys(path: readonly string[]): Condition {
  const keys = path.filter((key) => !INDEX.test(key));
  return allOf([...new Set(keys)].map((key) => contains(keyText(key))));
}

/**
 * A condition on the value at the path by its type (`when … then …`), true where an array could hide a match.
 * @param ifMissing SQL for a path that leads nowhere
 */
function valueAt(path: readonly string[], cases: string, ifMissing?: string): Condition {
  if (!isPlain(path)) return UNKNOWN;
  const missing = ifMissing ?? behindArray(path);
  const sql = `case ifnull(json_type(data, ${jsonPath(path)}), '') ${cases} when 'array' then 1 when '' then (${missing}) else 0 end`;
  return condition(sql);
}

function isPlain(path: readonly string[]): boolean {
  return path.every((key) => PLAIN_KEY.test(key));
}

/** True where an array stands on the way to the path's end. */
function behindArray(path: readonly string[]): string {
  const prefixes = path.map((_, i) => jsonPath(path.slice(0, i)));
  return prefixes.map((prefix) => `ifnull(json_type(data, ${prefix}) = 'array', 0)`).join(" or ") || "0";
}

/** A JSON path as an SQL literal. */
function jsonPath(path: readonly string[]): string {
  return `'$${path.map((key) => `."${key.replaceAll("'", "''")}"`).join("")}'`;
}

const COMPARE = { gt: ">", gte: ">=", lt: "<", lte: "<=" } as const;

/**
 * Cheaper than {@link valueAt}: the value is read once. In SQLite's order every text, and so every array, is greater
 * than every number: a lower bound lets arrays pass by itself, an upper bound is told as "not a number above it".
 */
function numberAt(path: readonly string[], op: keyof typeof COMPARE, operand: number): Condition {
  const slack = slackOf(operand);
  if (slack === undefined) return valueAt(path, "when 'integer' then 1 when 'real' then 1");
  if (!isPlain(path)) return UNKNOWN;
  const atLeast = op.startsWith("gt");
  const bound = atLeast ? operand - slack : operand + slack;
  const sql = `json_extract(data, ${jsonPath(path)}) ${atLeast ? ">= ?" : "not between ? and 9e999"}`;
  const holds = condition(`ifnull(${sql}, ${behindArray(path)})`, [bound]);
  return allOf([hasKeys(path.slice(0, -1)), numberNear(path, atLeast, bound), holds]);
}

/**
 * Cheaper than parsing, and false for most events a range leaves out: the number written behind the key, if the key
 * stands there once. An array counts as a number beyond the bound.
 */
function numberNear(path: readonly string[], atLeast: boolean, bound: number): Condition {
  const key = path.at(-1);
  if (key === undefined || INDEX.test(key)) return hasKeys(path);
  const text = keyText(key);
  const behind = `substr(data, nullif(instr(data, '${text.replaceAll("'", "''")}'), 0) + ${[...text].length}, ${LONGEST_NUMBER})`;
  const number = `cast(replace(${behind}, '[', '${atLeast ? "" : "-"}9e99') as real)`;
  const twice = containsTwice(text);
  return condition(
    `(ifnull(${number} ${atLeast ? ">=" : "<="} ?, 0) or ${twice.sql})`,
    [bound, ...twice.values],
    false,
  );
}

/** How far SQLite's reading of a decimal number may lie from JavaScript's, never 0; undefined where it cannot be told. */
function slackOf(operand: number): number | undefined {
  const size = Math.abs(operand);
  if (size > Number.MAX_SAFE_INTEGER || (size > 0 && size < 1e-280)) return undefined;
  return Math.max(size * 1e-14, Number.MIN_VALUE);
}

/** The number as it stands in the data, or a longer one that begins like it. */
function numberText(path: readonly string[], operand: number): Condition {
  const key = path.at(-1);
  if (key === undefined || INDEX.test(key) || !Number.isSafeInteger(Math.trunc(operand))) return hasKeys(path);
  const text = keyText(key);
  return anyOf([contains(`${text}${operand}`), contains(`${text}[`)]);
}

function textAt(path: readonly string[], op: keyof typeof COMPARE, operand: string): Condition {
  const { sql, value } = textParameter(operand);
  const one = valueAt(path, `when 'text' then json_extract(data, ${jsonPath(path)}) ${COMPARE[op]} ${sql}`);
  return one.sql === "1" ? one : { ...one, values: [value] };
}

function textIn(path: readonly string[], texts: readonly string[]): Condition {
  if (texts.length <= 4) return anyOf(texts.map((text) => contains(JSON.stringify(text))));
  if (!isPlain(path)) return UNKNOWN;
  const listed = inList(`json_extract(data, ${jsonPath(path)})`, texts);
  return { ...valueAt(path, `when 'text' then ${listed.sql}`), values: listed.values };
}
