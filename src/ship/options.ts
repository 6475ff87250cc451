/** Options of a shipper: what the caller may say → the frozen, complete form the engine works with. */
import { EventStoreError } from "../errors.ts";
import { SOURCE_FIELDS, type Source } from "../event/event.ts";
import { isUlid } from "../event/id.ts";
import { LEVEL, type LogLevel, parseLevel } from "../event/levels.ts";
import { LEVEL_LABELS } from "../event/line.ts";

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

/** @since 0.1.0 */
export interface ShipOptions {
  /** Ids every event carries; those of a line win. @default {} */
  readonly source?: Source;
  /** Further binding names and the source field each stands for, such as `{ nodeId: "node_id" }`. @default {} */
  readonly sourceKeys?: Readonly<Record<string, keyof Source>>;
  /** Level numbers or labels of the logger's own, such as `{ 35: 20, notice: 20 }`. @default {} */
  readonly levelMap?: Readonly<Record<string, LogLevel>>;
  /** Key of the message. @default what pino announces, else "msg" */
  readonly messageKey?: string;
  /** Key of the error. @default what pino announces, else "err" */
  readonly errorKey?: string;
  readonly batch?: BatchOptions;
  readonly retry?: RetryOptions;
  /** Most bytes of log lines waiting; beyond it the lowest levels go first, then the oldest. @default 8 MiB */
  readonly memory?: { readonly maxBytes?: number };
  /** Longest `close()` and `flush()` wait for acknowledgements, in ms, at most 8_000. @default 3_000 */
  readonly close?: { readonly totalMs?: number };
  /** Longest one delivery takes, in ms. @default 10_000 */
  readonly timeoutMs?: number;
  /** Pause before trying again after a refusal only a person can mend, in ms. @default 60_000 */
  readonly authHoldMs?: number;
}

export interface ResolvedShipOptions {
  readonly source: Source;
  readonly sourceKeys: Readonly<Record<string, keyof Source>>;
  readonly levelMap: Readonly<Record<string, LogLevel>>;
  readonly messageKey: string | undefined;
  readonly errorKey: string | undefined;
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
    "batch",
    "retry",
    "memory",
    "close",
    "timeoutMs",
    "authHoldMs",
  ],
  batch: ["maxEvents", "maxBytes", "maxWaitMs", "urgentLevel"],
  retry: ["minMs", "maxMs"],
  memory: ["maxBytes"],
  close: ["totalMs"],
} as const satisfies Record<string, readonly string[]>;

/** Worker threads that take longer than 10 s to close lose what they hold; see shipping, fact 1. */
export const CLOSE_CAP_MS = 8000;

/**
 * @param more names of options that are the caller's own business
 * @throws EventStoreError `EVT_INVALID_OPTION` naming the option.
 */
export function resolveShipOptions(options: ShipOptions, more: readonly string[] = []): ResolvedShipOptions {
  checkKeys("", options, [...KNOWN[""], ...more]);
  const { batch = {}, retry = {}, memory = {}, close = {} } = options;
  checkKeys("batch.", batch, KNOWN.batch);
  checkKeys("retry.", retry, KNOWN.retry);
  checkKeys("memory.", memory, KNOWN.memory);
  checkKeys("close.", close, KNOWN.close);
  return Object.freeze({
    source: checkSource(options.source ?? {}),
    sourceKeys: checkSourceKeys(options.sourceKeys ?? {}),
    levelMap: checkLevelMap(options.levelMap ?? {}),
    messageKey: text("messageKey", options.messageKey),
    errorKey: text("errorKey", options.errorKey),
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

function checkKeys(prefix: string, given: unknown, known: readonly string[]): void {
  if (typeof given !== "object" || given === null) throw invalid(`${prefix || "options"} must be an object`);
  for (const key of Object.keys(given)) {
    if (!known.includes(key)) throw invalid(`unknown option "${prefix}${key}"; known ones are ${known.join(", ")}`);
  }
}

function whole(name: string, given: unknown, fallback: number, least = 1): number {
  if (given === undefined) return fallback;
  if (Number.isSafeInteger(given) && (given as number) >= least) return given as number;
  throw invalid(`${name} must be a whole number of at least ${least}`);
}

function text(name: string, given: unknown): string | undefined {
  if (given === undefined || (typeof given === "string" && given !== "")) return given;
  throw invalid(`${name} must be a text`);
}

function level(name: string, given: unknown): LogLevel {
  const found = (typeof given === "string" ? LEVEL_LABELS.get(given.toLowerCase()) : undefined) ?? parseLevel(given);
  if (found !== undefined) return found;
  throw invalid(`${name} must be a level: 0, 10, 20, 30, 40, 50 or a name such as "error"`);
}

function checkSource(source: Source): Source {
  checkKeys("source.", source, SOURCE_FIELDS);
  for (const [field, id] of Object.entries(source)) {
    if (typeof id !== "string" || !isUlid(id)) throw invalid(`source.${field} must be a ULID (26 characters)`);
  }
  return Object.freeze({ ...source });
}

function checkSourceKeys(keys: Readonly<Record<string, keyof Source>>): Readonly<Record<string, keyof Source>> {
  for (const [key, field] of Object.entries(keys)) {
    if (!SOURCE_FIELDS.includes(field)) throw invalid(`sourceKeys.${key} must be one of ${SOURCE_FIELDS.join(", ")}`);
  }
  return Object.freeze({ ...keys });
}

function checkLevelMap(map: Readonly<Record<string, LogLevel>>): Readonly<Record<string, LogLevel>> {
  const entries = Object.entries(map).map(([key, given]) => [key, level(`levelMap.${key}`, given)]);
  return Object.freeze(Object.fromEntries(entries));
}

/** An `EVT_INVALID_OPTION` error. */
export function invalid(message: string): EventStoreError {
  return new EventStoreError("EVT_INVALID_OPTION", message);
}
