/**
 * Events per second that `append` takes in. Arguments: path, `thread` or `local` writer, `on`, `mark` (and leave the rest to another process) or `off`, number of events,
 * and of how many events one alerts. Prints the rate.
 */
import type { EventInput } from "../../src/event/event.ts";
import { EventStore, functionChannel, openAlerts } from "./alert-built.ts";
import { labOptions, mixedEvent, WARM_UP } from "./alert-lab.ts";

const CALL = 100;
const CALLERS = 8;

const [path = "", writer = "thread", alerting = "on", count = "0", every = "100"] = process.argv.slice(2);
const store = await EventStore.open(`sqlite:${path}`, { writerThread: writer === "thread" });
const told = functionChannel("told", { send: async () => {} });
const lead = alerting === "on";
const alerts = alerting === "off" ? undefined : await openAlerts(store, labOptions(), { channels: [told], lead });
const events = (length: number, run: number) =>
  Array.from({ length }, (_, n) => mixedEvent(n, { every: Number(every), run }));

async function appended(all: readonly EventInput[]): Promise<number> {
  let at = 0;
  const caller = async () => {
    while (at < all.length) {
      const mine = all.slice(at, at + CALL);
      at += CALL;
      await store.append(mine);
    }
  };
  const startMs = performance.now();
  await Promise.all(Array.from({ length: CALLERS }, caller));
  return all.length / ((performance.now() - startMs) / 1000);
}

await appended(events(WARM_UP, 1));
if (lead) await alerts?.idle();
const measured = events(Number(count), 2);
console.log(await appended(measured));
await alerts?.close();
await store.close();
