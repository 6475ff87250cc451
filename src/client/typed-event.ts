/** Events whose `event_data` is checked by their type, and MADSci's names for types and levels. */
import type { Event, EventInput } from "../event/event.ts";
import { EVENT_TYPES, type EventTypeName } from "../event/event-types.ts";
import { LEVEL } from "../event/levels.ts";
import { createEvent as createAny, type ParseOptions } from "../event/parse.ts";
import type { EventDataOf } from "./event-data.ts";

/** MADSci's 63 event types by their symbols: `EventType.NODE_CREATE` is `"node_create"`. @since 0.1.0 */
export const EventType = Object.freeze(Object.fromEntries(EVENT_TYPES.map((type) => [type.toUpperCase(), type]))) as {
  readonly [T in EventTypeName as Uppercase<T>]: T;
};

/** MADSci's name for the levels. @since 0.1.0 */
export const EventLogLevel = LEVEL;

/** An event whose `event_data` has the fields of its type; any own type goes, and holds anything. @since 0.1.0 */
export interface TypedEvent<T extends string> extends Omit<EventInput, "event_type" | "event_data"> {
  readonly event_type: T;
  readonly event_data?: EventDataOf<T>;
}

/**
 * An event of the given parts, everything else defaulted: id, time, level INFO.
 * @throws EventStoreError `EVT_INVALID_EVENT` with one issue per bad field, `EVT_TOO_LARGE`
 * @since 0.1.0
 */
export function createEvent<const T extends string>(event: TypedEvent<T>, options?: ParseOptions): Event {
  return createAny(event as EventInput, options);
}
