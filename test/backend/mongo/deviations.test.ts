/** The list of FerretDB's deviations, held against the server. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { mongoServer } from "../../helpers/mongo.ts";
import { DEVIATIONS } from "./deviations.ts";
import { enter, type Place } from "./helpers.ts";

describe.skipIf(mongoServer !== "FerretDB")("FerretDB still", () => {
  let place: Place;
  beforeAll(async () => {
    place = await enter();
  });
  afterAll(() => place.leave());

  it.each(DEVIATIONS)("$name", async ({ holds }) => {
    expect(await holds(place.client.db(place.database).collection("deviations"))).toBe(true);
  });
});
