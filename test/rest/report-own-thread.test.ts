/** An application that mounts the routes of the built package: its reports come out of a thread, where one can read the store. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import { dropDatabase, mongoSkip, mongoUrl, newDatabase } from "../helpers/mongo.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** Stores a workflow, asks for the report of users, and says who made it. Ends when nothing keeps it. */
const APPLICATION = `
import fastify from "fastify";
import { EventStore } from "madsci-events";
import { eventRoutes } from "madsci-events/fastify";
const { folder, url, options = {}, routes = {}, client } = JSON.parse(process.argv[1]);
let threads = 0;
process.on("worker", () => threads++);
const { MongoClient } = client ? await import("mongodb") : {};
const own = client && (await new MongoClient(url).connect());
if (folder) process.chdir(folder);
const store = await EventStore.open(url, { naiveTimezone: "UTC", ...options, ...(own && { client: own }) });
process.chdir("/");
await store.append({
  event_type: "workflow_complete",
  event_timestamp: "2025-06-10T10:00:00Z",
  event_data: { workflow_id: "w", name: "assay", status: "completed", author: "Ada", duration_seconds: 60 },
});
const app = fastify();
const now = () => new Date("2025-06-11T00:00:00Z");
await app.register(eventRoutes, { prefix: "/lab", store, now, ...routes });
const answer = await app.inject("/lab/utilization/users?start_time=2025-06-10");
if (answer.statusCode !== 200) throw new Error(answer.body);
const { report_metadata, user_utilization } = answer.json();
await app.close();
await store.close();
await own?.close();
console.log(JSON.stringify({ threads, users: Object.keys(user_utilization), made: report_metadata.generated_at }));
`;

async function run(application: object): Promise<unknown> {
  const child = spawn(process.execPath, ["--input-type=module", "-e", APPLICATION, JSON.stringify(application)], {
    cwd: ROOT,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const printed: string[] = [];
  child.stdout.on("data", (data) => printed.push(String(data)));
  const [code] = await once(child, "close");
  expect(code).toBe(0);
  return JSON.parse(printed.join(""));
}

const made = (threads: number) => ({ threads, users: ["Ada"], made: "2025-06-11T00:00:00+00:00" });

describe("the routes in an application", () => {
  it("make reports of a file in a thread, by the application's clock, wherever the process has gone, and end it", async () => {
    const folder = mkdtempSync(join(tmpdir(), "madsci-own-thread-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    expect(await run({ folder, url: "sqlite:lab.db" })).toEqual(made(1));
    expect(await run({ folder, url: "sqlite:other.db", routes: { reporter: null } })).toEqual(made(0));
  });

  it("make reports of a store in memory themselves", async () => {
    expect(await run({ url: "memory:" })).toEqual(made(0));
  });

  it.skipIf(mongoSkip)("make reports of MongoDB in a thread, but for a client of the application's", async () => {
    for (const [client, threads] of [
      [undefined, 1],
      [true, 0],
    ] as const) {
      const database = newDatabase();
      onTestFinished(() => dropDatabase(database));
      const application = { url: mongoUrl, options: { database, collection: "lab" }, client };
      expect(await run(application)).toEqual(made(threads));
    }
  });
});
