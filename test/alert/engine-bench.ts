/** Whole engines in virtual time, on records they share; what they send is kept. Registers no hooks. */
import { type Alerts, startAlerts } from "../../src/alert/engine.ts";
import { functionChannel } from "../../src/alert/function-channel.ts";
import type { AlertHost, Marker } from "../../src/alert/host.ts";
import type { Incident } from "../../src/alert/incident.ts";
import { compileMarker } from "../../src/alert/marker.ts";
import { MemoryRecords } from "../../src/alert/memory-records.ts";
import type { Delivery, Notification } from "../../src/alert/notification.ts";
import type { AlertOptions } from "../../src/alert/options.ts";
import type { AlertPlan } from "../../src/alert/plan.ts";
import { alertPlan } from "../../src/alert/plan-file.ts";
import type { AlertRecords } from "../../src/backend/alert-records.ts";
import type { StoredEvent } from "../../src/event/event.ts";
import { zoneReader } from "../../src/event/zone.ts";
import { arrived, type EventChange } from "./lab.ts";
import { VirtualClock } from "./virtual-clock.ts";

export interface Told {
  readonly atMs: number;
  readonly notification: Notification;
}

export interface StartOptions {
  /** What this engine sees of the records. @default all, as they are */
  readonly records?: AlertRecords;
  /** @default true */
  readonly alone?: boolean;
  readonly lead?: boolean;
  /** In place of the plan the others have. */
  readonly plan?: AlertPlan;
  readonly clock?: VirtualClock;
  /** Before a message of this engine counts as told. */
  readonly send?: (notification: Notification) => Promise<Delivery> | Delivery | undefined;
}

/** Channel and receiver are both called `ops`; levels below 40 keep MADSci's own rule out of it. */
export function planOf(options: AlertOptions): AlertPlan {
  const zone = zoneReader("UTC");
  const written = { labPack: false, receivers: { ops: ["ops"] }, ...options };
  return alertPlan(written, { naiveTimezone: "UTC", zone, ownChannels: ["ops", "pager"] });
}

export const NODE_ERROR = {
  id: "node-error",
  select: { event_type: "node_error" },
  groupBy: "source.node_id",
  severity: "error",
} as const;

export class EngineBench {
  readonly clock = new VirtualClock();
  readonly startMs = this.clock.now();
  readonly memory = new MemoryRecords();
  readonly told: Told[] = [];
  readonly warnings: string[] = [];
  readonly engines = new Set<Alerts>();
  /** Events so far. */
  readonly added: StoredEvent[] = [];
  counters: Record<string, number> = {};
  readonly plan: AlertPlan;
  readonly #marker: Marker;
  readonly #wakes = new Set<() => void>();

  constructor(options: AlertOptions = { rules: [NODE_ERROR] }) {
    this.plan = planOf(options);
    this.#marker = compileMarker(this.plan.rules);
  }

  async start(options: StartOptions = {}): Promise<Alerts> {
    const { records = this.memory, alone = true, plan = this.plan, clock = this.clock } = options;
    const channels = ["ops", "pager"].map((name) => functionChannel(name, { send: (one) => this.#tell(one, options) }));
    const engine = await startAlerts(this.#host(records, alone), plan, {
      ...{ clock, channels, random: () => 0.5, onWarning: (message) => this.warnings.push(message) },
      ...(options.lead !== undefined && { lead: options.lead }),
    });
    this.engines.add(engine);
    return engine;
  }

  /** An event arrives now, durable with its mark. */
  add(change: EventChange = {}): StoredEvent {
    return this.keep(arrived(this.clock.now(), { log_level: 20, ...change }).event);
  }

  /** One that arrived when it says. */
  keep(event: StoredEvent): StoredEvent {
    const rules = this.#marker(event);
    this.memory.add(event, { rules });
    this.added.push(event);
    return event;
  }

  /** The same, and whoever runs in this process is woken. */
  append(change: EventChange = {}): StoredEvent {
    const event = this.add(change);
    this.wake();
    return event;
  }

  wake(): void {
    for (const wake of this.#wakes) wake();
  }

  async advance(ms: number): Promise<void> {
    await this.clock.advance(ms);
  }

  /** `occasion@seconds` of everything told so far. */
  said(): string[] {
    return this.told.map(({ atMs, notification }) => `${notification.occasion}@${(atMs - this.startMs) / 1000}`);
  }

  /** Of every notification, how often it was sent. */
  times(): Map<string, number> {
    const times = new Map<string, number>();
    for (const { notification } of this.told) {
      times.set(notification.notification_id, (times.get(notification.notification_id) ?? 0) + 1);
    }
    return times;
  }

  async close(): Promise<void> {
    await Promise.all([...this.engines].map((engine) => engine.close()));
    this.engines.clear();
  }

  #host(records: AlertRecords, alone: boolean): AlertHost {
    return {
      records,
      ...{ naiveTimezone: "UTC", zone: zoneReader("UTC"), alone },
      addLane: (_lane, _marker, wake) => {
        this.#wakes.add(wake);
        return () => this.#wakes.delete(wake);
      },
      get: async (id) => this.memory.event(id),
      counters: () => this.counters,
    };
  }

  async #tell(notification: Notification, { send }: StartOptions): Promise<Delivery> {
    const delivery = await send?.(notification);
    this.told.push({ atMs: this.clock.now(), notification });
    return delivery ?? { status: "sent" };
  }
}

/** The only incident there is. */
export async function onlyIncident(engine: Alerts): Promise<Incident> {
  const { items } = await engine.incidents();
  if (items.length !== 1) throw new Error(`there are ${items.length} incidents`);
  return items[0] as Incident;
}
