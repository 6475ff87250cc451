// One run of an application that logs with pino, in a process of its own. Prints what it measured as JSON.
import { createRequire } from "node:module";
import { setImmediate as turn } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import pino from "pino";
import { createTransport } from "../../dist/pino.js";

const { kind, lines, options, burst = 200 } = JSON.parse(process.argv[2]);
const NOOP = fileURLToPath(new URL("./noop-target.mjs", import.meta.url));

function open() {
  if (kind === "noop") return pino.transport({ target: NOOP });
  if (kind === "pino-mongodb")
    return pino.transport({ target: createRequire(options.from).resolve("pino-mongodb"), options });
  return createTransport(options);
}

// pino's workers do not keep a process alive.
setInterval(() => {}, 1000);
const transport = open();
const log = pino({ base: { pid: process.pid, hostname: "bench" } }, transport).child({ module: "arm" });
// A transport that never answers is measured too: nothing here waits for the network.
await new Promise((resolve) => transport.once("ready", resolve));

const startCpu = process.cpuUsage();
const startMs = performance.now();
let loggingMs = 0;
for (let n = 0; n < lines; n += burst) {
  const from = performance.now();
  for (let i = n; i < n + burst && i < lines; i++) {
    log.info(
      { n: i, action: "aspirate", volume_ul: 200, well: "A1" },
      i % 10 === 0 ? "aspirate 200 µl from A1" : "aspirate from A1",
    );
  }
  loggingMs += performance.now() - from;
  if (burst < lines) await turn();
}
const loggedMs = performance.now() - startMs;
const rssMb = process.memoryUsage.rss() / 2 ** 20;
const endMs = performance.now();
const closed = new Promise((resolve) => transport.once("close", resolve));
transport.end();
await closed;
const nowMs = performance.now();
const maxRssMb = process.resourceUsage().maxRSS / 1024;
console.log(
  JSON.stringify({
    loggingMs,
    loggedMs,
    endMs: nowMs - endMs,
    allMs: nowMs - startMs,
    rssMb,
    maxRssMb,
    cpu: process.cpuUsage(startCpu),
    stats: transport.stats?.(),
  }),
);
process.exit(0);
