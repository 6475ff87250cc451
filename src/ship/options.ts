/** Options of a shipper: what the caller may say → the frozen, complete form the engine works with. */
import type { Source } from "../event/event.ts";
import { LEVEL, type LogLevel } from "../event/levels.ts";
import {
  checkKeys,
  checkLevelMap,
  checkOrder,
  checkSource,
  checkSourceKeys,
  duration,
  invalid,
  level,
  oneOf,
  text,
  whole,
  yesNo,
} from "./option-checks.ts";

/** @since 0.1.0 */
export interface BatchOptions {
  /** Events per write to the sink. @default 500 */
  readonly maxEvents?: number;
  /** Bytes of log lines per write to the sink. @default 1_048_576 (1 MiB) */
  readonly maxBytes?: number;
  /** Longest an event waits for its batch to fill, in ms. @default 1_000 */
  readonly maxWaitMs?: number;
  /** From this level on an event waits 50 ms at most; a name or a number of Python's scale. @default "error" */
  readonly urgentLevel?: string | number;
}

/** @since 0.1.0 */
export interface RetryOptions {
  /** Upper end of the first random pause, in ms; it doubles with every failure. @default 250 */
  readonly minMs?: number;
  /** Upper end of the longest pause, in ms. @default 30_000 */
  readonly maxMs?: number;
}

/** When the disk is asked to confirm: every 500 ms or 1 MiB, after every write, or as the system likes. @since 0.1.0 */
export type Fsync = "interval" | "always" | "never";

/** What goes when the spool is full: the lowest level, within it the oldest; the oldest; what comes. @since 0.1.0 */
export type Overflow = "shed-by-level" | "drop-oldest" | "drop-newest";

/** @since 0.1.0 */
export interface SpoolOptions {
  /**
   * `always`: every line is on disk before the application goes on. `overflow`: only what memory cannot hold.
   * `off`: memory only. @default "always", and "off" for `createEventStream(store)`
   */
  readonly mode?: "always" | "overflow" | "off";
  /** Folder for the spools of an application; several processes share it. @default below the user's state folder */
  readonly dir?: string;
  /** Most bytes of one process on disk; the last tenth is kept for errors. @default 536_870_912 (512 MiB) */
  readonly maxBytes?: number;
  /** Bytes of one file; space comes back file by file. @default 8_388_608 (8 MiB) */
  readonly segmentBytes?: number;
  /** Lines older than this are dropped rather than sent: milliseconds, or a text such as `"30d"`. @default never */
  readonly maxAge?: number | string;
  /** Power cuts can take what the disk has not confirmed; fatal lines are always confirmed. @default "interval" */
  readonly fsync?: Fsync;
}

/** @since 0.1.0 */
export interface DeadLetterOptions {
  /** Folder of the events no store takes. @default `dlq` in the spool's folder */
  readonly dir?: string;
  /** Most bytes; the oldest file goes first. @default 67_108_864 (64 MiB) */
  readonly maxBytes?: number;
}

/** @since 0.1.0 */
export interface CloseOptions {
  /** Longest `close()` sends while the link works and a spool keeps the rest, in ms. @default 1_500 */
  readonly networkMs?: number;
  /** Longest `close()` and `flush()` take, in ms, at most 8_000. @default 3_000 */
  readonly totalMs?: number;
}

