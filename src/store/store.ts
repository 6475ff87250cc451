/**
 * EventStore: what happens between a caller and the place where events rest.
 *
 * It parses input once, commits in groups, counts what it sees, and turns a caller's options into one backend query.
 * Acknowledged means durable. Nothing here knows which engine answers.
 */

import type { Backend, BackendStats, SearchPlan } from "../backend/backend.ts";
import { openBackend } from "../backend/open.ts";
import { EventStoreError } from "../errors.ts";
import type { EventInput, StoredEvent } from "../event/event.ts";
import { isKnownType } from "../event/event-types.ts";
import { type ParseContext, type PreparedEvent, parseContext, prepareEvent } from "../event/parse.ts";
import { parseSelector } from "../event/selector/parse.ts";
import type { ParsedSelector, Selector } from "../event/selector/selector.ts";
import { type Appended, AppendQueue } from "./append-queue.ts";
import type { AppendResult } from "./append-result.ts";
import { Counters, type StoreCounters } from "./counters.ts";
import { EventCursor } from "./find.ts";
import { assertKnown, assertTexts } from "./known.ts";
import { type EventStoreOptions, type ResolvedStoreOptions, resolveStoreOptions } from "./options.ts";
import {
  type ArchiveOptions,
  archiveTargets,
  type CountOptions,
  countQuery,
  type FindOptions,
  findQuery,
  type TimeInput,
  toInstant,
  wholeNumber,
} from "./query.ts";
import { Tail } from "./tail.ts";
import { TailHub } from "./tail-hub.ts";
import { type TailOptions, tailSpec } from "./tail-options.ts";

export type { SearchPlan };

const PURGE_OPTIONS = new Set(["archivedBefore", "batchSize"]);
/** Events archived or purged per durable step unless the caller says otherwise. */
const DEFAULT_STEP = 1000;

/** @since 0.1.0 */
export type StoreStats = StoreCounters & BackendStats & { readonly pending: number };

export class EventStore implements AsyncDisposable {
  readonly #backend: Backend;
  readonly #options: ResolvedStoreOptions;
  readonly #context: ParseContext;
  readonly #queue: AppendQueue;
  readonly #counters: Counters;
  readonly #hub: TailHub;
  #closing: Promise<void> | undefined;

  private constructor(backend: Backend, options: ResolvedStoreOptions, context: ParseContext) {
    this.#backend = backend;
    this.#options = options;
    this.#context = context;
    this.#hub = new TailHub(backend, options.onWarning);
    this.#queue = new AppendQueue(backend, { ...options, onWritten: () => this.#hub.wake() }, context.now);
    this.#counters = new Counters(options.onWarning);
  }

  /**
   * Opens (and creates, where new) the store behind a URL: `sqlite:PATH`, `memory:` or `mongodb://…`.
   * @throws EventStoreError `EVT_INVALID_OPTION`, `EVT_MISSING_DRIVER`, `EVT_BACKEND_UNAVAILABLE`, `EVT_SCHEMA_MISMATCH`.
   * @since 0.1.0
   */
  static async open(url: string, options: EventStoreOptions = {}): Promise<EventStore> {
    if (typeof url !== "string")
      throw new EventStoreError("EVT_INVALID_OPTION", "url must be a text, like sqlite:events.db");
    const resolved = resolveStoreOptions(options);
    const context = parseContext(options);
    const backend = await openBackend(url, {
      zone: context.zone,
      now: context.now,
      readOnly: resolved.readOnly,
      writerThread: options.writerThread === true,
      warn: resolved.onWarning,
      database: options.database,
      collection: options.collection,
      client: options.client,
    });
    return new EventStore(backend, resolved, context);
  }

