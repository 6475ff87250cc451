/**
 * The floor for MongoDB: documents like ours, insertMany of 1000, into a collection with our indexes.
 * Arguments: URL, database, number of events, how many inserts at once (1). Prints events per second.
 */
import { Long, MongoClient } from "mongodb";
import { parseContext, prepareEvent } from "../../src/event/parse.ts";
import { EventStore } from "../../src/index.ts";
import { labEvent } from "./events.ts";

const BATCH = 1000;
const [url = "", database = "", count = "0", lanes = "1"] = process.argv.slice(2);
const context = parseContext({ naiveTimezone: "UTC" });
const received_at = new Date();
const documents = Array.from({ length: Number(count) }, (_, n) => {
  const { event, instant } = prepareEvent(labEvent(n), context);
  return { ...event, ts: Long.fromBigInt(instant), received_at };
});

const store = await EventStore.open(url, { database, onWarning: () => {} });
await store.close();
const client = await new MongoClient(url).connect();
const events = client.db(database).collection<(typeof documents)[number]>("events");
const startMs = performance.now();
let at = 0;
await Promise.all(Array.from({ length: Number(lanes) }, insertAll));
console.log(documents.length / ((performance.now() - startMs) / 1000));
await client.close();

async function insertAll(): Promise<void> {
  while (at < documents.length) {
    const batch = documents.slice(at, at + BATCH);
    at += BATCH;
    await events.insertMany(batch, { ordered: false });
  }
}
