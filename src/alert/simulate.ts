/**
 * simulate: what rules would have said about stored events. The real engine's parts, on records in memory and a clock that
 * jumps from one thing to the next; nothing is sent and no database is touched.
 *
 * Channels take every message at once, so retries do not happen; caps, digests, silences of the plan's own making (quiet
 * hours, inhibition) do. Silences and acknowledgements of people are not part of it.
 */
import type { StoredEvent } from "../event/event.ts";
import type { AlertClock } from "./clock.ts";
import { Evaluator } from "./evaluator.ts";
import { RULES_LANE } from "./folder.ts";
import { BATCH } from "./group.ts";
import { mailSubject } from "./mail-message.ts";
import { MailTemplates } from "./mail-template.ts";
import { compileMarker } from "./marker.ts";
import { MemoryRecords } from "./memory-records.ts";
import { subjectLine } from "./notice-words.ts";
import type { Channel, Notification } from "./notification.ts";
import { notificationsOf } from "./notify.ts";
import { Outbox } from "./outbox.ts";
import type { AlertPlan, ChannelPlan } from "./plan.ts";
import { redactedNotification } from "./redact-notice.ts";

/** @since 0.1.0 */
export interface SimulatedNotice {
  /** ISO 8601 UTC. */
  readonly at: string;
  readonly channel: string;
  readonly recipient: string;
  readonly occasion: string;
  /** Of the mail, by the plan's form and templates; the first line of messages of other kinds. */
  readonly subject: string;
  readonly incident_id: string;
}

/** @since 0.1.0 */
export interface Simulation {
  readonly events: number;
  /** Events some rule looked at. */
  readonly marked: number;
  readonly incidents: number;
  readonly notices: readonly SimulatedNotice[];
  /** Notices beyond the 100 000 kept in `notices`. */
  readonly further: number;
  /** Went into a digest because the recipient had had enough. */
  readonly folded: number;
}

const MOST_NOTICES = 100_000;
const HOUR_MS = 3_600_000;
/** What a critical incident waits for its first notice. */
const MOST_LAG_MS = 5000;
/** Steps at one instant after which time goes on all the same. */
const MOST_STEPS = 10_000;

/** Time that stands still until it is told to go on; nothing needs its timers, because every step is asked for. */
class StillClock implements AlertClock {
  ms: number;
  constructor(ms: number) {
    this.ms = ms;
  }
  now(): number {
    return this.ms;
  }
  elapsed(): number {
    return this.ms;
  }
  after(): () => void {
    return () => {};
  }
}

/**
 * @param events in order of time; each counts when it arrived, or where that was more than an hour off (events that were
 *   imported), when it happened
 * @since 0.1.0
 */
export async function simulate(
  events: AsyncIterable<StoredEvent>,
  plan: AlertPlan,
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
): Promise<Simulation> {
  const world = await SimulatedLab.open(plan, fromMs);
  for await (const event of events) await world.arrive(event);
  await world.until(toMs);
  return world.result();
}

/** The shortest wait before a first notice. */
function lagOf({ rules }: AlertPlan): number {
  const waits = rules.map(({ enabled, burst, groupWaitMs }) => (!enabled ? MOST_LAG_MS : burst > 1 ? 0 : groupWaitMs));
  return Math.min(MOST_LAG_MS, ...waits.map((ms) => ms ?? MOST_LAG_MS));
}

function momentOf({ received_at, event_timestamp }: StoredEvent): number {
  const [arrivedMs, happenedMs] = [Date.parse(received_at ?? ""), Date.parse(event_timestamp)];
  return Math.abs(arrivedMs - happenedMs) <= HOUR_MS ? arrivedMs : happenedMs;
}

class SimulatedLab {
  readonly #records = new MemoryRecords();
  readonly #clock: StillClock;
  readonly #marker: ReturnType<typeof compileMarker>;
  readonly #outbox: Outbox;
  readonly #incidents = new Set<string>();
  readonly #notices: SimulatedNotice[] = [];
  /** How long events may gather before they are folded: not so long that anything could be due before. */
  readonly #lagMs: number;
  readonly #look: Parameters<typeof mailSubject>[1];
  readonly #redact: readonly string[];
  #evaluator!: Evaluator;
  #counted = { events: 0, marked: 0, waiting: 0, further: 0 };

