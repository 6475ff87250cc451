/**
 * Documents per second of a restore, and the most memory it took. Arguments: `restore` or `raw` (documents of the file into
 * the driver's `insertMany`, a thousand at once), path of a dump's folder, URL, database. Prints both.
 */
import { createReadStream } from "node:fs";
import { join } from "node:path";
import { BSON, MongoClient } from "mongodb";
import { openDumpTarget } from "../../src/backend/open-dump-target.ts";
import { BsonCut } from "../../src/backup/bson-cut.ts";
import { restoreBackup } from "../../src/backup/restore.ts";

const AT_ONCE = 1000;
const [how = "", path = "", url = "", database = "", drop = ""] = process.argv.slice(2);

async function restore(): Promise<number> {
  const target = await openDumpTarget(url, { database });
  const { collections } = await restoreBackup(path, { target, drop: drop === "drop" });
  await target.close();
  return collections.events?.inserted ?? 0;
}

async function insertRaw(): Promise<number> {
  const client = await new MongoClient(url).connect();
  const events = client.db(database).collection("events");
  const cut = new BsonCut({ damaged: (_offset, why) => new Error(why) });
  let count = 0;
  let waiting: BSON.Document[] = [];
  const insert = async (least: number) => {
    while (waiting.length >= least && waiting.length > 0) {
      await events.insertMany(waiting.slice(0, AT_ONCE), { ordered: false });
      count += Math.min(AT_ONCE, waiting.length);
      waiting = waiting.slice(AT_ONCE);
    }
  };
  for await (const chunk of createReadStream(join(path, "events.bson"), { highWaterMark: 1_048_576 })) {
    for (const { bytes } of cut.push(chunk)) waiting.push(BSON.deserialize(bytes));
    await insert(AT_ONCE);
  }
  await insert(1);
  await client.close();
  return count;
}

const startMs = performance.now();
const count = how === "raw" ? await insertRaw() : await restore();
const perSecond = count / ((performance.now() - startMs) / 1000);
console.log(JSON.stringify({ perSecond, mostMb: process.resourceUsage().maxRSS / 1024 }));
