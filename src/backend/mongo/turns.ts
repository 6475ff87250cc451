/**
 * Turns: one change at a time where a server's updates are not atomic.
 *
 * FerretDB 1.x reads a document, then writes it back, so two updates that name the same version both succeed. Only its
 * inserts are sure (a unique `_id`): whoever inserts the turn's document has it, and deletes it afterwards. Within a
 * process calls queue up instead. A turn that is older than STALE_MS was left behind by a process that died.
 *
 * Other servers need none of this.
 */
import { setTimeout as pause } from "node:timers/promises";
import type { Collection } from "mongodb";
import { EventStoreError } from "../../errors.ts";
import type { Connection } from "./driver.ts";

export interface TurnDocument {
  readonly _id: string;
  readonly at: Date;
}

const STALE_MS = 10_000;
const PATIENCE_MS = 20_000;
const PAUSE_MS = 3;
const DUPLICATE_KEY = 11000;

export class Turns {
  readonly #connection: Connection;
  readonly #turns: Collection<TurnDocument>;
  /** By what is changed: the end of the last call. */
  readonly #last = new Map<string, Promise<unknown>>();

  constructor(connection: Connection, turns: Collection<TurnDocument>) {
    this.#connection = connection;
    this.#turns = turns;
  }

  /** @param what one of few names */
  run<Result>(what: string, work: () => Promise<Result>): Promise<Result> {
    if (this.#connection.updatesAtomically) return work();
    const previous = this.#last.get(what) ?? Promise.resolve();
    const running = previous.then(() => this.#within(what, work));
    this.#last.set(
      what,
      running.catch(() => {}),
    );
    return running;
  }

  async #within<Result>(what: string, work: () => Promise<Result>): Promise<Result> {
    const turn = await this.#take(what);
    try {
      return await work();
    } finally {
      await this.#give(turn);
    }
  }

  async #take(what: string): Promise<TurnDocument> {
    for (const startMs = performance.now(); performance.now() - startMs < PATIENCE_MS; ) {
      const turn = { _id: what, at: new Date() };
      if (await this.#connection.call("store", () => this.#inserted(turn))) return turn;
      const held = await this.#connection.call("read", () => this.#turns.findOne({ _id: what }));
      if (held && Math.abs(Date.now() - held.at.getTime()) > STALE_MS) await this.#give(held);
      else await pause(PAUSE_MS * (1 + Math.random()));
    }
    throw new EventStoreError("EVT_BACKEND_UNAVAILABLE", `others keep changing ${what} in ${this.#connection.place}`);
  }

  async #inserted(turn: TurnDocument): Promise<boolean> {
    try {
      await this.#turns.insertOne(turn);
      return true;
    } catch (error) {
      if ((error as { code?: unknown }).code === DUPLICATE_KEY) return false;
      throw error;
    }
  }

  async #give(turn: TurnDocument): Promise<void> {
    await this.#connection.call("store", () => this.#turns.deleteOne({ _id: turn._id, at: turn.at }));
  }
}
