/**
 * AlertDesk: what people do with alerts, in process, over HTTP and on the command line. The engine (engine.ts) is one.
 *
 * Everything rejects with `EventStoreError`: `EVT_INVALID_OPTION` naming the field; an id nobody has is `undefined`. An
 * incident that is over is not acknowledged or resolved, and a closed one not changed at all (`EVT_INVALID_OPTION`, `id`).
 */
import type { Event } from "../event/event.ts";
import type { Incident, IncidentState, Silence, Weekly } from "./incident.ts";
import type { Delivery, Notification, NotificationState } from "./notification.ts";

export interface Page<T> {
  readonly items: readonly T[];
  /** Pass as `cursor` for the next page; null at the end. */
  readonly cursor: string | null;
}

export interface ListQuery<State extends string> {
  readonly states?: readonly State[];
  /** @default 100, at most 1000 */
  readonly limit?: number;
  readonly cursor?: string;
}

/** Who did it, in words; shown in the incident. */
export interface By {
  readonly by: string;
  readonly comment?: string;
}

export interface SilenceInput {
  readonly selector: { readonly [field: string]: unknown };
  /** ISO 8601, or epoch ms. @default now */
  readonly starts_at?: string | number;
  /** ISO 8601 or epoch ms; at most 30 days after the start. */
  readonly ends_at: string | number;
  readonly author: string;
  readonly comment: string;
  readonly weekly?: Weekly | null;
}

/** A silence as whoever made it sees it. */
export interface SilenceMade extends Silence {
  /** What may be a mistake in it, in words: a rule, a label that no incident has today. Absent where there is nothing. */
  readonly warnings?: readonly string[];
}

/** A rule as people see it: what was configured, and how it is doing. */
export interface RuleView {
  readonly id: string;
  readonly description: string | null;
  readonly kind: string;
  readonly enabled: boolean;
  readonly severity: string;
  readonly group_by: readonly string[];
  readonly receivers: readonly string[];
  /** `select` and the numbers of its kind, as configured. */
  readonly when: { readonly [field: string]: unknown };
  readonly events: number;
  readonly live_incidents: number;
}

/** Why an event did, or did not, tell somebody. */
export interface Why {
  readonly event_id: string;
  /** In words, one line each, in the order of the pipeline. */
  readonly trail: readonly string[];
  readonly rules: readonly string[];
  readonly incidents: readonly Incident[];
  readonly notifications: readonly Notification[];
}

export interface AlertStats {
  /** True while this process folds, ticks and sends. */
  readonly leading: boolean;
  readonly marks_waiting: number;
  /** How long the oldest mark has waited, in ms. */
  readonly lag_ms: number;
  readonly events_folded: number;
  /** Marks of rules that are not there any more. */
  readonly events_ignored: number;
  readonly live_incidents: number;
  readonly notifications_waiting: number;
  readonly notifications_sent: number;
  readonly notifications_retried: number;
  readonly notifications_folded: number;
  readonly notifications_dead: number;
  readonly breakers_open: number;
  readonly errors: number;
}

/** What a link in a message asks for. */
export type LinkAction = "acknowledge" | "silence_1h" | "silence_8h";

export interface Redeemed {
  readonly action: LinkAction;
  /** As it is now, and as pages show it. */
  readonly incident: Incident;
  /** True when what the link asks for holds already, by whatever way. */
  readonly done: boolean;
}

export interface AlertDesk {
  incidents(query?: ListQuery<IncidentState> & { readonly rule?: string }): Promise<Page<Incident>>;
  /** `asShown`: as messages and pages show it, without the values of what the plan redacts. */
  incident(id: string, how?: { readonly asShown?: boolean }): Promise<Incident | undefined>;
  /** Stops repeats and escalation until the severity rises or `expires_at`. */
  acknowledge(id: string, by: By & { readonly expires_at?: string | number }): Promise<Incident | undefined>;
  resolve(id: string, by: By): Promise<Incident | undefined>;
  assign(id: string, by: By & { readonly assignee: string | null }): Promise<Incident | undefined>;
  comment(id: string, by: By & { readonly comment: string }): Promise<Incident | undefined>;

  silences(query?: ListQuery<"pending" | "active" | "expired">): Promise<Page<Silence>>;
  /** Refuses what would silence everything. */
  silence(input: SilenceInput): Promise<SilenceMade>;
  expireSilence(id: string): Promise<Silence | undefined>;

  rules(): Promise<readonly RuleView[]>;

  notifications(query?: ListQuery<NotificationState>): Promise<Page<Notification>>;
  notification(id: string): Promise<Notification | undefined>;
  /** A dead one is tried again from the first attempt. */
  retry(id: string): Promise<Notification | undefined>;
  /** A dead or waiting one is given up. */
  discard(id: string): Promise<Notification | undefined>;

  why(eventId: string): Promise<Why | undefined>;
  /**
   * Sends one message now, past all caps; `to` replaces the channel's recipients. Asked for `byStrangers`, `to` must be one
   * of them, and there are at most ten messages a minute.
   */
  test(
    channel: string,
    to?: string,
    how?: { readonly byStrangers: boolean },
  ): Promise<readonly { readonly recipient: string; readonly delivery: Delivery }[]>;
  /** Checks each channel without sending, one at a time however many ask; the answer holds the trouble of each, or null. */
  verify(channel?: string): Promise<readonly { readonly channel: string; readonly problem: string | null }[]>;

  /**
   * Does what the action link of a message asks for; `dry` only tells what that would be. Twice does it once. The answer
   * is `undefined` where the token is forged or expired, or its incident is gone. (`redeem.ts` is the way to do it.)
   */
  redeem(token: string, how: { readonly dry: boolean; readonly by?: string }): Promise<Redeemed | undefined>;

  /**
   * For MADSci's way of answering a request only after its mails are handed over (`compat.awaitDelivery`): resolves when the
   * messages about this event are sent, or their time is up. At once where that is off, or nobody is told of such an event.
   */
  delivered(event: Event): Promise<void>;
  stats(): AlertStats;
  /** Resolves when every event appended so far is folded and everything due is sent, retried later, or dead. */
  idle(): Promise<void>;
}
