/**
 * `kill -9` of a real server under load, again and again on the same database: what was acknowledged is there, nothing
 * is there twice, and sending again what was cut off is safe. FAULT_ROUNDS says how often.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import { dropDatabase, mongoSkip, mongoUrl, newDatabase } from "../helpers/mongo.ts";
import { expectCollectionWhole, expectFileWhole } from "./check.ts";
import { Load, type LoadEvent } from "./load.ts";
import { type Served, serve } from "./server.ts";

const ROUNDS = Number(process.env.FAULT_ROUNDS ?? 50);
/** FerretDB reads all of a collection for every check. */
const MONGO_ROUNDS = Math.max(2, Math.ceil(ROUNDS / 10));
const LONGEST_LIFE_MS = 400;
const RESENT = 500;

interface Killing {
  readonly rounds: number;
  readonly start: () => Promise<Served>;
  /** Holds the database to all that was acknowledged so far. */
  readonly check: (acknowledged: ReadonlySet<string>) => Promise<void>;
  readonly bulkSize: number;
}

async function killAgainAndAgain({ rounds, start, check, bulkSize }: Killing): Promise<void> {
  const acknowledged = new Set<string>();
  let open: LoadEvent[] = [];
  for (let round = 0; round < rounds; round++) {
    const served = await start();
    onTestFinished(() => void served.child.kill("SIGKILL"));
    await expectResendable(served.url, open, acknowledged);
    const load = new Load(`round${round}`);
    load.start(served.url, { bulkSize });
    await load.progress();
    await sleep(Math.random() * LONGEST_LIFE_MS);
    expect(await served.end("SIGKILL")).toEqual({ code: null, signal: "SIGKILL" });
    await load.stop();
    expect([...load.statuses.keys()].filter((status) => status !== 200 && status !== 0)).toEqual([]);
    for (const id of load.acknowledged) acknowledged.add(id);
    open = [...load.open.values()].slice(0, RESENT);
    await check(acknowledged);
  }
  const last = await start();
  await expectFoundById(last.url, [...acknowledged].slice(-100));
  expect(await last.end("SIGTERM")).toEqual({ code: 0, signal: null });
}

/** Events that were under way when the server died are taken now, or known already. */
async function expectResendable(url: string, open: readonly LoadEvent[], acknowledged: Set<string>): Promise<void> {
  if (open.length === 0) return;
  const body = open.map((event) => JSON.stringify(event)).join("\n");
  const headers = { "content-type": "application/x-ndjson" };
  const response = await fetch(`${url}/v1/events`, { method: "POST", headers, body });
  const { results } = (await response.json()) as { results: { id: string; status: string }[] };
  const others = results.filter(({ status }) => status !== "stored" && status !== "duplicate");
  expect({ sent: results.length, others }).toEqual({ sent: open.length, others: [] });
  for (const { id } of results) acknowledged.add(id);
}

async function expectFoundById(url: string, ids: readonly string[]): Promise<void> {
  for (const id of ids) {
    const response = await fetch(`${url}/event/${id}`);
    expect(await response.json()).toMatchObject({ _id: id });
  }
}

it(`loses and doubles nothing in an SQLite file when the server is killed ${ROUNDS} times`, async () => {
  const folder = mkdtempSync(join(tmpdir(), "madsci-events-kill-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, "events.db");
  await killAgainAndAgain({
    rounds: ROUNDS,
    start: () => serve(`sqlite:${path}`),
    check: (acknowledged) => expectFileWhole(path, acknowledged),
    bulkSize: 200,
  });
});

describe.skipIf(mongoSkip)(`MongoDB${mongoSkip ? ` (skipped: ${mongoSkip})` : ""}`, () => {
  it(`loses and doubles nothing when the server is killed ${MONGO_ROUNDS} times`, async () => {
    const database = newDatabase();
    onTestFinished(() => dropDatabase(database));
    await killAgainAndAgain({
      rounds: MONGO_ROUNDS,
      start: () => serve(String(mongoUrl), { env: { EVENT_DATABASE_NAME: database } }),
      check: (acknowledged) => expectCollectionWhole({ url: mongoUrl, database }, acknowledged),
      bulkSize: 50,
    });
  });
});
