/** A database MADSci's servers wrote: everything is read, in order, beside our own events. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { StoredEvent } from "../../../src/event/event.ts";
import { mongoSkip } from "../../helpers/mongo.ts";
import { at, enter, find, findInSteps, idsOf, type Place, prepare, RECEIVED, selectorOf } from "./helpers.ts";
import { DOCUMENTS, FIXTURES, NODE } from "./madsci-documents.ts";

const DEFAULTS = { log_level: 20, alert: false, trace_id: null, span_id: null, archived: false, archived_at: null };
const NEVER_ARRIVED = { received_at: null, skew_ms: null };
const EXPECTED = FIXTURES.map(({ doc: { ts: _, ...fields }, read }) => {
  return { ...DEFAULTS, ...fields, ...NEVER_ARRIVED, ...read } as unknown as StoredEvent;
});
const IDS = idsOf(EXPECTED);
/** Ties at the epoch are ordered by id. */
const sorted = [...IDS.slice(0, 4).sort(), ...IDS.slice(4)];

describe.skipIf(mongoSkip)("documents of MADSci's servers", () => {
  let place: Place;
  beforeAll(async () => {
    place = await enter(DOCUMENTS);
  });
  afterAll(() => place.leave());

  it("are all read, in the order of their instants", async () => {
    const found = await find(place.backend);
    expect(idsOf(found)).toEqual(sorted);
    const newest = await find(place.backend, { order: "newest" });
    expect(idsOf(newest)).toEqual(sorted.toReversed());
  });

  it("have every field valid, and the original where it is", async () => {
    const byId = new Map((await find(place.backend)).map((event) => [event._id, event]));
    for (const expected of EXPECTED) expect(byId.get(expected._id)).toEqual(expected);
  });

  it("are counted as repaired where they are broken, with one warning", async () => {
    const before = place.backend.stats().repaired;
    await find(place.backend);
    expect(place.backend.stats().repaired - before).toBe(FIXTURES.filter(({ broken }) => broken).length);
    expect(place.warnings).toHaveLength(1);
  });

  it("are found by id, whatever its type", async () => {
    for (const expected of EXPECTED) expect(await place.backend.get(expected._id)).toEqual(expected);
  });

  it("can be paged through in both orders", async () => {
    for (const limit of [3, 100]) {
      expect(await findInSteps(place.backend, limit)).toEqual(sorted);
      expect(await findInSteps(place.backend, limit, { order: "newest" })).toEqual(sorted.toReversed());
    }
  });

  it("are bounded by time as instants", async () => {
    const from = at("2025-01-01T10:00:00.6Z");
    const found = await find(place.backend, { from, to: at("2025-01-01T10:00:01Z") });
    expect(idsOf(found)).toEqual(["offset", "utc"]);
  });

  it.each([
    [{ event_type: "experiment_cancelled" }, ["0.6-renamed"]],
    [{ event_type: "unknown" }, ["bare", "no-type"]],
    [{ log_level: { $gte: 40 } }, ["level-between", "level-double"]],
    [{ "source.node_id": { $exists: false } }, ["bare", "no-source", "odd-source"]],
    [{ _id: "65a1b2c3d4e5f60718293a4b" }, ["65a1b2c3d4e5f60718293a4b"]],
    [{ _id: { $oid: "65a1b2c3d4e5f60718293a4b" } }, ["65a1b2c3d4e5f60718293a4b"]],
    [{ _id: { $in: ["7", "east"] } }, ["east", "7"]],
    [
      { event_timestamp: { $lt: "2025-01-01T09:00:01" }, "source.node_id": NODE },
      [...sorted.slice(1, 4), "01ARZ3NDEKTSV4RRFFQ69G5FAV", "0.6-naive"],
    ],
    [{ "event_data.message": "east" }, ["east"]],
    [{ archived_at: { $gte: "2025-02-01T22:00:00Z" } }, ["archived-text", "archived-naive"]],
    [{ received_at: null, event_data: "text" }, ["text-data"]],
  ])("are found and counted by %j", async (where, expected) => {
    expect(idsOf(await find(place.backend, { where }))).toEqual(expected);
    expect(await place.backend.count({ selector: selectorOf(where) })).toBe(expected.length);
  });

  it("count as not archived where they do not say so", async () => {
    const archived = ["archived", "archived-text", "archived-naive", "archived-never"];
    expect(idsOf(await find(place.backend, { archived: true }))).toEqual(archived);
    const others = await find(place.backend, { archived: false });
    expect(idsOf(others)).toEqual(sorted.filter((id) => !archived.includes(id)));
    expect(await place.backend.count({ selector: selectorOf(), archived: false })).toBe(others.length);
  });

  it("are listed by the instant of archiving, those without one first", async () => {
    const expected = ["archived-never", "archived", "archived-text", "archived-naive"];
    expect(idsOf(await find(place.backend, { by: "archived_at" }))).toEqual(expected);
    expect(await findInSteps(place.backend, 1, { by: "archived_at", order: "newest" })).toEqual(expected.toReversed());
  });
});

describe.skipIf(mongoSkip)("our events beside MADSci's", () => {
  let place: Place;
  beforeAll(async () => {
    place = await enter(DOCUMENTS);
  });
  afterAll(() => place.leave());

  it("are merged in order, archived together and purged together", async () => {
    const { backend } = place;
    const ours = [
      prepare({ _id: "ours-1", event_timestamp: "2025-01-01T10:00:00.55" }),
      prepare({ _id: "ours-2", event_timestamp: "2025-01-01T05:00:03.5-05:00" }),
    ];
    await backend.append(ours, RECEIVED);
    const found = await findInSteps(backend, 2, { from: at("2025-01-01T10:00:00Z"), to: at("2025-01-01T10:00:04Z") });
    expect(found).toEqual([
      "0.7-naive",
      "ours-1",
      "offset",
      "utc",
      "space",
      "long-offset",
      "ours-2",
      "65a1b2c3d4e5f60718293a4b",
    ]);
    const selector = selectorOf({ event_timestamp: { $gte: "2025-01-01T10:00:03Z", $lte: "2025-01-01T10:00:05Z" } });
    expect(await backend.archive({ selector }, at("2025-03-01T00:00:00Z"), 2)).toBe(2);
    expect(await backend.archive({ selector }, at("2025-03-01T00:00:00Z"), 100)).toBe(2);
    expect(await backend.archive({ selector }, at("2025-03-01T00:00:00Z"), 100)).toBe(0);
    expect(await backend.unarchive(["7", "65a1b2c3d4e5f60718293a4b", "east"])).toBe(2);
    expect(await backend.purge(at("2025-02-01T22:00:00Z"), 100)).toBe(1);
    expect(await backend.purge(at("2025-04-01T00:00:00Z"), 3)).toBe(3);
    expect(await backend.purge(at("2025-04-01T00:00:00Z"), 100)).toBe(1);
    expect(idsOf(await find(backend, { archived: true }))).toEqual(["archived-never"]);
  });

  it("meet theirs of the same id", async () => {
    const same = prepare({
      _id: "utc",
      event_type: "log_info",
      event_timestamp: "2025-01-01T10:00:01Z",
      source: { node_id: NODE },
      event_data: { message: "utc" },
    });
    const other = prepare({ _id: "east" });
    const [duplicate, conflict] = await place.backend.append([same, other], RECEIVED);
    expect(duplicate?.status).toBe("duplicate");
    expect(conflict).toMatchObject({ status: "conflict", existing: { event_timestamp: "2025-01-01T23:30:00+14:00" } });
  });
});
