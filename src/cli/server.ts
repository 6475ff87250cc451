/** The HTTP server of `serve`: settings → options of the REST room, and listening with errors a user understands. */
import type { AlertDesk } from "../alert/desk.ts";
import type { BackupDesk } from "../rest/backup-desk.ts";
import type { RateLimitOptions } from "../rest/options.ts";
import type { EventStore } from "../store/store.ts";
import { type Address, isLoopback, reachable, urlOf } from "./address.ts";
import { backupDoubts } from "./backup-serve.ts";
import type { Config } from "./config.ts";
import { CommandFailure } from "./exit.ts";
import { redacted, redactedDefaults, settingsSchema } from "./redacted.ts";
import { ROWS, type Settings } from "./settings.ts";

/** JSON that escapes everything beyond ASCII has up to three times the bytes. */
const ESCAPED = 3;

/** The parts of the server this room uses. */
export interface HttpServer {
  listen(address: Address): Promise<unknown>;
  close(): Promise<unknown>;
  readonly server: { address(): unknown };
}

export interface ServerParts {
  readonly store: EventStore;
  /** The current ones: the port is known only after listening. */
  readonly settings: () => Settings;
  readonly version: string;
  /** Undefined where alerts are off. */
  readonly alerts?: AlertDesk | undefined;
  /** Undefined where the store cannot be backed up. */
  readonly backups?: BackupDesk | undefined;
  /** Told of every exception nobody expected. */
  readonly onError: (error: unknown, request: string) => void;
}

export async function buildServer({ settings, ...parts }: ServerParts): Promise<HttpServer> {
  const { createServer } = await import("../rest/index.ts");
  const now = settings();
  return createServer({
    ...parts,
    managerName: now.manager_name ?? undefined,
    managerDescription: now.manager_description,
    managerId: now.manager_id,
    settings: () => redacted(settings()),
    settingsSchema: settingsSchema(),
    settingsDefaults: redactedDefaults(),
    corsOrigins: now.cors_origins,
    rateLimit: rateLimit(now),
    limits: {
      bodyBytes: ESCAPED * now.max_event_bytes,
      bulkBytes: now.max_bulk_bytes,
      bulkEvents: now.max_bulk_events,
    },
    docs: now.docs_enabled,
    maxResults: now.max_results,
    queryMaxEvents: now.query_max_events,
    archiveBatchSize: now.archive_batch_size,
    backupDir: now.backup_dir,
    reportTimeoutMs: now.utilization_time_limit * 1000,
    exportDir: now.utilization_export_dir,
    shutdownGraceMs: now.shutdown_grace * 1000,
  });
}

function rateLimit(settings: Settings): RateLimitOptions {
  return {
    enabled: settings.rate_limit_enabled,
    requests: settings.rate_limit_requests,
    windowSeconds: settings.rate_limit_window,
    shortRequests: settings.rate_limit_short_requests,
    shortWindowSeconds: settings.rate_limit_short_window,
    exemptIps: settings.rate_limit_exempt_ips ?? undefined,
    cleanupIntervalSeconds: settings.rate_limit_cleanup_interval,
  };
}

/** Starts listening; resolves with the port. @throws CommandFailure when the address cannot be had. */
export async function listen(server: HttpServer, { host, port }: Address): Promise<number> {
  try {
    await server.listen({ host, port });
  } catch (error) {
    throw new CommandFailure(listenProblem((error as NodeJS.ErrnoException).code, { host, port }), { cause: error });
  }
  const bound = server.server.address() as { port?: number } | null;
  return bound?.port ?? port;
}

function listenProblem(code: string | undefined, { host, port }: Address): string {
  if (code === "EADDRINUSE")
    return `port ${port} on ${host} is taken by another program; choose another with --port, e.g. --port ${nextPort(port)}`;
  if (code === "EACCES") return `port ${port} needs rights this user lacks; choose one above 1023 with --port`;
  return `cannot listen on ${host} port ${port} (${code ?? "error"}); choose another address with --host`;
}

function nextPort(port: number): number {
  return port < 65_535 ? port + 1 : 8001;
}

/** What may be a mistake about serving, for the user to read before it starts. */
export function doubts({ settings, origins }: Config, { host }: Address): string[] {
  const inert = ROWS.filter(([name, row]) => row.inert && origins.has(name) && changed(name, settings));
  const names = inert.map(([name]) => name);
  return [
    ...(isLoopback(host) ? [] : [`listening on ${host}: anyone who can reach this address can read and write events`]),
    ...(/^https:/i.test(settings.server_url) ? ["server_url is https, but this server speaks plain HTTP"] : []),
    ...backupDoubts(settings),
    ...(names.length > 0 ? [`set, but without effect in this version: ${names.join(", ")}`] : []),
  ];
}

function changed(name: string, settings: Settings): boolean {
  const fallback = ROWS.find(([row]) => row === name)?.[1].default;
  return settings[name as keyof Settings] !== fallback;
}

/** Says where it listens and what to try. */
export function announcement(address: Address, place: string, docs: boolean): string[] {
  const url = urlOf(reachable(address));
  const head = `madsci-events is listening on ${urlOf(address)}`;
  const event = `'{"event_type":"log_info","event_data":{"message":"hello"}}'`;
  return [
    head,
    ...(docs ? [`  docs   ${url}/docs`] : []),
    `  post   curl ${url}/event -H 'content-type: application/json' -d ${event}`,
    `  list   curl '${url}/events?number=10'`,
    `  find   curl ${url}/events/query -H 'content-type: application/json' -d '{"log_level":{"$gte":20}}'`,
    `  data   ${place}`,
  ];
}
