// Opens and closes again and again; tells what is open and how much memory there is, before and after.
import { readdirSync, writeSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { createEventStream, createTransport } from "madsci-events/pino";
import pino from "pino";

const { options, what, cycles, warmUp } = JSON.parse(process.argv[2]);
const HAS_PROC = process.platform === "linux";

async function cycle() {
  const stream = what === "transport" ? createTransport(options) : createEventStream(options);
  pino(stream).info("line");
  await new Promise((resolve) => stream.once("close", resolve).end());
}

async function measured() {
  for (let turn = 0; turn < 3; turn++) {
    globalThis.gc();
    await sleep(50);
  }
  const count = (path) => (HAS_PROC ? readdirSync(path).length : 0);
  return {
    fds: count("/proc/self/fd"),
    threads: count("/proc/self/task"),
    listeners: process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0),
    heapMb: process.memoryUsage().heapUsed / 2 ** 20,
    rssMb: process.memoryUsage().rss / 2 ** 20,
  };
}

for (let n = 0; n < warmUp; n++) await cycle();
const before = await measured();
for (let n = 0; n < cycles; n++) await cycle();
writeSync(1, JSON.stringify({ before, after: await measured() }));
