/**
 * Selectors and paths of a configuration, checked for what the guard refuses and for what can never be.
 *
 * Over events (`eventCondition`) or over incidents as silences see them (`incidentCondition`).
 */
import { EventStoreError } from "../errors.ts";
import { EVENT_FIELDS, SOURCE_FIELDS } from "../event/event.ts";
import { canonicalType, EVENT_TYPES, isKnownType } from "../event/event-types.ts";
import { parseLevel } from "../event/levels.ts";
import { compileMatcher } from "../event/selector/matches.ts";
import { parseSelector } from "../event/selector/parse.ts";
import type { Node, ParsedSelector, Selector, Test } from "../event/selector/selector.ts";
import { neverHolds } from "./contradiction.ts";
import type { Field } from "./field.ts";
import { didYouMean, nearestWord } from "./nearest-word.ts";
import type { PlanContext } from "./options.ts";
import type { Condition } from "./rule.ts";

const OF_EVENTS: ReadonlySet<string> = new Set([...EVENT_FIELDS, "received_at", "skew_ms"]);
const OF_INCIDENTS: ReadonlySet<string> = new Set([...OF_EVENTS, "rule", "severity", "state", "labels"]);
/** Types our own programs write. */
const OWN_TYPES = ["log_dropped", "backup_failed", "retention_run", "retention_failed"] as const;
const KNOWN_TYPES = [...EVENT_TYPES, ...OWN_TYPES];

/** A selector over events; undefined, with a trouble, for one that is refused or that no event can match. */
export function eventCondition(field: Field, context: PlanContext): Condition | undefined {
  const parsed = parsedSelector(field, context, OF_EVENTS);
  if (!parsed || hasLevelInWords(field, parsed.root)) return undefined;
  if (neverHolds(parsed.root, context.zone))
    return field.error("can never match: its conditions contradict each other");
  return conditionOf(field.value as Selector, parsed, context);
}

/** A selector over incidents: `rule`, `severity`, `state`, `labels.…`, and the fields of the newest event. */
export function incidentCondition(field: Field, context: PlanContext): Condition | undefined {
  const parsed = parsedSelector(field, context, OF_INCIDENTS);
  return parsed && conditionOf(field.value as Selector, parsed, context);
}

/** Its tree, to be looked at more closely; undefined where it is none. */
export function incidentSelector(field: Field, context: PlanContext): ParsedSelector | undefined {
  return parsedSelector(field, context, OF_INCIDENTS);
}

/** A path into what selectors over incidents see, e.g. `labels.source.node_id`. */
export function incidentPath(field: Field): string | undefined {
  const path = field.text();
  if (path === undefined) return undefined;
  try {
    parseSelector({ [path]: null }, { naiveTimezone: "UTC" });
  } catch (error) {
    if (!(error instanceof EventStoreError)) throw error;
    return field.error("is no path; write it like source.workcell_id");
  }
  return hasFields(field, path, { known: OF_INCIDENTS, whose: "incidents" }) ? path : undefined;
}

/** A selector of our own making. */
export function madeCondition(selector: Selector, context: PlanContext): Condition {
  return conditionOf(selector, parseSelector(selector, { naiveTimezone: context.naiveTimezone }), context);
}

/** A dotted path into an event, e.g. `source.node_id`. */
export function eventPath(field: Field): string | undefined {
  const path = field.text();
  if (path === undefined) return undefined;
  try {
    parseSelector({ [path]: null }, { naiveTimezone: "UTC" });
  } catch (error) {
    if (error instanceof EventStoreError) return field.error(`is no path: ${reasonOf(error)}`);
    throw error;
  }
  return hasFields(field, path, { known: OF_EVENTS, whose: "events" }) ? path : undefined;
}

function hasFields(
  field: Field,
  path: string,
  { known, whose }: { known: ReadonlySet<string>; whose: string },
): boolean {
  const [first = "", second = "", ...rest] = path.split(".");
  const isUnknown = second !== "" && (rest.length > 0 || !SOURCE_FIELDS.some((one) => one === second));
  if (!known.has(first)) field.error(`${whose} have no field ${first}${fieldHint(first, known)}`);
  else if (first === "source" && isUnknown)
    field.error(`sources have no field ${second}${didYouMean(second, SOURCE_FIELDS)}`);
  else return true;
  return false;
}

