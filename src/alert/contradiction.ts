/**
 * Contradictions: selectors that no event can match, as far as that is cheap to see.
 *
 * Fields that hold one plain value (never a list) are looked at one by one: of the values the conditions leave, does
 * any satisfy all of them? No answer of ours is wrong: what is reported can never match. Much is not reported.
 */
import { compileMatcher } from "../event/selector/matches.ts";
import type { Node, Test } from "../event/selector/selector.ts";
import type { ZoneReader } from "../event/zone.ts";

type FieldNode = Extract<Node, { op: "field" }>;

/** All values of the fields that have few; an event is not archived when it arrives. */
const VALUES: ReadonlyMap<string, readonly unknown[]> = new Map<string, readonly unknown[]>([
  ["log_level", [0, 10, 20, 30, 40, 50]],
  ["alert", [true, false]],
  ["archived", [false]],
]);
const TEXTS: ReadonlySet<string> = new Set(["_id", "event_type", "trace_id", "span_id"]);

/** True when no event that arrives can satisfy the tree, seen cheaply. */
export function neverHolds(node: Node, zone: ZoneReader): boolean {
  if (node.op === "or") return node.children.every((child) => neverHolds(child, zone));
  if (node.op === "nor") return node.children.some(acceptsAll);
  const parts = conjuncts(node);
  if (parts.some((part) => part.op !== "field" && neverHolds(part, zone))) return true;
  return [...byPath(parts)].some(([path, tests]) => noneLeft(path, tests, zone));
}

/** Conditions that must all hold, with `and` inside `and` spread out. */
function conjuncts(node: Node): readonly Node[] {
  return node.op === "and" ? node.children.flatMap(conjuncts) : [node];
}

function acceptsAll(node: Node): boolean {
  return node.op === "and" && node.children.every(acceptsAll);
}

function byPath(parts: readonly Node[]): ReadonlyMap<string, FieldNode[]> {
  const found = new Map<string, FieldNode[]>();
  for (const part of parts) {
    if (part.op !== "field") continue;
    const path = part.path.join(".");
    found.set(path, [...(found.get(path) ?? []), part]);
  }
  return found;
}

function noneLeft(path: string, nodes: readonly FieldNode[], zone: ZoneReader): boolean {
  const values = VALUES.get(path) ?? valuesLeft(path, nodes);
  if (values === undefined) return false;
  const holds = compileMatcher({ root: { op: "and", children: nodes }, fields: new Set() }, zone);
  return !values.some((value) => holds(eventWith(path, value) as never));
}

/** Values of which one must be the field's, where the conditions list them. */
function valuesLeft(path: string, nodes: readonly FieldNode[]): readonly unknown[] | undefined {
  if (!TEXTS.has(path) && !/^source\.\w+$/.test(path)) return undefined;
  const listed = nodes.map(({ test }) => listedIn(test)).find((values) => values !== undefined);
  // A text, or nothing: a missing field equals null.
  return listed?.flatMap((value) => (typeof value === "string" ? [value] : value === null ? [null, undefined] : []));
}

function listedIn(test: Test): readonly unknown[] | undefined {
  if (test.op === "eq") return [test.value];
  return test.op === "in" && test.regexes.length === 0 ? test.values : undefined;
}

function eventWith(path: string, value: unknown): object {
  const [first = "", second] = path.split(".");
  const inner = value === undefined ? {} : { [second ?? first]: value };
  return second === undefined ? inner : { [first]: inner };
}
