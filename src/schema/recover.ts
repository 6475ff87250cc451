/**
 * The backup before a migration, and what is done with it when the migration fails.
 *
 * Offline migrations (nobody else writes meanwhile) are undone: the backup is restored beside the database and put in its
 * place when it is whole. After an online one the database is good as it is, and others have gone on writing to it: there
 * the backup only adds what is missing, so nothing that arrived since is lost.
 */
import { type SchemaRecords, VERSIONS } from "../backend/schema-records.ts";
import type { RestoreReport } from "../backup/types.ts";
import type { MigrateOptions, MigrationBackup } from "./migrate-options.ts";
import { migrateCommands } from "./refusal.ts";

/** Backups of the database kept after this one. */
const KEPT = 10;
const LABEL = "pre_migration";

type Common = Pick<MigrateOptions, "now" | "onStep" | "warn" | "signal">;

/** Made and tested. @returns its path @throws EventStoreError when there is no good backup */
export async function makeBackup(
  { tool, dir, scratch, source: open }: MigrationBackup,
  { now, onStep, warn, signal }: Common,
): Promise<string> {
  const source = await open();
  const common = { warn, ...(signal && { signal }), ...(onStep && { onStep }) };
  try {
    return (await tool.make({ ...common, source, dir, scratch, label: LABEL, keep: KEPT, now })).path;
  } finally {
    await source.close();
  }
}

interface RecoverOptions extends Pick<MigrateOptions, "warn"> {
  readonly path: string;
  readonly wasOnline: boolean;
  readonly records: SchemaRecords;
}

/** Never throws: the error of the migration is the one to be told. */
export async function recover(
  backup: MigrationBackup,
  { path, wasOnline, warn, records }: RecoverOptions,
): Promise<void> {
  // A file's step is one transaction: it left nothing behind.
  if (records.kind === "sqlite") return warn(`nothing was changed; the backup is ${path}`);
  try {
    await restoreBackup(backup, { path, records, warn, drop: !wasOnline });
    warn(wasOnline ? `what was missing was put back from ${path}; migrate goes on where it was` : `restored ${path}`);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    warn(`restoring failed too (${reason}); manual intervention is required, the backup is ${path}`);
  }
}

interface RestoreOptions extends Pick<MigrateOptions, "warn"> {
  readonly path: string;
  /** Of the database restored into; undefined where it has no records but those in the backup. */
  readonly records: SchemaRecords | undefined;
  readonly drop: boolean;
}

/** In MongoDB it has to be a backup of the same database: a file may be called anything. */
export async function restoreBackup(
  { tool, target: open }: MigrationBackup,
  { path, records, warn, drop }: RestoreOptions,
): Promise<RestoreReport> {
  const target = await open();
  try {
    const expectDatabase = target.kind === "mongo" ? target.database : undefined;
    const report = await tool.restore(path, { target, drop, warn, expectDatabase });
    if (drop) await forgetOld(records, report, warn);
    return report;
  } finally {
    await target.close();
  }
}

/**
 * After a backup has taken the place of a database. Where steps of migrations were says nothing of it, nor do version
 * records that it has not brought itself.
 */
export async function forgetOld(
  records: SchemaRecords | undefined,
  { collections }: RestoreReport,
  warn: (message: string) => void,
): Promise<void> {
  if (records === undefined || VERSIONS in collections) return records?.forgetSteps();
  await records.forget();
  warn(`the backup brings no schema version; next: ${migrateCommands(records).bare}`);
}
