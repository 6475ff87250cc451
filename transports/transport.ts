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
import { isUlid } from "../src/event/id.ts";
import { atExit } from "../src/ship/at-exit.ts";
import type { ResolvedShipOptions } from "../src/ship/options.ts";
import { createReport } from "../src/ship/report.ts";
import type { ShipStats } from "../src/ship/shipper.ts";
import { withId } from "./event-ids.ts";
import { type EventStream, streamOf } from "./event-stream.ts";
import { endOf, textOf } from "./given.ts";
import { newHandoff, readHandoff, Unsafe } from "./handoff.ts";
import type { TransportOptions } from "./options.ts";
import type { PinoMessage } from "./pino-config.ts";
import { Restarts } from "./restarts.ts";
import { safePosition } from "./safe-position.ts";
import { checkOptions, shippingTo } from "./shipping.ts";
import { installShutdown, type ShutdownOptions } from "./shutdown.ts";
import { traceMixin } from "./trace.ts";
import type { TransportStream } from "./transport-stream.ts";
import { isInWorker, type Pino, requirePino, Worker } from "./worker.ts";

/** Longer than any worker takes to close. */
const END_LIMIT_MS = 12_000;
const PRUNE_EVERY = 256;
/** Lines are kept for a dead worker's sake while it holds them in memory, and some more. */
const KEPT_MEMORIES = 2;

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

class Transport extends EventEmitter implements TransportStream {
  readonly stream = this;
  /** How pino tells a stream from options. */
  readonly writable = true;
  readonly traceMixin = traceMixin;
  readonly #options: TransportOptions;
  readonly #resolved: ResolvedShipOptions;
  readonly #pino: Pino;
  readonly #report = createReport();
  readonly #unsafe: Unsafe;
  readonly #hasIds: boolean;
  readonly #isSync: boolean;
  readonly #forgetExit: () => void;
  /** Takes the lines. */
  #worker: Worker | undefined;
  /** Will, when it is ready. */
  #next: Worker | undefined;
  /** Does the worker's work while there is none. */
  #alone: EventStream | undefined;
  /** Those that still deliver what they had. */
  readonly #finishing = new Set<EventStream>();
  #config: PinoMessage | undefined;
  #stats: ShipStats | undefined;
  readonly #restarts = new Restarts();
  #writes = 0;
  #isEnding = false;
  #isLeaving = false;
  #isEnded = false;
  #isClosed = false;

