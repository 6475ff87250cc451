/** What reports read: the same promises on every engine. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { meaningOf } from "../../src/backend/activity.ts";
import type { ActivityQuery, Backend } from "../../src/backend/backend.ts";
import { type Activity, type ActivityType, STATE_TYPES } from "../../src/event/activity.ts";
import { instantOf } from "../../src/event/instant.ts";
import { type PreparedEvent, parseContext, prepareEvent } from "../../src/event/parse.ts";
import { activitiesOf, oddEvents, readOf } from "../helpers/activities.ts";
import { BACKENDS } from "../helpers/backends.ts";
import { mongoServer } from "../helpers/mongo.ts";

const context = parseContext({ naiveTimezone: "UTC" });
const RECEIVED = instantOf(Date.UTC(2025, 5, 1));
/** FerretDB goes through all of them for each question; these are enough for two pages (500 and the rest). */
const countFor = (engine: string) => (engine === "mongo" && mongoServer === "FerretDB" ? 780 : 1200);

async function pagesOf(backend: Backend, query: ActivityQuery = {}): Promise<(readonly Activity[])[]> {
  const pages: (readonly Activity[])[] = [];
  for await (const page of backend.activities(query)) pages.push(page);
  return pages;
}

async function read(backend: Backend, query: ActivityQuery = {}) {
  return (await pagesOf(backend, query)).flat().map(readOf);
}

describe.each(BACKENDS)("activities of backend $name", ({ name, open, skip }) => {
  if (skip) return it.skip(`runs where there is a server (${skip})`, () => {});
  const count = countFor(name);
  let backend: Backend;
  let events: readonly PreparedEvent[];
  let all: readonly Activity[];
  beforeAll(async () => {
    backend = await open();
    events = oddEvents(count, 7).map((event) => prepareEvent(event, context));
    all = activitiesOf(events);
    for (let i = 0; i < count; i += 250) await backend.append(events.slice(i, i + 250), RECEIVED);
  });
  afterAll(() => backend.close());

  it("are all events that mean one, in order of instant and id, with all that is read of them", async () => {
    expect(all.length).toBeGreaterThan(count / 3);
    expect(new Set(all.map((activity) => meaningOf(activity)?.form)).size).toBe(3);
    expect(await read(backend)).toEqual(all.map(readOf));
  });

  it("come in pages of which none is empty or holds everything", async () => {
    const sizes = (await pagesOf(backend)).map((page) => page.length);
    expect(sizes.length).toBeGreaterThan(1);
    expect(Math.min(...sizes)).toBeGreaterThan(0);
  });

  it.each([
    [0, 300],
    [100, 101],
    [250, undefined],
    [undefined, 40],
    [40, 40],
  ])("begin at `from` and end before `to` (%s, %s)", async (first, last) => {
    const from = first === undefined ? undefined : all[first]?.instant;
    const to = last === undefined ? undefined : all[last]?.instant;
    const within = all.filter(({ instant }) => instant >= (from ?? instant) && (to === undefined || instant < to));
    expect(await read(backend, { from, to })).toEqual(within.map(readOf));
  });

  it("can be of some types only", async () => {
    const sets: readonly (readonly ActivityType[])[] = [STATE_TYPES, ["action_start", "node_start"], ["lab_stop"], []];
    for (const types of sets) {
      const some = all.filter((activity) => types.includes(meaningOf(activity)?.type as ActivityType));
      expect(await read(backend, { types })).toEqual(some.map(readOf));
    }
  });

  it("are not those of events that have been purged, and tell archived ones from others", async () => {
    const ids = all.slice(0, 60).map(({ _id }) => _id);
    expect(await backend.archive({ ids }, RECEIVED, 100)).toBe(60);
    expect(await read(backend)).toEqual(all.map(readOf));
    expect(await read(backend, { archived: true })).toEqual(all.slice(0, 60).map(readOf));
    expect(await read(backend, { archived: false })).toEqual(all.slice(60).map(readOf));
    expect(await backend.unarchive(ids.slice(30))).toBe(30);
    expect(await read(backend, { archived: false })).toEqual(all.slice(30).map(readOf));
    expect(await backend.purge(RECEIVED + 1000n, 100)).toBe(30);
    expect(await read(backend)).toEqual(all.slice(30).map(readOf));
  }, 60_000);

  it("end quietly when nobody wants them any more", async () => {
    const controller = new AbortController();
    let pages = 0;
    for await (const _page of backend.activities({ signal: controller.signal })) {
      pages++;
      controller.abort();
    }
    expect(pages).toBe(1);
  });
});

describe.each(BACKENDS)("the end of backend $name", ({ open, skip }) => {
  if (skip) return it.skip(`runs where there is a server (${skip})`, () => {});

  it("ends its activities with an error, and an empty one has none", async () => {
    const backend = await open();
    expect(await pagesOf(backend)).toEqual([]);
    await backend.close();
    await expect(pagesOf(backend)).rejects.toMatchObject({ code: "EVT_CLOSED" });
  });
});
