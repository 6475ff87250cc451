/** Events as servers answer them → events with every field: MADSci's server leaves out what an old document lacks. */
import type { StoredEvent } from "../event/event.ts";
import { type Instant, instantOf } from "../event/instant.ts";
import type { Json } from "../event/json.ts";
import { LEVEL } from "../event/levels.ts";
import { define } from "../event/line-draft.ts";
import { parseTimestamp } from "../event/timestamp.ts";
import { localZone, zoneReader } from "../event/zone.ts";

const ABSENT = {
  event_type: "unknown",
  log_level: LEVEL.INFO,
  alert: false,
  event_timestamp: "",
  source: {},
  event_data: {},
  trace_id: null,
  span_id: null,
  archived: false,
  archived_at: null,
  received_at: null,
  skew_ms: null,
} as const;

/** A document of a server; undefined where it is none, which an object without an id is not either. */
export function storedEvent(given: unknown): StoredEvent | undefined {
  if (!isObject(given)) return undefined;
  const { _id, event_id, ...fields } = given;
  const id = _id ?? event_id;
  if (!["string", "number", "bigint"].includes(typeof id) || id === "") return undefined;
  return { _id: String(id), ...ABSENT, ...fields } as StoredEvent;
}

/** The events of an answer that is keyed by id, in its order; undefined where anything in it is no event. */
export function storedEvents(answer: Json): StoredEvent[] | undefined {
  return isObject(answer) ? allEvents(Object.values(answer)) : undefined;
}

/** A list of documents; undefined where one of them is no event. */
export function allEvents(documents: readonly Json[]): StoredEvent[] | undefined {
  const events = documents.map(storedEvent).filter((event) => event !== undefined);
  return events.length === documents.length ? events : undefined;
}

/** Neither null nor a list. */
export function isObject(value: unknown): value is Readonly<Record<string, Json>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Keyed by id. Ids that look like whole numbers come first in JavaScript's objects, whatever their order was. */
export function keyed<T extends { readonly _id: string }>(events: readonly T[]): Record<string, T> {
  const byId: Record<string, T> = {};
  for (const event of events) define(byId, event._id, event);
  return byId;
}

let zone: ReturnType<typeof zoneReader> | undefined;

/** The instant of an event, its text without offset read in the zone of this process; the beginning of time for none. */
export function instantOfEvent({ event_timestamp: text }: Pick<StoredEvent, "event_timestamp">): Instant {
  zone ??= zoneReader(localZone());
  const time = parseTimestamp(String(text), zone);
  return typeof time === "string" ? instantOf(0) : time.instant;
}

/** Older first, then by id; the order of a search. */
export function byTime(a: StoredEvent, b: StoredEvent): number {
  const [left, right] = [instantOfEvent(a), instantOfEvent(b)];
  if (left !== right) return left < right ? -1 : 1;
  return a._id < b._id ? -1 : Number(a._id > b._id);
}
