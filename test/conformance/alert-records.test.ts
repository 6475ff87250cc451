/**
 * Marks and records: the same promises on every engine. Its table of contents is the specification of alert-records.ts.
 *
 * The tests of an engine share one database: each takes a lane and ids of its own.
 */
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AlertRecord, Marks, RecordKind } from "../../src/backend/alert-records.ts";
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
const CLOSED = { name: "EventStoreError", code: "EVT_CLOSED" };

function record(_id: string, more: Partial<AlertRecord> = {}): AlertRecord {
  return { _id, version: 1, state: "firing", dueMs: null, updatedMs: RECEIVED_MS, body: {}, ...more };
}

const idsOf = (records: readonly { readonly _id: string }[]) => records.map(({ _id }) => _id);

describe.each(BACKENDS)("alerts in $name", ({ open, skip }) => {
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

  describe("marks", () => {
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

  describe("records", () => {
    const write = (kind: RecordKind, ...records: AlertRecord[]) => backend.alerts.write(kind, records);

    it("are read as they were written, each kind by itself", async () => {
      const id = fresh();
      const first = record(id, {
        dueMs: 1_700_000_000_123,
        updatedMs: 1_700_000_000_001,
        body: { a: [1, { b: null }] },
      });
      expect(await write("groups", first)).toEqual([true]);
      expect(await backend.alerts.read("groups", [id, fresh()])).toEqual([first]);
      expect(await backend.alerts.read("incidents", [id])).toEqual([]);
      expect(await backend.alerts.read("groups", [])).toEqual([]);
    });

    it("keep unusual ids and bodies", async () => {
      const start = fresh();
      const ids = ["a.b", "$where", "ä€😀", `"'; --`, "0", "__proto__", "x".repeat(200)].map((id) => start + id);
      const body = {
        "a.b": { $set: { "": [] } },
        __proto__x: -0.5,
        text: 'tab\t "quote" \u0000 \u2028 😀 half \ud800',
        long: 2n ** 63n + 1n,
        safe: Number.MAX_SAFE_INTEGER,
        deep: [[[[{ a: [false, null, 1e300] }]]]],
      };
      const records = ids.map((id) => record(id, { body, state: "a state: $x.y" }));
      expect(await write("state", ...records)).toEqual(ids.map(() => true));
      const read = await backend.alerts.read("state", ids);
      expect(read.sort((a, b) => ids.indexOf(a._id) - ids.indexOf(b._id))).toEqual(records);
      expect(await backend.alerts.read("state", ["half \ud800"])).toEqual([]);
    });

    it("change only from the version that is stored", async () => {
      const id = fresh();
      expect(await write("groups", record(id, { version: 2 }))).toEqual([false]);
      expect(await write("groups", record(id))).toEqual([true]);
      expect(await write("groups", record(id, { state: "other" }))).toEqual([false]);
      const second = record(id, { version: 2, state: "resolved", dueMs: 5, updatedMs: 7, body: { n: 2 } });
      expect(await write("groups", second)).toEqual([true]);
      expect(await write("groups", record(id, { version: 2 }))).toEqual([false]);
      expect(await write("groups", record(id, { version: 4 }))).toEqual([false]);
      expect(await backend.alerts.read("groups", [id])).toEqual([second]);
    });

    it("of one call are written or not one by one", async () => {
      const [a, b, c] = [fresh(), fresh(), fresh()];
      await write("incidents", record(a), record(b));
      const changes = [
        record(a, { version: 2 }),
        record(b, { version: 3 }),
        record(c),
        record(fresh(), { version: 2 }),
      ];
      expect(await write("incidents", ...changes)).toEqual([true, false, true, false]);
      expect(await write("incidents")).toEqual([]);
      const versions = (await backend.alerts.read("incidents", [a, b, c])).map(({ _id, version }) => [_id, version]);
      expect(versions.sort()).toEqual(
        [
          [a, 2],
          [b, 1],
          [c, 1],
        ].sort(),
      );
    });

    it("count right when many add to them at once", async () => {
      const id = fresh();
      const add = async (): Promise<void> => {
        const [now] = await backend.alerts.read("state", [id]);
        const next = record(id, { version: (now?.version ?? 0) + 1, body: { n: Number(now?.body.n ?? 0) + 1 } });
        if ((await write("state", next))[0] !== true) await add();
      };
      await Promise.all(Array.from({ length: 6 }, () => add().then(add)));
      expect(await backend.alerts.read("state", [id])).toMatchObject([{ version: 12, body: { n: 12 } }]);
    });

    it("go only in the version named", async () => {
      const id = fresh();
      await write("silences", record(id));
      expect(await backend.alerts.remove("silences", id, 2)).toBe(false);
      expect(await backend.alerts.remove("groups", id, 1)).toBe(false);
      expect(await backend.alerts.remove("silences", id, 1)).toBe(true);
      expect(await backend.alerts.remove("silences", id, 1)).toBe(false);
      expect(await backend.alerts.read("silences", [id])).toEqual([]);
      expect(await write("silences", record(id))).toEqual([true]);
    });

    it("are due from their time on, the longest overdue first", async () => {
      expect(await backend.alerts.nextDue("notifications")).toBeNull();
      expect(await backend.alerts.due("notifications", RECEIVED_MS, 10)).toEqual([]);
      const start = fresh();
      const times = [300, null, 100, 200, 100, -5, 0];
      const records = times.map((dueMs, i) => record(`${start}-${i}`, { dueMs }));
      await write("notifications", ...records);
      const due = async (atMs: number, limit = 10) =>
        (await backend.alerts.due("notifications", atMs, limit)).map(({ dueMs }) => dueMs);
      expect(await due(200)).toEqual([-5, 0, 100, 100, 200]);
      expect(await due(199)).toEqual([-5, 0, 100, 100]);
      expect(await due(1000, 2)).toEqual([-5, 0]);
      expect(await due(1000, 0)).toEqual([]);
      expect(await backend.alerts.nextDue("notifications")).toBe(-5);
      await write("notifications", record(`${start}-5`, { version: 2 }), record(`${start}-6`, { version: 2 }));
      expect(await backend.alerts.nextDue("notifications")).toBe(100);
      expect(await due(100)).toEqual([100, 100]);
    });

    it("are listed newest first, page by page, also where times are equal", async () => {
      const start = fresh();
      const records = Array.from({ length: 9 }, (_, i) =>
        record(`${start}-${i}`, { updatedMs: RECEIVED_MS + Math.floor(i / 3) }),
      );
      await write("incidents", ...[...records].reverse());
      const wanted = idsOf(records).reverse();
      const list = (more: object) => backend.alerts.list("incidents", { prefix: `${start}-`, limit: 4, ...more });
      const seen: string[] = [];
      let page = await list({});
      for (; page.length > 0; page = await list({ after: page.at(-1) })) {
        expect(page.length).toBeLessThanOrEqual(4);
        seen.push(...idsOf(page));
      }
      expect(seen).toEqual(wanted);
      expect(await list({ limit: 0 })).toEqual([]);
    });

    it("are listed and counted by their states and beginning", async () => {
      const start = fresh();
      const records = ["firing", "resolved", "dead", "firing"].map((state, i) => record(`${start}.${i}`, { state }));
      await write("silences", ...records, record(`${start}x`), record(start.slice(0, -1)));
      const list = async (more: object) => idsOf(await backend.alerts.list("silences", { limit: 100, ...more }));
      const prefix = `${start}.`;
      expect(await list({ prefix })).toEqual([3, 2, 1, 0].map((i) => prefix + i));
      expect(await list({ prefix, states: ["firing", "dead"] })).toEqual([3, 2, 0].map((i) => prefix + i));
      expect(await list({ states: ["dead"] })).toEqual([`${prefix}2`]);
      expect(await list({ states: ["dead"], after: records[2] })).toEqual([]);
      expect(await list({ states: [] })).toEqual([]);
      expect(await list({ prefix: start.slice(0, 2), states: ["resolved"] })).toEqual([`${prefix}1`]);
      const all = await list({});
      expect(await backend.alerts.count("silences")).toBe(all.length);
      expect(await backend.alerts.count("silences", ["dead", "resolved"])).toBe(2);
      expect(await backend.alerts.count("silences", ["nothing"])).toBe(0);
      expect(await backend.alerts.count("silences", [])).toBe(0);
    });
  });

  it("keeps events and alerts apart", async () => {
    const before = await backend.count({ selector: parseSelector({}) });
    await backend.alerts.write("groups", [record(fresh())]);
    expect(await backend.count({ selector: parseSelector({}) })).toBe(before);
  });

  it("refuses every call after close", async () => {
    const closed = await open();
    await closed.close();
    const { alerts } = closed;
    const calls = [
      () => alerts.marked("rules", 1),
      () => alerts.unmark("rules", ["id"]),
      () => alerts.waiting("rules"),
      () => alerts.read("groups", ["id"]),
      () => alerts.write("groups", [record("id")]),
      () => alerts.due("groups", 0, 1),
      () => alerts.nextDue("groups"),
      () => alerts.list("groups", { limit: 1 }),
      () => alerts.count("groups"),
      () => alerts.remove("groups", "id", 1),
    ];
    for (const call of calls) await expect(call()).rejects.toMatchObject(CLOSED);
  });
});
