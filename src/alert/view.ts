/**
 * View: an incident as people and selectors see it.
 *
 * `incidentOf` is the API's shape. `selectable` is the document that selectors of silences and inhibitions run over: the
 * newest sample's event fields (`event_type`, `log_level`, `alert`, `source.*`, `event_data.*`, `trace_id` …) and above
 * them `rule`, `severity`, `state` and `labels.*`. A label's path also stands where the event would have it
 * (`source.node_id` as well as `labels.source.node_id`), so an incident without events can be named the same way.
 */
import type { StoredEvent } from "../event/event.ts";
import type { Group } from "./group.ts";
import { sparkline } from "./histogram.ts";
import type { Incident, Sample } from "./incident.ts";
import type { Live } from "./live.ts";
import { isoOf, isoOrNull } from "./words.ts";

/** A group with an incident open. */
export type Open = Group & { readonly incident: Live };

export function isOpen(group: Group): group is Open {
  return group.incident !== null;
}

export function incidentId(group: Group, number: number): string {
  return `${group.id}.${number}`;
}

/** Null where the group has none open. */
export function incidentOf(group: Group): Incident | null {
  return isOpen(group) ? shown(group, group.incident) : null;
}

export function shown(group: Group, live: Live): Incident {
  return {
    incident_id: incidentId(group, live.number),
    rule: group.rule,
    state: live.state,
    severity: live.severity,
    labels: group.labels,
    ...instants(live),
    total: live.total,
    since_notice: Math.max(0, live.total - live.told),
    sparkline: sparkline(live.histogram, live.firstMs, live.resolvedMs ?? live.lastMs),
    samples: samplesOf(live),
    sequence: live.sequence,
    reason: live.reason,
    ...handling(live),
    silenced_by: live.silencedBy,
    inhibited_by: live.inhibitedBy,
    flapping: group.flap.sinceMs !== null,
    storm: live.storm,
  };
}

function instants(live: Live) {
  return {
    opened_at: isoOf(live.openedMs),
    first_at: isoOf(live.firstMs),
    last_at: isoOf(live.lastMs),
    resolved_at: isoOrNull(live.resolvedMs),
    closed_at: null,
    last_notice_at: isoOrNull(live.lastNoticeMs),
    next_notice_at: isoOrNull(live.nextNoticeMs),
  };
}

function handling({ acknowledged, assignee, comments }: Live) {
  return {
    acknowledged_by: acknowledged?.by ?? null,
    acknowledged_at: isoOrNull(acknowledged?.atMs ?? null),
    acknowledge_expires_at: isoOrNull(acknowledged?.expiresMs ?? null),
    assignee,
    comments,
  };
}

/** The first and the newest, oldest first, none twice. */
function samplesOf({ first, newest }: Live): readonly Sample[] {
  return first === null || newest.some(({ _id }) => _id === first._id) ? newest : [first, ...newest];
}

/** What selectors of silences and inhibitions run over. Shaped like an event, so an `EventMatcher` takes it. */
export function selectable(group: Group, live: Pick<Live, "newest" | "first" | "severity" | "state">): StoredEvent {
  const labels = nested(group.labels);
  const sample = live.newest.at(-1) ?? live.first;
  const source = { ...fieldsOf(labels.source), ...sample?.source };
  const own = { rule: group.rule, severity: live.severity, state: live.state, labels };
  return { ...labels, ...sample, source, ...own } as unknown as StoredEvent;
}

function fieldsOf(value: unknown): object {
  return typeof value === "object" && value !== null ? value : {};
}

/** `{ "source.node_id": x }` → `{ source: { node_id: x } }`; where two paths collide the first stays. */
function nested(labels: Group["labels"]): Record<string, unknown> {
  const root = Object.create(null) as Record<string, unknown>;
  for (const [path, value] of Object.entries(labels)) {
    const names = path.split(".");
    const last = names.pop() as string;
    let at = root;
    for (const name of names) {
      const inner = at[name];
      if (typeof inner !== "object" || inner === null) at[name] = Object.create(null);
      at = at[name] as Record<string, unknown>;
    }
    at[last] ??= value;
  }
  return root;
}
