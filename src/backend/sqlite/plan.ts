/**
 * A query → which stretches of which index to read, and what to ask of the rows there.
 *
 * SQLite's planner is not asked: a range over `log_level` makes it choose by statistics and be slow by factors of
 * hundreds. Each plan is a set of slices, one value of one index each, ordered by (time, id), to be merged:
 * `_id`, else node, else workflow, else type, else level, else time alone.
 */

import type { Instant } from "../../event/instant.ts";
import { DateValue, type Node, OidValue, type Test } from "../../event/selector/selector.ts";
import type { FindQuery, SearchPlan } from "../backend.ts";
import { compileSelector, conjuncts, levelsOf } from "./compile.ts";
import { allOf, type Condition, condition, isFalse } from "./sql.ts";

export interface Slice {
  readonly index: string;
  /** What all rows of the slice share. */
  readonly shared: Condition;
  /** False where the index is not ordered by (time, id): few rows, read at once. */
  readonly ordered: boolean;
}

export interface Plan {
  /** The column that orders. */
  readonly key: "ts" | "archived";
  readonly slices: readonly Slice[];
  /** Asked of every row of the slices. */
  readonly where: Condition;
  /** What SQL cannot decide; absent when `where` is the whole truth. */
  readonly residual: Node | undefined;
  /** Bounds of the ordering column, both inclusive. */
  readonly first: Instant;
  readonly last: Instant;
}

/** More values than this are cheaper to read in time order. */
const MAX_SLICES = 32;
export const FIRST = -(2n ** 63n);
/** One less than the largest integer, so that "behind it" exists. */
export const LAST = 2n ** 63n - 2n;

export const NOT_ARCHIVED = "archived is null";

type PlanQuery = Pick<FindQuery, "selector" | "from" | "to" | "archived"> & Partial<Pick<FindQuery, "by">>;

/** Undefined when nothing can match. */
export function planOf(query: PlanQuery): Plan | undefined {
  const nodes = conjuncts(query.selector.root);
  const bounds = boundsOf(nodes, query);
  if (bounds.from > bounds.to) return undefined;
  const rest = nodes.filter((node) => !boundOf(node));
  const choice = query.by === "archived_at" ? byArchived(bounds) : chooseSlices(rest, bounds);
  const open = rest.filter((node) => node !== choice.used);
  const conditions = open.map(compileSelector);
  const where = allOf([...choice.scope, ...scope(query), ...conditions]);
  if (isFalse(where) || choice.slices.length === 0) return undefined;
  const inexact = open.filter((_, i) => !conditions[i]?.exact);
  const residual: Node | undefined = inexact.length === 0 ? undefined : { op: "and", children: inexact };
  return { ...choice, where, residual };
}

/** A plan in words. */
export function explainPlan(query: PlanQuery): SearchPlan {
  const plan = planOf(query);
  if (!plan) return { engine: "sqlite", index: null, ranges: 0, decided_by: "index" };
  const decided_by = plan.residual ? "matcher" : plan.where.sql === "1" ? "index" : "sql";
  return { engine: "sqlite", index: plan.slices[0]?.index ?? null, ranges: plan.slices.length, decided_by };
}

function scope({ archived, by }: PlanQuery): Condition[] {
  if (by === "archived_at" || archived === undefined) return [];
  return [condition(archived ? "archived is not null" : NOT_ARCHIVED)];
}

interface Bounds {
  readonly from: Instant;
  readonly to: Instant;
}

interface Choice extends Pick<Plan, "key" | "slices" | "first" | "last"> {
  /** The condition the slices express. */
  readonly used?: Node | undefined;
  /** What the bounds still ask of a row. */
  readonly scope: readonly Condition[];
}

interface Slices {
  readonly slices: readonly Slice[];
  readonly used?: Node;
}

function byArchived({ from, to }: Bounds): Choice {
  const slices = [{ index: "events_archived", shared: condition("archived is not null"), ordered: true }];
  const bounded = from !== FIRST || to !== LAST;
  const within = bounded ? [condition("ts between ? and ?", [from, to])] : [];
  return { key: "archived", slices, first: FIRST, last: LAST, scope: within };
}

