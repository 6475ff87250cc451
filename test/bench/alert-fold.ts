/**
 * Marked events per second that the engine deals with. Arguments: path, number of groups, number of events. The events
 * are stored and marked before the engine starts. Prints the rate.
 */
import { EventStore, functionChannel, openAlerts } from "./alert-built.ts";
import { labOptions, mixedEvent } from "./alert-lab.ts";

const CALL = 500;

const [path = "", groups = "1", count = "0"] = process.argv.slice(2);
const store = await EventStore.open(`sqlite:${path}`, { writerThread: true });
const removeLane = store.alertHost.addLane(
  "rules",
  () => ["node-error"],
  () => {},
);
for (let at = 0; at < Number(count); at += CALL) {
  const length = Math.min(CALL, Number(count) - at);
  await store.append(Array.from({ length }, (_, n) => mixedEvent(at + n, { every: 1, groups: Number(groups) })));
}
removeLane();

const told = functionChannel("told", { send: async () => {} });
const startMs = performance.now();
const alerts = await openAlerts(store, labOptions(), { channels: [told] });
while (alerts.stats().events_folded < Number(count)) await new Promise((resolve) => setTimeout(resolve, 2));
console.log(Number(count) / ((performance.now() - startMs) / 1000));
await alerts.close();
await store.close();
