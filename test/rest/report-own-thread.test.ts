/** An application that mounts the routes of the built package: its reports come out of a thread, where one can read the store. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { BUSY, runApplication } from "../helpers/application.ts";
import { dropDatabase, mongoSkip, mongoUrl, newDatabase } from "../helpers/mongo.ts";

/** Stores a workflow, asks for the report of users, and says who made it. Ends when nothing keeps it. */
const APPLICATION = `
const { folder, url, options = {}, routes = {}, client } = given;
const { MongoClient } = client ? await import("mongodb") : {};
const own = client && (await new MongoClient(url).connect());
if (folder) process.chdir(folder);
const store = await EventStore.open(url, { naiveTimezone: "UTC", ...options, ...(own && { client: own }) });
process.chdir("/");
await store.append(WORKFLOW);
const now = () => new Date("2025-06-11T00:00:00Z");
const app = await appWith({ prefix: "/lab", store, now, ...routes });
const { report_metadata, user_utilization } = (await app.inject("/lab/utilization/users?start_time=2025-06-10")).json();
await app.close();
await store.close();
await own?.close();
tell({ threads, users: Object.keys(user_utilization), made: report_metadata.generated_at });
`;

const made = (threads: number) => ({
  code: 0,
  signal: null,
  told: { threads, users: ["Ada"], made: "2025-06-11T00:00:00+00:00" },
});

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "madsci-own-thread-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

describe("the routes in an application", () => {
  it("make reports of a file in a thread, by the application's clock, wherever the process has gone, and end it", async () => {
    const folder = newFolder();
    expect(await runApplication(APPLICATION, { folder, url: "sqlite:lab.db" })).toEqual(made(1));
    const routes = { reporter: null };
    expect(await runApplication(APPLICATION, { folder, url: "sqlite:other.db", routes })).toEqual(made(0));
  });

  it("make reports of a store in memory themselves", async () => {
    expect(await runApplication(APPLICATION, { url: "memory:" })).toEqual(made(0));
  });

  it.skipIf(mongoSkip)("make reports of MongoDB in a thread, but for a client of the application's", async () => {
    for (const [client, threads] of [
      [undefined, 1],
      [true, 0],
    ] as const) {
      const database = newDatabase();
      onTestFinished(() => dropDatabase(database));
      const application = { url: mongoUrl, options: { database, collection: "lab" }, client };
      expect(await runApplication(APPLICATION, application)).toEqual(made(threads));
    }
  });

  it("answer no report when the store is closed", async () => {
    const code = `
const store = await EventStore.open(given);
await store.append(WORKFLOW);
const app = await appWith({ store });
const before = await usersOf(app);
await store.close();
tell([before, await usersOf(app)]);
await app.close();`;
    const { told } = await runApplication(code, `sqlite:${join(newFolder(), "lab.db")}`);
    expect(told).toEqual([["Ada"], 503]);
  });
});

describe("a process with reports under way", () => {
  const url = () => `sqlite:${join(newFolder(), "lab.db")}`;

  it.each([0, 100, 300, 400, 500])("closes the app and the store to the end, %d ms after it asked", async (afterMs) => {
    const code = `${BUSY}
await new Promise((resolve) => setTimeout(resolve, given.afterMs));
await app.close();
await store.close();
tell("closed");`;
    expect(await runApplication(code, { url: url(), afterMs })).toEqual({ code: 0, signal: null, told: "closed" });
  });
});
