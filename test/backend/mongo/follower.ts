/** A follower of the arrivals, as the store's tail is one: asks again and again from where the last answer ended. */
import { setTimeout as sleep } from "node:timers/promises";
import type { ArrivalPage } from "../../../src/backend/backend.ts";
import type { StoredEvent } from "../../../src/event/event.ts";

const PATIENCE_MS = 20_000;
const PAUSE_MS = 25;

/** As much of a backend as can be followed. */
export interface Followed {
  arrivals(after: string | undefined, limit: number): Promise<ArrivalPage>;
}

export class Follower {
  readonly events: StoredEvent[] = [];
  /** Behind each event, in the same order. */
  readonly cursors: string[] = [];
  cursor: string;
  lost = 0;
  readonly #followed: Followed;
  readonly #limit: number;

  private constructor(followed: Followed, cursor: string, limit: number) {
    this.#followed = followed;
    this.cursor = cursor;
    this.#limit = limit;
  }

  /** From the present end, or from a cursor. */
  static async of(followed: Followed, cursor?: string, limit = 100): Promise<Follower> {
    return new Follower(followed, cursor ?? (await followed.arrivals(undefined, 1)).cursor, limit);
  }

  get ids(): string[] {
    return this.events.map(({ _id }) => _id);
  }

  /** One step; resolves to whether there is more at once. */
  async step(): Promise<boolean> {
    const { arrivals, cursor, lost, more } = await this.#followed.arrivals(this.cursor, this.#limit);
    for (const arrival of arrivals) {
      this.events.push(arrival.event);
      this.cursors.push(arrival.cursor);
    }
    if (lost) this.lost++;
    this.cursor = cursor;
    return more ?? arrivals.length === this.#limit;
  }

  /** Takes back the last events, and begins again behind those before them. */
  back(events: number): void {
    if (events === 0) return;
    const kept = this.events.length - events;
    this.events.length = kept;
    this.cursors.length = kept;
    this.cursor = String(this.cursors.at(-1));
  }

  /** Up to what is there now. */
  async toEnd(): Promise<this> {
    while (await this.step());
    return this;
  }

  /** Follows until so many events are there, or patience is at an end. */
  async until(events: number): Promise<this> {
    const deadline = performance.now() + PATIENCE_MS;
    while (this.events.length < events && performance.now() < deadline) {
      if (!(await this.step()) && this.events.length < events) await sleep(PAUSE_MS);
    }
    return this;
  }
}
