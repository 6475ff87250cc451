/**
 * Records: versioned JSON documents of alerting, a collection for each kind.
 *
 *   { _id, version, state, due: date or null, updated: date, body: JSON text }
 *
 * A change is one update (or insert, or delete) that names the version it was made from. The body is text because keys
 * may hold dots and `$`, which some servers refuse, and integers may be long.
 */
import type { Collection, Document, FindOptions } from "mongodb";
import { parseJson, stringifyJson } from "../../event/json.ts";
import type { AlertRecord, ListRecords } from "../alert-records.ts";
import { and, type Filter } from "./parts.ts";
import { LONGEST_MS, type Room } from "./room.ts";

export interface RecordDocument {
  readonly _id: string;
  readonly version: number;
  readonly state: string;
  readonly due: Date | null;
  readonly updated: Date;
  readonly body: string;
}

export type Records = Collection<RecordDocument>;

/** Updates under way at once. */
const AT_ONCE = 16;
const DUPLICATE_KEY = 11000;
/** Sorts behind every character of an id. */
const BEHIND_ALL = "\u{10FFFF}";

/** A collection of alerting's: beside `events` under its own name, beside any other with that one's name before it. */
export function besideEvents<Fields extends Document>({ connection, events }: Room, what: string): Collection<Fields> {
  const name = events.collectionName === "events" ? `alert_${what}` : `${events.collectionName}_alert_${what}`;
  const { writeConcern } = events;
  // Decisions are made on what was read.
  return connection.db.collection(name, { readPreference: "primary", ...(writeConcern ? { writeConcern } : {}) });
}

/** Each record by itself: a server does not tell which of several updates found their version. */
export async function writeRecords(
  { connection }: Room,
  records: Records,
  changes: readonly AlertRecord[],
): Promise<boolean[]> {
  const written: boolean[] = [];
  for (let at = 0; at < changes.length; at += AT_ONCE) {
    const some = changes.slice(at, at + AT_ONCE).map(documentOf);
    const writing = some.map((document) =>
      connection.call("store", () => (document.version === 1 ? insert(records, document) : update(records, document))),
    );
    // All have ended when this one fails: none is written behind the caller's back.
    await Promise.allSettled(writing);
    written.push(...(await Promise.all(writing)));
  }
  return written;
}

async function insert(records: Records, document: RecordDocument): Promise<boolean> {
  try {
    await records.insertOne(document);
    return true;
  } catch (error) {
    if ((error as { code?: unknown }).code === DUPLICATE_KEY) return false;
    throw error;
  }
}

async function update(records: Records, { _id, ...fields }: RecordDocument): Promise<boolean> {
  return (await records.updateOne({ _id, version: fields.version - 1 }, { $set: fields })).matchedCount === 1;
}

export async function removeRecord(
  { connection }: Room,
  records: Records,
  which: Pick<RecordDocument, "_id" | "version">,
): Promise<boolean> {
  return (await connection.call("store", () => records.deleteOne(which))).deletedCount === 1;
}

export function readRecords(room: Room, records: Records, ids: readonly string[]): Promise<AlertRecord[]> {
  return read(room, records, { filter: { _id: { $in: ids } } });
}

export function readDue(
  room: Room,
  records: Records,
  { atMs, limit }: { readonly atMs: number; readonly limit: number },
): Promise<AlertRecord[]> {
  return read(room, records, { filter: { due: { $lte: new Date(atMs) } }, sort: { due: 1, _id: 1 }, limit });
}

export async function readNextDue({ connection }: Room, records: Records): Promise<number | null> {
  const options = { sort: { due: 1 }, projection: { due: 1 } } as const;
  const next = await connection.call("read", () => records.findOne({ due: { $type: "date" } }, options));
  return next?.due?.getTime() ?? null;
}

export function listRecords(room: Room, records: Records, query: ListRecords): Promise<AlertRecord[]> {
  const { states, prefix, after, limit } = query;
  const filter = and([
    prefix ? { _id: { $gte: prefix, $lt: prefix + BEHIND_ALL } } : {},
    states ? { state: { $in: states } } : {},
    after ? behind(after) : {},
  ]);
  return read(room, records, { filter, sort: { updated: -1, _id: -1 }, limit });
}

function behind({ updatedMs, _id }: Pick<AlertRecord, "updatedMs" | "_id">): Filter {
  const updated = new Date(updatedMs);
  return { $or: [{ updated: { $lt: updated } }, { updated, _id: { $lt: _id } }] };
}

export function countRecords(
  { connection }: Room,
  records: Records,
  states: readonly string[] | undefined,
): Promise<number> {
  const filter = states ? { state: { $in: states } } : {};
  return connection.call("count", () => records.countDocuments(filter, { maxTimeMS: LONGEST_MS }));
}

interface Wanted extends Pick<FindOptions, "sort" | "limit"> {
  readonly filter: Filter;
}

async function read({ connection }: Room, records: Records, { filter, ...options }: Wanted): Promise<AlertRecord[]> {
  const found = await connection.call("read", () => records.find(filter as never, options).toArray());
  return found.map(recordOf);
}

function documentOf({ _id, version, state, dueMs, updatedMs, body }: AlertRecord): RecordDocument {
  const due = dueMs === null ? null : new Date(dueMs);
  return { _id, version, state, due, updated: new Date(updatedMs), body: stringifyJson(body) };
}

function recordOf({ _id, version, state, due, updated, body }: RecordDocument): AlertRecord {
  const fields = parseJson(body) as AlertRecord["body"];
  return { _id, version, state, dueMs: due?.getTime() ?? null, updatedMs: updated.getTime(), body: fields };
}
