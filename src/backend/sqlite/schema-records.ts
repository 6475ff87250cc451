/**
 * SqliteSchemaRecords: an SQLite file as migrations see it, see ../schema-records.ts.
 *
 * Who opens it to change it has the file's lock, so there is no lease; a file that is not there is an empty database.
 */
import { existsSync, mkdirSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { EventStoreError } from "../../errors.ts";
import type { SchemaDifference, SchemaFacts, SchemaRecords, VersionRecord } from "../schema-records.ts";
import { Connection } from "./connection.ts";
import { lockForWriting, type WriterLock } from "./lock.ts";
import { checkSchema, ensureSchema, READER_PRAGMAS, WRITER_PRAGMAS } from "./schema.ts";
import { placeOf, readFacts, writeVersions } from "./schema-versions.ts";

export interface SqliteSchemaOptions {
  /** @default the file's name without extension */
  readonly database?: string | undefined;
  readonly readOnly: boolean;
  /** Longest wait for another writer to leave, in ms. @default 0 */
  readonly waitMs?: number | undefined;
}

const RETRY_MS = 50;

/** @throws EventStoreError as `openSqlite` */
export async function openSqliteSchema(path: string, options: SqliteSchemaOptions): Promise<SchemaRecords> {
  const file = path === ":memory:" ? path : resolve(path);
  const { database, readOnly, waitMs = 0 } = options;
  if (readOnly && !existsSync(file)) return new SqliteSchemaRecords(file, database, undefined, undefined);
  if (!readOnly) mkdirSync(dirname(file), { recursive: true });
  const lock = readOnly ? undefined : await lockWithin(file, waitMs);
  let connection: Connection | undefined;
  try {
    connection = await Connection.open(file);
    checkSchema(connection);
    connection.exec(readOnly ? READER_PRAGMAS : WRITER_PRAGMAS);
    return new SqliteSchemaRecords(file, database, connection, lock);
  } catch (error) {
    connection?.close();
    lock?.close();
    throw error;
  }
}

async function lockWithin(file: string, waitMs: number): Promise<WriterLock> {
  const startMs = performance.now();
  for (;;) {
    try {
      return await lockForWriting(file);
    } catch (error) {
      const isBusy = error instanceof EventStoreError && error.code === "EVT_BACKEND_UNAVAILABLE";
      if (!isBusy || performance.now() - startMs >= waitMs) throw error;
      await pause(RETRY_MS * (1 + Math.random()));
    }
  }
}

class SqliteSchemaRecords implements SchemaRecords {
  readonly kind = "sqlite";
  readonly database: string;
  readonly place: string;
  readonly state = undefined;
  readonly #file: string;
  readonly #connection: Connection | undefined;
  readonly #lock: WriterLock | undefined;
  #closed = false;

  constructor(file: string, database: string | undefined, connection: Connection | undefined, lock?: WriterLock) {
    const { database: name, place } = placeOf(file, database);
    [this.database, this.place, this.#file] = [name, place, file];
    [this.#connection, this.#lock] = [connection, lock];
  }

  async facts(): Promise<SchemaFacts> {
    if (!this.#connection) return { ...placeOf(this.#file, this.database), collections: [], versions: [] };
    return readFacts(this.#connection, { database: this.database });
  }

  async record(record: VersionRecord, replace = false): Promise<boolean> {
    const writer = this.#writer();
    ensureSchema(writer, []);
    return writer.transaction(() => {
      if (replace) writer.run("delete from schema_versions where version = ?", [record.version]);
      return writeVersions(writer, [record]) === 1;
    });
  }

  async forget(): Promise<void> {
    this.#writer().run("delete from schema_versions");
  }

  /** A step is one transaction here. */
  async forgetSteps(): Promise<void> {}

  /** Compared with a new file, table by table. */
  async differences(): Promise<readonly SchemaDifference[]> {
    const fresh = await Connection.open(":memory:");
    try {
      ensureSchema(fresh, []);
      const there = new Map(this.#connection ? objects(this.#connection) : []);
      return objects(fresh).flatMap(([name, kind]) =>
        there.get(name) === kind ? [] : [{ what: `the ${kind} ${name} is missing`, missing: kind === "table" }],
      );
    } finally {
      fresh.close();
    }
  }

  async ensure(): Promise<readonly string[]> {
    const before = await this.differences();
    ensureSchema(this.#writer(), []);
    const after = new Set((await this.differences()).map(({ what }) => what));
    const made = before.filter(({ what }) => !after.has(what));
    return made.map(({ what }) => what.replace(/^the (.*) is missing$/, "$1"));
  }

  async estimate(): Promise<number> {
    return 0;
  }

  async run(step: string): Promise<void> {
    throw new TypeError(`there is no step ${step}`);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#connection?.close();
    this.#lock?.close();
  }

  #writer(): Connection {
    if (this.#connection && this.#lock) return this.#connection;
    throw new EventStoreError("EVT_INVALID_OPTION", `${this.#file} is open read-only`);
  }
}

/** Tables and indexes, by name. */
function objects(connection: Connection): [name: string, kind: string][] {
  const sql = "select name, type from sqlite_schema where type in ('table', 'index') and name not like 'sqlite_%'";
  return connection.all<{ name: string; type: string }>(sql).map(({ name, type }) => [name, type]);
}
