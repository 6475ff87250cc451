import { existsSync, readdirSync } from "node:fs";
import { appendFile, mkdir, rename, symlink, utimes, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { describe, expect, it } from "vitest";
import { removeLeftovers, rotateBackups } from "../../src/backup/rotate.ts";
import type { BackupInfo } from "../../src/backup/types.ts";
import { inFolder } from "./filled.ts";
import { madsciBackup } from "./madsci-backup.ts";

const made = (dir: string, n: number, more: { readonly database?: string; readonly label?: string } = {}) =>
  madsciBackup(dir, { at: `2026-01-0${n}T10:00:00.000000`, ...more });
const spoil = ({ path }: BackupInfo) => appendFile(join(path, "lab", "events.bson"), "x");
const there = (dir: string) => readdirSync(dir).sort();
const namesOf = (backups: readonly BackupInfo[]) => backups.map(({ name }) => name).sort();

describe("rotation", () => {
  it("keeps the newest and says which went", () =>
    inFolder(async (dir) => {
      const all = [await made(dir, 1), await made(dir, 2, { label: "old" }), await made(dir, 3), await made(dir, 4)];
      const removed = await rotateBackups({ dir, database: "lab", keep: 2 });
      expect(removed.map((path) => basename(path)).sort()).toEqual(namesOf(all.slice(0, 2)));
      expect(there(dir)).toEqual(namesOf(all.slice(2)));
      expect(await rotateBackups({ dir, database: "lab", keep: 0 })).toEqual([]);
    }));

  it("touches nothing but backups of that database, by name and by what they say", () =>
    inFolder(async (dir) => {
      await made(dir, 1);
      await made(dir, 2);
      await made(dir, 3, { database: "other" });
      await made(dir, 4, { database: "lab_backup" });
      const renamed = await made(dir, 5);
      await rename(renamed.path, join(dir, "keep_this"));
      const pretender = await made(dir, 6, { database: "other" });
      await rename(pretender.path, join(dir, "lab_backup_20200101_000000_000000"));
      await mkdir(join(dir, "lab_backup_20200102_000000_000000"));
      const away = await made(join(dir, "away"), 7);
      await symlink(away.path, join(dir, "lab_backup_20200103_000000_000000"));
      await writeFile(join(dir, "lab.dump"), "");
      const before = there(dir);
      const removed = await rotateBackups({ dir, database: "lab", keep: 1 });
      expect(removed.map((path) => basename(path))).toEqual(["lab_backup_20260101_100000_000000"]);
      expect(there(dir)).toEqual(before.filter((name) => name !== "lab_backup_20260101_100000_000000"));
      expect(existsSync(away.path)).toBe(true);
    }));

  it("never removes the last one that is whole", () =>
    inFolder(async (dir) => {
      const all = [await made(dir, 1), await made(dir, 2), await made(dir, 3), await made(dir, 4)];
      const [, whole, third, fourth] = all as [BackupInfo, BackupInfo, BackupInfo, BackupInfo];
      await spoil(third);
      await spoil(fourth);
      await rotateBackups({ dir, database: "lab", keep: 1 });
      expect(there(dir)).toEqual(namesOf([whole, fourth]));
    }));

  it("counts backups of some collections by themselves: none of all goes for them", () =>
    inFolder(async (dir) => {
      const [first, whole, part, last] = await Promise.all([1, 2, 3, 4].map((n) => made(dir, n)));
      for (const { path, metadata } of [part, last] as BackupInfo[])
        await writeFile(join(path, "backup_metadata.json"), JSON.stringify({ ...metadata, collections: ["events"] }));
      const removed = await rotateBackups({ dir, database: "lab", keep: 1, made: String(last?.path) });
      expect(removed).toEqual([first?.path, part?.path]);
      expect(there(dir)).toEqual(namesOf([whole, last] as BackupInfo[]));
    }));

  it("keeps the one just made, even where clocks were put back", () =>
    inFolder(async (dir) => {
      const late = await made(dir, 1);
      await made(dir, 2);
      await rotateBackups({ dir, database: "lab", keep: 1, made: late.path });
      expect(there(dir)).toEqual([late.name]);
    }));
});

describe("leftovers", () => {
  it("go when they are a day old, of that database only", () =>
    inFolder(async (dir) => {
      const [old, fresh, other] = ["lab_backup_20260101_100000_000000", "lab_backup_20260102_100000_000000", "oth"].map(
        (name) => `.${name}${name === "oth" ? "er_backup_20260101_100000_000000" : ""}.partial`,
      ) as [string, string, string];
      for (const name of [old, fresh, other]) await mkdir(join(dir, name, "lab"), { recursive: true });
      const now = new Date();
      const twoDaysAgo = new Date(now.getTime() - 2 * 86_400_000);
      for (const name of [old, other]) await utimes(join(dir, name), twoDaysAgo, twoDaysAgo);
      expect(await removeLeftovers(dir, "lab", now)).toEqual([join(dir, old)]);
      expect(there(dir)).toEqual([fresh, other].sort());
    }));
});
