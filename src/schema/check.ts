/** Check: which version a database is of and which is expected; never refuses. */
import type { SchemaRecords } from "../backend/schema-records.ts";
import { currentVersion, decide, EXPECTED } from "./decide.ts";
import { numberOf, versionOf } from "./migrations.ts";
import { type PlanOptions, wantedOf } from "./plan.ts";

/** @since 0.1.0 */
export interface VersionState {
  /** Null: no database, or a version nobody can read. `0.0.0`: collections without tracking. */
  readonly current: string | null;
  readonly expected: string;
  /** True for every database that is not exactly as expected, also for a newer one. */
  readonly needed: boolean;
}

/** @throws EventStoreError `EVT_INVALID_OPTION` for a target the schema does not know, `EVT_BACKEND_UNAVAILABLE` */
export async function checkVersion(records: SchemaRecords, options: PlanOptions): Promise<VersionState> {
  const wanted = wantedOf(options);
  const facts = await records.facts();
  const verdict = decide(facts, { ...wanted, migrations: (options.expected ?? EXPECTED).migrations });
  const applied = new Set(facts.versions.map(({ version }) => numberOf(version)));
  const isPending = wanted.migrations.some(({ number }) => !applied.has(number));
  const needed = verdict.kind !== "tracked" || isPending || verdict.unknown.some(({ breaking }) => breaking === true);
  const last = wanted.migrations.at(-1);
  return { current: currentVersion(verdict), expected: last ? versionOf(last) : wanted.version, needed };
}
