/**
 * Records: the same promises on every engine. With alert-marks.test.ts this is the specification of alert-records.ts.
 *
 * The tests of an engine share one database: each takes ids, or a kind, of its own.
 */
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AlertRecord, RecordKind } from "../../src/backend/alert-records.ts";
import type { Backend } from "../../src/backend/backend.ts";
import { parseSelector } from "../../src/event/selector/parse.ts";
import { BACKENDS } from "../helpers/backends.ts";

const RECEIVED_MS = Date.parse("2025-06-01T00:00:00Z");
const fresh = () => randomUUID().slice(0, 12);
const CLOSED = { name: "EventStoreError", code: "EVT_CLOSED" };

function record(_id: string, more: Partial<AlertRecord> = {}): AlertRecord {
  return { _id, version: 1, state: "firing", dueMs: null, updatedMs: RECEIVED_MS, body: {}, ...more };
}

const idsOf = (records: readonly { readonly _id: string }[]) => records.map(({ _id }) => _id);

describe.each(BACKENDS)("records in $name", ({ open, skip }) => {
  if (skip) return it.skip(`runs where there is a server (${skip})`, () => {});
  let backend: Backend;
  beforeAll(async () => {
    backend = await open();
  });
  afterAll(() => backend.close());

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
    const changes = [record(a, { version: 2 }), record(b, { version: 3 }), record(c), record(fresh(), { version: 2 })];
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
