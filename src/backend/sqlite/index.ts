/**
 * The SQLite backend: one file, one writing process, any number of readers.
 *
 * A file has a writing connection, guarded by a lock (lock.ts), and a reading one beside it; `:memory:` has one for
 * both. Appends are one transaction, here or in a thread (writer.ts); searches go in short steps (walk.ts).
 */
import { existsSync, mkdirSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { EventStoreError } from "../../errors.ts";
import type { Activity } from "../../event/activity.ts";
import type { StoredEvent } from "../../event/event.ts";
import type { Instant } from "../../event/instant.ts";
import type { PreparedEvent } from "../../event/parse.ts";
import { type AlertRecords, checkMarks, type Marks } from "../alert-records.ts";
import type {
  ActivityQuery,
  AppendOutcome,
  ArchiveTarget,
  ArrivalPage,
  Backend,
  BackendOptions,
  BackendStats,
  CountQuery,
  FindPage,
  FindQuery,
  Position,
  SearchPlan,
} from "../backend.ts";
import { admitAny, type VersionRecord } from "../schema-records.ts";
import { threadFile } from "../thread-file.ts";
import { readActivities } from "./activities.ts";
import { SqliteAlerts } from "./alerts.ts";
import { readEvent, writtenOf } from "./append.ts";
import { originOf, readArrivals } from "./arrivals.ts";
import { Connection } from "./connection.ts";
import { countedEvents } from "./counted.ts";
import { openFailure } from "./failure.ts";
import { countMatches, findPages } from "./find.ts";
import { lockForWriting, type WriterLock } from "./lock.ts";
import { explainPlan } from "./plan.ts";
import { checkSchema, ensureSchema, READER_PRAGMAS, WRITER_PRAGMAS } from "./schema.ts";
import { readFacts } from "./schema-versions.ts";
import { ThreadWriter } from "./thread.ts";
import { LocalWriter, type Writer } from "./writer.ts";

const MEMORY = ":memory:";
/** A reader sees what another process writes this soon, in ms. */
const POLL_MS = 200;
const STATS: BackendStats = Object.freeze({ repaired: 0, opaque: 0 });

/**
 * Opens a database file (created where new, with its folders), or a private one in memory for `:memory:`.
 * @throws EventStoreError `EVT_INVALID_OPTION` for a file that cannot be one of ours, `EVT_BACKEND_UNAVAILABLE` when
 *   another process writes to it or the file system fails, `EVT_SCHEMA_MISMATCH`, `EVT_MISSING_DRIVER`.
 * @since 0.1.0
 */
export async function openSqlite(path: string, options: BackendOptions): Promise<Backend> {
  if (path === MEMORY) return openMemory(options);
  const file = resolve(path);
  return options.readOnly ? openForReading(file, options) : openForWriting(file, options);
}

async function openMemory(options: BackendOptions): Promise<Backend> {
  const connection = await Connection.open(MEMORY);
  connection.exec(WRITER_PRAGMAS);
  ensureSchema(connection, admitted(connection, options));
  const writer = options.readOnly ? undefined : new LocalWriter(connection);
  return new SqliteBackend(options, { reader: connection, writer, shared: true });
}

async function openForReading(file: string, options: BackendOptions): Promise<Backend> {
  if (!existsSync(file)) throw new EventStoreError("EVT_INVALID_OPTION", `there is no file ${file} to open read-only`);
  return opening(file, async (open) => {
    const reader = await connectedReader(file, open);
    if (!checkSchema(reader)) throw new EventStoreError("EVT_INVALID_OPTION", `${file} holds no event store yet`);
    admitted(reader, options);
    return new SqliteBackend(options, { reader });
  });
}

async function openForWriting(file: string, options: BackendOptions): Promise<Backend> {
  makeFolder(file);
  return opening(file, async (open) => {
    const lock = await lockForWriting(file);
    open.push(lock);
    const writer = await Connection.open(file);
    open.push(writer);
    checkSchema(writer);
    const records = admitted(writer, options);
    writer.exec(WRITER_PRAGMAS);
    ensureSchema(writer, records);
    const reader = await connectedReader(file, open);
    return new SqliteBackend(options, { reader, writer: writerOf(writer, file, options), lock });
  });
}

/** The records to write before anything else. @throws EventStoreError where the file may not be opened */
function admitted(connection: Connection, { admit, now }: BackendOptions): readonly VersionRecord[] {
  return (admit ?? admitAny(now))(readFacts(connection));
}

/** Where a thread is wanted and there, it takes the place of the connection that prepared the file. */
function writerOf(connection: Connection, file: string, { writerThread }: BackendOptions): Writer {
  const code = writerThread === true ? threadFile("sqlite-writer.js") : writerThread || undefined;
  if (code === undefined) return new LocalWriter(connection);
  connection.close();
  return new ThreadWriter(code, file);
}

type Closing = { close(): void }[];

async function connectedReader(file: string, open: Closing): Promise<Connection> {
  const reader = await Connection.open(file);
  open.push(reader);
  reader.exec(READER_PRAGMAS);
  return reader;
}

/** Closes again what `open` holds, last first, when the work fails. */
async function opening(file: string, work: (open: Closing) => Promise<Backend>): Promise<Backend> {
  const open: Closing = [];
  try {
    return await work(open);
  } catch (error) {
    for (const part of open.reverse()) part.close();
    throw openFailure(error, file);
  }
}

function makeFolder(file: string): void {
  try {
    mkdirSync(dirname(file), { recursive: true });
  } catch (cause) {
    const reason = "does not exist and cannot be created";
    throw new EventStoreError("EVT_INVALID_OPTION", `the folder of ${file} ${reason}`, { cause });
  }
}

interface Parts {
  readonly reader: Connection;
  /** True when the writer has the same connection and closes it. */
  readonly shared?: boolean;
  /** Absent when open read-only. */
  readonly writer?: Writer | undefined;
  readonly lock?: WriterLock;
}

class SqliteBackend implements Backend {
  readonly kind = "sqlite";
  readonly concurrentAppends = 1;
  readonly batchEvents = Number.POSITIVE_INFINITY;
  readonly #options: BackendOptions;
  readonly #parts: Parts;
  /** How far an archive call got, for the next call with the same target. */
  readonly #archiving = new WeakMap<ArchiveTarget, Position>();
  /** Nobody else writes to a file whose lock is held, nor to a database in memory. */
  readonly arrivalPollMs: number | undefined;
  readonly #origin: string;
  readonly alerts: AlertRecords = new SqliteAlerts({ reader: () => this.#reader(), writer: () => this.#writer() });
  #closed = false;

  constructor(options: BackendOptions, parts: Parts) {
    this.#options = options;
    this.#parts = parts;
    this.arrivalPollMs = parts.writer || parts.shared ? undefined : POLL_MS;
    this.#origin = originOf(parts.reader);
  }

  async append(
    batch: readonly PreparedEvent[],
    received: Instant,
    marks?: readonly (Marks | undefined)[],
  ): Promise<AppendOutcome[]> {
    const writer = this.#writer();
    checkMarks(marks);
    return batch.length === 0 ? [] : writer.append(batch.map(writtenOf), received, marks);
  }

  async get(id: string): Promise<StoredEvent | undefined> {
    return readEvent(this.#reader(), id);
  }

  async *find(query: FindQuery): AsyncGenerator<FindPage, void> {
    const pages = findPages(this.#reader(), query, this.#options.zone);
    for (;;) {
      this.#reader();
      const { done, value } = await pages.next();
      if (done) return;
      yield value;
    }
  }

  async *activities(query: ActivityQuery): AsyncGenerator<readonly Activity[], void> {
    const pages = readActivities(this.#reader(), query);
    for (;;) {
      this.#reader();
      const { done, value } = await pages.next();
      if (done) return;
      yield value;
    }
  }

  explain(query: FindQuery): SearchPlan {
    return explainPlan(query);
  }

  async arrivals(after: string | undefined, limit: number): Promise<ArrivalPage> {
    return readArrivals(this.#reader(), this.#origin, { after, limit });
  }

  async count(query: CountQuery): Promise<number> {
    return countMatches(this.#reader(), query, this.#options.zone);
  }

  async estimate(): Promise<number> {
    return countedEvents(this.#reader());
  }

  async archive(target: ArchiveTarget, at: Instant, limit: number): Promise<number> {
    const writer = this.#writer();
    if ("ids" in target) return writer.archive(target.ids.slice(0, limit), at);
    const after = this.#archiving.get(target);
    const first = await this.#archiveBehind(target, { at, limit, after });
    if (first === limit || !after) return first;
    // Events that came late lie before the place where the last call stopped.
    return first + (await this.#archiveBehind(target, { at, limit: limit - first, after: undefined }));
  }

  async #archiveBehind(
    target: Extract<ArchiveTarget, { selector: unknown }>,
    { at, limit, after }: { at: Instant; limit: number; after: Position | undefined },
  ): Promise<number> {
    let archived = 0;
    const query = { ...target, archived: false, by: "event_timestamp", order: "oldest", limit, after } as const;
    for await (const { events, position } of this.find(query)) {
      const ids = events.map((event) => event._id);
      archived += await this.#writer().archive(ids, at);
      if (position) this.#archiving.set(target, position);
    }
    return archived;
  }

  async unarchive(ids: readonly string[]): Promise<number> {
    return this.#writer().unarchive(ids);
  }

  async purge(archivedBefore: Instant, limit: number): Promise<number> {
    return this.#writer().purge(archivedBefore, limit);
  }

  async ping(): Promise<void> {
    this.#reader().get("select seq from events limit 1");
  }

  stats(): BackendStats {
    return STATS;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const { reader, writer, lock, shared } = this.#parts;
    if (!shared || !writer) reader.close();
    await writer?.close();
    lock?.close();
  }

  #reader(): Connection {
    if (this.#closed) throw new EventStoreError("EVT_CLOSED", "the backend is closed");
    return this.#parts.reader;
  }

  #writer(): Writer {
    this.#reader();
    const { writer } = this.#parts;
    if (!writer) throw new EventStoreError("EVT_INVALID_OPTION", "the store is open read-only");
    return writer;
  }
}
