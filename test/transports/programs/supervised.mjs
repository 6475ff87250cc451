// A program whose transport finds it hard to start a worker; tells what became of it.
import { writeSync } from "node:fs";
import { createRequire } from "node:module";
import { setTimeout as sleep } from "node:timers/promises";

const {
  options,
  lines,
  pinoOptions = {},
  overrides,
  refuse,
  broken,
  times = 1e9,
  forMs = 0,
  late,
} = JSON.parse(process.argv[2]);

const attempts = [];
const threads = createRequire(import.meta.url)("node:worker_threads");
const { Worker } = threads;
threads.Worker = class extends Worker {
  constructor(...given) {
    attempts.push(performance.now());
    if (refuse && attempts.length <= times) throw new Error("no threads here");
    super(...(broken ? ["throw new Error('broken')", { eval: true }] : given));
  }
};
if (overrides) globalThis.__bundlerPathsOverrides = overrides;
const { createTransport } = await import("madsci-events/pino");
const { default: pino } = await import("pino");

let closed = 0;
const transport = createTransport(options);
transport.on("close", () => closed++);
const log = pino(pinoOptions, transport);
for (let n = 0; n < lines; n++) log.info({ n }, "line");
await sleep(forMs);
await new Promise((resolve) => transport.flush(resolve));
const stats = transport.stats();
await new Promise((resolve) => transport.once("close", resolve).end());
if (late) log.info("too late");
await sleep(50);
process.on("exit", () => writeSync(1, JSON.stringify({ closed, stats, attempts })));
