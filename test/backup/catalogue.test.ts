import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync } from "node:fs";
import { appendFile, mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { deleteBackup, describeBackup, isBackupValid, listBackups, newestValid } from "../../src/backup/catalogue.ts";
import { inFolder } from "./filled.ts";
import { madsciBackup } from "./madsci-backup.ts";

const names = (backups: readonly { readonly name: string }[]) => backups.map(({ name }) => name);

describe("the list of backups", () => {
  it("has those of MADSci and ours, newest first (C62)", () =>
    inFolder(async (dir) => {
      const older = await madsciBackup(dir, { at: "2026-01-01T10:00:00.000002" });
      const newer = await madsciBackup(dir, { at: "2026-01-01T10:00:00.000010", label: "manual_backup" });
      // Python leaves out microseconds that are none.
      const newest = await madsciBackup(dir, { at: "2026-01-01T10:00:01" });
      const [first] = await listBackups(dir);
      expect(names(await listBackups(dir))).toEqual(names([newest, newer, older]));
      expect(first).toMatchObject({ database: "lab", created_at: "2026-01-01T10:00:01", size_bytes: 16 });
    }));

  it("is of one database where it is named, and empty where there is no folder", () =>
    inFolder(async (dir) => {
      await madsciBackup(dir, { at: "2026-01-01T10:00:00.000001" });
      const other = await madsciBackup(dir, { at: "2026-01-01T10:00:00.000002", database: "other" });
      expect(names(await listBackups(dir, "other"))).toEqual([other.name]);
      expect(await listBackups(join(dir, "none"))).toEqual([]);
      await expect(listBackups(join(dir, other.name, "backup.checksum"))).rejects.toMatchObject({
        code: "EVT_INVALID_OPTION",
      });
    }));

  it("leaves out what nobody understands, and links, and what is being written", () =>
    inFolder(async (dir) => {
      const good = await madsciBackup(dir, { at: "2026-01-01T10:00:00.000001" });
      const metadata = (text: string) => async (path: string) => writeFile(join(path, "backup_metadata.json"), text);
      const spoils: ((path: string) => Promise<unknown>)[] = [
        metadata("{"),
        metadata("[]"),
        metadata('{"timestamp": "yesterday"}'),
        metadata(JSON.stringify({ ...good.metadata, database_name: "../lab" })),
        metadata(JSON.stringify({ ...good.metadata, database_name: "elsewhere" })),
        metadata(`${JSON.stringify(good.metadata)}${" ".repeat(1_048_577)}`),
        async (path) => execFileSync("rm", [join(path, "backup_metadata.json")]),
        async (path) => execFileSync("rm", ["-r", join(path, "lab")]),
      ];
      for (const [n, spoil] of spoils.entries())
        await spoil((await madsciBackup(dir, { at: `2026-01-01T11:00:00.00000${n}` })).path);
      await madsciBackup(join(dir, ".lab_backup_20260101_120000_000000.partial"), { at: "2026-01-01T12:00:00.000001" });
      await symlink(good.path, join(dir, "lab_backup_20260101_130000_000000"));
      await mkdir(join(dir, "empty"));
      await writeFile(join(dir, "file"), "");
      expect(names(await listBackups(dir))).toEqual([good.name]);
    }));

  it("does not wait for a pipe that nobody writes to", () =>
    inFolder(async (dir) => {
      const { path } = await madsciBackup(dir, { at: "2026-01-01T10:00:00.000001" });
      execFileSync("rm", [join(path, "backup_metadata.json")]);
      execFileSync("mkfifo", [join(path, "backup_metadata.json")]);
      expect(await listBackups(dir)).toEqual([]);
    }));
});

describe("a backup's validity", () => {
  it("is that of its documents (C58, C59)", () =>
    inFolder(async (dir) => {
      const backup = await madsciBackup(dir, { at: "2026-01-01T10:00:00.000001" });
      expect(await isBackupValid(backup)).toBe(true);
      await appendFile(join(backup.path, "lab", "events.bson"), "x");
      expect(await isBackupValid(backup)).toBe(false);
    }));

  it("ends with a file that is missing, a link, or a checksum beside it that is another", () =>
    inFolder(async (dir) => {
      const made = (n: number) => madsciBackup(dir, { at: `2026-01-01T10:00:00.00000${n}` });
      const [gone, linked, other, none] = [await made(1), await made(2), await made(3), await made(4)];
      execFileSync("rm", [join(gone.path, "lab", "events.bson")]);
      execFileSync("mv", [join(linked.path, "lab", "events.bson"), join(dir, "moved")]);
      await symlink(join(dir, "moved"), join(linked.path, "lab", "events.bson"));
      await writeFile(join(other.path, "backup.checksum"), createHash("sha256").digest("hex"));
      execFileSync("rm", [join(none.path, "backup.checksum")]);
      const valid = await Promise.all([gone, linked, other, none].map((backup) => isBackupValid(backup)));
      expect(valid).toEqual([false, false, false, true]);
      expect((await newestValid(await listBackups(dir)))?.name).toBe(none.name);
    }));
});

describe("deleting a backup", () => {
  it("removes all of it (C65)", () =>
    inFolder(async (dir) => {
      const { path } = await madsciBackup(dir, { at: "2026-01-01T10:00:00.000001" });
      await deleteBackup(`${path}/`);
      expect(readdirSync(dir)).toEqual([]);
    }));

  it("is refused for what is no backup, and for a link to one", () =>
    inFolder(async (dir) => {
      const { path } = await madsciBackup(join(dir, "backups"), { at: "2026-01-01T10:00:00.000001" });
      await mkdir(join(dir, "precious"));
      await symlink(path, join(dir, "link"));
      for (const name of ["precious", "link", "none", "backups"])
        await expect(deleteBackup(join(dir, name))).rejects.toMatchObject({ code: "EVT_INVALID_OPTION" });
      await expect(describeBackup(join(dir, "link"))).rejects.toThrow(/is a link/);
      expect(existsSync(path)).toBe(true);
    }));
});
