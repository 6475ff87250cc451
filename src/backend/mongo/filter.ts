/**
 * Selector tree → MongoDB filter.
 *
 * Every filter is a superset: the caller runs `compileMatcher` over what comes back, so that an answer is never wrong,
 * whatever server gave it. `exact` says that the server's own answer needs no check (for counting on the server).
 * Inside `$nor` the direction turns: there each part must be a subset, hence the two modes.
 *
 * Conditions on `event_timestamp` become conditions on `ts`, those on `archived_at` and `received_at` compare dates.
 * A condition on `event_data` also admits documents whose payload rests as text (document.ts).
 */
import { toMs } from "../../event/instant.ts";
import {
  DateValue,
  type Node,
  OidValue,
  type Operand,
  type ParsedSelector,
  type RegexOperand,
  type Test,
  TIME_FIELDS,
} from "../../event/selector/selector.ts";
import { OPAQUE_FIELD, OWN_FIELDS } from "./document.ts";
import { EVERYTHING, type Filter, NOTHING } from "./parts.ts";
import { dateFilter, regexFilter, timestampFilter } from "./time-filter.ts";

export interface CompiledFilter {
  readonly filter: Filter;
  readonly exact: boolean;
}

/** What the translation depends on. */
export interface Dialect {
  /** Makes the driver's object id of 24 hex digits; undefined where the driver's classes are not at hand. */
  objectId(hex: string): unknown;
  /**
   * False for FerretDB 1.x: its `$elemMatch` knows few operators, `$mod` does not look into arrays, and a path through an
   * array without objects counts as missing, and a number in a path names an element only, never also a field of the
   * elements. Only plain comparisons are passed on to it where arrays may be.
   */
  readonly complete: boolean;
}

/** How the filter may err: to admit too much, or (inside `$nor`) too little. */
export type Mode = "over" | "under";

/** A condition on one field, and how its translation may err. */
export interface Leaf {
  readonly path: readonly string[];
  readonly test: Test;
  readonly mode: Mode;
  readonly dialect: Dialect;
}

/** Translates the condition on one field. */
export type LeafCompiler = (path: readonly string[], test: Test, mode: Mode) => CompiledFilter;

/** Filter for documents of ours. */
export function compileFilter(selector: ParsedSelector, dialect: Dialect): CompiledFilter {
  return compileNode(selector.root, "over", (path, test, mode) => compileLeaf(path, test, mode, dialect));
}

export function compileNode(node: Node, mode: Mode, leaf: LeafCompiler): CompiledFilter {
  if (node.op === "field") return leaf(node.path, node.test, mode);
  const inner: Mode = node.op !== "nor" ? mode : mode === "over" ? "under" : "over";
  const parts = node.children.map((child) => compileNode(child, inner, leaf));
  const exact = parts.every((part) => part.exact);
  if (parts.length === 0) return { filter: EVERYTHING, exact };
  return { filter: { [`$${node.op}`]: parts.map((part) => part.filter) }, exact };
}

/** What stands for a condition that cannot be translated. */
export function unknown(mode: Mode): CompiledFilter {
  return { filter: mode === "over" ? EVERYTHING : NOTHING, exact: false };
}

/** Thrown inside this file only: the test has no translation. */
class Untranslatable extends Error {}

function compileLeaf(path: readonly string[], test: Test, mode: Mode, dialect: Dialect): CompiledFilter {
  const [name = ""] = path;
  if (OWN_FIELDS.has(name)) return unknown(mode);
  try {
    if (path.length === 1 && TIME_FIELDS.has(name)) {
      const filter = name === "event_timestamp" ? timestampFilter(test) : dateFilter(name, test);
      return { filter, exact: !hasRegex(test) };
    }
    return pathFilter(path, test, mode, dialect);
  } catch (error) {
    if (error instanceof Untranslatable) return unknown(mode);
    throw error;
  }
}

/** A condition on any path but the time fields. @throws Untranslatable */
function pathFilter(path: readonly string[], test: Test, mode: Mode, dialect: Dialect): CompiledFilter {
  const filter = { [path.join(".")]: operators([test], { dialect, isId: path.length === 1 && path[0] === "_id" }) };
  if (isBeyond({ path, test, mode, dialect })) throw new Untranslatable();
  if (path[0] !== "event_data") return { filter, exact: !hasRegex(test) };
  if (mode === "over") return { filter: { $or: [filter, { [OPAQUE_FIELD]: { $exists: true } }] }, exact: false };
  return { filter: { $and: [filter, { [OPAQUE_FIELD]: { $exists: false } }] }, exact: false };
}

/** `event_data` conditions for documents another program wrote; the same translation without our text field. */
export function foreignDataFilter(leaf: Leaf): CompiledFilter {
  const { path, test, mode, dialect } = leaf;
  try {
    if (isBeyond(leaf)) throw new Untranslatable();
    return { filter: { [path.join(".")]: operators([test], { dialect, isId: false }) }, exact: false };
  } catch (error) {
    if (error instanceof Untranslatable) return unknown(mode);
    throw error;
  }
}

/** True for a condition that an incomplete server would find too little for where arrays may be on the way. */
function isBeyond({ path, test, mode, dialect }: Leaf): boolean {
  if (dialect.complete || path[0] !== "event_data") return false;
  return mode === "under" || !isPlain(test) || path.some((key) => /^\d+$/.test(key));
}

