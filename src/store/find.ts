/**
 * EventCursor: the result of `store.find()`, read as an async iterable.
 *
 * Nothing is read before the first `next()`; breaking out of the loop releases everything. When the loop has ended (by
 * its limit, at the end, or because `timedOut`), `cursor` says where the next `find()` goes on.
 */
import type { Backend, FindQuery, Position } from "../backend/backend.ts";
import type { StoredEvent } from "../event/event.ts";
import { encodeCursor } from "./position.ts";

export class EventCursor implements AsyncIterable<StoredEvent> {
  readonly #backend: Backend;
  readonly #query: FindQuery;
  readonly #timeoutMs: number;
  readonly #fields: ReadonlySet<string> | undefined;
  #position: Position | undefined;
  #timedOut = false;

  constructor(backend: Backend, query: FindQuery, timeoutMs: number, fields: readonly string[] | undefined) {
    this.#backend = backend;
    this.#query = query;
    this.#timeoutMs = timeoutMs;
    this.#fields = fields && new Set(fields);
  }

  /**
   * Pass it to the next `find()` of the same order to continue behind the pages read so far.
   * Undefined when the search has reached its end.
   */
  get cursor(): string | undefined {
    return this.#position && encodeCursor(this.#position, this.#query);
  }

  /** True when the time limit ended the search before it was complete. */
  get timedOut(): boolean {
    return this.#timedOut;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<StoredEvent, void> {
    for await (const page of this.pages()) yield* page;
  }

  /** The same events in the groups they were read in; none is empty. */
  async *pages(): AsyncGenerator<readonly StoredEvent[], void> {
    const time = new AbortController();
    const timer = setTimeout(() => time.abort(), this.#timeoutMs);
    const signal = this.#query.signal ? AbortSignal.any([this.#query.signal, time.signal]) : time.signal;
    this.#position = this.#query.after;
    let left = this.#query.limit ?? Number.POSITIVE_INFINITY;
    try {
      for await (const { events, position } of this.#backend.find({ ...this.#query, signal })) {
        this.#position = position;
        left -= events.length;
        if (events.length > 0) yield this.#project(events);
      }
      this.#timedOut = time.signal.aborted;
      if (left > 0 && !signal.aborted) this.#position = undefined;
    } finally {
      clearTimeout(timer);
    }
  }

  /** All events in an array; give the search a limit. */
  async toArray(): Promise<StoredEvent[]> {
    const all: StoredEvent[] = [];
    for await (const page of this.pages()) for (const event of page) all.push(event);
    return all;
  }

  #project(events: readonly StoredEvent[]): readonly StoredEvent[] {
    const fields = this.#fields;
    if (!fields) return events;
    const pick = (event: StoredEvent) => Object.fromEntries(Object.entries(event).filter(([key]) => fields.has(key)));
    return events.map((event) => pick(event) as unknown as StoredEvent);
  }
}
