/** Opened and closed again and again, nothing stays open and memory stays flat. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { folderOf } from "./ship/app.ts";
import { serving } from "./ship/scene.ts";

const ROUNDS = Number(process.env.FAULT_ROUNDS ?? 50);
const PROGRAM = fileURLToPath(new URL("ship/programs/workers-leak.mjs", import.meta.url));

interface Measured {
  readonly fds: number;
  readonly threads: number;
  readonly listeners: number;
  readonly heapMb: number;
  readonly rssMb: number;
}

it.each([
  ["transport", 6 * ROUNDS, 5],
  ["stream", 60 * ROUNDS, 100],
])("a %s, %d times", async (what, cycles, warmUp) => {
  const folder = folderOf("workers-leak");
  const { url } = await serving(`sqlite:${join(folder, "events.db")}`);
  const options = { url, spool: { dir: join(folder, "spool"), fsync: "never" }, batch: { maxWaitMs: 0 } };
  const args = ["--expose-gc", PROGRAM, JSON.stringify({ options, what, cycles, warmUp })];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args);
  const { before, after } = JSON.parse(stdout) as { before: Measured; after: Measured };
  expect(stderr).toBe("");
  expect([after.fds, after.threads, after.listeners]).toEqual([before.fds, before.threads, before.listeners]);
  expect(after.heapMb - before.heapMb).toBeLessThan(3 + cycles * 0.005);
  expect(after.rssMb - before.rssMb).toBeLessThan(60);
});
