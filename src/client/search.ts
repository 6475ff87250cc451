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
import { parseTimestamp } from "../event/timestamp.ts";
import { localZone, zoneReader } from "../event/zone.ts";
import { checkKeys, invalid, whole } from "../ship/option-checks.ts";
import type { HttpCaller } from "./http-call.ts";
import { sendableSelector } from "./sendable.ts";
import type { Kind, ServerKind } from "./server-kind.ts";
import { allEvents, byTime, instantOfEvent, isObject, keyed, storedEvents } from "./stored.ts";

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
const PATH_OF_OURS = "/v1/events/search";
const PATH_OF_MADSCI = "/events/query";

/** @since 0.1.0 */
export class EventSearch implements Promise<Record<string, StoredEvent>>, AsyncIterable<StoredEvent> {
  readonly [Symbol.toStringTag] = "EventSearch";
  readonly #parts: SearchParts;
  readonly #selector: Selector;
  readonly #options: SearchOptions;
  #cursor: string | undefined;

  /** @throws EventStoreError `EVT_INVALID_OPTION` naming the option, `EVT_INVALID_SELECTOR` naming what cannot be sent */
  constructor(parts: SearchParts, selector: Selector, options: SearchOptions) {
    checkKeys("", options, KNOWN);
    const { signal } = options;
    if (signal !== undefined && !(signal instanceof AbortSignal)) throw invalid("signal must be an AbortSignal");
    for (const name of ["from", "to"] as const) checkTime(name, options[name]);
    whole("limit", options.limit, 1);
    if (whole("pageSize", options.pageSize, PAGE) > PAGE_MAX) throw invalid(`pageSize must be ${PAGE_MAX} at most`);
    this.#parts = parts;
    this.#selector = sendableSelector(selector);
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
    const deadlineMs = performance.now() + this.#parts.timeoutMs;
    const kind = await this.#kind();
    let isAsked = false;
    try {
      for await (const page of kind === "v1" ? this.#pagesOfOurs(deadlineMs) : this.#pagesOfMadsci(deadlineMs)) {
        isAsked = true;
        if (page.length > 0) yield page;
      }
    } catch (error) {
      if (isAsked || kind !== "v1" || !isMissing(error)) throw error;
      // Another server stands there now.
      this.#parts.kind.forget();
      if ((await this.#kind()) === "v1") throw error;
      yield* this.#pagesOfMadsci(deadlineMs);
    }
  }

  /** Other searches may wait for the same answer: a signal ends only the wait of its own. */
  async #kind(): Promise<Kind> {
    const { signal } = this.#options;
    signal?.throwIfAborted();
    const asked = this.#parts.kind.get();
    if (signal === undefined) return asked;
    return new Promise((resolve, reject) => {
      const stop = () => reject(signal.reason);
      signal.addEventListener("abort", stop, { once: true });
      asked.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
    });
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

  catch<B = never>(
    rejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<Record<string, StoredEvent> | B> {
    return this.then(undefined, rejected);
  }

  finally(settled?: (() => void) | null): Promise<Record<string, StoredEvent>> {
    return this.then().finally(settled);
  }

  async *#pagesOfOurs(deadlineMs: number): AsyncGenerator<StoredEvent[]> {
    const { from, to, order, includeArchived, fields, limit = Number.POSITIVE_INFINITY } = this.#options;
    const fixed = { selector: this.#selector, from: textOf(from), to: textOf(to), order };
    const more = { include_archived: includeArchived, fields: fields && [...new Set(["_id", ...fields])] };
    let { cursor } = this.#options;
    let left = limit;
    let withinMs = deadlineMs - performance.now();
    do {
      const size = Math.min(left, this.#options.pageSize ?? PAGE);
      const answer = await this.#ask(PATH_OF_OURS, { ...fixed, ...more, limit: size, cursor }, withinMs);
      withinMs = this.#parts.timeoutMs;
      const page = pageOf(answer, fields !== undefined);
      // The same place again would be asked for for ever.
      if (page === undefined || (page.next !== undefined && page.next === cursor))
        throw this.#parts.http.foreign({ method: "POST", path: PATH_OF_OURS }, "no page of events");
      yield page.events;
      left -= page.events.length;
      cursor = page.next;
      this.#cursor = cursor;
    } while (cursor !== undefined && left > 0);
  }

  async *#pagesOfMadsci(deadlineMs: number): AsyncGenerator<StoredEvent[]> {
    if (this.#options.cursor !== undefined) throw invalid("cursor: MADSci's server has none");
    // That server knows no guard; a mistake in a selector is a failure of its database.
    const { fields: named } = parseSelector(this.#selector);
    const {
      limit,
      order = "newest",
      includeArchived = named.has("archived") || named.has("archived_at"),
    } = this.#options;
    const events = storedEvents(await this.#ask(PATH_OF_MADSCI, this.#selector, deadlineMs - performance.now()));
    if (events === undefined)
      throw this.#parts.http.foreign({ method: "POST", path: PATH_OF_MADSCI }, "no events by id");
    const wanted = events.filter((event) => (includeArchived || !event.archived) && this.#isInTime(event)).sort(byTime);
    if (order === "newest") wanted.reverse();
    const chosen = wanted.slice(0, limit).map((event) => projected(event, this.#options.fields));
    const size = this.#options.pageSize ?? PAGE;
    for (let at = 0; at < chosen.length; at += size) yield chosen.slice(at, at + size);
  }

  #ask(path: string, body: unknown, withinMs: number): Promise<Json> {
    const { http } = this.#parts;
    const timeoutMs = Math.max(1, Math.ceil(withinMs));
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

interface Page {
  readonly events: StoredEvent[];
  readonly next: string | undefined;
}

/** A page of our server; undefined where the answer is none. */
function pageOf(answer: Json, isProjected: boolean): Page | undefined {
  if (!isObject(answer) || !Array.isArray(answer.events)) return undefined;
  const { events: given, cursor = null } = answer as { events: Json[]; cursor?: Json };
  const events = allEvents(given);
  if (events === undefined || (cursor !== null && typeof cursor !== "string")) return undefined;
  return { events: isProjected ? (given as unknown as StoredEvent[]) : events, next: cursor ?? undefined };
}

function isMissing(error: unknown): boolean {
  return error instanceof EventStoreError && /: HTTP 40[45]\b/.test(error.message);
}

function checkTime(name: string, time: unknown): void {
  if (time === undefined || (time instanceof Date && !Number.isNaN(time.getTime()))) return;
  const isText = typeof time === "string" && typeof parseTimestamp(time, zoneReader(localZone())) !== "string";
  if (!isText) throw invalid(`${name} must be an ISO 8601 text or a valid Date`);
}

function textOf(time: string | Date | undefined): string | undefined {
  return time instanceof Date ? time.toISOString() : time;
}

function projected(event: StoredEvent, fields: SearchOptions["fields"]): StoredEvent {
  if (fields === undefined) return event;
  const kept = fields.map((field) => [field, event[field]] as const);
  return { _id: event._id, ...Object.fromEntries(kept) } as unknown as StoredEvent & Event;
}
