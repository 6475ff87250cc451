/** What the settings say of reports holds in the server they make. */
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { defaultSettings } from "../../src/cli/redacted.ts";
import { buildServer, listen } from "../../src/cli/server.ts";
import type { Settings } from "../../src/cli/settings.ts";
import { EventStore } from "../../src/index.ts";

async function served(changes: Partial<Settings>) {
  const store = await EventStore.open("memory:");
  const settings = () => ({ ...defaultSettings(), ...changes });
  const server = await buildServer({ store, settings, version: "1", onError: () => {} });
  onTestFinished(async () => {
    await server.close();
    await store.close();
  });
  return { store, url: `http://127.0.0.1:${await listen(server, { host: "127.0.0.1", port: 0 })}/utilization` };
}

const SAVED = "sessions?csv_format=true&save_to_file=true&output_path=a";

test("files are saved in utilization_export_dir, and nowhere without it", async () => {
  const folder = mkdtempSync(join(tmpdir(), "madsci-serve-reports-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const { url } = await served({ utilization_export_dir: folder });
  expect((await fetch(`${url}/${SAVED}`)).status).toBe(200);
  expect(readdirSync(folder)).toEqual(["a"]);
  const { url: closed } = await served({});
  expect((await fetch(`${closed}/${SAVED}`)).status).toBe(403);
});

test("a report ends at utilization_time_limit", async () => {
  const { store, url } = await served({ utilization_time_limit: 1 });
  store.activities = async function* () {
    await new Promise(() => {});
  };
  const answer = await fetch(`${url}/sessions?start_time=2025-01-01`);
  expect([answer.status, await answer.json()]).toEqual([
    503,
    { detail: expect.stringContaining("not ready after 1 s") },
  ]);
});
