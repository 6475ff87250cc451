/**
 * MADSci's own form of an alert mail, for settings that only have `alert_level` and `email_alerts`: scripts read it.
 *
 * Subject `ALERT (EventLogLevel.ERROR): EventType.LOG_ERROR`, and the event as indented JSON, with its fields in MADSci's
 * order and `event_id` for its id. The event is the newest one of the incident, whole, as its sender sent it; where it has
 * been purged, as the incident kept it: long data cut, secrets replaced. One that stands for several events says how many
 * in the header `X-MADSci-Folded`; subject and body stay MADSci's.
 */
import type { StoredEvent } from "../event/event.ts";
import { stringifyJson } from "../event/json.ts";
import { levelName } from "../event/levels.ts";
import type { Sample } from "./incident.ts";
import { MAX_SUBJECT } from "./notice-words.ts";
import { oneLine } from "./safe-text.ts";

export function compatSubject({ log_level, event_type }: Sample): string {
  return oneLine(`ALERT (EventLogLevel.${levelName(log_level)}): EventType.${event_type.toUpperCase()}`, MAX_SUBJECT);
}

/** @param stored the sample's event, where it is still there */
export function compatBody(kept: Sample, stored: StoredEvent | undefined): string {
  const sample = stored ?? kept;
  const event = {
    event_id: sample._id,
    event_type: sample.event_type,
    log_level: sample.log_level,
    alert: sample.alert,
    event_timestamp: sample.event_timestamp,
    source: sample.source,
    event_data: sample.event_data,
    trace_id: sample.trace_id,
    span_id: sample.span_id,
    // An event is told when it arrives, and nobody archives it before.
    archived: false,
    archived_at: null,
  };
  return stringifyJson(event, 2);
}
