/** What an HTTP answer means for a delivery: the kind of failure, and how long to wait. */
import type { IncomingHttpHeaders } from "node:http";
import { SendError, type SendErrorKind } from "./sink.ts";

/** Statuses that may be about one event. */
const REFUSED = new Set([400, 422]);
const RETRY = new Set([408, 409, 423, 425, 429]);
/** Of the server's own failures, those that neither a new try nor another batch can mend. */
const HOLD = new Set([501, 505]);

export function kindOfStatus(status: number): SendErrorKind {
  if (status === 413) return "too-large";
  if (REFUSED.has(status)) return "refused";
  if (RETRY.has(status)) return "retry";
  // Any other is about the request, which a person must look at. A redirect is not followed: events and tokens go where
  // they were told to go.
  return HOLD.has(status) || (status >= 300 && status < 500) ? "hold" : "retry";
}

/** @param detail a short word about the answer; never event data */
export function statusError(
  { status, headers }: { readonly status: number; readonly headers: IncomingHttpHeaders },
  detail: string,
): SendError {
  const message = `HTTP ${status}${detail === "" ? "" : `: ${detail}`}`;
  return new SendError(kindOfStatus(status), message, retryAfterMs(headers));
}

/**
 * `Retry-After` in ms: seconds, or a date read against the answer's own `Date`, so that a wrong clock here does no harm.
 * Absent, negative and unreadable values are 0.
 */
export function retryAfterMs(headers: IncomingHttpHeaders): number {
  const given = headers["retry-after"]?.trim();
  if (given === undefined || given === "") return 0;
  const seconds = /^\d+(\.\d+)?$/.test(given) ? Number(given) : undefined;
  if (seconds !== undefined) return Math.min(Number.MAX_SAFE_INTEGER, seconds * 1000);
  const theirNow = Date.parse(headers.date ?? "");
  const waitMs = Date.parse(given) - (Number.isNaN(theirNow) ? Date.now() : theirNow);
  return Number.isFinite(waitMs) ? Math.max(0, waitMs) : 0;
}
