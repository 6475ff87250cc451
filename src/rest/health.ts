/** `GET /health` in MADSci's words, and the probes `/live` and `/ready`. None of them scans. */
import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import type { AlertStats } from "../alert/desk.ts";
import type { Rest, Route } from "./route.ts";
import { sendJson } from "./route.ts";

async function health({ store, options }: Rest, _request: FastifyRequest, reply: FastifyReply) {
  const total = await answerWithin(options.pingTimeoutMs, async () => {
    await store.ping();
    return store.estimate();
  });
  const connected = total !== undefined;
  const alerts = options.alerts?.stats();
  const body = {
    healthy: connected,
    description: connected
      ? `Event Manager is running normally${alertTrouble(alerts)}`
      : "Database connection failed: the event store does not answer",
    version: options.version,
    db_connected: connected,
    total_events: total ?? null,
    otel_enabled: false,
    otel_exporter_type: null,
    otel_endpoint: null,
    stats: store.stats(),
    ...(alerts && { alerts }),
  };
  return sendJson(reply, JSON.stringify(body));
}

/** Alerts that are behind by more than this are worth a word. */
const LAG_MS = 60_000;

/** Trouble of alerts never makes the manager unhealthy: events are stored all the same. */
function alertTrouble(alerts: AlertStats | undefined): string {
  if (alerts === undefined) return "";
  const { notifications_dead: dead, lag_ms } = alerts;
  const parts: string[] = [];
  if (dead > 0) parts.push(`${dead} alert notification${dead === 1 ? "" : "s"} could not be delivered`);
  if (lag_ms > LAG_MS) parts.push(`alerts are ${Math.round(lag_ms / 1000)} s behind`);
  return parts.map((part) => `; ${part}`).join("");
}

function live(_rest: Rest, _request: FastifyRequest, reply: FastifyReply) {
  return sendJson(reply, '{"status":"alive"}');
}

async function ready(rest: Rest, _request: FastifyRequest, reply: FastifyReply) {
  const reasons = await reasonsNotReady(rest);
  if (reasons.length === 0) return sendJson(reply, '{"status":"ready"}');
  reply.code(503).header("retry-after", "1");
  return sendJson(reply, JSON.stringify({ status: "not ready", reasons }));
}

async function reasonsNotReady({ store, options, stopping }: Rest): Promise<string[]> {
  if (stopping()) return ["the server is shutting down"];
  const reasons: string[] = [];
  const { pending } = store.stats();
  if (pending > options.maxPendingEvents) reasons.push(`${pending} events wait to be written`);
  const answered = await answerWithin(options.pingTimeoutMs, async () => store.ping().then(() => true));
  if (!answered) reasons.push("the event store does not answer");
  return reasons;
}

/** What `ask` answers; undefined when it fails or takes too long. */
export async function answerWithin<T>(timeoutMs: number, ask: () => Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, timeoutMs, undefined);
  });
  try {
    return await Promise.race([ask(), late]);
  } catch {
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}

const healthSchema = z.looseObject({
  healthy: z.boolean(),
  description: z.string(),
  version: z.string().nullable(),
  db_connected: z.boolean(),
  total_events: z.int().nullable().describe("About how many events there are"),
  otel_enabled: z.boolean(),
  otel_exporter_type: z.string().nullable(),
  otel_endpoint: z.string().nullable(),
  stats: z.record(z.string(), z.number()).describe("Counters since start"),
  alerts: z
    .record(z.string(), z.union([z.number(), z.boolean()]))
    .optional()
    .describe("State of alerts, where they are on"),
});

export const HEALTH_ROUTES: readonly Route[] = [
  {
    method: "GET",
    path: "/health",
    handle: health,
    doc: () => ({ summary: "State of the manager; always 200", tag: "legacy", answer: healthSchema }),
  },
  {
    method: "GET",
    path: "/live",
    handle: live,
    doc: () => ({ summary: "The process answers", tag: "service", answer: z.object({ status: z.literal("alive") }) }),
  },
  {
    method: "GET",
    path: "/ready",
    handle: ready,
    doc: () => ({
      summary: "Events can be stored now",
      tag: "service",
      answer: z.object({ status: z.literal("ready") }),
      statuses: { 503: "Shutting down, overloaded, or without its store; the body says why" },
    }),
  },
];
