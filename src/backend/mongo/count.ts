/**
 * count: on the server where its answer needs no check, else by reading.
 *
 * Documents another program wrote are always read: their fields may need repair before a condition means anything.
 */
import type { CountQuery } from "../backend.ts";
import { compileFilter } from "./filter.ts";
import { compileForeign, FOREIGN } from "./foreign.ts";
import { and, type Filter } from "./parts.ts";
import { instantOfTs, readDocument } from "./read.ts";
import { documents, hasForeign, LONGEST_MS, type Room } from "./room.ts";
import { acceptor, archivedFilter, timeRange } from "./search.ts";

const BATCH = 1000;

export async function count(room: Room, query: CountQuery): Promise<number> {
  const { selector, from, to, archived, limit } = query;
  if (limit === 0) return 0;
  const { filter, exact } = compileFilter(selector, room.connection.dialect);
  const ours = and([timeRange(from, to), archivedFilter(archived), filter]);
  const counted = exact ? await countOnServer(room, ours, limit) : await countByReading(room, query, ours, limit);
  if (counted === limit || !(await hasForeign(room))) return counted;
  const theirs = and([
    FOREIGN,
    archivedFilter(archived),
    compileForeign(selector.root, room.connection.dialect).filter,
  ]);
  return counted + (await countByReading(room, query, theirs, limit === undefined ? undefined : limit - counted));
}

function countOnServer({ connection, events }: Room, filter: Filter, limit: number | undefined): Promise<number> {
  const options = { maxTimeMS: LONGEST_MS, ...(limit === undefined ? {} : { limit }) };
  return connection.call("count", () => events.countDocuments(filter as never, options));
}

async function countByReading(
  room: Room,
  query: CountQuery,
  filter: Filter,
  limit: number | undefined,
): Promise<number> {
  const accept = acceptor(query, room.zone);
  let counted = 0;
  for await (const docs of documents(room, filter, { batchSize: BATCH }, query.signal)) {
    for (const doc of docs) {
      const ts = instantOfTs(doc.ts);
      if (accept(readDocument(doc, room.zone), ts)) counted++;
      if (counted === limit) return counted;
    }
  }
  return counted;
}
