/**
 * How a log line of pino gets in: as a worker target, or as a stream in the application's own thread.
 *
 *   pino.transport({ target: "madsci-events/pino", options: { url } })   a worker; the application never waits
 *   createTransport({ url })                                            the same, options checked here, reference kept
 *   pino(createEventStream(store))                                      in process, straight into a store
 *
 * What a line means is src/event/line.ts; batches, retries and the end are src/ship. Until events are acknowledged they
 * rest in memory: normal exits, uncaught errors and `process.exit()` deliver them, SIGKILL does not.
 */
import { createRequire } from "node:module";
import { Writable } from "node:stream";
import { StringDecoder } from "node:string_decoder";
import { fileURLToPath } from "node:url";
import { parentPort, workerData } from "node:worker_threads";
import build from "pino-abstract-transport";
import { EventStoreError } from "../src/errors.ts";
import { lineMapper } from "../src/event/line.ts";
import { httpSink } from "../src/ship/http-sink.ts";
import { invalid, type ResolvedShipOptions, resolveShipOptions, type ShipOptions } from "../src/ship/options.ts";
import { createReport } from "../src/ship/report.ts";
import { Shipper, type ShipStats } from "../src/ship/shipper.ts";
import type { Sink } from "../src/ship/sink.ts";
import { type StoreLike, storeSink } from "../src/ship/store-sink.ts";

export type { BatchOptions, RetryOptions, ShipOptions } from "../src/ship/options.ts";
export type { ShipStats } from "../src/ship/shipper.ts";
export type { StoreLike } from "../src/ship/store-sink.ts";

/** @since 0.1.0 */
export interface TransportOptions extends ShipOptions {
  /** Where events go: an Event Manager (`http(s)://…`) or a store (`sqlite:PATH`, `mongodb://…`). */
  readonly url: string;
  /** For servers that ask for one: sent as `Authorization: Bearer …`. */
  readonly token?: string;
  /** Further HTTP headers. */
  readonly headers?: Readonly<Record<string, string>>;
  /** HTTP bodies above 1 KiB. @default "gzip" */
  readonly compression?: "gzip" | "none";
}

/** A stream pino can write to, in the application's own thread. @since 0.1.0 */
export interface EventStream extends Writable {
  /** Calls back when every line written so far is settled, after `close.totalMs` at most. */
  flush(done?: (error?: Error) => void): void;
  /** Starts a delivery and returns; a store is not synchronous, so waiting needs `flush` or `end`. */
  flushSync(): void;
  stats(): ShipStats;
}

/** What `createTransport` answers: pino's worker stream. @since 0.1.0 */
export interface TransportStream extends NodeJS.EventEmitter {
  write(line: string): boolean;
  flush(done?: (error?: Error) => void): void;
  flushSync(): void;
  /** Delivers what is pending, then emits `close`; the process stays alive until then. */
  end(): void;
}

const CONFIG_WAIT_MS = 20;
/** Longer than any worker takes to close. */
const END_LIMIT_MS = 12_000;
const OWN_OPTIONS = ["url", "token", "headers", "compression"];
/** What pino and thread-stream add to the options of a worker target. */
const THEIR_OPTIONS = ["pinoWillSendConfig", "$context"];

/**
 * The pino target: `pino.transport({ target: "madsci-events/pino", options })`.
 * @throws EventStoreError `EVT_INVALID_OPTION`; pino emits it as `error` on the transport.
 * @since 0.1.0
 */
export default async function pinoTarget(options: TransportOptions): Promise<Writable> {
  const own = Object.entries(options ?? {}).filter(([key]) => !THEIR_OPTIONS.includes(key));
  const line = shipperOf(Object.fromEntries(own) as unknown as TransportOptions);
  const config = await announcedConfig();
  if (config) line.announce(config);
  const target = build((source) => read(source, line.shipper), {
    parse: "lines",
    parseLine: () => 0,
    metadata: false,
    close: () => line.shipper.close(),
  });
  return Object.assign(target, { flush: flushOf(line) });
}

/** Reads eagerly; waits (briefly) only while a working sink is slower than the lines come. */
async function read(source: AsyncIterable<string>, shipper: Shipper): Promise<void> {
  for await (const line of source) {
    shipper.accept(line);
    const room = shipper.room();
    if (room) await room;
  }
}

/**
 * A stream in this thread: into a store (which stays open), or to a URL.
 * Lines are batched in memory; `end()` or `flush()` before the process exits.
 * @throws EventStoreError `EVT_INVALID_OPTION`.
 * @since 0.1.0
 */
export function createEventStream(store: StoreLike, options?: ShipOptions): EventStream;
export function createEventStream(options: TransportOptions): EventStream;
export function createEventStream(target: StoreLike | TransportOptions, options: ShipOptions = {}): EventStream {
  const line = isStore(target)
    ? lineOf(
        storeSink(() => target, false),
        resolveShipOptions(options),
      )
    : shipperOf(target);
  const { shipper } = line;
  const writable = new Writable({ decodeStrings: false, ...splitting(shipper) });
  writable.on("message", (message: PinoMessage) => {
    if (message?.code === "PINO_CONFIG") line.announce(message.config);
  });
  return Object.assign(writable, {
    flush: flushOf(line),
    flushSync: () => void shipper.flush(),
    stats: () => shipper.stats(),
  });
}

