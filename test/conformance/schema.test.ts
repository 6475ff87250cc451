/** The version of a database and its migration: the same promises on every engine; MADSci's cases by number (C…). */
import { describe, expect, it } from "vitest";
import { baseRecord, type SchemaRecords } from "../../src/backend/schema-records.ts";
import { checkVersion } from "../../src/schema/check.ts";
import type { Expected } from "../../src/schema/decide.ts";
import { migrate } from "../../src/schema/migrate.ts";
import { MIGRATIONS, type Migration, versionOf } from "../../src/schema/migrations.ts";
import { planMigration } from "../../src/schema/plan.ts";
import { packagedSchema } from "../../src/schema/schema-file.ts";
import {
  askedBackup,
  ENGINES,
  forgetVersions,
  open,
  options,
  recordsOf,
  type TestPlace,
  used,
} from "../schema/setup.ts";

const schema = packagedSchema();
const LATEST = versionOf(MIGRATIONS.at(-1) as Migration);
const ALL = [...MIGRATIONS.map(versionOf), "1.0.0"].sort();

const versionsOf = async (records: SchemaRecords) => (await records.facts()).versions.map(({ version }) => version);

/** A used database that says it is of this version, or nothing of it. */
async function atVersion(place: TestPlace, version: string | undefined): Promise<SchemaRecords> {
  await used(place);
  const records = await recordsOf(place);
  await forgetVersions(place);
  if (version !== undefined) await records.record(baseRecord(version, new Date()));
  return records;
}

