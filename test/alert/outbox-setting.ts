/** What tests of the outbox need: drafts, channels that do as they are told, and an outbox on a clock that a test moves. */
import type { Incident } from "../../src/alert/incident.ts";
import { MemoryRecords } from "../../src/alert/memory-records.ts";
import type { Channel, Delivery, Notice, Notification } from "../../src/alert/notification.ts";
import { Outbox, type OutboxOptions } from "../../src/alert/outbox.ts";
import type { NotificationDraft } from "../../src/alert/outbox-record.ts";
import type { AlertPlan, DeliveryPlan } from "../../src/alert/plan.ts";
import type { Severity } from "../../src/alert/rule.ts";
import type { AlertRecords } from "../../src/backend/alert-records.ts";
import { VirtualClock } from "./virtual-clock.ts";

export const DELIVERY: DeliveryPlan = {
  attempts: 12,
  backoff: { baseMs: 15_000, factor: 2, maxMs: 1_800_000, jitter: 0.2 },
  breaker: { failures: 5, openForMs: 60_000 },
  perRecipient: { perHour: 20, perDay: 100, criticalPerHour: 5 },
  concurrency: { email: 5, webhook: 10 },
  timeoutMs: 30_000,
};

const DIGEST: AlertPlan["digest"] = { cron: "0 * * * *", timezone: "Europe/Berlin", minSeverity: "warning" };

export const SENT: Delivery = { status: "sent" };
export const DOWN: Delivery = { status: "retry", reason: "connection refused", channelDown: true };
export const LATER: Delivery = { status: "retry", reason: "450 try again later", channelDown: false };
export const REFUSED: Delivery = { status: "refused", reason: "550 no such user", channelDown: false };

export function incident(id: string, severity: Severity = "error"): Incident {
  const at = "2026-01-05T12:00:00.000Z";
  return {
    ...{ incident_id: id, rule: "node-error", state: "firing", severity, labels: { "source.node_id": "pf400" } },
    ...{ opened_at: at, first_at: at, last_at: at, resolved_at: null, closed_at: null, total: 1, since_notice: 1 },
    ...{ sparkline: [1], samples: [], sequence: 1, last_notice_at: null, next_notice_at: null, reason: "an event" },
    ...{ acknowledged_by: null, acknowledged_at: null, acknowledge_expires_at: null, assignee: null, comments: [] },
    ...{ silenced_by: null, inhibited_by: null, flapping: false, storm: false },
  };
}

export function notice(about: Incident): Notice {
  return { occasion: "firing", incident: about, others: [], next: null, receiver: "ops", compat: false };
}

export interface DraftChange extends Partial<NotificationDraft> {
  readonly severity?: Severity;
}

/** The `n`-th notice of one incident to one recipient of `hook`, unless told otherwise. */
export function draft(n: number, { severity, notice: given, ...change }: DraftChange = {}): NotificationDraft {
  const id = change.incident_id ?? "i.1";
  const about = given ?? notice(incident(id, severity));
  return { incident_id: id, sequence: n, channel: "hook", recipient: "ops", notice: about, ...change };
}

/** As many notices, each of an incident of its own unless told otherwise. */
export function drafts(count: number, change: DraftChange = {}): NotificationDraft[] {
  return Array.from({ length: count }, (_, n) => draft(n + 1, { incident_id: `i.${n + 1}`, ...change }));
}

export interface Handed {
  readonly id: string;
  readonly recipient: string;
  readonly atMs: number;
  readonly notification: Notification;
}

type Answer = (notification: Notification, signal: AbortSignal) => Promise<Delivery> | Delivery;

/** Keeps what it was handed; answers as `answer` says. */
export class ScriptedChannel implements Channel {
  readonly name: string;
  readonly type: Channel["type"];
  readonly recipients = ["ops"];
  readonly concurrency: number;
  readonly handed: Handed[] = [];
  answer: Answer = () => SENT;
  underWay = 0;
  mostUnderWay = 0;
  readonly #clock: VirtualClock;

  constructor(clock: VirtualClock, options: { name?: string; type?: Channel["type"]; concurrency?: number } = {}) {
    this.#clock = clock;
    this.name = options.name ?? "hook";
    this.type = options.type ?? "webhook";
    this.concurrency = options.concurrency ?? 5;
  }

  get ids(): string[] {
    return this.handed.map(({ id }) => id);
  }

  get times(): number[] {
    return this.handed.map(({ atMs }) => atMs);
  }

  async verify(): Promise<void> {}

  async close(): Promise<void> {}

  async send(notification: Notification, signal: AbortSignal): Promise<Delivery> {
    const { notification_id: id, recipient } = notification;
    this.handed.push({ id, recipient, atMs: this.#clock.now(), notification });
    this.underWay += 1;
    this.mostUnderWay = Math.max(this.mostUnderWay, this.underWay);
    try {
      return await this.answer(notification, signal);
    } finally {
      this.underWay -= 1;
    }
  }
}

/** An answer that comes when a test calls the function it got; gives up when told to. */
export function held(): { answer: Answer; finish: (delivery: Delivery) => void } {
  const waiting = new Set<(delivery: Delivery) => void>();
  return {
    answer: (_notification, signal) =>
      new Promise((resolve) => {
        waiting.add(resolve);
        signal.addEventListener("abort", () => resolve({ status: "retry", reason: "stopped", channelDown: false }));
      }),
    finish: (delivery) => {
      for (const resolve of waiting) resolve(delivery);
      waiting.clear();
    },
  };
}

export interface Setting {
  readonly clock: VirtualClock;
  readonly records: AlertRecords;
  readonly hook: ScriptedChannel;
  readonly mail: ScriptedChannel;
  readonly dead: Notification[];
  readonly errors: unknown[];
  readonly outbox: Outbox;
  /** A new outbox on the same records and channels, as after a restart. */
  again(options?: Partial<OutboxOptions>): Outbox;
}

export function setting(options: Partial<OutboxOptions> & { clock?: VirtualClock } = {}): Setting {
  const clock = options.clock ?? new VirtualClock();
  const records = options.records ?? new MemoryRecords();
  const hook = new ScriptedChannel(clock);
  const mail = new ScriptedChannel(clock, { name: "mail", type: "email" });
  const dead: Notification[] = [];
  const errors: unknown[] = [];
  const again = (change: Partial<OutboxOptions> = {}) =>
    new Outbox({
      ...{ records, delivery: DELIVERY, digest: DIGEST, mayLead: () => true, random: () => 0.5, clock },
      channels: new Map([hook, mail].map((channel) => [channel.name, channel])),
      onDead: (notification) => dead.push(notification),
      onError: (error) => errors.push(error),
      ...options,
      ...change,
    });
  return { clock, records, hook, mail, dead, errors, outbox: again(), again };
}

/** Puts and waits until nothing is due. */
export async function deliver(outbox: Outbox, made: readonly NotificationDraft[]): Promise<void> {
  await outbox.put(made);
  await outbox.idle();
}
