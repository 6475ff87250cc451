/**
 * archive, unarchive, purge: small conditional steps, so that concurrent callers never count the same event twice.
 *
 * Each step names its documents by `_id` and repeats the condition that made it choose them.
 */
import { type Instant, toMs } from "../../event/instant.ts";
import type { ParsedSelector } from "../../event/selector/selector.ts";
import type { ArchiveTarget } from "../backend.ts";
import { idKeys } from "./foreign.ts";
import { and, type Filter } from "./parts.ts";
import { archivedInstant } from "./read.ts";
import { documents, type Room } from "./room.ts";
import { archivedFilter, search } from "./search.ts";
import { dateRange } from "./time-filter.ts";

/** Documents per update or delete. */
const STEP = 500;
const IN_ARCHIVE = archivedFilter(true);
const NOT_ARCHIVED = archivedFilter(false);

/** Archives at most `limit` of the target; returns how many this call archived. */
export async function archive(room: Room, target: ArchiveTarget, at: Instant, limit: number): Promise<number> {
  const change = { archived: true, archived_at: new Date(toMs(at)) };
  const step = (keys: readonly unknown[]) => update(room, keys, NOT_ARCHIVED, change);
  if ("ids" in target) return stepwise(await present(room, target.ids, NOT_ARCHIVED, limit), step);
  let done = 0;
  // A step that changes nothing has met another caller's; a few of them in a row are left to that caller.
  for (let idle = 0; done < limit && idle < 3; ) {
    const keys = await oldest(room, target.selector, Math.min(STEP, limit - done));
    if (keys.length === 0) break;
    const changed = await step(keys);
    done += changed;
    idle = changed === 0 ? idle + 1 : 0;
  }
  return done;
}

/** Takes events back; returns how many were in the archive. */
export async function unarchive(room: Room, ids: readonly string[]): Promise<number> {
  const change = { archived: false, archived_at: null };
  return stepwise(keysOf(room, ids), (keys) => update(room, keys, IN_ARCHIVE, change));
}

/** Deletes at most `limit` events archived before the instant; returns how many. */
export async function purge(room: Room, before: Instant, limit: number): Promise<number> {
  const dated = and([IN_ARCHIVE, dateRange("archived_at", "lt", before)]);
  const keys = await matchingKeys(room, dated, limit);
  const purged = await stepwise(keys, (some) => remove(room, some, dated));
  return purged + (await purgeTexts(room, before, limit - keys.length));
}

/** The same for documents whose `archived_at` another program wrote as text. */
async function purgeTexts(room: Room, before: Instant, limit: number): Promise<number> {
  const texts = and([IN_ARCHIVE, { archived_at: { $type: "string" } }]);
  const keys: unknown[] = [];
  for await (const docs of documents(room, texts, { projection: { archived_at: 1 }, batchSize: STEP })) {
    for (const { _id, archived_at } of docs) {
      const at = archivedInstant(archived_at);
      if (at !== undefined && at < before && keys.length < limit) keys.push(_id);
    }
    if (keys.length >= limit) break;
  }
  return stepwise(keys, (some) => remove(room, some, texts));
}

/** Runs a step over parts of the keys and adds up what it answers. */
async function stepwise(
  keys: readonly unknown[],
  step: (keys: readonly unknown[]) => Promise<number>,
): Promise<number> {
  let done = 0;
  for (let i = 0; i < keys.length; i += STEP) done += await step(keys.slice(i, i + STEP));
  return done;
}

/** Keys of the oldest events the selector accepts that are not archived. */
async function oldest(room: Room, selector: ParsedSelector, limit: number): Promise<unknown[]> {
  const keys: unknown[] = [];
  const query = { selector, archived: false, by: "event_timestamp", order: "oldest", limit } as const;
  for await (const { found } of search(room, query)) {
    for (const { key } of found) keys.push(key);
    if (keys.length >= limit) break;
  }
  return keys.slice(0, limit);
}

function keysOf(room: Room, ids: readonly string[]): unknown[] {
  return ids.flatMap((id) => idKeys(id, room.connection.dialect));
}

/** Keys of at most `limit` of these events that meet the condition. */
async function present(room: Room, ids: readonly string[], condition: Filter, limit: number): Promise<unknown[]> {
  const keys: unknown[] = [];
  for (let i = 0; i < ids.length && keys.length < limit; i += STEP) {
    const some = { _id: { $in: keysOf(room, ids.slice(i, i + STEP)) } };
    keys.push(...(await matchingKeys(room, and([some, condition]), limit - keys.length)));
  }
  return keys;
}

async function matchingKeys(room: Room, filter: Filter, limit: number): Promise<unknown[]> {
  if (limit <= 0) return [];
  const keys: unknown[] = [];
  for await (const docs of documents(room, filter, { projection: { _id: 1 }, limit, batchSize: STEP })) {
    for (const { _id } of docs) keys.push(_id);
  }
  return keys;
}

async function update(room: Room, keys: readonly unknown[], condition: Filter, $set: Filter): Promise<number> {
  const filter = and([{ _id: { $in: keys } }, condition]);
  const run = () => room.events.updateMany(filter as never, { $set } as never);
  return (await room.connection.call("store", run)).modifiedCount;
}

async function remove(room: Room, keys: readonly unknown[], condition: Filter): Promise<number> {
  const filter = and([{ _id: { $in: keys } }, condition]);
  return (await room.connection.call("store", () => room.events.deleteMany(filter as never))).deletedCount;
}
