/**
 * ArrivalRing: the latest arrivals, numbered from 1 in the order in which this process learned of them.
 *
 * Bounded by events and by text; the oldest fall out. Whoever is still behind them reads the database instead.
 */
import { randomBytes } from "node:crypto";
import type { StoredEvent } from "../../event/event.ts";

export interface RingEntry {
  readonly number: number;
  readonly event: StoredEvent;
  /** About how much JSON it is. */
  readonly bytes: number;
  /** See ArrivalPlace. */
  readonly watermarkMs: number;
}

export interface RingLimits {
  /** @default 10_000 */
  readonly maxEvents?: number | undefined;
  /** @default 16 MiB */
  readonly maxBytes?: number | undefined;
}

export class ArrivalRing {
  /** Of this ring alone, so that no number is taken for another ring's. */
  readonly id = randomBytes(6).toString("base64url");
  readonly #maxEvents: number;
  readonly #maxBytes: number;
  readonly #numbers = new Map<string, number>();
  #entries: RingEntry[] = [];
  /** Entries before it have fallen out. */
  #head = 0;
  #bytes = 0;
  #last = 0;

  constructor({ maxEvents = 10_000, maxBytes = 16 * 1024 * 1024 }: RingLimits = {}) {
    this.#maxEvents = maxEvents;
    this.#maxBytes = maxBytes;
  }

  /** Number of the latest arrival; 0 before the first. */
  get last(): number {
    return this.#last;
  }

  push(event: StoredEvent, bytes: number, watermarkMs: number): void {
    this.#last++;
    this.#entries.push({ number: this.#last, event, bytes, watermarkMs });
    this.#numbers.set(event._id, this.#last);
    this.#bytes += bytes;
    while (this.#size > 1 && (this.#size > this.#maxEvents || this.#bytes > this.#maxBytes)) this.#dropOldest();
  }

  /** Number of an event that is still here; 0 for others. */
  numberOf(id: string): number {
    return this.#numbers.get(id) ?? 0;
  }

  /** True when everything behind the number is still here. */
  holds(number: number): boolean {
    return number <= this.#last && number >= this.#last - this.#size;
  }

  /** At most `limit` entries behind a number the ring holds. */
  after(number: number, limit: number): readonly RingEntry[] {
    const at = this.#entries.length - (this.#last - number);
    return this.#entries.slice(at, at + limit);
  }

  get #size(): number {
    return this.#entries.length - this.#head;
  }

  #dropOldest(): void {
    const { event, bytes } = this.#entries[this.#head] as RingEntry;
    (this.#entries as (RingEntry | undefined)[])[this.#head] = undefined;
    this.#numbers.delete(event._id);
    this.#bytes -= bytes;
    this.#head++;
    if (this.#head < this.#maxEvents) return;
    this.#entries = this.#entries.slice(this.#head);
    this.#head = 0;
  }
}
