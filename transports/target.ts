/**
 * The worker's side: a plain Writable, not the object stream of pino-abstract-transport.
 *
 * pino counts a line as read when `write()` returns, so what is in the spool by then survives the death of the process,
 * a fatal line among it. Nothing here waits for the network.
 */
import { writeFileSync } from "node:fs";
import { Writable } from "node:stream";
import { parentPort } from "node:worker_threads";
import { type Handoff, tellHandoff } from "./handoff.ts";
import type { TransportOptions } from "./options.ts";
import { onPinoConfig } from "./pino-config.ts";
import { flushShipping, type Shipping, shippingTo } from "./shipping.ts";

const STATS_EVERY_MS = 10_000;
/** A chunk of the worker's window (4 MiB) never counts as too much. */
const HIGH_WATER_BYTES = 2 ** 30;
/** What pino and thread-stream add to the options of a worker target, and what createTransport does. */
const THEIR_OPTIONS = ["pinoWillSendConfig", "$context", "$handoff"];

interface WorkerOptions extends TransportOptions {
  readonly $handoff?: Handoff;
}

export function targetOf(given: WorkerOptions): Writable {
  const own = Object.entries(given ?? {}).filter(([key]) => !THEIR_OPTIONS.includes(key));
  const options = Object.fromEntries(own) as unknown as TransportOptions;
  let taken = 0;
  const told = () => {
    const { sender, durableThrough } = shipping.shipper;
    if (given.$handoff) tellHandoff(given.$handoff, { position: durableThrough, taken, sender });
  };
  const shipping = shippingTo(options, { settled: told });
  told();
  onPinoConfig((config) => shipping.announce(config));
  const tell = () => tellStats(shipping, options);
  const timer = setInterval(() => {
    told();
    tell();
  }, STATS_EVERY_MS);
  timer.unref();
  const target = new Writable({
    decodeStrings: false,
    highWaterMark: HIGH_WATER_BYTES,
    write(chunk: string | Buffer, _encoding, done) {
      shipping.shipper.accept(chunk);
      taken += chunk.length;
      told();
      const room = shipping.shipper.room();
      if (room) room.then(() => done());
      else done();
    },
    final(done) {
      clearInterval(timer);
      shipping.shipper
        .close()
        .then(told)
        .then(tell)
        .then(() => done(), done);
    },
  });
  return Object.assign(target, {
    flush: (done: () => void) =>
      flushShipping(shipping, () => {
        told();
        tell();
        done();
      }),
  });
}

/** To pino's stream in the main thread, as its event `stats`. */
function tellStats({ shipper }: Shipping, { stats = true, statsFile }: TransportOptions): void {
  const now = shipper.stats();
  if (stats) parentPort?.postMessage({ code: "EVENT", name: "stats", args: [now] });
  try {
    if (statsFile !== undefined) writeFileSync(statsFile, `${JSON.stringify(now)}\n`);
  } catch {
    // A figure that cannot be written is not worth a word in the application's log.
  }
}
