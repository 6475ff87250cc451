/** What reports read where the server has indexes, and of documents other programs wrote. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ActivityQuery } from "../../../src/backend/backend.ts";
import { readActivities } from "../../../src/backend/mongo/activities.ts";
import type { EventDocument } from "../../../src/backend/mongo/document.ts";
import { type Connection, connect } from "../../../src/backend/mongo/driver.ts";
import { Notes } from "../../../src/backend/mongo/notes.ts";
import { OddTimes } from "../../../src/backend/mongo/odd-times.ts";
import type { Room } from "../../../src/backend/mongo/room.ts";
import type { Activity } from "../../../src/event/activity.ts";
import { zoneReader } from "../../../src/event/zone.ts";
import { activitiesOf, oddEvents, readOf } from "../../helpers/activities.ts";
import { mongoSkip, mongoUrl } from "../../helpers/mongo.ts";
import { at, enter, type Place, prepare, RECEIVED } from "./helpers.ts";

const NODE = "01JNDE00000000000000000001";
const theirs = (_id: string, event_timestamp: string, more: Record<string, unknown>) => ({
  _id,
  event_type: "log_info",
  log_level: 20,
  alert: false,
  event_timestamp,
  source: { node_id: NODE },
  event_data: {},
  ...more,
});
/** In the order of their instants. */
const FOREIGN = [
  theirs("f1", "2024-12-30T10:00:00", { event_type: "NODE_START", event_data: { node_name: "arm" } }),
  theirs("f2", "2024-12-30T13:00:00+02:00", { event_type: "experiment_stop", event_data: { experiment_id: "x" } }),
  theirs("f3", "2024-12-30T11:30:00Z", { event_data: { event_type: "action_start", action_id: 5 } }),
  theirs("f4", "2024-12-30 11:40:00", { event_data: { message: { event_type: "lab_stop", event_data: "gone" } } }),
  theirs("f5", "2024-12-30T12:00:00", { event_type: "workcell_start", event_data: "text" }),
  theirs("f6", "2024-12-30T12:30:00", { event_data: { message: "a line" } }),
  theirs("f7", "2024-12-30T13:00:00", { event_type: "workcell_create" }),
];

describe.skipIf(mongoSkip)("activities in MongoDB", () => {
  let place: Place;
  let room: Room;
  const prepared = oddEvents(250, 11).map(prepare);
  const all = activitiesOf(prepared);

  beforeAll(async () => {
    place = await enter();
    await place.backend.append(prepared, RECEIVED);
    const connection = withIndexes(await connect(String(mongoUrl), { database: place.database, timeoutMs: 4000 }));
    const events = connection.db.collection<EventDocument>("events");
    room = { connection, events, zone: zoneReader("UTC"), notes: new Notes(() => {}), oddTimes: new OddTimes() };
  });
  afterAll(async () => {
    await room.connection.close();
    await place.leave();
  });

  it("are the same by a condition for each form and a projection, as where the server reads indexes", async () => {
    expect((await read(room)).map(readOf)).toEqual(all.map(readOf));
    const query = { types: ["node_start", "action_start"], from: all[10]?.instant, to: all[80]?.instant } as const;
    const some = all.slice(10, 80).filter((activity) => query.types.some((type) => readOf(activity).type === type));
    const within = some.filter(({ instant }) => instant < (query.to ?? 0n));
    expect((await read(room, query)).map(readOf)).toEqual(within.map(readOf));
  });

  it("leave out what no report reads", async () => {
    const [activity] = await read(room, { types: ["node_start"] });
    expect(JSON.stringify(activity?.event_data)).not.toContain("unread");
  });

  it.each([false, true])(
    "are found in documents of other programs, in one order with ours (projected: %s)",
    async (projected) => {
      await place.client
        .db(place.database)
        .collection("events")
        .insertMany(FOREIGN as never);
      const activities = projected ? await read(room) : (await pages(place)).flat();
      expect(activities.slice(0, 5).map(({ _id }) => _id)).toEqual(["f1", "f2", "f3", "f4", "f5"]);
      expect(activities.slice(0, 5).map(readOf)).toMatchObject([
        { type: "node_start", instant: at("2024-12-30T10:00:00Z") },
        { type: "experiment_cancelled", instant: at("2024-12-30T11:00:00Z") },
        { type: "action_start", form: "wrapped" },
        { type: "lab_stop", form: "nested", values: "gone" },
        { type: "workcell_start", values: "text" },
      ]);
      expect(activities.slice(5).map(readOf)).toEqual(all.map(readOf));
      await place.client
        .db(place.database)
        .collection("events")
        .deleteMany({ _id: { $in: FOREIGN.map(({ _id }) => _id) } } as never);
    },
  );
});

async function pages({ backend }: Place): Promise<(readonly Activity[])[]> {
  const found: (readonly Activity[])[] = [];
  for await (const page of backend.activities({})) found.push(page);
  return found;
}

async function read(room: Room, query: ActivityQuery = {}): Promise<Activity[]> {
  const found: Activity[] = [];
  for await (const page of readActivities(room, query)) found.push(...page);
  return found;
}

/** The tests' own server has none; what is asked of one that has is asked of it all the same. */
function withIndexes(connection: Connection): Connection {
  const { db, dialect, place, updatesAtomically, offersChanges } = connection;
  return {
    ...{ db, dialect, place, updatesAtomically, offersChanges, readsIndexes: true },
    call: (what, run) => connection.call(what, run),
    attempt: (run) => connection.attempt(run),
    ping: () => connection.ping(),
    close: () => connection.close(),
  };
}
