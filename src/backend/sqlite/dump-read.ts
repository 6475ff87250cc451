/** Reading a database for a dump: pages of rows, bounded by number and by bytes. */
import type { Instant } from "../../event/instant.ts";
import type { Marks } from "../alert-records.ts";
import type { AlertRow, EventRow, VersionRow } from "../dump-encoder.ts";
import { hasAlerts } from "./alert-schema.ts";
import { affordable, type Size } from "./arrivals.ts";
import type { Connection } from "./connection.ts";
import { NUMBERED_ROW_SQL, numberedEventsOf } from "./document.ts";

const PAGE_EVENTS = 1000;
/** JSON bytes of a page, unless its first event is larger. */
const PAGE_BYTES = 2_097_152;
const PAGE_RECORDS = 200;

const SIZES = `select seq, octet_length(head) + octet_length(data) as bytes from events where seq > ? order by seq limit ?`;
const ROWS = `select group_concat(row, ',') as rows, group_concat(times, ',') as times from (
  select ${NUMBERED_ROW_SQL} as row, ts || ' ' || received || ' ' || coalesce(archived, '') as times
  from events where seq > ? and seq <= ? order by seq limit -1)`;
const MARKS = "select seq, lane, matched from alert_marks where seq > ? and seq <= ?";
const RECORDS = `select id, version, state, due, updated, body from alert_records
  where kind = ? and id > ? order by id limit ${PAGE_RECORDS}`;
const KINDS = "select distinct kind from alert_records order by kind";

export function* eventPages(reader: Connection): Generator<readonly EventRow[], void> {
  const withMarks = hasAlerts(reader);
  for (let behind = -1; ; ) {
    const sizes = reader.all<Size>(SIZES, [behind, PAGE_EVENTS]);
    if (sizes.length === 0) return;
    const { last } = affordable(sizes, PAGE_EVENTS, PAGE_BYTES);
    const marks = withMarks ? marksOf(reader, behind, last) : new Map<number, Marks>();
    yield rowsOf(reader, behind, last, marks);
    behind = last;
  }
}

function rowsOf(reader: Connection, behind: number, last: number, marks: ReadonlyMap<number, Marks>): EventRow[] {
  const page = reader.get<{ rows: string | null; times: string | null }>(ROWS, [behind, last]);
  const times = page?.times?.split(",") ?? [];
  return numberedEventsOf(page?.rows).map(([seq, event], i) => {
    const [instant, received, archivedAt] = (times[i] as string).split(" ").map(instantOfText);
    return {
      event,
      instant: instant as Instant,
      received: received as Instant,
      archivedAt,
      marks: marks.get(seq),
      seq,
    };
  });
}

function instantOfText(text: string): Instant | undefined {
  return text === "" ? undefined : BigInt(text);
}

interface MarkRow {
  readonly seq: number;
  readonly lane: string;
  readonly matched: string;
}

function marksOf(reader: Connection, behind: number, last: number): Map<number, Marks> {
  const marks = new Map<number, Record<string, readonly string[]>>();
  for (const { seq, lane, matched } of reader.all<MarkRow>(MARKS, [behind, last])) {
    const its = marks.get(seq) ?? {};
    its[lane] = JSON.parse(matched) as string[];
    marks.set(seq, its);
  }
  return marks;
}

/** Kinds of records of alerting there are. */
export function alertKinds(reader: Connection): readonly string[] {
  return hasAlerts(reader) ? reader.all<{ kind: string }>(KINDS).map(({ kind }) => kind) : [];
}

export function* alertPages(reader: Connection, kind: string): Generator<readonly AlertRow[], void> {
  for (let behind = ""; ; ) {
    const rows = reader.all<AlertRow>(RECORDS, [kind, behind]);
    if (rows.length > 0) yield rows;
    if (rows.length < PAGE_RECORDS) return;
    behind = (rows.at(-1) as AlertRow).id;
  }
}

export function versionRows(reader: Connection): readonly VersionRow[] {
  return reader.all<VersionRow>("select * from schema_versions order by applied_at, version");
}
