/**
 * Tail: stored events as they arrive, read as an async iterable.
 *
 *   [backfill] ─► alone: reads arrivals from the cursor at the consumer's pace ─► joining ─► live: fed by the hub
 *                      ▲                                                            │
 *                      └───────── too slow to join (nothing is dropped) ────────────┘
 *
 * Joining leaves no hole and repeats nothing: the hub fills the queue from a place at or behind the tail's own; what
 * came in between is read alone once more, and its ids are taken out of the queue. Only a live tail drops, counted.
 */
import { setImmediate as turn } from "node:timers/promises";
import type { ArrivalPage, Backend } from "../backend/backend.ts";
import { EventStoreError } from "../errors.ts";
import type { TailItem } from "../event/tail-item.ts";
import type { ZoneReader } from "../event/zone.ts";
import { lastEvents } from "./tail-backfill.ts";
import { hasMore, type TailHub } from "./tail-hub.ts";
import type { TailSpec } from "./tail-options.ts";
import { TailQueue } from "./tail-queue.ts";
import { TailReader } from "./tail-reader.ts";

/** Pages read alone while the hub fills the queue already; then joining is given up for now. */
const JOIN_PAGES = 4;

/** What a tail works with. */
export interface TailParts {
  readonly hub: TailHub;
  readonly backend: Pick<Backend, "find">;
  readonly zone: ZoneReader;
  /** Longest the look-up of a backfill may take, in ms. */
  readonly findTimeoutMs: number;
}

/** Made by `store.tail()`; see there. @since 0.1.0 */
export class Tail implements AsyncIterable<TailItem>, AsyncDisposable {
  readonly #parts: TailParts;
  readonly #spec: TailSpec;
  readonly #queue: TailQueue;
  readonly #ended = new AbortController();
  readonly #forget: () => void;
  /** Arrivals read alone. */
  readonly #reader: TailReader;
  /** Ids delivered by a backfill or while joining that arrivals may bring again, once: at most some ten thousand. */
  readonly #seen = new Set<string>();
  /** Those added by the attempt to join that is under way. */
  #joining: string[] | undefined;
  /** The hub's latest reading when the tail joined; a later one that came to the end is behind all that was read alone. */
  #joinedAt: number | undefined;
  #at: string | undefined;
  /** Behind all the hub has looked at. */
  #hubAt: string | undefined;
  /** True as soon as that is at or behind what was read alone. */
  #hubPassed = false;
  #delivered = 0;
  #started = false;
  #isWaiting = false;

