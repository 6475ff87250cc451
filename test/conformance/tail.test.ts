/** Tails under disorder: on every engine each consumer is told every event once, however it comes and goes. */
import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import { EventStore } from "../../src/store/store.ts";
import { dropDatabase, mongoSkip, mongoUrl, newDatabase } from "../helpers/mongo.ts";
import { series, takeEvents } from "../store/tail-helpers.ts";

const engines = [
  { name: "sqlite in memory", url: "memory:", total: 6000, skip: undefined },
  { name: "mongo", url: String(mongoUrl), total: 600, skip: mongoSkip },
];

describe.each(engines)("on $name", ({ url, total, skip }) => {
  it.skipIf(skip !== undefined)(
    "tells every event once, while consumers come and go",
    { timeout: 120_000 },
    async () => {
      const store = await opened(url);
      const start = store.tail();
      await store.append(series(1));
      const [{ cursor } = { cursor: "" }] = await takeEvents(start, 1);
      const writing = write(store, total);
      const seen = await Promise.all(
        [7, 100, 1000, 100_000].map((stay) => follow(store, { cursor, stay, wanted: total - 1 })),
      );
      await writing;
      const expected = series(total - 1, 1).map(({ _id }) => _id);
      for (const ids of seen) expect(ids.toSorted()).toEqual(expected);
      for (const ids of seen) expect(ids).toEqual(seen[0]);
    },
  );
});

async function opened(url: string): Promise<EventStore> {
  const database = newDatabase();
  const store = await EventStore.open(url, { naiveTimezone: "UTC", onWarning: () => {}, database });
  onTestFinished(async () => {
    await store.close();
    if (url === mongoUrl) await dropDatabase(database);
  });
  return store;
}

/** In batches of any size, some in quick succession. */
async function write(store: EventStore, total: number): Promise<void> {
  for (let written = 1; written < total; ) {
    const count = Math.min(1 + Math.floor(Math.random() * 40), total - written);
    await store.append(series(count, written));
    written += count;
    if (Math.random() < 0.2) await pause(1);
  }
}

interface Following {
  readonly cursor: string;
  /** Items after which the consumer leaves and resumes. */
  readonly stay: number;
  readonly wanted: number;
}

async function follow(store: EventStore, { cursor, stay, wanted }: Following): Promise<string[]> {
  const seen: string[] = [];
  let at = cursor;
  while (seen.length < wanted) {
    const tail = store.tail({}, { cursor: at, maxQueuedEvents: 100_000 });
    let here = 0;
    for await (const item of tail) {
      if (item.kind === "gap") throw new Error(`a gap after ${seen.length} events: ${item.reason}`);
      if (item.kind === "event") seen.push(item.event._id);
      at = item.cursor;
      if (Math.random() < 0.01) await pause(Math.random() * 3);
      if (++here >= stay || seen.length >= wanted) break;
    }
  }
  return seen;
}
