/** `GET /metrics`: counters and gauges in Prometheus' text format. Nothing of it scans. */
import type { FastifyReply, FastifyRequest } from "fastify";
import type { AlertStats } from "../alert/desk.ts";
import type { StoreStats } from "../store/store.ts";
import { answerWithin } from "./health.ts";
import type { Rest, Route } from "./route.ts";

const TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** Name behind `madsci_events_` (one that ends in `_total` is a counter), help, and what a unit of the source is in seconds. */
type Metric = readonly [name: string, help: string, seconds?: number];
const MS = 0.001;

const STORE = {
  stored: ["stored_total", "Events stored"],
  duplicates: ["duplicates_total", "Events that were stored already"],
  conflicts: ["conflicts_total", "Events refused because their id holds another event"],
  invalid: ["invalid_total", "Events refused because they are not valid"],
  unknown_types: ["unknown_types_total", "Stored events of a type MADSci does not know"],
  late: ["late_total", "Stored events that arrived more than a minute after their time"],
  future: ["future_total", "Stored events whose time was later than their arrival"],
  max_late_ms: ["max_late_seconds", "Largest delay of an arrival so far", MS],
  max_future_ms: ["max_future_seconds", "Largest lead of an event's time over its arrival so far", MS],
  repaired: ["repaired_total", "Documents of other programs repaired while reading"],
  opaque: ["opaque_total", "Events whose data rests as JSON text"],
  pending: ["pending", "Events that wait to be written"],
} as const satisfies Record<keyof StoreStats, Metric>;

const ALERTS = {
  leading: ["alerts_leading", "1 while this process folds, ticks and sends"],
  marks_waiting: ["alerts_marks_waiting", "Events that alerts have yet to look at"],
  lag_ms: ["alerts_lag_seconds", "How long the oldest of them has waited", MS],
  events_folded: ["alerts_events_folded_total", "Events taken into incidents"],
  events_ignored: ["alerts_events_ignored_total", "Events of rules that are not there any more"],
  live_incidents: ["alerts_live_incidents", "Incidents that are pending, firing or acknowledged"],
  notifications_waiting: ["alerts_notifications_waiting", "Notifications that wait to be sent (depth of the outbox)"],
  notifications_sent: ["alerts_notifications_sent_total", "Notifications sent"],
  notifications_retried: ["alerts_notifications_retried_total", "Attempts that failed and are made again"],
  notifications_folded: ["alerts_notifications_folded_total", "Notifications that went into a digest"],
  notifications_dead: ["alerts_notifications_dead", "Notifications given up (dead letters)"],
  breakers_open: ["alerts_breakers_open", "Channels that rest after failures"],
  errors: ["alerts_errors_total", "Errors of alerting itself"],
} as const satisfies Record<keyof AlertStats, Metric>;

async function metrics(rest: Rest, _request: FastifyRequest, reply: FastifyReply) {
  const { store, options, streams } = rest;
  const about = await answerWithin(options.pingTimeoutMs, async () => {
    await store.ping();
    return store.estimate();
  });
  const text = [
    metric(["up", "1 while the event store answers"], about === undefined ? 0 : 1),
    about === undefined ? "" : metric(["events", "About how many events there are"], about),
    ...table(STORE, store.stats()),
    metric(["streams", "Live streams that are open"], streams.size),
    ...(options.alerts ? table(ALERTS, options.alerts.stats()) : []),
  ];
  return reply.type(TYPE).header("cache-control", "no-store").send(text.join(""));
}

function table<Key extends string>(
  metrics: Readonly<Record<Key, Metric>>,
  stats: Readonly<Record<Key, number | boolean>>,
): string[] {
  return Object.entries<Metric>(metrics).map(([key, row]) => metric(row, Number(stats[key as Key] ?? 0)));
}

function metric([ending, help, seconds = 1]: Metric, value: number): string {
  const name = `madsci_events_${ending}`;
  const type = ending.endsWith("_total") ? "counter" : "gauge";
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${name} ${seconds === 1 ? value : value * seconds}\n`;
}

export const METRICS_ROUTES: readonly Route[] = [
  {
    method: "GET",
    path: "/metrics",
    handle: metrics,
    doc: () => ({ summary: "Counters for Prometheus", tag: "service", answer: { type: "text/plain" } }),
  },
];
