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
import { type Line, lineTo } from "./line.ts";
import type { TransportOptions } from "./options.ts";
import { onPinoConfig } from "./pino-config.ts";

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
    const { sender, durableThrough } = line.shipper;
    if (given.$handoff) tellHandoff(given.$handoff, { position: durableThrough, taken, sender });
  };
  const line = lineTo(options, { settled: told });
  told();
  onPinoConfig((config) => line.announce(config));
  const tell = () => tellStats(line, options);
  const timer = setInterval(() => {
    told();
    tell();
  }, STATS_EVERY_MS);
  timer.unref();
  const target = new Writable({
    decodeStrings: false,
    highWaterMark: HIGH_WATER_BYTES,
    write(chunk: string | Buffer, _encoding, done) {
      line.shipper.accept(chunk);
      taken += chunk.length;
      told();
      const room = line.shipper.room();
      if (room) room.then(() => done());
      else done();
    },
    final(done) {
      clearInterval(timer);
      line.shipper
        .close()
        .then(told)
        .then(tell)
        .then(() => done(), done);
    },
  });
  return Object.assign(target, {
    flush: (done: () => void) =>
      flushLine(line, () => {
        told();
        tell();
        done();
      }),
  });
}

/** To pino's stream in the main thread, as its event `stats`. */
function tellStats({ shipper }: Line, { stats = true, statsFile }: TransportOptions): void {
  const now = shipper.stats();
  if (stats) parentPort?.postMessage({ code: "EVENT", name: "stats", args: [now] });
  try {
    if (statsFile !== undefined) writeFileSync(statsFile, `${JSON.stringify(now)}\n`);
  } catch {
    // A figure that cannot be written is not worth a word in the application's log.
  }
}

/** Calls back once, within the time a close may take, and never with an error: an error would end pino's worker. */
export function flushLine({ shipper, options, isParked }: Line, done: () => void): void {
  let timer: NodeJS.Timeout | undefined;
  const time = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, options.closeMs);
  });
  const read = new Promise<void>((resolve) => setImmediate(resolve));
  void Promise.race([read.then(() => (isParked ? undefined : shipper.flush())), time]).then(() => {
    clearTimeout(timer);
    shipper.flushSync();
    done();
  });
}
