/**
 * Plan: what a migration would do to a database, found by looking only.
 *
 * Which of the numbered migrations belong to it: those up to the target, where the schema is of the version they are for.
 */
import { eq, parse } from "semver";
import type { SchemaDifference, SchemaFacts, SchemaRecords } from "../backend/schema-records.ts";
import { EventStoreError } from "../errors.ts";
import {
  currentVersion,
  decide,
  EXPECTED,
  type Expected,
  type Mismatch,
  type Tracked,
  type Verdict,
} from "./decide.ts";
import { type Migration, numberOf, versionOf } from "./migrations.ts";
import { breakingUnknown, mismatchText } from "./refusal.ts";
import type { Schema } from "./schema-file.ts";

/** @since 0.1.0 */
export interface PlannedStep {
  readonly migration: Migration;
  /** About how many documents it will change. */
  readonly documents: number;
}

/** @since 0.1.0 */
export interface MigrationPlan {
  /** Null: no database, or a version nobody can read. `0.0.0`: collections without tracking. */
  readonly current: string | null;
  readonly target: string;
  readonly steps: readonly PlannedStep[];
  /** Collections and indexes the schema has and the database has not. */
  readonly missing: readonly SchemaDifference[];
  /** True where the schema's own version has to be recorded. */
  readonly recordsBase: boolean;
  /** True for a database without any collection. */
  readonly fresh: boolean;
  /** False where nothing is to be done. */
  readonly needed: boolean;
}

export interface PlanOptions {
  readonly schema: Schema;
  /** @default the schema's version, with all migrations */
  readonly targetVersion?: string | undefined;
  /** @default what this version of the package expects */
  readonly expected?: Expected | undefined;
}

/**
 * @throws EventStoreError `EVT_INVALID_OPTION` for a target the schema does not know, `EVT_SCHEMA_MISMATCH` for a
 *   database a newer program has changed
 */
export async function planMigration(records: SchemaRecords, options: PlanOptions): Promise<MigrationPlan> {
  const { schema } = options;
  const wanted = wantedOf(options);
  const facts = await records.facts();
  const verdict = decide(facts, { ...wanted, migrations: (options.expected ?? EXPECTED).migrations });
  const newer = newerOf(verdict);
  if (newer) throw new EventStoreError("EVT_SCHEMA_MISMATCH", mismatchText(facts, wanted, newer));
  const applied = new Set(facts.versions.map(({ version }) => numberOf(version)));
  const pending = wanted.migrations.filter(({ number }) => !applied.has(number));
  const steps = await Promise.all(pending.map((migration) => stepOf(records, migration, verdict)));
  const differences = await records.differences(schema.collections);
  const missing = differences.filter((difference) => difference.missing);
  const recordsBase = !facts.versions.some(({ version }) => version === wanted.version) || verdict.kind === "mismatch";
  const needed = steps.length > 0 || recordsBase || missing.length > 0;
  const target = versionAfter(wanted);
  return {
    current: currentVersion(verdict),
    target,
    steps,
    missing,
    recordsBase,
    fresh: verdict.kind === "fresh",
    needed,
  };
}

/** Before documents are added to a database. @throws EventStoreError `EVT_SCHEMA_MISMATCH` where a newer program has changed it */
export function refuseNewer(facts: SchemaFacts, expected: Expected = EXPECTED): void {
  const newer = newerOf(decide(facts, expected));
  if (newer) throw new EventStoreError("EVT_SCHEMA_MISMATCH", mismatchText(facts, expected, newer));
}

async function stepOf(records: SchemaRecords, migration: Migration, verdict: Verdict): Promise<PlannedStep> {
  const counts = verdict.kind === "fresh" ? [] : migration[records.kind].map((step) => records.estimate(step));
  return { migration, documents: (await Promise.all(counts)).reduce((sum, count) => sum + count, 0) };
}

/** What a newer program left behind. */
function newerOf(verdict: Verdict): Mismatch | Tracked | undefined {
  if (verdict.kind === "mismatch") return verdict.newer ? verdict : undefined;
  const isBreaking = verdict.kind === "tracked" && breakingUnknown(verdict).length > 0;
  return isBreaking ? verdict : undefined;
}

/** The version to reach and the migrations on the way. @throws EventStoreError `EVT_INVALID_OPTION` */
export function wantedOf({ schema, targetVersion, expected = EXPECTED }: PlanOptions): Expected {
  const { version } = schema;
  const all = eq(version, expected.version) ? expected.migrations : [];
  if (targetVersion === undefined || targetVersion === version) return { version, migrations: all };
  const number = numberOf(targetVersion);
  const isKnown = number !== undefined && all.some((one) => one.number === number);
  if (isKnown && parse(targetVersion)?.version === parse(version)?.version) {
    return { version, migrations: all.filter((one) => one.number <= number) };
  }
  const known = [version, ...all.map(versionOf)].join(", ");
  const message = `target-version: ${JSON.stringify(targetVersion)} is no version of this schema; known are ${known}`;
  throw new EventStoreError("EVT_INVALID_OPTION", message);
}

function versionAfter({ version, migrations }: Expected): string {
  const last = migrations.at(-1);
  return last ? versionOf(last) : version;
}
