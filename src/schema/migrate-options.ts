/** What `migrate` is told. */
import type { DumpSource, DumpTarget } from "../backend/dump-contract.ts";
import type { SchemaRecords } from "../backend/schema-records.ts";
import type { BackupTool } from "../backup/types.ts";
import type { ZoneReader } from "../event/zone.ts";
import type { Expected } from "./decide.ts";
import type { ExclusiveOptions } from "./exclusive.ts";
import type { Schema } from "./schema-file.ts";

/** How a database is backed up and restored. @since 0.1.0 */
export interface MigrationBackup {
  readonly tool: Pick<BackupTool, "make" | "restore">;
  readonly dir: string;
  readonly source: () => Promise<DumpSource>;
  readonly target: () => Promise<DumpTarget>;
  /** Where a backup is restored to see that it can be; without it, it is read from end to end. */
  readonly scratch?: (() => Promise<DumpTarget>) | undefined;
}

/** @since 0.1.0 */
export interface MigrateProgress {
  readonly migration: string;
  readonly documents: number;
  /** About how many there will be. */
  readonly expected: number;
}

/** @since 0.1.0 */
export interface MigrateOptions extends Pick<ExclusiveOptions, "owner" | "signal" | "onWaiting" | "ttlMs"> {
  readonly records: SchemaRecords;
  readonly schema: Schema;
  readonly targetVersion?: string | undefined;
  /** Without it none is made: for databases that are backed up otherwise. */
  readonly backup?: MigrationBackup | undefined;
  /** Zone of timestamps without offset in documents of other programs. */
  readonly zone: ZoneReader;
  readonly now: () => Date;
  readonly warn: (message: string) => void;
  /** Share of the time a step works; the rest it leaves the server to others. @default 0.7 */
  readonly share?: number | undefined;
  /** Documents changed in one go. @default 500 */
  readonly batch?: number | undefined;
  readonly onProgress?: ((progress: MigrateProgress) => void) | undefined;
  /** Called at every step that may be the last one: tests die here. */
  readonly onStep?: ((step: string) => void | Promise<void>) | undefined;
  /** @default what this version of the package expects */
  readonly expected?: Expected | undefined;
}
