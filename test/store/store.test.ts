import { afterEach, describe, expect, it } from "vitest";
import { EventStoreError } from "../../src/errors.ts";
import type { EventStoreOptions } from "../../src/store/options.ts";
import { EventStore } from "../../src/store/store.ts";

const NODE = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
const open: EventStore[] = [];
async function openStore(options: EventStoreOptions = {}): Promise<EventStore> {
  const store = await EventStore.open("memory:", { naiveTimezone: "UTC", onWarning: () => {}, ...options });
  open.push(store);
  return store;
}
afterEach(async () => {
  await Promise.all(open.splice(0).map((store) => store.close()));
});
const caught = async (run: () => unknown): Promise<EventStoreError> => {
  try {
    await run();
  } catch (error) {
    if (error instanceof EventStoreError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
};

describe("EventStore", () => {
  it("answers for each event of a batch and stores the good ones", async () => {
    const store = await openStore();
    const results = await store.append([
      { _id: "a" },
      { log_level: "loud" },
      { _id: "b" },
      { _id: "a", log_level: 50 },
    ]);
    expect(results.map(({ status }) => status)).toEqual(["stored", "invalid", "stored", "conflict"]);
    expect(await store.count()).toBe(2);
    expect(store.stats()).toMatchObject({ stored: 2, invalid: 1, conflicts: 1, duplicates: 0, pending: 0 });
  });

  it("rejects one bad event with what is wrong", async () => {
    const store = await openStore();
    const error = await caught(() => store.append({ source: { node_id: "x" } }));
    expect(error).toMatchObject({ code: "EVT_INVALID_EVENT", retryable: false });
    expect(error.message).toContain("source.node_id");
    expect(await store.count()).toBe(0);
  });

  it("returns the stored event with its arrival and the sender's clock skew", async () => {
    const store = await openStore({ now: () => new Date("2025-01-01T10:00:00Z") });
    const ahead = await store.append({ event_timestamp: "2025-01-01T10:00:05Z" });
    expect(ahead).toMatchObject({ status: "stored", event: { received_at: "2025-01-01T10:00:00Z", skew_ms: -5000 } });
    await store.append({ event_timestamp: "2024-12-31" });
    expect(store.stats()).toMatchObject({
      future: 1,
      late: 1,
      max_future_ms: 5000,
      max_late_ms: 122_400_000,
    });
    expect(await store.count({ selector: { skew_ms: { $lt: 0 } } })).toBe(1);
  });

  it("counts unknown types and warns once for each", async () => {
    const warnings: string[] = [];
    const store = await openStore({ onWarning: (message) => warnings.push(message) });
    await store.append([{ event_type: "door" }, { event_type: "door" }, { event_type: "window" }]);
    expect(store.stats().unknown_types).toBe(3);
    expect(warnings).toHaveLength(2);
    const strict = await openStore({ strictEventTypes: true });
    expect(await caught(() => strict.append({ event_type: "door" }))).toMatchObject({ code: "EVT_INVALID_EVENT" });
  });

  it("pages by cursor to the end, without gap or repetition, while events arrive", async () => {
    const store = await openStore();
    await store.append(Array.from({ length: 25 }, (_, i) => ({ _id: `e${i}`, event_timestamp: 1e9 + (i % 5) })));
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = store.find({ limit: 4, cursor });
      seen.push(...(await page.toArray()).map(({ _id }) => _id));
      cursor = page.cursor;
      await store.append({ event_timestamp: 2e9 });
    } while (cursor);
    expect(seen).toHaveLength(25);
    expect(new Set(seen).size).toBe(25);
  });

  it("refuses a cursor of another search", async () => {
    const store = await openStore();
    await store.append([{}, {}]);
    const page = store.find({ limit: 1 });
    await page.toArray();
    const cursor = page.cursor;
    expect(cursor).toBeDefined();
    expect(await caught(() => store.find({ cursor, order: "oldest" }))).toMatchObject({ code: "EVT_INVALID_OPTION" });
    expect(await caught(() => store.find({ cursor: "nonsense" }))).toMatchObject({ code: "EVT_INVALID_OPTION" });
  });

  it("returns only the fields asked for", async () => {
    const store = await openStore();
    await store.append({ _id: "a", event_data: 5 });
    expect(await store.find({ fields: ["event_data", "_id"] }).toArray()).toEqual([{ _id: "a", event_data: 5 }]);
    expect(await caught(() => store.find({ fields: ["x"] }))).toMatchObject({ code: "EVT_INVALID_OPTION" });
  });

  it("hides archived events unless asked, or unless the selector names them", async () => {
    const store = await openStore();
    await store.append([{ _id: "a" }, { _id: "b" }]);
    expect(await store.archive({ ids: ["a", "a", "zz"] })).toBe(1);
    expect(await store.count()).toBe(1);
    expect(await store.count({ includeArchived: true })).toBe(2);
    expect(await store.count({ selector: { archived: true } })).toBe(1);
    expect((await store.find({ by: "archived_at" }).toArray()).map(({ _id }) => _id)).toEqual(["a"]);
    expect(await store.unarchive(["a"])).toBe(1);
    expect(await store.count()).toBe(2);
  });

  it("archives with a time of the caller's, for events from another archive", async () => {
    const store = await openStore();
    await store.append([{ _id: "old" }]);
    expect(await store.archive({ ids: ["old"], at: "2025-01-02T03:04:05.678Z" })).toBe(1);
    expect((await store.get("old"))?.archived_at).toBe("2025-01-02T03:04:05.678000Z");
    await expect(store.archive({ ids: ["old"], at: "soon" })).rejects.toMatchObject({ code: "EVT_INVALID_OPTION" });
  });

  it("archives all that is older, in steps, and purges for good", async () => {
    const store = await openStore();
    await store.append(Array.from({ length: 25 }, (_, i) => ({ event_timestamp: 1e9 + i })));
    expect(await store.archive({ before: new Date((1e9 + 20) * 1000), batchSize: 3, maxBatches: 2 })).toBe(6);
    expect(await store.archive({ before: new Date((1e9 + 20) * 1000), batchSize: 3 })).toBe(14);
    expect(await store.archive({ before: new Date((1e9 + 20) * 1000) })).toBe(0);
    expect(await store.purge({ archivedBefore: new Date(Date.now() + 1000), batchSize: 7 })).toBe(20);
    expect(await store.count({ includeArchived: true })).toBe(5);
    expect(await caught(() => store.archive({}))).toMatchObject({ code: "EVT_INVALID_OPTION" });
  });

  it("archives to the microsecond", async () => {
    const store = await openStore();
    await store.append([
      { event_timestamp: "2025-01-01T00:00:00.000001Z" },
      { event_timestamp: "2025-01-01T00:00:00.000002Z" },
    ]);
    expect(await store.archive({ before: "2025-01-01T00:00:00.000002Z" })).toBe(1);
  });

  it("refuses unknown options, selectors and times by name", async () => {
    expect(await caught(() => openStore({ maxBatch: 5 } as EventStoreOptions))).toMatchObject({
      code: "EVT_INVALID_OPTION",
    });
    expect(await caught(() => openStore({ maxBatchEvents: 0 }))).toMatchObject({ code: "EVT_INVALID_OPTION" });
    expect(await caught(() => openStore({ naiveTimezone: "Mars/Base" }))).toMatchObject({ code: "EVT_INVALID_OPTION" });
    const store = await openStore();
    const refused = await caught(() => store.find({ selector: { $where: "1" } }));
    expect(refused).toMatchObject({ code: "EVT_INVALID_SELECTOR" });
    expect(refused.message).toContain("$where");
    expect(await caught(() => store.find({ from: "yesterday" }))).toMatchObject({ code: "EVT_INVALID_OPTION" });
    expect(await caught(() => store.find({ limit: -1 }))).toMatchObject({ code: "EVT_INVALID_OPTION" });
  });

  it("answers EVT_CLOSED after close, which waits for what was accepted", async () => {
    const store = await openStore();
    const pending = store.append(Array.from({ length: 5000 }, () => ({})));
    await new Promise((resolve) => setImmediate(resolve));
    await Promise.all([store.close(), store.close()]);
    expect(await pending).toHaveLength(5000);
    expect(await caught(() => store.append({}))).toMatchObject({ code: "EVT_CLOSED" });
    expect(await caught(() => store.get("a"))).toMatchObject({ code: "EVT_CLOSED" });
  });

  it("does not write through a read-only store", async () => {
    const { mkdtempSync, rmSync } = await import("node:fs");
    const { tmpdir } = await import("node:os");
    const folder = mkdtempSync(`${tmpdir()}/madsci-store-`);
    const url = `sqlite:${folder}/events.db`;
    const writer = await EventStore.open(url);
    await writer.append({ _id: "a", source: { node_id: NODE } });
    const reader = await EventStore.open(url, { readOnly: true });
    expect((await reader.get("a"))?.source).toEqual({ node_id: NODE });
    expect(await caught(() => reader.append({}))).toMatchObject({ code: "EVT_INVALID_OPTION" });
    await Promise.all([reader.close(), writer.close()]);
    rmSync(folder, { recursive: true });
  });
});
