/** A URL → the database behind it as a source of backups. Each engine is loaded only when its URL is opened. */
import { basename, extname } from "node:path";
import { EventStoreError } from "../errors.ts";
import type { DumpSource } from "./dump-contract.ts";
import { engineOf } from "./open.ts";

/** @since 0.1.0 */
export interface OpenDumpOptions {
  /** @default the URL's, else "madsci_events"; of a file its name without extension */
  readonly database?: string | undefined;
  /** MongoDB only: a MongoClient of the host's, used as it is and never closed. */
  readonly client?: unknown;
  /** MongoDB only: a server silent for this long, in milliseconds, counts as gone. @default 4_000 */
  readonly timeoutMs?: number | undefined;
  /** Told of what cannot be dumped. */
  readonly warn?: ((message: string) => void) | undefined;
}

/**
 * Opens it for reading; nothing is changed or locked, and it may be in use.
 * @throws EventStoreError as `openBackend`, and `EVT_INVALID_OPTION` for a database in memory
 * @since 0.1.0
 */
export async function openDumpSource(url: string, options: OpenDumpOptions = {}): Promise<DumpSource> {
  const engine = engineOf(url);
  const { database, client, timeoutMs, warn = () => {} } = options;
  if (engine.kind === "mongo") {
    const { openMongoSource } = await import("./mongo/dump-source.ts");
    return openMongoSource(url, { database, client, timeoutMs, warn });
  }
  if (engine.path === ":memory:")
    throw new EventStoreError("EVT_INVALID_OPTION", "a database in memory cannot be backed up from outside");
  const { openSqliteSource } = await import("./sqlite/dump-source.ts");
  return openSqliteSource(engine.path, { database: database ?? databaseOfFile(engine.path), encoder });
}

/** The name of a file's database in backups: its own without extension, as far as names of databases may hold it. */
export function databaseOfFile(path: string): string {
  const name = basename(path, extname(path)).replace(/[/\\. "$*<>:|?\p{Cc}]/gu, "_");
  return name.slice(0, 63) || "madsci_events";
}

async function encoder() {
  const { dumpEncoder } = await import("./mongo/dump-encode.ts");
  return dumpEncoder();
}
