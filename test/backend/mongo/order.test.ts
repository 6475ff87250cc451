/** Any mixture of our documents and other programs' is found in the order of its instants, whole, in steps and bounded. */
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readDocument } from "../../../src/backend/mongo/read.ts";
import { comparePositions } from "../../../src/backend/mongo/stream.ts";
import { parseContext, prepareEvent } from "../../../src/event/parse.ts";
import { zoneReader } from "../../../src/event/zone.ts";
import { mongoSkip } from "../../helpers/mongo.ts";
import { arbitraryForeignTime, arbitraryWall } from "./arbitrary-timestamps.ts";
import { enter, find, findInSteps, idsOf, type Place, RECEIVED } from "./helpers.ts";

const ZONE = "America/Chicago";
const zone = zoneReader(ZONE);
const context = parseContext({ naiveTimezone: ZONE });

const mixture = fc.record({
  foreign: fc.array(arbitraryForeignTime, { minLength: 1, maxLength: 25 }),
  ours: fc.array(arbitraryWall, { minLength: 1, maxLength: 15 }),
  order: fc.constantFrom("newest" as const, "oldest" as const),
  bounds: fc.tuple(fc.nat(), fc.nat()),
  step: fc.integer({ min: 2, max: 30 }),
});

describe.skipIf(mongoSkip)("a collection several programs write to", () => {
  let place: Place;
  beforeAll(async () => {
    place = await enter([], { zone });
  });
  afterAll(() => place.leave());

  it("is found in the order of instants", { timeout: 120_000 }, async () => {
    const events = place.client.db(place.database).collection<{ _id: string }>("events");
    const property = fc.asyncProperty(mixture, async ({ foreign, ours, order, bounds, step }) => {
      await events.deleteMany({});
      const docs = foreign.map((event_timestamp, i) => ({
        _id: `foreign-${i}`,
        ...(event_timestamp === undefined ? {} : { event_timestamp }),
      }));
      const prepared = ours.map((event_timestamp, i) => prepareEvent({ _id: `ours-${i}`, event_timestamp }, context));
      await events.insertMany(docs);
      await place.backend.append(prepared, RECEIVED);
      const compare = comparePositions(order);
      const all = [
        ...docs.map((doc) => ({ id: doc._id, instant: readDocument(doc, zone).instant })),
        ...prepared.map(({ event, instant }) => ({ id: event._id, instant })),
      ].sort(compare);
      expect(idsOf(await find(place.backend, { order }))).toEqual(all.map(({ id }) => id));
      expect(await findInSteps(place.backend, step, { order })).toEqual(all.map(({ id }) => id));
      const [a, b] = bounds
        .map((n) => (all[n % all.length] as { instant: bigint }).instant)
        .sort((x, y) => (x < y ? -1 : 1));
      const inside = all.filter(({ instant }) => instant >= (a as bigint) && instant <= (b as bigint));
      expect(idsOf(await find(place.backend, { order, from: a, to: b }))).toEqual(inside.map(({ id }) => id));
    });
    await fc.assert(property, { numRuns: 25, interruptAfterTimeLimit: 60_000 });
  });
});
