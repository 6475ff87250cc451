/**
 * The check at start: may this database be opened, and what is to be recorded in it first?
 *
 * A new database is told its version and counts all migrations as applied. In an SQLite file the migrations that need
 * nothing done are recorded on the way.
 */
import { type Admit, baseRecord, type SchemaFacts, type VersionRecord } from "../backend/schema-records.ts";
import { EventStoreError } from "../errors.ts";
import { decide, EXPECTED, type Expected, type Tracked } from "./decide.ts";
import { recordOf } from "./migrations.ts";
import { breakingUnknown, changedText, mismatchText, pendingText, unknownText, untrackedText } from "./refusal.ts";

/** @since 0.1.0 */
export interface VersionCheckOptions {
  readonly now: () => Date;
  readonly warn: (message: string) => void;
  /** Goes into the records of migrations. */
  readonly host: string;
  /** @default what this version of the package expects */
  readonly expected?: Expected;
}

/**
 * The `admit` of `openMongo` and `openSqlite`; `EventStore.open` uses it.
 * @throws EventStoreError (the function it returns) `EVT_SCHEMA_MISMATCH`; its message holds the command to run
 * @since 0.1.0
 */
export function versionCheck({ now, warn, host, expected = EXPECTED }: VersionCheckOptions): Admit {
  return (facts) => {
    const verdict = decide(facts, expected);
    if (verdict.kind === "untracked") throw refused(untrackedText(facts, expected));
    if (verdict.kind === "mismatch") throw refused(mismatchText(facts, expected, verdict));
    const applied = { at: now(), durationMs: 0, host };
    if (verdict.kind === "fresh") return freshRecords(expected, applied);
    const silent = verdict.pending.filter((migration) => facts.kind === "sqlite" && migration.sqlite.length === 0);
    const rest = { ...verdict, pending: verdict.pending.filter((one) => !silent.includes(one)) };
    check(facts, rest, expected);
    for (const text of warnings(facts, rest)) warn(text);
    return silent.map((migration) => recordOf(migration, applied));
  };
}

/** The base version and all migrations; MADSci's notes. */
export function freshRecords(
  { version, migrations }: Expected,
  applied: { readonly at: Date; readonly durationMs: number; readonly host: string },
): VersionRecord[] {
  return [...migrations.map((migration) => recordOf(migration, applied)), baseRecord(version, applied.at)];
}

function check(facts: SchemaFacts, verdict: Tracked, expected: Expected): void {
  const isBreaking = verdict.pending.some(({ breaking }) => breaking) || breakingUnknown(verdict).length > 0;
  if (isBreaking) throw refused(mismatchText(facts, expected, verdict));
}

function warnings(facts: SchemaFacts, verdict: Tracked): string[] {
  return [
    ...(verdict.pending.length > 0 ? [pendingText(facts, verdict)] : []),
    ...(verdict.unknown.length > 0 ? [unknownText(facts, verdict)] : []),
    ...(verdict.changed.length > 0 ? [changedText(facts, verdict)] : []),
  ];
}

function refused(message: string): EventStoreError {
  return new EventStoreError("EVT_SCHEMA_MISMATCH", message);
}
