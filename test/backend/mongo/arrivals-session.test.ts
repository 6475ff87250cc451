/** Followers that fall out of the ring, sleep, or meet a broken change stream: nothing is missed, nothing comes twice. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Collection } from "mongodb";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Backend } from "../../../src/backend/backend.ts";
import type { MongoArrivalsOptions } from "../../../src/backend/mongo/arrivals.ts";
import type { ChangeSource } from "../../../src/backend/mongo/arrivals-watch.ts";
import type { EventDocument } from "../../../src/backend/mongo/document.ts";
import { type Connection, connect } from "../../../src/backend/mongo/driver.ts";
import { MongoBackend } from "../../../src/backend/mongo/mongo-backend.ts";
import { Notes } from "../../../src/backend/mongo/notes.ts";
import { OddTimes } from "../../../src/backend/mongo/odd-times.ts";
import type { Room } from "../../../src/backend/mongo/room.ts";
import { newId } from "../../../src/event/id.ts";
import { instantOf } from "../../../src/event/instant.ts";
import { zoneReader } from "../../../src/event/zone.ts";
import { dropDatabase, mongoSkip, mongoUrl, newDatabase } from "../../helpers/mongo.ts";
import { Follower } from "./follower.ts";
import { prepare } from "./helpers.ts";

async function room(database: string, warnings: string[]): Promise<Room> {
  const connection = await connect(String(mongoUrl), { database, timeoutMs: 4000 });
  const events: Collection<EventDocument> = connection.db.collection("events");
  const notes = new Notes((message) => void warnings.push(message));
  return { connection, events, notes, zone: zoneReader("UTC"), oddTimes: new OddTimes() };
}

/** The same connection, whose reads wait. */
function lateReads(connection: Connection, until: Promise<void>): Connection {
  const call: Connection["call"] = (what, run) => until.then(() => connection.call(what, run));
  return new Proxy(connection, {
    get: (target, name: keyof Connection) => {
      const value = target[name];
      return name === "call" ? call : typeof value === "function" ? value.bind(target) : value;
    },
  });
}

async function append(backend: Backend, events: number): Promise<string[]> {
  const batch = Array.from({ length: events }, () => prepare({ _id: newId(), event_data: { text: "x".repeat(100) } }));
  await backend.append(batch, instantOf(new Date()));
  return batch.map(({ event }) => event._id);
}

/** A change stream by hand: gives what is pushed, fails when told. */
class Script {
  readonly #changes: unknown[] = [];
  #failure: Error | undefined;
  opened = 0;
  closed = 0;

