/**
 * `migrate`: looks at a database's schema version, brings it up to date, backs it up, restores it.
 *
 * Flags are read and compared before anything is touched. Exit codes: 0 done or not needed, 1 needed or failed, 2 usage,
 * 3 refused because a newer program has changed the database.
 */
import { randomUUID } from "node:crypto";
import { Command } from "commander";
import { type OtherDatabase, shown } from "../../backup/damage.ts";
import { EventStoreError } from "../../errors.ts";
import { localZone, zoneReader } from "../../event/zone.ts";
import {
  checkVersion,
  findSchema,
  type MigrationBackup,
  migrate,
  planMigration,
  readSchema,
  restoreBackup,
  type Schema,
  wantedOf,
} from "../../schema/index.ts";
import { backupPath } from "../backup-flags.ts";
import { backupProgress, failingAs } from "../backup-report.ts";
import type { Config } from "../config.ts";
import { CommandFailure, counted } from "../exit.ts";
import { addSettingFlags, booleanOption, onceEach } from "../flags.ts";
import { type Io, warn } from "../io.ts";
import { type MigrateFlags, type MigrateMode, migrateFlags } from "../migrate-flags.ts";
import { type Place, placeOf } from "../migrate-place.ts";
import { differencesText, doneText, planText, progressBar, versionText } from "../migrate-report.ts";
import { migrateConfig } from "../migrate-variables.ts";
import { addStoreFlags } from "../open-store.ts";
import { replacing } from "../replacing.ts";
import { untilSignal } from "../shutdown.ts";

const EXAMPLES = `
Examples:
  madsci-events migrate --database madsci_events --db-url mongodb://localhost:27017
  madsci-events migrate --database madsci_events --check-version
  madsci-events migrate --database madsci_events --dry-run
  madsci-events migrate --database madsci_events --backup-only
  madsci-events migrate --database madsci_events --restore-from .madsci/mongodb/backups/madsci_events_backup_…

A backup precedes every migration; --restore-from puts a backup in the place of the database. A server may keep running,
except with an SQLite file. MADSci's variables (MONGODB_MIGRATION_CHECK_VERSION=true …) stand for the flags; flags win.
Exit codes: 0 done or not needed, 1 needed or failed, 2 usage, 3 refused (changed by a newer program).`;

/** Another migration of the same SQLite file may take this long. */
const WAIT_MS = 60_000;

export function migrateCommand(io: Io): Command {
  const command = new Command("migrate")
    .summary("bring a database up to date, or back it up")
    .description("Brings a database to the schema version of this program.")
    .option("--database <name>", "the database; default: the URL's")
    .option(
      "--schema-file <file>",
      "collections, indexes and version in MADSci's format; default: found, or the package's",
    )
    .option("--target-version <version>", "stop at this version; default: the schema's")
    .addOption(booleanOption("check-version", "only compare versions; exit code 1 when a migration is needed"))
    .addOption(booleanOption("validate-schema", "only compare collections and indexes; exit code 1 when they differ"))
    .addOption(booleanOption("dry-run", "only say what would be done"))
    .addOption(booleanOption("backup-only", "only make a backup"))
    .option("--restore-from <path>", "put this backup in the place of the database")
    .addOption(booleanOption("restore-test", "restore the backup into a scratch database to compare; default: true"))
    .addHelpText("after", EXAMPLES);
  addSettingFlags(command, ["backup_dir"], new Set(["backup_dir"]));
  return onceEach(addStoreFlags(command)).action(() => migrateOrLook(command, io));
}

interface Run {
  readonly flags: MigrateFlags;
  readonly schema: Schema;
  readonly config: Config;
  readonly place: Place;
  readonly io: Io;
}

async function migrateOrLook(command: Command, io: Io): Promise<void> {
  const flags = migrateFlags(command, io.env);
  const schema = flags.schemaFile === undefined ? findSchema(io.cwd) : readSchema(flags.schemaFile);
  wantedOf({ schema, targetVersion: flags.targetVersion });
  const config = migrateConfig(command, io);
  const place = placeOf(config, flags.database, io);
  try {
    await MODES[flags.mode]({ flags, schema: inCollection(schema, config), config, place, io });
  } catch (error) {
    const isDown = error instanceof EventStoreError && error.code === "EVT_BACKEND_UNAVAILABLE";
    throw isDown ? new CommandFailure(error.message, { cause: error }) : error;
  }
}

