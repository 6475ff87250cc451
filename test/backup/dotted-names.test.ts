/** FerretDB renames no collection with a dot in its name: such a restore loses nothing, and says what to do instead. */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { restoreBackup } from "../../src/backup/restore.ts";
import { mongoServer, rawClient } from "../helpers/mongo.ts";
import { event } from "./hostile-backups.ts";
import { writeDump } from "./outside-dump.ts";
import { type Place, restingIn, TARGETS } from "./targets.ts";

const DOTTED = "odd.coll-1";
const NEW = { events: [event(7)], [DOTTED]: [event(8)], zeta: [event(9)] };

async function restored(place: Place, drop: boolean): Promise<void> {
  const target = await place.open();
  try {
    await restoreBackup(writeDump(join(place.folder, "b"), NEW), { target, drop });
  } finally {
    await target.close();
  }
}

describe.each(TARGETS.filter(({ name }) => name === "MongoDB"))("a dotted name, in $name", ({ within, skip }) => {
  it.skipIf(skip || mongoServer !== "FerretDB").each([
    ["that is there", [DOTTED]],
    ["that is not there", []],
  ])("%s: nothing is replaced, nothing lost", (_, more) =>
    within(async (place) => {
      const client = await rawClient(place.url);
      const db = client.db(place.database);
      for (const name of ["events", "zeta", ...more])
        await db.collection(name).insertOne({ _id: `old ${name}` } as object);
      const before = await restingIn(place);
      await expect(restored(place, true)).rejects.toMatchObject({
        code: "EVT_INVALID_OPTION",
        message: expect.stringMatching(/cannot rename odd\.coll-1.*--into, no --drop/),
      });
      expect(await restingIn(place)).toEqual(before);
      const names = (await db.listCollections().toArray()).map(({ name }) => name);
      await client.close();
      expect(names.sort()).toEqual(Object.keys(before).sort());
    }),
  );

  it.skipIf(skip)("is restored into a database without it", () =>
    within(async (place) => {
      await restored(place, false);
      expect(Object.keys((await restingIn(place))[DOTTED] ?? {})).toEqual(["e8"]);
    }),
  );
});
