/** The main thread is busy, floods the log, or has forgotten its logger: nothing is lost, memory and time are bounded. */
import { expect, it } from "vitest";
import { EventStore } from "../../src/store/store.ts";
import { App, drain, runApp } from "./ship/app.ts";
import { storedIn } from "./ship/oracle.ts";
import { scene } from "./ship/scene.ts";

const ROUNDS = Number(process.env.FAULT_ROUNDS ?? 50);
const BURST = ROUNDS < 20 ? 200_000 : 1_000_000;
const BLOCK_MS = 5000;

/** How often each line of a burst is stored; too many to keep them all. */
async function timesStored(database: string): Promise<Uint8Array> {
  const times = new Uint8Array(BURST + 1);
  await using store = await EventStore.open(database, { readOnly: true });
  for await (const { event_data } of store.find()) {
    const { n } = event_data as { n: number };
    times[n] = (times[n] ?? 0) + 1;
  }
  return times;
}

it.each(["sync", "async"] as const)("a line logged before the loop is blocked (hand-off %s)", async (handoff) => {
  const { database, options, expectAll } = await scene({ handoff });
  const steps = [["ready"], ["log", 1], ["tell", "logged"], ["block", BLOCK_MS], ["tell", "free"], ["flush"]] as const;
  const app = new App({ options, run: handoff, steps });
  await app.says("logged");
  const count = async () => (await storedIn(database)).length;
  if (handoff === "sync") await expect.poll(count, { timeout: BLOCK_MS - 1500, interval: 100 }).toBe(1);
  else expect(await count()).toBe(0);
  expect(app.told.said).toBe("logged");
  await app.says("free");
  const { code, stderr } = await app.ended;
  expect(code, stderr).toBe(0);
  await expectAll({ [handoff]: 1 });
});

it(`a burst of ${BURST} lines takes bounded memory, and blocks nothing for long`, async () => {
  const { options, database } = await scene();
  const steps = [["ready"], ["log", BURST, { size: 100 }], ["times"], ["flush"], ["memory"], ["stats"]] as const;
  const { code, stderr, told } = await runApp({ options, run: "burst", steps });
  expect(code, stderr).toBe(0);
  const measured = `p50 ${told.p50Ms} ms, p99 ${told.p99Ms} ms, at most ${told.maxMs} ms, ${told.rssMb} MB`;
  expect(told.maxMs, measured).toBeLessThan(3000);
  // A loop that never ends its turn keeps what it logs: about 0.4 KB of heap a line, twice.
  expect(told.rssMb, measured).toBeLessThan(400 + BURST / 600);
  expect(told.stats).toMatchObject({ in: BURST, dropped: 0 });
  await drain(options);
  const times = await timesStored(database);
  expect({
    once: times.filter((count) => count === 1).length,
    other: times.filter((count) => count > 1).length,
  }).toEqual({
    once: BURST,
    other: 0,
  });
});

it("a logger that nobody holds any more has delivered everything (createTransport)", async () => {
  const { options, database } = await scene();
  const steps = [["ready"], ["log", 1000], ["drop"]] as const;
  const { code, stderr } = await runApp({ options, run: "dropped", steps, flags: ["--expose-gc"] });
  expect(code, stderr).toBe(0);
  const events = await storedIn(database);
  expect(events).toHaveLength(1000);
});

it("a logger that nobody holds any more has at least spooled everything (pino.transport)", async () => {
  const { options, expectAll } = await scene();
  const steps = [["ready"], ["log", 1000], ["flush"], ["log", 1000], ["sleep", 0], ["drop"]] as const;
  const { code, stderr } = await runApp({ how: "target", options, run: "bare", steps, flags: ["--expose-gc"] });
  expect(code, stderr).toBe(0);
  await expectAll({ bare: 2000 });
});
