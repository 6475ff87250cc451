// An application whose transport's worker dies, as often as its plan says: { options, run, crash, times, folder }.
// It goes on logging all the while, waits for the next worker each time, and tells how many lines it has logged.
import { writeFileSync, writeSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const { options, run, crash, times = 1, folder, last = "end" } = JSON.parse(process.argv[2]);

const threads = createRequire(import.meta.url)("node:worker_threads");
const workers = [];
threads.Worker = class extends threads.Worker {
  constructor(...given) {
    super(...given);
    workers.push(this);
  }
};
const { createTransport } = await import("madsci-events/pino");
const { default: pino } = await import("pino");

const transport = createTransport(options);
let isReady = 0;
let closed = 0;
let n = 0;
transport.on("ready", () => isReady++);
transport.on("close", () => closed++);
const log = pino(transport);
const some = (count) => {
  for (let i = 0; i < count; i++) log.info({ run, n: ++n }, "line");
};
const until = async (what, limitMs = 30_000) => {
  for (const endMs = performance.now() + limitMs; !what(); ) {
    if (performance.now() > endMs) throw new Error(`it does not come: ${what}`);
    await sleep(5);
  }
};

/** The map module does it to the worker that sees this file first. */
const sabotage = () => writeFileSync(join(folder, "sabotage"), crash);

some(50);
await until(() => isReady === 1);
for (let time = 1; time <= times; time++) {
  const doomed = workers.at(-1);
  const died = new Promise((resolve) => doomed.once("exit", resolve));
  if (crash === "terminate") void doomed.terminate();
  else sabotage();
  some(50);
  let isDead = false;
  died.then(() => (isDead = true));
  while (!isDead) {
    some(5);
    await sleep(2);
  }
  const flushed = new Promise((resolve) => transport.flush(resolve));
  some(20);
  await flushed;
  await until(() => isReady === time + 1);
  some(50);
}
if (last === "end") {
  await new Promise((resolve) => transport.flush(resolve));
  transport.once("close", () => writeSync(1, `${JSON.stringify({ n, closed, workers: workers.length })}\n`));
  transport.end();
} else {
  // The worker is dead and nobody knows yet.
  const doomed = workers.at(-1);
  if (crash === "terminate") void doomed.terminate();
  else sabotage();
  some(50);
  await sleep(last === "exit" ? Math.random() * 60 : 0);
  some(10);
  writeSync(1, `${JSON.stringify({ n, closed, workers: workers.length })}\n`);
  process.exit(0);
}