describe.each(ENGINES)("$name", ({ name, skip, place: newPlace }) => {
  describe.skipIf(skip)("schema versions", () => {
    it("C31: a database without collections initialises itself and is not asked again", async () => {
      const place = newPlace();
      const warnings: string[] = [];
      await (await open(place, (text) => warnings.push(text))).close();
      await (await open(place, (text) => warnings.push(text))).close();
      const records = await recordsOf(place, true);
      expect((await versionsOf(records)).sort()).toEqual(ALL);
      expect(await checkVersion(records, { schema })).toEqual({ current: LATEST, expected: LATEST, needed: false });
      expect(warnings).toEqual([]);
    });

    it("C49: a database that is not there has no version, and looking does not make it", async () => {
      const place = newPlace();
      const look = async () => checkVersion(await recordsOf(place, true), { schema });
      expect(await look()).toMatchObject({ current: null, needed: true });
      expect(await look()).toMatchObject({ current: null, needed: true });
    });

    it("C30, C32, C48: one without tracking is version 0.0.0 and is refused", async () => {
      const place = newPlace();
      const records = await atVersion(place, undefined);
      expect(await checkVersion(records, { schema })).toMatchObject({ current: "0.0.0", needed: true });
      await records.close();
      await expect(open(place)).rejects.toMatchObject({
        code: "EVT_SCHEMA_MISMATCH",
        message: expect.stringContaining("needs version tracking initialization"),
      });
    });

    it.each(["0.9.0", "2.0.0", "1.0.0-rc1", "one"])("one of version %s is refused", async (version) => {
      const place = newPlace();
      const records = await atVersion(place, version);
      await records.close();
      await expect(open(place)).rejects.toMatchObject({
        code: "EVT_SCHEMA_MISMATCH",
        message: expect.stringContaining(`Current:  ${version === "one" ? "None" : version}`),
      });
    });

    it("what was applied last counts, not the highest version", async () => {
      const place = newPlace();
      const records = await atVersion(place, "3.0.0");
      await records.record(baseRecord("1.0.0", new Date(Date.now() + 1000)));
      expect(await checkVersion(records, { schema })).toMatchObject({ current: "1.0.0" });
      await records.close();
      await (await open(place)).close();
    });

    it("a record whose version is there stays, unless it is to be replaced", async () => {
      const records = await recordsOf(newPlace());
      const record = baseRecord("1.0.0", new Date("2025-01-01T00:00:00Z"));
      expect(await records.record(record)).toBe(true);
      expect(await records.record({ ...record, migration_notes: "other" })).toBe(false);
      expect(await records.record({ ...record, migration_notes: "other" }, true)).toBe(true);
      const { versions } = await records.facts();
      expect(versions).toMatchObject([{ ...record, migration_notes: "other" }]);
    });
  });

  describe.skipIf(skip)("migrating", () => {
    it.each([undefined, "0.9.0", "one"])(
      "C50, C53, C54: from %s makes a backup, then records each version once",
      async (version) => {
        const place = newPlace();
        const records = await atVersion(place, version);
        const { calls, backup } = askedBackup();
        const report = await migrate(options(records, { backup }));
        expect(calls).toEqual(["make pre_migration 10 backups all tested"]);
        expect(report).toMatchObject({ after: LATEST, backup: "/backups/one" });
        const versions = await versionsOf(records);
        expect(versions.filter((one) => one !== version).sort()).toEqual(ALL);
        await records.close();
        await (await open(place)).close();
      },
    );

    it("a version that a clock ahead of time has recorded does not count for ever", async () => {
      const place = newPlace();
      const records = await atVersion(place, undefined);
      await records.record(baseRecord("0.9.0", new Date(Date.now() + 7_200_000)));
      await migrate(options(records));
      expect(await checkVersion(records, { schema })).toMatchObject({ current: LATEST, needed: false });
      await records.close();
      await (await open(place)).close();
    });

    it("does nothing, and makes no backup, where nothing is to be done", async () => {
      const place = newPlace();
      await used(place);
      const { calls, backup } = askedBackup();
      const records = await recordsOf(place);
      const report = await migrate(options(records, { backup }));
      expect(report).toEqual({ before: LATEST, after: LATEST, applied: [], made: [], backup: null });
      expect(calls).toEqual([]);
    });

    it("initialises an empty database without a backup", async () => {
      const place = newPlace();
      const { calls, backup } = askedBackup();
      const report = await migrate(options(await recordsOf(place), { backup }));
      expect([...report.applied].sort()).toEqual(ALL);
      expect(calls).toEqual([]);
    });

    it("C51: fails with the backup's error, before anything is changed", async () => {
      const place = newPlace();
      const records = await atVersion(place, undefined);
      const { backup } = askedBackup("the disk is full");
      await expect(migrate(options(records, { backup }))).rejects.toThrow("the disk is full");
      expect(await versionsOf(records)).toEqual([]);
    });

    it.each([true, false])(
      "C52: puts the backup back when a step fails, and tells of the step (online: %s)",
      async (online) => {
        const records = await atVersion(newPlace(), undefined);
        const { calls, backup } = askedBackup();
        const broken: Migration = { ...(MIGRATIONS[0] as Migration), online, mongo: ["nothing"], sqlite: ["nothing"] };
        const expected: Expected = { version: "1.0.0", migrations: [broken] };
        await expect(migrate(options(records, { backup, expected }))).rejects.toThrow("there is no step nothing");
        // A file's step is one transaction, which left nothing behind.
        const restored = name === "sqlite" ? [] : [`restore /backups/one${online ? "" : " in its place"}`];
        expect(calls.slice(1)).toEqual(restored);
        expect(await versionsOf(records)).toEqual([]);
      },
    );

    it("a newer program's database is left alone", async () => {
      const records = await atVersion(newPlace(), "2.0.0");
      const { calls, backup } = askedBackup();
      await expect(migrate(options(records, { backup }))).rejects.toMatchObject({ code: "EVT_SCHEMA_MISMATCH" });
      expect(calls).toEqual([]);
    });

    it("a target the schema does not know is refused before anything", async () => {
      const records = await recordsOf(newPlace());
      for (const targetVersion of ["9.9.9", "1.0.0+madsci-events.99", "", "1.0.0+other.1"]) {
        const planning = planMigration(records, { schema, targetVersion });
        await expect(planning).rejects.toMatchObject({ code: "EVT_INVALID_OPTION" });
      }
    });

    it("one goes first, others wait and find it done", async () => {
      const place = newPlace();
      const first = await atVersion(place, undefined);
      if (!first.state) return; // a file is open for changes only once: test/fault has the processes
      const second = await recordsOf(place);
      const reports = await Promise.all([migrate(options(first)), migrate(options(second))]);
      const applied = reports.flatMap((report) => report.applied);
      expect(applied.sort()).toEqual(ALL);
    });

    it("C35: makes the collections that are missing, by name", async () => {
      const place = newPlace();
      const records = await recordsOf(place);
      await migrate(options(records));
      const { collections } = await records.facts();
      expect(collections).toContain("events");
      expect(await records.differences(schema.collections)).toEqual([]);
    });
  });
});
