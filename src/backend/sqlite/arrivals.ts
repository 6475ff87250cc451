/**
 * Arrivals: events in the order in which they came, which is the order of `seq`.
 *
 * A cursor is the file's origin (a short id made with the file) and a `seq`. No `seq` is given twice and none is left out
 * (append.ts, counted.ts), so a hole tells that events were purged. Bounded by number and by bytes.
 */
import { createHash, randomBytes } from "node:crypto";
import type { Arrival, ArrivalPage } from "../backend.ts";
import type { Connection } from "./connection.ts";
import { lastSeq } from "./counted.ts";
import { NUMBERED_ROW_SQL, numberedEventsOf } from "./document.ts";

/** JSON bytes of one page, unless its first event is larger. */
const PAGE_BYTES = 2_097_152;
const CURSOR = /^([0-9a-f]{10})-(\d{1,15})$/;

const SIZES = `select seq, octet_length(head) + octet_length(data) as bytes from events
  where seq > ? and seq <= ? order by seq limit ?`;
const ROWS = `select group_concat(row, ',') as rows from (
  select ${NUMBERED_ROW_SQL} as row from events where seq > ? and seq <= ? order by seq limit -1)`;

const ORIGIN_SQL = "CREATE TABLE IF NOT EXISTS origin (id TEXT NOT NULL);";

/** Writes down which file this is, once: random for a new one, for an older one what readers worked out so far. */
export function ensureOrigin(writer: Connection, isNew: boolean): void {
  const id = isNew ? randomBytes(5).toString("hex") : originOf(writer);
  writer.exec(ORIGIN_SQL);
  writer.run("insert into origin select ? where not exists (select 1 from origin)", [id]);
}

/** Which file this is. A file without the table is known by the moment it was made. */
export function originOf(connection: Connection): string {
  const kept = connection.get<{ n: number }>("select count(*) as n from sqlite_schema where name = 'origin'")?.n;
  const id = kept ? connection.get<{ id: string }>("select id from origin")?.id : undefined;
  if (id !== undefined) return id;
  const made = connection.get<{ at: string | null }>("select min(applied_at) as at from schema_versions")?.at;
  return createHash("sha256").update(String(made)).digest("hex").slice(0, 10);
}

/** See Backend.arrivals. */
export function readArrivals(
  reader: Connection,
  origin: string,
  { after, limit }: { readonly after: string | undefined; readonly limit: number },
): ArrivalPage {
  const end = lastSeq(reader);
  const [, from, seq] = CURSOR.exec(after ?? "") ?? [];
  const behind = Number(seq);
  const known = from === origin && behind <= end;
  if (!known) return { arrivals: [], cursor: cursorOf(origin, end), lost: after !== undefined, more: false };
  return pageBehind(reader, origin, { behind, end, limit });
}

interface Stretch {
  readonly behind: number;
  /** Last `seq` given when the page was begun: what comes meanwhile is left to the next page. */
  readonly end: number;
  readonly limit: number;
}

function pageBehind(reader: Connection, origin: string, { behind, end, limit }: Stretch): ArrivalPage {
  const sizes = affordable(reader.all<Size>(SIZES, [behind, end, limit + 1]), limit, PAGE_BYTES);
  const upTo = sizes.more ? sizes.last : end;
  const rows = reader.get<{ rows: string | null }>(ROWS, [behind, upTo])?.rows;
  const arrivals = numberedEventsOf(rows).map(
    ([seq, event]): Arrival => ({ event, cursor: cursorOf(origin, seq), bytes: sizes.bytes.get(seq) ?? 0 }),
  );
  return { arrivals, cursor: cursorOf(origin, upTo), lost: arrivals.length < upTo - behind, more: sizes.more };
}

/** How much JSON an event is. */
export interface Size {
  readonly seq: number;
  readonly bytes: number;
}

/** The first rows, as many as one answer may hold; `sizes` has one row beyond the limit where `more` matters. */
export function affordable(sizes: readonly Size[], limit: number, mostBytes: number) {
  const bytes = new Map<number, number>();
  let [last, total] = [0, 0];
  for (const size of sizes) {
    total += size.bytes;
    if (bytes.size >= limit || (total > mostBytes && bytes.size > 0)) return { bytes, last, more: true };
    bytes.set(size.seq, size.bytes);
    last = size.seq;
  }
  return { bytes, last, more: false };
}

function cursorOf(origin: string, seq: number): string {
  return `${origin}-${seq}`;
}