/** The package's schema speaks of `events`, whatever the settings call them. */
function inCollection(schema: Schema, { settings }: Config): Schema {
  const { events, ...others } = schema.collections;
  if (schema.file !== null || !events) return schema;
  return { ...schema, collections: { [settings.collection_name]: events, ...others } };
}

const MODES: Readonly<Record<MigrateMode, (run: Run) => Promise<void>>> = {
  migrate: migrateNow,
  "dry-run": showPlan,
  "check-version": showVersion,
  "validate-schema": validateSchema,
  "backup-only": backUp,
  "restore-from": restore,
};

async function migrateNow({ flags, schema, config, place, io }: Run): Promise<void> {
  const records = await place.open(false, WAIT_MS);
  const signal = untilSignal();
  try {
    const migrating = () =>
      migrate({
        records,
        schema,
        targetVersion: flags.targetVersion,
        backup: backupOf({ flags, place }),
        owner: randomUUID(),
        zone: zoneReader(config.settings.naive_timezone ?? localZone()),
        now: () => new Date(),
        signal,
        warn: (message) => warn(io, message),
        onWaiting: () => io.err("another migration of this database is under way; waiting for it"),
        onProgress: progressBar(io),
      });
    const report = await failingAs("Migration failed", { io, signal, refuses: true }, migrating);
    await io.out.write(doneText(records, report));
  } finally {
    await records.close();
  }
}

async function showPlan({ flags, schema, place, io }: Run): Promise<void> {
  const records = await place.open(true);
  try {
    await io.out.write(planText(records, await planMigration(records, { schema, targetVersion: flags.targetVersion })));
  } finally {
    await records.close();
  }
}

async function showVersion({ schema, place, io }: Run): Promise<void> {
  const records = await place.open(true);
  try {
    const state = await checkVersion(records, { schema });
    await io.out.write(versionText(records, state));
    if (state.needed)
      throw new CommandFailure("a migration is needed; the same command without --check-version does it");
  } finally {
    await records.close();
  }
}

async function validateSchema({ schema, place, io }: Run): Promise<void> {
  const records = await place.open(true);
  try {
    const differences = await records.differences(schema.collections);
    await io.out.write(differencesText(records, differences));
    if (differences.length > 0) throw new CommandFailure(`${counted(differences.length, "difference")}, see above`);
  } finally {
    await records.close();
  }
}

async function backUp({ flags, place, config, io }: Run): Promise<void> {
  const source = await place.backup.source();
  const { tool, dir, scratch } = backupOf({ flags, place });
  const signal = untilSignal();
  await failingAs("Backup failed", { io, signal }, async () => {
    try {
      const keep = config.settings.backup_max_count;
      const common = { signal, warn: (message: string) => warn(io, message), onProgress: backupProgress(io) };
      const { path } = await tool.make({ ...common, source, dir, keep, scratch, now: () => new Date() });
      await io.out.write(`${path}\n`);
    } finally {
      await source.close();
    }
  });
}

/** Restored to see that it can be, unless that is not wanted. */
function backupOf({ flags, place }: Pick<Run, "flags" | "place">): MigrationBackup {
  return flags.isTested ? place.backup : { ...place.backup, scratch: undefined };
}

/** As MADSci's tool does: what is there is replaced. */
async function restore({ flags, place, io }: Run): Promise<void> {
  const path = backupPath(String(flags.restoreFrom), place.backup, io);
  const say = (message: string) => warn(io, message);
  const isWanted = place.url.startsWith("mongodb");
  const restoring = () =>
    replacing(place, { isWanted, io }, (records) =>
      restoreBackup(place.backup, { path, records, warn: say, drop: true }),
    );
  const onOther = ({ found, expected }: OtherDatabase) =>
    `say --database ${shown(found)}, or use backup restore … --into ${shown(expected)} --drop`;
  const { collections } = await failingAs("Restore failed", { io, onOther }, restoring);
  const documents = Object.values(collections).reduce((sum, { inserted }) => sum + inserted, 0);
  await io.out.write(`restored ${counted(documents, "document")} from ${path}\n`);
}
