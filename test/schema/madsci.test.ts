/** Migration 1 over a database MADSci 0.6 and 0.7 filled: what is read stays what it was, and becomes ours. */
import { describe, expect, it } from "vitest";
import { migrate } from "../../src/schema/migrate.ts";
import type { EventStore } from "../../src/store/store.ts";
import { DOCUMENTS } from "../backend/mongo/madsci-documents.ts";
import { mongoSkip, rawClient } from "../helpers/mongo.ts";
import { askedBackup, ENGINES, open, options, recordsOf, type TestPlace } from "./setup.ts";

const mongo = ENGINES.find(({ name }) => name === "mongo") as (typeof ENGINES)[number];
const ULID = "01JGFJJZ00000000000000000A";
const MORE = [
  {
    _id: ULID,
    event_type: "node_create",
    log_level: 20,
    alert: false,
    event_timestamp: "2025-01-02T00:00:00.000001",
    source: {},
    event_data: { big: 5_000_000_000, list: [1, 2.5], nothing: null, text: "x" },
  },
];

async function filled(place: TestPlace): Promise<void> {
  const client = await rawClient();
  const db = client.db(place.database);
  await db.collection("events").insertMany([...DOCUMENTS, ...MORE].map((doc) => ({ ...doc })) as never[]);
  await db.collection("schema_versions").insertOne({
    version: "1.0.0",
    applied_at: new Date("2025-12-15T00:00:00Z"),
    migration_notes: "Auto-initialized schema version 1.0.0",
  });
  await client.close();
}

async function raw(place: TestPlace): Promise<Map<unknown, Record<string, unknown>>> {
  const client = await rawClient();
  const docs = await client.db(place.database).collection("events").find({}).toArray();
  await client.close();
  return new Map(docs.map((doc) => [String(doc._id), doc]));
}

/** Searches that tell documents of ours from others. */
const SELECTORS = [
  {},
  { log_level: { $gte: 40 } },
  { event_type: "experiment_cancelled" },
  { archived: false },
  { alert: false },
  { trace_id: null },
  { "event_data.list": 1 },
  { "event_data.big": 5_000_000_000 },
  { event_timestamp: { $gte: "2025-01-01T10:00:05Z", $lt: "2025-01-01T10:00:16Z" } },
  { archived_at: { $exists: true } },
];

async function readings(store: EventStore): Promise<unknown[]> {
  const found: unknown[] = [];
  for (const selector of SELECTORS) {
    const events = await store.find({ selector, order: "oldest", includeArchived: true }).toArray();
    found.push(events.map(({ received_at, ...event }) => event));
    expect(await store.count({ selector, includeArchived: true })).toBe(events.length);
  }
  return found;
}

