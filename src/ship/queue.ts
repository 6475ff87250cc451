/**
 * Queue: events in memory, waiting for their batch, in the order in which they were accepted.
 *
 * Bounded by bytes. When it is full it sheds down to nine tenths: the lowest level first, within a level the oldest,
 * because what explains a failure is worth more than what surrounds it.
 */
import type { EventInput } from "../event/event.ts";
import { LEVEL, type LogLevel } from "../event/levels.ts";

/** One accepted event. */
export interface Item {
  /** Place in the order of acceptance, from 1. */
  readonly seq: number;
  readonly event: EventInput;
  readonly level: LogLevel;
  /** Size of its log line. */
  readonly bytes: number;
  /** Clock reading at which it should leave, with or without company. */
  readonly dueMs: number;
  /** True when its first id was another event's. */
  readonly renamed?: boolean;
}

const SHED_TO = 0.9;

export class ShipQueue {
  readonly #maxBytes: number;
  #items: Item[] = [];
  #head = 0;
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get length(): number {
    return this.#items.length - this.#head;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get first(): Item | undefined {
    return this.#items[this.#head];
  }

  /** When the most impatient item wants to leave. */
  earliestDueMs(): number {
    let earliest = Number.POSITIVE_INFINITY;
    for (let at = this.#head; at < this.#items.length; at++) {
      earliest = Math.min(earliest, this.#items[at]?.dueMs ?? earliest);
    }
    return earliest;
  }

  /** Adds an item; answers what had to go to make room (possibly the item itself). */
  push(item: Item): readonly Item[] {
    this.#items.push(item);
    this.#bytes += item.bytes;
    return this.#bytes > this.#maxBytes ? this.#shed() : [];
  }

  /** Removes the next batch: at least one item, at most so many items and bytes. */
  take(maxEvents: number, maxBytes: number): Item[] {
    const batch: Item[] = [];
    let bytes = 0;
    for (let item = this.first; item !== undefined && batch.length < maxEvents; item = this.first) {
      if (batch.length > 0 && bytes + item.bytes > maxBytes) break;
      batch.push(item);
      bytes += item.bytes;
      this.#head += 1;
    }
    this.#bytes -= bytes;
    this.#compact();
    return batch;
  }

  #compact(): void {
    if (this.#head < 1024 && this.#head < this.#items.length) return;
    this.#items = this.#items.slice(this.#head);
    this.#head = 0;
  }

  #shed(): readonly Item[] {
    const target = this.#maxBytes * SHED_TO;
    const dropped: Item[] = [];
    const keep = (item: Item, level: LogLevel): boolean => {
      if (item.level !== level || this.#bytes <= target) return true;
      this.#bytes -= item.bytes;
      dropped.push(item);
      return false;
    };
    this.#items = this.#items.slice(this.#head);
    this.#head = 0;
    for (const level of Object.values(LEVEL)) this.#items = this.#items.filter((item) => keep(item, level));
    return dropped;
  }
}
