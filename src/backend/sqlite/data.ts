/**
 * Paths into `event_data` → a condition every match fulfils; the matcher decides.
 *
 * `doc` is text our own `JSON.stringify` wrote, so a text or key in it has exactly one spelling and can be searched for.
 * Comparisons look at the value at the path, and let pass whatever an array on the way could hide.
 */
import { literalOf } from "../../event/selector/regex.ts";
import type { Operand, RegexOperand, Test } from "../../event/selector/selector.ts";
import { allOf, anyOf, type Condition, condition, FALSE, inList, loose, textParameter, UNKNOWN } from "./sql.ts";

/** Lists longer than this are left to the matcher. */
const MAX_LIST = 200;
/** Keys SQLite's JSON paths name without doubt. */
const PLAIN_KEY = /^[^"\\\u0000-\u001f\u007f\ud800-\udfff]+$/;
const INDEX = /^\d+$/;
const HIGH_UNIT = /[\ud800-\uffff]/;

export function compileData(path: readonly string[], test: Test): Condition {
  return loose(compileTest(path, test));
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
      return allOf([hasKeys(path), compileRegex(test.regex)]);
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
      return allOf([hasKeys(path), contains(JSON.stringify(operand))]);
    case "number":
      return allOf([hasKeys(path), numberAt(path, "eq", operand)]);
    case "boolean":
      return allOf([hasKeys(path), valueAt(path, `when '${operand}' then 1`)]);
    default:
      return operand === null ? valueAt(path, "when 'null' then 1", "1") : hasKeys(path);
  }
}

function compileRange(path: readonly string[], op: "gt" | "gte" | "lt" | "lte", operand: Operand): Condition {
  if (operand === null) return op === "gt" || op === "lt" ? FALSE : compileEquals(path, null);
  if (typeof operand === "number") return allOf([hasKeys(path), numberAt(path, op, operand)]);
  if (typeof operand === "string" && !HIGH_UNIT.test(operand)) return allOf([hasKeys(path), textAt(path, op, operand)]);
  return hasKeys(path);
}

function compileIn(path: readonly string[], operands: readonly Operand[], regexes: readonly RegexOperand[]): Condition {
  if (operands.length > MAX_LIST) return operands.includes(null) ? UNKNOWN : hasKeys(path);
  const texts = operands.filter((operand) => typeof operand === "string");
  const others = operands.filter((operand) => typeof operand !== "string");
  return anyOf([
    texts.length === 0 ? FALSE : allOf([hasKeys(path), textIn(path, texts)]),
    ...others.map((operand) => compileEquals(path, operand)),
    ...regexes.map((regex) => allOf([hasKeys(path), compileRegex(regex)])),
  ]);
}

function compileRegex(regex: RegexOperand): Condition {
  const literal = literalOf(regex);
  return literal ? contains(JSON.stringify(literal.text).slice(1, -1)) : UNKNOWN;
}

function contains(text: string): Condition {
  return condition("instr(doc, ?) > 0", [text]);
}

/** A value other than "missing" needs every key of its path; numbers may be positions in arrays. */
function hasKeys(path: readonly string[]): Condition {
  const keys = path.slice(1).filter((key) => !INDEX.test(key));
  return allOf([...new Set(keys)].map((key) => contains(`${JSON.stringify(key)}:`)));
}

/**
 * A condition on the value at the path by its type (`when … then …`), true where an array could hide a match.
 * @param ifMissing SQL for a path that leads nowhere
 */
function valueAt(path: readonly string[], cases: string, ifMissing?: string): Condition {
  if (!path.slice(1).every((key) => PLAIN_KEY.test(key))) return UNKNOWN;
  const paths = path.map((_, i) => jsonPath(path.slice(0, i + 1)));
  const whole = paths.at(-1) as string;
  const behindArray = paths.slice(0, -1).map((prefix) => `ifnull(json_type(doc, ${prefix}) = 'array', 0)`);
  const missing = ifMissing ?? (behindArray.join(" or ") || "0");
  const sql = `case ifnull(json_type(doc, ${whole}), '') ${cases} when 'array' then 1 when '' then (${missing}) else 0 end`;
  return condition(sql);
}

/** A JSON path as an SQL literal. */
function jsonPath(path: readonly string[]): string {
  return `'$${path.map((key) => `."${key.replaceAll("'", "''")}"`).join("")}'`;
}

const COMPARE = { gt: ">", gte: ">=", lt: "<", lte: "<=" } as const;

function numberAt(path: readonly string[], op: "eq" | "gt" | "gte" | "lt" | "lte", operand: number): Condition {
  const slack = slackOf(operand);
  if (slack === undefined) return valueAt(path, "when 'integer' then 1 when 'real' then 1");
  const value = `json_extract(doc, ${jsonPath(path)})`;
  const [compared, values] = comparedNumber(value, op, operand, slack);
  const one = valueAt(path, `when 'integer' then ${compared} when 'real' then ${compared}`);
  return one.sql === "1" ? one : { ...one, values: [...values, ...values] };
}

function comparedNumber(value: string, op: "eq" | keyof typeof COMPARE, operand: number, slack: number) {
  if (op === "eq") return [`${value} between ? and ?`, [operand - slack, operand + slack]] as const;
  const bound = op === "gt" || op === "gte" ? operand - slack : operand + slack;
  return [`${value} ${op === "gt" || op === "gte" ? ">=" : "<="} ?`, [bound]] as const;
}

/**
 * How far SQLite's reading of a decimal number may lie from JavaScript's; undefined where it cannot be told.
 */
function slackOf(operand: number): number | undefined {
  const size = Math.abs(operand);
  if (size > Number.MAX_SAFE_INTEGER || (size > 0 && size < 1e-280)) return undefined;
  return size * 1e-14;
}

function textAt(path: readonly string[], op: keyof typeof COMPARE, operand: string): Condition {
  const { sql, value } = textParameter(operand);
  const one = valueAt(path, `when 'text' then json_extract(doc, ${jsonPath(path)}) ${COMPARE[op]} ${sql}`);
  return one.sql === "1" ? one : { ...one, values: [value] };
}

function textIn(path: readonly string[], texts: readonly string[]): Condition {
  if (texts.length <= 4) return anyOf(texts.map((text) => contains(JSON.stringify(text))));
  if (!path.slice(1).every((key) => PLAIN_KEY.test(key))) return UNKNOWN;
  const listed = inList(`json_extract(doc, ${jsonPath(path)})`, texts);
  return { ...valueAt(path, `when 'text' then ${listed.sql}`), values: listed.values };
}
