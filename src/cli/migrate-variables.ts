/**
 * The environment variables of MADSci's migration tool, for `migrate` alone: each stands for a flag, and flags win.
 *
 * Its three further names of a database's URL count where nothing of ours names one, and only for a MongoDB URL: they are
 * other programs' as well.
 */
import type { Command } from "commander";
import { parseBool } from "../event/parse.ts";
import { type Config, loadConfig } from "./config.ts";
import { usageError } from "./exit.ts";
import { settingFlags } from "./flags.ts";
import type { Io } from "./io.ts";
import { commandConfig } from "./open-store.ts";

type Variables = Io["env"];

/** By the flag, as the parser calls it; of several the first that is set. */
const TEXTS: Readonly<Record<string, readonly string[]>> = {
  database: ["MONGODB_MIGRATION_DATABASE"],
  schemaFile: ["MONGODB_SCHEMA_FILE", "SCHEMA_FILE"],
  targetVersion: ["MONGODB_MIGRATION_TARGET_VERSION"],
  restoreFrom: ["MONGODB_MIGRATION_RESTORE_FROM"],
};
const SWITCHES: Readonly<Record<string, string>> = {
  backupOnly: "MONGODB_MIGRATION_BACKUP_ONLY",
  checkVersion: "MONGODB_MIGRATION_CHECK_VERSION",
  validateSchema: "MONGODB_MIGRATION_VALIDATE_SCHEMA",
};
const BACKUP_DIR = "MONGODB_MIGRATION_BACKUP_DIR";
const URLS = ["MONGODB_URL", "MONGO_URL", "DATABASE_URL"];

/** What the variables say, by flag. @throws EventStoreError `EVT_INVALID_OPTION` for a switch that is neither on nor off */
export function migrateVariables(env: Variables): Readonly<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const [flag, names] of Object.entries(TEXTS)) {
    const value = firstOf(env, names);
    if (value !== undefined) found[flag] = value;
  }
  for (const [flag, name] of Object.entries(SWITCHES)) {
    const word = firstOf(env, [name]);
    if (word === undefined) continue;
    const value = parseBool(word);
    if (value === undefined) throw usageError(`the environment variable ${name} takes true or false, not another word`);
    found[flag] = String(value);
  }
  return found;
}

/** The configuration of `migrate`, and its warnings printed. */
export function migrateConfig(command: Command, io: Io): Config {
  const dir = firstOf(io.env, [BACKUP_DIR]);
  const env = dir === undefined ? io.env : { ...io.env, EVENT_BACKUP_DIR: dir };
  const url = firstOf(io.env, URLS);
  const isNeeded = url?.startsWith("mongodb") && !namesDatabase(command, { ...io, env });
  return commandConfig(command, { ...io, env: isNeeded ? { ...env, MONGO_DB_URL: url } : env });
}

function namesDatabase(command: Command, { env, cwd }: Io): boolean {
  const settingsDir = command.opts().settingsDir as string | undefined;
  return loadConfig({ flags: settingFlags(command), env, cwd, settingsDir }).origins.has("mongo_db_url");
}

function firstOf(env: Variables, names: readonly string[]): string | undefined {
  return names.map((name) => env[name]?.trim()).find((value) => value !== undefined && value !== "");
}
