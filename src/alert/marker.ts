/**
 * Marker: which rules an arriving event concerns. Runs between a request and its answer, so it must be quick.
 *
 * Conditions lie in drawers by what an event must at least be (marker-key.ts): its type, the type in its data, `alert`,
 * its level. Only those in the drawers of this event are run, and each rule's until the first that accepts.
 */
import type { Event } from "../event/event.ts";
import { parseSelector } from "../event/selector/parse.ts";
import type { Marker } from "./host.ts";
import { type MarkerKey, markerKeys } from "./marker-key.ts";
import type { Condition, Rule, When } from "./rule.ts";

/** A condition of a rule, and where the rule stands among the others. */
interface Entry {
  readonly rule: number;
  readonly condition: Condition;
}

interface Drawers {
  readonly type: Map<string, Entry[]>;
  readonly dataType: Map<string, Entry[]>;
  readonly alert: Entry[];
  /** Ordered by the least level. */
  readonly level: { readonly least: number; readonly entry: Entry }[];
  readonly always: Entry[];
}

const NONE: readonly string[] = Object.freeze([]);
/** Selectors here have passed the guard already; those we made of several may be larger than one may be. */
const LIMITS = { maxDepth: 40, maxNodes: 5_000, maxRegexes: 500 };

/**
 * A function that tells the ids of the enabled rules whose conditions accept an event: `select`, and what else the rule
 * must see (`bad`, `expect`, `resolveWhen`, `while`). In the order of the rules; never throws. Rules of kind `ledger`
 * look at no events.
 */
export function compileMarker(rules: readonly Rule[]): Marker {
  const drawers: Drawers = { type: new Map(), dataType: new Map(), alert: [], level: [], always: [] };
  rules.forEach((rule, index) => {
    for (const condition of rule.enabled ? conditionsOf(rule) : []) file(drawers, { rule: index, condition });
  });
  drawers.level.sort((a, b) => a.least - b.least);
  const all = [...drawers.dataType.values()].flat();
  return (event) => {
    const found: number[] = [];
    look(drawers.type.get(event.event_type), event, found);
    if (all.length > 0) look(entriesOfData(drawers.dataType, all, event.event_data), event, found);
    if (event.alert) look(drawers.alert, event, found);
    for (const { least, entry } of drawers.level) {
      if (least > event.log_level) break;
      lookAt(entry, event, found);
    }
    look(drawers.always, event, found);
    return found.length === 0 ? NONE : found.sort((a, b) => a - b).map((index) => (rules[index] as Rule).id);
  };
}

/** Every condition under which an event matters to a rule. */
export function conditionsOf(rule: Rule): readonly Condition[] {
  if (rule.when.kind === "ledger") return [];
  return rule.resolveWhen ? [...conditionsOfWhen(rule.when), rule.resolveWhen] : conditionsOfWhen(rule.when);
}

function conditionsOfWhen(when: Exclude<When, { kind: "ledger" }>): readonly Condition[] {
  switch (when.kind) {
    case "ratio":
      return [when.select, when.bad];
    case "sequence":
      return [when.select, when.expect];
    case "absence":
      return when.during ? [when.select, when.during.from, when.during.until] : [when.select];
    default:
      return [when.select];
  }
}

function file(drawers: Drawers, entry: Entry): void {
  const keys = keysOf(entry.condition);
  if (keys === undefined) drawers.always.push(entry);
  else for (const key of keys) put(drawers, key, entry);
}

function keysOf(condition: Condition): readonly MarkerKey[] | undefined {
  try {
    return markerKeys(parseSelector(condition.selector, { naiveTimezone: "UTC", limits: LIMITS }).root);
  } catch {
    return undefined;
  }
}

function put(drawers: Drawers, key: MarkerKey, entry: Entry): void {
  switch (key.on) {
    case "type":
    case "dataType": {
      const drawer = drawers[key.on].get(key.type) ?? [];
      drawers[key.on].set(key.type, drawer);
      drawer.push(entry);
      return;
    }
    case "alert":
      drawers.alert.push(entry);
      return;
    case "level":
      drawers.level.push({ least: key.least, entry });
  }
}

/** Paths go through lists, so where there is one every type may be meant. */
function entriesOfData(
  drawer: ReadonlyMap<string, Entry[]>,
  all: readonly Entry[],
  data: Event["event_data"],
): readonly Entry[] | undefined {
  if (typeof data !== "object" || data === null) return undefined;
  if (Array.isArray(data)) return all;
  const type = (data as { readonly event_type?: unknown }).event_type;
  return typeof type === "string" ? drawer.get(type) : Array.isArray(type) ? all : undefined;
}

function look(entries: readonly Entry[] | undefined, event: Event, found: number[]): void {
  if (entries) for (const entry of entries) lookAt(entry, event, found);
}

function lookAt({ rule, condition }: Entry, event: Event, found: number[]): void {
  if (!found.includes(rule) && accepts(condition, event)) found.push(rule);
}

/** A matcher does not throw; if one did, the event is still stored and its answer still goes out. */
function accepts(condition: Condition, event: Event): boolean {
  try {
    return condition.matches(event);
  } catch {
    return false;
  }
}
