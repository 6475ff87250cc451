/** Version records in an SQLite file: MADSci's three columns, and those of numbered migrations. */
import { basename, extname, resolve } from "node:path";
import { formatInstant, instantOf } from "../../event/instant.ts";
import { type SchemaFacts, STATE, VERSIONS, type VersionRecord } from "../schema-records.ts";
import type { Connection } from "./connection.ts";

const MIGRATION_COLUMNS = ["name TEXT", "checksum TEXT", "breaking INTEGER", "duration_ms INTEGER", "host TEXT"];

export const VERSIONS_SQL = `CREATE TABLE schema_versions (version TEXT PRIMARY KEY, applied_at TEXT NOT NULL, migration_notes TEXT, ${MIGRATION_COLUMNS.join(", ")});`;

const INSERT = `insert or ignore into schema_versions
  (version, applied_at, migration_notes, name, checksum, breaking, duration_ms, host) values (?, ?, ?, ?, ?, ?, ?, ?)`;

interface Row {
  readonly version: string;
  readonly applied_at: string;
  readonly migration_notes: string | null;
  readonly name?: string | null;
  readonly checksum?: string | null;
  readonly breaking?: number | null;
  readonly duration_ms?: number | null;
  readonly host?: string | null;
}

/** Gives a file of an earlier version the columns it lacks. */
export function ensureVersions(writer: Connection): void {
  const there = new Set(writer.all<{ name: string }>("pragma table_info(schema_versions)").map(({ name }) => name));
  for (const column of MIGRATION_COLUMNS) {
    if (!there.has(column.split(" ")[0] as string)) writer.exec(`alter table schema_versions add column ${column}`);
  }
}

/** How many were written; those of known versions are not. */
export function writeVersions(writer: Connection, records: readonly VersionRecord[]): number {
  let written = 0;
  for (const { version, applied_at, migration_notes, name, checksum, breaking, duration_ms, host } of records) {
    const at = formatInstant(instantOf(applied_at));
    const flag = breaking === undefined ? null : Number(breaking);
    const own = [name ?? null, checksum ?? null, flag, duration_ms ?? null, host ?? null];
    written += writer.run(INSERT, [version, at, migration_notes, ...own]);
  }
  return written;
}

export interface FactsOptions {
  /** Name of the database where the file's own is not meant. */
  readonly database?: string | undefined;
}

export function readFacts(connection: Connection, { database }: FactsOptions = {}): SchemaFacts {
  const tables = connection.all<{ name: string }>(
    "select name from sqlite_schema where type = 'table' and name not like 'sqlite_%' order by name",
  );
  const names = tables.map(({ name }) => name);
  const versions = names.includes(VERSIONS) ? readVersions(connection) : [];
  const collections = names.filter((name) => name !== VERSIONS && name !== STATE);
  return { ...placeOf(connection.path, database), collections, versions };
}

/** What is said of a file, also where there is none yet. */
export function placeOf(path: string, database?: string): Pick<SchemaFacts, "kind" | "database" | "place"> {
  const place = path === ":memory:" ? "memory:" : `sqlite:${resolve(path)}`;
  const name = path === ":memory:" ? "memory" : basename(path, extname(path));
  return { kind: "sqlite", database: database ?? name, place };
}

function readVersions(connection: Connection): VersionRecord[] {
  const records = connection.all<Row>("select * from schema_versions order by rowid").map(recordOf);
  return records.toReversed().sort((a, b) => b.applied_at.getTime() - a.applied_at.getTime());
}

function recordOf(row: Row): VersionRecord {
  const ms = Date.parse(row.applied_at);
  return {
    version: row.version,
    applied_at: new Date(Number.isNaN(ms) ? 0 : ms),
    migration_notes: row.migration_notes,
    name: row.name ?? undefined,
    checksum: row.checksum ?? undefined,
    breaking: row.breaking === null || row.breaking === undefined ? undefined : row.breaking !== 0,
    duration_ms: row.duration_ms ?? undefined,
    host: row.host ?? undefined,
  };
}
