/** Events as JSON text: MADSci's eleven fields for its routes, two more for `/v1`. */
import type { Event } from "../event/event.ts";
import { stringifyJson } from "../event/json.ts";
import type { PreparedEvent } from "../event/parse.ts";
import type { AppendResult } from "../store/append-result.ts";

/** The eleven fields MADSci knows, in its order. */
export function legacyText(event: Event): string {
  return stringifyJson({
    _id: event._id,
    event_type: event.event_type,
    log_level: event.log_level,
    alert: event.alert,
    event_timestamp: event.event_timestamp,
    source: event.source,
    event_data: event.event_data,
    trace_id: event.trace_id,
    span_id: event.span_id,
    archived: event.archived,
    archived_at: event.archived_at,
  });
}

/** The same for an event just stored, from the text that was stored. */
export function appendedText(result: AppendResult, prepared: PreparedEvent): string {
  if (result.status === "stored") return `${prepared.text.slice(0, -1)},"archived":false,"archived_at":null}`;
  if (result.status === "invalid") throw result.error;
  return legacyText(result.event);
}
