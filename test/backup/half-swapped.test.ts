/** What a restore keeps beside a database is never taken for the database, and a half replaced one is neither backed up nor opened. */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openDumpSource } from "../../src/backend/open-dump.ts";
import { createBackup } from "../../src/backup/create.ts";
import { restoreBackup } from "../../src/backup/restore.ts";
import { EventStore } from "../../src/store/store.ts";
import { mongoSkip, rawClient } from "../helpers/mongo.ts";
import { inFolder, withDatabase } from "./filled.ts";
import { EVENTS, event } from "./hostile-backups.ts";
import { writeBackup, writeDump } from "./outside-dump.ts";
import { restingIn, TARGETS } from "./targets.ts";

const STATE = { _id: "lease:migrate#3", record: "lease:migrate", version: 3, at: new Date(0), body: '{"owner":"me"}' };
const [mongo] = TARGETS.filter(({ name }) => name === "MongoDB");

async function backedUp(url: string, database: string, dir: string) {
  const source = await openDumpSource(url, { database });
  try {
    return await createBackup({ source, dir, now: () => new Date() });
  } finally {
    await source.close();
  }
}

const open = (url: string, database: string) => EventStore.open(url, { database, naiveTimezone: "UTC" });

describe.skipIf(mongoSkip)("in MongoDB", () => {
  it.each([
    ["events__replaced_1a2b3c4d", ["events__restoring_1a2b3c4d"]],
    ["events__replaced_1a2b3c4d", []],
    ["plans__replaced_1a2b3c4d", ["plans", "events__restoring_1a2b3c4d"]],
  ])(
    "a restore that died with %s beside %j: no backup is made, no store opened; the next restore heals",
    (old, beside) =>
      inFolder((folder) =>
        withDatabase(async ({ url, database }) => {
          const client = await rawClient(url);
          const db = client.db(database);
          if (old.startsWith("events")) await db.renameCollection("events", old);
          else await db.createCollection(old);
          for (const name of beside) await db.createCollection(name);
          await client.close();
          const dir = join(folder, "backups");
          const refusal = { code: "EVT_BACKEND_UNAVAILABLE", message: expect.stringContaining("run it again") };
          await expect(backedUp(url, database, dir)).rejects.toMatchObject(refusal);
          await expect(open(url, database)).rejects.toMatchObject(refusal);
          await mongo?.within(async (place) => {
            const target = await place.open({ database });
            await restoreBackup(writeBackup(join(folder, "b"), { more: [event(1)] }), { target, drop: true });
            await target.close();
          });
          expect((await backedUp(url, database, dir)).metadata.documents).toMatchObject({ events: 30, more: 1 });
          const store = await open(url, database);
          expect(await store.count({ includeArchived: true })).toBe(30);
          await store.close();
        }),
      ),
  );

  it("a database in which nothing but a restore has died is a new one", () =>
    mongo?.within(async ({ url, database }) => {
      const client = await rawClient(url);
      for (const name of ["events__restoring_1a2b3c4d", "__restoring_lease"])
        await client.db(database).createCollection(name);
      await client.close();
      await (await open(url, database)).close();
    }));

  it("a collection that is replaced while it is read makes no backup", () =>
    inFolder(() =>
      withDatabase(async ({ url, database }) => {
        const client = await rawClient(url);
        const source = await openDumpSource(url, { database });
        await source.collections();
        await client.db(database).collection("events").drop();
        const read = async () => {
          for await (const _ of source.documents("events"));
        };
        await expect(read()).rejects.toMatchObject({
          code: "EVT_BACKEND_UNAVAILABLE",
          message: expect.stringContaining("make the backup again"),
        });
        await source.close();
        await client.close();
      }),
    ));

  it("the lease and the places of migrations are neither backed up nor restored nor replaced", () =>
    inFolder((folder) =>
      withDatabase(async ({ url, database }) => {
        const client = await rawClient(url);
        const state = client.db(database).collection<typeof STATE>("schema_state");
        await state.insertOne(STATE);
        const { metadata } = await backedUp(url, database, join(folder, "backups"));
        expect(metadata.documents).not.toHaveProperty("schema_state");
        const foreign = { ...STATE, _id: "lease:migrate#9", version: 9 };
        const path = writeDump(join(folder, "b"), { ...EVENTS, schema_state: [foreign] });
        for (const drop of [false, true]) {
          const warnings: string[] = [];
          await mongo?.within(async (place) => {
            const target = await place.open({ database });
            await restoreBackup(path, { target, drop, warn: (text) => warnings.push(text) });
            await target.close();
          });
          expect(await state.find().toArray()).toEqual([STATE]);
          expect(warnings).toEqual([expect.stringContaining("schema_state")]);
        }
        await client.close();
      }),
    ));
});

it.skipIf(mongo?.skip)(
  "of a restore that adds and one that replaces at the same time, neither loses what it reports",
  () =>
    mongo?.within(async (place) => {
      const many = (what: string, count: number) => Array.from({ length: count }, (_, n) => ({ _id: `${what}${n}` }));
      const paths = { add: many("add", 4000), replace: many("replace", 2000) };
      const restored = async (what: keyof typeof paths) => {
        const path = writeBackup(join(place.folder, what), { events: paths[what] });
        const target = await place.open({ leaseMs: 5000 });
        try {
          const { collections } = await restoreBackup(path, { target, drop: what === "replace" });
          return collections.events?.inserted;
        } finally {
          await target.close();
        }
      };
      const adding = restored("add");
      const replacing = restored("replace");
      expect(await Promise.all([adding, replacing])).toEqual([4000, 2000]);
      const count = Object.keys((await restingIn(place)).events ?? {}).length;
      // Whichever came last: replaced, or replaced and added to.
      expect([2000, 6000]).toContain(count);
    }),
);
