/**
 * The decision about a database's version. Pure: what it says of itself → what may be done with it.
 *
 *   no collections                       fresh       initialise it
 *   collections, no version record       untracked   refuse
 *   applied last ≠ expected, unreadable  mismatch    refuse
 *   equal                                tracked     … and of our numbered migrations:
 *        known, not applied              pending     breaking: refuse · else warn
 *        applied, not known              unknown     breaking: refuse · else warn (a newer program was here)
 */
import { compare, eq, parse } from "semver";
import { SCHEMA_VERSION, type SchemaFacts, type VersionRecord } from "../backend/schema-records.ts";
import { checksumOf, MIGRATIONS, type Migration, numberOf } from "./migrations.ts";

export type Verdict = { readonly kind: "fresh" } | { readonly kind: "untracked" } | Mismatch | Tracked;

export interface Mismatch {
  readonly kind: "mismatch";
  /** Null: no semantic version. */
  readonly current: string | null;
  /** True: this program is the old one. */
  readonly newer: boolean;
}

export interface Tracked {
  readonly kind: "tracked";
  /** With the number of the last migration, where there is one. */
  readonly current: string;
  readonly pending: readonly Migration[];
  readonly unknown: readonly VersionRecord[];
  /** Applied with another content than this program's file has. */
  readonly changed: readonly Migration[];
}

/** What this program expects; tests have their own. */
export interface Expected {
  readonly version: string;
  readonly migrations: readonly Migration[];
}

export const EXPECTED: Expected = { version: SCHEMA_VERSION, migrations: MIGRATIONS };

export function decide(
  { collections, versions }: Pick<SchemaFacts, "collections" | "versions">,
  expected: Expected,
): Verdict {
  const [latest] = versions;
  if (!latest) return collections.length === 0 ? { kind: "fresh" } : { kind: "untracked" };
  const current = isSemantic(latest.version) ? latest.version : null;
  if (current === null) return { kind: "mismatch", current, newer: false };
  if (!eq(current, expected.version)) {
    return { kind: "mismatch", current, newer: compare(current, expected.version) > 0 };
  }
  return { kind: "tracked", current: highest(versions) ?? current, ...migrationsIn(versions, expected.migrations) };
}

/** As MADSci reads them: the parser here would also take `v1.0.0` and blanks around it. */
function isSemantic(text: string): boolean {
  const { version, build = [] } = parse(text) ?? {};
  return version !== undefined && text === [version, build.join(".")].filter((part) => part !== "").join("+");
}

/** The version a database is of, as MADSci's tools report it: `0.0.0` without tracking, null where there is none. */
export function currentVersion(verdict: Verdict): string | null {
  if (verdict.kind === "fresh") return null;
  return verdict.kind === "untracked" ? "0.0.0" : verdict.current;
}

/** The version of the last of the numbered migrations; they may have been recorded in one moment. */
function highest(versions: readonly VersionRecord[]): string | undefined {
  const numbered = versions.filter(({ version }) => numberOf(version) !== undefined);
  return numbered.sort((a, b) => (numberOf(b.version) ?? 0) - (numberOf(a.version) ?? 0))[0]?.version;
}

function migrationsIn(versions: readonly VersionRecord[], known: readonly Migration[]) {
  const applied = new Map(versions.map((record) => [numberOf(record.version), record] as const));
  const numbers = new Set<number | undefined>(known.map(({ number }) => number));
  const isChanged = (migration: Migration) => {
    const checksum = applied.get(migration.number)?.checksum;
    return checksum !== undefined && checksum !== checksumOf(migration);
  };
  return {
    pending: known.filter(({ number }) => !applied.has(number)),
    unknown: [...applied.entries()].flatMap(([n, record]) => (n !== undefined && !numbers.has(n) ? [record] : [])),
    changed: known.filter(isChanged),
  };
}
