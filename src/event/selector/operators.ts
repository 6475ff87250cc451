/**
 * The accepted operators of one field, each with the one function that reads its operand.
 */
import { countNode, deeper, inside, type Parsing, type Place } from "./limits.ts";
import { isExtendedJson, isPlainObject, parseOperand } from "./operand.ts";
import { quoted, refusal } from "./refuse.ts";
import { parseRegex } from "./regex.ts";
import type { Operand, RegexOperand, Test, TypeName } from "./selector.ts";

type Operators = Readonly<Record<string, unknown>>;
type Reader = (value: unknown, at: Place, parsing: Parsing, siblings: Operators) => Test;

const READERS: Readonly<Record<string, Reader>> = {
  $eq: comparison("eq"),
  $ne: (value, at, parsing) => negated(READERS.$eq, value, at, parsing),
  $gt: comparison("gt"),
  $gte: comparison("gte"),
  $lt: comparison("lt"),
  $lte: comparison("lte"),
  $in: readIn,
  $nin: (value, at, parsing) => negated(readIn, value, at, parsing),
  $not: readNot,
  $exists: readExists,
  $type: readType,
  $regex: (value, at, parsing, siblings) => ({ op: "regex", regex: parseRegex(value, siblings.$options, at, parsing) }),
  $elemMatch: readElemMatch,
  $all: readAll,
  $size: readSize,
  $mod: readMod,
};

/** Operators a field accepts; `$options` goes with `$regex`. */
export const FIELD_OPERATORS: readonly string[] = [...Object.keys(READERS), "$options"].sort();
export const LOGICAL_OPERATORS: readonly string[] = ["$and", "$or", "$nor"];

/** What stands behind a path: `{ $gte: 1, $lt: 5 }`, a RegExp, or a value to be equal to. */
export function parseCondition(value: unknown, at: Place, parsing: Parsing): Test[] {
  if (isOperators(value, at)) return parseOperators(value, at, parsing);
  countNode(parsing, at);
  if (value instanceof RegExp) return [{ op: "regex", regex: parseRegex(value, undefined, at, parsing) }];
  return [{ op: "eq", value: parseOperand(value, at, parsing) }];
}

function isOperators(value: unknown, at: Place): value is Operators {
  if (!isPlainObject(value) || isExtendedJson(value)) return false;
  const keys = Object.keys(value);
  const operators = keys.filter((key) => key.startsWith("$"));
  if (operators.length === 0) return false;
  if (operators.length === keys.length) return true;
  const plain = keys.find((key) => !key.startsWith("$")) as string;
  throw refusal(
    at.loc,
    `operator ${quoted(operators[0] as string)} and field ${quoted(plain)} cannot stand in one object`,
    value,
  );
}

function parseOperators(operators: Operators, outer: Place, parsing: Parsing): Test[] {
  const at = deeper(parsing, outer);
  const tests: Test[] = [];
  for (const [name, value] of Object.entries(operators)) {
    if (name === "$options") {
      if (!("$regex" in operators)) throw refusal(inside(at, name).loc, "$options needs a $regex beside it", value);
      continue;
    }
    const read = Object.hasOwn(READERS, name) ? READERS[name] : undefined;
    if (!read) throw unknownOperator(name, value, at);
    countNode(parsing, at);
    tests.push(read(value, inside(at, name), parsing, operators));
  }
  return tests;
}

function unknownOperator(name: string, value: unknown, at: Place) {
  const accepted = `accepted here are ${FIELD_OPERATORS.join(", ")}`;
  const hint = LOGICAL_OPERATORS.includes(name) ? " (it stands beside field names, not behind one)" : "";
  return refusal(inside(at, name).loc, `operator ${quoted(name)} is not supported here${hint}; ${accepted}`, value);
}

function comparison(op: "eq" | "gt" | "gte" | "lt" | "lte"): Reader {
  return (value, at, parsing) => ({ op, value: parseOperand(value, at, parsing) });
}

function negated(read: Reader | undefined, value: unknown, at: Place, parsing: Parsing): Test {
  return { op: "not", tests: read ? [read(value, at, parsing, {})] : [] };
}

function listOf(value: unknown, at: Place, parsing: Parsing): readonly unknown[] {
  const name = at.loc.at(-1);
  if (!Array.isArray(value)) throw refusal(at.loc, `${name} takes an array`, value);
  const { maxEntries } = parsing.limits;
  if (value.length > maxEntries)
    throw refusal(at.loc, `${name} takes at most ${maxEntries} entries, not ${value.length}`, undefined);
  return Array.from(value);
}

function readIn(value: unknown, at: Place, parsing: Parsing): Test {
  const values: Operand[] = [];
  const regexes: RegexOperand[] = [];
  listOf(value, at, parsing).forEach((entry, i) => {
    const place = inside(at, i);
    if (entry instanceof RegExp) regexes.push(parseRegex(entry, undefined, place, parsing));
    else values.push(parseOperand(entry, place, parsing));
  });
  return { op: "in", values, regexes };
}