describe.skipIf(mongoSkip)("documents of MADSci", () => {
  it("are brought up however many there are: FerretDB stands still at a hundred updates of one command", async () => {
    const place = mongo.place();
    const client = await rawClient();
    const docs = Array.from({ length: 120 }, (_, n) => ({ ...MORE[0], _id: `old ${n}` }));
    await client
      .db(place.database)
      .collection("events")
      .insertMany(docs as never[]);
    await client.close();
    await migrate(options(await recordsOf(place), { backup: askedBackup().backup }));
    expect([...(await raw(place)).values()].filter(({ ts }) => ts === undefined)).toEqual([]);
  });

  it("are found and read as before, and most are ours afterwards", async () => {
    const place = mongo.place();
    await filled(place);
    const warnings: string[] = [];
    const store = await open(place, (text) => warnings.push(text));
    expect(warnings).toEqual([expect.stringContaining(`madsci-events migrate --database ${place.database}`)]);
    const before = await readings(store);
    const records = await recordsOf(place);
    const report = await migrate(options(records, { backup: askedBackup().backup }));
    expect(report).toMatchObject({ before: "1.0.0", after: "1.0.0+madsci-events.1" });
    expect(await readings(store)).toEqual(before);
    await store.close();
    const docs = await raw(place);
    const foreign = [...docs.values()].filter(({ ts }) => typeof ts !== "object" && typeof ts !== "number");
    expect(foreign.length).toBeLessThan(DOCUMENTS.length / 2 + 8);
    expect(docs.get("0.6-renamed")).toMatchObject({ event_type: "experiment_cancelled", trace_id: null });
    expect(docs.get("archived-text")?.archived_at).toEqual(new Date("2025-02-01T22:00:00Z"));
    expect(docs.get("archived-naive")?.archived_at).toEqual(new Date("2025-02-03T00:00:00.500Z"));
    expect(Number(docs.get("0.7-naive")?.ts)).toBe(Date.parse("2025-01-01T10:00:00.547Z") * 1000 + 703);
    expect(docs.get(ULID)).toMatchObject({
      event_timestamp: "2025-01-02T00:00:00.000001",
      received_at: expect.any(Date),
    });
  });

  it("are more than one command may change, and every one is changed", async () => {
    const place = mongo.place();
    const many = Array.from({ length: 110 }, (_, n) => ({ ...MORE[0], _id: `many-${String(n).padStart(3, "0")}` }));
    const client = await rawClient();
    const events = client.db(place.database).collection("events");
    await events.insertMany(many as never[]);
    const batches: number[] = [];
    const onProgress = ({ documents }: { readonly documents: number }) => void batches.push(documents);
    await migrate(options(await recordsOf(place), { onProgress }));
    expect(batches).toEqual([many.length]);
    expect(await events.countDocuments({ ts: { $type: "long" } })).toBe(many.length);
    await client.close();
  });

  it("keep every field that MADSci reads, but for the two it reads either way", async () => {
    const place = mongo.place();
    await filled(place);
    const before = await raw(place);
    await migrate(options(await recordsOf(place)));
    const after = await raw(place);
    expect(after.size).toBe(before.size);
    for (const [id, old] of before) {
      const { event_type: _type, archived_at: _at, ts: _ts, ...same } = old;
      expect(after.get(id), String(id)).toMatchObject(same);
      if (old.event_type !== "experiment_stop") expect(after.get(id)?.event_type).toEqual(old.event_type);
    }
  });

  it("are left alone by a second migration, also one that begins in the middle", async () => {
    const place = mongo.place();
    await filled(place);
    const records = await recordsOf(place);
    await migrate(options(records));
    const once = await raw(place);
    const client = await rawClient();
    await client.db(place.database).collection("schema_versions").deleteOne({ version: "1.0.0+madsci-events.1" });
    await client.close();
    const again = await migrate(options(records));
    expect(again.applied).toContain("1.0.0+madsci-events.1");
    expect(await raw(place)).toEqual(once);
  });

  it("are left half done by a migration that is interrupted: nothing is restored, and the next goes on", async () => {
    const place = mongo.place();
    await filled(place);
    const stop = new AbortController();
    const { calls, backup } = askedBackup();
    const onStep = (step: string) => void (step === "documents stored its cursor" && stop.abort());
    const records = await recordsOf(place);
    const interrupted = migrate(options(records, { backup, onStep, signal: stop.signal, batch: 1 }));
    await expect(interrupted).rejects.toMatchObject({ name: "AbortError" });
    expect(calls).toEqual([expect.stringMatching(/^make /)]);
    const { applied } = await migrate(options(records, { backup }));
    expect(applied).toEqual(["1.0.0+madsci-events.1"]);
  });

  it("archived meanwhile by another program stay archived", async () => {
    const place = mongo.place();
    await filled(place);
    const client = await rawClient();
    const events = client.db(place.database).collection<{ _id: string }>("events");
    const archived_at = new Date("2026-01-01T00:00:00Z");
    let steps = 0;
    // What the step has read by then, some servers all of it, is old.
    const onStep = async (step: string) => {
      if (step !== "documents stored its cursor" || steps++ > 0) return;
      await events.updateMany({}, { $set: { archived: true, archived_at } } as never);
    };
    await migrate(options(await recordsOf(place), { onStep, batch: 1 }));
    expect(steps).toBeGreaterThan(1);
    expect(await events.countDocuments({ archived: true, archived_at } as never)).toBe(DOCUMENTS.length + MORE.length);
    await client.close();
  });
});
