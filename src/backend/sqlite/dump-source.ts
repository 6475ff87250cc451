/**
 * A database file as a source of documents, the same as MongoDB would hold (dump-encoder.ts).
 *
 * Everything is read in one transaction: the documents are those of one moment, however long it takes. A file of a
 * version before alerting has fewer collections.
 */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { EventStoreError } from "../../errors.ts";
import type { CollectionMetadata, DocumentBatch, DumpSource } from "../dump-contract.ts";
import type { DumpEncoder } from "../dump-encoder.ts";
import { Connection } from "./connection.ts";
import { countedEvents } from "./counted.ts";
import { copyDatabase } from "./dump-copy.ts";
import { alertKinds, alertPages, eventPages, versionRows } from "./dump-read.ts";
import { openFailure } from "./failure.ts";
import { checkSchema, DUMP_PRAGMAS } from "./schema.ts";

const EVENTS = "events";
const VERSIONS = "schema_versions";
const ALERT = "alert_";

export interface SqliteSourceOptions {
  readonly database: string;
  /** Loaded when documents are asked for: a copy of the file needs none. */
  readonly encoder: () => Promise<DumpEncoder>;
}

/** @throws EventStoreError `EVT_INVALID_OPTION` for a file that is missing or not ours, `EVT_BACKEND_UNAVAILABLE` */
export async function openSqliteSource(path: string, options: SqliteSourceOptions): Promise<DumpSource> {
  const file = resolve(path);
  if (!existsSync(file)) throw new EventStoreError("EVT_INVALID_OPTION", `there is no file ${file} to back up`);
  const reader = await Connection.open(file);
  try {
    reader.exec(DUMP_PRAGMAS);
    if (!checkSchema(reader)) throw new EventStoreError("EVT_INVALID_OPTION", `${file} holds no event store yet`);
    return new SqliteSource(file, reader, options);
  } catch (error) {
    reader.close();
    throw openFailure(error, file);
  }
}

class SqliteSource implements DumpSource {
  readonly kind = "sqlite";
  readonly database: string;
  readonly server: string;
  readonly #file: string;
  readonly #reader: Connection;
  readonly #encoder: () => Promise<DumpEncoder>;
  #reading = false;
  #closed = false;

  constructor(file: string, reader: Connection, { database, encoder }: SqliteSourceOptions) {
    this.database = database;
    this.server = reader.get<{ version: string }>("select sqlite_version() as version")?.version ?? "";
    this.#file = file;
    this.#reader = reader;
    this.#encoder = encoder;
  }

  async collections(): Promise<readonly CollectionMetadata[]> {
    const encoder = await this.#encoder();
    return this.#names().map((name) => encoder.metadata(name));
  }

  async estimate(collection: string): Promise<number> {
    return count(this.#moment(), collection);
  }

  async *documents(collection: string): AsyncGenerator<DocumentBatch, void> {
    const encoder = await this.#encoder();
    const reader = this.#moment();
    for (const batch of batches(reader, collection, encoder)) {
      yield batch;
      // One step must not follow another without letting others run.
      await turn();
      this.#moment();
    }
  }

  async copyTo(file: string, onPages: (done: number, all: number) => void): Promise<Readonly<Record<string, number>>> {
    this.#moment();
    await copyDatabase(this.#file, file, onPages);
    const copy = await Connection.open(file);
    try {
      return Object.fromEntries(namesIn(copy).map((name) => [name, exactCount(copy, name)]));
    } finally {
      copy.close();
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    // The driver keeps a file open while it has statements for it: the moment must not last as long.
    if (this.#reading) this.#reader.exec("rollback");
    this.#reader.close();
  }

  #names(): readonly string[] {
    return namesIn(this.#moment());
  }

  /** The file as it was when it was first read. */
  #moment(): Connection {
    if (this.#closed) throw new EventStoreError("EVT_CLOSED", "the source of the backup is closed");
    if (!this.#reading) this.#reader.exec("begin");
    this.#reading = true;
    return this.#reader;
  }
}

function namesIn(reader: Connection): readonly string[] {
  return [...alertKinds(reader).map((kind) => ALERT + kind), EVENTS, VERSIONS].sort();
}

function* batches(reader: Connection, collection: string, encoder: DumpEncoder): Generator<DocumentBatch, void> {
  if (collection === EVENTS) for (const page of eventPages(reader)) yield page.map(encoder.event);
  else if (collection === VERSIONS) yield versionRows(reader).map(encoder.version);
  else for (const page of alertPages(reader, collection.slice(ALERT.length))) yield page.map(encoder.alert);
}

function count(reader: Connection, collection: string): number {
  return collection === EVENTS ? countedEvents(reader) : exactCount(reader, collection);
}

function exactCount(reader: Connection, collection: string): number {
  const isAlert = collection.startsWith(ALERT);
  const sql = isAlert ? "alert_records where kind = ?" : collection === EVENTS ? EVENTS : VERSIONS;
  const values = isAlert ? [collection.slice(ALERT.length)] : [];
  return reader.get<{ n: number }>(`select count(*) as n from ${sql}`, values)?.n ?? 0;
}
