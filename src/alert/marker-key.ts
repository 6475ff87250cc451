/**
 * MarkerKey: what an event must at least be for a selector to accept it, so that most selectors need not be run.
 *
 * A necessary condition only: the selector itself decides. Taken from conditions that must all hold, and from all branches
 * of an `$or`; a selector without any such condition has no key and is always run.
 */
import type { Node, Test } from "../event/selector/selector.ts";

export type MarkerKey =
  /** `event_type` is this. */
  | { readonly on: "type"; readonly type: string }
  /** `event_data.event_type` is this: how MADSci's log calls say a type. */
  | { readonly on: "dataType"; readonly type: string }
  | { readonly on: "alert" }
  /** `log_level` is at least this. */
  | { readonly on: "level"; readonly least: number };

/** How much each kind rules out: the smallest number wins. */
const RANK = { type: 0, dataType: 0, alert: 1, level: 2 } as const satisfies Record<MarkerKey["on"], number>;
const MAX_KEYS = 200;

/** At least one of these is true of every event the tree accepts; undefined where nothing is known. */
export function markerKeys(node: Node): readonly MarkerKey[] | undefined {
  if (node.op === "field") return keysOfField(node.path.join("."), node.test);
  if (node.op === "nor") return undefined;
  const known = node.children.map(markerKeys);
  if (node.op === "or") {
    const every = known.flatMap((keys) => keys ?? []);
    return known.includes(undefined) || every.length > MAX_KEYS ? undefined : every;
  }
  return known.filter((keys) => keys !== undefined).sort((a, b) => cost(a) - cost(b))[0];
}

function cost(keys: readonly MarkerKey[]): number {
  return Math.max(0, ...keys.map(({ on }) => RANK[on])) * MAX_KEYS + keys.length;
}

function keysOfField(path: string, test: Test): readonly MarkerKey[] | undefined {
  switch (path) {
    case "event_type":
      return textsOf(test)?.map((type) => ({ on: "type", type }));
    case "event_data.event_type":
      return textsOf(test)?.map((type) => ({ on: "dataType", type }));
    case "alert":
      return test.op === "eq" && test.value === true ? [{ on: "alert" }] : undefined;
    case "log_level":
      return levelOf(test);
    default:
      return undefined;
  }
}

function textsOf(test: Test): readonly string[] | undefined {
  if (test.op === "eq") return typeof test.value === "string" ? [test.value] : undefined;
  if (test.op !== "in" || test.regexes.length > 0 || test.values.length > MAX_KEYS) return undefined;
  const texts = test.values.filter((value) => typeof value === "string");
  return texts.length === test.values.length ? texts : undefined;
}

function levelOf(test: Test): readonly MarkerKey[] | undefined {
  if (test.op === "in") {
    const levels = test.values.filter((value) => typeof value === "number");
    const isPlain = levels.length === test.values.length && test.regexes.length === 0 && levels.length > 0;
    return isPlain ? [{ on: "level", least: Math.min(...levels) }] : undefined;
  }
  const isBound = test.op === "gte" || test.op === "gt" || test.op === "eq";
  return isBound && typeof test.value === "number" ? [{ on: "level", least: test.value }] : undefined;
}
