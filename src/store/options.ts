/** Options of an EventStore: what the caller may say → the frozen, complete form the store works with. */
import { EventStoreError } from "../errors.ts";
import type { ParseOptions } from "../event/parse.ts";
import { assertKnown } from "./known.ts";

/** @since 0.1.0 */
export interface EventStoreOptions extends ParseOptions {
  /** Open without the right to change anything; a SQLite file may have a writer meanwhile. @default false */
  readonly readOnly?: boolean;
  /** Most events written in one durable unit. @default 2000; into MongoDB never above 500 */
  readonly maxBatchEvents?: number;
  /** Most bytes of JSON written in one durable unit. @default 4_194_304 (4 MiB) */
  readonly maxBatchBytes?: number;
  /** Most events waiting to be written; beyond it `append` answers `EVT_BACKEND_UNAVAILABLE`. @default 100_000 */
  readonly maxQueuedEvents?: number;
  /** Longest an `append` waits to become durable before it answers `EVT_BACKEND_UNAVAILABLE`, in ms. @default 4_500 */
  readonly appendTimeoutMs?: number;
  /** Longest a search runs unless it says otherwise, in ms. @default 30_000 */
  readonly findTimeoutMs?: number;
  /**
   * SQLite files only: write in a thread of its own, so that the event loop never waits for the disk. For processes that
   * do much else, such as a server; ignored in a bundle, which has no file for the thread. @default false
   */
  readonly writerThread?: boolean;
  /** MongoDB only: database name where the URL names none. @default "madsci_events" */
  readonly database?: string;
  /** MongoDB only: collection of the events. @default "events" */
  readonly collection?: string;
  /** MongoDB only: a connected `MongoClient` of the caller's; it is used and not closed. */
  readonly client?: unknown;
  /** Told once per kind of trouble that fails no call. @default (message) => process.emitWarning(message) */
  readonly onWarning?: (message: string) => void;
}

export interface ResolvedStoreOptions {
  readonly readOnly: boolean;
  readonly maxBatchEvents: number;
  readonly maxBatchBytes: number;
  readonly maxQueuedEvents: number;
  readonly appendTimeoutMs: number;
  readonly findTimeoutMs: number;
  readonly onWarning: (message: string) => void;
}

const DEFAULTS = {
  readOnly: false,
  maxBatchEvents: 2000,
  maxBatchBytes: 4_194_304,
  maxQueuedEvents: 100_000,
  appendTimeoutMs: 4500,
  findTimeoutMs: 30_000,
  onWarning: (message: string) => process.emitWarning(message, { type: "MadsciEvents" }),
} as const satisfies ResolvedStoreOptions;

const POSITIVE = ["maxBatchEvents", "maxBatchBytes", "maxQueuedEvents", "appendTimeoutMs", "findTimeoutMs"] as const;
const OTHERS = [
  "readOnly",
  "writerThread",
  "onWarning",
  "database",
  "collection",
  "client",
  "naiveTimezone",
  "strictEventTypes",
  "defaultSource",
  "limits",
  "now",
];
const KNOWN = new Set<string>([...POSITIVE, ...OTHERS]);

/** @throws EventStoreError `EVT_INVALID_OPTION` naming the option. */
export function resolveStoreOptions(options: EventStoreOptions): ResolvedStoreOptions {
  assertKnown("open", options, KNOWN);
  for (const key of POSITIVE) {
    const value = options[key];
    if (value !== undefined && !(Number.isInteger(value) && value > 0)) {
      throw invalid(`${key} must be a whole number above 0`);
    }
  }
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  return Object.freeze({ ...DEFAULTS, ...given });
}

function invalid(message: string): EventStoreError {
  return new EventStoreError("EVT_INVALID_OPTION", message);
}
