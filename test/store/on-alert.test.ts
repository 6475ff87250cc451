/** onAlert: each alert-worthy event is told at least once, in order, whatever fails. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { StoredEvent } from "../../src/event/event.ts";
import { EventStore } from "../../src/store/store.ts";
import { dropDatabase, mongoSkip, mongoUrl, newDatabase } from "../helpers/mongo.ts";

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

interface Place {
  open(): Promise<EventStore>;
}

function filePlace(): Place {
  const folder = mkdtempSync(join(tmpdir(), "madsci-on-alert-"));
  cleanUps.push(() => rmSync(folder, { recursive: true, force: true }));
  return { open: () => kept(EventStore.open(`sqlite:${join(folder, "events.db")}`, { onWarning: () => {} })) };
}

function mongoPlace(): Place {
  const database = newDatabase();
  cleanUps.push(() => dropDatabase(database));
  return { open: () => kept(EventStore.open(String(mongoUrl), { database, onWarning: () => {} })) };
}

async function kept(opening: Promise<EventStore>): Promise<EventStore> {
  const store = await opening;
  cleanUps.push(() => store.close());
  return store;
}

const PLACES = [
  { name: "sqlite", make: filePlace, skip: undefined },
  { name: "mongo", make: mongoPlace, skip: mongoSkip },
];

function collector() {
  const told: string[] = [];
  return { told, hook: (event: StoredEvent) => void told.push(event._id) };
}

for (const { name, make, skip } of PLACES) {
  describe.skipIf(skip)(`onAlert on ${name}`, () => {
    it("tells alert: true and levels from 40 on, in order of arrival, and no other event", async () => {
      const store = await make().open();
      const { told, hook } = collector();
      const running = store.onAlert(hook);
      await store.append({ _id: "info" });
      await store.append([
        { _id: "e1", log_level: 40 },
        { _id: "w", log_level: 30 },
        { _id: "flag", alert: true },
      ]);
      await store.append({ _id: "c1", log_level: "CRITICAL" });
      await running.idle();
      expect(told).toEqual(["e1", "flag", "c1"]);
      expect(running.stats()).toEqual({ told: 3, failed: 0, dropped: 0 });
    });

    it("tells what a selector accepts besides, from another level on", async () => {
      const store = await make().open();
      const { told, hook } = collector();
      const running = store.onAlert(hook, { level: "CRITICAL", select: { event_type: "node_stop" } });
      await store.append([
        { _id: "error", log_level: 40 },
        { _id: "stop", event_type: "node_stop" },
        { _id: "critical", log_level: 50 },
      ]);
      await running.idle();
      expect(told).toEqual(["stop", "critical"]);
    });

    it("does not tell a duplicate, nor another content under the same id", async () => {
      const store = await make().open();
      const { told, hook } = collector();
      const running = store.onAlert(hook);
      const event = { _id: "a", log_level: 40, event_timestamp: "2026-01-01T00:00:00Z" };
      await store.append([event, event]);
      await store.append(event);
      await store.append({ ...event, event_data: { other: 1 } });
      await running.idle();
      expect(told).toEqual(["a"]);
    });

    it("goes on after a restart where it was", async () => {
      const place = make();
      const first = await place.open();
      const failing = first.onAlert(() => Promise.reject(new Error("no signal")), { attempts: 9, retryMs: 60_000 });
      await first.append([
        { _id: "a", alert: true },
        { _id: "b", alert: true },
      ]);
      await expect.poll(() => failing.stats().failed).toBe(1);
      await first.close();
      const second = await place.open();
      const { told, hook } = collector();
      const running = second.onAlert(hook);
      await running.idle();
      expect(told).toEqual(["a", "b"]);
    });
  });
}

describe("onAlert", () => {
  it("tries a failing call again, and gives up with a word and a count", async () => {
    const store = await filePlace().open();
    const words: string[] = [];
    const told: string[] = [];
    const hook = (event: StoredEvent) => {
      if (event._id === "poison") throw new Error("cannot");
      told.push(event._id);
    };
    const running = store.onAlert(hook, { attempts: 3, retryMs: 1, onWarning: (word) => words.push(word) });
    await store.append([
      { _id: "poison", alert: true },
      { _id: "fine", alert: true },
    ]);
    await running.idle();
    expect(told).toEqual(["fine"]);
    expect(running.stats()).toEqual({ told: 1, failed: 3, dropped: 1 });
    expect(words).toEqual([expect.stringMatching(/"default" failed 3 times for event poison.*cannot/)]);
  });

  it("does not hold up an append, however long the hook takes", async () => {
    const store = await filePlace().open();
    const called: (() => void)[] = [];
    const running = store.onAlert(() => new Promise<void>((resolve) => called.push(resolve)));
    await store.append({ _id: "a", alert: true });
    await store.append({ _id: "b" });
    expect(await store.count()).toBe(2);
    await expect.poll(() => called.length).toBe(1);
    called[0]?.();
    await running.idle();
  });

  it("tells two hooks of different names each of its own", async () => {
    const store = await filePlace().open();
    const [a, b] = [collector(), collector()];
    const hooks = [store.onAlert(a.hook, { name: "a" }), store.onAlert(b.hook, { name: "b", level: 50 })];
    await store.append([
      { _id: "x", log_level: 40 },
      { _id: "y", log_level: 50 },
    ]);
    await Promise.all(hooks.map((hook) => hook.idle()));
    expect([a.told, b.told]).toEqual([["x", "y"], ["y"]]);
  });

  it("refuses what it cannot keep, by name", async () => {
    const store = await filePlace().open();
    store.onAlert(() => {}, { name: "taken" });
    const invalid = (message: RegExp) =>
      expect.objectContaining({ code: "EVT_INVALID_OPTION", message: expect.stringMatching(message) });
    expect(() => store.onAlert(() => {}, { name: "taken" })).toThrow(invalid(/"hook-taken" is in use/));
    expect(() => store.onAlert("no" as never)).toThrow(invalid(/takes a function/));
    expect(() => store.onAlert(() => {}, { name: "a b" })).toThrow(invalid(/name must be/));
    expect(() => store.onAlert(() => {}, { level: "LOUD" })).toThrow(invalid(/level must be/));
    expect(() => store.onAlert(() => {}, { attempts: 0 })).toThrow(invalid(/attempts must be/));
    expect(() => store.onAlert(() => {}, { levle: 1 } as never)).toThrow(invalid(/unknown option "levle"/));
    expect(() => store.onAlert(() => {}, { select: { $where: "1" } })).toThrow(
      expect.objectContaining({ code: "EVT_INVALID_SELECTOR" }),
    );
  });

  it("marks nothing any more once it is closed", async () => {
    const store = await filePlace().open();
    const running = store.onAlert(() => {}, { name: "short" });
    await running.close();
    await running.close();
    await expect(running.idle()).rejects.toMatchObject({ code: "EVT_CLOSED" });
    await store.append({ alert: true });
    expect(await store.alertHost.records.waiting("hook-short")).toEqual({ count: 0, oldestMs: null });
  });
});
