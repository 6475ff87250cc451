/**
 * matches: does a selector accept an event? The oracle every backend is held to: MongoDB's rules over an event's JSON.
 *
 * A parsed selector is compiled once into closures; running them allocates next to nothing and never throws.
 */
import type { Event, StoredEvent } from "../event.ts";
import { localZone, type ZoneReader, zoneReader } from "../zone.ts";
import { parseSelector } from "./parse.ts";
import { someAt } from "./path.ts";
import { type Node, type ParsedSelector, type Selector, type Test, TIME_FIELDS } from "./selector.ts";
import { compileTimeTest } from "./time.ts";
import { compileValueTest, type TestContext } from "./value.ts";

/** Accepts or rejects one event. @since 0.1.0 */
export type EventMatcher = (event: Event | StoredEvent) => boolean;
type DocumentTest = (doc: object) => boolean;
type FieldNode = Extract<Node, { op: "field" }>;

/**
 * Compiles a selector for many events.
 * @param zone in which an event's timestamp without offset is read
 * @since 0.1.0
 */
export function compileMatcher(parsed: ParsedSelector, zone: ZoneReader): EventMatcher {
  return compileNode(parsed.root, (node) => compileEventField(node, zone));
}

const compiled = new WeakMap<ParsedSelector, Map<string | undefined, EventMatcher>>();

/**
 * True when the selector accepts the event. Parse the selector once (`parseSelector`) when testing many events: a parsed
 * selector is also compiled only once.
 *
 * @param options.naiveTimezone IANA zone in which timestamps without offset are read. Default: the zone of this process
 * @throws EventStoreError as {@link parseSelector} does; never because of the event.
 * @since 0.1.0
 */
export function matches(
  selector: Selector | ParsedSelector,
  event: Event | StoredEvent,
  options: { readonly naiveTimezone?: string } = {},
): boolean {
  const parsed = isParsed(selector) ? selector : parseSelector(selector, options);
  return matcherOf(parsed, options.naiveTimezone)(event);
}

function isParsed(selector: Selector | ParsedSelector): selector is ParsedSelector {
  return selector?.fields instanceof Set;
}

function matcherOf(parsed: ParsedSelector, zone: string | undefined): EventMatcher {
  const byZone = compiled.get(parsed) ?? new Map<string | undefined, EventMatcher>();
  compiled.set(parsed, byZone);
  const matcher = byZone.get(zone) ?? compileMatcher(parsed, zoneReader(zone ?? localZone()));
  byZone.set(zone, matcher);
  return matcher;
}

function compileNode(node: Node, compileField: (node: FieldNode) => DocumentTest): DocumentTest {
  if (node.op === "field") return compileField(node);
  const children = node.children.map((child) => compileNode(child, compileField));
  switch (node.op) {
    case "and":
      return every(children);
    case "or":
      return some(children);
    case "nor": {
      const any = some(children);
      return (doc) => !any(doc);
    }
  }
}

function some(tests: readonly DocumentTest[]): DocumentTest {
  return (doc) => {
    for (const holds of tests) if (holds(doc)) return true;
    return false;
  };
}

function every(tests: readonly DocumentTest[]): DocumentTest {
  return (doc) => {
    for (const holds of tests) if (!holds(doc)) return false;
    return true;
  };
}

/** A field of the event itself: time fields mean instants, and what only the store knows is null until then. */
function compileEventField({ path, test }: FieldNode, zone: ZoneReader): DocumentTest {
  const [name = ""] = path;
  if (path.length === 1 && TIME_FIELDS.has(name)) {
    const holds = compileTimeTest(test, name === "event_timestamp", zone);
    return (event) => holds((event as Record<string, string | null>)[name] ?? null);
  }
  const holds = compileAt(path, test, path.length === 1 && name === "_id");
  if (name !== "skew_ms") return holds;
  return (event) => holds("skew_ms" in event && event.skew_ms !== undefined ? event : { skew_ms: null });
}

/** A field of an array's element. */
function compileElementField({ path, test }: FieldNode): DocumentTest {
  return compileAt(path, test, false);
}

function compileAt(path: readonly string[], test: Test, isId: boolean): DocumentTest {
  if (test.op === "not" || test.op === "all") {
    const children = test.tests.map((child) => compileAt(path, child, isId));
    const all = every(children);
    if (test.op === "not") return (doc) => !all(doc);
    return children.length === 0 ? () => false : all;
  }
  if (test.op === "exists" && !test.value)
    return compileAt(path, { op: "not", tests: [{ op: "exists", value: true }] }, isId);
  const expand = test.op !== "size" && test.op !== "elemMatchNode" && test.op !== "elemMatchTests";
  return someAt(path, expand, compileValueTest(test, contextOf(isId)));
}

function contextOf(isId: boolean): TestContext {
  return { isId, compileNode: (node) => compileNode(node, compileElementField) };
}
