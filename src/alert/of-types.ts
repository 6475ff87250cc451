/**
 * Events of some types, in both forms MADSci sends them: as the event's own type (typed calls, and all before 0.7), or
 * as a log event whose data holds the type (log calls since 0.7).
 */
import type { Selector } from "../event/selector/selector.ts";

export function ofTypes(...types: readonly string[]): Selector {
  const value = types.length === 1 ? types[0] : { $in: types };
  return { $or: [{ event_type: value }, { "event_data.event_type": value }] };
}
