/** MongoBackend: the backend contract over one collection; each method is one line into its own file. */
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
  BackendStats,
  CountQuery,
  FindPage,
  FindQuery,
  SearchPlan,
} from "../backend.ts";
import { readActivities } from "./activities.ts";
import { MongoAlerts } from "./alerts.ts";
import { append, type Incoming } from "./append.ts";
import { archive, purge, unarchive } from "./archive.ts";
import { MongoArrivals, type MongoArrivalsOptions } from "./arrivals.ts";
import { count } from "./count.ts";
import { compileFilter } from "./filter.ts";
import { find } from "./find.ts";
import { readByIds } from "./get.ts";
import { prepareActivities } from "./indexes.ts";
import { Inserter } from "./insert.ts";
import type { Room } from "./room.ts";

export class MongoBackend implements Backend {
  readonly kind = "mongo";
  readonly concurrentAppends = 3;
  /** A server decodes one command while it writes another: two of 500 beat one of 1000. */
  readonly batchEvents = 500;
  readonly arrivalPollMs = 250;
  readonly #room: Room;
  readonly #readOnly: boolean;
  readonly #inserter: Inserter;
  readonly #arrivals: MongoArrivals;
  readonly #alerts: MongoAlerts;
  /** The indexes of reports. */
  #preparing: Promise<void> | undefined;
  #closing: Promise<void> | undefined;

  constructor(room: Room, options: MongoArrivalsOptions) {
    this.#room = room;
    this.#readOnly = options.readOnly;
    this.#arrivals = new MongoArrivals(room, options);
    this.#inserter = new Inserter(room.connection, room.events, room.notes);
    const { readOnly } = options;
    this.#alerts = new MongoAlerts({ readOnly, open: () => this.#open(), writable: () => this.#writable() });
  }

  get alerts(): AlertRecords {
    return this.#alerts;
  }

  async append(
    batch: readonly PreparedEvent[],
    received: Instant,
    marks?: readonly (Marks | undefined)[],
  ): Promise<AppendOutcome[]> {
    const room = this.#writable();
    checkMarks(marks);
    if (batch.length === 0) return [];
    if (marks?.some(Boolean)) this.#alerts.marking();
    const target = {
      insert: (events: readonly Incoming[], at: Instant) => this.#inserter.insert(events, at),
      read: (ids: readonly string[]) => readByIds(room, ids),
    };
    const incoming = batch.map((prepared, at) => ({ prepared, marks: marks?.[at] }));
    return this.#arrivals.appending(batch, received, () => append(incoming, received, target));
  }

  async get(id: string): Promise<StoredEvent | undefined> {
    return (await readByIds(this.#open(), [id])).get(id);
  }

  find(query: FindQuery): AsyncIterable<FindPage> {
    return find(this.#open(), query);
  }

  async *activities(query: ActivityQuery): AsyncGenerator<readonly Activity[], void> {
    const room = this.#open();
    if (!this.#readOnly) {
      this.#preparing ??= this.#prepareReports(room);
      await this.#preparing;
    }
    yield* readActivities(room, query);
  }

  explain(query: FindQuery): SearchPlan {
    const { exact } = compileFilter(query.selector, this.#open().connection.dialect);
    return { engine: "mongo", index: null, ranges: 1, decided_by: exact ? "server" : "matcher" };
  }

  async arrivals(after: string | undefined, limit: number): Promise<ArrivalPage> {
    this.#open();
    return this.#arrivals.page(after, limit);
  }

  async #prepareReports({ connection, events, notes }: Room): Promise<void> {
    try {
      await prepareActivities(connection, events, notes);
    } catch (error) {
      this.#preparing = undefined;
      throw error;
    }
  }

  async count(query: CountQuery): Promise<number> {
    return count(this.#open(), query);
  }

  async estimate(): Promise<number> {
    const { connection, events } = this.#open();
    return connection.call("count", () => events.estimatedDocumentCount());
  }

  async archive(target: ArchiveTarget, at: Instant, limit: number): Promise<number> {
    return archive(this.#writable(), target, at, limit);
  }

  async unarchive(ids: readonly string[]): Promise<number> {
    return unarchive(this.#writable(), ids);
  }

  async purge(archivedBefore: Instant, limit: number): Promise<number> {
    const purged = await purge(this.#writable(), archivedBefore, limit);
    this.#arrivals.purged(purged);
    return purged;
  }

  async ping(): Promise<void> {
    await this.#open().connection.ping();
  }

  stats(): BackendStats {
    return this.#room.notes.stats();
  }

  close(): Promise<void> {
    this.#arrivals.close();
    this.#closing ??= this.#room.connection.close();
    return this.#closing;
  }

  #open(): Room {
    if (this.#closing) throw new EventStoreError("EVT_CLOSED", "the backend is closed");
    return this.#room;
  }

  #writable(): Room {
    const room = this.#open();
    if (this.#readOnly) throw new EventStoreError("EVT_INVALID_OPTION", "the database is open read-only");
    return room;
  }
}
