/** Records: versioned JSON documents of alerting. A change is one statement that names the version it was made from. */
import { parseJson, stringifyJson } from "../../event/json.ts";
import type { AlertRecord, ListRecords, RecordKind } from "../alert-records.ts";
import type { Connection } from "./connection.ts";
import type { SqlValue } from "./driver.ts";

/** A record as it lies in the table. */
export interface RecordRow {
  readonly id: string;
  readonly version: number;
  readonly state: string;
  readonly due: number | null;
  readonly updated: number;
  /** JSON */
  readonly body: string;
}

/** Sorts behind every character of an id. */
const BEHIND_ALL = "\u{10FFFF}";

const INSERT = `insert into alert_records (version, state, due, updated, body, kind, id)
  values (?, ?, ?, ?, ?, ?, ?) on conflict do nothing`;
const UPDATE = `update alert_records set version = ?, state = ?, due = ?, updated = ?, body = ?
  where kind = ? and id = ? and version = ?`;
const REMOVE = "delete from alert_records where kind = ? and id = ? and version = ?";
const COLUMNS = "id, version, state, due, updated, body";
const READ = `select ${COLUMNS} from alert_records where kind = ? and id in (select value from json_each(?))`;
const DUE = `select ${COLUMNS} from alert_records where kind = ? and due <= ? order by due, id limit ?`;
const NEXT_DUE = "select min(due) as due from alert_records where kind = ? and due is not null";
const AMONG = "select value from json_each(?)";

/** See AlertRecords.write. */
export function writeRecords(writer: Connection, kind: RecordKind, rows: readonly RecordRow[]): boolean[] {
  return writer.transaction(() => rows.map((row) => writeRecord(writer, kind, row)));
}

function writeRecord(writer: Connection, kind: RecordKind, row: RecordRow): boolean {
  const { id, version, state, due, updated, body } = row;
  const values = [version, state, due, updated, body, kind, id];
  return (version === 1 ? writer.run(INSERT, values) : writer.run(UPDATE, [...values, version - 1])) > 0;
}

/** See AlertRecords.remove. */
export function removeRecord(writer: Connection, kind: RecordKind, { id, version }: RecordVersion): boolean {
  return writer.run(REMOVE, [kind, id, version]) > 0;
}

/** One version of a record. */
export type RecordVersion = Pick<RecordRow, "id" | "version">;

export function readRecords(reader: Connection, kind: RecordKind, ids: readonly string[]): AlertRecord[] {
  const known = JSON.stringify(ids.filter((id) => id.isWellFormed()));
  return reader.all<RecordRow>(READ, [kind, known]).map(recordOf);
}

export function readDue(reader: Connection, kind: RecordKind, { atMs, limit }: Due): AlertRecord[] {
  return reader.all<RecordRow>(DUE, [kind, atMs, limit]).map(recordOf);
}

interface Due {
  readonly atMs: number;
  readonly limit: number;
}

export function readNextDue(reader: Connection, kind: RecordKind): number | null {
  return reader.get<{ due: number | null }>(NEXT_DUE, [kind])?.due ?? null;
}

export function listRecords(reader: Connection, kind: RecordKind, query: ListRecords): AlertRecord[] {
  const { states, prefix, after, limit } = query;
  const conditions = ["kind = ?"];
  const values: SqlValue[] = [kind];
  const where = (condition: string, ...its: SqlValue[]) => {
    conditions.push(condition);
    values.push(...its);
  };
  if (prefix) where("id >= ? and id < ?", prefix, prefix + BEHIND_ALL);
  if (after) where("(updated, id) < (?, ?)", after.updatedMs, after._id);
  if (states) where(`state in (${AMONG})`, JSON.stringify(states));
  // Few records share a beginning: they are found by id and sorted, all others are read in their order.
  const order = prefix ? "+updated desc, +id desc" : "updated desc, id desc";
  const index = prefix ? "" : "indexed by alert_records_updated";
  const sql = `select ${COLUMNS} from alert_records ${index} where ${conditions.join(" and ")} order by ${order} limit ?`;
  return reader.all<RecordRow>(sql, [...values, limit]).map(recordOf);
}

export function countRecords(reader: Connection, kind: RecordKind, states: readonly string[] | undefined): number {
  const among = states === undefined ? "" : ` and state in (${AMONG})`;
  const values = states === undefined ? [kind] : [kind, JSON.stringify(states)];
  const sql = `select count(*) as n from alert_records indexed by alert_records_state where kind = ?${among}`;
  return reader.get<{ n: number }>(sql, values)?.n ?? 0;
}

export function rowOf({ _id, version, state, dueMs, updatedMs, body }: AlertRecord): RecordRow {
  return { id: _id, version, state, due: dueMs, updated: updatedMs, body: stringifyJson(body) };
}

function recordOf({ id, version, state, due, updated, body }: RecordRow): AlertRecord {
  const fields = parseJson(body) as AlertRecord["body"];
  return { _id: id, version, state, dueMs: due, updatedMs: updated, body: fields };
}
