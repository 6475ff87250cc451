/**
 * What channels and pages may show of an incident where the plan says `redact`. Pure.
 *
 * An incident keeps its labels and the sources of its events whole, for groups, silences and inhibitions go by them; only
 * what leaves for people is made free of them, in one place for all channels. The data of its events is already
 * (sample.ts).
 */
import type { Incident, Sample } from "./incident.ts";
import type { Channel, Notification } from "./notification.ts";
import { REPLACED } from "./redact.ts";

/** The same channel, which gets to see nothing of what the paths name. */
export function redacting(channel: Channel, paths: readonly string[]): Channel {
  if (paths.length === 0) return channel;
  const { name, type, recipients, concurrency } = channel;
  return {
    ...{ name, type, recipients, concurrency },
    verify: (signal) => channel.verify(signal),
    send: (notification, signal) => channel.send(redactedNotification(notification, paths), signal),
    close: () => channel.close(),
  };
}

export function redactedNotification(notification: Notification, paths: readonly string[]): Notification {
  if (paths.length === 0) return notification;
  const { notice } = notification;
  const others = notice.others.map((other) => ({ ...other, incident: redactedIncident(other.incident, paths) }));
  return { ...notification, notice: { ...notice, incident: redactedIncident(notice.incident, paths), others } };
}

export function redactedIncident(incident: Incident, paths: readonly string[]): Incident {
  if (paths.length === 0) return incident;
  const labels = Object.entries(incident.labels).map(([path, value]) => {
    const shows = value !== null && paths.some((hidden) => touches(path.split("."), hidden.split(".")));
    return [path, shows ? REPLACED : value] as const;
  });
  const samples = incident.samples.map((sample) => redactedSample(sample, paths));
  return { ...incident, labels: Object.fromEntries(labels), samples };
}

function redactedSample(sample: Sample, paths: readonly string[]): Sample {
  const source = Object.entries(sample.source).map(([field, id]) => {
    const hidden = paths.includes("source") || paths.includes(`source.${field}`);
    return [field, hidden ? REPLACED : id] as const;
  });
  const shown = (field: "trace_id" | "span_id") => (sample[field] && paths.includes(field) ? REPLACED : sample[field]);
  return { ...sample, source: Object.fromEntries(source), trace_id: shown("trace_id"), span_id: shown("span_id") };
}

/** One path leads to the other's value, or past it: a label may hold a whole list or object. */
function touches([label, ...more]: readonly string[], [hidden, ...rest]: readonly string[]): boolean {
  if (label === undefined || hidden === undefined) return true;
  if (label === hidden) return touches(more, rest);
  // The number of an entry, where the hidden path means each of them.
  return isNumber(label) && !isNumber(hidden) && touches(more, [hidden, ...rest]);
}

function isNumber(name: string): boolean {
  return /^\d+$/.test(name);
}
