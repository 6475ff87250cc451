/** Tails: what arrives is told once, in order, and nothing is missing without a word. */
import { setTimeout as pause } from "node:timers/promises";
import { expect, it } from "vitest";
import type { EventStoreOptions } from "../../src/store/options.ts";
import { EventStore } from "../../src/store/store.ts";
import { folder } from "../backend/sqlite/setup.ts";
import { described, type EventItem, opened, series, take, takeEvents } from "./tail-helpers.ts";

const open = (options?: EventStoreOptions) => opened("memory:", options);

it("tells events stored after the call, in the order of arrival, whatever time they bear", async () => {
  const store = await open();
  await store.append({ _id: "before" });
  const tail = store.tail();
  await store.append([{ _id: "b", event_timestamp: "2030-01-01" }]);
  await store.append([{ _id: "a", event_timestamp: "2020-01-01" }, { _id: "b" }]);
  expect(await take(tail, 3)).toEqual(["b", "a", "live"]);
});

it("tells only what the selector accepts, while it is stored", async () => {
  const store = await open();
  await using tail = store.tail({ log_level: { $gte: 40 } });
  const reading = take(tail, 4);
  for (const log_level of [20, 40, 30, 50, 40]) await store.append({ _id: `${log_level}-${Math.random()}`, log_level });
  expect((await reading).map((text) => text.slice(0, 2))).toEqual(["li", "40", "50", "40"]);
});

it("resumes right behind any cursor, without a hole or a repetition", async () => {
  const store = await open();
  const all = store.tail();
  await store.append(series(1200));
  const items = await takeEvents(all, 1200);
  for (const at of [0, 499, 500, 1198]) {
    const rest = await takeEvents(store.tail({}, { cursor: items[at]?.cursor }), 1199 - at);
    expect(rest.map(({ event }) => event._id)).toEqual(items.slice(at + 1).map(({ event }) => event._id));
  }
});

it("moves its cursor past events that do not match", async () => {
  const store = await open();
  const tail = store.tail({ log_level: 50 });
  const iterator = tail[Symbol.asyncIterator]();
  expect((await iterator.next()).value).toMatchObject({ kind: "live" });
  const next = iterator.next();
  const before = tail.cursor;
  await store.append(series(700));
  await expect.poll(() => tail.cursor).not.toBe(before);
  const after = store.tail({}, { cursor: tail.cursor });
  await store.append({ _id: "last", log_level: 50 });
  expect(await take(after, 1)).toEqual(["last"]);
  expect((await next).value).toMatchObject({ event: { _id: "last" } });
  await tail.close();
});

it("looks back by event time and goes on live, also while others write", async () => {
  const store = await open();
  await store.append(series(50));
  let written = 50;
  let stopped = false;
  const writing = (async () => {
    while (!stopped) {
      await store.append(series(7, written));
      written += 7;
    }
  })();
  await using tail = store.tail({}, { backfill: 20, maxQueuedEvents: 100_000 });
  const seen: number[] = [];
  for await (const item of tail) {
    if (item.kind === "event") seen.push(Number(item.event._id.slice(1)));
    if (seen.length > 2000) break;
  }
  stopped = true;
  await writing;
  expect(new Set(seen).size).toBe(seen.length);
  expect(seen.slice(0, 20)).toEqual(Array.from({ length: 20 }, (_, i) => (seen[0] as number) + i));
  const sorted = seen.toSorted((a, b) => a - b);
  expect(sorted.at(-1)).toBe((sorted[0] as number) + seen.length - 1);
});

it("looks back to the beginning when there are fewer, and leaves archived events out unless they are wanted", async () => {
  const store = await open();
  await store.append(series(5));
  await store.archive({ ids: ["e000001", "e000003"] });
  expect(await take(store.tail({}, { backfill: 10 }), 4)).toEqual(["e000000", "e000002", "e000004", "live"]);
  expect(await take(store.tail({}, { backfill: 2 }), 3)).toEqual(["e000002", "e000004", "live"]);
  const all = store.tail({}, { backfill: 4, includeArchived: true });
  expect(await take(all, 5)).toEqual(["e000001", "e000002", "e000003", "e000004", "live"]);
});

it("counts what a slow consumer misses and says so where it is missing", async () => {
  const store = await open();
  const tail = store.tail({}, { maxQueuedEvents: 10 });
  const iterator = tail[Symbol.asyncIterator]();
  await iterator.next();
  const first = iterator.next();
  await store.append(series(1));
  expect(described((await first).value ?? undefined)).toBe("e000000");
  for (let from = 1; from < 100; from++) await store.append(series(1, from));
  await expect.poll(() => tail.dropped).toBe(89);
  expect(await take(iterator, 11)).toEqual([...series(10, 1).map(({ _id }) => _id), "gap 89 slow"]);
  await store.append(series(1, 100));
  expect(await take(iterator, 1)).toEqual(["e000100"]);
  expect(tail).toMatchObject({ delivered: 12, dropped: 89 });
  await tail.close();
});

it("holds a bounded number of bytes for a slow consumer", async () => {
  const store = await open();
  const tail = store.tail();
  const iterator = tail[Symbol.asyncIterator]();
  await iterator.next();
  const first = iterator.next();
  for (let i = 0; i < 40; i++) await store.append({ _id: `big${i}`, event_data: "x".repeat(200_000) });
  await first;
  await expect.poll(() => tail.dropped).toBeGreaterThan(10);
  await tail.close();
});