  private constructor(plan: AlertPlan, fromMs: number) {
    this.#clock = new StillClock(fromMs);
    this.#marker = compileMarker(plan.rules);
    this.#lagMs = lagOf(plan);
    const { timezone, publicUrl, templates, redact } = plan;
    this.#look = { context: { timezone, publicUrl }, templates: new MailTemplates(templates, timezone) };
    this.#redact = redact;
    this.#outbox = new Outbox({
      records: this.#records,
      channels: new Map(plan.channels.map((channel) => [channel.name, this.#channel(channel)])),
      ...{
        delivery: plan.delivery,
        digest: plan.digest,
        quietHours: plan.quietHours,
        clock: this.#clock,
        random: () => 0.5,
        mayLead: () => true,
      },
    });
  }

  static async open(plan: AlertPlan, fromMs: number): Promise<SimulatedLab> {
    const lab = new SimulatedLab(plan, fromMs);
    const receivers = new Map(plan.receivers.map((receiver) => [receiver.name, receiver]));
    const channels = new Map(plan.channels.map((channel) => [channel.name, lab.#channel(channel)]));
    const reach = { receivers, channels, compat: plan.mode === "compat" };
    lab.#evaluator = await Evaluator.begin({
      ...{
        records: lab.#records,
        plan,
        clock: lab.#clock,
        fence: 1,
        resumedAtMs: fromMs,
        confirm: async () => true,
        counters: () => ({}),
        warn: () => {},
      },
      say: async (drafts) => {
        for (const { incident } of drafts) lab.#incidents.add(incident.incident_id);
        await lab.#outbox.put(notificationsOf(drafts, reach));
        return true;
      },
    });
    return lab;
  }

  async arrive(event: StoredEvent): Promise<void> {
    this.#counted.events++;
    const atMs = momentOf(event);
    const dueMs = await this.#nextMs();
    const mayWait =
      this.#counted.waiting > 0 && atMs - this.#clock.ms < this.#lagMs && (dueMs === null || dueMs > atMs);
    if (Number.isFinite(atMs) && !mayWait) await this.until(atMs);
    const matched = this.#marker(event);
    if (matched.length === 0) return;
    this.#counted.marked++;
    const received_at = new Date(Math.max(this.#clock.ms, atMs || 0)).toISOString();
    this.#records.add({ ...event, received_at }, { [RULES_LANE]: matched });
    if (++this.#counted.waiting >= BATCH) await this.#fold();
  }

  /** Time goes on; all that is due on the way happens at its own instant. */
  async until(ms: number): Promise<void> {
    if (ms <= this.#clock.ms) return;
    await this.#fold();
    for (let steps = 0; steps < MOST_STEPS; steps++) {
      const dueMs = await this.#nextMs();
      if (dueMs === null || dueMs > ms) break;
      if (dueMs > this.#clock.ms) [this.#clock.ms, steps] = [dueMs, 0];
      await this.#step();
    }
    this.#clock.ms = ms;
  }

  result(): Simulation {
    const { events, marked, further } = this.#counted;
    const { folded } = this.#outbox.stats();
    return { events, marked, incidents: this.#incidents.size, notices: this.#notices, further, folded };
  }

  async #nextMs(): Promise<number | null> {
    const due = [await this.#records.nextDue("groups"), await this.#outbox.nextDueMs()].filter((ms) => ms !== null);
    return due.length === 0 ? null : Math.min(...due);
  }

  async #step(): Promise<void> {
    while (await this.#evaluator.tickSome());
    await this.#outbox.idle();
    await this.#outbox.sweep(this.#clock.ms);
    await this.#evaluator.sweep();
  }

  async #fold(): Promise<void> {
    if (this.#counted.waiting === 0) return;
    this.#counted.waiting = 0;
    while ((await this.#evaluator.foldSome()) > 0);
  }

  #channel(plan: ChannelPlan): Channel {
    const { type } = plan;
    return {
      ...{ name: plan.name, type, recipients: plan.type === "email" ? plan.to : [plan.name], concurrency: 100 },
      verify: async () => {},
      send: async (notification) => {
        await this.#sent(redactedNotification(notification, this.#redact), type);
        return { status: "sent" };
      },
      close: async () => {},
    };
  }

  async #sent(notification: Notification, type: Channel["type"]): Promise<void> {
    const { channel, recipient, occasion, incident_id, notice } = notification;
    if (this.#notices.length >= MOST_NOTICES) {
      this.#counted.further++;
      return;
    }
    const at = new Date(this.#clock.ms).toISOString();
    const subject = type === "email" ? await mailSubject(notification, this.#look) : subjectLine(notice);
    this.#notices.push({ at, channel, recipient, occasion, subject, incident_id });
  }
}
