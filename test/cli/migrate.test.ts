/** `migrate`: the seed document's commands as written, in every spelling; MADSci's cases by number (C…). */
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { ENGINES, forgetVersions, open, recordsOf, type TestPlace, used } from "../schema/setup.ts";
import { project } from "./run.ts";
import { runHere } from "./run-here.ts";

let cwd: string;
beforeEach(() => {
  cwd = project();
});

const file = () => ({ url: `sqlite:${join(cwd, "never.db")}`, database: "madsci_events" });

function migrate(place: TestPlace, ...flags: readonly string[]) {
  return runHere(
    ["migrate", "--database", place.database, "--db-url", place.url, "--backup-dir", "backups", ...flags],
    {
      cwd,
    },
  );
}

const backups = () => (existsSync(join(cwd, "backups")) ? readdirSync(join(cwd, "backups")) : []).filter(isBackup);
const isBackup = (name: string) => !name.startsWith(".") && name.includes("_backup_");

describe("usage", () => {
  it.each([
    [["--check-version", "--backup-only"], "exclude each other"],
    [["--dry-run", "--validate-schema", "true"], "exclude each other"],
    [["--restore_from", "x", "--check_version", "yes"], "exclude each other"],
    [["--check-version", "--target-version", "1.0.0"], "--target-version"],
    [["--backup-only", "--schema-file", "schema.json"], "--schema-file"],
    [["--chek-version"], "did you mean --check-version"],
    [["--backup-onyl", "true"], "did you mean --backup-only"],
    [["--backup-only=perhaps"], "true or false"],
    [["--database-name", "other"], "two databases"],
    [["--target-version", "9.9.9"], "9.9.9"],
    [["--schema-file", "nowhere.json"], "there is no such file"],
    [["--restore-from"], "--restore-from"],
    [["--restore-from", ""], "--restore-from needs the path"],
    [["--restore-from="], "--restore-from needs the path"],
    [["--check-version", "--check-version", "false"], "--check-version is given twice"],
    [["--check_version", "true", "--no-check-version"], "--check-version is given twice"],
    [["--database", "other", "--dry-run"], "--database is given twice"],
    [["--url", "memory:", "--dry-run"], "--url is given twice"],
    [["--check-version", "--no-restore-test"], "--restore-test"],
  ])("%s is refused with exit code 2, before anything is touched", async (flags, words) => {
    const { code, stderr } = await migrate(file(), ...flags);
    expect(stderr).toContain(words);
    expect(code).toBe(2);
    expect(readdirSync(cwd).filter((name) => name.startsWith("never"))).toEqual([]);
    expect(backups()).toEqual([]);
  });

  it("another manager's database needs its schema named", async () => {
    const { code, stderr } = await migrate({ ...file(), database: "madsci_workcells" });
    expect([code, stderr]).toEqual([2, expect.stringContaining("--schema-file")]);
  });

  it("a Postgres URL is refused, and shows nothing of itself", async () => {
    const { code, stderr } = await migrate({ ...file(), url: "postgres://user:secret@host/db" });
    expect(code).toBe(2);
    expect(stderr).not.toContain("secret");
  });
});

