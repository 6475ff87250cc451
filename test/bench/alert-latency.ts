/**
 * Time from `append` to the call of a channel, group wait 0, events one by one. Arguments: path, number of events. Prints
 * p50 and p99 in ms, of the call and of the append itself.
 */
import { EventStore, functionChannel, openAlerts } from "./alert-built.ts";
import { labOptions, mixedEvent } from "./alert-lab.ts";
import { quantile } from "./measure.ts";

const WARM_UP = 50;

const [path = "", count = "0"] = process.argv.slice(2);
const store = await EventStore.open(`sqlite:${path}`, { writerThread: true });
let arrived = (): void => {};
const told = functionChannel("told", { send: async () => arrived() });
const alerts = await openAlerts(store, labOptions({ defaults: { receivers: ["ops"], groupWait: "0s" } }), {
  channels: [told],
});
// The timers of alerts do not keep a process alive.
const alive = setInterval(() => {}, 1000);
const toldMs: number[] = [];
const storedMs: number[] = [];
for (let n = 0; n < WARM_UP + Number(count); n++) {
  // A group of its own, so that each event has a first notice.
  const event = mixedEvent(n, { every: 1, groups: Number.MAX_SAFE_INTEGER });
  const call = new Promise<void>((resolve) => {
    arrived = resolve;
  });
  const startMs = performance.now();
  await store.append(event);
  const stored = performance.now() - startMs;
  await call;
  if (n >= WARM_UP) {
    toldMs.push(performance.now() - startMs);
    storedMs.push(stored);
  }
  // Idle between two: the engine has come to rest.
  await new Promise((resolve) => setTimeout(resolve, 100));
}
const both = (values: readonly number[]) => ({ p50: quantile(values, 0.5), p99: quantile(values, 0.99) });
console.log(JSON.stringify({ told: both(toldMs), stored: both(storedMs) }));
clearInterval(alive);
await alerts.close();
await store.close();
