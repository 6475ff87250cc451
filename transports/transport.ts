/**
 * Transport: pino's worker stream, looked after from the main thread.
 *
 *   starting ─ ready ─→ working ─ worker dies ─→ alone ─ 1 s … 60 s ─→ starting
 *
 * While there is no worker a shipper in this thread does its work: lines go to a spool of its own, and to the sink.
 * Lines that a dead worker had not brought to safety are kept here and written again. The stream itself never dies, and
 * is never collected before it has closed.
 */
import { EventEmitter } from "node:events";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { EventStoreError } from "../src/errors.ts";
import type { ResolvedShipOptions } from "../src/ship/options.ts";
import { createReport } from "../src/ship/report.ts";
import type { ShipStats } from "../src/ship/shipper.ts";
import { withId } from "./event-ids.ts";
import { type EventStream, streamOf } from "./event-stream.ts";
import { type Handoff, newHandoff, readHandoff, Unsafe } from "./handoff.ts";
import { checkOptions, lineTo } from "./line.ts";
import type { TransportOptions } from "./options.ts";
import type { PinoMessage } from "./pino-config.ts";
import { safePosition } from "./safe-position.ts";
import { installShutdown, type ShutdownOptions } from "./shutdown.ts";
import { traceMixin } from "./trace.ts";

/** What `createTransport` answers: a stream for pino, with its helpers; each may be taken out by itself. @since 0.1.0 */
export interface TransportStream extends EventEmitter {
  /** The stream itself, for `const { stream } = createTransport(…)`. */
  readonly stream: TransportStream;
  write(line: string): boolean;
  /** Calls back when everything written is acknowledged, or safe on disk while nobody answers. */
  flush(done?: (error?: Error) => void): void;
  /** Waits until everything written is in the spool. */
  flushSync(): void;
  /** Delivers what is pending, then emits `close`; the process stays alive until then. */
  end(): void;
  /** How it goes, as the worker told last; undefined before it did. Fresh after `flush`. */
  stats(): ShipStats | undefined;
  /** Delivers on SIGTERM, SIGINT, SIGHUP and uncaught errors; answers a function that undoes it. */
  installShutdown(options?: ShutdownOptions): () => void;
  /** A mixin for pino: trace and span of OpenTelemetry. */
  readonly traceMixin: typeof traceMixin;
}

/** pino's own stream. */
interface WorkerStream extends EventEmitter {
  readonly worker: EventEmitter;
  readonly ready: boolean;
  write(line: string): boolean;
  flush(done: (error?: Error) => void): void;
  flushSync(): void;
  end(): void;
}

const RESTART_MIN_MS = 1000;
const RESTART_MAX_MS = 60_000;
/** A worker that lived so long did not die of its start. */
const HEALTHY_MS = 60_000;
/** Longer than any worker takes to close. */
const END_LIMIT_MS = 12_000;
const PRUNE_EVERY = 64;
const WORKER_HEAP_MB = 128;

/** Transports that have not closed. */
const open = new Set<Transport>();

/**
 * `pino.transport` for this package: options are checked at once, a worker that dies is replaced, and the stream is kept
 * until it has closed.
 * @throws EventStoreError `EVT_INVALID_OPTION`, `EVT_MISSING_DRIVER` when pino is not installed.
 * @since 0.1.0
 */
export function createTransport(options: TransportOptions): TransportStream {
  const resolved = checkOptions(options);
  const transport = new Transport(options, resolved, requirePino());
  open.add(transport);
  transport.once("close", () => open.delete(transport));
  return transport;
}

interface Pino {
  transport(options: object): WorkerStream;
}

class Transport extends EventEmitter implements TransportStream {
  readonly stream = this;
  /** How pino tells a stream from options. */
  readonly writable = true;
  readonly traceMixin = traceMixin;
  readonly #options: TransportOptions;
  readonly #resolved: ResolvedShipOptions;
  readonly #pino: Pino;
  readonly #report = createReport();
  readonly #unsafe = new Unsafe();
  readonly #hasIds: boolean;
  #handoff: Handoff = newHandoff();
  #worker: WorkerStream | undefined;
  /** Does the worker's work while there is none. */
  #alone: EventStream | undefined;
  #config: PinoMessage | undefined;
  #stats: ShipStats | undefined;
  #startedMs = 0;
  #restartMs = RESTART_MIN_MS;
  #writes = 0;
  #isEnding = false;
  #isClosed = false;
  #atExit: () => void;

