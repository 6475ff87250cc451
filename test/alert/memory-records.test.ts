import { describe, expect, it } from "vitest";
import { MemoryRecords } from "../../src/alert/memory-records.ts";
import type { AlertRecord } from "../../src/backend/alert-records.ts";
import type { StoredEvent } from "../../src/event/event.ts";
import { VirtualClock } from "./virtual-clock.ts";

function record(_id: string, change: Partial<AlertRecord> = {}): AlertRecord {
  return { _id, version: 1, state: "firing", dueMs: null, updatedMs: 0, body: {}, ...change };
}

function event(_id: string, receivedAt = "2026-01-05T12:00:00.000Z"): StoredEvent {
  return {
    _id,
    event_type: "node_error",
    log_level: 40,
    alert: false,
    event_timestamp: receivedAt,
    source: {},
    event_data: null,
    trace_id: null,
    span_id: null,
    archived: false,
    archived_at: null,
    received_at: receivedAt,
    skew_ms: 0,
  };
}

describe("records in memory", () => {
  it("writes a record only over the version it was made from", async () => {
    const records = new MemoryRecords();
    expect(await records.write("groups", [record("a"), record("b", { version: 2 })])).toEqual([true, false]);
    expect(await records.write("groups", [record("a")])).toEqual([false]);
    expect(await records.write("groups", [record("a", { version: 2, state: "closed" })])).toEqual([true]);
    expect(await records.read("groups", ["a", "b", "a"])).toEqual([record("a", { version: 2, state: "closed" })]);
    expect(await records.read("incidents", ["a"])).toEqual([]);
  });

  it("removes a record only at its version", async () => {
    const records = new MemoryRecords();
    await records.write("state", [record("a")]);
    expect(await records.remove("state", "a", 2)).toBe(false);
    expect(await records.remove("state", "a", 1)).toBe(true);
    expect(await records.remove("state", "a", 1)).toBe(false);
    expect(await records.write("state", [record("a")])).toEqual([true]);
  });

  it("tells what is due, the longest overdue first, as things change", async () => {
    const records = new MemoryRecords();
    await records.write("groups", [
      record("a", { dueMs: 30 }),
      record("b", { dueMs: 10 }),
      record("c", { dueMs: 20 }),
      record("d"),
    ]);
    expect(ids(await records.due("groups", 30, 10))).toEqual(["b", "c", "a"]);
    expect(ids(await records.due("groups", 29, 1))).toEqual(["b"]);
    await records.write("groups", [record("b", { version: 2, dueMs: 40 })]);
    await records.remove("groups", "c", 1);
    expect(await records.nextDue("groups")).toBe(30);
    await records.write("groups", [record("a", { version: 2 })]);
    expect(await records.nextDue("groups")).toBe(40);
    expect(await records.nextDue("state")).toBeNull();
  });

  it("finds the same due records as a plain sort, through thousands of changes", async () => {
    const records = new MemoryRecords();
    const kept = new Map<string, AlertRecord>();
    let seed = 7;
    const next = (below: number) => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed % below;
    };
    for (let step = 0; step < 6_000; step += 1) {
      const id = `r${next(300)}`;
      const version = (kept.get(id)?.version ?? 0) + 1;
      const made = record(id, { version, dueMs: next(5) === 0 ? null : next(1_000) });
      kept.set(id, made);
      await records.write("groups", [made]);
      if (step % 500 !== 0) continue;
      const expected = [...kept.values()]
        .filter(({ dueMs }) => dueMs !== null && dueMs <= 600)
        .sort((a, b) => a.dueMs! - b.dueMs! || (a._id < b._id ? -1 : 1));
      expect(ids(await records.due("groups", 600, 50))).toEqual(ids(expected.slice(0, 50)));
    }
  });

  it("lists the newest first, by state, prefix and place", async () => {
    const records = new MemoryRecords();
    await records.write("incidents", [
      record("x.1", { updatedMs: 5 }),
      record("x.2", { updatedMs: 7, state: "closed" }),
      record("y.1", { updatedMs: 7 }),
      record("y.2", { updatedMs: 5 }),
    ]);
    expect(ids(await records.list("incidents", { limit: 9 }))).toEqual(["y.1", "x.2", "y.2", "x.1"]);
    expect(ids(await records.list("incidents", { limit: 1, prefix: "x." }))).toEqual(["x.2"]);
    expect(ids(await records.list("incidents", { limit: 9, states: ["firing"] }))).toEqual(["y.1", "y.2", "x.1"]);
    const after = { updatedMs: 7, _id: "x.2" };
    expect(ids(await records.list("incidents", { limit: 9, after }))).toEqual(["y.2", "x.1"]);
    expect(await records.count("incidents")).toBe(4);
    expect(await records.count("incidents", ["closed", "none"])).toBe(1);
  });

  it("keeps marks in the order of arrival until they are dealt with, each lane for itself", async () => {
    const records = new MemoryRecords();
    records.add(event("e1"), { rules: ["r"], hook: ["h"] });
    records.add(event("e2"), { rules: ["r", "s"] });
    records.add(event("e2"), { hook: ["h"] });
    records.add(event("e3"), { rules: [] });
    expect(await records.marked("rules", 9)).toEqual([
      { event: event("e1"), matched: ["r"] },
      { event: event("e2"), matched: ["r", "s"] },
    ]);
    expect(await records.waiting("rules")).toEqual({ count: 2, oldestMs: Date.UTC(2026, 0, 5, 12) });
    await records.unmark("rules", ["e1", "nobody"]);
    expect((await records.marked("rules", 1)).map((mark) => mark.event._id)).toEqual(["e2"]);
    expect((await records.waiting("hook")).count).toBe(1);
  });

  it("removes a mark whose event is gone", async () => {
    const records = new MemoryRecords();
    records.add(event("e1"), { rules: ["r"] });
    records.drop("e1");
    expect(await records.marked("rules", 9)).toEqual([]);
    expect(await records.waiting("rules")).toEqual({ count: 0, oldestMs: null });
  });
});

describe("virtual clock", () => {
  it("runs timers in order at their instants, with promises settled in between", async () => {
    const clock = new VirtualClock(1_000);
    const seen: string[] = [];
    clock.after(20, () => seen.push(`b ${clock.now()}`));
    clock.after(10, () => {
      void Promise.resolve().then(() => clock.after(5, () => seen.push(`a ${clock.now()}`)));
    });
    const cancel = clock.after(12, () => seen.push("never"));
    cancel();
    await clock.advance(25);
    expect(seen).toEqual(["a 1015", "b 1020"]);
    expect([clock.now(), clock.elapsed(), clock.waiting]).toEqual([1_025, 25, 0]);
    clock.jump(-500);
    expect([clock.now(), clock.elapsed()]).toEqual([525, 25]);
  });
});

function ids(found: readonly AlertRecord[]): string[] {
  return found.map(({ _id }) => _id);
}
