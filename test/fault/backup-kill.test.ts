/** A process that makes a backup is killed at every step of it. */
import { spawn } from "node:child_process";
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { rename, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { beforeAll, describe, expect, it } from "vitest";
import { openDumpSource } from "../../src/backend/open-dump.ts";
import { isBackupValid, listBackups } from "../../src/backup/catalogue.ts";
import { createBackup } from "../../src/backup/create.ts";
import type { BackupFormat } from "../../src/backup/types.ts";
import { filledFile, inFolder } from "../backup/filled.ts";

const CACHE = fileURLToPath(new URL("../../node_modules/.cache/madsci-events/", import.meta.url));
const PROGRAM = join(CACHE, `backup-app.${process.pid}.mjs`);

beforeAll(async () => {
  mkdirSync(CACHE, { recursive: true });
  const entry = fileURLToPath(new URL("backup-app.ts", import.meta.url));
  await build({
    ...{ entryPoints: [entry], outfile: PROGRAM, bundle: true, packages: "external" },
    ...{ format: "esm", platform: "node", target: "node20", logLevel: "error" },
  });
  return () => rmSync(PROGRAM, { force: true });
});

interface Ended {
  readonly steps: readonly string[];
  readonly signal: NodeJS.Signals | null;
}

/** Runs the program to its end. */
async function run(...args: readonly string[]): Promise<Ended> {
  const child = spawn(process.execPath, [PROGRAM, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  let printed = "";
  child.stdout.on("data", (data) => {
    printed += data;
  });
  const signal = await new Promise<NodeJS.Signals | null>((resolve) =>
    child.once("close", (_code, its) => resolve(its)),
  );
  return { steps: printed.trim().split("\n"), signal };
}

async function again(url: string, dir: string, format: BackupFormat, now = new Date()): Promise<void> {
  const source = await openDumpSource(url);
  await createBackup({ source, dir, format, now: () => now, keep: 2 });
  await source.close();
}

const hidden = (dir: string) => readdirSync(dir).filter((name) => name.startsWith("."));

describe("a backup whose process is killed", () => {
  for (const format of ["folder", "archive", "sqlite"] as const) {
    it(
      `as ${format}, at any step, leaves none that is half, and the next one is made at once`,
      { timeout: 120_000 },
      () =>
        inFolder(async (folder) => {
          const { url } = await filledFile(folder);
          const dir = join(folder, "backups");
          const { steps } = await run(url, dir, format);
          expect(steps.length).toBeGreaterThan(6);
          for (const step of steps) {
            const { signal } = await run(url, dir, format, step);
            expect(signal).toBe("SIGKILL");
            for (const backup of await listBackups(dir)) expect(await isBackupValid(backup)).toBe(true);
            await again(url, dir, format);
            expect((await listBackups(dir)).length).toBeLessThanOrEqual(2);
          }
          expect(hidden(dir).filter((name) => name.includes("lock"))).toEqual([]);
        }),
    );
  }

  it("leaves behind what goes when it is a day old", () =>
    inFolder(async (folder) => {
      const { url } = await filledFile(folder);
      const dir = join(folder, "backups");
      await run(url, dir, "sqlite", "checksum made");
      const [partial = ""] = hidden(dir).filter((name) => name.endsWith(".partial"));
      expect(partial).toMatch(/^\.lab_backup_/);
      await again(url, dir, "sqlite");
      expect(hidden(dir)).toEqual([partial]);
      const tomorrow = new Date(Date.now() + 86_500_000);
      await again(url, dir, "sqlite", tomorrow);
      expect(hidden(dir)).toEqual([]);
    }));

  it("elsewhere, counts as alive until its file has been silent for a minute", () =>
    inFolder(async (folder) => {
      const { url } = await filledFile(folder);
      const dir = join(folder, "backups");
      await again(url, dir, "sqlite");
      const [name, path] = [".lab.lock-00000000-0000-0000-0000-000000000000", join(dir, ".written")];
      await writeFile(path, JSON.stringify({ pid: process.pid, started: "1", place: "another machine" }));
      await rename(path, join(dir, name));
      await expect(again(url, dir, "sqlite")).rejects.toThrow(/under way/);
      const before = new Date(Date.now() - 61_000);
      await utimes(join(dir, name), before, before);
      await again(url, dir, "sqlite");
      expect(hidden(dir)).toEqual([]);
    }));
});