it("drops nothing for a consumer that is slower than the writers before it has caught up", async () => {
  const store = await open();
  const tail = store.tail({}, { maxQueuedEvents: 1 });
  await store.append(series(300));
  const seen: string[] = [];
  for await (const item of tail) {
    if (item.kind === "live") break;
    seen.push(described(item));
    if (seen.length < 1500) await store.append(series(1, 299 + seen.length));
  }
  expect(seen).toEqual(series(seen.length).map(({ _id }) => _id));
  expect(seen.length).toBeGreaterThanOrEqual(1799);
});

it("says that a cursor of another database leads nowhere, and goes on from now", async () => {
  const [store, other] = [await open(), await open()];
  await other.append(series(3));
  const [{ cursor }] = (await takeEvents(store.tail({}), 1, () => store.append({ _id: "x" }))) as [EventItem];
  const tail = other.tail({}, { cursor });
  expect(await take(tail, 3, () => other.append({ _id: "new" }))).toEqual(["gap 0 lost", "live", "new"]);
});

it("says that events behind a cursor were purged, and tells the others", async () => {
  const store = await open();
  const tail = store.tail();
  await store.append(series(6));
  const [first] = await takeEvents(tail, 1);
  await store.archive({ ids: ["e000002", "e000005"] });
  await store.purge({ archivedBefore: new Date(Date.now() + 1000) });
  const resumed = store.tail({}, { cursor: first?.cursor });
  expect(await take(resumed, 5)).toEqual(["gap 0 lost", "e000001", "e000003", "e000004", "live"]);
});

it.each([
  { options: { backfill: 10_001 }, message: "backfill must be a whole number from 0 to 10000" },
  { options: { backfill: -1 }, message: "backfill must be a whole number from 0 to 10000" },
  { options: { maxQueuedEvents: 0 }, message: "maxQueuedEvents must be a whole number from 1 to 100000" },
  { options: { backfill: 1, cursor: "a-1" }, message: "backfill and cursor do not go together; leave out one" },
  { options: { cursor: "no cursor" }, message: /^cursor: not a cursor of a tail/ },
  { options: { cursor: 5 as never }, message: /^cursor: not a cursor of a tail/ },
  { options: { follow: true } as object, message: /^unknown option "follow" of tail/ },
  { options: { signal: {} as AbortSignal }, message: "signal must be an AbortSignal" },
  { options: { includeArchived: "yes" as unknown as boolean }, message: "includeArchived must be true or false" },
])("refuses $options by name", async ({ options, message }) => {
  const store = await open();
  expect(() => store.tail({}, options)).toThrow(expect.objectContaining({ code: "EVT_INVALID_OPTION" }));
  expect(() => store.tail({}, options)).toThrow(message);
});

it("closes its store whatever a refused tail was given", async () => {
  const store = await EventStore.open("memory:", { onWarning: () => {} });
  expect(() => store.tail({}, { signal: {} as AbortSignal })).toThrow("signal must be an AbortSignal");
  await store.close();
  expect(() => store.tail()).toThrow("the store is closed");
});

it("refuses a selector the guard refuses, and a second iteration", async () => {
  const store = await open();
  expect(() => store.tail({ $where: "1" })).toThrow(expect.objectContaining({ code: "EVT_INVALID_SELECTOR" }));
  const tail = store.tail();
  await take(tail, 1);
  await expect(take(tail, 1)).rejects.toThrow("a tail can be iterated once");
});

it.each(["close", "signal", "store"] as const)("ends cleanly by %s, waiting or not yet begun", async (how) => {
  const store = await open();
  const signal = new AbortController();
  const tails = [store.tail({}, { signal: signal.signal }), store.tail({}, { signal: signal.signal })] as const;
  const reading = take(tails[0], 5);
  await pause(20);
  if (how === "close") for (const tail of tails) await tail.close();
  if (how === "signal") signal.abort();
  if (how === "store") await store.close();
  expect(await reading).toEqual(["live"]);
  expect(await take(tails[1], 5)).toEqual([]);
  if (how === "store") expect(() => store.tail()).toThrow("the store is closed");
});

it("sees what another process writes when it is open read-only", async () => {
  const url = `sqlite:${folder()}/events.db`;
  const [writer, reader] = [await opened(url), await opened(url, { readOnly: true })];
  const tail = reader.tail();
  expect(await take(tail, 3, () => writer.append(series(2)))).toEqual(["live", "e000000", "e000001"]);
});

it("keeps a cursor good when the file is opened again", async () => {
  const url = `sqlite:${folder()}/events.db`;
  const first = await EventStore.open(url);
  const tail = first.tail();
  await first.append(series(3));
  const [item] = await takeEvents(tail, 1);
  await first.close();
  const second = await opened(url);
  await second.append(series(1, 3));
  expect(await take(second.tail({}, { cursor: item?.cursor }), 3)).toEqual(["e000001", "e000002", "e000003"]);
});

it("leaves no timer behind when all tails have ended", async () => {
  const store = await open();
  const timers = () => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
  const before = timers();
  for (let i = 0; i < 100; i++) await take(store.tail(), 1);
  await expect.poll(timers).toBeLessThan(before + 20);
});
