/** A whole server with alerts, as a lab runs it: real HTTP, the engine over a real database. Registers no hooks. */
import { expect } from "vitest";
import type { AlertClock } from "../../src/alert/clock.ts";
import { type Alerts, startAlerts } from "../../src/alert/engine.ts";
import type { AlertHost } from "../../src/alert/host.ts";
import type { AlertPlan } from "../../src/alert/plan.ts";
import { createServer } from "../../src/rest/index.ts";
import { EventStore } from "../../src/store/store.ts";
import { dropDatabase, mongoSkip, mongoUrl, newDatabase } from "../helpers/mongo.ts";

/** Where a journey's events rest; the name of a new database where there are several. */
interface Place {
  readonly name: string;
  readonly skip?: string | undefined;
  make(): Database;
}

export interface Database {
  readonly url: string;
  readonly database?: string;
  drop(): Promise<void>;
}

export const PLACES: readonly Place[] = [
  { name: "sqlite", make: () => ({ url: "memory:", drop: async () => {} }) },
  {
    name: "mongo",
    skip: mongoSkip,
    make: () => {
      const database = newDatabase();
      return { url: String(mongoUrl), database, drop: () => dropDatabase(database) };
    },
  },
];

export interface SiteOptions {
  readonly at: Database;
  readonly plan: (host: AlertHost) => AlertPlan;
  /** @default the system's */
  readonly clock?: AlertClock;
  /** What the engine sees of the store, where that is not all of it. */
  readonly through?: (host: AlertHost) => AlertHost;
}

export interface Answer {
  readonly status: number;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: the shape is what the tests are about
  readonly json: any;
}

export class Site implements AsyncDisposable {
  readonly store: EventStore;
  readonly alerts: Alerts;
  /** Where it listens. */
  readonly url: string;
  /** What the engine warned of. */
  readonly warnings: readonly string[];
  readonly #end: () => Promise<void>;

  private constructor(
    parts: Pick<Site, "store" | "alerts" | "url" | "warnings"> & { readonly end: () => Promise<void> },
  ) {
    ({ store: this.store, alerts: this.alerts, url: this.url, warnings: this.warnings } = parts);
    this.#end = parts.end;
  }

  static async open({ at, plan, clock, through = (host) => host }: SiteOptions): Promise<Site> {
    const { database } = at;
    const now = clock && (() => new Date(clock.now()));
    const options = { naiveTimezone: "UTC", onWarning: () => {}, ...(database && { database }), ...(now && { now }) };
    const store = await EventStore.open(at.url, options);
    const warnings: string[] = [];
    const onWarning = (message: string) => void warnings.push(message);
    const host = through(store.alertHost);
    const alerts = await startAlerts(host, plan(host), { onWarning, ...(clock && { clock }) });
    const app = createServer({ store, alerts });
    const url = await app.listen({ port: 0, host: "127.0.0.1" });
    let ended: Promise<void> | undefined;
    const close = async () => {
      await app.close();
      await alerts.close();
      await store.close();
    };
    const end = () => {
      ended ??= close();
      return ended;
    };
    return new Site({ store, alerts, url, warnings, end });
  }

  /** Stores an event the way MADSci's client does. */
  async post(event: object): Promise<Answer> {
    return this.call("/event", { method: "POST", body: event });
  }

  /** Stores events that all must be taken, and waits for what they set off. */
  async tell(...events: object[]): Promise<void> {
    for (const event of events) expect((await this.post(event)).status).toBe(200);
    await this.alerts.idle();
  }

  async call(path: string, { method = "GET", body }: { method?: string; body?: unknown } = {}): Promise<Answer> {
    const form = body instanceof URLSearchParams;
    const response = await fetch(new URL(path, this.url), {
      method,
      ...(body !== undefined && { body: form ? body : JSON.stringify(body) }),
      headers: body === undefined || form ? {} : { "content-type": "application/json" },
    });
    const text = await response.text();
    const isJson = response.headers.get("content-type")?.includes("json");
    return { status: response.status, text, json: isJson ? JSON.parse(text) : undefined };
  }

  /** Safe twice. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#end();
  }
}