/** @since 0.1.0 */
export interface ShipOptions {
  /** Ids every event carries; those of a line win. @default {} */
  readonly source?: Source;
  /** Further binding names and the source field each stands for, such as `{ nodeId: "node_id" }`. @default {} */
  readonly sourceKeys?: Readonly<Record<string, keyof Source>>;
  /** Level numbers or labels of the logger's own, such as `{ 35: 20, notice: 20 }`. @default {} */
  readonly levelMap?: Readonly<Record<string, LogLevel | string>>;
  /** Key of the message. @default what pino announces, else "msg" */
  readonly messageKey?: string;
  /** Key of the error. @default what pino announces, else "err" */
  readonly errorKey?: string;
  /** Event fields made from templates, such as `{ event_type: "{kind}", "source.node_id": "{node.id}" }`. @default {} */
  readonly map?: Readonly<Record<string, string>>;
  /** Absolute path of a module whose default export is `(event, line) => event`; null leaves the line out. */
  readonly mapModule?: string;
  /** Larger events lose their longest texts. @default 262_144 (256 KiB) */
  readonly maxEventBytes?: number;
  readonly batch?: BatchOptions;
  readonly retry?: RetryOptions;
  /** Wait as long as the other side asks (`Retry-After`), five minutes at most. @default true */
  readonly retryAfter?: boolean;
  /** False lets several deliveries run side by side. @default true */
  readonly ordered?: boolean;
  /** Deliveries at once, up to 4, where `ordered` is false; fewer while some fail. @default 1, or 4 unless ordered */
  readonly concurrency?: number;
  readonly spool?: SpoolOptions;
  /** Most bytes in memory where there is no spool; beyond it the lowest levels go first, then the oldest. @default 8 MiB */
  readonly memory?: { readonly maxBytes?: number };
  /** What goes when the spool is full. @default "shed-by-level" */
  readonly overflow?: Overflow;
  readonly deadLetter?: DeadLetterOptions;
  readonly close?: CloseOptions;
  /** Longest one delivery takes, in ms. @default 10_000 */
  readonly timeoutMs?: number;
  /** Pause before trying again after a refusal only a person can mend, in ms. @default 60_000 */
  readonly authHoldMs?: number;
}

export interface ResolvedSpoolOptions {
  readonly mode: "always" | "overflow" | "off";
  readonly dir: string | undefined;
  readonly maxBytes: number;
  readonly segmentBytes: number;
  readonly maxAgeMs: number | undefined;
  readonly fsync: Fsync;
  readonly overflow: Overflow;
}

export interface ResolvedShipOptions {
  readonly source: Source;
  readonly sourceKeys: Readonly<Record<string, keyof Source>>;
  readonly levelMap: Readonly<Record<string, LogLevel>>;
  readonly messageKey: string | undefined;
  readonly errorKey: string | undefined;
  readonly map: Readonly<Record<string, string>>;
  readonly mapModule: string | undefined;
  readonly maxEventBytes: number;
  readonly spool: ResolvedSpoolOptions;
  readonly deadLetter: { readonly dir: string | undefined; readonly maxBytes: number };
  readonly closeNetworkMs: number;
  readonly retryAfter: boolean;
  readonly concurrency: number;
  readonly maxEvents: number;
  readonly maxBytes: number;
  readonly maxWaitMs: number;
  readonly urgentLevel: LogLevel;
  readonly retryMinMs: number;
  readonly retryMaxMs: number;
  readonly memoryBytes: number;
  readonly closeMs: number;
  readonly timeoutMs: number;
  readonly authHoldMs: number;
}

const KNOWN = {
  "": [
    "source",
    "sourceKeys",
    "levelMap",
    "messageKey",
    "errorKey",
    "map",
    "mapModule",
    "maxEventBytes",
    "batch",
    "retry",
    "retryAfter",
    "ordered",
    "concurrency",
    "spool",
    "memory",
    "overflow",
    "deadLetter",
    "close",
    "timeoutMs",
    "authHoldMs",
  ],
  batch: ["maxEvents", "maxBytes", "maxWaitMs", "urgentLevel"],
  retry: ["minMs", "maxMs"],
  spool: ["mode", "dir", "maxBytes", "segmentBytes", "maxAge", "fsync"],
  memory: ["maxBytes"],
  deadLetter: ["dir", "maxBytes"],
  close: ["networkMs", "totalMs"],
} as const satisfies Record<string, readonly string[]>;

const MAX_CONCURRENCY = 4;

/** Worker threads that take longer than 10 s to close lose what they hold; see shipping, fact 1. */
export const CLOSE_CAP_MS = 8000;

/**
 * @param more names of options that are the caller's own business
 * @throws EventStoreError `EVT_INVALID_OPTION` naming the option.
 */