function conditionOf(selector: Selector, parsed: ParsedSelector, context: PlanContext): Condition {
  return Object.freeze({ selector, matches: compileMatcher(parsed, context.zone) });
}

function parsedSelector(field: Field, context: PlanContext, known: ReadonlySet<string>): ParsedSelector | undefined {
  try {
    const parsed = parseSelector(field.value, { naiveTimezone: context.naiveTimezone });
    for (const name of parsed.fields)
      if (!known.has(name)) field.warning(`there is no field ${name} to match${fieldHint(name, known)}`);
    warnOfTypes(field, parsed.root);
    warnOfSources(field, parsed.root);
    return parsed;
  } catch (error) {
    if (!(error instanceof EventStoreError) || error.code !== "EVT_INVALID_SELECTOR") throw error;
    field.troubles.error(placeOf(field.path, error), reasonOf(error));
    return undefined;
  }
}

/** `rules[0].select.log_level.$gte` */
function placeOf(path: string, error: EventStoreError): string {
  return (error.issues[0]?.loc ?? []).reduce<string>(
    (place, key) => (typeof key === "number" ? `${place}[${key}]` : `${place}.${key}`),
    path,
  );
}

function reasonOf(error: EventStoreError): string {
  return error.issues[0]?.msg ?? error.message;
}

function fieldHint(name: string, known: ReadonlySet<string>): string {
  const inSource = nearestWord(name, SOURCE_FIELDS);
  if (inSource !== undefined) return `; did you mean source.${inSource}?`;
  return didYouMean(name, known) || `; a field of the sender's own data is written event_data.${name}`;
}

/** Event types in capitals, or a slip of the finger away from a known one. */
function warnOfTypes(field: Field, root: Node): void {
  for (const type of typesIn(root)) {
    if (isKnownType(type) || OWN_TYPES.some((own) => own === type)) continue;
    const meant = canonicalType(type);
    if (meant !== type) field.warning(`event types are lower case: ${meant} instead of ${type}`);
    else if (nearestWord(type, KNOWN_TYPES))
      field.warning(`no known event type is ${type}${didYouMean(type, KNOWN_TYPES)}`);
  }
}

/** Fields of sources that no event has. */
function warnOfSources(field: Field, root: Node): void {
  for (const { path } of fieldsIn(root)) {
    const [first, second] = path;
    if (first !== "source" || second === undefined || SOURCE_FIELDS.some((known) => known === second)) continue;
    field.warning(`sources have no field ${second} to match${didYouMean(second, SOURCE_FIELDS)}`);
  }
}

/** Events hold levels as numbers, whatever their senders wrote; a word is equal to none of them. */
function hasLevelInWords(field: Field, root: Node): boolean {
  const words = fieldsIn(root)
    .filter(({ path }) => path.join(".") === "log_level")
    .flatMap(({ test }) => textsIn(test));
  for (const word of words) {
    const level = parseLevel(word);
    const instead = level === undefined ? "0, 10, 20, 30, 40 or 50" : String(level);
    field.error(`log_level is a number here; write ${instead} instead of ${JSON.stringify(word)}`);
  }
  return words.length > 0;
}

/** Texts it compares with, wanted or not. */
export function textsIn(test: Test): string[] {
  if (test.op === "not") return test.tests.flatMap(textsIn);
  const values = test.op === "in" ? test.values : "value" in test ? [test.value] : [];
  return values.filter((value) => typeof value === "string");
}

export function fieldsIn(node: Node): readonly Extract<Node, { op: "field" }>[] {
  return node.op === "field" ? [node] : node.children.flatMap(fieldsIn);
}

/** True where both pin the event's own type, and to different ones. */
export function differInType(one: Selector, other: Selector): boolean {
  const [left, right] = [one, other].map((selector) => typesIn(parseSelector(selector, { naiveTimezone: "UTC" }).root));
  return Boolean(left?.length && right?.length) && !left?.some((type) => right?.includes(type));
}

function typesIn(root: Node): string[] {
  return fieldsIn(root).flatMap(({ path: names, test }) => {
    const path = names.join(".");
    const isPin = test.op === "eq" || test.op === "in";
    return isPin && (path === "event_type" || path === "event_data.event_type") ? textsIn(test) : [];
  });
}
