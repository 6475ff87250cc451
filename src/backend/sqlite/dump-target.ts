/**
 * DumpTarget in a database file: documents become the rows an append would have made.
 *
 * Beside what is there: a new file `<file>.restoring`, which takes the old one's name when it is whole (restore-file.ts).
 * The writer's lock is held from the first change on, so what an earlier restore left behind is nobody's.
 */
import { existsSync, mkdirSync } from "node:fs";
import { rm } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { EventStoreError } from "../../errors.ts";
import type { CollectionMetadata, CollectionTarget, DumpTarget } from "../dump-contract.ts";
import type { RestoreDecoder } from "../restore-decoder.ts";
import { Connection } from "./connection.ts";
import { lockForWriting, type WriterLock } from "./lock.ts";
import { RowsTarget } from "./restore-collection.ts";
import { adoptFile, newOrigin, putInPlace, removeFile, stagedFile } from "./restore-file.ts";
import { keepOthers } from "./restore-merge.ts";
import { countsIn, rowsOf } from "./restore-rows.ts";
import { checkSchema, ensureSchema, WRITER_PRAGMAS } from "./schema.ts";

export interface SqliteTargetOptions {
  readonly database: string;
  /** Loaded when documents come: a copy of a file needs none. */
  readonly decoder: () => Promise<RestoreDecoder>;
  readonly warn: (message: string) => void;
  readonly onStep?: ((step: string) => void | Promise<void>) | undefined;
}

/** Nobody reads the file before it is whole and written through. */
const STAGING_PRAGMAS = `
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA cache_size = -16384;
`;

/** @param path of the database file; it need not be there */
export function openSqliteTarget(path: string, options: SqliteTargetOptions): DumpTarget {
  return new SqliteTarget(resolve(path), options);
}

class SqliteTarget implements DumpTarget {
  readonly kind = "sqlite";
  readonly database: string;
  readonly #file: string;
  readonly #options: SqliteTargetOptions;
  /** One for all, so that what it makes of the same document is the same. */
  #decoder: Promise<RestoreDecoder> | undefined;
  #lock: WriterLock | undefined;
  #direct: Connection | undefined;
  #staging: Connection | undefined;
  readonly #staged: string[] = [];

  constructor(file: string, options: SqliteTargetOptions) {
    this.database = options.database;
    this.#file = file;
    this.#options = options;
  }

  /** Those with something in them. */
  async collections(): Promise<readonly string[]> {
    if (!existsSync(this.#file)) return [];
    const reader = await Connection.open(this.#file);
    try {
      return checkSchema(reader) ? Object.keys(countsIn(reader)) : [];
    } finally {
      reader.close();
    }
  }

  accepts(collection: string): boolean {
    return rowsOf(collection) !== undefined;
  }

  async open({ collectionName }: CollectionMetadata): Promise<CollectionTarget> {
    this.#direct ??= await this.#openDirect();
    return this.#collection(this.#direct, collectionName);
  }

  async stage({ collectionName }: CollectionMetadata): Promise<CollectionTarget> {
    this.#staging ??= await this.#openStaging();
    this.#staged.push(collectionName);
    return this.#collection(this.#staging, collectionName);
  }

  async swap(): Promise<void> {
    const staging = this.#staging;
    if (staging === undefined) return;
    if (existsSync(this.#file)) keepOthers(staging, this.#file, this.#staged);
    this.#endStaging();
    await this.#putInPlace();
  }

  async replaceWith(file: string): Promise<Readonly<Record<string, number>>> {
    await this.#hold();
    const counts = await adoptFile(file, stagedFile(this.#file));
    await this.#putInPlace();
    return counts;
  }

  async abandon(): Promise<void> {
    this.#endStaging();
    if (this.#lock !== undefined) await removeFile(stagedFile(this.#file));
  }

  async destroy(): Promise<void> {
    await this.abandon();
    await this.close();
    await removeFile(this.#file);
    await rm(`${this.#file}.lock`, { force: true });
  }

  async close(): Promise<void> {
    this.#endStaging();
    this.#direct?.close();
    this.#direct = undefined;
    this.#lock?.close();
    this.#lock = undefined;
  }

  async #hold(): Promise<void> {
    if (this.#lock !== undefined) return;
    mkdirSync(dirname(this.#file), { recursive: true });
    this.#lock = await lockForWriting(this.#file);
  }

  async #openDirect(): Promise<Connection> {
    await this.#hold();
    const writer = await Connection.open(this.#file);
    try {
      checkSchema(writer);
      writer.exec(WRITER_PRAGMAS);
      ensureSchema(writer, []);
      return writer;
    } catch (error) {
      writer.close();
      throw error;
    }
  }

  async #openStaging(): Promise<Connection> {
    await this.#hold();
    await removeFile(stagedFile(this.#file));
    const staging = await Connection.open(stagedFile(this.#file));
    staging.exec(STAGING_PRAGMAS);
    ensureSchema(staging, []);
    newOrigin(staging);
    return staging;
  }

  #endStaging(): void {
    this.#staging?.close();
    this.#staging = undefined;
    this.#staged.length = 0;
  }

  async #putInPlace(): Promise<void> {
    const onStep = this.#options.onStep ?? (() => {});
    try {
      await onStep("swap: begin");
      await putInPlace(this.#file, this.#options.warn);
      await onStep("swap: done");
    } finally {
      await removeFile(stagedFile(this.#file));
    }
  }

  async #collection(connection: Connection, name: string): Promise<CollectionTarget> {
    this.#decoder ??= this.#options.decoder();
    const decoder = await this.#decoder;
    const rows = rowsOf(name);
    if (rows?.kind === "event") return new RowsTarget({ connection, name, rows, decode: decoder.event });
    if (rows?.kind === "version") return new RowsTarget({ connection, name, rows, decode: decoder.version });
    if (rows?.kind === "alert") return new RowsTarget({ connection, name, rows, decode: decoder.alert });
    throw new EventStoreError("EVT_INVALID_OPTION", `the collection ${name} has no place in an SQLite file`);
  }
}