  constructor(options: TransportOptions, resolved: ResolvedShipOptions, pino: Pino) {
    super();
    this.#options = options;
    this.#resolved = resolved;
    this.#pino = pino;
    this.#unsafe = new Unsafe(resolved.memoryBytes * KEPT_MEMORIES);
    this.#hasIds = options.eventIds === "main";
    this.#isSync = options.handoff === "sync";
    this.#forgetExit = atExit(() => this.#leave());
    this.on("message", (message: PinoMessage) => this.#message(message));
    for (const name of ["write", "flush", "flushSync", "end", "stats", "installShutdown"] as const) {
      Object.defineProperty(this, name, { value: this[name].bind(this) });
    }
    if (isInWorker()) this.#alone = this.#startAlone(false);
    else this.#start();
  }

  write(line: string): boolean {
    const given = textOf(line);
    const text = this.#hasIds ? withId(given) : given;
    const worker = this.#worker;
    if (this.#isLeaving) this.#alone ??= this.#startAlone(false);
    if (this.#isClosed || (worker ?? this.#alone) === undefined) {
      this.#report("closed", "a line was logged after the end and is lost");
      return false;
    }
    if (worker === undefined) return this.#alone?.write(text) ?? false;
    this.#unsafe.push(text);
    if (++this.#writes % PRUNE_EVERY === 0) this.#prune(worker);
    const hasRoom = worker.write(text);
    // The worker has read it when the call returns; one that does not read is of no use.
    if (this.#isSync && !this.#flushWorker(worker)) this.#rescue(worker.killed());
    return hasRoom;
  }

  flush(done: (error?: Error) => void = () => {}): void {
    const worker = this.#worker;
    if (this.#isClosed) setImmediate(done);
    else if (worker === undefined && this.#alone === undefined) this.once("close", () => done());
    else if (worker === undefined) this.#alone?.flush(() => done());
    else
      worker.flush((error) => {
        this.#prune(worker);
        // The worker died over it: whoever took over has the lines.
        if (error !== undefined) this.flush(done);
        else done();
      });
  }

  flushSync(): void {
    if (this.#worker !== undefined) this.#flushWorker(this.#worker);
    this.#alone?.flushSync();
  }

  end(...given: unknown[]): void {
    const { line, done } = endOf(given);
    if (line !== undefined && !this.#isEnding) this.write(line);
    if (done !== undefined && this.#isClosed) setImmediate(done);
    else if (done !== undefined) this.once("close", done);
    if (this.#isEnding) return;
    this.#isEnding = true;
    // pino's worker does not keep the process alive; one that is ending must, until it has closed.
    const alive = setTimeout(() => this.#close(), END_LIMIT_MS);
    this.once("close", () => clearTimeout(alive));
    if (this.#worker !== undefined) this.#worker.end();
    else {
      this.#finish();
      this.#ended();
    }
  }

  stats(): ShipStats | undefined {
    return this.#worker === undefined ? (this.#alone?.stats() ?? this.#stats) : this.#stats;
  }

  installShutdown(options?: ShutdownOptions): () => void {
    const { write, flush, end } = this;
    const remove = installShutdown({ write, flush, end }, options);
    this.once("close", remove);
    return remove;
  }

  #start(): void {
    this.#restarts.started();
    try {
      const worker: Worker = new Worker({
        pino: this.#pino,
        options: this.#options,
        ready: () => this.#ready(worker),
        gone: (failure) => this.#gone(worker, failure),
        drain: () => this.emit("drain"),
        stats: (stats) => {
          this.#stats = stats;
          this.emit("stats", stats);
        },
      });
      if (this.#config !== undefined) worker.announce(this.#config);
      // The first takes lines before it is ready; a later one when it is, for there is someone to do it meanwhile.
      if (this.#alone === undefined) this.#worker = worker;
      else this.#next = worker;
    } catch (error) {
      this.#died(error as Error);
    }
  }

  #ready(worker: Worker): void {
    if (worker === this.#next) {
      this.#next = undefined;
      if (this.#isEnding) return void worker.end();
      this.#worker = worker;
      this.#finish();
      this.#report("worker", "the worker is back");
    }
    this.emit("ready");
  }

  #gone(worker: Worker, failure: Error | undefined): void {
    if (worker === this.#next) this.#next = undefined;
    if (!this.#isEnding) this.#died(failure ?? new Error("it ended by itself"), worker);
    else if (worker === this.#worker) {
      this.#worker = undefined;
      if (failure !== undefined) this.#rescue(worker);
      this.#finish();
      this.#ended();
    }
  }

  #died({ message }: Error, worker?: Worker): void {
    const pauseMs = this.#restarts.died();
    this.#report("worker", `the worker died (${message}); a new one in ${pauseMs} ms`);
    if (worker === this.#worker) this.#rescue(worker);
    const timer = setTimeout(() => !this.#isEnding && this.#start(), pauseMs);
    timer.unref();
  }

  /** Takes over what the worker leaves behind, if there was one. */
  #rescue(worker: Worker | undefined): void {
    const { sender, position } = readHandoff(worker?.handoff ?? newHandoff());
    this.#unsafe.safeUpTo(safePosition(this.#resolved, sender, position));
    const { lines, lost } = this.#unsafe.takeAll();
    if (lost > 0) this.#report("lost", `the worker took ${lost} line(s) with it that it had in memory`);
    this.#worker = undefined;
    this.#alone ??= this.#startAlone(isUlid(sender));
    for (const line of lines) this.#alone.write(line);
  }

  /** @param hadWorked a map module may have been what the worker died of */
  #startAlone(hadWorked: boolean): EventStream {
    const isParked = hadWorked && this.#options.mapModule !== undefined;
    const alone = streamOf(shippingTo(this.#options, { resolved: this.#resolved, isParked }));
    alone.on("error", () => {});
    if (this.#config !== undefined) alone.emit("message", this.#config);
    return alone;
  }

  /** It takes no more lines. What it cannot deliver soon stays in its spool, where the next one finds it. */
  #finish(): void {
    const alone = this.#alone;
    if (alone === undefined) return;
    this.#alone = undefined;
    this.#finishing.add(alone);
    alone.end(() => {
      this.#finishing.delete(alone);
      if (this.#isEnded) this.#ended();
    });
  }

  #message(message: PinoMessage): void {
    if (message?.code !== "PINO_CONFIG") return;
    this.#config = message;
    for (const worker of [this.#worker, this.#next]) worker?.announce(message);
    this.#alone?.emit("message", message);
  }

  #prune(worker: Worker): void {
    if (this.#worker !== worker) return;
    this.#unsafe.safeUpTo(Atomics.load(worker.positions, 0), Atomics.load(worker.positions, 1));
  }

  /** False when the worker does not read. */
  #flushWorker(worker: Worker): boolean {
    try {
      worker.flushSync();
      this.#prune(worker);
      return true;
    } catch (error) {
      this.#report("flush", `the worker does not read (${(error as Error).message})`);
      return false;
    }
  }

  /** The process exits: pino's hook ends its stream too, but not always. Later handlers' lines are for the next process. */
  #leave(): void {
    const worker = this.#worker;
    if (worker !== undefined && !this.#isEnding) {
      if (!this.#flushWorker(worker)) this.#rescue(worker.abandon());
      else if (worker.isReady) worker.end();
      this.#worker = undefined;
      this.#isLeaving = true;
    }
    this.#alone?.flushSync();
  }

  /** Everything is delivered, or will be as soon as the last of us has finished. */
  #ended(): void {
    this.#isEnded = true;
    if (this.#finishing.size === 0) this.#close();
  }

  #close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#forgetExit();
    this.emit("finish");
    this.emit("close");
  }
}
