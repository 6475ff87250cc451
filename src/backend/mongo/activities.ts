/**
 * Reading activities: a search that asks the server for the few fields reports read.
 *
 * A projection leaves nothing of an `event_data` that is neither object nor list; such documents, which are rare, are read
 * again whole.
 */
import type { FindOptions } from "mongodb";
import { ACTIVITY_TYPES, type Activity } from "../../event/activity.ts";
import { parseSelector } from "../../event/selector/parse.ts";
import { meaningOf } from "../activity.ts";
import type { ActivityQuery } from "../backend.ts";
import { ACTIVITY_PROJECTION, activityFilters, foreignActivities } from "./activity-filter.ts";
import { OPAQUE_FIELD } from "./document.ts";
import type { Filter } from "./parts.ts";
import type { RawDocument } from "./read.ts";
import { documents, type Room } from "./room.ts";
import { search } from "./search.ts";
import type { Located } from "./stream.ts";

/** So many that reading them takes no more than about 2 ms. */
const BATCH = 200;
const ANY = parseSelector({});

export async function* readActivities(
  room: Room,
  { from, to, types = ACTIVITY_TYPES, archived, signal }: ActivityQuery,
): AsyncGenerator<readonly Activity[], void> {
  const wanted = new Set(types);
  const last = to === undefined ? undefined : to - 1n;
  const query = { selector: ANY, from, to: last, archived, by: "event_timestamp", order: "oldest", signal } as const;
  const filters = activityFilters(types);
  const foreign = foreignActivities(types);
  // FerretDB 1.x has no indexes, so each condition would be a walk through everything, and takes long for a projection.
  const { readsIndexes } = room.connection;
  const reading = readsIndexes
    ? { ours: filters, foreign, documents: projected }
    : { ours: [{ $or: filters }], foreign, documents };
  for await (const { found } of search(room, query, reading)) {
    const activities = found.map(toActivity).filter((activity) => {
      const meaning = meaningOf(activity);
      return meaning !== undefined && wanted.has(meaning.type);
    });
    if (activities.length > 0) yield activities;
  }
}

function toActivity({ instant, event }: Located): Activity {
  const { _id, event_type, log_level, source, event_data } = event;
  return { _id, instant, event_type, log_level, source, event_data };
}

async function* projected(
  room: Room,
  filter: Filter,
  options: FindOptions,
  signal?: AbortSignal,
): AsyncGenerator<RawDocument[], void> {
  const some = { ...options, projection: ACTIVITY_PROJECTION, batchSize: BATCH };
  for await (const docs of documents(room, filter, some, signal)) {
    const cut = docs.filter(isCut);
    if (cut.length > 0) await complete(room, cut, signal);
    yield docs;
  }
}

function isCut(doc: RawDocument): boolean {
  if (OPAQUE_FIELD in doc) return false;
  const { event_data } = doc as { readonly event_data?: { readonly message?: object | null } | null };
  if (event_data === undefined) return true;
  const message = event_data?.message ?? undefined;
  return message !== undefined && !("event_data" in message);
}

async function complete(room: Room, cut: readonly RawDocument[], signal: AbortSignal | undefined): Promise<void> {
  const byKey = new Map(cut.map((doc) => [String(doc._id), doc]));
  const filter = { _id: { $in: cut.map((doc) => doc._id) } };
  for await (const docs of documents(room, filter, { projection: { event_data: 1 } }, signal)) {
    for (const { _id, event_data } of docs) {
      const doc = byKey.get(String(_id));
      if (doc && event_data !== undefined) doc.event_data = event_data;
    }
  }
}
