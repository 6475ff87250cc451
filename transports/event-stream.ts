/** Event stream: a shipper in the application's own thread, as a stream pino can write to. */
import { Writable } from "node:stream";
import { atExit } from "../src/ship/at-exit.ts";
import type { ShipOptions } from "../src/ship/options.ts";
import type { ShipStats } from "../src/ship/shipper.ts";
import type { StoreLike } from "../src/ship/store-sink.ts";
import type { TransportOptions } from "./options.ts";
import type { PinoMessage } from "./pino-config.ts";
import { flushShipping, type Shipping, shippingInto, shippingTo } from "./shipping.ts";

/** A stream pino can write to, in the application's own thread. @since 0.1.0 */
export interface EventStream extends Writable {
  /** Calls back when every line written so far is settled, or safe on disk while nobody answers; `close.totalMs` at most. */
  flush(done?: (error?: Error) => void): void;
  /** Brings every line written so far to disk and has it confirmed. Without a spool it cannot wait, and only hurries. */
  flushSync(): void;
  stats(): ShipStats;
}

/**
 * A stream in this thread: into a store (which stays open; no spool unless `spool.dir` is given), or to a URL.
 * `end()` delivers what is pending. When the process exits before, what is in the spool is sent by the next one.
 * @throws EventStoreError `EVT_INVALID_OPTION`.
 * @since 0.1.0
 */
export function createEventStream(store: StoreLike, options?: ShipOptions): EventStream;
export function createEventStream(options: TransportOptions): EventStream;
export function createEventStream(target: StoreLike | TransportOptions, options: ShipOptions = {}): EventStream {
  return streamOf(isStore(target) ? shippingInto(target, options) : shippingTo(target));
}

export function streamOf(shipping: Shipping): EventStream {
  const { shipper } = shipping;
  const forget = atExit(() => shipper.leave());
  const writable = new Writable({
    decodeStrings: false,
    write(chunk: string | Buffer, _encoding, done) {
      shipper.accept(chunk);
      const room = shipper.room();
      if (room) room.then(() => done());
      else done();
    },
    final(done) {
      shipper.close().then(() => done(), done);
    },
    destroy(error, done) {
      forget();
      shipper.close(0).then(() => done(error), done);
    },
  });
  writable.on("message", (message: PinoMessage) => {
    if (message?.code === "PINO_CONFIG") shipping.announce(message.config);
  });
  const write = writable.write.bind(writable) as (...given: unknown[]) => boolean;
  return Object.assign(writable, {
    // A line that comes too late is no reason to end the application, which is what a Writable's error would do.
    write: (chunk: unknown, ...more: unknown[]) => {
      if (!writable.writableEnded && !writable.destroyed) return write(chunk, ...more);
      if (typeof chunk === "string" || Buffer.isBuffer(chunk)) shipper.accept(chunk);
      return false;
    },
    flush: (done?: (error?: Error) => void) => flushShipping(shipping, () => done?.()),
    flushSync: () => {
      if (!shipper.flushSync()) void shipper.flush();
    },
    stats: () => shipper.stats(),
  });
}

function isStore(target: StoreLike | TransportOptions): target is StoreLike {
  return typeof (target as Partial<StoreLike> | undefined)?.append === "function";
}
