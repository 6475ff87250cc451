/** A desk in memory, only to drive the HTTP shapes: it remembers what it was asked, and answers with what it was given. */
import type { AlertDesk, AlertStats, Page } from "../../src/alert/desk.ts";
import type { Incident, Silence } from "../../src/alert/incident.ts";
import type { Notification } from "../../src/alert/notification.ts";
import { redeem } from "../../src/alert/redeem.ts";

export const SECRET = "a secret of links";

export function incident(id: string, fields: Partial<Incident> = {}): Incident {
  return {
    incident_id: id,
    rule: "node-error",
    state: "firing",
    severity: "error",
    labels: { "source.node_id": "01ARZ3NDEKTSV4RRFFQ69G5FAV", event_type: "node_error" },
    opened_at: "2026-01-01T10:00:00.000Z",
    first_at: "2026-01-01T10:00:00.000Z",
    last_at: "2026-01-01T10:30:00.000Z",
    resolved_at: null,
    closed_at: null,
    total: 7,
    since_notice: 2,
    sparkline: [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 3],
    samples: [],
    sequence: 1,
    last_notice_at: null,
    next_notice_at: null,
    reason: "7 events",
    acknowledged_by: null,
    acknowledged_at: null,
    acknowledge_expires_at: null,
    assignee: null,
    comments: [],
    silenced_by: null,
    inhibited_by: null,
    flapping: false,
    storm: false,
    ...fields,
  };
}

export function notification(id: string, fields: Partial<Notification> = {}): Notification {
  const about = incident("g.1");
  return {
    notification_id: id,
    state: "dead",
    channel: "mail-ops",
    recipient: "lab@example.org",
    incident_id: about.incident_id,
    sequence: 1,
    occasion: "firing",
    created_at: about.opened_at,
    due_at: null,
    attempts: 12,
    last_error: "no answer",
    sent_at: null,
    notice: { occasion: "firing", incident: about, others: [], next: null, receiver: "ops", compat: false },
    ...fields,
  };
}

export const QUIET: AlertStats = {
  leading: true,
  marks_waiting: 0,
  lag_ms: 0,
  events_folded: 0,
  events_ignored: 0,
  live_incidents: 0,
  notifications_waiting: 0,
  notifications_sent: 0,
  notifications_retried: 0,
  notifications_folded: 0,
  notifications_dead: 0,
  breakers_open: 0,
  errors: 0,
};

export interface FakeDesk extends AlertDesk {
  readonly asked: readonly (readonly [name: string, ...unknown[]])[];
  readonly held: Map<string, Incident>;
  readonly quiet: Silence[];
}

interface FakeOptions {
  readonly incidents?: readonly Incident[];
  readonly notifications?: readonly Notification[];
  readonly stats?: Partial<AlertStats>;
  readonly nowMs?: () => number;
  /** Methods that answer otherwise. */
  readonly but?: Partial<AlertDesk>;
}

export function fakeDesk({
  incidents = [],
  notifications = [],
  stats,
  nowMs = Date.now,
  but,
}: FakeOptions = {}): FakeDesk {
  const asked: [string, ...unknown[]][] = [];
  const held = new Map(incidents.map((one) => [one.incident_id, one]));
  const messages = new Map(notifications.map((one) => [one.notification_id, one]));
  const quiet: Silence[] = [];
  const told = <T>(name: string, given: readonly unknown[], answer: T): Promise<T> => {
    asked.push([name, ...given]);
    return Promise.resolve(answer);
  };
  const change = (name: string, id: string, given: object, fields: Partial<Incident>) => {
    const before = held.get(id);
    if (before !== undefined) held.set(id, { ...before, ...fields });
    return told(name, [id, given], held.get(id));
  };
  const desk: FakeDesk = {
    asked,
    held,
    quiet,
    incidents: (query) => told("incidents", [query], page([...held.values()], query)),
    incident: (id) => Promise.resolve(held.get(id)),
    acknowledge: (id, by) => change("acknowledge", id, by, { state: "acknowledged", acknowledged_by: by.by }),
    resolve: (id, by) => change("resolve", id, by, { state: "resolved" }),
    assign: (id, by) => change("assign", id, by, { assignee: by.assignee }),
    comment: (id, by) =>
      change("comment", id, by, { comments: [{ at: "2026-01-01T10:00:00.000Z", by: by.by, text: by.comment }] }),
    silences: (query) => told("silences", [query], page(quiet, query)),
    silence: (input) => {
      const { starts_at = nowMs(), ends_at, author, comment, weekly = null } = input;
      const [from, to] = [new Date(starts_at).toISOString(), new Date(ends_at).toISOString()];
      const selector = input.selector as Silence["selector"];
      quiet.push({ silence_id: `s${quiet.length}`, selector, starts_at: from, ends_at: to, author, comment, weekly });
      return told("silence", [input], quiet.at(-1) as Silence);
    },
    expireSilence: (id) =>
      told(
        "expireSilence",
        [id],
        quiet.find((one) => one.silence_id === id),
      ),
    rules: () => Promise.resolve([]),
    notifications: (query) => told("notifications", [query], page([...messages.values()], query)),
    notification: (id) => Promise.resolve(messages.get(id)),
    retry: (id) => told("retry", [id], messages.get(id)),
    discard: (id) => told("discard", [id], messages.get(id)),
    why: (event_id) =>
      told(
        "why",
        [event_id],
        event_id === "none" ? undefined : { event_id, trail: ["stored"], rules: [], incidents: [], notifications: [] },
      ),
    test: (channel, to) =>
      told("test", [channel, to], [{ recipient: to ?? "lab@example.org", delivery: { status: "sent" } }]),
    verify: (channel) => told("verify", [channel], [{ channel: channel ?? "mail-ops", problem: null }]),
    redeem: (token, how) => redeem({ desk, secret: SECRET, nowMs: nowMs() }, token, how),
    delivered: () => Promise.resolve(),
    stats: () => ({ ...QUIET, ...stats }),
    idle: () => Promise.resolve(),
    ...but,
  };
  return desk;
}

/** The cursor is the number of the next item. */
function page<T>(items: readonly T[], query: { limit?: number; cursor?: string } = {}): Page<T> {
  const start = Number(query.cursor ?? 0);
  const end = start + (query.limit ?? 100);
  return { items: items.slice(start, end), cursor: end < items.length ? String(end) : null };
}
