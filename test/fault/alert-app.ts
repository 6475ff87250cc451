/**
 * A program with a store and alerts that mails, made to be killed. What it has to tell stands on standard output, one JSON
 * object a line, written before whatever comes next:
 *
 *   { ready }   everything left by the ones before it has been dealt with
 *   { stored }  an event is acknowledged
 *   { mark }    the change of the alerts' records it was told to stop at; from here on it does nothing at all
 *   { idle }    all its events are dealt with
 */
import { writeSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { openAlerts } from "../../src/alert/engine.ts";
import type { AlertRecords } from "../../src/backend/alert-records.ts";
import { EventStore } from "../../src/store/store.ts";

export interface AppPlan {
  readonly url: string;
  readonly database?: string;
  readonly smtpPort: number;
  /** Begins the ids of its events and nodes. */
  readonly name: string;
  readonly events: number;
  /** Stops dead before or after this change, counted from `ready`. */
  readonly stopAt?: { readonly change: number; readonly when: "before" | "after" };
}

const NODES = 3;
const plan = JSON.parse(String(process.argv[2])) as AppPlan;

function tell(what: object): void {
  writeSync(1, `${JSON.stringify(what)}\n`);
}

let changes = Number.NEGATIVE_INFINITY;

function stopDead(): void {
  tell({ mark: changes });
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}

/** One change; stops at it where it was told to. */
async function change<T>(action: () => Promise<T>): Promise<T> {
  const { change: at, when } = plan.stopAt ?? { change: -1, when: "before" };
  const here = ++changes === at;
  if (here && when === "before") stopDead();
  const answer = await action();
  if (here) stopDead();
  return answer;
}

function watched(records: AlertRecords): AlertRecords {
  return {
    marked: (...args) => records.marked(...args),
    unmark: (...args) => change(() => records.unmark(...args)),
    waiting: (...args) => records.waiting(...args),
    read: (...args) => records.read(...args),
    write: (...args) => change(() => records.write(...args)),
    due: (...args) => records.due(...args),
    nextDue: (...args) => records.nextDue(...args),
    list: (...args) => records.list(...args),
    count: (...args) => records.count(...args),
    remove: (...args) => change(() => records.remove(...args)),
  };
}

const store = await EventStore.open(plan.url, plan.database === undefined ? {} : { database: plan.database });
const host = store.alertHost;
const alerts = await openAlerts(
  { alertHost: { ...host, records: watched(host.records) } },
  {
    labPack: false,
    channels: { ops: { type: "email", to: "ops@lab.example" } },
    smtp: { host: "127.0.0.1", port: plan.smtpPort, tls: "none", from: "lab@lab.example" },
    receivers: { ops: ["ops"] },
    delivery: { perRecipient: { perHour: 1000, perDay: 10_000 } },
    leases: { ttl: "3s", renew: "1s" },
    rules: [
      {
        ...{ id: "node-error", select: { event_type: "node_error" }, groupBy: "event_data.node", severity: "error" },
        ...{ groupWait: "0s", groupInterval: "1s", resolveAfter: "never" },
      },
    ],
  },
);
await alerts.idle();
changes = 0;
tell({ ready: true });
for (let i = 0; i < plan.events; i++) {
  const _id = `${plan.name}-${i}`;
  const [result] = await store.append([
    { _id, event_type: "node_error", log_level: 20, event_data: { node: `${plan.name}-node-${i % NODES}` } },
  ]);
  if (result?.status !== "stored") throw new Error(`not stored: ${JSON.stringify(result)}`);
  tell({ stored: _id });
  await sleep(i % 5);
}
await alerts.idle();
tell({ idle: true });
setInterval(() => {}, 60_000);
