/** A database that dies during an import: it says how far it came, and when it is back the same command goes on there. */
import { once } from "node:events";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, expect, it, onTestFinished } from "vitest";
import { EventStore } from "../../src/store/store.ts";
import { ensureBuilt, project, run, start } from "../cli/run.ts";
import { buildFerret, freePort, startFerret } from "../helpers/ferretdb.ts";

const COUNT = 100_000;
const DATABASE = "import_lost";
const skip = await buildFerret().then(
  () => undefined,
  (error: Error) => `no FerretDB can be built: ${error.message.split("\n")[0]}`,
);
if (skip !== undefined) console.warn(`\n  THE LOST-DATABASE TEST OF IMPORT IS SKIPPED: ${skip}\n`);

beforeAll(ensureBuilt);

it.skipIf(skip)("ends with 4 while the database is away, and goes on when it is back", async () => {
  const [cwd, folder, port] = [project(), mkdtempSync(join(tmpdir(), "madsci-import-")), await freePort()];
  const line = (n: number) => `${JSON.stringify({ _id: `e${n}`, event_data: { n } })}\n`;
  writeFileSync(join(cwd, "big.ndjson"), Array.from({ length: COUNT }, (_, n) => line(n)).join(""));
  const first = await startFerret(port, folder);
  const options = {
    cwd,
    env: { XDG_STATE_HOME: join(cwd, "state"), EVENT_DB_URL: first.url, EVENT_DATABASE_NAME: DATABASE },
  };
  const child = start(["import", "big.ndjson"], options);
  onTestFinished(() => void child.kill("SIGKILL"));
  let stderr = "";
  child.stderr?.on("data", (chunk) => (stderr += chunk));
  const closed = once(child, "close");
  await stored(first.url, 4000);
  await first.stop();
  expect(await closed).toEqual([4, null]);
  expect(stderr).toMatch(/stopped after [1-9]\d* of big\.ndjson \(byte \d+\).*the same command goes on from there/);

  const second = await startFerret(port, folder);
  onTestFinished(() => second.stop());
  const again = await run(["import", "big.ndjson"], options);
  expect(again).toMatchObject({ code: 0, stderr: expect.stringMatching(/going on after the first [1-9]\d*,/) });
  expect(again.stderr).toContain(`${COUNT} read: `);
  await using store = await EventStore.open(second.url, { database: DATABASE });
  expect(await store.count({ timeoutMs: 60_000 })).toBe(COUNT);
});

/** Resolves when the database holds that many. */
async function stored(url: string, count: number): Promise<void> {
  await using store = await EventStore.open(url, { database: DATABASE, readOnly: true });
  while ((await store.count({ limit: count, timeoutMs: 60_000 })) < count) await sleep(50);
}