/** Comparisons with one scalar or several, a pattern, or "is there". */
function isPlain(test: Test): boolean {
  switch (test.op) {
    case "eq":
    case "gt":
    case "gte":
    case "lt":
    case "lte":
      return isScalar(test.value);
    case "in":
      return test.regexes.length === 0 && test.values.every(isScalar);
    case "exists":
      return test.value;
    default:
      return test.op === "regex";
  }
}

/** Not null, which stands for "missing" too: in one element of an array it is enough. */
function isScalar(value: Operand): boolean {
  return typeof value !== "object";
}

interface Place {
  readonly dialect: Dialect;
  /** True for the path `_id`, where an object id also stands for its text. */
  readonly isId: boolean;
}

function operators(tests: readonly Test[], place: Place): Filter {
  const out: Filter = {};
  for (const test of tests) {
    for (const [name, value] of operator(test, place)) {
      if (name in out) throw new Untranslatable();
      out[name] = value;
    }
  }
  return out;
}

function operator(test: Test, place: Place): [string, unknown][] {
  switch (test.op) {
    case "eq":
      return place.isId && test.value instanceof OidValue
        ? [["$in", [toBson(test.value, place), test.value.hex]]]
        : [["$eq", toBson(test.value, place)]];
    case "gt":
    case "gte":
    case "lt":
    case "lte":
      return [[`$${test.op}`, toBson(test.value, place)]];
    case "in":
      return [["$in", inList(test.values, test.regexes, place)]];
    case "exists":
      return [["$exists", test.value]];
    case "type":
      return [["$type", [...test.types]]];
    case "regex":
      return Object.entries(regexFilter(test.regex));
    case "elemMatchNode":
      if (!place.dialect.complete) throw new Untranslatable();
      return [["$elemMatch", elementFilter(test.node, place)]];
    case "elemMatchTests":
      if (!place.dialect.complete) throw new Untranslatable();
      return [["$elemMatch", operators(test.tests, { ...place, isId: false })]];
    case "all":
      return [["$all", test.tests.map((entry) => allEntry(entry, place))]];
    case "size":
      return [["$size", test.value]];
    case "mod":
      return [["$mod", [whole(test.divisor), whole(test.remainder)]]];
    case "not":
      return [negation(test.tests, place)];
  }
}

function negation(tests: readonly Test[], place: Place): [string, unknown] {
  const [only] = tests;
  if (tests.length === 1 && only?.op === "eq" && !(only.value instanceof OidValue))
    return ["$ne", toBson(only.value, place)];
  if (tests.length === 1 && only?.op === "in") return ["$nin", inList(only.values, only.regexes, place)];
  return ["$not", operators(tests, place)];
}

function inList(values: readonly Operand[], regexes: readonly RegexOperand[], place: Place): unknown[] {
  const texts = place.isId ? values.flatMap((value) => (value instanceof OidValue ? [value.hex] : [])) : [];
  return [...values.map((value) => toBson(value, place)), ...texts, ...regexes.map(nativeRegex)];
}

/** Inside a list a pattern must be a value; those JavaScript or the driver does not carry stay out of the translation. */
function nativeRegex({ pattern, flags }: RegexOperand): RegExp {
  if (flags.includes("s")) throw new Untranslatable();
  try {
    return new RegExp(pattern, flags);
  } catch {
    throw new Untranslatable();
  }
}

function allEntry(test: Test, place: Place): unknown {
  if (test.op === "eq") return toBson(test.value, place);
  return test.op === "regex" ? nativeRegex(test.regex) : operators([test], place);
}

/** Conditions on the fields of an array's element; no field there is special. */
function elementFilter(node: Node, place: Place): Filter {
  const inner = { ...place, isId: false };
  const leaf: LeafCompiler = (path, test) => ({
    filter: { [path.join(".")]: operators([test], inner) },
    exact: true,
  });
  return compileNode(node, "over", leaf).filter;
}

/** An operand as the driver writes it. */
function toBson(value: Operand, place: Place): unknown {
  if (typeof value === "number") return whole(value);
  if (typeof value === "bigint") {
    if (BigInt.asIntN(64, value) !== value) throw new Untranslatable();
    return value;
  }
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof DateValue) return new Date(toMs(value.instant));
  if (value instanceof OidValue) return objectIdOf(value, place);
  if (Array.isArray(value)) return value.map((item) => toBson(item, place));
  const entries = Object.entries(value as Record<string, Operand>);
  return Object.fromEntries(entries.map(([key, item]) => [key, toBson(item, place)]));
}

function objectIdOf({ hex }: OidValue, place: Place): unknown {
  const id = place.dialect.objectId(hex);
  if (id === undefined) throw new Untranslatable();
  return id;
}

/** An integer beyond 32 bits as bigint, which the driver writes as int64. */
function whole(value: number): number | bigint {
  return Number.isSafeInteger(value) && (value | 0) !== value ? BigInt(value) : value;
}

/** True when a pattern is involved: servers differ in the corners of their dialects. */
function hasRegex(test: Test): boolean {
  switch (test.op) {
    case "regex":
      return true;
    case "in":
      return test.regexes.length > 0;
    case "not":
    case "all":
    case "elemMatchTests":
      return test.tests.some(hasRegex);
    case "elemMatchNode":
      return true;
    default:
      return false;
  }
}
