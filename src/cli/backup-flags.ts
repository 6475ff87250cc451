/** The flags all `backup` commands have, and where they lead: settings, the folder of backups, the database. */
import { existsSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import type { Command } from "commander";
import { backupFile } from "./backup-file.ts";
import { type Config, loadConfig } from "./config.ts";
import { sqliteFile } from "./database-url.ts";
import { CommandFailure, usageError } from "./exit.ts";
import { addSettingFlags, onceEach, settingFlags } from "./flags.ts";
import { type Io, warn } from "./io.ts";
import { type Place, placeOf } from "./migrate-place.ts";
import { addStoreFlags } from "./open-store.ts";

const SETTINGS = ["backup_dir", "backup_max_count"];

/** @param shown settings the help names */
export function addBackupFlags(command: Command, shown: readonly string[] = ["backup_dir"]): Command {
  command
    .option("--database <name>", "the database; default: the URL's, or the file's name")
    .option("--config-file <file>", "JSON with url, database and directory; single flags win");
  addSettingFlags(command, SETTINGS, new Set(shown));
  return onceEach(addStoreFlags(command));
}

export interface BackupPlace {
  readonly config: Config;
  /** As it was named; undefined where the URL decides. */
  readonly database: string | undefined;
  /** Absolute. */
  readonly dir: string;
  readonly place: Place;
  readonly collections: readonly string[] | undefined;
  readonly isChecked: boolean | undefined;
  readonly gzip: boolean | undefined;
}

/** Reads flags, `--config-file` and settings. @throws EventStoreError `EVT_INVALID_OPTION` */
export function backupPlace(command: Command, io: Io): BackupPlace {
  const flags = command.opts<{ configFile?: string; settingsDir?: string; database?: string; databaseName?: string }>();
  const file = flags.configFile === undefined ? {} : backupFile(flags.configFile, io.cwd);
  const given = Object.entries(settingFlags(command)).filter(([, value]) => value !== undefined);
  const merged = { ...file.settings, ...Object.fromEntries(given) };
  const config = loadConfig({ flags: merged, env: io.env, cwd: io.cwd, settingsDir: flags.settingsDir });
  for (const message of config.warnings) warn(io, message);
  if (flags.database !== undefined && flags.databaseName !== undefined && flags.database !== flags.databaseName)
    throw usageError("--database and --database-name name two databases; give one of them");
  const database = flags.database ?? flags.databaseName ?? file.database;
  if (database === "") throw usageError("--database needs a name, like madsci_events");
  const place = placeOf(config, database, io);
  const { collections, isChecked, gzip } = file;
  return { config, database, dir: place.backup.dir, place, collections, isChecked, gzip };
}

/** @throws EventStoreError `EVT_INVALID_OPTION` where nothing says which database is meant */
export function needDatabase({ config: { settings, origins } }: BackupPlace): void {
  const file = sqliteFile(settings.mongo_db_url);
  if (origins.has("mongo_db_url") || file === undefined || existsSync(file)) return;
  throw usageError(`MongoDB URL is required: name the database with --url; there is none at ${file}`);
}

/** A backup by its path, or by its name in the folder of backups. @throws CommandFailure where it is not there */
export function backupPath(given: string, { dir }: Pick<BackupPlace, "dir">, io: Io): string {
  const path = resolve(io.cwd, given);
  const inFolder = join(dir, given);
  if (existsSync(path)) return path;
  if (given !== "" && basename(given) === given && existsSync(inFolder)) return inFolder;
  throw new CommandFailure(`Backup path does not exist: ${given}`);
}

/** `events,alerting` → names. @throws EventStoreError `EVT_INVALID_OPTION` */
export function namesFlag(flag: string, text: string | undefined): readonly string[] | undefined {
  if (text === undefined) return undefined;
  const names = text.split(",").map((name) => name.trim());
  if (names.every((name) => name !== "")) return names;
  throw usageError(`--${flag} takes names separated by commas, like events,schema_versions`);
}
