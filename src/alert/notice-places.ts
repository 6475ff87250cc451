/**
 * Places: which parts of the lab an incident is about, by the name people gave them where an event tells it.
 *
 * Ids come from `source` and from the group's labels. Names are not part of an event's fields; senders put them into
 * `event_data` as `node_name`, or as plain `node`.
 */
import type { Incident, Sample } from "./incident.ts";
import { oneLine } from "./safe-text.ts";

const KINDS = [
  "node",
  "workcell",
  "workflow",
  "step",
  "experiment",
  "campaign",
  "project",
  "user",
  "manager",
  "lab",
] as const;
export type PlaceKind = (typeof KINDS)[number];

export interface Place {
  readonly kind: PlaceKind;
  /** What people call it; null where only the id is known. */
  readonly name: string | null;
  readonly id: string | null;
}

const MAX_NAME = 64;
const MAX_VALUE = 120;

/** The newest event of an incident that was kept. */
export function newestSample(incident: Incident): Sample | undefined {
  return incident.samples.at(-1);
}

/** Parts of the lab the incident is tied to, from the smallest. */
export function placesOf(incident: Incident): Place[] {
  return KINDS.map((kind) => placeOf(incident, kind)).filter(({ name, id }) => name !== null || id !== null);
}

export function placeOf(incident: Incident, kind: PlaceKind): Place {
  const sample = newestSample(incident);
  const label = incident.labels[`event_data.${kind}_name`] ?? incident.labels[`event_data.${kind}`];
  const id = incident.labels[`source.${kind}_id`] ?? sample?.source[`${kind}_id`] ?? null;
  return { kind, name: text(label ?? nameIn(sample, kind), MAX_NAME), id: text(id, MAX_VALUE) };
}

/** As short as a subject wants it: the name, or the end of the id (the beginning of a ULID is only its time). */
export function shortName({ name, id }: Place): string | null {
  if (name !== null || id === null) return name;
  return id.length > 12 ? `…${id.slice(-6)}` : id;
}

/** Label paths that are told by a place, the headline or the footer. */
const TOLD = new Set([
  "rule",
  "event_type",
  ...KINDS.flatMap((kind) => [`source.${kind}_id`, `event_data.${kind}`, `event_data.${kind}_name`]),
]);
const MAX_LABELS = 10;

/** Labels of the group that say more than its places, its type and its rule; at most ten. */
export function otherLabels({ labels }: Incident): { readonly name: string; readonly value: string }[] {
  const rows: { name: string; value: string }[] = [];
  for (const [path, value] of Object.entries(labels)) {
    if (TOLD.has(path) || value === null || rows.length === MAX_LABELS) continue;
    rows.push({ name: oneLine(path.replace(/^event_data\./, ""), 40), value: oneLine(value, MAX_VALUE) });
  }
  return rows;
}

function nameIn(sample: Sample | undefined, kind: PlaceKind): string | null {
  const data = sample?.event_data;
  if (typeof data !== "object" || data === null || Array.isArray(data)) return null;
  const fields = data as { readonly [key: string]: unknown };
  const name = fields[`${kind}_name`] ?? fields[kind];
  return typeof name === "string" ? name : null;
}

function text(value: string | null, max: number): string | null {
  return value === null ? null : oneLine(value, max) || null;
}
