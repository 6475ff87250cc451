/**
 * Marks: which events have yet to be looked at, by lane, in the order of `seq`.
 *
 * Written and removed within the transactions that store and purge events (append.ts, archive.ts).
 */
import type { MarkedEvent, Marks, MarksWaiting } from "../alert-records.ts";
import { affordable, type Size } from "./arrivals.ts";
import type { Connection } from "./connection.ts";
import { NUMBERED_ROW_SQL, numberedEventsOf } from "./document.ts";

/** JSON bytes of one answer, unless its first event is larger. */
const ANSWER_BYTES = 16_777_216;
/** Marks counted, at most. */
const MOST_COUNTED = 100_000;

const INSERT = "insert into alert_marks (lane, seq, matched) values (?, ?, ?)";
const REMOVE = `delete from alert_marks where lane = ? and seq in (
  select seq from events where id in (select value from json_each(?)))`;
const SIZES = `select m.seq, octet_length(head) + octet_length(data) as bytes, matched
  from alert_marks m cross join events e on e.seq = m.seq where lane = ? order by m.seq limit ?`;
const ROWS = `select group_concat(row, ',') as rows from (
  select ${NUMBERED_ROW_SQL} as row from events where seq in (select value from json_each(?)) order by seq limit -1)`;
const WAITING = `select count(*) as n from (select 1 from alert_marks where lane = ? limit ${MOST_COUNTED})`;
const OLDEST = `select (received - 999 * (received < 0)) / 1000 as ms
  from alert_marks m cross join events e on e.seq = m.seq where lane = ? order by m.seq limit 1`;

/** Within the transaction that stores the event. */
export function writeMarks(writer: Connection, seq: number, marks: Marks): void {
  for (const [lane, matched] of Object.entries(marks)) writer.run(INSERT, [lane, seq, JSON.stringify(matched)]);
}

/** See AlertRecords.unmark. */
export function removeMarks(writer: Connection, lane: string, ids: readonly string[]): void {
  const known = JSON.stringify(ids.filter((id) => id.isWellFormed()));
  writer.transaction(() => writer.run(REMOVE, [lane, known]));
}

/** See AlertRecords.marked. */
export function readMarked(reader: Connection, lane: string, limit: number): MarkedEvent[] {
  const found = reader.all<Size & { readonly matched: string }>(SIZES, [lane, limit]);
  const { bytes } = affordable(found, limit, ANSWER_BYTES);
  const matched = new Map(found.map((mark) => [mark.seq, mark.matched]));
  const rows = reader.get<{ rows: string | null }>(ROWS, [JSON.stringify([...bytes.keys()])])?.rows;
  return numberedEventsOf(rows).map(([seq, event]) => ({ event, matched: JSON.parse(matched.get(seq) ?? "[]") }));
}

/** See AlertRecords.waiting. */
export function readWaiting(reader: Connection, lane: string): MarksWaiting {
  const oldestMs = reader.get<{ ms: number }>(OLDEST, [lane])?.ms ?? null;
  return { count: oldestMs === null ? 0 : (reader.get<{ n: number }>(WAITING, [lane])?.n ?? 0), oldestMs };
}
