import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { DumpSource } from "../../src/backend/dump-contract.ts";
import { openBackend } from "../../src/backend/open.ts";
import { openDumpSource } from "../../src/backend/open-dump.ts";
import { createBackup } from "../../src/backup/create.ts";
import type { BackupProgress, CreateBackupOptions } from "../../src/backup/types.ts";
import { PROGRAM } from "../../src/backup/write-documents.ts";
import { testOptions } from "../helpers/backends.ts";
import { filledFile, inFolder } from "./filled.ts";

const NOW = new Date(2026, 4, 6, 7, 8, 9, 10);

type More = Partial<CreateBackupOptions>;

/** In a folder with a filled file `lab.db`; backups go to `backups` in it. */
function withSource<Result>(work: (source: DumpSource, dir: string, url: string) => Promise<Result>): Promise<Result> {
  return inFolder(async (folder) => {
    const { url } = await filledFile(folder);
    const source = await openDumpSource(url);
    try {
      return await work(source, join(folder, "backups"), url);
    } finally {
      await source.close();
    }
  });
}

const backUp = (source: DumpSource, dir: string, more: More = {}) =>
  createBackup({ source, dir, now: () => NOW, ...more });

const left = (dir: string) => (existsSync(dir) ? readdirSync(dir) : []);

describe("a backup", () => {
  it("lies in a folder named as MADSci names it, with its label (C34, C55, C57)", () =>
    withSource(async (source, dir) => {
      const backup = await backUp(source, dir, { label: "pre_migration" });
      expect(backup.name).toBe("lab_backup_20260506_070809_010000_pre_migration");
      expect(backup.path).toBe(join(dir, backup.name));
      expect(readdirSync(backup.path).sort()).toEqual(["backup.checksum", "backup_metadata.json", "lab"]);
      expect(readdirSync(dir)).toEqual([backup.name]);
    }));

  it("says of itself what MADSci's programs read, first, then what we know beyond (C66)", () =>
    withSource(async (source, dir) => {
      const { path } = await backUp(source, dir, { format: "folder" });
      const text = readFileSync(join(path, "backup_metadata.json"), "utf8");
      const metadata = JSON.parse(text);
      const bson = readdirSync(join(path, "lab")).filter((name) => name.endsWith(".bson"));
      const hash = createHash("sha256");
      for (const name of bson.sort()) hash.update(readFileSync(join(path, "lab", name)));
      const checksum = hash.digest("hex");
      const own = ["timestamp", "database_version", "backup_size", "checksum", "database_name", "collections_count"];
      expect(Object.keys(metadata).slice(0, 6)).toEqual(own);
      expect(metadata).toMatchObject({ timestamp: "2026-05-06T07:08:09.010000", database_version: null, checksum });
      expect(metadata).toMatchObject({ database_name: "lab", collections_count: bson.length, program: PROGRAM });
      expect(metadata).toMatchObject({ format: "folder", gzip: false, label: null, engine: "sqlite" });
      expect(text).toContain('{\n  "timestamp"');
      expect(readFileSync(join(path, "backup.checksum"), "utf8")).toBe(checksum);
    }));

  it("of a file is one file that is a store by itself, while another goes on writing", () =>
    withSource(async (source, dir, url) => {
      const writer = await openBackend(url, testOptions());
      const { path, metadata } = await backUp(source, dir);
      await writer.close();
      expect(readdirSync(join(path, "lab"))).toEqual(["lab.sqlite"]);
      expect(metadata).toMatchObject({ format: "sqlite", documents: { events: 30, alert_incidents: 1 } });
      const checksum = createHash("sha256")
        .update(readFileSync(join(path, "lab", "lab.sqlite")))
        .digest("hex");
      expect(metadata.checksum).toBe(checksum);
      const copy = await openBackend(`sqlite:${join(path, "lab", "lab.sqlite")}`, testOptions({ readOnly: true }));
      expect(await copy.estimate()).toBe(30);
      await copy.close();
    }));

  it("has a name of its own where two are made at the same moment", () =>
    withSource(async (source, dir) => {
      const names = [(await backUp(source, dir)).name, (await backUp(source, dir)).name];
      expect(names).toEqual(["lab_backup_20260506_070809_010000", "lab_backup_20260506_070809_010001"]);
    }));

  it("tells how far it is", () =>
    withSource(async (source, dir) => {
      const told: BackupProgress[] = [];
      await backUp(source, dir, { format: "folder", onProgress: (progress) => told.push(progress) });
      expect(told.filter(({ collection }) => collection === "events").at(-1)).toMatchObject({
        documents: 30,
        expected: 30,
      });
    }));

  it("keeps as many as it is told to", () =>
    withSource(async (source, dir) => {
      for (let n = 0; n < 4; n++) await backUp(source, dir, { keep: 2, now: () => new Date(NOW.getTime() + n * 1000) });
      expect(readdirSync(dir).sort()).toEqual([
        "lab_backup_20260506_070811_010000",
        "lab_backup_20260506_070812_010000",
      ]);
    }));

  it("calls itself by the package's version", async () => {
    const { name, version } = JSON.parse(readFileSync("package.json", "utf8"));
    expect(PROGRAM).toBe(`${name} ${version}`);
  });
});

