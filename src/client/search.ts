/**
 * Search: what a selector accepts, as a dictionary (`await`), one by one (`for await`) or page by page (`pages()`).
 *
 * Our server is asked page by page, so a search of any length takes the memory of one page. MADSci's answers everything
 * at once and in no order; it is put in order here, and archived events are left out as ours leaves them out.
 * Nothing is asked before the result is wanted; every way of wanting it asks anew.
 */
import { EventStoreError } from "../errors.ts";
import type { Event, StoredEvent } from "../event/event.ts";
import { type Json, stringifyJson } from "../event/json.ts";
import { parseSelector } from "../event/selector/parse.ts";
import type { Selector } from "../event/selector/selector.ts";
import { invalid, whole } from "../ship/option-checks.ts";
import type { HttpCaller } from "./http-call.ts";
import type { ServerKind } from "./server-kind.ts";
import { byTime, instantOfEvent, keyed, storedEvent, storedEvents } from "./stored.ts";

/** @since 0.1.0 */
export interface SearchOptions {
  /** Earliest and latest event time, inclusive. */
  readonly from?: string | Date;
  readonly to?: string | Date;
  /** By event time, then id. @default "newest" */
  readonly order?: "newest" | "oldest";
  /** Most events. @default all, and 100 000 for the dictionary, which refuses to hold more */
  readonly limit?: number;
  /** Archived events too. @default false, unless the selector names `archived` */
  readonly includeArchived?: boolean;
  /** Only these fields of an event, and its id. */
  readonly fields?: readonly (keyof StoredEvent)[];
  /** Events asked for at a time, up to 1000. @default 500 */
  readonly pageSize?: number;
  /** Continue behind the pages an earlier search of the same order had; not with MADSci's server. */
  readonly cursor?: string;
  readonly signal?: AbortSignal;
}

export interface SearchParts {
  readonly http: HttpCaller;
  readonly kind: ServerKind;
  readonly timeoutMs: number;
}

const KNOWN = ["from", "to", "order", "limit", "includeArchived", "fields", "pageSize", "cursor", "signal"];
const DICTIONARY_MAX = 100_000;
const PAGE = 500;
const PAGE_MAX = 1000;

/** @since 0.1.0 */
export class EventSearch implements PromiseLike<Record<string, StoredEvent>>, AsyncIterable<StoredEvent> {
  readonly #parts: SearchParts;
  readonly #selector: Selector;
  readonly #options: SearchOptions;
  #cursor: string | undefined;

  /** @throws EventStoreError `EVT_INVALID_OPTION` naming the option */
  constructor(parts: SearchParts, selector: Selector, options: SearchOptions) {
    const unknown = Object.keys(options).find((name) => !KNOWN.includes(name));
    if (unknown !== undefined) throw invalid(`unknown option "${unknown}"; known ones are ${KNOWN.join(", ")}`);
    whole("limit", options.limit, 1);
    if (whole("pageSize", options.pageSize, PAGE) > PAGE_MAX) throw invalid(`pageSize must be ${PAGE_MAX} at most`);
    this.#parts = parts;
    this.#selector = selector;
    this.#options = options;
  }

  /** Continues behind the pages read so far; undefined at the end, and with MADSci's server. */
  get cursor(): string | undefined {
    return this.#cursor;
  }

