/** Options of the REST adapter: what the caller may say → the frozen, complete form the routes work with. */
import type { AlertDesk } from "../alert/desk.ts";
import { EventStoreError } from "../errors.ts";
import type { EventStore } from "../store/store.ts";
import type { BackupDesk } from "./backup-desk.ts";
import type { Reporter } from "./reporter.ts";

/** Requests per client address, counted in sliding windows. @since 0.1.0 */
export interface RateLimitOptions {
  /** @default true */
  readonly enabled?: boolean;
  /** Requests per long window. @default 300 */
  readonly requests?: number;
  /** Length of the long window, in seconds. @default 60 */
  readonly windowSeconds?: number;
  /** Requests per short window; null for no short window. @default 50 */
  readonly shortRequests?: number | null;
  /** Length of the short window, in seconds. @default 1 */
  readonly shortWindowSeconds?: number | null;
  /** Addresses that are never counted; `[]` exempts nobody. @default loopback */
  readonly exemptIps?: readonly string[];
  /** Seconds between two removals of clients that are gone. @default 300 */
  readonly cleanupIntervalSeconds?: number;
}

/** How large a request may be, after decompression. @since 0.1.0 */
export interface RequestLimits {
  /**
   * Bytes of `POST /event` and of one line or single event of `POST /v1/events`. Three times what an event may have,
   * because senders that escape everything beyond ASCII (as Python does) need that much.
   * @default 786_432 (768 KiB)
   */
  readonly bodyBytes?: number;
  /** Bytes of every other body. @default 10_485_760 (10 MiB) */
  readonly bulkBytes?: number;
  /** Events of one `POST /v1/events`. @default 10_000 */
  readonly bulkEvents?: number;
}

/** @since 0.1.0 */
export interface RestOptions {
  /** The open store; it stays the caller's to close. */
  readonly store: EventStore;
  /** What answers the routes of alerts (incidents, silences …); without it they say that alerts are off. @default null */
  readonly alerts?: AlertDesk | null;
  /** What answers the routes of backups; without it `POST /backup` is a 501. @default null */
  readonly backups?: BackupDesk | null;
  /**
   * Who makes the reports of `GET /utilization/…`; it is used and not closed. Null: this thread, in short turns.
   * @default a thread of its own, for which nothing else waits; null where it could not read the store (one in memory, or
   *   opened with a `client`), or has no file (in a bundle)
   */
  readonly reporter?: Reporter | null;
  /** @default "EventManager" */
  readonly managerName?: string;
  readonly managerDescription?: string | null;
  /** ULID of this manager, shown by `GET /definition`. */
  readonly managerId?: string | null;
  /** Version of the program, shown by `GET /health`. */
  readonly version?: string | null;
  /** What `GET /settings` shows; secrets already replaced. @default () => ({}) */
  readonly settings?: () => Readonly<Record<string, unknown>>;
  /** JSON Schema of the settings, for `?include_schema=true`. */
  readonly settingsSchema?: Readonly<Record<string, unknown>>;
  /** Settings left out by `?include_defaults=false` while they equal these. */
  readonly settingsDefaults?: Readonly<Record<string, unknown>>;
  /**
   * Web origins that may call; `["*"]` is any, `[]` none. What changes alerts (incidents, silences …) is allowed only to
   * origins that are named here, and to pages of the server itself. @default ["*"]
   */
  readonly corsOrigins?: readonly string[];
  readonly rateLimit?: RateLimitOptions;
  readonly limits?: RequestLimits;
  /** Serve the page at `/docs`. @default true */
  readonly docs?: boolean;
  /** Most events of one list (`GET /events`, NDJSON of `GET /v1/events`). @default 10_000 */
  readonly maxResults?: number;
  /** Most events `POST /events/query` answers with; more is a 413. @default 100_000 */
  readonly queryMaxEvents?: number;
  /** Events archived per durable step unless the request says otherwise. @default 1000 */
  readonly archiveBatchSize?: number;
  /** Shown by `GET /backup/status` where there is no `backups`. @default ".madsci/mongodb/backups" */
  readonly backupDir?: string;
  /** Longest the store may take to answer `/health` and `/ready`, in ms. @default 2_000 */
  readonly pingTimeoutMs?: number;
  /** `/ready` says no while more events than this wait to be written. @default 80_000 */
  readonly maxPendingEvents?: number;
  /** Open `GET /v1/events/stream` answers; one more is a 503. @default 100 */
  readonly maxStreams?: number;
  /** A stream says at least this often that it is alive, in ms. @default 15_000 */
  readonly streamHeartbeatMs?: number;
  /** Reports (`GET /utilization/…`) under way or waiting for their turn; one more is a 503. @default 8 */
  readonly maxReports?: number;
  /** Longest a report may take, from its waiting to the end of its answer, in ms. @default 120_000 */
  readonly reportTimeoutMs?: number;
  /** Folder in and below which `save_to_file` of a report may write; null: nowhere. @default null */
  readonly exportDir?: string | null;
  /** How long `/ready` says no before the server stops to listen, in ms (`createServer` only). @default 0 */
  readonly shutdownGraceMs?: number;
  /** @default () => new Date() */
  readonly now?: () => Date;
  /** Told of every exception that nobody expected. @default the log of the Fastify app */
  readonly onError?: (error: unknown, request: string) => void;
}

