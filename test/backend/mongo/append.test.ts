/** Appending: duplicates, conflicts, refusals, and many writers. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openMongo } from "../../../src/backend/mongo/index.ts";
import { versionCheck } from "../../../src/schema/admit.ts";
import { testOptions } from "../../helpers/backends.ts";
import { mongoServer, mongoSkip, mongoUrl } from "../../helpers/mongo.ts";
import { enter, find, type Place, prepare, RECEIVED, selectorOf } from "./helpers.ts";

const TIME = "2025-01-01T10:00:00Z";

describe.skipIf(mongoSkip)("append", () => {
  let place: Place;
  beforeAll(async () => {
    place = await enter();
  });
  afterAll(() => place.leave());
  const statuses = async (...events: ReturnType<typeof prepare>[]) =>
    (await place.backend.append(events, RECEIVED)).map(({ status }) => status);

  it("tells a re-sent event from another one of the same id", async () => {
    const event = { _id: "a", event_timestamp: TIME, event_data: { x: 1, y: { z: [1, 2] } } };
    const reordered = { ...event, event_data: { y: { z: [1, 2] }, x: 1 } };
    const changed = { ...event, event_data: { x: 1, y: { z: [2, 1] } } };
    expect(await statuses(prepare(event))).toEqual(["stored"]);
    expect(await statuses(prepare(event), prepare(reordered), prepare(changed))).toEqual([
      ...["duplicate", "duplicate", "conflict"],
    ]);
    expect(await statuses(prepare({ ...event, log_level: 40 }))).toEqual(["conflict"]);
    expect((await place.backend.get("a"))?.event_data).toEqual(event.event_data);
  });

  it("takes a default timestamp for no difference", async () => {
    expect(await statuses(prepare({ _id: "t" }))).toEqual(["stored"]);
    const later = prepare({ _id: "t" });
    expect(later.timeDefaulted).toBe(true);
    expect(await statuses(later)).toEqual(["duplicate"]);
    expect(await statuses(prepare({ _id: "t", event_timestamp: TIME }))).toEqual(["conflict"]);
  });

  it("compares with the first of a batch, and an archived event with what it was", async () => {
    const first = prepare({ _id: "b", event_timestamp: TIME });
    const other = prepare({ _id: "b", event_timestamp: TIME, alert: true });
    expect(await statuses(first, other, first, prepare({ _id: "c", event_timestamp: TIME }))).toEqual([
      ...["stored", "conflict", "duplicate", "stored"],
    ]);
    await place.backend.archive({ ids: ["b"] }, RECEIVED, 1);
    const [again] = await place.backend.append([first], RECEIVED);
    expect(again).toMatchObject({ status: "duplicate", existing: { archived: true } });
  });

  it("stores an event once, however many send it", async () => {
    const batch = Array.from({ length: 30 }, (_, i) => prepare({ _id: `many-${i}`, event_timestamp: TIME }));
    const outcomes = await Promise.all([1, 2, 3, 4].map(() => place.backend.append(batch, RECEIVED)));
    expect(outcomes.flat().filter(({ status }) => status === "stored")).toHaveLength(batch.length);
  });

  it.skipIf(mongoServer === "FerretDB")("counts each archiving once, however many archive", async () => {
    const batch = Array.from({ length: 30 }, (_, i) => prepare({ _id: `old-${i}`, event_timestamp: TIME }));
    await place.backend.append(batch, RECEIVED);
    const selector = selectorOf({ _id: { $regex: "^old-" } });
    const archived = await Promise.all([1, 2, 3].map(() => place.backend.archive({ selector }, RECEIVED, 1000)));
    expect(archived.reduce((sum, n) => sum + n)).toBe(batch.length);
  });

  it("stores what the server refuses beside what it takes, also when it has learned to", async () => {
    const nested = (n: number) => prepare({ _id: `nested-${n}`, event_data: [[n]] });
    const plain = (n: number) => prepare({ _id: `plain-${n}`, event_data: [n] });
    for (const n of [1, 2]) expect(await statuses(plain(n), nested(n))).toEqual(["stored", "stored"]);
    const found = await find(place.backend, { where: { _id: { $regex: "^(nested|plain)-" } } });
    expect(new Map(found.map(({ _id, event_data }) => [_id, event_data]))).toEqual(
      new Map<string, unknown>([
        ...([
          ["plain-1", [1]],
          ["nested-1", [[1]]],
        ] as const),
        ...([
          ["plain-2", [2]],
          ["nested-2", [[2]]],
        ] as const),
      ]),
    );
  });

  it("answers an empty batch", async () => {
    expect(await statuses()).toEqual([]);
  });
});

describe.skipIf(mongoSkip)("opening", () => {
  it("makes a new database one that MADSci's server accepts, once", async () => {
    const admit = versionCheck({ now: () => new Date(), warn: (text) => place.warnings.push(text), host: "lab" });
    const place: Place = await enter([], { admit });
    const again = await openMongo(String(mongoUrl), testOptions({ database: place.database, admit }));
    const db = place.client.db(place.database);
    const versions = await db
      .collection("schema_versions")
      .find({}, { projection: { _id: 0 } })
      .toArray();
    expect(versions).toEqual([
      expect.objectContaining({ version: "1.0.0+madsci-events.1", breaking: false, host: "lab" }),
      { version: "1.0.0", applied_at: expect.any(Date), migration_notes: "Auto-initialized schema version 1.0.0" },
    ]);
    const names = (await db.collection("schema_versions").indexes()).map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(["version_unique", "applied_at_desc"]));
    expect(place.warnings).toEqual([]);
    await again.close();
    await place.leave();
  });

  it("makes the indexes, except on FerretDB 1.x, which reads without them", async () => {
    const place = await enter();
    await place.backend.append([prepare({})], RECEIVED);
    const indexes = await place.client.db(place.database).collection("events").indexes();
    const keys = indexes.map(({ key }) => Object.keys(key).join());
    const ours = ["ts,_id", "log_level,ts,_id", "event_type,ts,_id", "archived_at,_id"];
    if (mongoServer === "FerretDB") expect(keys).toEqual(["_id"]);
    else expect(keys).toEqual(expect.arrayContaining(ours));
    await place.leave();
  });

  it("leaves a read-only database as it is", async () => {
    const place = await enter([], { readOnly: true });
    expect(await place.client.db(place.database).listCollections().toArray()).toEqual([]);
    expect(await find(place.backend)).toEqual([]);
    const refused = { code: "EVT_INVALID_OPTION" };
    await expect(place.backend.append([prepare({})], RECEIVED)).rejects.toMatchObject(refused);
    await expect(place.backend.purge(RECEIVED, 1)).rejects.toMatchObject(refused);
    await place.leave();
  });

  it("uses a client of the host's and leaves it open", async () => {
    const place = await enter();
    const options = { client: place.client, database: place.database, collection: "others" };
    const backend = await openMongo("mongodb://ignored/", testOptions(options));
    await backend.append([prepare({ _id: "hosted" })], RECEIVED);
    await backend.close();
    expect(await place.client.db(place.database).collection("others").countDocuments()).toBe(1);
    await place.leave();
  });

  it("refuses names no database or collection can have, and what is no client", async () => {
    for (const options of [{ database: "a b" }, { collection: "$x" }, { client: {} }]) {
      const opening = openMongo(String(mongoUrl), testOptions(options));
      await expect(opening).rejects.toMatchObject({ code: "EVT_INVALID_OPTION" });
    }
  });
});
