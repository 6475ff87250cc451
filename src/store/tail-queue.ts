/**
 * TailQueue: what a tail has been given and its consumer has not yet taken, bounded by number and by bytes.
 *
 *   taking in ─ full ─► dropping (counted) ─ half empty, or all taken ─► one gap item ─► taking in
 *
 * Half empty, so that a consumer a little too slow gets stretches of events and not a gap between every two.
 */
import type { Arrival } from "../backend/backend.ts";
import type { TailItem } from "../event/tail-item.ts";

/** JSON bytes waiting, at most, unless a single event is larger. */
const MAX_BYTES = 4_194_304;
/** Most items and bytes handed over at once. */
const GROUP_ITEMS = 100;
const GROUP_BYTES = 262_144;

interface Queued {
  readonly item: TailItem;
  readonly bytes: number;
}

export class TailQueue {
  readonly #maxEvents: number;
  #queued: Queued[] = [];
  #bytes = 0;
  /** The stretch being dropped. */
  #missed: { count: number; cursor: string } | undefined;
  #dropped = 0;
  #wake: (() => void) | undefined;
  #closed = false;

  constructor(maxEvents: number) {
    this.#maxEvents = maxEvents;
  }

  get isEmpty(): boolean {
    return this.#queued.length === 0 && this.#missed === undefined;
  }

  /** Events dropped in all. */
  get dropped(): number {
    return this.#dropped;
  }

  push({ event, cursor, bytes = 0 }: Arrival): void {
    if (this.#mustDrop(bytes)) {
      this.#missed = { count: (this.#missed?.count ?? 0) + 1, cursor };
      this.#dropped++;
      return;
    }
    this.#tellMissed();
    this.#add({ item: { kind: "event", event, cursor }, bytes });
  }

  /** Something is missing here that nobody can count. */
  pushLost(cursor: string): void {
    this.#tellMissed();
    this.#add({ item: { kind: "gap", dropped: 0, reason: "lost", cursor }, bytes: 0 });
  }

  /** Takes out events that have been delivered already. */
  discard(ids: ReadonlySet<string>): void {
    this.#queued = this.#queued.filter(({ item }) => item.kind !== "event" || !ids.has(item.event._id));
    this.#bytes = this.#queued.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** Forgets everything, drops included, because it will be read again. */
  clear(): void {
    this.#dropped = 0;
    this.#missed = undefined;
    this.#queued = [];
    this.#bytes = 0;
  }

  /** The next items; none when nothing has come within `waitMs`, or after `close`. */
  async take(waitMs?: number): Promise<TailItem[]> {
    if (this.isEmpty && !this.#closed) await this.#somethingCame(waitMs);
    const items: TailItem[] = [];
    let bytes = 0;
    for (const queued of this.#queued) {
      if (items.length >= GROUP_ITEMS || bytes >= GROUP_BYTES) break;
      items.push(queued.item);
      bytes += queued.bytes;
    }
    this.#queued.splice(0, items.length);
    this.#bytes -= bytes;
    if (this.#queued.length > 0 || this.#missed === undefined) return items;
    this.#tellMissed();
    return [...items, ...this.#queued.splice(0).map(({ item }) => item)];
  }

  close(): void {
    this.#closed = true;
    this.#queued = [];
    this.#missed = undefined;
    this.#wake?.();
  }

  #mustDrop(bytes: number): boolean {
    const held = this.#queued.length;
    if (this.#missed) return held > this.#maxEvents / 2 || this.#bytes > MAX_BYTES / 2;
    return held >= this.#maxEvents || (held > 0 && this.#bytes + bytes > MAX_BYTES);
  }

  #tellMissed(): void {
    if (this.#missed === undefined) return;
    const { count, cursor } = this.#missed;
    this.#missed = undefined;
    this.#add({ item: { kind: "gap", dropped: count, reason: "slow", cursor }, bytes: 0 });
  }

  #add(queued: Queued): void {
    this.#queued.push(queued);
    this.#bytes += queued.bytes;
    this.#wake?.();
  }

  #somethingCame(waitMs: number | undefined): Promise<void> {
    return new Promise((resolve) => {
      const timer = waitMs === undefined ? undefined : setTimeout(() => this.#wake?.(), waitMs);
      this.#wake = () => {
        clearTimeout(timer);
        this.#wake = undefined;
        resolve();
      };
    });
  }
}
