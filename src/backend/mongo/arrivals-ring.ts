/**
 * ArrivalRing: the latest arrivals, numbered from 1 in the order in which this process learned of them.
 *
 * Bounded by events and by text; of the oldest only the ids stay for a while, by which the database tells them again in
 * the same order. Whoever is behind those too walks through the database.
 */
import { randomBytes } from "node:crypto";
import type { StoredEvent } from "../../event/event.ts";

export interface RingEntry {
  readonly number: number;
  readonly id: string;
  /** Undefined where only the id is left. */
  readonly event: StoredEvent | undefined;
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
  /** @default 100_000 */
  readonly maxIds?: number | undefined;
}

export class ArrivalRing {
  /** Of this ring alone, so that no number is taken for another ring's. */
  readonly id = randomBytes(6).toString("base64url");
  readonly #maxEvents: number;
  readonly #maxBytes: number;
  readonly #maxIds: number;
  readonly #numbers = new Map<string, number>();
  /** In the order of their numbers, without gaps; cut down when it is twice as long as it may be. */
  #entries: RingEntry[] = [];
  /** Entries before it have no event any more. */
  #head = 0;
  #bytes = 0;
  #last = 0;

  constructor({ maxEvents = 10_000, maxBytes = 16 * 1024 * 1024, maxIds = 100_000 }: RingLimits = {}) {
    this.#maxEvents = maxEvents;
    this.#maxBytes = maxBytes;
    this.#maxIds = Math.max(maxIds, maxEvents);
  }

  /** Number of the latest arrival; 0 before the first. */
  get last(): number {
    return this.#last;
  }

  push(event: StoredEvent, bytes: number, watermarkMs: number): void {
    this.#last++;
    this.#entries.push({ number: this.#last, id: event._id, event, bytes, watermarkMs });
    this.#numbers.set(event._id, this.#last);
    this.#bytes += bytes;
    while (this.#entries.length - this.#head > this.#maxEvents || this.#bytes > this.#maxBytes) {
      if (this.#head === this.#entries.length - 1) break;
      const entry = this.#entries[this.#head] as RingEntry;
      // Another object: whoever is reading still has the event.
      this.#entries[this.#head++] = { ...entry, event: undefined };
      this.#bytes -= entry.bytes;
    }
    if (this.#entries.length > 2 * this.#maxIds) this.#forgetOldest(this.#maxIds);
  }

  /** Number of an event whose id is still here; 0 for others. */
  numberOf(id: string): number {
    return this.#numbers.get(id) ?? 0;
  }

  /** True when everything behind the number is still here. */
  holds(number: number): boolean {
    return number <= this.#last && number >= this.#last - this.#entries.length;
  }

  /** At most `limit` entries behind a number the ring holds. */
  after(number: number, limit: number): readonly RingEntry[] {
    const at = this.#entries.length - (this.#last - number);
    return this.#entries.slice(at, at + limit);
  }

  #forgetOldest(count: number): void {
    for (const { id } of this.#entries.slice(0, count)) this.#numbers.delete(id);
    this.#entries = this.#entries.slice(count);
    this.#head = Math.max(0, this.#head - count);
  }
}
