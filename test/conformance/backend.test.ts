/**
 * The backend contract: the same promises on every engine. Its table of contents is the specification of backend.ts.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Backend, FindQuery, Position } from "../../src/backend/backend.ts";
import type { EventInput, StoredEvent } from "../../src/event/event.ts";
import { instantOf } from "../../src/event/instant.ts";
import { parseContext, prepareEvent } from "../../src/event/parse.ts";
import { parseSelector } from "../../src/event/selector/parse.ts";
import type { Selector } from "../../src/event/selector/selector.ts";
import { parseTimestamp, type Timestamp } from "../../src/event/timestamp.ts";
import { zoneReader } from "../../src/event/zone.ts";
import { BACKENDS } from "../helpers/backends.ts";

const zone = zoneReader("UTC");
const context = parseContext({ naiveTimezone: "UTC" });
const NODE = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
const prepare = (input: EventInput) => prepareEvent(input, context);
const at = (text: string) => (parseTimestamp(text, zone) as Timestamp).instant;
const received = at("2025-06-01T00:00:00Z");
const ids = (events: readonly StoredEvent[]) => events.map((event) => event._id);

describe.each(BACKENDS)("backend $name", ({ open, skip }) => {
  if (skip) return it.skip(`runs where there is a server (${skip})`, () => {});
  let backend: Backend;
  let close: () => Promise<void>;

  beforeAll(async () => {
    backend = await open();
    close = () => backend.close();
  });
  afterAll(() => close());
  beforeEach(async () => {
    const all = parseSelector({});
    const now = instantOf(Date.now());
    while ((await backend.archive({ selector: all }, 0n, 1000)) > 0);
    while ((await backend.purge(now, 1000)) > 0);
  });

  const append = async (...inputs: EventInput[]) => backend.append(inputs.map(prepare), received);
  const collect = async (query: Partial<FindQuery> & { where?: Selector } = {}) => {
    const { where, ...rest } = query;
    const selector = parseSelector(where ?? {}, { naiveTimezone: "UTC" });
    const found: StoredEvent[] = [];
    let position: Position | undefined;
    for await (const page of backend.find({ selector, by: "event_timestamp", order: "newest", ...rest })) {
      found.push(...page.events);
      position = page.position;
    }
    return { found, position };
  };
  const find = async (query: Parameters<typeof collect>[0] = {}) => ids((await collect(query)).found);

  it("tells who decides about an event", () => {
    const explain = (where: Selector) =>
      backend.explain({ selector: parseSelector(where), by: "event_timestamp", order: "newest" });
    expect(explain({ "event_data.message": { $regex: "a.b" } })).toMatchObject({
      engine: backend.kind,
      decided_by: "matcher",
    });
    expect(explain({ log_level: 40 }).decided_by).not.toBe("matcher");
  });

  it("returns an event as it was appended, with its arrival", async () => {
    const event = prepare({
      event_timestamp: "2025-05-31T23:59:59.250001",
      source: { node_id: NODE },
      event_data: { a: [1, null] },
    });
    expect(await backend.append([event], received)).toEqual([{ status: "stored" }]);
    expect(await backend.get(event.event._id)).toEqual({
      ...event.event,
      received_at: "2025-06-01T00:00:00Z",
      skew_ms: 750,
    });
    expect(await backend.get("absent")).toBeUndefined();
  });

  it("keeps what JSON can hold, big integers and odd keys included", async () => {
    const data = {
      big: [2n ** 53n + 1n, -(2n ** 63n), 2n ** 64n],
      text: ["", "\u0000", "\ud800", "😀", "\u2028"],
      keys: { "": 1, "a.b": 2, $c: 3, __proto: 4, "a\u0000": 5 },
      nested: [[1, [2]], [], {}],
      number: [0, -1.5, 1e308, 5e9, 1e21, 2147483648],
      flag: [true, false, null],
    };
    await append({ _id: "fidelity", event_data: data });
    expect((await backend.get("fidelity"))?.event_data).toEqual(data);
    for (const value of [null, "text", 5, true, [1], []]) {
      const id = `scalar-${JSON.stringify(value)}`;
      await append({ _id: id, event_data: value });
      expect((await backend.get(id))?.event_data).toEqual(value);
    }
  });

  it("keeps the first event when an id comes twice, and says whether the second was the same", async () => {
    await append({ _id: "a", event_timestamp: "2025-01-01", event_data: { x: 1, y: 2 } });
    const again = await append(
      { _id: "a", event_timestamp: "2025-01-01", event_data: { y: 2, x: 1 } },
      { _id: "a", event_timestamp: "2025-01-01", event_data: { x: 3 } },
      { _id: "a", event_data: { x: 1, y: 2 } },
    );
    expect(again.map(({ status }) => status)).toEqual(["duplicate", "conflict", "duplicate"]);
    expect(again[1]).toMatchObject({ existing: { _id: "a", event_data: { x: 1, y: 2 } } });
    expect((await backend.get("a"))?.event_data).toEqual({ x: 1, y: 2 });
  });

  it("stores an id once when it comes twice in one batch, and its neighbours", async () => {
    const outcomes = await append(
      { _id: "a", event_timestamp: "2025-01-01" },
      { _id: "b", event_timestamp: "2025-01-01" },
      { _id: "a", event_timestamp: "2025-01-01" },
      { _id: "b", event_timestamp: "2025-01-02" },
    );
    expect(outcomes.map(({ status }) => status)).toEqual(["stored", "stored", "duplicate", "conflict"]);
    expect(await backend.count({ selector: parseSelector({}) })).toBe(2);
  });

  it("stores concurrent appends of one id once", async () => {
    const outcomes = await Promise.all(Array.from({ length: 8 }, (_, i) => append({ _id: "a", event_data: i })));
    expect(outcomes.flat().filter(({ status }) => status === "stored")).toHaveLength(1);
  });

  it("orders by instant whatever the notation, then by id", async () => {
    await append(
      { _id: "c", event_timestamp: "2025-01-01T10:00:00.000002" },
      { _id: "d", event_timestamp: "2025-01-01T12:00:00+02:00" },
      { _id: "a", event_timestamp: "2025-01-01T10:00:00Z" },
      { _id: "b", event_timestamp: "2025-01-01T04:00:00.000001-06:00" },
      { _id: "😀", event_timestamp: "2025-01-01T10:00:00Z" },
      { _id: "\uffee", event_timestamp: "2025-01-01T10:00:00Z" },
      { _id: "e", event_timestamp: "2300-01-01T00:00:00.000001Z" },
      { _id: "f", event_timestamp: "2300-01-01T00:00:00.000002Z" },
      { _id: "g", event_timestamp: "0001-01-01T00:00:00Z" },
    );
    const newest = ["f", "e", "c", "b", "😀", "\uffee", "d", "a", "g"];
    expect(await find()).toEqual(newest);
    expect(await find({ order: "oldest" })).toEqual(newest.toReversed());
    expect(await find({ limit: 3, skip: 2 })).toEqual(newest.slice(2, 5));
  });

  it("bounds by time inclusively, to the microsecond", async () => {
    for (let i = 0; i < 5; i++) await append({ _id: `${i}`, event_timestamp: `2025-01-01T10:00:00.00000${i}Z` });
    const [from, to] = [at("2025-01-01T10:00:00.000001Z"), at("2025-01-01T11:00:00.000003+01:00")];
    expect(await find({ from, to })).toEqual(["3", "2", "1"]);
    expect(await backend.count({ selector: parseSelector({}), from, to })).toBe(3);
  });

  it("continues behind a position in both orders, ties included", async () => {
    const batch = Array.from({ length: 40 }, (_, i) => ({
      _id: `e${i}`,
      event_timestamp: 1735725600 + Math.floor(i / 15),
    }));
    await append(...batch);
    for (const order of ["newest", "oldest"] as const) {
      const all = await find({ order });
      const paged: string[] = [];
      let after: Position | undefined;
      for (let page = 0; page < 20; page++) {
        const { found, position } = await collect({ order, limit: 7, after });
        paged.push(...ids(found));
        if (found.length < 7) break;
        after = position;
        expect(after).toBeDefined();
      }
      expect(paged).toEqual(all);
    }
  });

  it("finds and counts by selector what the matcher accepts", async () => {
    await append(
      {
        _id: "a",
        log_level: 40,
        event_type: "node_error",
        source: { node_id: NODE },
        event_data: { t: 5, tags: ["x", "y"] },
      },
      { _id: "b", log_level: 20, event_data: { t: [7, 1], deep: [{ v: 1 }, { v: 2 }] } },
      { _id: "c", log_level: 30, event_data: null, alert: true },
    );
    const expectations: [Selector, string[]][] = [
      [{}, ["a", "b", "c"]],
      [{ log_level: { $gte: 30 } }, ["a", "c"]],
      [{ "source.node_id": NODE }, ["a"]],
      [{ source: { node_id: NODE } }, ["a"]],
      [{ "event_data.t": { $gt: 4 } }, ["a", "b"]],
      [{ "event_data.t": { $not: { $gt: 6 } } }, ["a", "c"]],
      [{ "event_data.deep.v": 2 }, ["b"]],
      [{ "event_data.tags": { $all: ["x", "y"], $size: 2 } }, ["a"]],
      [{ "event_data.deep": { $elemMatch: { v: { $gt: 1 } } } }, ["b"]],
      [{ $or: [{ alert: true }, { event_type: { $regex: "^node_" } }] }, ["a", "c"]],
      [{ "event_data.t": { $exists: false } }, ["c"]],
      [{ event_data: null }, ["c"]],
      [{ _id: { $in: ["a", "c", "zz"] }, log_level: { $ne: 30 } }, ["a"]],
    ];
    for (const [where, expected] of expectations) {
      expect((await find({ where })).sort(), JSON.stringify(where)).toEqual(expected);
      expect(
        await backend.count({ selector: parseSelector(where, { naiveTimezone: "UTC" }) }),
        JSON.stringify(where),
      ).toBe(expected.length);
    }
  });

  it("compares the time fields as instants in selectors", async () => {
    await append(
      { _id: "naive", event_timestamp: "2025-01-01T10:00:00" },
      { _id: "zulu", event_timestamp: "2025-01-01T10:00:00Z" },
      { _id: "offset", event_timestamp: "2025-01-01T11:30:00+01:00" },
    );
    expect((await find({ where: { event_timestamp: "2025-01-01T05:00:00-05:00" } })).sort()).toEqual(["naive", "zulu"]);
    expect(await find({ where: { event_timestamp: { $gt: { $date: "2025-01-01T10:00:00Z" } } } })).toEqual(["offset"]);
    expect(await find({ where: { received_at: { $lt: "2025-01-01" } } })).toEqual([]);
    expect(await find({ where: { received_at: { $gte: "2025-06-01T02:00:00+02:00" } } })).toHaveLength(3);
  });

  it("archives by id and by selector, once, oldest first, and hides and lists accordingly", async () => {
    for (let i = 0; i < 6; i++) await append({ _id: `${i}`, event_timestamp: 1735725600 + i });
    const when = at("2025-06-02T00:00:00.123Z");
    expect(await backend.archive({ ids: ["0", "1", "absent"] }, when, 100)).toBe(2);
    expect(await backend.archive({ ids: ["0", "2"] }, when + 1_000_000n, 100)).toBe(1);
    expect(await backend.get("0")).toMatchObject({ archived: true, archived_at: "2025-06-02T00:00:00.123000Z" });
    expect(await find({ archived: false })).toEqual(["5", "4", "3"]);
    expect(await find({ archived: true, by: "archived_at" })).toEqual(["2", "1", "0"]);
    expect(await find()).toHaveLength(6);
    expect(await find({ where: { archived_at: { $gt: "2025-06-02T00:00:00.5Z" } } })).toEqual(["2"]);
    expect(await find({ where: { archived_at: null } })).toEqual(["5", "4", "3"]);
    const older = parseSelector({ event_timestamp: { $lt: "2025-01-01T10:00:05Z" } }, { naiveTimezone: "UTC" });
    expect(await backend.archive({ selector: older }, when, 1)).toBe(1);
    expect(await backend.get("3")).toMatchObject({ archived: true });
    expect(await backend.archive({ selector: older }, when, 100)).toBe(1);
    expect(await backend.unarchive(["0", "5", "absent"])).toBe(1);
    expect(await backend.get("0")).toMatchObject({ archived: false, archived_at: null });
  });

  it("purges what was archived before the instant, at most the limit", async () => {
    await append({ _id: "a" }, { _id: "b" }, { _id: "c" }, { _id: "d" });
    const when = at("2025-06-02");
    await backend.archive({ ids: ["a", "b"] }, when, 100);
    await backend.archive({ ids: ["c"] }, when + 60_000_000n, 100);
    expect(await backend.purge(when, 100)).toBe(0);
    expect(await backend.purge(when + 1000n, 1)).toBe(1);
    expect(await backend.purge(when + 1000n, 100)).toBe(1);
    expect((await find()).sort()).toEqual(["c", "d"]);
  });

  it("stops quietly when the caller goes away", async () => {
    await append(...Array.from({ length: 50 }, (_, i) => ({ _id: `${i}` })));
    const abort = new AbortController();
    abort.abort();
    expect((await find({ signal: abort.signal })).length).toBeLessThanOrEqual(50);
    for await (const page of backend.find({ selector: parseSelector({}), by: "event_timestamp", order: "newest" })) {
      expect(page.events.length).toBeGreaterThanOrEqual(0);
      break;
    }
    expect(await find({ limit: 1 })).toHaveLength(1);
  });

  it("counts no further than the limit", async () => {
    await append(...Array.from({ length: 20 }, (_, i) => ({ _id: `${i}` })));
    expect(await backend.count({ selector: parseSelector({}), limit: 5 })).toBe(5);
    expect(await backend.count({ selector: parseSelector({ "event_data.x": { $exists: false } }), limit: 5 })).toBe(5);
  });

  it("answers pings and estimates", async () => {
    await append({ _id: "a" });
    await backend.ping();
    expect(await backend.estimate()).toBeGreaterThanOrEqual(1);
  });
});

describe.each(BACKENDS)("closed backend $name", ({ open, skip }) => {
  it.skipIf(skip)("answers EVT_CLOSED, and closes twice without complaint", async () => {
    const backend = await open();
    await backend.close();
    await backend.close();
    await expect(backend.get("a")).rejects.toMatchObject({ code: "EVT_CLOSED" });
    await expect(backend.append([], 0n)).rejects.toMatchObject({ code: "EVT_CLOSED" });
  });
});