describe("a backup that cannot be made", () => {
  it("is refused before anything is touched", () =>
    withSource(async (source, dir) => {
      const refused: [More, RegExp][] = [
        [{ label: "../../etc" }, /^label: /],
        [{ label: "with space" }, /^label: /],
        [{ format: "tar" as never }, /^format: must be one of folder, archive, sqlite$/],
        [{ gzip: true }, /^gzip: /],
        [{ collections: ["events"] }, /^collections: /],
        [{ keep: -1 }, /^keep: /],
      ];
      for (const [more, message] of refused) {
        const error = await backUp(source, dir, more).catch((error: unknown) => error);
        expect(error).toMatchObject({ code: "EVT_INVALID_OPTION", message: expect.stringMatching(message) });
      }
      expect(existsSync(dir)).toBe(false);
    }));

  it("leaves nothing behind when the source fails, and lets the next one in", () =>
    withSource(async (source, dir) => {
      const failing: DumpSource = Object.assign(Object.create(source), {
        database: source.database,
        kind: source.kind,
        collections: () => source.collections(),
        estimate: async () => 1,
        async *documents() {
          yield [Buffer.alloc(5)];
          throw new Error("gone");
        },
      });
      for (const format of ["folder", "archive"] as const)
        await expect(backUp(failing, dir, { format })).rejects.toThrow("gone");
      expect(left(dir)).toEqual([]);
      await backUp(source, dir);
      expect(left(dir)).toHaveLength(1);
    }));

  it("ends with the reason when it is aborted", () =>
    withSource(async (source, dir) => {
      const abort = new AbortController();
      const onProgress = () => abort.abort(new Error("no more"));
      const aborted = backUp(source, dir, { format: "folder", signal: abort.signal, onProgress });
      await expect(aborted).rejects.toThrow("no more");
      expect(left(dir)).toEqual([]);
    }));

  it("says what is wrong with the folder", () =>
    withSource(async (source, dir) => {
      await mkdir(dir);
      await writeFile(join(dir, "file"), "");
      const error = await backUp(source, join(dir, "file")).catch((error: unknown) => error);
      expect(error).toMatchObject({ code: "EVT_INVALID_OPTION", message: expect.stringContaining(join(dir, "file")) });
      if (process.getuid?.() === 0) return;
      await chmod(dir, 0o500);
      await expect(backUp(source, dir)).rejects.toMatchObject({ code: "EVT_INVALID_OPTION" });
      await chmod(dir, 0o700);
    }));

  it("is refused while another is under way", () =>
    withSource(async (source, dir) => {
      let refused: unknown;
      const onStep = async (step: string) => {
        if (step === "begun") refused = await backUp(source, dir).catch((error: unknown) => error);
      };
      await backUp(source, dir, { onStep });
      expect(refused).toMatchObject({
        code: "EVT_BACKEND_UNAVAILABLE",
        message: `another backup of lab into ${dir} is under way; wait until it has ended`,
      });
      expect(left(dir)).toHaveLength(1);
    }));

  it("never is made beside another: of several that start at once one goes on, or one after the other", () =>
    withSource(async (source, dir) => {
      let [active, most] = [0, 0];
      const onStep = (step: string) => {
        active += step === "turn taken" ? 1 : step === "rotated" ? -1 : 0;
        most = Math.max(most, active);
      };
      const all = Array.from({ length: 8 }, () => backUp(source, dir, { onStep }));
      const made = (await Promise.allSettled(all)).filter(({ status }) => status === "fulfilled");
      expect(most).toBe(1);
      expect(made.length).toBeGreaterThan(0);
      expect(left(dir)).toHaveLength(made.length);
    }));

  it("is refused for a database in memory, and for a file that is none of ours", () =>
    inFolder(async (folder) => {
      await expect(openDumpSource("memory:")).rejects.toMatchObject({ code: "EVT_INVALID_OPTION" });
      await expect(openDumpSource(`sqlite:${folder}/none.db`)).rejects.toThrow(/there is no file/);
      await writeFile(join(folder, "other.db"), "no database at all, but long enough to be looked at");
      await expect(openDumpSource(`sqlite:${folder}/other.db`)).rejects.toMatchObject({ code: "EVT_INVALID_OPTION" });
      expect(readdirSync(folder)).toEqual(["other.db"]);
    }));
});
