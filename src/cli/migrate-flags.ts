/** What `migrate` is asked to do, read from its flags and MADSci's variables before anything is touched. */
import type { Command } from "commander";
import { usageError } from "./exit.ts";
import type { Io } from "./io.ts";
import { migrateVariables } from "./migrate-variables.ts";

export type MigrateMode = "migrate" | "dry-run" | "check-version" | "validate-schema" | "backup-only" | "restore-from";

export interface MigrateFlags {
  readonly mode: MigrateMode;
  readonly database: string | undefined;
  readonly schemaFile: string | undefined;
  readonly targetVersion: string | undefined;
  /** Path of a backup; only in its mode. */
  readonly restoreFrom: string | undefined;
  /** Backups are restored into a scratch database to compare. */
  readonly isTested: boolean;
}

type Values = Readonly<Record<string, string | undefined>>;

/** In the order of MADSci's tool. */
const MODES = ["validate-schema", "check-version", "restore-from", "backup-only", "dry-run"] as const;
/** Databases of MADSci's other managers. */
const OTHERS = /^madsci_(data|experiments|workcells?|resources|locations)$/;

/** @throws EventStoreError `EVT_INVALID_OPTION` for flags that contradict each other */
export function migrateFlags(command: Command, env: Io["env"]): MigrateFlags {
  const flags = command.opts<Values>();
  const values = { ...fitting(migrateVariables(env), flags), ...flags };
  const given = modesOf(values);
  if (given.length > 1) {
    throw usageError(`--${given.join(" and --")} exclude each other; give one of them`);
  }
  const mode = given[0] ?? "migrate";
  const { database, databaseName, schemaFile, targetVersion, restoreFrom, restoreTest } = values;
  if (targetVersion !== undefined && mode !== "migrate" && mode !== "dry-run") {
    throw usageError(`--target-version says where a migration ends; --${mode} runs none`);
  }
  if (schemaFile !== undefined && (mode === "backup-only" || mode === "restore-from")) {
    throw usageError(`--schema-file says what a database should be like; --${mode} does not ask`);
  }
  if (database !== undefined && databaseName !== undefined && database !== databaseName) {
    throw usageError("--database and --database-name name two databases; give one of them");
  }
  if (restoreFrom === "") throw usageError("--restore-from needs the path of a backup");
  checkDatabase(database ?? databaseName, schemaFile);
  if (restoreTest !== undefined && mode !== "migrate" && mode !== "backup-only") {
    throw usageError(`--restore-test says how a backup is looked at; --${mode} makes none`);
  }
  const isTested = restoreTest !== "false";
  return { mode, database: database ?? databaseName, schemaFile, targetVersion, restoreFrom, isTested };
}

/** Variables without those that a flag of another mode makes meaningless. */
function fitting(variables: Values, flags: Values): Values {
  const { database, schemaFile, targetVersion, ...modes } = variables;
  const [asked = modesOf({ ...modes, ...flags })[0] ?? "migrate"] = modesOf(flags);
  const isMigration = asked === "migrate" || asked === "dry-run";
  const asksSchema = asked !== "backup-only" && asked !== "restore-from";
  return {
    ...(flags.databaseName === undefined && database !== undefined && { database }),
    ...(asksSchema && schemaFile !== undefined && { schemaFile }),
    ...(isMigration && targetVersion !== undefined && { targetVersion }),
    ...(modesOf(flags).length === 0 && modes),
  };
}

function modesOf(values: Values): readonly (typeof MODES)[number][] {
  return MODES.filter((mode) => isGiven(values[camelCase(mode)]));
}

/** A flag that stands alone is on; `false` is as if it was not there. */
function isGiven(value: string | undefined): boolean {
  return value !== undefined && value !== "false";
}

function checkDatabase(database: string | undefined, schemaFile: string | undefined): void {
  if (database === "") throw usageError("--database needs a name, like madsci_events");
  if (database !== undefined && OTHERS.test(database) && schemaFile === undefined) {
    throw usageError(
      `--database: ${database} belongs to another manager of MADSci; name its schema with --schema-file`,
    );
  }
}

function camelCase(flag: string): string {
  return flag.replace(/-(.)/g, (_dash, letter: string) => letter.toUpperCase());
}
