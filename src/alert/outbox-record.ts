/**
 * What a notification is in the database: an AlertRecord of kind `notifications`.
 *
 * `dueMs` is when somebody must look at it next, whatever for: the next attempt (pending, retry), the next digest (folded),
 * the day it is removed (sent, discarded, dead, and folded once it is in a digest). `sending` has none: whoever sends it
 * knows, and a new leader looks for those by state.
 */
import { createHash } from "node:crypto";
import type { AlertRecord } from "../backend/alert-records.ts";
import type { Json } from "../event/json.ts";
import type { Notice, Notification, NotificationState } from "./notification.ts";

const DAY_MS = 86_400_000;
/** How long finished ones are kept for people to read. */
export const KEEP_MS = {
  sent: 30 * DAY_MS,
  discarded: 30 * DAY_MS,
  /** Nobody wanted them for this long. */
  dead: 365 * DAY_MS,
  folded: 7 * DAY_MS,
} as const;
/** Removal is spread by this part, so that a flood does not come back as a flood of removals. */
const SPREAD = 1 / 7;
/** Longest `last_error`, in characters. */
const REASON_LENGTH = 500;

/** A notification to be made. */
export interface NotificationDraft {
  readonly incident_id: string;
  readonly sequence: number;
  readonly channel: string;
  readonly recipient: string;
  readonly notice: Notice;
}

/** The same four make the same id. */
export function notificationId(incidentId: string, sequence: number, channel: string, recipient: string): string {
  const key = JSON.stringify([incidentId, sequence, channel, recipient]);
  return createHash("sha256").update(key).digest("hex").slice(0, 32);
}

export function newRecord(draft: NotificationDraft, nowMs: number): AlertRecord {
  const { incident_id, sequence, channel, recipient, notice } = draft;
  return {
    _id: notificationId(incident_id, sequence, channel, recipient),
    version: 1,
    state: "pending",
    dueMs: nowMs,
    updatedMs: nowMs,
    body: {
      channel,
      recipient,
      incident_id,
      sequence,
      occasion: notice.occasion,
      created_at: iso(nowMs),
      attempts: 0,
      last_error: null,
      sent_at: null,
      allowed: false,
      digest: null,
      notice: notice as unknown as Json,
    },
  };
}

/** Fields of the body that change. */
interface Progress {
  readonly attempts?: number;
  readonly last_error?: string | null;
  readonly sent_at?: string | null;
  /** Its recipient's cap has been charged for it; later attempts are free. */
  readonly allowed?: boolean;
  /** Digest it has gone into. */
  readonly digest?: string | null;
}

export interface Step {
  readonly state: NotificationState;
  readonly dueMs: number | null;
  readonly nowMs: number;
}

/** The record's next version. */
export function changed(record: AlertRecord, step: Step, progress: Progress = {}): AlertRecord {
  return {
    _id: record._id,
    version: record.version + 1,
    state: step.state,
    dueMs: step.dueMs,
    updatedMs: step.nowMs,
    body: { ...record.body, ...progress },
  };
}

/** The same, later; not a change people would call one. */
export function postponed(record: AlertRecord, dueMs: number): AlertRecord {
  return { ...record, version: record.version + 1, dueMs };
}

/** When a finished one is removed. @param random a number from 0 up to 1 */
export function removalMs(state: keyof typeof KEEP_MS, nowMs: number, random: number): number {
  return Math.round(nowMs + KEEP_MS[state] * (1 + SPREAD * random));
}

export function reasonText(reason: string): string {
  return (reason.length > REASON_LENGTH ? `${reason.slice(0, REASON_LENGTH - 1)}…` : reason).toWellFormed();
}

/** As people and channels see it. */
export function notificationOf(record: AlertRecord): Notification {
  const body = record.body as unknown as Omit<Notification, "notification_id" | "state" | "due_at">;
  const waits = record.state === "pending" || record.state === "retry";
  return {
    notification_id: record._id,
    state: record.state as NotificationState,
    channel: body.channel,
    recipient: body.recipient,
    incident_id: body.incident_id,
    sequence: body.sequence,
    occasion: body.occasion,
    created_at: body.created_at,
    due_at: waits && isDate(record.dueMs) ? iso(record.dueMs) : null,
    attempts: body.attempts,
    last_error: body.last_error,
    sent_at: body.sent_at,
    notice: body.notice,
  };
}

/** Its digest is still to come. */
export function awaitsDigest(record: AlertRecord): boolean {
  return record.state === "folded" && record.body.digest === null;
}

export function isAllowed(record: AlertRecord): boolean {
  return record.body.allowed === true;
}

/** What waits without one would be looked at by nobody. */
export function isDate(dueMs: number | null): dueMs is number {
  return dueMs !== null && !Number.isNaN(dueMs);
}

export function iso(ms: number): string {
  return new Date(ms).toISOString();
}