describe.each(ENGINES)("$name", ({ skip, place: newPlace, name }) => {
  describe.skipIf(skip)("commands", () => {
    async function untracked(): Promise<TestPlace> {
      const place = newPlace();
      await used(place);
      await forgetVersions(place);
      return place;
    }

    it("MADSci's variables stand for the flags, and flags win", async () => {
      const place = await untracked();
      const asked = (env: Record<string, string>, ...flags: readonly string[]) => {
        const where = { MONGODB_MIGRATION_DATABASE: place.database, MONGO_DB_URL: place.url };
        return runHere(["migrate", ...flags], {
          cwd,
          env: { ...where, MONGODB_MIGRATION_BACKUP_DIR: "backups", ...env },
        });
      };
      const [check, only] = ["MONGODB_MIGRATION_CHECK_VERSION", "MONGODB_MIGRATION_BACKUP_ONLY"];
      expect(await asked({ [check]: "True" })).toMatchObject({ code: 1, stdout: expect.stringContaining("0.0.0") });
      expect(await asked({ [check]: "perhaps" })).toMatchObject({ code: 2, stderr: expect.stringContaining(check) });
      const two = await asked({ [check]: "true", [only]: "true" });
      expect([two.code, two.stderr]).toEqual([2, expect.stringContaining("exclude each other")]);
      const target = { MONGODB_MIGRATION_TARGET_VERSION: "9.9.9" };
      expect(await asked({ ...target, [check]: "true" }, "--dry-run", "--target-version", "1.0.0")).toMatchObject({
        code: 0,
      });
      expect((await asked(target, "--dry-run")).stderr).toContain("9.9.9");
      expect(backups()).toEqual([]);
      expect(await asked({ ...target, [only]: "true" })).toMatchObject({ code: 0 });
      expect(backups()).toHaveLength(1);
      const restoreFrom = { MONGODB_MIGRATION_RESTORE_FROM: join(cwd, "backups", String(backups()[0])) };
      expect((await asked(restoreFrom)).stdout).toMatch(/^restored \d+ documents? from /);
      expect((await asked({ [check]: "true" }, "--check-version=false")).stdout).toContain("went from 0.0.0");
    });

    it.runIf(name === "mongo")(
      "MADSci's further names of the URL count where nothing else names a database",
      async () => {
        const place = await untracked();
        const asked = (env: Record<string, string>) =>
          runHere(["migrate", "--database", place.database, "--check-version"], { cwd, env });
        for (const variable of ["MONGODB_URL", "MONGO_URL", "DATABASE_URL"])
          expect((await asked({ [variable]: place.url })).stdout).toContain(" at mongodb://");
        const others: readonly Record<string, string>[] = [
          { MONGO_DB_URL: "sqlite:other.db" },
          { MONGO_URL: "postgres://other/db" },
        ];
        for (const other of others)
          expect((await asked({ DATABASE_URL: "postgres://u:p@h/d", ...other })).stdout).toContain(" at sqlite:");
      },
    );

    it.runIf(name === "mongo")("a password that is wrong is said to be, and not shown", async () => {
      const place = newPlace();
      const url = place.url.replace("mongodb://", "mongodb://operator:hunter2@");
      const { code, stderr } = await migrate({ ...place, url }, "--check-version");
      expect([code, stderr]).toEqual([1, expect.stringContaining("did not accept the URL's user and password")]);
      expect(stderr).not.toContain("hunter2");
    });

    it("C36: --check-version compares, in every spelling, and changes nothing", async () => {
      const place = await untracked();
      for (const flags of [["--check-version"], ["--check_version", "true"], ["--check-version=yes"]]) {
        const { code, stdout } = await migrate(place, ...flags);
        expect(code).toBe(1);
        expect(stdout).toMatch(/Database version: {2}0\.0\.0\nMigration needed: {2}yes/);
      }
      expect(backups()).toEqual([]);
    });

    it("migrates after a backup, then is not needed; --check-version false is no mode", async () => {
      const place = await untracked();
      const first = await migrate(place, "--check_version", "false");
      expect([first.code, first.stderr]).toEqual([0, ""]);
      expect(first.stdout).toContain("recorded: 1.0.0+madsci-events.1");
      expect(backups()).toEqual([expect.stringMatching(/^\w+_backup_\d{8}_\d{6}_\d{6}_pre_migration$/)]);
      expect((await migrate(place, "--check-version")).code).toBe(0);
      const again = await migrate(place);
      expect([again.code, again.stdout]).toEqual([0, expect.stringContaining("nothing was done")]);
      expect(backups()).toHaveLength(1);
      await (await open(place)).close();
    });

    it("C33, C34: --backup-only makes a backup and no more", async () => {
      const place = await untracked();
      for (const flags of [["--backup_only", "true"], ["--backup-only"]]) {
        const { code, stdout } = await migrate(place, ...flags);
        expect(code).toBe(0);
        expect(stdout).toContain(`${place.database}_backup_`);
      }
      expect(backups()).toHaveLength(2);
      expect((await migrate(place, "--check-version")).code).toBe(1);
    });

    it("C39: --restore-from puts that backup in place and migrates nothing", async () => {
      const place = await untracked();
      const made = await migrate(place, "--backup-only");
      const path = made.stdout.trim();
      await migrate(place);
      const store = await open(place);
      await store.append({ event_data: { message: "later" } });
      await store.close();
      for (const given of [path, basename(path)]) {
        const { code, stderr, stdout } = await migrate(place, "--restore-from", given);
        // Where the backup brings no version and takes the place of a database, what is next is said.
        const said = name === "sqlite" ? "" : expect.stringContaining("the backup brings no schema version; next: npx");
        expect([code, stderr]).toEqual([0, said]);
        expect(stdout).toContain(path);
        const checked = await migrate(place, "--check-version");
        expect(checked.stdout).toContain("Database version:  0.0.0");
      }
    });

    it("--restore-from a path that is none fails and changes nothing", async () => {
      const place = await untracked();
      const { code, stderr } = await migrate(place, "--restore_from", join(cwd, "nowhere"));
      expect(code).toBe(1);
      expect(stderr).toContain(`Backup path does not exist: ${join(cwd, "nowhere")}`);
      expect((await migrate(place, "--check-version")).stdout).toContain("0.0.0");
    });

    it("--dry-run says what would be done and does none of it", async () => {
      const place = await untracked();
      const { code, stdout } = await migrate(place, "--dry-run");
      expect(code).toBe(0);
      expect(stdout).toMatch(/from 0\.0\.0 to 1\.0\.0\+madsci-events\.1/);
      expect(stdout).toContain("migration 1:");
      expect(backups()).toEqual([]);
      expect((await migrate(place, "--check-version")).code).toBe(1);
    });

    it("--validate-schema finds what is missing", async () => {
      const place = newPlace();
      expect(await migrate(place, "--validate-schema")).toMatchObject({
        code: 1,
        stdout: expect.stringContaining("events is missing"),
      });
      await migrate(place);
      const { code, stdout } = await migrate(place, "--validate-schema");
      expect([code, stdout]).toEqual([0, expect.stringContaining("as the schema says")]);
    });

    it("C45: a newer program's database is refused with exit code 3", async () => {
      const place = await untracked();
      const records = await recordsOf(place);
      await records.record({ version: "7.0.0", applied_at: new Date(), migration_notes: null });
      await records.close();
      const { code, stderr } = await migrate(place);
      expect([code, stderr]).toEqual([3, expect.stringContaining("A newer program")]);
      expect((await migrate(place, "--check-version")).code).toBe(1);
      expect(backups()).toEqual([]);
    });

    it("a server refuses a database without tracking: exit code 3, and the commands stand on lines of their own", async () => {
      const place = await untracked();
      const more = name === "mongo" ? ["--database-name", place.database] : [];
      const { code, stderr } = await runHere(["serve", "--port", "0", "--url", place.url, ...more], { cwd });
      expect(code).toBe(3);
      expect(stderr).toContain("DATABASE INITIALIZATION REQUIRED! SERVER STARTUP ABORTED!\n");
      expect(stderr).toMatch(/\n {2}npx madsci-events migrate --database \S+ --db-url \S+\n/);
      expect(stderr).toMatch(/\n {2}docker compose run --rm event-manager npx madsci-events migrate --database/);
    });
  });
});