const EVERYTHING: Slices = { slices: [{ index: "events_ts", shared: condition("1"), ordered: true }] };

const INDEXED = [
  { path: "source.node_id", index: "events_node", column: "node_id" },
  { path: "source.workflow_id", index: "events_workflow", column: "workflow_id" },
  { path: "event_type", index: "events_type", column: "type" },
] as const;

function chooseSlices(nodes: readonly Node[], { from, to }: Bounds): Choice {
  const chosen = slicesById(nodes) ?? slicesByText(nodes) ?? slicesByLevel(nodes) ?? EVERYTHING;
  return { key: "ts", first: from, last: to, scope: [], ...chosen };
}

function slicesById(nodes: readonly Node[]): Slices | undefined {
  for (const used of nodes) {
    const ids = textsOf(used, "_id");
    if (ids) return { used, slices: [{ index: "events_id", shared: among("id", ids), ordered: false }] };
  }
  return undefined;
}

/** Bare, so that SQLite looks the values up in the index. */
function among(column: string, texts: readonly string[]): Condition {
  return condition(`${column} in (select value from json_each(?))`, [JSON.stringify(texts)]);
}

function slicesByText(nodes: readonly Node[]): Slices | undefined {
  for (const { path, index, column } of INDEXED) {
    for (const used of nodes) {
      const texts = textsOf(used, path);
      if (!texts || texts.length > MAX_SLICES) continue;
      return {
        used,
        slices: texts.map((text) => ({ index, shared: condition(`${column} = ?`, [text]), ordered: true })),
      };
    }
  }
  return undefined;
}

function slicesByLevel(nodes: readonly Node[]): Slices | undefined {
  const used = nodes.find((node) => node.op === "field" && node.path[0] === "log_level");
  if (used?.op !== "field") return undefined;
  const levels = levelsOf(used);
  const slices = levels.map((level) => ({ index: "events_lvl", shared: condition(`lvl = ${level}`), ordered: true }));
  return levels.length === 6 ? { ...EVERYTHING, used } : { slices, used };
}

/** The texts a field must be one of, if a condition says just that. */
function textsOf(node: Node, path: string): string[] | undefined {
  if (node.op !== "field" || node.path.join(".") !== path) return undefined;
  const operands = listOf(node.test);
  const texts = operands?.map((operand) => (path === "_id" && operand instanceof OidValue ? operand.hex : operand));
  const plain = texts?.every((text) => typeof text === "string" && !text.includes("\0"));
  return plain ? [...new Set(texts as string[])] : undefined;
}

function listOf(test: Test) {
  if (test.op === "eq") return [test.value];
  return test.op === "in" && test.regexes.length === 0 ? test.values : undefined;
}

/** The bounds that a comparison of the event's time with an instant sets. */
function boundOf(node: Node): Partial<Bounds> | undefined {
  if (node.op !== "field" || node.path.join(".") !== "event_timestamp" || !("value" in node.test)) return undefined;
  const { op, value } = node.test;
  if (!(value instanceof DateValue)) return undefined;
  const { instant } = value;
  if (op === "eq") return { from: instant, to: instant };
  if (op === "gt" || op === "gte") return { from: op === "gt" ? instant + 1n : instant };
  if (op === "lt" || op === "lte") return { to: op === "lt" ? instant - 1n : instant };
  return undefined;
}

function boundsOf(nodes: readonly Node[], query: PlanQuery): Bounds {
  let [from, to] = [query.from ?? FIRST, query.to ?? LAST];
  for (const node of nodes) {
    const bound = boundOf(node);
    if (bound?.from !== undefined && bound.from > from) from = bound.from;
    if (bound?.to !== undefined && bound.to < to) to = bound.to;
  }
  return { from: from < FIRST ? FIRST : from, to: to > LAST ? LAST : to };
}