  /**
   * Pages of at least one event.
   * @throws EventStoreError `EVT_INVALID_SELECTOR` naming path and operator; `EVT_BACKEND_UNAVAILABLE`
   */
  async *pages(): AsyncGenerator<StoredEvent[]> {
    const kind = await this.#parts.kind.get();
    let isAsked = false;
    try {
      for await (const page of kind === "v1" ? this.#pagesOfOurs() : this.#pagesOfMadsci()) {
        isAsked = true;
        if (page.length > 0) yield page;
      }
    } catch (error) {
      if (isAsked || kind !== "v1" || !isMissing(error)) throw error;
      // Another server stands there now.
      this.#parts.kind.forget();
      if ((await this.#parts.kind.get()) === "v1") throw error;
      yield* this.#pagesOfMadsci();
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<StoredEvent> {
    for await (const page of this.pages()) yield* page;
  }

  /** All events, in their order. @throws EventStoreError `EVT_TOO_LARGE` beyond 100 000 without a `limit` */
  async toArray(): Promise<StoredEvent[]> {
    const events: StoredEvent[] = [];
    for await (const page of this.pages()) {
      for (const event of page) events.push(event);
      if (events.length <= DICTIONARY_MAX || this.#options.limit !== undefined) continue;
      const message = `more than ${DICTIONARY_MAX} events match; iterate over them, or give a limit`;
      throw new EventStoreError("EVT_TOO_LARGE", message);
    }
    return events;
  }

  /** The dictionary from id to event that `await` gives. */
  // biome-ignore lint/suspicious/noThenProperty: `await client.query_events(…)` is MADSci's way to get a dictionary
  then<A = Record<string, StoredEvent>, B = never>(
    fulfilled?: ((events: Record<string, StoredEvent>) => A | PromiseLike<A>) | null,
    rejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.toArray().then(keyed).then(fulfilled, rejected);
  }

  async *#pagesOfOurs(): AsyncGenerator<StoredEvent[]> {
    const { from, to, order, includeArchived, fields, limit = Number.POSITIVE_INFINITY } = this.#options;
    const fixed = { selector: this.#selector, from: textOf(from), to: textOf(to), order };
    const more = { include_archived: includeArchived, fields: fields && [...new Set(["_id", ...fields])] };
    let { cursor } = this.#options;
    let left = limit;
    do {
      const size = Math.min(left, this.#options.pageSize ?? PAGE);
      const answer = await this.#ask("/v1/events/search", { ...fixed, ...more, limit: size, cursor });
      const { events = [], cursor: next } = answer as { events?: Json[]; cursor?: string | null };
      yield fields
        ? (events as unknown as StoredEvent[])
        : events.map(storedEvent).filter((event) => event !== undefined);
      left -= events.length;
      cursor = next ?? undefined;
      this.#cursor = cursor;
    } while (cursor !== undefined && left > 0);
  }

  async *#pagesOfMadsci(): AsyncGenerator<StoredEvent[]> {
    if (this.#options.cursor !== undefined) throw invalid("cursor: MADSci's server has none");
    // That server knows no guard; a mistake in a selector is a failure of its database.
    const { fields: named } = parseSelector(this.#selector);
    const {
      limit,
      order = "newest",
      includeArchived = named.has("archived") || named.has("archived_at"),
    } = this.#options;
    const events = storedEvents(await this.#ask("/events/query", this.#selector));
    const wanted = events.filter((event) => (includeArchived || !event.archived) && this.#isInTime(event)).sort(byTime);
    if (order === "newest") wanted.reverse();
    const chosen = wanted.slice(0, limit).map((event) => projected(event, this.#options.fields));
    const size = this.#options.pageSize ?? PAGE;
    for (let at = 0; at < chosen.length; at += size) yield chosen.slice(at, at + size);
  }

  #ask(path: string, body: unknown): Promise<Json> {
    const { http, timeoutMs } = this.#parts;
    const { signal } = this.#options;
    const question = { method: "POST", path, timeoutMs, signal, isRepeatable: true } as const;
    return http.json({ ...question, body: stringifyJson(body), invalid: "EVT_INVALID_SELECTOR" });
  }

  #isInTime(event: StoredEvent): boolean {
    const { from, to } = this.#options;
    const instant = instantOfEvent(event);
    const bound = (time: string | Date) => instantOfEvent({ event_timestamp: textOf(time) ?? "" });
    return (from === undefined || instant >= bound(from)) && (to === undefined || instant <= bound(to));
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof EventStoreError && /: HTTP 40[45]\b/.test(error.message);
}

function textOf(time: string | Date | undefined): string | undefined {
  return time instanceof Date ? time.toISOString() : time;
}

function projected(event: StoredEvent, fields: SearchOptions["fields"]): StoredEvent {
  if (fields === undefined) return event;
  const kept = fields.map((field) => [field, event[field]] as const);
  return { _id: event._id, ...Object.fromEntries(kept) } as unknown as StoredEvent & Event;
}
