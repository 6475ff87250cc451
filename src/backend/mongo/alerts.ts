/**
 * MongoAlerts: marks and records; each method is one line into marks.ts or records.ts.
 *
 * Indexes are made when a kind, or the first lane, is used: a database without alerts has none of it.
 */
import {
  type AlertRecord,
  type AlertRecords,
  checkedLane,
  type ListRecords,
  type MarkedEvent,
  type MarksWaiting,
  type RecordKind,
} from "../alert-records.ts";
import { prepareMarks, prepareRecords } from "./indexes.ts";
import { readMarked, readWaiting, removeMarks } from "./marks.ts";
import {
  besideEvents,
  countRecords,
  listRecords,
  type RecordDocument,
  type Records,
  readDue,
  readNextDue,
  readRecords,
  removeRecord,
  writeRecords,
} from "./records.ts";
import type { Room } from "./room.ts";
import { type TurnDocument, Turns } from "./turns.ts";

/** The backend's own; both throw when it is closed, `writable` also when it is open read-only. */
interface Access {
  readonly readOnly: boolean;
  open(): Room;
  writable(): Room;
}

export class MongoAlerts implements AlertRecords {
  readonly #access: Access;
  /** By what was prepared; what failed is tried again. */
  readonly #prepared = new Map<RecordKind | "marks", Promise<void>>();

  readonly #turns: Turns;

  constructor(access: Access) {
    this.#access = access;
    const room = access.open();
    this.#turns = new Turns(room.connection, besideEvents<TurnDocument>(room, "turns"));
  }

  /** The first mark is about to be written: has the index made meanwhile. */
  marking(): void {
    this.#marksReady().catch(() => {
      // Whoever asks for the marks tries again, and is told.
    });
  }

  async marked(lane: string, limit: number): Promise<MarkedEvent[]> {
    const name = checkedLane(lane);
    const room = this.#access.open();
    await this.#marksReady();
    return limit > 0 ? readMarked(room, name, limit) : [];
  }

  async unmark(lane: string, ids: readonly string[]): Promise<void> {
    const name = checkedLane(lane);
    const room = this.#access.writable();
    if (ids.length > 0) await this.#turns.run("marks", () => removeMarks(room, name, ids));
  }

  async waiting(lane: string): Promise<MarksWaiting> {
    const name = checkedLane(lane);
    const room = this.#access.open();
    await this.#marksReady();
    return readWaiting(room, name);
  }

  async read(kind: RecordKind, ids: readonly string[]): Promise<AlertRecord[]> {
    return this.#reading(kind, (room, records) => (ids.length > 0 ? readRecords(room, records, ids) : []));
  }

  async write(kind: RecordKind, changes: readonly AlertRecord[]): Promise<boolean[]> {
    const room = this.#access.writable();
    const records = await this.#ready(kind);
    return changes.length === 0 ? [] : this.#turns.run(kind, () => writeRecords(room, records, changes));
  }

  async due(kind: RecordKind, atMs: number, limit: number): Promise<AlertRecord[]> {
    return this.#reading(kind, (room, records) => (limit > 0 ? readDue(room, records, { atMs, limit }) : []));
  }

  async nextDue(kind: RecordKind): Promise<number | null> {
    return this.#reading(kind, readNextDue);
  }

  async list(kind: RecordKind, query: ListRecords): Promise<AlertRecord[]> {
    return this.#reading(kind, (room, records) => (query.limit > 0 ? listRecords(room, records, query) : []));
  }

  async count(kind: RecordKind, states?: readonly string[]): Promise<number> {
    return this.#reading(kind, (room, records) => countRecords(room, records, states));
  }

  async remove(kind: RecordKind, id: string, version: number): Promise<boolean> {
    const room = this.#access.writable();
    const records = await this.#ready(kind);
    return this.#turns.run(kind, () => removeRecord(room, records, { _id: id, version }));
  }

  async #reading<Answer>(
    kind: RecordKind,
    read: (room: Room, records: Records) => Promise<Answer> | Answer,
  ): Promise<Answer> {
    const room = this.#access.open();
    return read(room, await this.#ready(kind));
  }

  async #ready(kind: RecordKind): Promise<Records> {
    const { connection, notes } = this.#access.open();
    const records = besideEvents<RecordDocument>(this.#access.open(), kind);
    await this.#once(kind, () => prepareRecords(connection, records, notes));
    return records;
  }

  #marksReady(): Promise<void> {
    const { connection, events, notes } = this.#access.open();
    return this.#once("marks", () => prepareMarks(connection, events, notes));
  }

  #once(what: RecordKind | "marks", prepare: () => Promise<void>): Promise<void> {
    if (this.#access.readOnly) return Promise.resolve();
    const known = this.#prepared.get(what);
    if (known) return known;
    const preparing = prepare().catch((error: unknown) => {
      this.#prepared.delete(what);
      throw error;
    });
    this.#prepared.set(what, preparing);
    return preparing;
  }
}
