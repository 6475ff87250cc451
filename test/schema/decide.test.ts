/** The decision about a database's version, by MADSci's cases (C…) and ours. */
import { describe, expect, it } from "vitest";
import type { VersionRecord } from "../../src/backend/schema-records.ts";
import { currentVersion, decide, type Expected } from "../../src/schema/decide.ts";
import { MIGRATIONS, type Migration, numberOf, recordOf, versionOf } from "../../src/schema/migrations.ts";

const migration = (number: number, breaking = false): Migration => ({
  number,
  name: `m${number}`,
  title: `change ${number}`,
  breaking,
  online: !breaking,
  mongo: [],
  sqlite: [],
});
const expected = (version = "1.0.0", migrations: Migration[] = []): Expected => ({ version, migrations });
const record = (version: string, minute = 0): VersionRecord => ({
  version,
  applied_at: new Date(Date.UTC(2025, 0, 1, 0, minute)),
  migration_notes: null,
});
const applied = (one: Migration) => recordOf(one, { at: new Date(0), durationMs: 1, host: "lab" });
const decided = (versions: VersionRecord[], wanted: Expected) => decide({ collections: ["events"], versions }, wanted);

describe("versions", () => {
  it.each([
    ["C37", "0.9.0", "1.0.0", false],
    ["C38", "1.0.0", "1.0.1", false],
    ["C41", "1.0.0-rc1", "1.0.0", false],
    ["C41, the other way round", "1.0.0", "1.0.0-rc1", true],
    ["C42", "1.0.0", "1.1.0", false],
    ["C43", "1.0.0", "2.0.0", false],
    ["C45", "2.0.0", "1.0.0", true],
    ["C47", "1.0.0-alpha.1", "1.0.0-beta.2", false],
  ])("%s: %s is not %s", (_number, current, wanted, newer) => {
    const verdict = decided([record(current)], expected(wanted));
    expect(verdict).toEqual({ kind: "mismatch", current, newer });
    expect(currentVersion(verdict)).toBe(current);
  });

  it("C44: equal ones are, whatever their build", () => {
    for (const version of ["1.0.0", "1.0.0+madsci-events.1", "1.0.0+other", "1.0.0+a.b-c.007"]) {
      expect(decided([record(version)], expected())).toMatchObject({ kind: "tracked", pending: [] });
    }
  });

  it.each(["one", "", "1.0", "v1.0.0", " 1.0.0", "=1.0.0", "01.0.0", "1.0.0-"])(
    "C46: %j cannot be read and is none",
    (text) => {
      const verdict = decided([record(text)], expected());
      expect(verdict).toEqual({ kind: "mismatch", current: null, newer: false });
      expect(currentVersion(verdict)).toBeNull();
    },
  );

  it("C30, C48: collections without a record are version 0.0.0", () => {
    expect(currentVersion(decided([], expected()))).toBe("0.0.0");
  });

  it("C49: no collections are no version", () => {
    expect(currentVersion(decide({ collections: [], versions: [] }, expected()))).toBeNull();
  });
});

describe("numbered migrations", () => {
  it("are pending until they are recorded", () => {
    const both = [migration(1), migration(2, true)];
    const verdict = decided([record("1.0.0"), applied(both[0] as Migration)], expected("1.0.0", both));
    expect(verdict).toMatchObject({ kind: "tracked", pending: [{ number: 2 }], unknown: [], changed: [] });
  });

  it("of a newer program are told apart from those that are known", () => {
    const verdict = decided([applied(migration(3, true))], expected("1.0.0", [migration(1)]));
    expect(verdict).toMatchObject({ unknown: [{ name: "m3", breaking: true }], pending: [{ number: 1 }] });
  });

  it("with another content under the same number are noticed", () => {
    const other = { ...migration(1), title: "something else" };
    expect(decided([applied(other)], expected("1.0.0", [migration(1)]))).toMatchObject({ changed: [{ number: 1 }] });
  });

  it("are numbered without a hole, and their versions tell the number", () => {
    expect(MIGRATIONS.map(({ number }) => number)).toEqual(MIGRATIONS.map((_, at) => at + 1));
    expect(MIGRATIONS.map((one) => numberOf(versionOf(one)))).toEqual(MIGRATIONS.map(({ number }) => number));
    for (const version of ["1.0.0", "1.0.0+other.1", "1.0.0+madsci-events.01", "nonsense", "1.0.0+madsci-events"]) {
      expect(numberOf(version)).toBeUndefined();
    }
  });
});
