/**
 * The document of an event: MADSci's fields in its order and types, then ours, which its readers ignore.
 *
 *   ts               int64, the event's instant in microseconds: what orders and what time conditions compare
 *   received_at      date of arrival          skew_ms   int, arrival minus event time
 *   alerting         only while a lane of alerting waits for the event, see marks.ts
 *   event_data_json  only where the server or BSON refuses `event_data`: its JSON text; `event_data` is then `{}`
 */
import type { Event, StoredEvent } from "../../event/event.ts";
import { formatInstant, type Instant, toMs } from "../../event/instant.ts";
import type { PreparedEvent } from "../../event/parse.ts";
import { toText, widened } from "./payload.ts";

export interface EventDocument {
  readonly _id: string;
  readonly event_data: unknown;
  readonly [field: string]: unknown;
}

/** Name of the field that holds a refused payload. */
export const OPAQUE_FIELD = "event_data_json";

/** Name of the field that holds the lanes an event waits for, see marks.ts. */
export const MARK_FIELD = "alerting";

/** Our names beside MADSci's; a selector cannot see them. */
export const OWN_FIELDS: ReadonlySet<string> = new Set(["ts", OPAQUE_FIELD, MARK_FIELD]);

/** @param payload how `event_data` is written */
export function encodeEvent(
  prepared: PreparedEvent,
  received: Instant,
  payload: "plain" | "wide" | "opaque",
): EventDocument {
  const { event, instant } = prepared;
  const { event_data } = event;
  const document: Record<string, unknown> = {
    _id: event._id,
    event_type: event.event_type,
    log_level: event.log_level,
    alert: event.alert,
    event_timestamp: event.event_timestamp,
    source: event.source,
    event_data: payload === "plain" ? event_data : payload === "wide" ? widened(event_data) : {},
    trace_id: wellFormed(event.trace_id),
    span_id: wellFormed(event.span_id),
    archived: false,
    archived_at: null,
    ts: instant,
    received_at: new Date(toMs(received)),
    skew_ms: skewMs(received, instant),
  };
  if (payload === "opaque") document[OPAQUE_FIELD] = toText(event_data);
  return document as unknown as EventDocument;
}

/** What a freshly stored event reads like. */
export function storedEvent(event: Event, instant: Instant, received: Instant): StoredEvent {
  return {
    ...event,
    archived: false,
    archived_at: null,
    received_at: formatInstant(BigInt(toMs(received)) * 1000n),
    skew_ms: Number(skewMs(received, instant)),
  };
}

/** Whole milliseconds; beyond 32 bits (24 days) as bigint so that the driver writes an int64. */
function skewMs(received: Instant, instant: Instant): number | bigint {
  const skew = toMs(received) - toMs(instant);
  return (skew | 0) === skew ? skew : BigInt(skew);
}

function wellFormed(text: string | null): string | null {
  return text === null ? null : text.toWellFormed();
}

/** No `ts` is smaller. */
export const MIN_TS: Instant = -(2n ** 63n);
