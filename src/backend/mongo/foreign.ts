/**
 * Documents another program wrote: they have no `ts`, and their `event_timestamp` is text in the notation of its sender.
 *
 * Filters for them are wide supersets: a condition is passed on only where the reader (read.ts) cannot change the value
 * it speaks of. Everything is verified on what was read.
 */
import { formatInstant, type Instant } from "../../event/instant.ts";
import type { Node, Test } from "../../event/selector/selector.ts";
import { MIN_TS } from "./document.ts";
import { type CompiledFilter, compileNode, type Dialect, foreignDataFilter, type Leaf, unknown } from "./filter.ts";
import type { Filter } from "./parts.ts";

/** Documents without an instant of ours. */
export const FOREIGN: Filter = { ts: { $not: { $gte: MIN_TS } } };

/** The same but for documents whose `ts` is nonsense; an index on `ts` and more serves it in that index's order. */
export const FOREIGN_TS: Filter = { ts: null };

/**
 * Timestamps whose text order is their wall clock's order to the second: what MADSci writes. Days that exist in no month
 * are kept out; 29 February is left to the reader.
 */
const DAY =
  "(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|[12][0-9]))";
const CLOCK = "(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]";
const OFFSET = "(?:Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])";
const ORDERED = `^(?:[1-9][0-9]{3}|0[1-9][0-9]{2}|00[1-9][0-9]|000[1-9])-${DAY}T${CLOCK}(?:[.][0-9]+)?${OFFSET}?$`;

export const ORDERED_TEXT: Filter = { event_timestamp: { $regex: ORDERED } };
export const UNORDERED_TEXT: Filter = { event_timestamp: { $not: { $regex: ORDERED } } };

/** A wall clock and its instant differ by less than this: offsets stay below a day. */
export const SLACK: Instant = 26n * 3_600_000_000n;
const FIRST = -62_135_596_800_000_000n; // 0001-01-01
const LAST = 253_402_300_799_000_000n; // 9999-12-31T23:59:59

/** Text bounds that no timestamp within the instants leaves. */
export function textRange(from: Instant | undefined, to: Instant | undefined): Filter {
  const range: Filter = {};
  if (from !== undefined) range.$gte = wallText(from - SLACK);
  if (to !== undefined) range.$lte = wallText(to + SLACK);
  return from === undefined && to === undefined ? {} : { event_timestamp: range };
}

function wallText(instant: Instant): string {
  const within = instant < FIRST ? FIRST : instant > LAST ? LAST : instant;
  return formatInstant(within).slice(0, 19);
}

/** @param root of the selector */
export function compileForeign(root: Node, dialect: Dialect): CompiledFilter {
  return compileNode(root, "over", (path, test, mode) => compileLeaf({ path, test, mode, dialect }));
}

function compileLeaf(leaf: Leaf): CompiledFilter {
  const { path, test, mode, dialect } = leaf;
  const [name = ""] = path;
  if (name === "event_data") return foreignDataFilter(leaf);
  const texts = mode === "over" ? textsOf(test) : undefined;
  if (!texts) return unknown(mode);
  if (name === "_id" && path.length === 1) return over({ _id: { $in: texts.flatMap((id) => idKeys(id, dialect)) } });
  if (name === "source" && path.length === 2) return over({ [path.join(".")]: { $in: texts } });
  return unknown(mode);
}

function over(filter: Filter): CompiledFilter {
  return { filter, exact: false };
}

/** The texts a value must be one of; undefined when the test says anything else. */
function textsOf(test: Test): readonly string[] | undefined {
  const values = test.op === "eq" ? [test.value] : test.op === "in" && test.regexes.length === 0 ? test.values : [5];
  return values.every((value) => typeof value === "string") ? values : undefined;
}

/** Every stored `_id` that reads as this text. */
export function idKeys(id: string, dialect: Dialect): unknown[] {
  const keys: unknown[] = [id];
  if (/^[0-9a-f]{24}$/.test(id)) keys.push(dialect.objectId(id));
  if (/^(?:0|-?[1-9]\d{0,14})$/.test(id)) keys.push(Number(id), BigInt(id));
  return keys.filter((key) => key !== undefined);
}