  /**
   * Stores one event, or many. Resolves when they are durable, one result per event in order; a bad event never holds
   * up its neighbours. One invalid event alone rejects.
   * @throws EventStoreError `EVT_INVALID_EVENT`, `EVT_TOO_LARGE` (one event only), `EVT_BACKEND_UNAVAILABLE`, `EVT_CLOSED`.
   */
  append(event: EventInput): Promise<AppendResult>;
  append(events: readonly EventInput[]): Promise<AppendResult[]>;
  async append(input: EventInput | readonly EventInput[]): Promise<AppendResult | AppendResult[]> {
    if (Array.isArray(input)) return this.appendParsed(input.map((event) => this.#prepare(event, false)));
    const [result] = await this.appendParsed([this.#prepare(input, false)]);
    if (result?.status === "invalid") throw result.error;
    return result as AppendResult;
  }

  /** For adapters: reads one value that came out of `parseJson`; an error is an answer, not an exception. */
  parse(value: unknown): PreparedEvent | EventStoreError {
    return this.#prepare(value, true);
  }

  /** For adapters: stores what `parse` made; errors among them become `invalid` results. */
  async appendParsed(parsed: readonly (PreparedEvent | EventStoreError)[]): Promise<AppendResult[]> {
    this.#assertOpen();
    if (this.#options.readOnly) throw new EventStoreError("EVT_INVALID_OPTION", "the store is open read-only");
    const good = parsed.filter((item): item is PreparedEvent => !(item instanceof EventStoreError));
    const appended = await this.#queue.push(good);
    let at = 0;
    return parsed.map((item) => {
      if (item instanceof EventStoreError) return this.#counters.invalid(item);
      return this.#counters.outcome(item, appended[at++] as Appended);
    });
  }

  /** The event with this id, archived or not; undefined when there is none. */
  async get(id: string): Promise<StoredEvent | undefined> {
    this.#assertOpen();
    if (typeof id !== "string") throw new EventStoreError("EVT_INVALID_OPTION", "id must be a text");
    return this.#backend.get(id);
  }

  /**
   * Searches in time order. See {@link FindOptions}.
   * @throws EventStoreError `EVT_INVALID_SELECTOR`, `EVT_INVALID_OPTION` at once; `EVT_BACKEND_UNAVAILABLE` while reading.
   */
  find(options: FindOptions = {}): EventCursor {
    this.#assertOpen();
    const query = findQuery(options, this.#context);
    return new EventCursor(this.#backend, query, options.timeoutMs ?? this.#options.findTimeoutMs, options.fields);
  }

  /** How `find` would search with these options; reads nothing. Same errors as `find`. */
  explain(options: FindOptions = {}): SearchPlan {
    this.#assertOpen();
    return this.#backend.explain(findQuery(options, this.#context));
  }

  /** Exact number of matches; counting stops at `limit` where one is given. */
  async count(options: CountOptions = {}): Promise<number> {
    this.#assertOpen();
    const query = countQuery(options, this.#context);
    const time = AbortSignal.timeout(options.timeoutMs ?? this.#options.findTimeoutMs);
    const signal = options.signal ? AbortSignal.any([options.signal, time]) : time;
    const found = await this.#backend.count({ ...query, signal });
    if (signal.aborted)
      throw new EventStoreError("EVT_BACKEND_UNAVAILABLE", "counting took too long; narrow the time range");
    return found;
  }

  /**
   * Follows what is stored, in order of arrival: matching events from now on, from a cursor, or after a look back.
   * Close it (or break out of the loop) when it is not wanted any more; the store's end ends it, too.
   * @example for await (const item of store.tail({ log_level: { $gte: 40 } })) if (item.kind === "event") show(item.event);
   * @throws EventStoreError `EVT_INVALID_SELECTOR`, `EVT_INVALID_OPTION` at once. A database that cannot be reached
   *   does not end it: it goes on where it was.
   * @since 0.1.0
   */
  tail(selector: Selector = {}, options: TailOptions = {}): Tail {
    this.#assertOpen();
    const { findTimeoutMs } = this.#options;
    const parts = { hub: this.#hub, backend: this.#backend, zone: this.#context.zone, findTimeoutMs };
    return new Tail(parts, tailSpec(selector, options, this.#context));
  }

  /** About how many events there are; never scans. */
  estimate(): Promise<number> {
    this.#assertOpen();
    return this.#backend.estimate();
  }

  /** Hides events from default results, oldest first, in bounded steps; returns how many were not archived before. */
  async archive(options: ArchiveOptions): Promise<number> {
    this.#assertOpen();
    const at = toInstant("at", options.at ?? this.#context.now(), this.#context);
    const batch = wholeNumber("batchSize", options.batchSize) || DEFAULT_STEP;
    let batches = options.maxBatches ?? Number.POSITIVE_INFINITY;
    let archived = 0;
    for (const target of archiveTargets(options, batch, this.#context)) {
      for (let last = batch; last === batch && batches > 0; batches--) {
        last = await this.#backend.archive(target, at, batch);
        archived += last;
        if ("ids" in target) break;
      }
    }
    return archived;
  }

  /** Takes events back from the archive; returns how many were in it. */
  async unarchive(ids: readonly string[]): Promise<number> {
    this.#assertOpen();
    assertTexts("ids", ids);
    return this.#backend.unarchive(ids);
  }

  /** Deletes for good what was archived before the instant, in bounded steps; returns how many. */
  async purge(options: { readonly archivedBefore: TimeInput; readonly batchSize?: number }): Promise<number> {
    this.#assertOpen();
    assertKnown("purge", options, PURGE_OPTIONS);
    const before = toInstant("archivedBefore", options.archivedBefore, this.#context);
    const batch = wholeNumber("batchSize", options.batchSize) || DEFAULT_STEP;
    let purged = 0;
    for (let last = batch; last === batch; ) {
      last = await this.#backend.purge(before, batch);
      purged += last;
    }
    return purged;
  }

  /** Resolves when the engine answers now. @throws EventStoreError `EVT_BACKEND_UNAVAILABLE`. */
  async ping(): Promise<void> {
    this.#assertOpen();
    await this.#backend.ping();
  }

  /** Counters since open. */
  stats(): StoreStats {
    return { ...this.#counters.read(), ...this.#backend.stats(), pending: this.#queue.pending };
  }

  /** Waits for what was accepted, ends all tails, then lets go of everything. Safe twice. */
  close(): Promise<void> {
    this.#closing ??= this.#queue
      .drained()
      .then(() => this.#hub.close())
      .then(() => this.#backend.close());
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #prepare(value: unknown, fromJson: boolean): PreparedEvent | EventStoreError {
    try {
      const prepared = prepareEvent(value, this.#context, fromJson);
      if (!isKnownType(prepared.event.event_type)) this.#counters.unknownType(prepared.event.event_type);
      return prepared;
    } catch (error) {
      if (error instanceof EventStoreError) return error;
      const reason = error instanceof Error ? error.message : String(error);
      return new EventStoreError("EVT_INVALID_EVENT", `the event cannot be read: ${reason}`, { cause: error });
    }
  }

  /** For adapters: the guard, with this store's zone. */
  parseSelector(selector: unknown): ParsedSelector {
    return parseSelector(selector, { naiveTimezone: this.#context.naiveTimezone });
  }

  #assertOpen(): void {
    if (this.#closing) throw new EventStoreError("EVT_CLOSED", "the store is closed");
  }
}
