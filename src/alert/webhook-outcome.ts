/**
 * What became of a POST: status or error → Delivery.
 *
 *   2xx                                   sent
 *   408 425 429 5xx, and no answer        retry, the channel is down
 *   other 4xx                             refused: this message (400, 413 …), or the channel (401, 403, 404 …)
 *   3xx, a private address                refused: the configuration is at fault
 *
 * Reasons hold no secrets: nothing of the URL but its host, and of the answer only what is left without them.
 */
import type { HttpsAnswer } from "./https-request.ts";
import { PrivateAddressError } from "./https-request.ts";
import type { Delivery } from "./notification.ts";
import { masked } from "./webhook-secrets.ts";

const TRY_AGAIN = new Set([408, 425, 429]);
/** Nothing this channel sends would be taken. */
const CHANNEL_AT_FAULT = new Set([401, 403, 404, 405, 407, 410]);
const LONGEST_PAUSE_MS = 3_600_000;
const MAX_WORDS = 200;
/** Controls, and what reorders or hides text. */
const UNREADABLE = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\u2028\u2029]+/gu;

export function answered(answer: HttpsAnswer, secrets: readonly string[], nowMs: number): Delivery {
  const { status } = answer;
  if (status >= 200 && status < 300) return { status: "sent", detail: `HTTP ${status}` };
  const reason = `HTTP ${status}${saidIn(answer.text, secrets)}`;
  if (status < 400)
    return { status: "refused", channelDown: true, reason: `HTTP ${status}: redirects are not followed` };
  if (status < 500 && !TRY_AGAIN.has(status)) {
    return { status: "refused", channelDown: CHANNEL_AT_FAULT.has(status), reason };
  }
  const afterMs = pauseOf(answer.headers["retry-after"], nowMs);
  return { status: "retry", channelDown: true, reason, ...(afterMs !== undefined && { afterMs }) };
}

export function unanswered(error: unknown): Delivery {
  const reason = error instanceof Error ? error.message : "the request failed";
  if (error instanceof PrivateAddressError) return { status: "refused", channelDown: true, reason };
  return { status: "retry", channelDown: true, reason };
}

/** Seconds or an HTTP date; at most an hour, whatever is asked for. */
function pauseOf(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined) return undefined;
  const text = header.trim();
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - nowMs;
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(0, ms), LONGEST_PAUSE_MS);
}

function saidIn(text: string, secrets: readonly string[]): string {
  const words = masked(text, secrets).replace(UNREADABLE, " ").replace(/\s+/g, " ").trim();
  return words === "" || /^<(!doctype|html)/i.test(words) ? "" : `: ${shortened(words)}`;
}

const shortened = (words: string) =>
  words.length <= MAX_WORDS ? words : `${words.slice(0, MAX_WORDS).toWellFormed()}…`;
