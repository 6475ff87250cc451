/** `madsci-events/schema`: the version of a database, migrations, backups. */
export type { DumpSource, DumpTarget } from "../backend/dump-contract.ts";
export { openDumpSource } from "../backend/open-dump.ts";
export { openDumpTarget } from "../backend/open-dump-target.ts";
export type { OpenSchemaOptions } from "../backend/open-schema.ts";
export { openSchemaRecords } from "../backend/open-schema.ts";
export type { Admit, SchemaDifference, SchemaFacts, SchemaRecords, VersionRecord } from "../backend/schema-records.ts";
export { SCHEMA_VERSION } from "../backend/schema-records.ts";
export { backupTool } from "../backup/tool.ts";
export type {
  BackupFormat,
  BackupInfo,
  BackupMetadata,
  BackupTool,
  BackupVerdict,
  CreateBackupOptions,
  MakeBackupOptions,
  RestoreBackupOptions,
  RestoreReport,
  VerifyBackupOptions,
} from "../backup/types.ts";
export type { VersionCheckOptions } from "./admit.ts";
export { versionCheck } from "./admit.ts";
export type { VersionState } from "./check.ts";
export { checkVersion } from "./check.ts";
export type { MigrateReport } from "./migrate.ts";
export { migrate } from "./migrate.ts";
export type { MigrateOptions, MigrateProgress, MigrationBackup } from "./migrate-options.ts";
export type { Migration } from "./migrations.ts";
export { MIGRATIONS } from "./migrations.ts";
export type { MigrationPlan, PlannedStep } from "./plan.ts";
export { planMigration, wantedOf } from "./plan.ts";
export { restoreBackup } from "./recover.ts";
export type { Schema } from "./schema-file.ts";
export { findSchema, packagedSchema, readSchema } from "./schema-file.ts";
