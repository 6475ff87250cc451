/**
 * Options of a client: what the caller may say → the checked form it works with.
 *
 * MADSci's spellings (`event_server_url`, `log_level`) stand beside ours. Unlike MADSci's, an unknown one is an error.
 */
import type { Source } from "../event/event.ts";
import type { HttpTarget } from "../ship/http-options.ts";
import { targetOf } from "../ship/http-options.ts";
import { checkSource, invalid, whole } from "../ship/option-checks.ts";
import { type ResolvedShipOptions, resolveShipOptions, type ShipOptions, type SpoolOptions } from "../ship/options.ts";
import type { Diagnostic } from "./diagnostics.ts";
import { SERVER_VARIABLE, serverFromEnvironment } from "./environment.ts";
import { type LevelInput, thresholdOf } from "./levels.ts";
import { nearestOption } from "./nearest.ts";

/** How events are shipped; the same options as the pino transport's. @since 0.1.0 */
export type ClientShipOptions = Pick<
  ShipOptions,
  | "batch"
  | "retry"
  | "retryAfter"
  | "ordered"
  | "concurrency"
  | "memory"
  | "overflow"
  | "deadLetter"
  | "close"
  | "maxEventBytes"
  | "authHoldMs"
>;

/** @since 0.1.0 */
export interface EventClientOptions extends ClientShipOptions {
  /** Address of the Event Manager, ours or MADSci's; a path below it is kept. @default the variable EVENT_SERVER_URL */
  readonly eventServerUrl?: string;
  /** The same in MADSci's spelling, and in that of its first manual. */
  readonly event_server_url?: string;
  readonly event_server?: string;
  /** Stands in `event_data.name` of log calls, as pino's `name` does. */
  readonly name?: string;
  /**
   * From which level on the log methods send; alerts always go. Where none is given, `log(event)` sends whole events of
   * any level and lists show all levels. @default "info"
   */
  readonly logLevel?: LevelInput;
  /** The same in MADSci's spelling. */
  readonly log_level?: LevelInput;
  /** Ids every event carries; those of a context, of bound fields and of a call win, in this order. @default {} */
  readonly source?: Source;
  /** Bound from the start: see {@link EventClient.bind}. @default {} */
  readonly context?: Readonly<Record<string, unknown>>;
  /** On disk until acknowledged, so that no crash and no outage loses an event: `{ dir: "…" }`. @default false: in memory */
  readonly spool?: false | SpoolOptions;
  /** Longest a call takes, its retries included. */
  readonly timeouts?: ClientTimeouts;
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as `Authorization: Bearer …`; a user and a password in the address become basic authentication. */
  readonly token?: string;
  /** File that holds the token; read again when the server refuses what it held. */
  readonly tokenFile?: string;
  /** Batches above 1 KiB. @default "gzip" */
  readonly compression?: "gzip" | "none";
  /** Told what the client has to say about itself. @default standard error, for what is a problem */
  readonly onDiagnostic?: (diagnostic: Diagnostic) => void;
}

/** In milliseconds; MADSci's three. @since 0.1.0 */
export interface ClientTimeouts {
  /** Single events, lists, a delivery. @default 10_000 */
  readonly defaultMs?: number;
  /** Searches, archiving, periods. @default 60_000 */
  readonly dataMs?: number;
  /** Reports, backups, purging. @default 100_000 */
  readonly longMs?: number;
}

export interface ResolvedClientOptions {
  readonly target: HttpTarget;
  readonly threshold: number;
  /** See Scope. */
  readonly eventThreshold: number;
  readonly source: Source;
  readonly context: Readonly<Record<string, unknown>>;
  readonly timeouts: Required<ClientTimeouts>;
  readonly ship: ResolvedShipOptions;
  /** For the sink of the shipper. */
  readonly sink: Pick<EventClientOptions, "headers" | "token" | "tokenFile" | "compression"> & { readonly url: string };
  readonly onDiagnostic: ((diagnostic: Diagnostic) => void) | undefined;
}

const SHIP = [
  "batch",
  "retry",
  "retryAfter",
  "ordered",
  "concurrency",
  "memory",
  "overflow",
  "deadLetter",
  "close",
  "maxEventBytes",
  "authHoldMs",
] as const satisfies readonly (keyof ClientShipOptions)[];
const SERVER = ["eventServerUrl", "event_server_url", "event_server"] as const;
const OWN = ["name", "logLevel", "log_level", "source", "context", "spool", "timeouts"] as const;
const HTTP = ["headers", "token", "tokenFile", "compression"] as const;
const KNOWN: readonly string[] = [...SERVER, ...OWN, ...HTTP, ...SHIP, "onDiagnostic"];
const TIMEOUTS = ["defaultMs", "dataMs", "longMs"];