  readonly watch = (): ChangeSource => {
    this.opened++;
    return {
      tryNext: async () => {
        if (this.#failure) throw this.#failure;
        const change = this.#changes.shift();
        if (change === undefined) await sleep(1);
        return change ?? null;
      },
      close: async () => void this.closed++,
    };
  };

  inserts(documents: readonly object[]): void {
    for (const fullDocument of documents) this.#changes.push({ operationType: "insert", fullDocument });
  }

  fails(code: number | undefined): void {
    this.#changes.length = 0;
    this.#failure = code === undefined ? undefined : Object.assign(new Error("scripted"), { code });
  }
}

/** Change streams need a replica set. */
async function offersChanges(): Promise<boolean> {
  if (mongoSkip) return false;
  const connection = await connect(String(mongoUrl), { timeoutMs: 4000 });
  await connection.close();
  return connection.offersChanges;
}

const hasChanges = await offersChanges();
if (!hasChanges) {
  console.warn("\n  THE TEST OF A REAL CHANGE STREAM IS SKIPPED: set TEST_MONGODB_URL to a replica set\n");
}

describe.skipIf(mongoSkip)("followers of a MongoDB database", () => {
  const database = newDatabase();
  const warnings: string[] = [];
  let here: Room;
  beforeEach(async () => {
    here = await room(database, warnings);
  });
  afterEach(async () => {
    warnings.length = 0;
    await here.connection.close();
    await dropDatabase(database);
  });

  /** A process of its own as far as arrivals go. */
  function start(options: Partial<MongoArrivalsOptions> = {}): MongoBackend {
    return new MongoBackend(here, { now: () => new Date(), readOnly: false, ...options });
  }

  it.each(["this process", "another"])("begin where they asked to, whatever %s stores before they can", async (who) => {
    await append(start(), 3);
    let answer = () => {};
    const reads = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const slow = new MongoBackend(
      { ...here, connection: lateReads(here.connection, reads) },
      { now: () => new Date(), readOnly: false },
    );
    const asked = slow.arrivals(undefined, 10);
    await sleep(2); // clocks tell milliseconds
    const ids = await append(who === "another" ? start() : slow, 3);
    answer();
    const follower = await Follower.of(slow, (await asked).cursor);
    await follower.until(3);
    expect(follower.ids).toEqual(ids);
  });

  it.each([{ maxEvents: 10 }, { maxBytes: 2000 }])("who fell out of a ring of %j read on in order", async (limits) => {
    const process = start({ limits });
    const follower = await Follower.of(process, undefined, 7);
    const ids = [...(await append(process, 50)), ...(await append(process, 50))];
    await follower.until(60);
    ids.push(...(await append(process, 30)));
    await follower.until(130);
    expect(follower.ids).toEqual(ids);
  });

  it("who fell behind all ids of the ring miss nothing", async () => {
    const process = start({ limits: { maxEvents: 10, maxIds: 20 } });
    const follower = await Follower.of(process, undefined, 7);
    const ids: string[] = [];
    for (let i = 0; i < 4; i++) {
      ids.push(...(await append(process, 30)));
      await follower.step();
    }
    await follower.toEnd();
    expect(new Set(follower.ids)).toEqual(new Set(ids));
    expect(follower.lost).toBe(0);
  });

  it("who fall behind two writers at work read on exactly, wherever they begin again", async () => {
    const processes = [start({ limits: { maxEvents: 10 } }), start()] as const;
    const steps = [5, 13, 40].flatMap((limit) => processes.map((process) => Follower.of(process, undefined, limit)));
    const followers = await Promise.all(steps);
    const ids: string[] = [];
    const writing = processes.map(async (process) => {
      for (let i = 0; i < 10; i++) ids.push(...(await append(process, 8)));
    });
    const following = followers.map(async (follower, i) => {
      await follower.until(40);
      follower.back(7 * i);
      await follower.until(160);
      await follower.toEnd();
    });
    await Promise.all([...writing, ...following]);
    for (const follower of followers) {
      expect(follower.ids.toSorted()).toEqual(ids.toSorted());
      expect(follower.lost).toBe(0);
    }
  });

  it("who come back after everything was let go miss nothing", async () => {
    const process = start({ idleMs: 50 });
    const follower = await Follower.of(process);
    const ids = await append(process, 5);
    await follower.until(5);
    await sleep(200);
    ids.push(...(await append(process, 5)));
    await follower.until(10);
    await follower.toEnd();
    expect(follower.ids.slice(0, 5)).toEqual(ids.slice(0, 5));
    expect(new Set(follower.ids)).toEqual(new Set(ids));
    expect(follower.cursor.split(".")[1]).not.toBe(follower.cursors[0]?.split(".")[1]);
  });

  it("of a server that reads indexes are served by one, made when the first of them comes", async () => {
    Object.defineProperty(here.connection, "readsIndexes", { value: true });
    const keys = async () => (await here.events.indexes()).map(({ key }) => JSON.stringify(key));
    const [process, other] = [start(), start()];
    const ids = await append(process, 1);
    expect(await keys()).not.toContain('{"received_at":1,"_id":1}');
    const follower = await Follower.of(process);
    expect(await keys()).toContain('{"received_at":1,"_id":1}');
    const foreign = newId();
    await here.events.insertOne({ _id: foreign, event_type: "log_info", event_data: {} });
    ids.push(...(await append(other, 3)), foreign, ...(await append(process, 3)));
    await follower.until(7);
    expect(follower.ids.toSorted()).toEqual(ids.slice(1).toSorted());
    const elsewhere = await Follower.of(other, follower.cursors[0]);
    await elsewhere.until(8);
    expect(elsewhere.ids).toEqual(expect.arrayContaining(follower.ids.slice(1)));
  });

  describe("with a change stream", () => {
    it.skipIf(!hasChanges)("of the server are told what any program inserts", async () => {
      let opened = 0;
      const watch = (): ChangeSource => {
        opened++;
        return here.events.watch([{ $match: { operationType: "insert" } }], { maxAwaitTimeMS: 20 });
      };
      const process = start({ watch });
      const follower = await Follower.of(process);
      const ids = [...(await append(process, 3)), ...(await append(start(), 3))];
      // No look at the latest documents would find it.
      await here.events.insertOne({ _id: "foreign", event_type: "log_info", event_data: {} });
      await follower.until(7);
      expect(follower.ids.toSorted()).toEqual([...ids, "foreign"].toSorted());
      expect(opened).toBe(1);
    });

    it("that tells much at once are told all of it", async () => {
      const script = new Script();
      const process = start({ watch: script.watch });
      const follower = await Follower.of(process);
      const docs = Array.from({ length: 2500 }, () => ({ _id: newId(), event_data: {}, received_at: new Date() }));
      script.inserts(docs);
      await follower.until(2500);
      expect(follower.ids).toEqual(docs.map(({ _id }) => _id));
    });

    it("are told of other writers' inserts, and of their own once", async () => {
      const script = new Script();
      const process = start({ watch: script.watch });
      const other = start();
      const follower = await Follower.of(process);
      const ids = [...(await append(process, 3)), ...(await append(other, 3))];
      script.inserts(await here.events.find().toArray());
      await follower.until(6);
      await follower.toEnd();
      expect(follower.ids.toSorted()).toEqual(ids.toSorted());
      expect(script.opened).toBe(1);
    });

    it("that breaks find in the database what it did not tell, once", async () => {
      const script = new Script();
      const process = start({ watch: script.watch });
      const other = start();
      const follower = await Follower.of(process);
      script.fails(286);
      const ids = await append(other, 3);
      await follower.until(3);
      script.fails(undefined);
      ids.push(...(await append(other, 2)));
      await follower.until(5);
      await follower.toEnd();
      expect(follower.ids).toEqual(ids);
      expect(follower.lost).toBe(0);
      expect(script.closed).toBeGreaterThan(0);
    });

    it("that the server refuses go on by looking, with one warning", async () => {
      const script = new Script();
      script.fails(40573);
      const process = start({ watch: script.watch });
      const follower = await Follower.of(process);
      const ids = await append(start(), 4);
      await follower.until(4);
      expect(follower.ids).toEqual(ids);
      expect(script.opened).toBe(1);
      expect(warnings).toEqual([expect.stringMatching(/refuses change streams \(code 40573\)/)]);
    });
  });
});
