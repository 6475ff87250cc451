/**
 * Links of messages: where people read on, and what they can do with one click and a second one on the page behind it.
 *
 * An action link carries a token: what to do, to which incident, until when, and an HMAC over all that. It holds no
 * secret, and whoever has it can do that one thing and no other. Nothing happens by opening a link (scanners of mail
 * open all of them); redeem.ts does it when the page's button asks.
 */
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import type { AlertRecords } from "../backend/alert-records.ts";
import { EventStoreError } from "../errors.ts";
import type { LinkAction } from "./desk.ts";
import type { Incident } from "./incident.ts";
import { REPLACED } from "./redact.ts";

const HOUR_MS = 3_600_000;
/** How long the action links of a message work. */
export const LINK_LIFE_MS = 72 * HOUR_MS;
/** How long each action keeps an incident quiet; null for as long as it lasts. */
export const LINK_ACTIONS = {
  acknowledge: null,
  silence_1h: HOUR_MS,
  silence_8h: 8 * HOUR_MS,
} as const satisfies Record<LinkAction, number | null>;

interface LinkClaim {
  readonly incident_id: string;
  readonly action: LinkAction;
  readonly expiresMs: number;
}

/** Longest token that is looked at. */
const MAX_TOKEN = 1000;
/** Keeps signatures of other things made with the same secret apart. */
const PURPOSE = "madsci-events link v1\n";

/** The claim as text for a URL. */
export function actionToken(secret: string, { incident_id, action, expiresMs }: LinkClaim): string {
  const claim = Buffer.from(JSON.stringify([action, incident_id, expiresMs])).toString("base64url");
  return `${claim}.${signature(secret, claim)}`;
}

/** The claim of a token made with this secret that has not expired. */
export function readToken(secret: string, token: string, nowMs: number): LinkClaim | undefined {
  const [claim = "", signed = "", ...more] = token.length > MAX_TOKEN ? [] : token.split(".");
  if (more.length > 0 || !isSame(signed, signature(secret, claim))) return undefined;
  const [action, incident_id, expiresMs] = JSON.parse(Buffer.from(claim, "base64url").toString());
  return nowMs < expiresMs ? { action, incident_id, expiresMs } : undefined;
}

function signature(secret: string, claim: string): string {
  return createHmac("sha256", secret).update(PURPOSE).update(claim).digest("base64url");
}

function isSame(given: string, right: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(right)];
  return a.length === b.length && timingSafeEqual(a, b);
}

const SECRET_ID = "link-secret";
const SECRET_TRIES = 5;

/**
 * The secret all servers of this database sign links with; made at first use.
 * @param random the bytes of a new one
 */
export async function linkSecret(records: AlertRecords, random: () => Buffer = () => randomBytes(32)): Promise<string> {
  for (let tries = 0; tries < SECRET_TRIES; tries++) {
    const [record] = await records.read("state", [SECRET_ID]);
    if (typeof record?.body.secret === "string") return record.body.secret;
    const secret = random().toString("base64url");
    const made = { _id: SECRET_ID, version: 1, state: "secret", dueMs: null, updatedMs: 0, body: { secret } };
    const [written] = await records.write("state", [made]);
    if (written) return secret;
  }
  throw new EventStoreError("EVT_BACKEND_UNAVAILABLE", "the secret of links can be neither read nor written");
}

/** URLs of one incident. */
export interface IncidentLinks {
  readonly open: string;
  /** The events of its group in its time. */
  readonly events: string;
  /** The events of its workflow or experiment, oldest first; null where it belongs to none. */
  readonly timeline: string | null;
  readonly acknowledge: string;
  readonly silence_1h: string;
  readonly silence_8h: string;
}

/** @param publicUrl where people reach the server, with or without a path */
export function linksFor(publicUrl: string, secret: string, incident: Incident, nowMs: number): IncidentLinks {
  const base = `${publicUrl.replace(/\/+$/, "")}/v1`;
  const open = `${base}/incidents/${encodeURIComponent(incident.incident_id)}`;
  const act = (action: LinkAction) =>
    `${open}/act?token=${actionToken(secret, { incident_id: incident.incident_id, action, expiresMs: nowMs + LINK_LIFE_MS })}`;
  const timeline = timelineQuery(incident);
  return {
    open,
    events: `${base}/events?${eventsQuery(incident)}`,
    timeline: timeline && `${base}/events?${timeline}`,
    acknowledge: act("acknowledge"),
    silence_1h: act("silence_1h"),
    silence_8h: act("silence_8h"),
  };
}

/** Label paths that `GET /v1/events` can be asked for, with its parameter; others only make the list longer. */
const PARAMETER: Readonly<Record<string, string>> = {
  event_type: "type",
  alert: "alert",
  trace_id: "trace_id",
  span_id: "span_id",
};
/** Clocks of senders differ from ours, and an event is older than its arrival. */
const MARGIN_MS = 300_000;

function eventsQuery({ labels, first_at, last_at }: Incident): URLSearchParams {
  const query = new URLSearchParams();
  for (const [path, value] of Object.entries(labels)) {
    const name = /^source\.(\w+_id)$/.exec(path)?.[1] ?? PARAMETER[path];
    if (name !== undefined && value !== null && isPlain(value)) query.set(name, value);
  }
  query.set("from", isoText(Date.parse(first_at) - MARGIN_MS));
  query.set("to", isoText(Date.parse(last_at) + MARGIN_MS));
  return query;
}

function timelineQuery({ samples }: Incident): URLSearchParams | null {
  const source = samples.at(-1)?.source ?? {};
  for (const name of ["workflow_id", "experiment_id"]) {
    const id = source[name];
    if (id !== undefined && isPlain(id)) return new URLSearchParams({ [name]: id, order: "oldest" });
  }
  return null;
}

/** A comma would make a list of it, the end of a long label is a hash, and what is not shown is not asked for. */
function isPlain(value: string): boolean {
  return value !== "" && value !== REPLACED && value.length <= 150 && !value.includes(",");
}

function isoText(ms: number): string {
  return new Date(ms).toISOString();
}
