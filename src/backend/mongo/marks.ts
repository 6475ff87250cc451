/**
 * Marks: a field of the event's own document, so one insert writes both.
 *
 *   alerting: { lanes: ["rules"], m: { rules: ["id of a rule"] }, n: 3 }
 *
 * `n` is the event's place in its batch: events of one batch arrived at the same instant, and a step that ends must not
 * be read before the one that began it.
 *
 * Lanes only ever leave, the last one with the whole field. Readers of events never see it (read.ts, document.ts).
 */
import type { FindOptions } from "mongodb";
import type { MarkedEvent, Marks, MarksWaiting } from "../alert-records.ts";
import { MARK_FIELD } from "./document.ts";
import type { Filter } from "./parts.ts";
import { type RawDocument, readDocument } from "./read.ts";
import { documents, LONGEST_MS, type Room } from "./room.ts";

/** By which the marks are found. */
export const LANES = `${MARK_FIELD}.lanes`;
export const PLACE = `${MARK_FIELD}.n`;

/** Events per update. */
const STEP = 500;
const MOST_COUNTED = 100_000;
/** The order of arrival, as the marks' index has it. */
const ARRIVAL: FindOptions["sort"] = { received_at: 1, [PLACE]: 1, _id: 1 };
/** A secondary may lag behind what a lane has done. */
const CURRENT = { sort: ARRIVAL, readPreference: "primary" } as const;

/** What an event's document holds of its marks; nothing for no lane. @param n the event's place in its batch */
export function markField(marks: Marks, n: number): Filter {
  const lanes = Object.keys(marks);
  return lanes.length === 0 ? {} : { [MARK_FIELD]: { lanes, m: marks, n } };
}

/** As many as one answer of the server holds, at most 16 MiB. */
export async function readMarked(room: Room, lane: string, limit: number): Promise<MarkedEvent[]> {
  for await (const docs of documents(room, waitingFor(lane), { ...CURRENT, limit, batchSize: limit })) {
    return docs.map((doc) => ({ matched: matchedOf(doc, lane), event: readDocument(doc, room.zone).event }));
  }
  return [];
}

function waitingFor(lane: string): Filter {
  return { [LANES]: lane };
}

function matchedOf(doc: RawDocument, lane: string): readonly string[] {
  const { m } = (doc[MARK_FIELD] ?? {}) as { readonly m?: Record<string, unknown> };
  const matched = m !== undefined && Object.hasOwn(m, lane) ? m[lane] : undefined;
  return Array.isArray(matched) ? matched.map(String) : [];
}

/** Most events have one lane: then one update is all. Others lose this lane first, and meanwhile maybe their others. */
export async function removeMarks(room: Room, lane: string, ids: readonly string[]): Promise<void> {
  for (let at = 0; at < ids.length; at += STEP) {
    const some = ids.slice(at, at + STEP);
    if ((await removeField(room, lane, some)) === some.length) continue;
    await removeLane(room, lane, some);
    await removeField(room, lane, some);
  }
}

function removeField(room: Room, lane: string, ids: readonly string[]): Promise<number> {
  const isOnly = { $and: [{ _id: { $in: ids } }, { [LANES]: lane }, { [LANES]: { $size: 1 } }] };
  return update(room, isOnly, { $unset: { [MARK_FIELD]: "" } });
}

function removeLane(room: Room, lane: string, ids: readonly string[]): Promise<number> {
  const hasOthers = { $and: [{ _id: { $in: ids } }, { [LANES]: lane }, { [`${LANES}.1`]: { $exists: true } }] };
  return update(room, hasOthers, { $pull: { [LANES]: lane }, $unset: { [`${MARK_FIELD}.m.${lane}`]: "" } });
}

async function update({ connection, events }: Room, filter: Filter, change: Filter): Promise<number> {
  const run = () => events.updateMany(filter as never, change as never);
  return (await connection.call("store", run)).modifiedCount;
}

export async function readWaiting(room: Room, lane: string): Promise<MarksWaiting> {
  const { connection, events } = room;
  const filter = waitingFor(lane) as never;
  const options = { ...CURRENT, projection: { received_at: 1 } };
  const oldest = await connection.call("read", () => events.findOne(filter, options));
  if (!oldest) return { count: 0, oldestMs: null };
  const limited = { limit: MOST_COUNTED, maxTimeMS: LONGEST_MS, readPreference: "primary" } as const;
  const count = await connection.call("count", () => events.countDocuments(filter, limited));
  const { received_at } = oldest;
  return { count: Math.max(1, count), oldestMs: received_at instanceof Date ? received_at.getTime() : null };
}
