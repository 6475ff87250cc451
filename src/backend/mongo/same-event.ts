/** Whether a re-sent event is the stored one: the fields that never change, key order aside. */
import type { Event } from "../../event/event.ts";
import type { PreparedEvent } from "../../event/parse.ts";

/** @param sent when its sender gave no timestamp, the timestamp says nothing about sameness */
export function isSameEvent(sent: PreparedEvent, stored: Event): boolean {
  const { event } = sent;
  return (
    event._id === stored._id &&
    event.event_type === stored.event_type &&
    event.log_level === stored.log_level &&
    event.alert === stored.alert &&
    (sent.timeDefaulted || event.event_timestamp === stored.event_timestamp) &&
    event.trace_id?.toWellFormed() === stored.trace_id?.toWellFormed() &&
    event.span_id?.toWellFormed() === stored.span_id?.toWellFormed() &&
    isSame(event.source, stored.source) &&
    isSame(event.event_data, stored.event_data)
  );
}

/** Deep equality of JSON values; key order does not count. Readers and parsers use `bigint` for the same integers. */
function isSame(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every(
    (key) => Object.hasOwn(b, key) && isSame((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]),
  );
}