/** @throws EventStoreError `EVT_INVALID_OPTION` naming the option and, for an unknown one, what was probably meant. */
export function resolveClientOptions(options: EventClientOptions): ResolvedClientOptions {
  checkNames("", options, KNOWN);
  const { source = {}, context = {}, name, timeouts = {}, onDiagnostic } = options;
  const url = serverOf(options);
  const { headers, token, tokenFile, compression } = options;
  const sink = defined({ url, headers, token, tokenFile, compression });
  if (typeof context !== "object" || context === null) throw invalid("context must be an object");
  if (name !== undefined && typeof name !== "string") throw invalid("name must be a text");
  if (onDiagnostic !== undefined && typeof onDiagnostic !== "function")
    throw invalid("onDiagnostic must be a function");
  return Object.freeze({
    target: targetOf(sink),
    sink,
    threshold: thresholdIn(options),
    eventThreshold: (options.logLevel ?? options.log_level) === undefined ? 0 : thresholdIn(options),
    source: checkSource(source),
    context: Object.freeze(name === undefined ? { ...context } : { name, ...context }),
    timeouts: timeoutsOf(timeouts),
    ship: shipOf(options, timeouts),
    onDiagnostic,
  });
}

function serverOf(options: EventClientOptions): string {
  const given = SERVER.filter((name) => options[name] !== undefined);
  const urls = new Set(given.map((name) => String(options[name])));
  if (urls.size > 1) throw invalid(`${given.join(" and ")} name different servers; give one of them`);
  const [url = serverFromEnvironment()] = urls;
  const example = 'such as "http://localhost:8001"';
  if (url === undefined)
    throw invalid(`no Event Manager: give eventServerUrl (or set the variable ${SERVER_VARIABLE}), ${example}`);
  const name = given[0] ?? `the variable ${SERVER_VARIABLE}`;
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw invalid(`${name} must be an http(s) address, ${example}`);
  return url;
}

function thresholdIn({ logLevel, log_level }: EventClientOptions): number {
  const given = logLevel ?? log_level ?? "info";
  const threshold = thresholdOf(given);
  const name = logLevel === undefined ? "log_level" : "logLevel";
  if (threshold === undefined) throw invalid(`${name} must be a level: 0, 10, 20, 30, 40, 50 or a name such as "info"`);
  return threshold;
}

function timeoutsOf(timeouts: ClientTimeouts): Required<ClientTimeouts> {
  checkNames("timeouts.", timeouts, TIMEOUTS);
  return Object.freeze({
    defaultMs: whole("timeouts.defaultMs", timeouts.defaultMs, 10_000),
    dataMs: whole("timeouts.dataMs", timeouts.dataMs, 60_000),
    longMs: whole("timeouts.longMs", timeouts.longMs, 100_000),
  });
}

function shipOf(options: EventClientOptions, { defaultMs }: ClientTimeouts): ResolvedShipOptions {
  const { spool = false } = options;
  const ship = Object.fromEntries(SHIP.map((name) => [name, options[name]])) as ClientShipOptions;
  if (spool === false) return resolveShipOptions(defined({ ...ship, timeoutMs: defaultMs, spool: { mode: "off" } }));
  if (typeof spool !== "object" || spool === null) throw invalid('spool must be false or { dir: "a folder", … }');
  if (spool.mode !== "off" && spool.dir === undefined)
    throw invalid("spool.dir is required: the folder to keep events in");
  return resolveShipOptions(defined({ ...ship, timeoutMs: defaultMs, spool }));
}

function checkNames(prefix: string, given: unknown, known: readonly string[]): void {
  if (typeof given !== "object" || given === null || Array.isArray(given))
    throw invalid(`${prefix === "" ? "options" : prefix.slice(0, -1)} must be an object`);
  for (const name of Object.keys(given)) {
    if (known.includes(name)) continue;
    const nearest = nearestOption(name, known);
    const hint = nearest === undefined ? `known ones are ${known.join(", ")}` : `did you mean "${prefix}${nearest}"?`;
    throw invalid(`unknown option "${prefix}${name}"; ${hint}`);
  }
}

function defined<T extends object>(options: T): T {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T;
}
