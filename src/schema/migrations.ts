/**
 * The numbered migrations: what the files in schema/migrations say, in their order.
 *
 * MADSci compares schema versions without their build metadata, so migration N is recorded as `1.0.0+madsci-events.N`:
 * its server still starts.
 */
import { createHash } from "node:crypto";
import { parse } from "semver";
import first from "../../schema/migrations/0001-madsci-documents.json" with { type: "json" };
import { SCHEMA_VERSION, type VersionRecord } from "../backend/schema-records.ts";

/** @since 0.1.0 */
export interface Migration {
  /** 1, 2, 3 … without a hole. */
  readonly number: number;
  readonly name: string;
  /** What it does, as a sentence without its end. */
  readonly title: string;
  /** True: programs that do not know it must not touch the database any more. */
  readonly breaking: boolean;
  /** True: others may read and write meanwhile, and every state on the way is a good one. */
  readonly online: boolean;
  /** Names of steps, in order. Files without any are brought up when they are next opened for writing. */
  readonly mongo: readonly string[];
  readonly sqlite: readonly string[];
}

/** @since 0.1.0 */
export const MIGRATIONS: readonly Migration[] = [first];

const BUILD = "madsci-events";

/** What a migration is recorded as. */
export function versionOf({ number }: Pick<Migration, "number">): string {
  return `${SCHEMA_VERSION}+${BUILD}.${number}`;
}

/** The number of the migration a version stands for; undefined for any other version. */
export function numberOf(version: string): number | undefined {
  const build = parse(version)?.build ?? [];
  const [owner, number = ""] = build;
  return owner === BUILD && /^[1-9]\d{0,8}$/.test(number) ? Number(number) : undefined;
}

/** SHA-256 of what the migration's file says; tells whether two programs mean the same by a number. */
export function checksumOf(migration: Migration): string {
  return createHash("sha256").update(JSON.stringify(migration)).digest("hex");
}

export interface Applied {
  readonly at: Date;
  readonly durationMs: number;
  readonly host: string;
}

export function recordOf(migration: Migration, { at, durationMs, host }: Applied): VersionRecord {
  return {
    version: versionOf(migration),
    applied_at: at,
    migration_notes: `Migration ${migration.number}: ${migration.title}`,
    name: migration.name,
    checksum: checksumOf(migration),
    breaking: migration.breaking,
    duration_ms: durationMs,
    host,
  };
}
