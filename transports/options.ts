/** Options of the transport: those of the shipper, and where events go. */

import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { basename, isAbsolute, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { HttpSinkOptions } from "../src/ship/http-options.ts";
import { invalid } from "../src/ship/option-checks.ts";
import type { ShipOptions } from "../src/ship/options.ts";

/** @since 0.1.0 */
export interface TransportOptions extends ShipOptions {
  /**
   * Where events go: an Event Manager (`http(s)://…`) or a store (`sqlite:PATH`, `mongodb://…`); several are tried in
   * order, the later ones while the earlier do not answer.
   */
  readonly url: string | readonly string[];
  /** For servers that ask for one: sent as `Authorization: Bearer …`; a file is read again when it is refused. */
  readonly auth?: { readonly token?: string; readonly tokenFile?: string };
  /** Short for `auth.token`. */
  readonly token?: string;
  /** Further HTTP headers. */
  readonly headers?: Readonly<Record<string, string>>;
  /** HTTP bodies above 1 KiB. @default "gzip" */
  readonly compression?: "gzip" | "none";
  /** Certificates for `https:`: paths or PEM texts. */
  readonly tls?: HttpSinkOptions["tls"];
  /**
   * Who makes the ids of events: `worker`, as lines enter the spool, or `main`, as they are logged (about 1 µs a line),
   * for lines that also go elsewhere. `createTransport` only. @default "worker"
   */
  readonly eventIds?: "worker" | "main";
  /** `sync`: a line is on disk when the log call returns, after a round trip to the worker. `createTransport` only. @default "async" */
  readonly handoff?: "async" | "sync";
  /** Tell the main thread every ten seconds how it goes (event `stats`). @default true */
  readonly stats?: boolean;
  /** A file that always holds the last `stats()` as JSON. */
  readonly statsFile?: string;
}

/** Names beside those of the shipper. */
export const OWN_OPTIONS = [
  "url",
  "auth",
  "token",
  "headers",
  "compression",
  "tls",
  "eventIds",
  "handoff",
  "stats",
  "statsFile",
];

/** @throws EventStoreError `EVT_INVALID_OPTION` naming the option. */
export function checkTransportOptions({
  eventIds,
  handoff,
  auth,
  token,
  mapModule,
  stats,
  statsFile,
}: TransportOptions): void {
  if (eventIds !== undefined && eventIds !== "worker" && eventIds !== "main")
    throw invalid('eventIds must be "worker" or "main"');
  if (handoff !== undefined && handoff !== "async" && handoff !== "sync")
    throw invalid('handoff must be "async" or "sync"');
  if (stats !== undefined && typeof stats !== "boolean") throw invalid("stats must be true or false");
  if (statsFile !== undefined && (typeof statsFile !== "string" || statsFile === ""))
    throw invalid("statsFile must be a path");
  if (auth !== undefined && (typeof auth !== "object" || auth === null))
    throw invalid("auth must be { token } or { tokenFile }");
  for (const key of Object.keys(auth ?? {})) {
    if (key !== "token" && key !== "tokenFile")
      throw invalid(`unknown option "auth.${key}"; known ones are token, tokenFile`);
  }
  if (auth !== undefined && token !== undefined) throw invalid("give token or auth, not both");
  if (typeof mapModule === "string") checkModule(mapModule);
}

function checkModule(path: string): void {
  const file = path.startsWith("file:") ? fileURLToPath(path) : path;
  if (!isAbsolute(file)) throw invalid("mapModule must be an absolute path or a file: URL");
  if (!existsSync(file)) throw invalid(`mapModule ${path} does not exist`);
}

/**
 * The folder of an application's spools: `<state>/madsci-events/<name of the working folder>`, where state is
 * `$XDG_STATE_HOME`, else `~/.local/state`, and `/var/lib` for root. Source: XDG Base Directory Specification.
 */
export function defaultSpoolDir(): string {
  return join(stateDir(), "madsci-events", basename(process.cwd()) || "app");
}

function stateDir(): string {
  const given = process.env.XDG_STATE_HOME;
  if (given !== undefined && isAbsolute(given)) return given;
  if (process.platform === "linux" && process.getuid?.() === 0) return "/var/lib";
  return join(homedir(), ".local", "state");
}

/** The same place in the same words, without user and password. */
export function destinationOf(urls: readonly string[]): string {
  return urls
    .map((url) => (url.startsWith("sqlite:") ? `sqlite:${resolve(url.slice(7))}` : url.replace(/\/\/[^/]*@/, "//")))
    .join(" ");
}
