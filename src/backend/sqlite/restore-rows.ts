/** Collections of a dump as tables: rows in, counted, and compared with what they came from. */
import type { Event } from "../../event/event.ts";
import { PreparedEvent } from "../../event/parse.ts";
import type { AlertRow, VersionRow } from "../dump-encoder.ts";
import type { RestoredEvent } from "../restore-decoder.ts";
import { activityText } from "./activity-text.ts";
import { hasAlerts } from "./alert-schema.ts";
import type { Connection } from "./connection.ts";
import { countUpTo, lastSeq } from "./counted.ts";
import type { SqlValue } from "./driver.ts";
import { writeMarks } from "./marks.ts";

const EVENT = `insert into events (seq, ts, received, archived, head, data, activity) values (?, ?, ?, ?, ?, ?, ?)
  on conflict do nothing`;
const RESTING_EVENT = "select ts, received, archived, head, data from events where id = ?";
const NEW_ALERT = `insert into alert_records (kind, id, version, state, due, updated, body) values (?, ?, ?, ?, ?, ?, ?)
  on conflict do nothing`;
const RESTING_ALERT = "select id, version, state, due, updated, body from alert_records where kind = ? and id = ?";
const RESTING_VERSION = "select * from schema_versions where version = ?";

export const EVENTS = "events";
export const VERSIONS = "schema_versions";
/** Begins the name of a collection of records of alerting. */
export const ALERT = "alert_";

const KINDS = ["groups", "incidents", "notifications", "silences", "state"];

/** One collection; `Row` is what its documents are decoded to. */
export interface Rows<Row, Kind extends string = string> {
  readonly kind: Kind;
  /** Before the rows of a transaction, within it. */
  begin?(writer: Connection): void;
  /** Within a transaction. True where the row was not there before. */
  write(writer: Connection, row: Row): boolean;
  /** After the rows of a transaction, within it. */
  written?(writer: Connection): void;
  count(reader: Connection): number;
  idOf(row: Row): string;
  /** Names of the parts that differ from what rests; undefined where nothing rests. */
  difference(reader: Connection, row: Row): readonly string[] | undefined;
}

/** Each writer needs its own: it knows the next `seq`. */
function eventRows(): Rows<RestoredEvent, "event"> {
  let seq = 0;
  return {
    kind: "event",
    begin(writer) {
      seq = lastSeq(writer) + 1;
    },
    write(writer, row) {
      const { head, data } = textsOf(row);
      const { instant, received, archivedAt, marks } = row;
      const texts = [head, data, activityText(row.event as Event)];
      if (writer.run(EVENT, [seq, instant, received, archivedAt ?? null, ...texts]) === 0) return false;
      if (marks !== undefined) writeMarks(writer, seq, marks);
      seq++;
      return true;
    },
    written: countUpTo,
    count: (reader) => countIn(reader, "events"),
    idOf: ({ event }) => event._id,
    difference(reader, row) {
      const { instant, received, archivedAt = null } = row;
      const rests = reader.getBig<Record<string, SqlValue>>(RESTING_EVENT, [row.event._id]);
      return rests && differing({ ts: instant, received, archived: archivedAt, ...textsOf(row) }, rests);
    },
  };
}

function textsOf({ event, instant }: RestoredEvent): { readonly head: string; readonly data: string } {
  const { head, data } = new PreparedEvent(event as Event, instant, false);
  return { head, data };
}

function alertRows(kind: string): Rows<AlertRow, "alert"> {
  return {
    kind: "alert",
    write: (writer, { id, version, state, due, updated, body }) =>
      writer.run(NEW_ALERT, [kind, id, version, state, due, updated, body]) > 0,
    count: (reader) => countIn(reader, "alert_records where kind = ?", [kind]),
    idOf: ({ id }) => id,
    difference(reader, row) {
      const rests = reader.get<Record<string, SqlValue>>(RESTING_ALERT, [kind, row.id]);
      return rests && differing({ ...row }, rests);
    },
  };
}

/** Fields that are no column of this version's table are left out. */
const VERSION_ROWS: Rows<VersionRow, "version"> = {
  kind: "version",
  write(writer, row) {
    const columns = columnsOf(writer, "schema_versions").filter((name) => row[name] !== undefined);
    const places = columns.map(() => "?").join(", ");
    const sql = `insert into schema_versions (${columns.join(", ")}) values (${places}) on conflict do nothing`;
    return (
      writer.run(
        sql,
        columns.map((name) => row[name] as SqlValue),
      ) > 0
    );
  },
  count: (reader) => countIn(reader, "schema_versions"),
  idOf: ({ version }) => String(version),
  difference(reader, row) {
    const rests = reader.get<Record<string, SqlValue>>(RESTING_VERSION, [row.version as SqlValue]);
    return rests && differing({ ...row }, rests);
  },
};

/** Undefined for a collection that has no table. */
export function rowsOf(collection: string) {
  if (collection === EVENTS) return eventRows();
  if (collection === VERSIONS) return VERSION_ROWS;
  const kind = collection.startsWith(ALERT) ? collection.slice(ALERT.length) : "";
  return KINDS.includes(kind) ? alertRows(kind) : undefined;
}

/** Documents by collection, of those that have any. */
export function countsIn(reader: Connection): Readonly<Record<string, number>> {
  const kinds = hasAlerts(reader) ? KINDS.map((kind) => ALERT + kind) : [];
  const counts = [...kinds, EVENTS, VERSIONS].map((name) => [name, rowsOf(name)?.count(reader) ?? 0] as const);
  return Object.fromEntries(counts.filter(([, count]) => count > 0));
}

/** Columns that can be written. */
export function columnsOf(connection: Connection, table: string, database = "main"): readonly string[] {
  const sql = "select name from pragma_table_info(?, ?)";
  return connection.all<{ name: string }>(sql, [table, database]).map(({ name }) => name);
}

function countIn(reader: Connection, what: string, values: readonly SqlValue[] = []): number {
  return reader.get<{ n: number }>(`select count(*) as n from ${what}`, values)?.n ?? 0;
}

function differing(wanted: Readonly<Record<string, SqlValue>>, rests: Readonly<Record<string, SqlValue>>): string[] {
  return Object.keys(rests).filter((name) => (wanted[name] ?? null) !== (rests[name] ?? null));
}
