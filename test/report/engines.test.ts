/** The same reports wherever the events rest, and whoever wrote them there. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { EventStore } from "../../src/index.ts";
import { periods, sessions, users } from "../../src/report/index.ts";
import { dropDatabase, mongoSkip, mongoUrl, newDatabase, rawClient } from "../helpers/mongo.ts";
import { eventsOf, now, storeOf } from "./golden.ts";

const options = { naiveTimezone: "UTC", onWarning: () => {} };
/** On a busy machine. */
const SLOW = 60_000;

async function reportsOf(store: EventStore) {
  const inner = { from: "2025-06-10T14:30:00", to: "2025-06-10T17:00:00", now };
  return [await sessions(store, { now }), await users(store, { now }), await periods(store, inner)];
}

async function expectedOf(scenario: string) {
  await using store = await storeOf(scenario);
  return await reportsOf(store);
}

it.each(["h-current-emitters", "k3-poison-session"])(
  "of %s are the same from a file, also read only",
  async (scenario) => {
    const folder = mkdtempSync(join(tmpdir(), "madsci-report-"));
    const url = `sqlite:${join(folder, "events.db")}`;
    const expected = await expectedOf(scenario);
    {
      await using store = await EventStore.open(url, options);
      await store.append(eventsOf(scenario));
      expect(await reportsOf(store)).toEqual(expected);
    }
    {
      await using store = await EventStore.open(url, { ...options, readOnly: true });
      expect(await reportsOf(store)).toEqual(expected);
    }
    rmSync(folder, { recursive: true });
  },
);

it.skipIf(mongoSkip)("are the same from MongoDB", { timeout: SLOW }, async () => {
  const database = newDatabase();
  {
    await using store = await EventStore.open(String(mongoUrl), { ...options, database });
    await store.append(eventsOf("h-current-emitters"));
    expect(await reportsOf(store)).toEqual(await expectedOf("h-current-emitters"));
  }
  await dropDatabase(database);
});

it.skipIf(mongoSkip)("are the same from documents that MADSci's server wrote", { timeout: SLOW }, async () => {
  const database = newDatabase();
  await (await EventStore.open(String(mongoUrl), { ...options, database })).close();
  const client = await rawClient();
  const documents = eventsOf("i-legacy-v06") as object[];
  await client.db(database).collection("events").insertMany(documents);
  await client.close();
  {
    await using store = await EventStore.open(String(mongoUrl), { ...options, database });
    expect(await reportsOf(store)).toEqual(await expectedOf("i-legacy-v06"));
  }
  await dropDatabase(database);
});
