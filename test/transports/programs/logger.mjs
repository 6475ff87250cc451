// A program that logs through pino and ends in one of the ways programs end. Told what to do by its first argument.
import { setTimeout as sleep } from "node:timers/promises";
import { createTransport } from "madsci-events/pino";
import pino from "pino";

const { how, options, lines, end, everyMs = 0, pinoOptions = {} } = JSON.parse(process.argv[2]);

const target = "madsci-events/pino";
const transport = how === "create" ? createTransport(options) : pino.transport({ target, options });
const log = pino(pinoOptions, transport);
for (let n = 0; n < lines; n++) {
  log.info({ n }, "line");
  if (everyMs > 0 && n % 10 === 0) await sleep(everyMs);
}
if (end === "throw") throw new Error("boom");
if (end === "reject") Promise.reject(new Error("boom"));
if (end === "exit") process.exit(3);
