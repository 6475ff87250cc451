/**
 * Worker: one run of pino's worker stream, watched.
 *
 * Says when it is ready and, once, that it is gone, with the reason unless it ended as it should. Whoever waits for a
 * flush is called back in any case; pino forgets them when the worker dies before it has read everything.
 */
import type { EventEmitter } from "node:events";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { isMainThread, workerData } from "node:worker_threads";
import { EventStoreError } from "../src/errors.ts";
import type { ShipStats } from "../src/ship/shipper.ts";
import { newHandoff, positionsOf } from "./handoff.ts";
import type { TransportOptions } from "./options.ts";
import type { PinoMessage } from "./pino-config.ts";

/** What is used of pino. */
export interface Pino {
  transport(options: object): WorkerStream;
}

/** pino's own stream. */
interface WorkerStream extends EventEmitter {
  readonly worker: EventEmitter & { terminate(): Promise<number> };
  readonly ready: boolean;
  readonly closed: boolean;
  readonly writableFinished: boolean;
  write(line: string): boolean;
  flush(done: (error?: Error) => void): void;
  flushSync(): void;
  end(): void;
}

export interface WorkerOptions {
  readonly pino: Pino;
  readonly options: TransportOptions;
  readonly ready: () => void;
  /** Once, the last of all. */
  readonly gone: (failure: Error | undefined) => void;
  readonly stats: (stats: ShipStats) => void;
  readonly drain: () => void;
}

/** An engine gone wrong must not take the container's memory. */
const HEAP_MB = 128;

export class Worker {
  readonly handoff = newHandoff();
  readonly positions = positionsOf(this.handoff);
  readonly #stream: WorkerStream;
  readonly #flushes = new Set<(error?: Error) => void>();

  /** @throws what pino throws: a bundle without the file, a system without threads */
  constructor({ pino, options, ready, gone, stats, drain }: WorkerOptions) {
    const stream = pino.transport({
      target: "madsci-events/pino",
      caller: fileURLToPath(import.meta.url),
      options: { ...options, $handoff: this.handoff },
      worker: { resourceLimits: { maxOldGenerationSizeMb: HEAP_MB } },
      sync: options.handoff === "sync",
    });
    this.#stream = stream;
    let failure: Error | undefined;
    const failed = (error: Error) => {
      failure ??= error;
    };
    stream.on("stats", stats);
    stream.on("ready", ready);
    stream.on("drain", drain);
    stream.on("error", failed);
    stream.worker.on("error", failed);
    stream.on("close", () => {
      gone(failure ?? (stream.writableFinished ? undefined : new Error("the worker ended")));
      for (const done of this.#flushes) done(failure ?? new Error("the worker ended"));
    });
  }

  get isReady(): boolean {
    return this.#stream.ready;
  }

  write(line: string): boolean {
    return this.#stream.write(line);
  }

  /** Calls back once, after `gone` if the worker dies over it. */
  flush(done: (error?: Error) => void): void {
    const once = (error?: Error) => {
      if (error !== undefined && !this.#stream.closed) return;
      if (this.#flushes.delete(once)) done(error);
    };
    this.#flushes.add(once);
    this.#stream.flush((error) => once(error ?? undefined));
  }

  /** @throws Error when the worker does not read for ten seconds, or is dead */
  flushSync(): void {
    this.#stream.flushSync();
  }

  end(): void {
    this.#stream.end();
  }

  /** It does not read; `gone` follows. */
  killed(): this {
    void this.#stream.worker.terminate();
    return this;
  }

  /** It does not read as the process exits: pino's own exit hook shall not wait for it once more, ten seconds. */
  abandon(): this {
    this.#stream.worker.emit("exit", 1);
    return this;
  }

  announce(config: PinoMessage): void {
    this.#stream.emit("message", config);
  }
}

/**
 * True in a thread that this file has started. What a preload of NODE_OPTIONS does, it does there too: a worker that
 * starts a worker would never end.
 */
export function isInWorker(): boolean {
  const given = workerData as { workerData?: { $handoff?: unknown } } | null;
  return !isMainThread && given?.workerData?.$handoff !== undefined;
}

/** @throws EventStoreError `EVT_MISSING_DRIVER` */
export function requirePino(): Pino {
  try {
    return createRequire(import.meta.url)("pino");
  } catch (cause) {
    throw new EventStoreError("EVT_MISSING_DRIVER", "install pino to use its transport: npm install pino", { cause });
  }
}
