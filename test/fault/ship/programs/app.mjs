// An application that logs through pino and does what its plan says: { how, options, run, sync, shutdown, steps }.
// Steps are [name, ...arguments], in order. What it has to tell stands on standard output, one JSON object a line; lines
// that are there were told before whatever came next.
import { readdirSync, writeSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createTransport } from "madsci-events/pino";
import pino from "pino";

const { how = "create", options, run, shutdown, steps } = JSON.parse(process.argv[2]);
const PAD = "0123456789".repeat(20);
const target = "madsci-events/pino";
let stream = how === "create" ? createTransport(options) : pino.transport({ target, options });
stream.on("error", (error) => tell({ error: error.message }));
let log = pino(stream);
if (shutdown) stream.installShutdown();

let n = 0;
const tookMs = [];

function tell(what) {
  writeSync(1, `${JSON.stringify(what)}\n`);
}

function logOne(level = "info", size = 200) {
  n += 1;
  const pad = size > PAD.length ? PAD.repeat(Math.ceil(size / PAD.length)) : PAD;
  const startMs = performance.now();
  log[level]({ run, n, pad: pad.slice(0, size) }, "line");
  tookMs.push(performance.now() - startMs);
}

const ready = () => new Promise((resolve) => stream.once("ready", resolve));
const flushed = () => new Promise((resolve) => stream.flush(resolve));

/** Until no spool but our own is left in the folder, and that one is empty. */
async function drained(folder, limitMs = 240_000) {
  const listed = (path) => readdirSync(path).filter((name) => /^[0-9A-Z]{26}$/.test(name));
  const deadline = performance.now() + limitMs;
  for (;;) {
    await flushed();
    const own = listed(folder);
    const left = own.length === 1 ? inside(join(folder, own[0])) : own;
    const { pending = 1 } = stream.stats() ?? {};
    if (own.length === 1 && left.length === 0 && pending === 0) return;
    if (performance.now() > deadline) return tell({ undrained: { own, left, pending } });
    await sleep(20);
  }
}

/** Until everything logged is acknowledged or buried; `flush` is content with a spool while nobody answers. */
async function settled(limitMs = 30_000) {
  const deadline = performance.now() + limitMs;
  for (;;) {
    await flushed();
    const { pending = 1 } = stream.stats() ?? {};
    if (pending === 0) return;
    if (performance.now() > deadline) return tell({ unsettled: stream.stats() });
    await sleep(20);
  }
}

function inside(folder) {
  try {
    return readdirSync(join(folder, "adopted"));
  } catch {
    return [];
  }
}

const STEPS = {
  ready,
  flush: flushed,
  sleep,
  drained,
  settled,
  log: (count, { level, size } = {}) => {
    for (let i = 0; i < count; i++) logOne(level, size);
  },
  /** As an application does it: a few at a time, the loop turning in between. */
  pace: async (count, everyMs, { size } = {}) => {
    for (let i = 0; i < count; i++) {
      logOne("info", size);
      if (i % 10 === 9) await sleep(everyMs);
    }
  },
  /** Logs for ever; every few lines all that was logged is handed over and told. */
  receipts: async (lines) => {
    for (;;) {
      for (let i = 0; i < lines; i++) logOne();
      if (Math.random() < 0.2) logOne("fatal");
      else stream.flushSync();
      tell({ receipt: n });
      if (Math.random() < 0.5) await sleep(Math.random() * 5);
    }
  },
  block: (ms) => {
    const endMs = performance.now() + ms;
    while (performance.now() < endMs);
  },
  until: (word) =>
    new Promise((resolve) => {
      process.stdin
        .ref()
        .resume()
        .on("data", function listen(chunk) {
          if (!String(chunk).includes(word)) return;
          process.stdin.off("data", listen).pause().unref();
          resolve();
        });
    }),
  tell: (what) => tell({ said: what, n, atMs: Date.now() }),
  stats: () => tell({ stats: stream.stats() }),
  memory: () => tell({ rssMb: Math.round(process.resourceUsage().maxRSS / 1024) }),
  times: () => {
    const sorted = [...tookMs].sort((a, b) => a - b);
    tell({ p50Ms: sorted[sorted.length >> 1], p99Ms: sorted[Math.floor(sorted.length * 0.99)], maxMs: sorted.at(-1) });
  },
  idle: () => new Promise(() => setInterval(() => {}, 1000)),
  end: () =>
    new Promise((resolve) => {
      stream.once("close", resolve);
      stream.end();
    }),
  /** How long the end takes, from the wish to end until the stream has closed. */
  ended: async () => {
    const startMs = performance.now();
    await STEPS.end();
    tell({ endMs: performance.now() - startMs });
  },
  timedExit: () => {
    const startMs = performance.now();
    process.on("exit", () => tell({ exitMs: performance.now() - startMs }));
    process.exit();
  },
  exit: (code) => process.exit(code),
  exitInReady: (count, code) => {
    stream.once("ready", () => {
      STEPS.log(count);
      process.exit(code);
    });
  },
  exitHandler: (count) => {
    process.on("exit", () => STEPS.log(count));
  },
  exitTwice: (code) => {
    process.on("exit", () => process.exit(code));
    process.exit(code);
  },
  kill: (signal) => process.kill(process.pid, signal),
  throwLater: (message) => {
    setImmediate(() => {
      throw new Error(message);
    });
  },
  reject: (message) => void Promise.reject(new Error(message)),
  abort: () => process.abort(),
  overflow: () => {
    const deeper = () => deeper() + 1;
    setImmediate(deeper);
  },
  outOfMemory: () => {
    const kept = [];
    for (;;) kept.push(Array.from({ length: 10_000 }, (_, i) => ({ i })));
  },
  handler: (signal, code) => {
    process.on(signal, () => {
      tell({ handled: signal });
      if (code !== undefined) setTimeout(() => process.exit(code), 50);
    });
  },
  /** Nobody holds the logger any more. */
  drop: async () => {
    log = undefined;
    stream = undefined;
    for (let i = 0; i < 5; i++) {
      globalThis.gc();
      await sleep(20);
    }
  },
};

for (const [name, ...given] of steps) await STEPS[name](...given);