export function resolveShipOptions(options: ShipOptions, more: readonly string[] = []): ResolvedShipOptions {
  checkKeys("", options, [...KNOWN[""], ...more]);
  const { batch = {}, retry = {}, memory = {}, close = {}, deadLetter = {} } = options;
  checkKeys("batch.", batch, KNOWN.batch);
  checkKeys("retry.", retry, KNOWN.retry);
  checkKeys("memory.", memory, KNOWN.memory);
  checkKeys("close.", close, KNOWN.close);
  checkKeys("deadLetter.", deadLetter, KNOWN.deadLetter);
  checkOrder("retry.minMs", retry.minMs, "retry.maxMs", retry.maxMs);
  checkOrder("close.networkMs", close.networkMs, "close.totalMs", close.totalMs);
  return Object.freeze({
    source: checkSource(options.source ?? {}),
    sourceKeys: checkSourceKeys(options.sourceKeys ?? {}),
    levelMap: checkLevelMap(options.levelMap ?? {}),
    messageKey: text("messageKey", options.messageKey),
    errorKey: text("errorKey", options.errorKey),
    map: Object.freeze({ ...options.map }),
    mapModule: text("mapModule", options.mapModule),
    maxEventBytes: whole("maxEventBytes", options.maxEventBytes, 262_144, 1024),
    spool: resolveSpool(options),
    retryAfter: yesNo("retryAfter", options.retryAfter),
    concurrency: concurrencyOf(options),
    deadLetter: {
      dir: text("deadLetter.dir", deadLetter.dir),
      maxBytes: whole("deadLetter.maxBytes", deadLetter.maxBytes, 67_108_864, 4096),
    },
    closeNetworkMs: whole("close.networkMs", close.networkMs, 1500, 0),
    maxEvents: whole("batch.maxEvents", batch.maxEvents, 500),
    maxBytes: whole("batch.maxBytes", batch.maxBytes, 1_048_576),
    maxWaitMs: whole("batch.maxWaitMs", batch.maxWaitMs, 1000, 0),
    urgentLevel: level("batch.urgentLevel", batch.urgentLevel ?? LEVEL.ERROR),
    retryMinMs: whole("retry.minMs", retry.minMs, 250),
    retryMaxMs: whole("retry.maxMs", retry.maxMs, 30_000),
    memoryBytes: whole("memory.maxBytes", memory.maxBytes, 8_388_608),
    closeMs: Math.min(CLOSE_CAP_MS, whole("close.totalMs", close.totalMs, 3000, 0)),
    timeoutMs: whole("timeoutMs", options.timeoutMs, 10_000),
    authHoldMs: whole("authHoldMs", options.authHoldMs, 60_000),
  });
}

const MODES = ["always", "overflow", "off"] as const;
const FSYNCS = ["interval", "always", "never"] as const;
const OVERFLOWS = ["shed-by-level", "drop-oldest", "drop-newest"] as const;
/** Room can only be made in files that are finished, so a small spool has small files. */
const LEAST_SEGMENTS = 8;

function resolveSpool({ spool = {}, overflow }: ShipOptions): ResolvedSpoolOptions {
  checkKeys("spool.", spool, KNOWN.spool);
  const maxBytes = whole("spool.maxBytes", spool.maxBytes, 536_870_912, 65_536);
  const segmentBytes = whole("spool.segmentBytes", spool.segmentBytes, 8_388_608, 4096);
  return Object.freeze({
    mode: oneOf("spool.mode", MODES, spool.mode ?? "always"),
    dir: text("spool.dir", spool.dir),
    maxBytes,
    segmentBytes: Math.min(segmentBytes, Math.floor(maxBytes / LEAST_SEGMENTS)),
    maxAgeMs: spool.maxAge === undefined ? undefined : duration("spool.maxAge", spool.maxAge),
    fsync: oneOf("spool.fsync", FSYNCS, spool.fsync ?? "interval"),
    overflow: oneOf("overflow", OVERFLOWS, overflow ?? "shed-by-level"),
  });
}

function concurrencyOf({ ordered, concurrency }: ShipOptions): number {
  const isOrdered = yesNo("ordered", ordered);
  const wanted = whole("concurrency", concurrency, isOrdered ? 1 : MAX_CONCURRENCY);
  if (wanted > MAX_CONCURRENCY) throw invalid(`concurrency must be ${MAX_CONCURRENCY} at most`);
  if (wanted > 1 && isOrdered) throw invalid("concurrency above 1 needs ordered: false");
  return wanted;
}
