/** `backup`: MADSci's cases by number (C…), on both engines. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Io } from "../../src/cli/io.ts";
import { dropDatabase, mongoSkip } from "../helpers/mongo.ts";
import { ENGINES, open, type TestPlace, used } from "../schema/setup.ts";
import { project } from "./run.ts";
import { runHere } from "./run-here.ts";

let cwd: string;
beforeEach(() => {
  cwd = project();
});
afterEach(() => rmSync(cwd, { recursive: true, force: true }));

const dir = () => join(cwd, "backups");
const names = () => (existsSync(dir()) ? readdirSync(dir()) : []).filter((name) => !name.startsWith("."));

interface Given extends Partial<Io> {
  readonly input?: string;
}

function backup(command: string, place: TestPlace, flags: readonly string[] = [], given: Given = {}) {
  const where = ["--database", place.database, "--db-url", place.url, "--backup-dir", "backups"];
  return runHere(["backup", command, ...where, ...flags], { cwd, ...given });
}

const nowhere = () => ({ url: `sqlite:${join(cwd, "never.db")}`, database: "lab" });

describe("the folder of backups", () => {
  it("C70: without backups list says so, with exit code 0", async () => {
    const { code, stdout } = await backup("list", nowhere());
    expect([code, stdout]).toEqual([0, expect.stringContaining("No backups found")]);
    expect(existsSync(dir())).toBe(false);
  });

  it("C70: list prints name, local time and size as written, of MADSci's backups too", async () => {
    const name = "madsci_events_backup_20260102_030405_000006";
    mkdirSync(join(dir(), name, "madsci_events"), { recursive: true });
    const size = { backup_size: 2_097_152, collections_count: 1, database_version: null };
    const metadata = { timestamp: "2026-01-02T03:04:05.000006", checksum: "0".repeat(64), ...size };
    writeFileSync(
      join(dir(), name, "backup_metadata.json"),
      JSON.stringify({ ...metadata, database_name: "madsci_events" }),
    );
    const { code, stdout } = await runHere(["backup", "list", "--backup_dir", "backups"], { cwd });
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`2026-01-02 03:04:05 +2\\.0 MB +madsci_events +folder +${name}`));
    expect((await backup("list", nowhere())).stdout).toContain("No backups found");
  });

  it("a path that is none ends with exit code 1", async () => {
    for (const command of ["restore", "verify", "validate", "delete"]) {
      const { code, stderr } = await backup(command, nowhere(), ["nowhere_backup"]);
      expect([code, stderr]).toEqual([1, "error: Backup path does not exist: nowhere_backup\n"]);
    }
  });

  it("delete refuses a folder that is no backup", async () => {
    mkdirSync(join(cwd, "precious"));
    const { code, stderr } = await backup("delete", nowhere(), ["precious", "--force"]);
    expect([code, stderr]).toEqual([1, expect.stringContaining("Deletion failed")]);
    expect(existsSync(join(cwd, "precious"))).toBe(true);
  });
});

async function idsIn(place: TestPlace): Promise<string[]> {
  const store = await open(place);
  const ids: string[] = [];
  for await (const event of store.find({})) ids.push(event._id);
  await store.close();
  return ids.sort();
}

async function addTo(place: TestPlace): Promise<void> {
  const store = await open(place);
  await store.append({ event_data: { message: "later" } });
  await store.close();
}

describe("a file", () => {
  it("that is lost comes back where it was, without anything being named", async () => {
    const lost = join(cwd, ".madsci/events/events.db");
    await used({ url: `sqlite:${lost}`, database: "events" });
    expect((await runHere(["backup", "create"], { cwd })).code).toBe(0);
    rmSync(join(cwd, ".madsci/events"), { recursive: true });
    const [name] = readdirSync(join(cwd, ".madsci/mongodb/backups")).filter((one) => !one.startsWith("."));
    const { code, stdout, stderr } = await runHere(["backup", "restore", String(name)], { cwd });
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toContain(`sqlite:${lost}`);
    expect(await idsIn({ url: `sqlite:${lost}`, database: "events" })).toHaveLength(1);
  });

  it("that a server has open is not restored into", async () => {
    const place = nowhere();
    await used(place);
    await backup("create", place);
    const store = await open(place);
    for (const flags of [[], ["--drop"]]) {
      const { code, stderr } = await backup("restore", place, [String(names()[0]), ...flags]);
      expect([code, stderr]).toEqual([1, expect.stringContaining("Restore failed")]);
    }
    await store.close();
  });
});

describe.skipIf(mongoSkip)("between the engines", () => {
  it("what one's backup holds, restore puts into the other", async () => {
    const [file, server] = ENGINES.map((engine) => engine.place()) as [TestPlace, TestPlace];
    await used(file);
    await used(server);
    const before = [...(await idsIn(file)), ...(await idsIn(server))].sort();
    for (const place of [file, server]) expect((await backup("create", place, ["--format", "archive"])).code).toBe(0);
    const of = (place: TestPlace) => String(names().find((name) => name.startsWith(`${place.database}_backup_`)));
    const [fromServer, fromFile] = [
      await backup("restore", { ...file, database: server.database }, [of(server)]),
      await backup("restore", { ...server, database: "lab" }, [of(file), "--into", server.database]),
    ];
    expect([fromServer.stderr, fromServer.code, fromFile.stderr, fromFile.code]).toEqual(["", 0, "", 0]);
    expect(await idsIn(file)).toEqual(before);
    expect(await idsIn(server)).toEqual(before);
  });
});

describe.each(ENGINES)("$name", ({ skip, place: newPlace, name }) => {
  describe.skipIf(skip)("commands", () => {
    const isMongo = name === "mongo";

    async function made(flags: readonly string[] = []): Promise<{ place: TestPlace; path: string }> {
      const place = newPlace();
      await used(place);
      const { code, stdout, stderr } = await backup("create", place, flags);
      expect([code, stderr]).toEqual([0, ""]);
      return { place, path: /path +(\S+)/.exec(stdout)?.[1] ?? "" };
    }

    it("C55, C57, C66, C69: create names it after the database and the label, and says so", async () => {
      const place = newPlace();
      await used(place);
      const [label, ...others] = ["--label", "--name-suffix", "--name_suffix", "--name"];
      const tested = await backup("create", place, [String(label), "before_x"]);
      expect(tested.stdout).toMatch(/checked +restored into a scratch database/);
      const ended = [tested];
      for (const flag of others) ended.push(await backup("create", place, [flag, "before_x", "--no-restore-test"]));
      for (const { code, stdout } of ended)
        expect([code, stdout]).toEqual([0, expect.stringContaining("Backup created successfully")]);
      expect(names()).toHaveLength(4);
      expect(names()[0]).toMatch(new RegExp(`^${place.database}_backup_\\d{8}_\\d{6}_\\d{6}_before_x$`));
      const metadata = JSON.parse(readFileSync(join(dir(), String(names()[0]), "backup_metadata.json"), "utf8"));
      expect(metadata).toMatchObject({ database_name: place.database, checksum: expect.any(String) });
    });

    it("C69: a failure says so and leaves nothing behind", async () => {
      writeFileSync(join(cwd, "backups"), "a file");
      const place = newPlace();
      await used(place);
      const { code, stderr } = await backup("create", place);
      expect([code, stderr]).toEqual([1, expect.stringContaining("Backup failed")]);
    });

    it("C56, C75: --collections, --no-validate and --no-compression mean what they say", async () => {
      const { path, place } = await made(["--collections", "events", "--no-validate", "--no-compression"]);
      expect(readdirSync(join(path, place.database)).filter((file) => file.endsWith(".bson"))).toEqual(["events.bson"]);
      const packed = await made(["--gzip"]);
      expect(existsSync(join(packed.path, packed.place.database, "events.bson.gz"))).toBe(true);
      const { code, stderr } = await backup("create", place, ["--collections", "events,nothing_of_that_name"]);
      const words = `--collections: there is no "nothing_of_that_name" in ${place.database}; there are events, `;
      expect([code, stderr]).toEqual([2, expect.stringContaining(words)]);
    });

    it("C58, C72: a whole backup is valid", async () => {
      const { place, path } = await made();
      for (const command of ["verify", "validate"]) {
        const { code, stdout } = await backup(command, place, [path]);
        expect([code, stdout]).toEqual([0, expect.stringContaining("Backup validation successful")]);
      }
      const quick = await backup("verify", place, [String(names()[0]), "--no-restore-test"]);
      expect([quick.code, quick.stdout]).toEqual([0, expect.stringContaining("checksum and every document")]);
    });

    it("C59, C72: a changed backup is not, and is not restored", async () => {
      const { place, path } = await made();
      writeFileSync(join(path, "backup.checksum"), "0".repeat(64));
      const { code, stderr } = await backup("verify", place, [path]);
      expect([code, stderr]).toEqual([1, expect.stringContaining("Backup validation failed")]);
      const restoring = await backup("restore", place, [path, "--drop"]);
      expect([restoring.code, restoring.stderr]).toEqual([1, expect.stringContaining("Restore failed")]);
      expect(await idsIn(place)).toHaveLength(1);
    });

    it("C60, C71: restore adds what is missing; --drop puts the backup in place", async () => {
      const { place, path } = await made();
      const before = await idsIn(place);
      await addTo(place);
      const added = await backup("restore", place, [path]);
      expect([added.code, added.stdout]).toEqual([0, expect.stringContaining("Restore completed successfully")]);
      expect(added.stdout).toContain("there already");
      expect(await idsIn(place)).toHaveLength(2);
      expect((await backup("restore", place, [path, "--drop"])).code).toBe(0);
      expect(await idsIn(place)).toEqual(before);
    });

    it.skipIf(!isMongo)("C61: restore goes into another database when one is named", async () => {
      const { place, path } = await made();
      const other = { ...newPlace(), url: place.url };
      const foreign = await backup("restore", other, [path]);
      expect([foreign.code, foreign.stderr]).toEqual([1, expect.stringContaining("Restore failed")]);
      for (const flag of ["--into", "--target-database"]) {
        const { code, stdout } = await backup("restore", place, [path, flag, other.database]);
        expect([code, stdout]).toEqual([0, expect.stringContaining(`into       ${other.database} at mongodb://`)]);
      }
      const impossible = await backup("restore", place, [path, "--into", "a/b"]);
      expect([impossible.code, impossible.stderr]).toEqual([2, expect.stringContaining('"a/b"')]);
      expect(await idsIn(other)).toEqual(await idsIn(place));
      await dropDatabase(other.database);
    });

    it.skipIf(!isMongo)("--drop with a backup that brings no version says what is next", async () => {
      const { place } = await made();
      await backup("create", place, ["--collections", "events", "--label", "part"]);
      const part = names().find((name) => name.endsWith("_part"));
      const { code, stderr } = await backup("restore", place, [String(part), "--drop"]);
      expect([code, stderr]).toEqual([
        0,
        expect.stringMatching(/no schema version; next: npx madsci-events migrate --data/),
      ]);
    });

    it("C62: list shows every backup, as JSON too", async () => {
      const { place } = await made();
      await backup("create", place);
      const { stdout } = await backup("list", place);
      for (const one of names()) expect(stdout).toContain(one);
      const json = (await backup("list", place, ["--json"])).stdout.trim().split("\n");
      expect(json.map((line) => JSON.parse(line).name)).toEqual(names().sort().reverse());
    });

    it("C65, C73: delete asks; --force does not", async () => {
      const { place, path } = await made();
      const cancelled = await backup("delete", place, [path], { input: "n\n" });
      expect([cancelled.code, cancelled.stdout]).toEqual([0, "Deletion cancelled\n"]);
      const silent = await backup("delete", place, [path]);
      expect([silent.code, silent.stderr]).toEqual([2, expect.stringContaining("--force")]);
      expect(names()).toHaveLength(1);
      const agreed = await backup("delete", place, [path], { input: "y\n" });
      expect([agreed.code, agreed.stdout]).toEqual([0, expect.stringContaining("Backup deleted successfully")]);
      const next = await made();
      expect((await backup("delete", next.place, [next.path, "--force"])).code).toBe(0);
      expect(names()).toEqual([]);
    });

    it("C68: older backups of the database go, as many as the setting says stay", async () => {
      const { place } = await made();
      for (let n = 0; n < 2; n++) await backup("create", place, ["--backup-max-count", "2", "--no-validate"]);
      expect(names()).toHaveLength(2);
    });

    it("C74: --config-file names URL, database and folder; single flags win", async () => {
      const place = newPlace();
      await used(place);
      const file = { mongo_db_url: place.url, database: place.database, backup_dir: "elsewhere", max_backups: 3 };
      writeFileSync(join(cwd, "backup.json"), JSON.stringify(file));
      const created = await runHere(["backup", "create", "--config-file", "backup.json"], { cwd });
      expect([created.code, created.stderr]).toEqual([0, ""]);
      expect(readdirSync(join(cwd, "elsewhere"))).toHaveLength(1);
      const args = ["backup", "create", "--config_file", "backup.json", "--backup_dir", "here"];
      expect((await runHere(args, { cwd })).code).toBe(0);
      expect(readdirSync(join(cwd, "here"))).toHaveLength(1);
      writeFileSync(join(cwd, "wrong.json"), JSON.stringify({ databse: "x" }));
      const wrong = await runHere(["backup", "create", "--config-file", "wrong.json"], { cwd });
      expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining("did you mean database")]);
    });
  });
});
