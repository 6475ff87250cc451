/** MADSci's Python server 0.7.1 on a database that we have migrated, and on one that we have restored. */
import { describe, expect, it } from "vitest";
import type { Event } from "../../src/event/event.ts";
import { project } from "../cli/run.ts";
import { runHere } from "../cli/run-here.ts";
import { mongoUrl, rawClient } from "../helpers/mongo.ts";
import { freshDatabase, pythonServer, skip } from "./madsci-database.ts";
import type { PythonServer } from "./python-server.ts";
import { essence, getJson, post } from "./reading.ts";

const NODE = "01JNDE00000000000000000001";
/** As MADSci 0.6 wrote them: no trace, no archive. */
const of06 = (n: number, more: Record<string, unknown> = {}) => ({
  ...{
    _id: `01JGFJJZ0000000000000000${String(n).padStart(2, "0")}`,
    event_type: "log_info",
    log_level: 20,
    alert: false,
  },
  ...{ event_timestamp: `2025-01-01T10:00:${String(n).padStart(2, "0")}.500000`, source: { node_id: NODE } },
  ...{ event_data: { n, list: [1, 2.5, null], text: "é 😀" }, ...more },
});
const OLD = [...Array.from({ length: 20 }, (_, n) => of06(n)), of06(30, { archived: true, archived_at: null })];
const TEXT_DATE = of06(31, { archived: true, archived_at: "2025-02-01T00:00:00" });

async function insert(database: string, documents: readonly object[]): Promise<void> {
  const client = await rawClient();
  await client
    .db(database)
    .collection("events")
    .insertMany(documents as never[]);
  await client.close();
}

/** How many of its documents are ours, with an instant. */
async function oursIn(database: string): Promise<number> {
  const client = await rawClient();
  const count = await client
    .db(database)
    .collection("events")
    .countDocuments({ ts: { $type: "long" } });
  await client.close();
  return count;
}

/** All it shows, by id. */
async function shown({ url }: PythonServer): Promise<Record<string, unknown>> {
  const events = (await getJson(`${url}/events?number=1000&include_archived=true`)) as Record<string, Event>;
  return Object.fromEntries(Object.entries(events).map(([id, event]) => [id, essence(event)]));
}

async function command(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runHere([...args, "--db-url", String(mongoUrl)], { cwd });
  expect({ args, code, stderr }).toEqual({ args, code: 0, stderr: "" });
  return stdout;
}

const cwd = project();

/** Starting that server takes a while. */
const LIMIT_MS = 150_000;

describe.skipIf(skip)("MADSci's server", { timeout: LIMIT_MS }, () => {
  it("reads the same before, after and during a migration, and starts again", async () => {
    const database = freshDatabase();
    const server = await pythonServer(database);
    for (const event of [{ event_data: "posted" }, { _id: "x", log_level: 40, event_data: { deep: [{ a: {} }] } }])
      await post(`${server.url}/event`, event);
    await insert(database, [...OLD, TEXT_DATE]);
    const before = await shown(server);
    expect(Object.keys(before)).toHaveLength(OLD.length + 3);
    const during = (async () => {
      for (let n = 0; n < 5; n++) expect(await shown(server)).toEqual(before);
    })();
    expect(await command("migrate", "--database", database)).toContain("recorded: 1.0.0+madsci-events.1");
    await during;
    expect(await shown(server)).toEqual(before);
    expect(await oursIn(database)).toBe(OLD.length + 3);
    await server.stop();

    const again = await pythonServer(database);
    expect(await shown(again)).toEqual(before);
    await post(`${again.url}/events/archive`, { event_ids: [OLD[0]?._id] });
    expect(await shown(again)).toMatchObject({ [String(OLD[0]?._id)]: { archived: true, gone: true } });
  });

  it("reads what it could not: a type that MADSci has renamed", async () => {
    const database = freshDatabase();
    await insert(database, [...OLD, of06(40, { event_type: "experiment_stop" })]);
    await command("migrate", "--database", database);
    const events = await shown(await pythonServer(database));
    expect(Object.keys(events)).toHaveLength(OLD.length + 1);
    expect(events[of06(40)._id]).toMatchObject({ event_type: "experiment_cancelled" });
  });

  it("starts on a database restored from our backup, and shows every event of it", async () => {
    const [database, copy] = [freshDatabase(), freshDatabase()];
    await insert(database, OLD);
    await command("migrate", "--database", database);
    const server = await pythonServer(database);
    await post(`${server.url}/event`, { _id: "x", event_data: { message: "posted" } });
    const before = await shown(server);
    await server.stop();
    const made = await command("backup", "create", "--database", database);
    await command("backup", "restore", /path +(\S+)/.exec(made)?.[1] ?? "", "--into", copy);
    const restored = await pythonServer(copy);
    expect(await shown(restored)).toEqual(before);
    expect(await getJson(`${restored.url}/health`)).toMatchObject({ total_events: OLD.length + 1 });
  });
});