/** Cuts chunks into lines and carries what has no line end yet. */
function splitting(shipper: Shipper) {
  const decoder = new StringDecoder();
  let tail = "";
  return {
    write(chunk: string | Buffer, _encoding: string, done: () => void) {
      const lines = (tail + (typeof chunk === "string" ? chunk : decoder.write(chunk))).split("\n");
      tail = lines.pop() ?? "";
      for (const line of lines) shipper.accept(line);
      const room = shipper.room();
      if (room) room.then(done);
      else done();
    },
    final(done: () => void) {
      shipper.accept(tail + decoder.end());
      shipper.close().then(done, done);
    },
  };
}

/** Transports that have not closed. pino holds them weakly, and a collected one loses its lines. */
const open = new Set<TransportStream>();

/**
 * `pino.transport` for this package, with options checked at once and a reference that keeps it alive.
 * @throws EventStoreError `EVT_INVALID_OPTION`, `EVT_MISSING_DRIVER` when pino is not installed.
 * @since 0.1.0
 */
export function createTransport(options: TransportOptions): TransportStream {
  shipperOf(options);
  const stream: TransportStream = requirePino().transport({
    target: "madsci-events/pino",
    caller: fileURLToPath(import.meta.url),
    options,
  });
  open.add(stream);
  stream.on("close", () => open.delete(stream));
  return Object.assign(stream, { end: endOf(stream) });
}

/** pino's worker does not keep the process alive; one that is ending must, until it has closed. */
function endOf(stream: TransportStream): () => void {
  const end = stream.end.bind(stream);
  return () => {
    const alive = setTimeout(() => {}, END_LIMIT_MS);
    stream.once("close", () => clearTimeout(alive));
    end();
  };
}

function requirePino(): { transport(options: object): TransportStream } {
  try {
    return createRequire(import.meta.url)("pino");
  } catch (cause) {
    throw new EventStoreError("EVT_MISSING_DRIVER", "install pino to use its transport: npm install pino", { cause });
  }
}

/** A shipper, and a way to tell it which keys pino uses. */
interface Line {
  readonly shipper: Shipper;
  readonly options: ResolvedShipOptions;
  announce(config: PinoConfig): void;
}

interface PinoConfig {
  readonly messageKey?: string;
  readonly errorKey?: string;
}

interface PinoMessage {
  readonly code?: string;
  readonly config: PinoConfig;
}

function shipperOf(options: TransportOptions): Line {
  const resolved = resolveShipOptions(options, OWN_OPTIONS);
  return lineOf(sinkOf(options), resolved);
}

function lineOf(sink: Sink, options: ResolvedShipOptions): Line {
  let map = lineMapper(options);
  const shipper = new Shipper({ sink, options, map: (line) => map(line), report: createReport() });
  const announce = ({ messageKey, errorKey }: PinoConfig) => {
    map = lineMapper({
      ...options,
      messageKey: options.messageKey ?? messageKey,
      errorKey: options.errorKey ?? errorKey,
    });
  };
  return { shipper, options, announce };
}

function sinkOf({ url, ...http }: TransportOptions): Sink {
  if (typeof url !== "string") throw invalid("url is required: http(s)://…, sqlite:PATH or mongodb://…");
  if (/^https?:/i.test(url)) return httpSink({ url, ...http });
  if (/^(memory:|sqlite::memory:)/.test(url)) {
    throw invalid("a store in memory is gone with the transport; use sqlite:PATH, or createEventStream(store)");
  }
  if (!/^(sqlite:.|mongodb(\+srv)?:\/\/)/.test(url))
    throw invalid("url must be http(s)://…, sqlite:PATH or mongodb://…");
  return storeSink(async () => {
    const { EventStore } = await import("../src/store/store.ts");
    return EventStore.open(url);
  }, true);
}

function isStore(target: StoreLike | TransportOptions): target is StoreLike {
  return typeof (target as Partial<StoreLike> | undefined)?.append === "function";
}

/** Calls back once, and without an error always: an error would end pino's worker. */
function flushOf({ shipper, options }: Line) {
  return (done?: () => void): void => {
    let timer: NodeJS.Timeout | undefined;
    const time = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, options.closeMs);
    });
    const read = new Promise<void>((resolve) => setImmediate(resolve));
    void Promise.race([read.then(() => shipper.flush()), time]).then(() => {
      clearTimeout(timer);
      done?.();
    });
  };
}

/** pino's keys, when this is a worker and pino has posted them by now; never waits for long. */
function announcedConfig(): Promise<PinoConfig | undefined> {
  const expected = (workerData as { workerData?: { pinoWillSendConfig?: boolean } } | null)?.workerData;
  const port = parentPort;
  if (port === null || expected?.pinoWillSendConfig !== true) return Promise.resolve(undefined);
  return new Promise((resolve) => {
    const finish = (config?: PinoConfig) => {
      clearTimeout(timer);
      port.off("message", onMessage);
      resolve(config);
    };
    const onMessage = (message: PinoMessage) => message?.code === "PINO_CONFIG" && finish(message.config);
    const timer = setTimeout(finish, CONFIG_WAIT_MS);
    port.on("message", onMessage);
  });
}
