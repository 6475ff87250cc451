/**
 * Steps of migrations in MongoDB, by the names the files in schema/migrations use.
 *
 * `documents` goes through what other programs wrote in the order of ids, in batches, and stores how far it has come: a
 * run that died goes on there, and doing a batch twice changes nothing. Others may read and write meanwhile: a field is
 * set only where it still is what the step has read.
 */
import type { AnyBulkWriteOperation } from "mongodb";
import type { StepContext } from "../schema-records.ts";
import type { EventDocument } from "./document.ts";
import { FOREIGN } from "./foreign.ts";
import { and, type Filter } from "./parts.ts";
import type { RawDocument } from "./read.ts";
import { documents, LONGEST_MS, type Room } from "./room.ts";
import { upgrade } from "./schema-upgrade.ts";

type Change = AnyBulkWriteOperation<EventDocument>;

interface Step {
  estimate(room: Room): Promise<number>;
  run(room: Room, context: StepContext): Promise<void>;
}

/** FerretDB 1.x holds one of its hundred connections for each update of a command, and waits for ever for the next one. */
const MOST_UPDATES = 50;
/** What the step may have something to do for. */
const OLD: Filter = { $or: [FOREIGN, { archived_at: { $type: "string" } }, { event_type: "experiment_stop" }] };
/** Ids of other types have no common order with texts; there are few. */
const TEXT_IDS: Filter = { _id: { $type: "string" } };
const OTHER_IDS: Filter = { _id: { $not: { $type: "string" } } };

export const STEPS: Readonly<Record<string, Step>> = {
  documents: {
    estimate: ({ connection, events }) =>
      connection.call("count", () => events.countDocuments(OLD as never, { maxTimeMS: LONGEST_MS })),
    run: upgradeDocuments,
  },
};

async function upgradeDocuments(room: Room, context: StepContext): Promise<void> {
  const { cursor } = context;
  if (cursor?.part !== "others") {
    const behind = typeof cursor?.after === "string" ? [{ _id: { $gt: cursor.after } }] : [];
    await sweep(room, and([TEXT_IDS, ...behind, OLD]), context, (after) => ({ part: "texts", after }));
  }
  await context.save({ part: "others" });
  await sweep(room, and([OTHER_IDS, OLD]), context, () => ({ part: "others" }));
}

async function sweep(
  room: Room,
  filter: Filter,
  context: StepContext,
  place: (lastId: string) => { part: string; after?: string },
): Promise<void> {
  const options = { sort: { _id: 1 }, batchSize: context.batch } as const;
  for await (const docs of documents(room, filter, options)) {
    await context.mayGoOn();
    const changes = docs.flatMap((doc) => changeOf(doc, context));
    await write(room, changes);
    await context.save(place(String(docs.at(-1)?._id)));
    await context.done(docs.length);
  }
}

async function write({ connection, events }: Room, changes: readonly Change[]): Promise<void> {
  for (let at = 0; at < changes.length; at += MOST_UPDATES) {
    const some = changes.slice(at, at + MOST_UPDATES);
    await connection.call("store", () => events.bulkWrite(some, { ordered: false }));
  }
}

/** Fields that others may change meanwhile are compared with what was read. */
function changeOf(doc: RawDocument, { zone }: StepContext): Change[] {
  const set = upgrade(doc, zone);
  if (set === undefined) return [];
  const watched = ["archived", "archived_at"].filter((name) => name in set);
  const unchanged = watched.map((name) => [name, name in doc ? doc[name] : { $exists: false }] as const);
  // `_id` on the outside: some servers find a document by it only there.
  const updateOne = { filter: { _id: doc._id, ...Object.fromEntries(unchanged) }, update: { $set: set } };
  return [{ updateOne } as Change];
}
