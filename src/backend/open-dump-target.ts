/** A URL → the database behind it as a target of restores. Each engine is loaded only when its URL is opened. */
import { EventStoreError } from "../errors.ts";
import { localZone, zoneReader } from "../event/zone.ts";
import type { DumpTarget } from "./dump-contract.ts";
import { engineOf } from "./open.ts";
import { databaseOfFile } from "./open-dump.ts";

/** @since 0.1.0 */
export interface OpenDumpTargetOptions {
  /** @default the URL's, else "madsci_events"; of a file its name without extension */
  readonly database?: string | undefined;
  /** SQLite only: zone of timestamps without offset. @default the zone of this process */
  readonly naiveTimezone?: string | undefined;
  /** Told of what cannot be taken over: indexes a server refuses, a damaged file that was set aside. */
  readonly warn?: ((message: string) => void) | undefined;
  /** Called at every step of a swap that may be the last one. */
  readonly onStep?: ((step: string) => void | Promise<void>) | undefined;
  /** MongoDB only: another restore that is silent for this long, in milliseconds, counts as dead. @default 15_000 */
  readonly leaseMs?: number | undefined;
  readonly now?: (() => Date) | undefined;
}

/**
 * Opens it for a restore. Nothing is changed before documents come, and a file need not be there.
 * @throws EventStoreError as `openBackend`, and `EVT_INVALID_OPTION` for a database in memory
 * @since 0.1.0
 */
export async function openDumpTarget(url: string, options: OpenDumpTargetOptions = {}): Promise<DumpTarget> {
  const engine = engineOf(url);
  const { database, onStep, leaseMs, warn = () => {} } = options;
  if (engine.kind === "mongo") {
    const { openMongoTarget } = await import("./mongo/dump-target.ts");
    return openMongoTarget(url, { database, warn, onStep, leaseMs });
  }
  if (engine.path === ":memory:")
    throw new EventStoreError("EVT_INVALID_OPTION", "a database in memory cannot be restored from outside");
  const { openSqliteTarget } = await import("./sqlite/dump-target.ts");
  const name = database ?? databaseOfFile(engine.path);
  return openSqliteTarget(engine.path, { database: name, decoder: () => decoder(options), warn, onStep });
}

async function decoder({ naiveTimezone, now = () => new Date() }: OpenDumpTargetOptions) {
  const { restoreDecoder } = await import("./mongo/restore-decode.ts");
  return restoreDecoder({ zone: zoneReader(naiveTimezone ?? localZone()), now: now() });
}
