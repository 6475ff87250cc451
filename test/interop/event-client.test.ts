/** Our EventClient against MADSci's own Python server. */
import { describe, expect, it, onTestFinished } from "vitest";
import { createEvent, EventClient, newId, type TailItem, withEventContext } from "../../src/client/index.ts";
import { failure } from "../client/setup.ts";
import { dropDatabase, mongoSkip, mongoUrl, newDatabase } from "../helpers/mongo.ts";
import { startPythonServer } from "./python-server.ts";
import { pythonWith } from "./venv.ts";

const python = await pythonWith("0.7.1");
const skip = mongoSkip ?? ("missing" in python ? python.missing : undefined);
const NODE = "01JNDE00000000000000000001";
const EXPERIMENT = "01JEXP00000000000000000001";

async function openClient(): Promise<EventClient> {
  if ("missing" in python) throw new Error(python.missing);
  const database = newDatabase();
  onTestFinished(() => dropDatabase(database));
  const server = await startPythonServer({ python: python.path, mongoUrl: String(mongoUrl), database });
  onTestFinished(() => server.stop());
  const client = new EventClient({
    event_server: server.url,
    log_level: 10,
    close: { networkMs: 5000, totalMs: 8000 },
  });
  onTestFinished(async () => {
    await client.close();
  });
  return client;
}

describe.skipIf(skip)(`EventClient and MADSci's server${skip ? ` (skipped: ${skip})` : ""}`, () => {
  it("log, get, list, search, count, archive and purge", { timeout: 120_000 }, async () => {
    const client = await openClient();
    const plain = client.info("aspirate", { volume: 5, event_type: "action_start", node_id: NODE });
    const failed = client.error("jammed", new RangeError("too far"));
    const event = createEvent({ event_type: "node_create", log_level: 10, event_data: "a text" });
    client.log(event);
    const warned = client.log_warning(event);
    const own = withEventContext({ source: { experiment_id: EXPERIMENT }, metadata: { run: 7 } }, () =>
      client.info("custom", { event_type: "lamp_old" }),
    );
    const alerted = client.alert(event);
    expect(await client.flush(60_000)).toMatchObject({ logged: 6, acknowledged: 6, dropped: 0, deadLettered: 0 });

    expect(await client.get_event(plain)).toMatchObject({
      event_type: "action_start",
      source: { node_id: NODE },
      event_data: { message: "aspirate", volume: 5 },
    });
    expect(await client.get_event(event._id)).toEqual(event);
    expect(await client.get_event(failed)).toMatchObject({
      log_level: 40,
      event_data: { error: { type: "RangeError" } },
    });
    expect(await client.get_event(warned)).toMatchObject({ event_type: "node_create", log_level: 30 });
    expect(await client.get_event(alerted)).toMatchObject({ alert: true, log_level: 10 });
    // That server refuses types it does not know; ours stands in event_data.
    expect(await client.get_event(own)).toMatchObject({
      event_type: "unknown",
      source: { experiment_id: EXPERIMENT },
      event_data: { message: "custom", run: 7, event_type: "lamp_old" },
    });
    expect(await client.get_event(newId())).toBeUndefined();

    const listed = Object.keys(await client.get_events(50));
    expect(listed).toEqual(expect.arrayContaining([plain, failed, event._id, warned, own, alerted]));
    expect(Object.keys(await client.get_events(50, "error"))).toContain(failed);

    expect(Object.keys(await client.query_events({ "source.node_id": NODE }))).toEqual([plain]);
    const creations = { event_type: "node_create" };
    const found: string[] = [];
    for await (const { _id } of client.query_events(creations, { order: "oldest", pageSize: 2 })) found.push(_id);
    expect(new Set(found)).toEqual(new Set([event._id, warned, alerted]));
    expect((await failure(() => client.query_events({ $where: "1" } as never))).code).toBe("EVT_INVALID_SELECTOR");

    expect(await client.archive_events({ selector: creations })).toEqual({ archived_count: 3 });
    expect(await client.archive_events({ event_ids: [plain] })).toEqual({ archived_count: 1 });
    expect(await client.count_events(creations)).toBe(0);
    expect(await client.count_events(creations, { includeArchived: true })).toBe(3);
    expect(await client.get_event(plain)).toMatchObject({ archived: true });
    expect(await client.purge_events({ older_than_days: 1 })).toEqual({ deleted_count: 0 });
    expect(await client.purge_events({ older_than_days: 0 })).toEqual({ deleted_count: 4 });
    expect(await client.get_event(plain)).toBeUndefined();
  });

  it("tail, reports, health and settings", { timeout: 120_000 }, async () => {
    const client = await openClient();
    const tail = client.tail({ event_type: "test" });
    const items: TailItem[] = [];
    const sent: string[] = [];
    for await (const item of tail) {
      items.push(item);
      if (item.kind === "live") {
        client.info("not this one");
        sent.push(...[1, 2, 3].map((n) => client.info("this one", { n, event_type: "test" })));
        await client.flush(60_000);
      }
      if (items.length === 4) break;
    }
    const tailed = items.map((item) => (item.kind === "event" ? item.event._id : item.kind));
    expect(tailed.slice(0, 1)).toEqual(["live"]);
    expect(new Set(tailed.slice(1))).toEqual(new Set(sent));

    expect(await client.health()).toMatchObject({ healthy: true, db_connected: true });
    expect(await client.settings()).toHaveProperty("settings");
    expect(typeof (await client.get_session_utilization())).toBe("object");
    expect(typeof (await client.get_utilization_periods())).toBe("object");
    expect(typeof (await client.get_user_utilization_report({ csv: true }))).toBe("string");
    expect(await client.get_backup_status()).toHaveProperty("available_backups");
  });
});
