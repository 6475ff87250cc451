/** One MongoDB database under both programs: MADSci's Python server 0.7.1 reads what we wrote, and we what it wrote. */
import { describe, expect, it, onTestFinished } from "vitest";
import type { Event, EventInput } from "../../src/event/event.ts";
import { EventStore } from "../../src/index.ts";
import { mongoUrl } from "../helpers/mongo.ts";
import { freshDatabase, pythonServer, skip } from "./madsci-database.ts";
import { essence, getJson, post } from "./reading.ts";

if (skip !== undefined) console.warn(`\n  TESTS WITH MADSCI'S SERVER ARE SKIPPED: ${skip}\n`);

const NODE = "01JNDE00000000000000000001";
const RICH = { list: [3, null, { deep: [1, {}] }], text: "é 😀", big: 2 ** 53 - 1, real: 1.5, flag: false };

/** In time order; naive texts are UTC here. */
const INPUTS: readonly EventInput[] = [
  { _id: "a", event_timestamp: "2025-01-01T10:00:00", event_data: { message: "naive" } },
  { _id: "b", event_timestamp: "2025-01-01T10:00:00.5", event_type: "node_start", source: { node_id: NODE } },
  { _id: "c", event_timestamp: "2025-01-01T10:00:01.000001", log_level: 40, alert: true, event_data: RICH },
  { _id: "d", event_timestamp: "2025-01-01T10:00:02", log_level: 50, event_data: [1, "two", null] },
  { _id: "e", event_timestamp: "2025-01-01T10:00:03", event_data: "plain text", trace_id: "x", span_id: "y" },
];

function openStore(database: string): Promise<EventStore> {
  return EventStore.open(String(mongoUrl), { database, naiveTimezone: "UTC", onWarning: () => {} });
}

describe.skipIf(skip)("one database under MADSci's server and ours", () => {
  it("what we wrote is read by MADSci's server, in order", async () => {
    const database = freshDatabase();
    const store = await openStore(database);
    await store.append(INPUTS);
    await store.archive({ ids: ["d"] });
    const stored = await store.find({ includeArchived: true }).toArray();
    await store.close();

    const server = await pythonServer(database);
    expect(await getJson(`${server.url}/health`)).toMatchObject({ healthy: true, total_events: INPUTS.length });
    const listed = (await getJson(`${server.url}/events?include_archived=true`)) as Record<string, Event>;
    expect(Object.values(listed).map(essence)).toEqual(stored.map(essence));
    expect(Object.keys((await getJson(`${server.url}/events`)) as object)).toEqual(["e", "c", "b", "a"]);
    expect(Object.keys((await getJson(`${server.url}/events/archived`)) as object)).toEqual(["d"]);
    for (const event of stored) {
      expect(essence((await getJson(`${server.url}/event/${event._id}`)) as Event)).toEqual(essence(event));
    }
  });

  it("what MADSci's server wrote is read by us, in order, together with our own", async () => {
    const database = freshDatabase();
    const server = await pythonServer(database);
    for (const input of INPUTS) await post(`${server.url}/event`, input);
    await post(`${server.url}/events/archive`, { event_ids: ["d"] });
    const theirs = (await getJson(`${server.url}/events?include_archived=true`)) as Record<string, Event>;

    const store = await openStore(database);
    onTestFinished(() => store.close());
    await store.append({ _id: "ours", event_timestamp: "2025-01-01T11:00:02.5+01:00" });
    const found = await store.find({ includeArchived: true, order: "oldest" }).toArray();
    expect(found.map((event) => event._id)).toEqual(["a", "b", "c", "d", "ours", "e"]);
    expect(found.filter((event) => event._id !== "ours").map(essence)).toEqual(
      Object.values(theirs).reverse().map(essence),
    );
    expect(await store.count({ selector: { "event_data.real": 1.5 } })).toBe(1);
    expect(await store.count()).toBe(INPUTS.length);
    expect((await store.get("b"))?.source).toEqual({ node_id: NODE });
    expect((await store.find({ selector: { archived: true } }).toArray()).map((event) => event._id)).toEqual(["d"]);
  });
});