const mongo = ENGINES.find((engine) => engine.name === "mongo") as (typeof ENGINES)[number];

describe.skipIf(mongo.skip)("schema files", () => {
  const schema = (version: string) => ({
    database: "madsci_events",
    schema_version: version,
    collections: {
      events: { indexes: [] },
      extras: { indexes: [{ keys: [["name", 1]], name: "name_once", unique: true }] },
      schema_versions: { indexes: [{ keys: [["version", 1]], name: "version_unique", unique: true }] },
    },
  });

  it("C40: one where MADSci's source has it is found below the working folder", async () => {
    for (const at of ["madsci/event_manager", "src/madsci_event_manager/madsci/event_manager"]) {
      cwd = project();
      mkdirSync(join(cwd, at), { recursive: true });
      writeFileSync(join(cwd, at, "schema.json"), JSON.stringify(schema("1.4.0")));
      const { stdout } = await migrate(mongo.place(), "--check-version");
      expect(stdout).toContain("Expected version:  1.4.0");
    }
  });

  it("--schema-file makes its collections and indexes, and records its version", async () => {
    writeFileSync(join(cwd, "own.json"), JSON.stringify(schema("1.4.0")));
    const place = mongo.place();
    const { code, stdout, stderr } = await migrate(place, "--schema-file", join(cwd, "own.json"));
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toContain("to 1.4.0");
    const records = await recordsOf(place, true);
    const { collections, versions } = await records.facts();
    expect(collections).toEqual(expect.arrayContaining(["events", "extras"]));
    expect(versions.map(({ version }) => version)).toEqual(["1.4.0"]);
    expect((await migrate(place, "--validate-schema", "--schema-file", join(cwd, "own.json"))).code).toBe(0);
    await expect(open(place)).rejects.toMatchObject({ code: "EVT_SCHEMA_MISMATCH" });
  });

  it.each([
    ["not json", "{"],
    ["no version", JSON.stringify({ collections: {} })],
    ["a version that is none", JSON.stringify({ schema_version: "one" })],
    [
      "keys that are none",
      JSON.stringify({ schema_version: "1.0.0", collections: { a: { indexes: [{ name: "x", keys: [["f", 2]] }] } } }),
    ],
    ["a collection of the system's", JSON.stringify({ schema_version: "1.0.0", collections: { "system.users": {} } })],
  ])("with %s is refused, naming the file", async (_what, text) => {
    writeFileSync(join(cwd, "own.json"), text);
    const { code, stderr } = await migrate(file(), "--schema-file", join(cwd, "own.json"));
    expect([code, stderr]).toEqual([2, expect.stringContaining("own.json")]);
  });
});
