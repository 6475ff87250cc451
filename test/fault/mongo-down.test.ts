/**
 * A MongoDB server that dies or freezes under a running server: appends are refused in time, health says so, and all
 * goes on without a restart when it is back. Nothing acknowledged is lost.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import { buildFerret, freePort, startFerret, type TestServer } from "../helpers/ferretdb.ts";
import { expectCollectionWhole } from "./check.ts";
import { Load, loadEvent } from "./load.ts";
import { type Served, serve } from "./server.ts";

const DATABASE = "down";
const ANSWER_MS = 5000;
const HEALTH_MS = 3000;
const BACK_MS = 15_000;
const skip = await buildFerret().then(
  () => undefined,
  (error: Error) => `no FerretDB can be built: ${error.message.split("\n")[0]}`,
);
if (skip !== undefined) console.warn(`\n  THE MONGO-DOWN TESTS ARE SKIPPED: ${skip}\n`);

interface Scene {
  readonly url: string;
  readonly served: Served;
  /** The server now on the port. */
  ferret: TestServer;
  /** Starts it again on the same port and data. */
  restart(): Promise<void>;
}

async function scene(): Promise<Scene> {
  const folder = mkdtempSync(join(tmpdir(), "madsci-events-down-"));
  const port = await freePort();
  const ferret = await startFerret(port, folder);
  const served = await serve(ferret.url, { env: { EVENT_DATABASE_NAME: DATABASE } });
  const made: Scene = {
    url: ferret.url,
    served,
    ferret,
    restart: async () => {
      made.ferret = await startFerret(port, folder);
    },
  };
  onTestFinished(async () => {
    served.child.kill("SIGKILL");
    await made.ferret.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  return made;
}

interface Timed {
  readonly status: number;
  readonly retryAfter: string | null;
  readonly body: unknown;
  readonly tookMs: number;
}

async function timed(url: string, init?: RequestInit): Promise<Timed> {
  const startMs = performance.now();
  const response = await fetch(url, init);
  const body = await response.json();
  const retryAfter = response.headers.get("retry-after");
  return { status: response.status, retryAfter, body, tookMs: performance.now() - startMs };
}

function append({ url }: Served, id: string): Promise<Timed> {
  const headers = { "content-type": "application/json" };
  return timed(`${url}/event`, { method: "POST", headers, body: JSON.stringify(loadEvent(id, 0)) });
}

/** One append and one look at the health while the database is away. */
async function expectRefusedInTime(served: Served, id: string): Promise<void> {
  const [answer, health] = await Promise.all([append(served, id), timed(`${served.url}/health`)]);
  expect(answer).toMatchObject({ status: 503, retryAfter: expect.stringMatching(/^[1-9]\d*$/) });
  expect(answer.tookMs).toBeLessThan(ANSWER_MS + 250);
  expect(health).toMatchObject({ status: 200, body: { healthy: false, db_connected: false } });
  expect(health.tookMs).toBeLessThan(HEALTH_MS);
}

/** The same append goes through again, without a restart, and health agrees. */
async function expectRecovery(served: Served, id: string): Promise<void> {
  const deadline = Date.now() + BACK_MS;
  let status = 0;
  while (status !== 200 && Date.now() < deadline) {
    status = (await append(served, id)).status;
    if (status !== 200) await sleep(100);
  }
  expect(status).toBe(200);
  expect(await timed(`${served.url}/health`)).toMatchObject({ status: 200, body: { healthy: true } });
}

describe.skipIf(skip)("a MongoDB server", () => {
  it("that is killed under load costs nothing acknowledged, and is used again when it is back", async () => {
    const place = await scene();
    const load = new Load("killed");
    load.start(place.served.url, { singles: 4, bulks: 1, bulkSize: 20 });
    await load.progress(50);
    await place.ferret.stop();
    await sleep(50);
    await expectRefusedInTime(place.served, "meanwhile");
    await place.restart();
    await expectRecovery(place.served, "meanwhile");
    await load.progress(20);
    await load.stop();
    expect([...load.statuses.keys()].sort()).toEqual([200, 503]);
    await expectCollectionWhole({ url: place.url, database: DATABASE }, load.acknowledged);
  });

  it("that freezes is noticed in time, and is used again when it goes on", async () => {
    const place = await scene();
    const load = new Load("frozen");
    load.start(place.served.url, { singles: 4, bulks: 1, bulkSize: 20 });
    await load.progress(50);
    process.kill(Number(place.ferret.pid), "SIGSTOP");
    await sleep(50);
    await expectRefusedInTime(place.served, "meanwhile");
    process.kill(Number(place.ferret.pid), "SIGCONT");
    await expectRecovery(place.served, "meanwhile");
    await load.progress(20);
    await load.stop();
    await expectCollectionWhole({ url: place.url, database: DATABASE }, load.acknowledged);
  });
});
