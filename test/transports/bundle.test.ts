/** The recipe of examples/bundle: what esbuild makes of it runs where nothing is installed. */
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { EventStore } from "../../src/store/store.ts";
import { ensureBuilt, project, type RunningServer, serve } from "../cli/run.ts";

const root = resolve(import.meta.dirname, "../..");
const bundled = mkdtempSync(join(tmpdir(), "madsci-events-bundle-"));
const file = join(project(), "lab.db");
let server: RunningServer;

beforeAll(async () => {
  await ensureBuilt();
  execFileSync(process.execPath, [join(root, "examples", "bundle", "build.mjs"), bundled], { cwd: root });
  server = await serve(["--url", `sqlite:${file}`]);
});

afterAll(async () => {
  await server.stop("SIGTERM");
  rmSync(bundled, { recursive: true, force: true });
});

async function messages(): Promise<unknown[]> {
  await using store = await EventStore.open(`sqlite:${file}`, { readOnly: true });
  const events = await store.find({ fields: ["event_data"] }).toArray();
  return events.map(({ event_data }) => (event_data as { message: string }).message);
}

describe("a bundle", () => {
  it.each([
    ["in-process.mjs", "hello from a bundle"],
    ["worker.mjs", "hello from a bundled worker"],
  ])("%s ships its line", async (name, message) => {
    const folder = mkdtempSync(join(tmpdir(), "madsci-events-empty-"));
    cpSync(bundled, folder, { recursive: true });
    const { status, stderr } = spawnSync(process.execPath, [name], {
      cwd: folder,
      env: { ...process.env, EVENT_SERVER_URL: server.url },
      encoding: "utf8",
      timeout: 30_000,
    });
    expect([status, stderr]).toEqual([0, ""]);
    expect(await messages()).toContain(message);
    rmSync(folder, { recursive: true, force: true });
  });
});
