/**
 * Selector → SQL condition. `match ⇒ condition` always; `condition ⇒ match` where `exact` (see sql.ts).
 *
 * An event's own fields are scalars, so tests of them become exact SQL (column.ts). What a test means for a field of
 * few values, or for a value of another type, is asked of the matcher itself instead of being told a second time here.
 * Paths into `event_data` meet arrays and mixed types; they become sound prefilters (data.ts).
 */
import { SOURCE_FIELDS } from "../../event/event.ts";
import { compileMatcher } from "../../event/selector/matches.ts";
import type { Node, Test } from "../../event/selector/selector.ts";
import { zoneReader } from "../../event/zone.ts";
import { type Column, compileColumn } from "./column.ts";
import { compileData } from "./data.ts";
import { allOf, anyOf, type Condition, condition, FALSE, negated, TRUE, UNKNOWN } from "./sql.ts";

type FieldNode = Extract<Node, { op: "field" }>;

const LEVELS = [0, 10, 20, 30, 40, 50] as const;
/** Looking for the text first spares parsing the heads of nearly all events. */
const ALERT = `(head glob '*lert":true*' and head ->> '$.alert')`;
const UTC = zoneReader("UTC");

export function compileSelector(node: Node): Condition {
  if (node.op === "field") return compileField(node);
  const children = node.children.map(compileSelector);
  if (node.op === "and") return allOf(children);
  return node.op === "or" ? anyOf(children) : allOf(children.map(negated));
}

/** The matcher's word on an event of which only some fields are known. */
function accepts(node: Node, event: object): boolean {
  return compileMatcher({ root: node, fields: new Set() }, UTC)(event as never);
}

/** Levels of events that a test of `log_level` accepts. */
export function levelsOf(node: FieldNode): number[] {
  return LEVELS.filter((log_level) => accepts(node, { log_level }));
}

function compileField(node: FieldNode): Condition {
  const [name = "", key = ""] = node.path;
  switch (name) {
    case "log_level":
      return compileLevel(node);
    case "alert":
      return compileFlag(node, "alert", ALERT);
    case "archived":
      return compileFlag(node, "archived", "(archived is not null)");
    case "event_data":
      return compileData(node.path, node.test);
    case "skew_ms":
      return UNKNOWN;
    case "source":
      return node.path.length === 1 ? UNKNOWN : compileSource(node, key);
    default:
      return compileOwn(node, name);
  }
}

function compileLevel(node: FieldNode): Condition {
  const levels = levelsOf(node);
  if (levels.length === LEVELS.length) return TRUE;
  return levels.length === 0 ? FALSE : condition(`lvl in (${levels.join(", ")})`);
}

function compileFlag(node: FieldNode, name: "alert" | "archived", sql: string): Condition {
  const [whenTrue, whenFalse] = [accepts(node, { [name]: true }), accepts(node, { [name]: false })];
  if (whenTrue === whenFalse) return whenTrue ? TRUE : FALSE;
  return condition(whenTrue ? sql : `not ${sql}`);
}

function compileSource(node: FieldNode, key: string): Condition {
  if (!(SOURCE_FIELDS as readonly string[]).includes(key)) return always(node, { source: {} });
  return compileColumn(
    columnOf(node, "text", key, true, (value) => ({ source: value === null ? {} : { [key]: value } })),
  );
}

const OWN = {
  _id: { kind: "text", sql: "id", nullable: false },
  event_type: { kind: "text", sql: "type", nullable: false },
  trace_id: { kind: "text", sql: "(head ->> '$.trace_id')", nullable: true },
  span_id: { kind: "text", sql: "(head ->> '$.span_id')", nullable: true },
  event_timestamp: { kind: "time", sql: "ts", nullable: false },
  archived_at: { kind: "time", sql: "archived", nullable: true },
  received_at: { kind: "time", sql: "received", nullable: false },
} as const;

function compileOwn(node: FieldNode, name: string): Condition {
  if (!Object.hasOwn(OWN, name)) return always(node, {});
  const { kind, sql, nullable } = OWN[name as keyof typeof OWN];
  return compileColumn(columnOf(node, kind, sql, nullable, (value) => ({ [name]: value })));
}

/** A path no event has: the answer is the same for all. */
function always(node: FieldNode, event: object): Condition {
  return accepts(node, event) ? TRUE : FALSE;
}

function columnOf(
  { path, test }: FieldNode,
  kind: Column["kind"],
  sql: string,
  nullable: boolean,
  eventWith: (value: string | null) => object,
): Column {
  const isOwn = path.length === (path[0] === "source" ? 2 : 1);
  const acceptsValue = (part: Test, value: string | null) =>
    accepts({ op: "field", path, test: part }, eventWith(value));
  return { kind: isOwn ? kind : "deeper", name: path[0] as string, sql, nullable, test, acceptsValue };
}

/** The conditions that must all hold: nested `and`s in one list. */
export function conjuncts(node: Node): Node[] {
  return node.op === "and" ? node.children.flatMap(conjuncts) : [node];
}