  /** @internal */
  constructor(parts: TailParts, spec: TailSpec) {
    this.#parts = parts;
    this.#spec = spec;
    this.#queue = new TailQueue(spec.maxQueuedEvents);
    this.#reader = new TailReader(parts.hub, spec.cursor, this.#ended.signal);
    this.#at = spec.cursor;
    this.#forget = parts.hub.opened(this);
    spec.signal?.addEventListener("abort", this.#end, { once: true });
    if (spec.signal?.aborted) this.#end();
  }

  /**
   * Where a later tail goes on without missing or repeating anything: behind the last item, and behind the events since
   * that did not match. Undefined until the tail knows where it begins.
   */
  get cursor(): string | undefined {
    return this.#isWaiting && this.#hubPassed && this.#queue.isEmpty ? this.#hubAt : this.#at;
  }

  /** Events delivered so far. */
  get delivered(): number {
    return this.#delivered;
  }

  /** Events that matched and were left out because the consumer was too slow. */
  get dropped(): number {
    return this.#queue.dropped;
  }

  /**
   * Ends with `close()`, the signal, or the store. Can be iterated once.
   * @throws EventStoreError `EVT_BACKEND_UNAVAILABLE` only for a backfill that cannot be read.
   */
  async *[Symbol.asyncIterator](): AsyncGenerator<TailItem, void> {
    for await (const items of this.#groups(undefined)) {
      for (const item of items) {
        if (this.#ended.signal.aborted) return;
        this.#account([item]);
        yield item;
      }
    }
  }

  /** The same items in groups. A group may be empty: at the latest `idleMs` after the last one while nothing comes. */
  async *groups(idleMs?: number): AsyncGenerator<readonly TailItem[], void> {
    for await (const items of this.#groups(idleMs)) {
      this.#account(items);
      yield items;
    }
  }

  /** Ends the iteration and lets go of everything. Safe twice. */
  async close(): Promise<void> {
    this.#end();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  readonly #end = (): void => {
    this.#ended.abort();
    this.#parts.hub.leave(this.#receive);
    this.#queue.close();
    this.#forget();
    this.#spec.signal?.removeEventListener("abort", this.#end);
  };

  #account(items: readonly TailItem[]): void {
    for (const item of items) if (item.kind === "event") this.#delivered++;
    this.#at = items.at(-1)?.cursor ?? this.#at;
  }

  async *#groups(idleMs: number | undefined): AsyncGenerator<readonly TailItem[], void> {
    if (this.#started) throw new EventStoreError("EVT_INVALID_OPTION", "a tail can be iterated once; make another");
    this.#started = true;
    try {
      if (this.#spec.cursor === undefined) yield* this.#begin();
      if (this.#spec.backfill > 0) yield* this.#lookBack();
      yield* this.#alone();
      if (this.#isEnded()) return;
      yield [{ kind: "live", cursor: this.#reader.position as string }];
      yield* this.#live(idleMs);
    } catch (error) {
      if (!(error instanceof EventStoreError) || error.code !== "EVT_CLOSED") throw error;
    } finally {
      this.#end();
    }
  }

  /** Finds out where the present end is. */
  async *#begin(): AsyncGenerator<readonly TailItem[], void> {
    while (this.#reader.position === undefined && !this.#isEnded()) if (!(await this.#reader.next())) yield [];
    this.#at = this.#reader.position;
  }

  async *#lookBack(): AsyncGenerator<readonly TailItem[], void> {
    const { backend, zone, findTimeoutMs: timeoutMs } = this.#parts;
    const { selector, archived, backfill: events } = this.#spec;
    const cursor = this.#reader.position as string;
    const search = { selector, archived, events, zone, timeoutMs, signal: this.#ended.signal };
    for await (const page of lastEvents(backend, search)) {
      if (this.#isEnded()) return;
      for (const event of page) this.#seen.add(event._id);
      yield page.map((event) => ({ kind: "event", event, cursor }));
    }
  }

  /** Reads to the end and joins the hub there; again and again while others write faster than it can be done. */
  async *#alone(): AsyncGenerator<readonly TailItem[], void> {
    while (!this.#isEnded()) {
      const page = await this.#reader.next();
      yield this.#accept(page);
      this.#at = this.#reader.position;
      if (page === undefined) continue;
      if (hasMore(page)) {
        await turn();
        continue;
      }
      if (!(await this.#parts.hub.enter(this.#receive))) continue;
      if (yield* this.#join()) return;
      this.#parts.hub.leave(this.#receive);
      this.#queue.clear();
    }
  }

  /** Reads what has come until the hub began to fill the queue; false when that is too much for now. */
  async *#join(): AsyncGenerator<readonly TailItem[], boolean> {
    this.#joining = [];
    for (let pages = 0; pages < JOIN_PAGES && !this.#isEnded(); pages++) {
      const page = await this.#reader.next();
      yield this.#accept(page);
      this.#at = this.#reader.position;
      if (page === undefined || this.#queue.dropped > 0) break;
      if (hasMore(page)) continue;
      this.#queue.discard(this.#seen);
      this.#joinedAt = this.#parts.hub.reading;
      this.#joining = undefined;
      return true;
    }
    for (const id of this.#joining) this.#seen.delete(id);
    this.#joining = undefined;
    return false;
  }

  async *#live(idleMs: number | undefined): AsyncGenerator<readonly TailItem[], void> {
    while (!this.#isEnded()) {
      this.#isWaiting = true;
      const items = await this.#queue.take(idleMs);
      if (items.length === 0) this.#at = this.cursor;
      this.#isWaiting = false;
      if (!this.#isEnded()) yield items;
    }
  }

  /** What of a page read alone is to be delivered. */
  #accept(page: ArrivalPage | undefined): TailItem[] {
    if (page === undefined) return [];
    const items: TailItem[] = [];
    if (page.lost) items.push({ kind: "gap", dropped: 0, reason: "lost", cursor: this.#lostAt(page) });
    for (const { event, cursor } of page.arrivals) {
      if (!this.#spec.matches(event) || this.#isRepeated(event._id)) continue;
      this.#note(event._id);
      items.push({ kind: "event", event, cursor });
    }
    return items;
  }

  /** Delivered before, by a backfill? While joining the hub may bring it, too. */
  #isRepeated(id: string): boolean {
    return this.#joining ? this.#seen.has(id) : this.#seen.delete(id);
  }

  #note(id: string): void {
    if (!this.#joining) return;
    this.#joining.push(id);
    this.#seen.add(id);
  }

  /** In front of what the page still has; resuming there tells the gap again. */
  #lostAt(page: ArrivalPage): string {
    return page.arrivals.length > 0 ? (this.#at ?? page.cursor) : page.cursor;
  }

  /** A page of the hub's. */
  readonly #receive = (page: ArrivalPage, reading: number): void => {
    const before = this.#hubAt ?? this.#reader.position;
    this.#hubAt = page.cursor;
    if (page.lost) this.#queue.pushLost(page.arrivals.length > 0 && before ? before : page.cursor);
    for (const arrival of page.arrivals) {
      if (!this.#spec.matches(arrival.event)) continue;
      if (this.#joinedAt === undefined || !this.#seen.delete(arrival.event._id)) this.#queue.push(arrival);
    }
    if (this.#hubPassed || this.#joinedAt === undefined || reading <= this.#joinedAt || hasMore(page)) return;
    this.#hubPassed = true;
  };

  #isEnded(): boolean {
    return this.#ended.signal.aborted;
  }
}
