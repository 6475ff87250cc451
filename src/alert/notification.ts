/**
 * Notification: one message to one recipient of one channel. Channel: the way it takes.
 *
 *   pending ─► sending ─► sent
 *      ▲          ├────► retry ─► sending …      (later, with growing pauses)
 *      │          ├────► dead ──(retry)──► pending        dead ──(discard)──► discarded
 *      └──────────┘      folded: went into a digest instead, because the recipient had had enough
 *
 * `_id` is a hash of incident, sequence, channel and recipient, so making it twice makes one.
 */
import type { Incident } from "./incident.ts";

/** @since 0.1.0 */
export type NotificationState = "pending" | "sending" | "retry" | "sent" | "dead" | "discarded" | "folded";

/** What a notice is about. @since 0.1.0 */
export type Occasion =
  /** The incident fires, has news, is repeated, or went up in severity. */
  | "firing"
  | "resolved"
  | "flapping"
  | "storm"
  /** A silence ended while incidents under it live. */
  | "unsilenced"
  /** Several notices in one. */
  | "digest"
  | "escalation"
  /** Somebody works on it. Only channels that keep a state of their own (PagerDuty) are told. */
  | "acknowledged"
  /** `alerts test` and the first use of a channel. */
  | "test";

/** The text before it is put into a channel's form: all a renderer needs, frozen when the notice was made. @since 0.1.0 */
export interface Notice {
  readonly occasion: Occasion;
  readonly incident: Incident;
  /** Other incidents, for `digest` and `unsilenced`; each with how many notices it stands for. */
  readonly others: readonly { readonly incident: Incident; readonly notices: number }[];
  /** Of a digest: what it stands for in all, `others` and what found no place there; `more`: of incidents at least so many. */
  readonly counted?: { readonly notices: number; readonly incidents: number; readonly more: boolean };
  /** In words: when the next one comes and why, e.g. `next mail at 14:05 (group_interval)`. */
  readonly next: string | null;
  /** Of a test: the channel, by its name. */
  readonly receiver: string;
  /** MADSci's form: subject, headers and JSON body of its own e-mails (alerts of settings without `alerting`). */
  readonly compat: boolean;
}

/** @since 0.1.0 */
export interface Notification {
  readonly notification_id: string;
  readonly state: NotificationState;
  readonly channel: string;
  readonly recipient: string;
  readonly incident_id: string;
  readonly sequence: number;
  readonly occasion: Occasion;
  readonly created_at: string;
  /** Next attempt; null where there is none. */
  readonly due_at: string | null;
  readonly attempts: number;
  readonly last_error: string | null;
  readonly sent_at: string | null;
  readonly notice: Notice;
}

/**
 * What became of one attempt. `retry` and `refused` say why in words without secrets; `refused` will not get better by
 * waiting. `channelDown`: the trouble is the channel's, not this message's (counts for the circuit breaker).
 * @since 0.1.0
 */
export type Delivery =
  | { readonly status: "sent"; readonly detail?: string }
  | { readonly status: "retry"; readonly reason: string; readonly channelDown: boolean; readonly afterMs?: number }
  | { readonly status: "refused"; readonly reason: string; readonly channelDown: boolean };

/** @since 0.1.0 */
export interface Channel {
  /** As configured, e.g. `mail-ops`. */
  readonly name: string;
  readonly type: "email" | "webhook" | "slack" | "pagerduty" | "function";
  /** Who gets a notice of its own: addresses of mail; one label for others. */
  readonly recipients: readonly string[];
  /** Messages under way at once. */
  readonly concurrency: number;
  /** Can it work? Name, connection, encryption, login; sends nothing. Rejects with words for people. */
  verify(signal: AbortSignal): Promise<void>;
  /** Gets a copy of its own. Never rejects; gives up when the signal fires (a `retry`). */
  send(notification: Notification, signal: AbortSignal): Promise<Delivery>;
  close(): Promise<void>;
}
