/**
 * Marks: the same promises on every engine. With alert-records.test.ts this is the specification of alert-records.ts.
 *
 * The tests of an engine share one database: each takes a lane and ids of its own.
 */
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Marks } from "../../src/backend/alert-records.ts";
import type { Backend } from "../../src/backend/backend.ts";
import type { EventInput } from "../../src/event/event.ts";
import { instantOf } from "../../src/event/instant.ts";
import { parseContext, prepareEvent } from "../../src/event/parse.ts";
import { parseSelector } from "../../src/event/selector/parse.ts";
import { BACKENDS } from "../helpers/backends.ts";

const context = parseContext({ naiveTimezone: "UTC", limits: { maxBytes: 1 << 23 } });
const prepare = (input: EventInput) => prepareEvent(input, context);
const RECEIVED_MS = Date.parse("2025-06-01T00:00:00Z");
const after = (ms: number) => instantOf(new Date(RECEIVED_MS + ms));
const fresh = () => randomUUID().slice(0, 12);
const INVALID = { name: "EventStoreError", code: "EVT_INVALID_OPTION" };

describe.each(BACKENDS)("marks in $name", ({ open, skip }) => {
  if (skip) return it.skip(`runs where there is a server (${skip})`, () => {});
  let backend: Backend;
  beforeAll(async () => {
    backend = await open();
  });
  afterAll(() => backend.close());

  const append = (inputs: readonly EventInput[], marks: readonly (Marks | undefined)[], ms = 0) =>
    backend.append(inputs.map(prepare), after(ms), marks);
  /** Ids of events that wait for a lane. */
  const waiting = async (lane: string, limit = 100) => {
    const marked = await backend.alerts.marked(lane, limit);
    return marked.map(({ event }) => event._id);
  };

  it("are written with an event that is stored, and say what matched", async () => {
    const [lane, a, b] = [fresh(), fresh(), fresh()];
    const inputs = [{ _id: a, event_data: { big: 2n ** 60n } }, { _id: b }];
    expect(await append(inputs, [{ [lane]: ["x", "y.z"] }])).toEqual([{ status: "stored" }, { status: "stored" }]);
    expect(await backend.alerts.marked(lane, 10)).toEqual([{ event: await backend.get(a), matched: ["x", "y.z"] }]);
  });

  it("are not written for an event that was there, nor for the second of equal ids", async () => {
    const [lane, a, b] = [fresh(), fresh(), fresh()];
    const event = { _id: a, event_timestamp: "2025-06-01T00:00:00Z" };
    await append([event], []);
    const twin = { _id: b, event_timestamp: "2025-06-01T00:00:00Z" };
    const inputs = [event, { ...event, event_data: { other: 1 } }, twin, twin];
    const marks = ["duplicate", "conflict", "first", "second"].map((word) => ({ [lane]: [word] }));
    const outcomes = await append(inputs, marks);
    expect(outcomes.map(({ status }) => status)).toEqual(["duplicate", "conflict", "stored", "duplicate"]);
    const marked = await backend.alerts.marked(lane, 10);
    expect(marked.map(({ event: { _id }, matched }) => [_id, matched])).toEqual([[b, ["first"]]]);
  });

  it("are written once, whoever appends an event at the same time", async () => {
    const [lane, id] = [fresh(), fresh()];
    const input = { _id: id, event_timestamp: "2025-06-01T00:00:00Z" };
    const all = await Promise.all(Array.from({ length: 8 }, (_, i) => append([input], [{ [lane]: [`${i}`] }])));
    const winner = all.findIndex(([outcome]) => outcome?.status === "stored");
    const marked = await backend.alerts.marked(lane, 10);
    expect(marked.map(({ matched }) => matched)).toEqual([[`${winner}`]]);
    await backend.alerts.unmark(lane, [id]);
    await append([input], [{ [lane]: ["late"] }]);
    expect(await waiting(lane)).toEqual([]);
  });

  it("wait in the order of arrival, whatever the event's own time, and as many as are wanted come", async () => {
    const lane = fresh();
    const ids = Array.from({ length: 12 }, (_, i) => `${lane}-${String(i).padStart(2, "0")}`);
    for (const [i, _id] of ids.entries()) {
      await append([{ _id, event_timestamp: new Date(RECEIVED_MS - i * 1000) }], [{ [lane]: ["r"] }], i);
    }
    expect(await waiting(lane)).toEqual(ids);
    expect(await waiting(lane, 5)).toEqual(ids.slice(0, 5));
    expect(await waiting(lane, 0)).toEqual([]);
    await backend.alerts.unmark(lane, ids.slice(0, 5));
    expect(await waiting(lane, 5)).toEqual(ids.slice(5, 10));
  });

  it("of lanes go one by one, in any order and at the same time", async () => {
    const lanes = [fresh(), `${fresh()}_A-1`, "0"] as const;
    const ids = Array.from({ length: 9 }, () => fresh());
    const marks = ids.map((_, i) => Object.fromEntries(lanes.slice(0, (i % 3) + 1).map((lane) => [lane, [lane]])));
    await append(
      ids.map((_id) => ({ _id })),
      marks,
    );
    const [first, second, third] = lanes;
    expect((await waiting(first)).sort()).toEqual([...ids].sort());
    await backend.alerts.unmark(second, ids.slice(0, 3));
    expect((await waiting(second)).sort()).toEqual([ids[4], ids[5], ids[7], ids[8]].sort());
    expect((await waiting(first)).length).toBe(9);
    await Promise.all([first, second, third].map((lane) => backend.alerts.unmark(lane, ids)));
    for (const lane of lanes) expect(await waiting(lane)).toEqual([]);
  });

  it("that are not there can be taken away", async () => {
    const [lane, id] = [fresh(), fresh()];
    await append([{ _id: id }], [{ [lane]: ["r"] }]);
    await backend.alerts.unmark(lane, ["absent", "with \u0000 in it", "half \ud800"]);
    await backend.alerts.unmark(lane, []);
    await backend.alerts.unmark(fresh(), [id]);
    expect(await waiting(lane)).toEqual([id]);
  });

  it("are counted, with the arrival of the oldest", async () => {
    const [lane, a, b] = [fresh(), fresh(), fresh()];
    expect(await backend.alerts.waiting(lane)).toEqual({ count: 0, oldestMs: null });
    await append([{ _id: a }], [{ [lane]: ["r"] }], 1000);
    await append([{ _id: b }], [{ [lane]: ["r"] }], 2000);
    expect(await backend.alerts.waiting(lane)).toEqual({ count: 2, oldestMs: RECEIVED_MS + 1000 });
    await backend.alerts.unmark(lane, [a]);
    expect(await backend.alerts.waiting(lane)).toEqual({ count: 1, oldestMs: RECEIVED_MS + 2000 });
  });

  it("stay with an archived event and go with a purged one", async () => {
    const [lane, a, b] = [fresh(), fresh(), fresh()];
    await append([{ _id: a }, { _id: b }], [{ [lane]: ["r"] }, { [lane]: ["r"], [fresh()]: ["s"] }]);
    await backend.archive({ ids: [b] }, 1n, 1);
    expect((await waiting(lane)).sort()).toEqual([a, b].sort());
    expect(await backend.purge(1_000_000n, 100)).toBe(1);
    expect(await waiting(lane)).toEqual([a]);
    expect(await backend.alerts.waiting(lane)).toMatchObject({ count: 1 });
  });

  it("come back with an event that was purged and is sent again", async () => {
    const [lane, id] = [fresh(), fresh()];
    await append([{ _id: id }], [{ [lane]: ["old"] }]);
    await backend.archive({ ids: [id] }, 1n, 1);
    await backend.purge(1_000_000n, 100);
    await append([{ _id: id }], [{ [lane]: ["new"] }]);
    expect((await backend.alerts.marked(lane, 10)).map(({ matched }) => matched)).toEqual([["new"]]);
  });

  it("cannot be seen in an event, nor found by a selector", async () => {
    const [lane, id] = [fresh(), fresh()];
    const input = { _id: id, event_timestamp: "2025-06-01T00:00:00Z" };
    await append([input], [{ [lane]: ["r"] }]);
    const [{ event } = { event: undefined }] = await backend.alerts.marked(lane, 1);
    expect(Object.keys(event ?? {})).toEqual(Object.keys((await backend.get(id)) ?? {}));
    expect(JSON.stringify(await backend.get(id))).not.toContain(lane);
    const count = (where: object) => backend.count({ selector: parseSelector({ _id: id, ...where }) });
    expect(await count({ "alerting.lanes": lane })).toBe(0);
    expect(await count({ alerting: { $exists: true } })).toBe(0);
    expect(await count({ alerting: null })).toBe(1);
    expect(await append([input], [{ [lane]: ["r"] }])).toMatchObject([{ status: "duplicate" }]);
  });

  it("of a wrong lane are refused, and nothing is stored", async () => {
    for (const lane of ["", "a.b", "$a", "a b", "ä", "x".repeat(65)]) {
      const id = fresh();
      await expect(append([{ _id: id }], [{ [lane]: [] }])).rejects.toMatchObject(INVALID);
      expect(await backend.get(id)).toBeUndefined();
      await expect(backend.alerts.marked(lane, 1)).rejects.toMatchObject(INVALID);
      await expect(backend.alerts.waiting(lane)).rejects.toMatchObject(INVALID);
      await expect(backend.alerts.unmark(lane, [id])).rejects.toMatchObject(INVALID);
    }
  });

  it("come with events of any size, some at a time", async () => {
    const lane = fresh();
    // How much one answer holds is the server's business there.
    const isServer = backend.kind === "mongo";
    const text = "x".repeat((isServer ? 1 : 4) << 20);
    const ids = Array.from({ length: 5 }, (_, i) => `${lane}-${i}`);
    for (const _id of ids) await append([{ _id, event_data: { text } }], [{ [lane]: ["r"] }]);
    const seen: string[] = [];
    if (!isServer) expect((await waiting(lane)).length).toBeLessThan(5);
    for (let some = await waiting(lane); some.length > 0; some = await waiting(lane)) {
      seen.push(...some);
      await backend.alerts.unmark(lane, some);
    }
    expect(seen).toEqual(ids);
    await backend.archive({ ids }, 1n, 100);
    await backend.purge(1_000_000n, 100);
  });
});
