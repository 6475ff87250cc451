/**
 * Steps of migrations in MongoDB, by the names the files in schema/migrations use.
 *
 * `documents` goes through what other programs wrote in the order of ids, in batches, and stores how far it has come: a
 * run that died goes on there, and doing a batch twice changes nothing. Others may read and write meanwhile: what they
 * change stays.
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

/**
 * In one command. FerretDB 1.x keeps a connection for each until the command ends, and has a hundred: with more of them it
 * waits for itself, and answers nobody any more.
 */
const MOST_UPDATES = 50;

interface Step {
  estimate(room: Room): Promise<number>;
  run(room: Room, context: StepContext): Promise<void>;
}

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
    await write(
      room,
      docs.flatMap((doc) => changeOf(doc, context)),
    );
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

/**
 * Fields that others may change meanwhile are never taken back: one that was missing is set by `$max`, since whatever it
 * may have become is more than its default; one that was there is compared with what was read.
 *
 * FerretDB 1.x looks at all documents for every update, and only where the filter is the `_id` alone does its database do so
 * itself, which is many times faster.
 */
function changeOf(doc: RawDocument, { zone }: StepContext): Change[] {
  const fields = Object.entries(upgrade(doc, zone) ?? {});
  if (fields.length === 0) return [];
  const isDefault = ([name]: [string, unknown]) => SHARED.has(name) && !(name in doc);
  const watched = fields.flatMap(([name]) => (SHARED.has(name) && name in doc ? [[name, doc[name]]] : []));
  const update = {
    ...changing(
      "$set",
      fields.filter((field) => !isDefault(field)),
    ),
    ...changing("$max", fields.filter(isDefault)),
  };
  return [{ updateOne: { filter: { _id: doc._id, ...Object.fromEntries(watched) }, update } } as Change];
}

/** Set again when an event is archived. */
const SHARED: ReadonlySet<string> = new Set(["archived", "archived_at"]);

/** Some servers refuse an operator without fields. */
function changing(operator: string, fields: readonly (readonly [string, unknown])[]): object {
  return fields.length === 0 ? {} : { [operator]: Object.fromEntries(fields) };
}