  constructor(options: TransportOptions, resolved: ResolvedShipOptions, pino: Pino) {
    super();
    this.#options = options;
    this.#resolved = resolved;
    this.#pino = pino;
    this.#hasIds = options.eventIds === "main";
    this.#atExit = () => this.#leave();
    process.on("exit", this.#atExit);
    this.on("message", (message: PinoMessage) => this.#message(message));
    for (const name of ["write", "flush", "flushSync", "end", "stats", "installShutdown"] as const) {
      Object.defineProperty(this, name, { value: this[name].bind(this) });
    }
    this.#start();
  }

  write(line: string): boolean {
    const text = this.#hasIds ? withId(line) : line;
    const worker = this.#worker;
    if (worker === undefined) return this.#alone?.write(text) ?? false;
    this.#unsafe.push(text);
    if (++this.#writes % PRUNE_EVERY === 0) this.#prune();
    return worker.write(text);
  }

  flush(done: (error?: Error) => void = () => {}): void {
    if (this.#isClosed) return void setImmediate(done);
    if (this.#worker === undefined) return this.#alone?.flush(() => done());
    this.#worker.flush((error) => {
      this.#prune();
      // The worker died over it: whoever took over has the lines.
      if (error && !this.#isClosed && this.#worker === undefined) this.flush(done);
      else done();
    });
  }

  flushSync(): void {
    try {
      this.#worker?.flushSync();
    } catch (error) {
      this.#report("flush", `the worker does not read (${(error as Error).message})`);
    }
    this.#alone?.flushSync();
    this.#prune();
  }

  end(): void {
    if (this.#isEnding) return;
    this.#isEnding = true;
    // pino's worker does not keep the process alive; one that is ending must, until it has closed.
    const alive = setTimeout(() => this.#close(), END_LIMIT_MS);
    this.once("close", () => clearTimeout(alive));
    if (this.#worker !== undefined) this.#worker.end();
    else this.#alone?.end(() => this.#close());
  }

  stats(): ShipStats | undefined {
    return this.#worker === undefined ? (this.#alone?.stats() ?? this.#stats) : this.#stats;
  }

  installShutdown(options?: ShutdownOptions): () => void {
    const end = (done: () => void) => {
      if (this.#isClosed) return done();
      this.once("close", done);
      this.end();
    };
    const remove = installShutdown(
      { write: (line) => this.write(line), flush: (done) => this.flush(done), end },
      options,
    );
    this.once("close", remove);
    return remove;
  }

  #start(): void {
    this.#startedMs = performance.now();
    const handoff = newHandoff();
    let worker: WorkerStream;
    try {
      worker = this.#pino.transport({
        target: "madsci-events/pino",
        caller: fileURLToPath(import.meta.url),
        options: { ...this.#options, $handoff: handoff },
        worker: { resourceLimits: { maxOldGenerationSizeMb: WORKER_HEAP_MB } },
        sync: this.#options.handoff === "sync",
      });
    } catch (error) {
      // A bundle without the file, a system without threads: the work is done here.
      return this.#died(undefined, error as Error);
    }
    worker.on("stats", (stats: ShipStats) => {
      this.#stats = stats;
      this.emit("stats", stats);
    });
    worker.on("ready", () => this.#ready(worker, handoff));
    worker.on("drain", () => this.emit("drain"));
    let failure: Error | undefined;
    worker.on("error", (error: Error) => {
      failure ??= error;
    });
    worker.worker.on("error", (error: Error) => {
      failure ??= error;
    });
    worker.on("close", () => this.#gone(worker, failure));
    if (this.#config !== undefined) worker.emit("message", this.#config);
    // The first worker takes lines before it is ready; a later one when it is, for there is someone to do it meanwhile.
    if (this.#alone === undefined) this.#use(worker, handoff);
  }

  #use(worker: WorkerStream, handoff: Handoff): void {
    this.#worker = worker;
    this.#handoff = handoff;
  }

  #ready(worker: WorkerStream, handoff: Handoff): void {
    const alone = this.#alone;
    if (alone !== undefined && !this.#isEnding) {
      this.#use(worker, handoff);
      this.#alone = undefined;
      // What it has not sent stays in its spool, where the worker finds it.
      alone.destroy();
      this.#report("worker", "the worker is back");
    }
    this.emit("ready");
  }

  #gone(worker: WorkerStream, failure: Error | undefined): void {
    if (this.#isEnding && this.#worker === worker) {
      if (failure !== undefined) this.#rescue();
      return this.#close();
    }
    if (!this.#isClosed) this.#died(worker, failure ?? new Error("the worker ended"));
  }

  #died(worker: WorkerStream | undefined, failure: Error): void {
    if (performance.now() - this.#startedMs > HEALTHY_MS) this.#restartMs = RESTART_MIN_MS;
    this.#report("worker", `the worker died (${failure.message}); a new one in ${this.#restartMs} ms`);
    if (worker === this.#worker) this.#rescue();
    const timer = setTimeout(() => !this.#isEnding && this.#start(), this.#restartMs);
    timer.unref();
    this.#restartMs = Math.min(RESTART_MAX_MS, this.#restartMs * 2);
  }

  /** Takes over what the worker leaves behind. */
  #rescue(): void {
    const { sender, position } = readHandoff(this.#handoff);
    this.#unsafe.safeUpTo(safePosition(this.#resolved, sender, position));
    this.#worker = undefined;
    const alone = this.#alone ?? this.#startAlone();
    for (const line of this.#unsafe.takeAll()) alone.write(line);
  }

  #startAlone(): EventStream {
    const alone = streamOf(lineTo(this.#options));
    alone.on("error", () => {});
    if (this.#config !== undefined) alone.emit("message", this.#config);
    this.#alone = alone;
    return alone;
  }

  #message(message: PinoMessage): void {
    if (message?.code !== "PINO_CONFIG") return;
    this.#config = message;
    (this.#worker ?? this.#alone)?.emit("message", message);
  }

  #prune(): void {
    this.#unsafe.safeUpTo(readHandoff(this.#handoff).position);
  }

  /** The process exits: pino's own hook does the same for its stream, but does not always reach it. */
  #leave(): void {
    this.flushSync();
    if (this.#worker?.ready && !this.#isEnding) this.#worker.end();
  }

  #close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    process.off("exit", this.#atExit);
    this.emit("finish");
    this.emit("close");
  }
}

function requirePino(): Pino {
  try {
    return createRequire(import.meta.url)("pino");
  } catch (cause) {
    throw new EventStoreError("EVT_MISSING_DRIVER", "install pino to use its transport: npm install pino", { cause });
  }
}
