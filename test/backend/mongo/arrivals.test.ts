/** The arrivals of all writers of a database, as each of them follows them. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Backend } from "../../../src/backend/backend.ts";
import { openMongo } from "../../../src/backend/mongo/index.ts";
import { newId } from "../../../src/event/id.ts";
import { instantOf } from "../../../src/event/instant.ts";
import { testOptions } from "../../helpers/backends.ts";
import { mongoSkip, mongoUrl } from "../../helpers/mongo.ts";
import { Follower } from "./follower.ts";
import { enter, type Place, prepare } from "./helpers.ts";

let made = 0;

/** Appends one batch as it would be appended now; returns its ids. */
async function append(backend: Backend, events: number): Promise<string[]> {
  const batch = Array.from({ length: events }, () => prepare({ _id: newId(), event_data: { n: made++ } }));
  await backend.append(batch, instantOf(new Date()));
  return batch.map(({ event }) => event._id);
}

/** A document as MADSci's Python server inserts it. */
function pythonDocument(message: string) {
  return {
    _id: newId(),
    event_type: "log_info",
    log_level: 20,
    alert: false,
    event_timestamp: new Date().toISOString().slice(0, -1),
    source: {},
    event_data: { message },
    trace_id: null,
    span_id: null,
    archived: false,
    archived_at: null,
  };
}

describe.skipIf(mongoSkip)("arrivals in MongoDB", () => {
  let place: Place;
  let other: Backend;
  beforeEach(async () => {
    place = await enter();
    other = await openMongo(String(mongoUrl), testOptions({ database: place.database }));
  });
  afterEach(async () => {
    await other.close();
    await place.leave();
  });

  it("begin at the present end", async () => {
    await append(place.backend, 3);
    const { arrivals, lost } = await place.backend.arrivals(undefined, 10);
    expect({ arrivals, lost }).toEqual({ arrivals: [], lost: false });
  });

  it("come in the order of this process's appends, as they are read later", async () => {
    const follower = await Follower.of(place.backend, undefined, 7);
    const ids = [...(await append(place.backend, 20)), ...(await append(place.backend, 5))];
    await follower.until(25);
    expect(follower.ids).toEqual(ids);
    for (const event of follower.events) expect(await place.backend.get(event._id)).toEqual(event);
  });

  it("leave out what was there already", async () => {
    const follower = await Follower.of(place.backend);
    const event = prepare({ _id: "twice" });
    for (let i = 0; i < 2; i++) await place.backend.append([event, event], instantOf(new Date()));
    await append(place.backend, 1);
    await follower.until(2);
    await follower.toEnd();
    expect(follower.ids).toHaveLength(2);
  });

  it("of two writers reach the followers of both, once each, each writer's in its order", async () => {
    const followers = [await Follower.of(place.backend), await Follower.of(other)];
    const written = await Promise.all(
      [place.backend, other].map(async (backend) => {
        const ids: string[] = [];
        for (let i = 0; i < 10; i++) ids.push(...(await append(backend, 5)));
        return ids;
      }),
    );
    for (const follower of await Promise.all(followers.map((each) => each.until(100)))) {
      for (const ids of written) expect(follower.ids.filter((id) => ids.includes(id))).toEqual(ids);
      expect(follower.ids).toHaveLength(100);
    }
  });

  it("include what MADSci's Python server stores", async () => {
    const follower = await Follower.of(place.backend);
    const docs = [pythonDocument("one"), pythonDocument("two")];
    const own = await append(place.backend, 1);
    await place.client
      .db(place.database)
      .collection("events")
      .insertMany(docs as never[]);
    await follower.until(3);
    expect(follower.ids.toSorted()).toEqual([...own, ...docs.map(({ _id }) => _id)].toSorted());
    const read = follower.events.find(({ _id }) => _id === docs[0]?._id);
    expect(read).toMatchObject({ event_data: { message: "one" }, received_at: null });
    expect(await place.backend.get(String(docs[0]?._id))).toEqual(read);
  });

  it("go on exactly behind any cursor of this process", async () => {
    const follower = await Follower.of(place.backend);
    const ids = await append(place.backend, 10);
    await follower.until(10);
    for (const [i, cursor] of follower.cursors.entries()) {
      const again = await (await Follower.of(place.backend, cursor)).toEnd();
      expect(again.ids).toEqual(ids.slice(i + 1));
    }
  });

  it("go on in another process, which misses nothing and repeats only what came shortly before", async () => {
    const follower = await Follower.of(place.backend);
    const ids = await append(place.backend, 10);
    const [doc] = [pythonDocument("between")];
    await place.client
      .db(place.database)
      .collection("events")
      .insertOne(doc as never);
    await follower.until(11);
    ids.push(doc._id, ...(await append(place.backend, 10)));
    const elsewhere = await Follower.of(other, follower.cursors[4], 3);
    await elsewhere.until(21);
    ids.push(...(await append(place.backend, 5)), ...(await append(other, 5)));
    await elsewhere.until(31);
    expect(elsewhere.ids.toSorted()).toEqual(ids.toSorted());
    expect(elsewhere.lost).toBe(0);
  });

  it.each(["x", "1.2.3", "aaaaaa.bbbbbbbb.1.1", "a".repeat(300)])("tell that %s is no cursor", async (cursor) => {
    await append(place.backend, 1);
    const follower = await Follower.of(place.backend, cursor);
    await follower.step();
    expect(follower.lost).toBe(1);
    const ids = await append(place.backend, 2);
    await follower.until(2);
    expect(follower.ids).toEqual(ids);
    expect(follower.lost).toBe(1);
  });

  it("are lost behind a cursor of another database", async () => {
    const elsewhere = await enter();
    const { cursor } = await elsewhere.backend.arrivals(undefined, 1);
    await elsewhere.leave();
    expect(await place.backend.arrivals(cursor, 10)).toMatchObject({ arrivals: [], lost: true });
  });
});
