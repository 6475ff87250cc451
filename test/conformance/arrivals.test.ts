/** The order of arrival: the same promises on every engine. */
import { setImmediate as turn } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Backend } from "../../src/backend/backend.ts";
import type { EventInput } from "../../src/event/event.ts";
import { instantOf } from "../../src/event/instant.ts";
import { parseContext, prepareEvent } from "../../src/event/parse.ts";
import { parseSelector } from "../../src/event/selector/parse.ts";
import { BACKENDS } from "../helpers/backends.ts";

const context = parseContext({ naiveTimezone: "UTC" });
const ALL = { selector: parseSelector({}) };

describe.each(BACKENDS)("arrivals of backend $name", ({ open, skip }) => {
  if (skip) return it.skip(`runs where there is a server (${skip})`, () => {});
  let backend: Backend;
  beforeAll(async () => {
    backend = await open();
  });
  afterAll(() => backend.close());

  let number = 0;
  const append = async (count: number, more: EventInput = {}): Promise<string[]> => {
    const ids = Array.from({ length: count }, () => `a${String(number++).padStart(6, "0")}`);
    const events = ids.map((_id) => prepareEvent({ _id, ...more }, context));
    await backend.append(events, instantOf(new Date()));
    return ids;
  };
  const end = async () => (await backend.arrivals(undefined, 10)).cursor;
  /** Everything behind a cursor, page by page; waits until `wanted` events have come. */
  const rest = async (cursor: string, wanted: number, limit = 100) => {
    const arrivals: { id: string; cursor: string }[] = [];
    const deadline = Date.now() + 20_000;
    let at = cursor;
    for (;;) {
      const page = await backend.arrivals(at, limit);
      expect(page.lost).toBe(false);
      expect(page.arrivals.length).toBeLessThanOrEqual(limit);
      arrivals.push(...page.arrivals.map(({ event, cursor }) => ({ id: event._id, cursor })));
      at = page.cursor;
      const more = page.more ?? page.arrivals.length >= limit;
      if (!more && (arrivals.length >= wanted || Date.now() > deadline)) return { arrivals, cursor: at };
      await turn();
    }
  };

  it("begins with the present end and no event", async () => {
    await append(3);
    const page = await backend.arrivals(undefined, 10);
    expect(page).toMatchObject({ arrivals: [], lost: false });
    expect(page.cursor).toMatch(/^[\w.~-]{1,4096}$/);
    expect((await backend.arrivals(page.cursor, 10)).arrivals).toEqual([]);
  });

  it("tells each event once, in the order in which batches were acknowledged, whatever time it bears", async () => {
    const cursor = await end();
    const late = await append(20, { event_timestamp: "2001-01-01" });
    const future = await append(20, { event_timestamp: "2031-01-01" });
    const now = await append(5);
    for (const limit of [7, 100]) {
      const ids = (await rest(cursor, 45, limit)).arrivals.map(({ id }) => id);
      const batches = [ids.slice(0, 20), ids.slice(20, 40), ids.slice(40)];
      expect(batches.map((batch) => batch.toSorted())).toEqual([late, future, now]);
    }
  });

  it("goes on right behind every event", async () => {
    const cursor = await end();
    await append(12);
    await append(12);
    const { arrivals } = await rest(cursor, 24);
    for (const [at, arrival] of arrivals.entries()) {
      const behind = (await rest(arrival.cursor, 23 - at)).arrivals.map(({ id }) => id);
      expect(behind).toEqual(arrivals.slice(at + 1).map(({ id }) => id));
    }
  });

  it("tells the stored event, and one sent twice only once", async () => {
    const cursor = await end();
    const [id = ""] = await append(1, { event_data: { n: [1, 2 ** 40] }, log_level: 40 });
    const again = prepareEvent({ _id: id, event_data: { n: [1, 2 ** 40] }, log_level: 40 }, context);
    await backend.append([again], 0n);
    const { arrivals } = await rest(cursor, 1);
    expect(arrivals.map((arrival) => arrival.id)).toEqual([id]);
    expect((await backend.arrivals(cursor, 10)).arrivals[0]?.event).toEqual(await backend.get(id));
  });

  it("tells archived events, too, and nothing when one is archived", async () => {
    const cursor = await end();
    const ids = await append(2);
    const { cursor: behind } = await rest(cursor, 2);
    await backend.archive({ ids }, instantOf(new Date()), 10);
    expect((await backend.arrivals(behind, 10)).arrivals).toEqual([]);
    expect((await rest(cursor, 2)).arrivals).toHaveLength(2);
  });

  it("loses and repeats nothing while several writers append", async () => {
    const cursor = await end();
    const writers = Array.from({ length: 3 }, async () => {
      const ids: string[] = [];
      for (let i = 0; i < 15; i++) ids.push(...(await append(4)));
      return ids;
    });
    const reading = rest(cursor, 180);
    const written = (await Promise.all(writers)).flat();
    expect((await reading).arrivals.map(({ id }) => id).toSorted()).toEqual(written.toSorted());
  });

  it.each(["nonsense", "0123456789-5", "~"])(
    "answers %j, which is no cursor of it, with lost and the end",
    async (cursor) => {
      await append(1);
      const page = await backend.arrivals(cursor, 10);
      expect(page).toMatchObject({ arrivals: [], lost: true });
      expect(await backend.arrivals(page.cursor, 10)).toMatchObject({ arrivals: [], lost: false });
    },
  );

  it("keeps an end good when everything has been purged", async () => {
    await append(3);
    const cursor = await end();
    while ((await backend.archive(ALL, 0n, 1000)) > 0);
    while ((await backend.purge(instantOf(new Date()), 1000)) > 0);
    const ids = await append(3);
    expect((await rest(cursor, 3)).arrivals.map(({ id }) => id).toSorted()).toEqual(ids);
  });
});
