/** StoreAlerts: the alerts of a database opened here. They are looked at and changed; only `serve` judges and sends. */
import { Alerts as Engine } from "../alert/engine.ts";
import type { AlertPlan } from "../alert/plan.ts";
import type { EventStore } from "../store/store.ts";
import type { Alerts } from "./alerts-access.ts";
import type { Config } from "./config.ts";
import { type Io, warn } from "./io.ts";
import { openStore } from "./open-store.ts";

export interface StoreAlertsParts {
  readonly config: Config;
  readonly plan: AlertPlan;
  readonly readOnly: boolean;
}

/** @throws EventStoreError what opening throws: a file that a server holds is told as such where it would be written */
export async function openStoreAlerts({ config, plan, readOnly }: StoreAlertsParts, io: Io): Promise<Alerts> {
  const store = await openStore(config, io, { readOnly });
  try {
    return closingBoth(engineOf(store, plan, io), store);
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** Links of messages are made where messages are, so it needs no secret for them. */
function engineOf(store: EventStore, plan: AlertPlan, io: Io): Engine {
  const onWarning = (message: string) => warn(io, `alerts: ${message}`);
  return new Engine({ host: store.alertHost, plan, options: { lead: false, onWarning }, secret: "" });
}

function closingBoth(engine: Engine, store: EventStore): Alerts {
  return {
    incidents: (query) => engine.incidents(query),
    acknowledge: (id, by) => engine.acknowledge(id, by),
    silences: (query) => engine.silences(query),
    silence: (input) => engine.silence(input),
    expireSilence: (id) => engine.expireSilence(id),
    rules: () => engine.rules(),
    notifications: (query) => engine.notifications(query),
    retry: (id) => engine.retry(id),
    discard: (id) => engine.discard(id),
    why: (id) => engine.why(id),
    test: (channel, to) => engine.test(channel, to),
    verify: (channel) => engine.verify(channel),
    async [Symbol.asyncDispose]() {
      await engine.close();
      await store.close();
    },
  };
}
