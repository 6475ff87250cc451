/** `--config-file`: what MADSci's backup tool reads from a JSON file, under its names and ours. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { nearestName } from "../event/nearest.ts";
import type { FlagValues } from "./config.ts";
import { usageError } from "./exit.ts";

export interface BackupFile {
  /** By setting name, as flags say it. */
  readonly settings?: FlagValues;
  readonly database?: string;
  readonly collections?: readonly string[];
  readonly isChecked?: boolean;
  readonly gzip?: boolean;
}

type Values = Readonly<Record<string, unknown>>;

const MEANING: Readonly<Record<string, string>> = {
  url: "mongo_db_url",
  mongo_url: "mongo_db_url",
  db_url: "mongo_db_url",
  mongo_db_url: "mongo_db_url",
  database: "database",
  database_name: "database",
  directory: "backup_dir",
  backup_dir: "backup_dir",
  backup_directory: "backup_dir",
  max_backups: "backup_max_count",
  backup_max_count: "backup_max_count",
  collections: "collections",
  validate_integrity: "validate_integrity",
  compression: "compression",
};

/** @throws EventStoreError `EVT_INVALID_OPTION` naming the file and the key, never a value: it may be a secret */
export function backupFile(given: string, cwd: string): BackupFile {
  const refuse = (reason: string) => usageError(`--config-file ${given}: ${reason}`);
  const values: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(parsed(given, cwd, refuse))) {
    const name = Object.hasOwn(MEANING, key) ? MEANING[key] : undefined;
    if (name === undefined) throw refuse(unknownKey(key));
    if (name in values) throw refuse(`${key} says again what another key says; keep one`);
    if (value !== null) values[name] = typed(name, value, () => refuse(`${key} must be ${EXPECTED[name]}`));
  }
  const { database, collections, validate_integrity, compression, backup_max_count, ...texts } = values;
  const settings = { ...texts, ...(backup_max_count !== undefined && { backup_max_count: String(backup_max_count) }) };
  return {
    settings: settings as FlagValues,
    ...(database !== undefined && { database: database as string }),
    ...(collections !== undefined && { collections: collections as string[] }),
    ...(validate_integrity !== undefined && { isChecked: validate_integrity as boolean }),
    ...(compression !== undefined && { gzip: compression as boolean }),
  };
}

function parsed(given: string, cwd: string, refuse: (reason: string) => Error): Values {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(resolve(cwd, given), "utf8"));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw refuse(code === undefined ? "is not JSON" : code === "ENOENT" ? "there is no such file" : `(${code})`);
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Values;
  throw refuse("holds no JSON object");
}

function unknownKey(key: string): string {
  const meant = nearestName(key, Object.keys(MEANING));
  return `"${key}" is not known${meant === undefined ? "; known are url, database and directory" : ` (did you mean ${meant}?)`}`;
}

const EXPECTED: Readonly<Record<string, string>> = {
  mongo_db_url: "a text",
  database: "a text",
  backup_dir: "a text",
  backup_max_count: "a whole number",
  collections: "a list of names",
  validate_integrity: "true or false",
  compression: "true or false",
};

function typed(name: string, value: unknown, refusal: () => Error): unknown {
  const isName = (one: unknown) => typeof one === "string" && one !== "";
  const fits = {
    "a text": isName,
    "a whole number": Number.isInteger,
    "a list of names": (list: unknown) => Array.isArray(list) && list.length > 0 && list.every(isName),
    "true or false": (word: unknown) => typeof word === "boolean",
  }[EXPECTED[name] ?? "a text"];
  if (fits?.(value)) return value;
  throw refusal();
}