function readNot(value: unknown, at: Place, parsing: Parsing): Test {
  if (value instanceof RegExp)
    return { op: "not", tests: [{ op: "regex", regex: parseRegex(value, undefined, at, parsing) }] };
  if (isOperators(value, at)) return { op: "not", tests: parseOperators(value, at, parsing) };
  throw refusal(at.loc, "$not takes an object of operators, like {$gt: 5}; use $ne to exclude a value", value);
}

function readExists(value: unknown, at: Place): Test {
  if (typeof value === "boolean") return { op: "exists", value };
  if (value === 0 || value === 1) return { op: "exists", value: value === 1 };
  throw refusal(at.loc, "$exists takes true or false", value);
}

/** Names and numbers of https://www.mongodb.com/docs/manual/reference/bson-types/ that an event's value can have. */
const TYPES = {
  double: 1,
  string: 2,
  object: 3,
  array: 4,
  objectId: 7,
  bool: 8,
  date: 9,
  null: 10,
  int: 16,
  long: 18,
} as const satisfies Record<TypeName, number>;
const TYPE_NAMES = Object.keys(TYPES) as readonly TypeName[];

function readType(value: unknown, at: Place): Test {
  const given = Array.isArray(value) ? value : [value];
  if (given.length === 0 || given.length > TYPE_NAMES.length * 2)
    throw refusal(at.loc, "$type takes one type or an array of at least one", value);
  return { op: "type", types: new Set(given.flatMap((type) => typesNamed(type, at))) };
}

function typesNamed(type: unknown, at: Place): readonly TypeName[] {
  if (type === "number") return ["double", "int", "long"];
  const name = TYPE_NAMES.find((known) => known === type || TYPES[known] === type);
  if (name) return [name];
  const accepted = `${TYPE_NAMES.join(", ")}, number, or ${Object.values(TYPES).join(", ")}`;
  const shown = typeof type === "string" ? quoted(type) : typeof type === "number" ? String(type) : `a ${typeof type}`;
  throw refusal(at.loc, `$type does not know ${shown}; use ${accepted}`, type);
}

function readElemMatch(value: unknown, outer: Place, parsing: Parsing): Test {
  if (!isPlainObject(value)) throw refusal(outer.loc, "$elemMatch takes an object of conditions", value);
  const at: Place = { ...outer, root: false, time: false, type: false };
  const [first] = Object.keys(value);
  if (first === undefined || !first.startsWith("$") || LOGICAL_OPERATORS.includes(first)) {
    return { op: "elemMatchNode", node: parsing.parseNode(value, at) };
  }
  const plain = Object.keys(value).find((key) => !key.startsWith("$"));
  if (plain === undefined) return { op: "elemMatchTests", tests: parseOperators(value, at, parsing) };
  throw refusal(at.loc, `operator ${quoted(first)} and field ${quoted(plain)} cannot stand in one object`, value);
}

function readAll(value: unknown, at: Place, parsing: Parsing): Test {
  const entries = listOf(value, at, parsing);
  const elemMatches = entries.filter(isElemMatch).length;
  if (elemMatches !== 0 && elemMatches !== entries.length) {
    throw refusal(at.loc, "$all takes either values or $elemMatch objects, not both", value);
  }
  const tests = entries.map((entry, i): Test => {
    const place = inside(at, i);
    if (entry instanceof RegExp) return { op: "regex", regex: parseRegex(entry, undefined, place, parsing) };
    if (isElemMatch(entry)) return parseOperators(entry, place, parsing)[0] as Test;
    return { op: "eq", value: parseOperand(entry, place, parsing) };
  });
  return { op: "all", tests };
}

function isElemMatch(value: unknown): value is Operators {
  return isPlainObject(value) && Object.keys(value).length === 1 && "$elemMatch" in value;
}

function readSize(value: unknown, at: Place): Test {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return { op: "size", value: value + 0 };
  throw refusal(at.loc, "$size takes a whole number from 0 up", value);
}

function readMod(value: unknown, at: Place): Test {
  const [divisor, remainder] = Array.isArray(value) && value.length === 2 ? value.map(truncated) : [];
  if (divisor === undefined || remainder === undefined)
    throw refusal(at.loc, "$mod takes an array of two numbers, [divisor, remainder]", value);
  if (divisor === 0) throw refusal(at.loc, "the divisor of $mod must not be 0", value);
  return { op: "mod", divisor, remainder };
}

/** Towards zero, as MongoDB does. */
function truncated(value: unknown): number | undefined {
  const whole = typeof value === "number" ? Math.trunc(value) + 0 : undefined;
  return Number.isSafeInteger(whole) ? whole : undefined;
}
