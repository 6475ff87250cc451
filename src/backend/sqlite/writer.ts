/**
 * What changes a database. Two ways to do it: in this thread (here) or in one of its own (thread.ts), so that neither
 * SQLite's work nor the wait for the disk holds up the event loop.
 */
import type { Instant } from "../../event/instant.ts";
import type { Marks, RecordKind } from "../alert-records.ts";
import type { AppendOutcome } from "../backend.ts";
import { appendBatch, type WrittenEvent } from "./append.ts";
import { archiveIds, purgeArchived, unarchiveIds } from "./archive.ts";
import type { Connection } from "./connection.ts";
import { removeMarks } from "./marks.ts";
import { type RecordRow, type RecordVersion, removeRecord, writeRecords } from "./records.ts";

/** Marks of a batch, one for each event; absent where none has any. */
type BatchMarks = readonly (Marks | undefined)[] | undefined;

/** Each method as the one of Backend with its name, the last ones before `close` as those of AlertRecords. */
export interface Writer {
  append(batch: readonly WrittenEvent[], received: Instant, marks?: BatchMarks): Promise<AppendOutcome[]>;
  archive(ids: readonly string[], at: Instant): Promise<number>;
  unarchive(ids: readonly string[]): Promise<number>;
  purge(archivedBefore: Instant, limit: number): Promise<number>;
  unmark(lane: string, ids: readonly string[]): Promise<void>;
  writeRecords(kind: RecordKind, rows: readonly RecordRow[]): Promise<boolean[]>;
  removeRecord(kind: RecordKind, version: RecordVersion): Promise<boolean>;
  close(): Promise<void>;
}

export class LocalWriter implements Writer {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  async append(events: readonly WrittenEvent[], received: Instant, marks?: BatchMarks): Promise<AppendOutcome[]> {
    return appendBatch(this.#connection, { events, received, marks });
  }

  archive(ids: readonly string[], at: Instant): Promise<number> {
    return archiveIds(this.#connection, ids, at);
  }

  unarchive(ids: readonly string[]): Promise<number> {
    return unarchiveIds(this.#connection, ids);
  }

  purge(archivedBefore: Instant, limit: number): Promise<number> {
    return purgeArchived(this.#connection, archivedBefore, limit);
  }

  async unmark(lane: string, ids: readonly string[]): Promise<void> {
    removeMarks(this.#connection, lane, ids);
  }

  async writeRecords(kind: RecordKind, rows: readonly RecordRow[]): Promise<boolean[]> {
    return writeRecords(this.#connection, kind, rows);
  }

  async removeRecord(kind: RecordKind, version: RecordVersion): Promise<boolean> {
    return removeRecord(this.#connection, kind, version);
  }

  async close(): Promise<void> {
    leaveTidy(this.#connection);
    this.#connection.close();
  }
}

/** Leaves statistics for the planner and an empty write-ahead log; a failure of either loses nothing. */
function leaveTidy(connection: Connection): void {
  try {
    connection.exec("pragma optimize; pragma wal_checkpoint(truncate);");
  } catch {
    // The log is read again at the next open.
  }
}
