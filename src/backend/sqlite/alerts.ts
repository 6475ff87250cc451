/** SqliteAlerts: marks and records; each method is one line into marks.ts or records.ts. */
import {
  type AlertRecord,
  type AlertRecords,
  checkedLane,
  type ListRecords,
  type MarkedEvent,
  type MarksWaiting,
  type RecordKind,
} from "../alert-records.ts";
import { hasAlerts } from "./alert-schema.ts";
import type { Connection } from "./connection.ts";
import { readMarked, readWaiting } from "./marks.ts";
import { countRecords, listRecords, readDue, readNextDue, readRecords, rowOf } from "./records.ts";
import type { Writer } from "./writer.ts";

/** The backend's own; both throw when it is closed, the writer also when it is open read-only. */
interface Access {
  reader(): Connection;
  writer(): Writer;
}

const NONE_WAITS: MarksWaiting = Object.freeze({ count: 0, oldestMs: null });

export class SqliteAlerts implements AlertRecords {
  readonly #access: Access;
  #made = false;

  constructor(access: Access) {
    this.#access = access;
  }

  async marked(lane: string, limit: number): Promise<MarkedEvent[]> {
    const name = checkedLane(lane);
    return this.#read([], (reader) => (limit > 0 ? readMarked(reader, name, limit) : []));
  }

  async unmark(lane: string, ids: readonly string[]): Promise<void> {
    const name = checkedLane(lane);
    const writer = this.#access.writer();
    if (ids.length > 0) await writer.unmark(name, ids);
  }

  async waiting(lane: string): Promise<MarksWaiting> {
    const name = checkedLane(lane);
    return this.#read(NONE_WAITS, (reader) => readWaiting(reader, name));
  }

  async read(kind: RecordKind, ids: readonly string[]): Promise<AlertRecord[]> {
    return this.#read([], (reader) => readRecords(reader, kind, ids));
  }

  async write(kind: RecordKind, records: readonly AlertRecord[]): Promise<boolean[]> {
    const writer = this.#access.writer();
    return records.length === 0 ? [] : writer.writeRecords(kind, records.map(rowOf));
  }

  async due(kind: RecordKind, atMs: number, limit: number): Promise<AlertRecord[]> {
    return this.#read([], (reader) => (limit > 0 ? readDue(reader, kind, { atMs, limit }) : []));
  }

  async nextDue(kind: RecordKind): Promise<number | null> {
    return this.#read(null, (reader) => readNextDue(reader, kind));
  }

  async list(kind: RecordKind, query: ListRecords): Promise<AlertRecord[]> {
    return this.#read([], (reader) => (query.limit > 0 ? listRecords(reader, kind, query) : []));
  }

  async count(kind: RecordKind, states?: readonly string[]): Promise<number> {
    return this.#read(0, (reader) => countRecords(reader, kind, states));
  }

  async remove(kind: RecordKind, id: string, version: number): Promise<boolean> {
    return this.#access.writer().removeRecord(kind, { id, version });
  }

  /** In a file without the tables, which only a read-only handle meets, there is nothing. */
  #read<Answer>(nothing: Answer, read: (reader: Connection) => Answer): Answer {
    const reader = this.#access.reader();
    this.#made ||= hasAlerts(reader);
    return this.#made ? read(reader) : nothing;
  }
}
