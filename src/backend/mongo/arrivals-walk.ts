/**
 * Arrivals as the documents tell them: ours by `received_at`, those of other programs by the time in their ULID.
 *
 * That is the order of arrival up to latecomers: an insert that took long, or a writer whose clock is behind. Documents
 * of other programs whose `_id` is no ULID tell no arrival at all and are not found here.
 */
import type { StoredEvent } from "../../event/event.ts";
import { isUlid, newId, timeOfId } from "../../event/id.ts";
import { stringifyJson } from "../../event/json.ts";
import { compareText } from "../../event/selector/compare.ts";
import type { WalkPlace } from "./arrivals-cursor.ts";
import { FOREIGN_TS } from "./foreign.ts";
import type { Filter } from "./parts.ts";
import { idOf, type RawDocument, readDocument } from "./read.ts";
import { documents, type Room } from "./room.ts";

/** Where a document stands. */
export interface ArrivedAt extends WalkPlace {
  /** Stored by another program: the time is that of its id. */
  readonly foreign: boolean;
}

/** An event that has arrived, and when. */
export interface Arrived extends ArrivedAt {
  readonly event: StoredEvent;
  /** About how much JSON it is. */
  readonly bytes: number;
}

/** What other programs stored lately has an id of at most this far ahead. */
const AHEAD_MS = 86_400_000;
/** The latest time a ULID can tell, as milliseconds. */
const MAX_ULID_MS = 2 ** 48 - 1;
const ULID_TIME = 10;
const ULID = "^[0-7][0-9A-HJKMNP-TV-Z]{25}$";

/** Ours received at the time or later. */
export function receivedFrom(fromMs: number): Filter {
  return { received_at: { $gte: new Date(fromMs) } };
}

/** Other programs' whose id was made at the time or later. The index on { ts, _id } serves it. */
export function foreignFrom(fromMs: number, nowMs: number): Filter {
  return foreignBetween(ulidTime(fromMs), nowMs);
}

/** Where a document stands; at 0 when it does not tell its time. */
export function arrivedAt({ _id, received_at }: RawDocument): ArrivedAt {
  const id = idOf(_id);
  if (received_at instanceof Date) return { ms: received_at.getTime(), id, foreign: false };
  return { ms: isUlid(id) ? timeOfId(id) : 0, id, foreign: true };
}

/** By time of arrival, ties by id. */
export function compareArrived(a: WalkPlace, b: WalkPlace): number {
  return a.ms - b.ms || compareText(a.id, b.id);
}

/** A document as the event that arrived. */
export function arrivedOf(room: Room, doc: RawDocument): Arrived {
  const { event, repaired } = readDocument(doc, room.zone);
  if (repaired.length > 0) room.notes.repaired(event._id, repaired);
  return { ...arrivedAt(doc), event, bytes: stringifyJson(event).length };
}

/** One step through the database. */
export interface WalkStep {
  readonly found: readonly Arrived[];
  /** Nothing is behind them. */
  readonly end: boolean;
}

/** At most `limit` arrivals behind the place, oldest first. */
export async function walk(room: Room, after: WalkPlace, limit: number, nowMs: number): Promise<WalkStep> {
  const at = new Date(after.ms);
  const ours = { $or: [{ received_at: { $gt: at } }, { received_at: at, _id: { $gt: after.id } }] };
  const theirs = foreignBetween(behind(after), nowMs);
  const [first, second] = await Promise.all([
    take(room, ours, { received_at: 1, _id: 1 }, limit),
    take(room, theirs, { _id: 1 }, limit),
  ]);
  const found = [...first, ...second].sort(compareArrived).slice(0, limit);
  return { found, end: first.length < limit && second.length < limit };
}

async function take(room: Room, filter: Filter, sort: Record<string, 1>, limit: number): Promise<Arrived[]> {
  const found: Arrived[] = [];
  for await (const docs of documents(room, filter, { sort, limit, batchSize: limit })) {
    for (const doc of docs) found.push(arrivedOf(room, doc));
  }
  return found;
}

function foreignBetween(above: string, nowMs: number): Filter {
  const id = { $gt: above, $lt: ulidTime(nowMs + AHEAD_MS), $regex: ULID };
  return { ...FOREIGN_TS, received_at: null, _id: id };
}

/** The text behind which exactly the ULIDs behind the place are. */
function behind({ ms, id }: WalkPlace): string {
  const time = ulidTime(ms);
  if (id.startsWith(time)) return id;
  return compareText(id, time) < 0 ? time : ulidTime(ms + 1);
}

/** The characters of a ULID that tell the time. */
function ulidTime(ms: number): string {
  return newId(Math.min(Math.max(1, Math.trunc(ms)), MAX_ULID_MS)).slice(0, ULID_TIME);
}
