/** The check at start: who may open a database, what is said, what is recorded. */
import { describe, expect, it } from "vitest";
import type { SchemaFacts, VersionRecord } from "../../src/backend/schema-records.ts";
import { versionCheck } from "../../src/schema/admit.ts";
import type { Expected } from "../../src/schema/decide.ts";
import { type Migration, recordOf } from "../../src/schema/migrations.ts";

const FACTS: SchemaFacts = {
  kind: "mongo",
  database: "lab events",
  place: "mongodb://localhost:27017",
  collections: ["events"],
  versions: [],
};
const compatible: Migration = {
  number: 1,
  name: "one",
  title: "a change",
  breaking: false,
  online: true,
  mongo: ["documents"],
  sqlite: [],
};
const breaking: Migration = { ...compatible, number: 2, name: "two", breaking: true };
const base: VersionRecord = { version: "1.0.0", applied_at: new Date(0), migration_notes: null };
const applied = (one: Migration) => recordOf(one, { at: new Date(1), durationMs: 1, host: "lab" });

function admitted(facts: Partial<SchemaFacts>, migrations: Migration[] = []) {
  const warnings: string[] = [];
  const expected: Expected = { version: "1.0.0", migrations };
  const now = () => new Date("2025-06-01T00:00:00Z");
  const records = versionCheck({ now, host: "lab", warn: (text) => warnings.push(text), expected })({
    ...FACTS,
    ...facts,
  });
  return { warnings, versions: records.map(({ version }) => version), records };
}

const refusal = (facts: Partial<SchemaFacts>, migrations: Migration[] = []): string => {
  try {
    admitted(facts, migrations);
  } catch (error) {
    expect(error).toMatchObject({ code: "EVT_SCHEMA_MISMATCH", retryable: false });
    return (error as Error).message;
  }
  throw new Error("it was admitted");
};

describe("a database", () => {
  it("C31: without collections is initialised, with every migration", () => {
    const { versions, records, warnings } = admitted({ collections: [] }, [compatible, breaking]);
    expect(versions).toEqual(["1.0.0+madsci-events.1", "1.0.0+madsci-events.2", "1.0.0"]);
    expect(records.at(-1)).toMatchObject({ migration_notes: "Auto-initialized schema version 1.0.0" });
    expect(warnings).toEqual([]);
  });

  it("C32: with collections and no record is refused, with commands to copy", () => {
    const text = refusal({});
    expect(text).toContain("DATABASE INITIALIZATION REQUIRED! SERVER STARTUP ABORTED!");
    expect(text).toContain("needs version tracking initialization");
    const command = "npx madsci-events migrate --database 'lab events'";
    expect(text).toContain(`\n  ${command} --db-url mongodb://localhost:27017\n`);
    // With a URL it would lose the password the container has.
    expect(text).toMatch(new RegExp(`docker compose run --rm event-manager ${command}$`));
    expect(text).toMatch(/Expected: 1\.0\.0\n\s*Current: {2}0\.0\.0/);
  });

  it.each([
    ["0.9.0", "0.9.0", "npx madsci-events migrate"],
    ["2.0.0", "2.0.0", "A newer program"],
    ["nonsense", "None", "npx madsci-events migrate"],
  ])("at version %s is refused", (version, current, help) => {
    const text = refusal({ versions: [{ ...base, version }] });
    expect(text).toContain("schema version mismatch detected");
    expect(text).toMatch(new RegExp(`Expected: 1\\.0\\.0\\n\\s*Current: {2}${current}\\n`));
    expect(text).toContain(help);
  });

  it("that lacks a compatible migration is opened with one warning that names the command", () => {
    const { warnings, versions } = admitted({ versions: [base] }, [compatible]);
    expect(warnings).toEqual([expect.stringContaining("madsci-events migrate --database 'lab events'")]);
    expect(versions).toEqual([]);
  });

  it("that lacks a breaking migration is refused", () => {
    const text = refusal({ versions: [applied(compatible), base] }, [compatible, breaking]);
    expect(text).toContain("Migration 2 has to be applied first");
    expect(text).toContain("1.0.0+madsci-events.2");
  });

  it("a newer program changed is opened with a warning, or refused when the change is breaking", () => {
    const newer = { ...compatible, number: 7 };
    expect(admitted({ versions: [applied(newer), base] }).warnings).toEqual([
      expect.stringContaining("1.0.0+madsci-events.7"),
    ]);
    const text = refusal({ versions: [applied({ ...newer, breaking: true }), base] });
    expect(text).toContain("A newer program");
    expect(text).toContain("Current:  1.0.0+madsci-events.7");
  });

  it("in a file records by itself the migrations that need nothing done", () => {
    const { versions, warnings } = admitted({ kind: "sqlite", versions: [base] }, [compatible]);
    expect(versions).toEqual(["1.0.0+madsci-events.1"]);
    expect(warnings).toEqual([]);
  });
});
