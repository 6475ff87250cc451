/**
 * Whole events: what a caller built, made ready to be sent.
 *
 * Sent as it is: same id, same `event_data`. A field no server would take is moved into `event_data.invalid` and told of,
 * so that the rest arrives. What changes an event's meaning (another level, an alert) makes a copy with a new id, because
 * a server keeps the first event it gets under an id. The caller's own object is never touched.
 */
import { EventStoreError } from "../errors.ts";
import type { EventInput, Source } from "../event/event.ts";
import { newId } from "../event/id.ts";
import type { LogLevel } from "../event/levels.ts";
import { plain } from "../event/line-value.ts";
import { parseEvent } from "../event/parse.ts";
import type { Values } from "./call.ts";
import type { Tell } from "./diagnostics.ts";
import { BOUNDS } from "./fields.ts";

export interface Change {
  /** The level of the method it was handed to; its own where undefined. */
  readonly level?: LogLevel;
  readonly alert?: boolean;
}

/** Sizes are the shipper's business, which cuts instead of refusing. */
const LIMITS = { maxBytes: Infinity, maxDepth: Infinity, maxKeys: Infinity };

/**
 * @param given an event as its maker wrote it
 * @param source for an event that names none
 */
export function wholeEvent(given: Values, change: Change, source: Source, tell: Tell): EventInput {
  const copy = plain(given, BOUNDS) as Values;
  const valid = checked({ ...copy }, tell);
  const hasSource = Object.keys(valid.source ?? {}).length > 0;
  const event = hasSource ? valid : { ...valid, source };
  return changed(event, change, copy, tell);
}

/** A copy with another level or as an alert, under a new id; the event itself where nothing differs. */
function changed(event: EventInput, { level, alert }: Change, given: Values, tell: Tell): EventInput {
  const saysLevel = given.log_level !== undefined;
  const isOther = level !== undefined && saysLevel && level !== event.log_level;
  const isNewAlert = alert === true && event.alert !== true;
  const next = { ...event, log_level: level ?? event.log_level, alert: alert ?? event.alert };
  if (!isOther && !isNewAlert) return next;
  const copy = { ...next, _id: newId() };
  const hadId = given._id !== undefined || given.event_id !== undefined;
  if (hadId) {
    const what = isNewAlert ? "an event logged as an alert" : "an event logged at another level";
    tell({ kind: "new id", message: `${what} got a new id`, eventId: copy._id, firstEventId: `${event._id}` }, true);
  }
  return copy;
}

/** The event with every field in its final form; what does not fit stands in `event_data.invalid`. */
function checked(fields: Record<string, unknown>, tell: Tell): EventInput {
  const invalid: Record<string, unknown> = {};
  for (;;) {
    try {
      const { archived, archived_at, ...event } = parseEvent(fields, { limits: LIMITS });
      return withInvalid(event, invalid);
    } catch (error) {
      if (!(error instanceof EventStoreError) || error.issues.length === 0) throw error;
      const [{ loc, msg }] = error.issues as readonly [EventStoreError["issues"][number]];
      const field = String(loc[0]);
      if (!Object.hasOwn(fields, field)) throw error;
      invalid[field] = fields[field];
      delete fields[field];
      tell({ kind: "invalid event", message: `${loc.join(".")} of an event went into event_data.invalid: ${msg}` });
    }
  }
}

function withInvalid(event: EventInput, invalid: Values): EventInput {
  if (Object.keys(invalid).length === 0) return event;
  const { event_data: data } = event;
  const isObject = typeof data === "object" && data !== null && !Array.isArray(data);
  return { ...event, event_data: isObject ? { ...data, invalid } : { value: data, invalid } };
}
