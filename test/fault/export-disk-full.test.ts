/**
 * A full disk under an export: no half file under the final name, and with room again it goes on where it was.
 * Needs a small file system of its own, so it runs as root on Linux only.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, expect, it, onTestFinished } from "vitest";
import { EventStore } from "../../src/store/store.ts";
import { ensureBuilt, project, run } from "../cli/run.ts";

const COUNT = 20_000;
const folder = mkdtempSync(join(tmpdir(), "madsci-export-full-"));
const skip = mountProblem();
if (skip !== undefined) console.warn(`\n  THE DISK-FULL TEST OF EXPORT IS SKIPPED: ${skip}\n`);

beforeAll(ensureBuilt);

/** Mounts the small file system; why not, if not. */
function mountProblem(): string | undefined {
  try {
    if (process.platform !== "linux") throw new Error("it needs Linux");
    execFileSync("/bin/mount", ["-t", "tmpfs", "-o", "size=12m", "tmpfs", folder], { stdio: "pipe" });
    return undefined;
  } catch (error) {
    rmdirSync(folder);
    return `no small file system: ${(error as Error).message.trim()}`;
  }
}

it.skipIf(skip)("leaves no half file under the final name, and goes on with --resume", async () => {
  onTestFinished(() => {
    execFileSync("/bin/umount", ["-l", folder]);
    rmdirSync(folder);
  });
  const cwd = project();
  const database = `sqlite:${cwd}/lab.db`;
  const store = await EventStore.open(database);
  const pad = "x".repeat(150);
  await store.append(Array.from({ length: COUNT }, (_, n) => ({ _id: `e${n}`, event_data: { n, pad } })));
  await store.close();
  const [out, filler] = [join(folder, "lab.ndjson"), join(folder, "filler")];
  writeFileSync(filler, Buffer.alloc(8_000_000));

  const full = await run(["export", out, "--url", database], { cwd });
  expect(full).toMatchObject({ code: 4 });
  expect(full.stderr).toContain("cannot be written (ENOSPC)");
  expect(full.stderr).toMatch(/is not complete; the same command with --resume goes on after [1-9]\d* event\(s\)/);
  expect(existsSync(out)).toBe(false);

  rmSync(filler);
  const rest = await run(["export", out, "--url", database, "--resume"], { cwd });
  expect(rest).toMatchObject({ code: 0 });
  const ids = readFileSync(out, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => (JSON.parse(line) as { _id: string })._id);
  expect(ids).toHaveLength(COUNT);
  expect(new Set(ids).size).toBe(COUNT);
});
