/** The database `migrate` works on, and how it is backed up and restored. */
import { resolve } from "node:path";
import { openDumpSource } from "../backend/open-dump.ts";
import { openDumpTarget } from "../backend/open-dump-target.ts";
import { openSchemaRecords } from "../backend/open-schema.ts";
import type { SchemaRecords } from "../backend/schema-records.ts";
import { openScratch } from "../backup/scratch.ts";
import { backupTool } from "../backup/tool.ts";
import { localZone, zoneReader } from "../event/zone.ts";
import type { MigrationBackup } from "../schema/migrate-options.ts";
import type { Config } from "./config.ts";
import { type Io, warn } from "./io.ts";

export interface Place {
  readonly url: string;
  readonly database: string | undefined;
  readonly backup: MigrationBackup;
  /** @param waitMs longest wait for another writer of an SQLite file */
  open(readOnly: boolean, waitMs?: number): Promise<SchemaRecords>;
}

/** @param database the one the flags name */
export function placeOf({ settings, origins }: Config, database: string | undefined, io: Io): Place {
  const url = settings.mongo_db_url;
  const isMongo = url.startsWith("mongodb");
  const name = database ?? (isMongo && origins.has("database_name") ? settings.database_name : undefined);
  const common = { database: name, warn: (message: string) => warn(io, message) };
  const zone = zoneReader(settings.naive_timezone ?? localZone());
  const naiveTimezone = settings.naive_timezone ?? undefined;
  return {
    url,
    database: name,
    backup: {
      tool: backupTool,
      dir: resolve(io.cwd, settings.backup_dir),
      source: () => openDumpSource(url, common),
      target: () => openDumpTarget(url, { ...common, naiveTimezone }),
      scratch: () => openScratch(url, { ...common, naiveTimezone }),
    },
    open: (readOnly, waitMs) =>
      openSchemaRecords(url, { ...common, zone, readOnly, waitMs, collection: settings.collection_name }),
  };
}
