/** What a dump says of a collection is taken over only as far as no document is deleted for it. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { restoreBackup } from "../../src/backup/restore.ts";
import { rawClient } from "../helpers/mongo.ts";
import { event } from "./hostile-backups.ts";
import { writeDump } from "./outside-dump.ts";
import { TARGETS } from "./targets.ts";

const [mongo] = TARGETS.filter(({ name }) => name === "MongoDB");
const OLD = { v: 2, key: { received_at: 1 }, name: "old", expireAfterSeconds: 0 };
const PLAIN = { v: 2, key: { log_level: 1 }, name: "level" };

it.skipIf(mongo?.skip).each([false, true])("no limit and no index that deletes, drop %s", (drop) =>
  mongo?.within(async (place) => {
    const folder = writeDump(
      join(place.folder, "b"),
      { events: [1, 2, 3].map(event) },
      { indexes: { events: [OLD, PLAIN] } },
    );
    const file = join(folder, "events.metadata.json");
    const metadata = JSON.parse(readFileSync(file, "utf8"));
    writeFileSync(file, JSON.stringify({ ...metadata, options: { capped: true, size: 4096, max: 2 } }));
    const warnings: string[] = [];
    const target = await place.open({ warn: (text) => warnings.push(text) });
    await restoreBackup(folder, { target, drop });
    await target.close();
    const client = await rawClient(place.url);
    const events = client.db(place.database).collection("events");
    expect(await events.options()).not.toHaveProperty("capped");
    expect((await events.indexes()).map(({ name }) => name)).toEqual(["_id_", "level"]);
    await client.close();
    expect(warnings).toEqual([
      "events was capped; it is restored without a limit",
      "the index old of events deletes documents by itself and is left out",
    ]);
  }),
);