export type ResolvedRateLimit = Required<RateLimitOptions>;

export interface ResolvedRestOptions
  extends Required<Omit<RestOptions, "reporter" | "rateLimit" | "limits" | "onError">> {
  readonly rateLimit: ResolvedRateLimit;
  readonly limits: Required<RequestLimits>;
  /** Undefined: one of its own. */
  readonly reporter: Reporter | null | undefined;
  readonly onError: ((error: unknown, request: string) => void) | undefined;
}

const RATE_LIMIT: ResolvedRateLimit = {
  enabled: true,
  requests: 300,
  windowSeconds: 60,
  shortRequests: 50,
  shortWindowSeconds: 1,
  exemptIps: ["127.0.0.1", "::1"],
  cleanupIntervalSeconds: 300,
};

const LIMITS: Required<RequestLimits> = { bodyBytes: 786_432, bulkBytes: 10_485_760, bulkEvents: 10_000 };

const DEFAULTS: Omit<ResolvedRestOptions, "store" | "alerts" | "backups" | "reporter" | "rateLimit" | "limits"> = {
  managerName: "EventManager",
  managerDescription: null,
  managerId: null,
  version: null,
  settings: () => ({}),
  settingsSchema: { title: "EventManagerSettings", type: "object" },
  settingsDefaults: {},
  corsOrigins: ["*"],
  docs: true,
  maxResults: 10_000,
  queryMaxEvents: 100_000,
  archiveBatchSize: 1000,
  backupDir: ".madsci/mongodb/backups",
  pingTimeoutMs: 2000,
  maxPendingEvents: 80_000,
  maxStreams: 100,
  streamHeartbeatMs: 15_000,
  maxReports: 8,
  reportTimeoutMs: 120_000,
  exportDir: null,
  shutdownGraceMs: 0,
  now: () => new Date(),
  onError: undefined,
};

/** What Fastify itself puts beside a plugin's options. */
const FASTIFY_KEYS = new Set(["prefix", "logLevel", "logSerializers"]);

/** @throws EventStoreError `EVT_INVALID_OPTION` naming the option. */
export function resolveRestOptions(options: RestOptions): ResolvedRestOptions {
  const { store, alerts = null, backups = null, reporter, rateLimit, limits, ...others } = options;
  if (typeof store?.appendParsed !== "function") throw invalid("store must be an open EventStore");
  if (alerts !== null && typeof alerts.incidents !== "function") throw invalid("alerts must be what startAlerts gives");
  if (reporter && typeof reporter.make !== "function") throw invalid("reporter must be what reportThread gives");
  if (backups !== null && typeof backups.create !== "function") throw invalid("backups must have create and list");
  const given = Object.fromEntries(Object.entries(others).filter(([key]) => !FASTIFY_KEYS.has(key)));
  return Object.freeze({
    ...complete("", DEFAULTS, given),
    store,
    alerts,
    backups,
    reporter,
    rateLimit: complete("rateLimit.", RATE_LIMIT, rateLimit ?? {}),
    limits: complete("limits.", LIMITS, limits ?? {}),
  });
}

function complete<T extends object>(where: string, defaults: T, given: object): T {
  const values = { ...defaults } as Record<string, unknown>;
  for (const [key, value] of Object.entries(given)) {
    if (!Object.hasOwn(defaults, key)) {
      throw invalid(`unknown option "${where}${key}"; known ones are ${Object.keys(defaults).join(", ")}`);
    }
    if (value === undefined) continue;
    checkValue(where + key, value, defaults[key as keyof T]);
    values[key] = value;
  }
  return Object.freeze(values) as T;
}

function checkValue(name: string, value: unknown, like: unknown): void {
  if (value === null && (name.startsWith("rateLimit.short") || like === null)) return;
  if (typeof like === "number") {
    checkNumber(name, value);
    return;
  }
  const expected = like === null ? "string" : like === undefined ? "function" : typeOf(like);
  if (typeOf(value) !== expected) throw invalid(`${name} must be of type ${expected}`);
}

function checkNumber(name: string, value: unknown): void {
  const least = name === "shutdownGraceMs" ? 0 : 1;
  if (Number.isSafeInteger(value) && (value as number) >= least) return;
  throw invalid(`${name} must be a whole number, ${least} or more`);
}

function typeOf(value: unknown): string {
  return Array.isArray(value) ? "array" : typeof value;
}

function invalid(message: string): EventStoreError {
  return new EventStoreError("EVT_INVALID_OPTION", message);
}
