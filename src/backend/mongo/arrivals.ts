/**
 * MongoArrivals: the arrivals of a collection, from the first call for them until a minute after the last.
 *
 * While nobody asks, an append only counts its events here, and the server is left alone.
 */
import { type Instant, toMs } from "../../event/instant.ts";
import type { PreparedEvent } from "../../event/parse.ts";
import type { AppendOutcome, ArrivalPage } from "../backend.ts";
import { databaseMark } from "./arrivals-cursor.ts";
import { ArrivalPoller, type OwnCount } from "./arrivals-poll.ts";
import type { RingLimits } from "./arrivals-ring.ts";
import { ArrivalSession } from "./arrivals-session.ts";
import { ArrivalWatch, type ChangeSource } from "./arrivals-watch.ts";
import { storedEvent } from "./document.ts";
import { prepareArrivals } from "./indexes.ts";
import type { Room } from "./room.ts";

export interface MongoArrivalsOptions {
  readonly now: () => Date;
  readonly readOnly: boolean;
  /** For tests: starts a change stream although the server has none. */
  readonly watch?: (() => ChangeSource) | undefined;
  readonly limits?: RingLimits | undefined;
  /** @default 60_000 */
  readonly idleMs?: number | undefined;
}

/** One change stream waits this long at the server for something to happen. */
const AWAIT_MS = 20;

export class MongoArrivals {
  readonly #room: Room;
  readonly #options: MongoArrivalsOptions;
  readonly #own: OwnCount = { stored: 0, underWay: 0 };
  #session: ArrivalSession | undefined;
  #ready: Promise<void> | undefined;
  #idle: NodeJS.Timeout | undefined;

  constructor(room: Room, options: MongoArrivalsOptions) {
    this.#room = room;
    this.#options = options;
  }

  /** Runs an append of this process; what it stored has arrived. */
  async appending(
    batch: readonly PreparedEvent[],
    received: Instant,
    run: () => Promise<AppendOutcome[]>,
  ): Promise<AppendOutcome[]> {
    this.#own.underWay += batch.length;
    try {
      const outcomes = await run();
      this.#record(batch, outcomes, received);
      return outcomes;
    } finally {
      this.#own.underWay -= batch.length;
    }
  }

  /** This process has deleted events. */
  purged(events: number): void {
    this.#own.stored -= events;
  }

  /** See `Backend.arrivals`. */
  async page(after: string | undefined, limit: number): Promise<ArrivalPage> {
    const session = this.#session ?? this.#begin();
    // The end there was when it was asked for: what is stored while the server gets ready has arrived behind it.
    const { end } = session;
    this.#stayAwake();
    await this.#ready;
    try {
      return await session.page(after, limit, end);
    } finally {
      if (this.#session === session) this.#stayAwake();
    }
  }

  close(): void {
    clearTimeout(this.#idle);
    this.#idle = undefined;
    this.#session?.close();
    this.#session = undefined;
  }

  #record(batch: readonly PreparedEvent[], outcomes: readonly AppendOutcome[], received: Instant): void {
    for (const [i, { status }] of outcomes.entries()) {
      if (status !== "stored") continue;
      this.#own.stored++;
      const { event, instant, text } = batch[i] as PreparedEvent;
      this.#session?.record(storedEvent(event, instant, received), text.length, toMs(received));
    }
  }

  #begin(): ArrivalSession {
    const room = this.#room;
    const { now, limits } = this.#options;
    const mark = databaseMark(room.connection.db.databaseName, room.events.collectionName);
    const poller = new ArrivalPoller(room, this.#own);
    const session = new ArrivalSession({ room, poller, watch: this.#watch(), mark, now, limits });
    this.#session = session;
    this.#ready = this.#prepare(session);
    return session;
  }

  async #prepare(session: ArrivalSession): Promise<void> {
    const { connection, events, notes } = this.#room;
    try {
      if (!this.#options.readOnly) await prepareArrivals(connection, events, notes);
      await session.start();
    } catch (error) {
      if (this.#session === session) this.close();
      throw error;
    }
  }

  #watch(): ArrivalWatch | undefined {
    const { connection, events, notes } = this.#room;
    const inserts = [{ $match: { operationType: "insert" } }];
    const own = () => events.watch(inserts, { maxAwaitTimeMS: AWAIT_MS }) as ChangeSource;
    const watch = this.#options.watch ?? (connection.offersChanges ? own : undefined);
    if (!watch) return undefined;
    const refused = (code: number) =>
      notes.once("changes", `MongoDB at ${connection.place} refuses change streams (code ${code}); polling instead`);
    return new ArrivalWatch({
      watch,
      attempt: (run) => connection.attempt(run),
      clock: () => performance.now(),
      refused,
    });
  }

  /** Lets go of everything when nobody asks for a while. */
  #stayAwake(): void {
    this.#idle ??= setTimeout(() => this.close(), this.#options.idleMs ?? 60_000).unref();
    this.#idle.refresh();
  }
}
