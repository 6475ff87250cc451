/**
 * EventStore: what happens between a caller and the place where events rest.
 *
 * It parses input once, commits in groups, counts what it sees, and turns a caller's options into one backend query.
 * Acknowledged means durable. Nothing here knows which engine answers.
 */
import { openBackend } from "../backend/open.ts";
import type { ArchiveTarget, Backend, BackendStats, FindQuery } from "../backend/backend.ts";
import { EventStoreError } from "../errors.ts";
import type { EventInput, StoredEvent } from "../event/event.ts";
import { EVENT_FIELDS } from "../event/event.ts";
import { isKnownType } from "../event/event-types.ts";
import { type Instant, instantOf } from "../event/instant.ts";
import { type ParseContext, parseContext, type PreparedEvent, prepareEvent } from "../event/parse.ts";
import { parseSelector } from "../event/selector/parse.ts";
import { DateValue, type Node, type ParsedSelector, type Selector } from "../event/selector/selector.ts";
import { parseTimestamp } from "../event/timestamp.ts";
import { type Appended, AppendQueue } from "./append-queue.ts";
import { Counters, type StoreCounters } from "./counters.ts";
import { EventCursor } from "./find.ts";
import { type EventStoreOptions, type ResolvedStoreOptions, resolveStoreOptions } from "./options.ts";
import { decodeCursor } from "./position.ts";

/**
 * What became of one appended event.
 * `stored` and `duplicate` are durable. `conflict`: the id holds another content, which stays. `invalid`: not stored.
 * @since 0.1.0
 */
export type AppendResult =
  | { readonly status: "stored"; readonly id: string; readonly event: StoredEvent }
  | { readonly status: "duplicate"; readonly id: string; readonly event: StoredEvent }
  | { readonly status: "conflict"; readonly id: string; readonly event: StoredEvent; readonly error: EventStoreError }
  | { readonly status: "invalid"; readonly id: string | undefined; readonly error: EventStoreError };

/** A point in time as a caller may give it. @since 0.1.0 */
export type TimeInput = Date | string | number;

/** @since 0.1.0 */
export interface FindOptions {
  /** @default {} (everything) */
  readonly selector?: Selector | undefined;
  /** Event time bounds, both inclusive. */
  readonly from?: TimeInput | undefined;
  readonly to?: TimeInput | undefined;
  /** Archived events too. @default false, or true when the selector names `archived` or `archived_at` */
  readonly includeArchived?: boolean | undefined;
  /** By event time, then id. @default "newest" */
  readonly order?: "newest" | "oldest" | undefined;
  /** `archived_at` lists archived events only. @default "event_timestamp" */
  readonly by?: "event_timestamp" | "archived_at" | undefined;
  readonly limit?: number | undefined;
  readonly offset?: number | undefined;
  /** From `EventCursor.cursor` of the same search. */
  readonly cursor?: string | undefined;
  /** Top-level fields to return. @default all */
  readonly fields?: readonly string[] | undefined;
  /** @default the store's `findTimeoutMs` */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** @since 0.1.0 */
export type CountOptions = Pick<FindOptions, "selector" | "from" | "to" | "includeArchived" | "limit" | "timeoutMs" | "signal">;

/** Which events to archive: by id, or all older than an instant and/or accepted by a selector. @since 0.1.0 */
export interface ArchiveOptions {
  readonly ids?: readonly string[];
  readonly before?: TimeInput;
  readonly selector?: Selector;
  /** Events per durable step. @default 1000 */
  readonly batchSize?: number;
  /** Most steps. @default unlimited */
  readonly maxBatches?: number;
}

/** @since 0.1.0 */
export type StoreStats = StoreCounters & BackendStats & { readonly pending: number };

export class EventStore implements AsyncDisposable {
  readonly #backend: Backend;
  readonly #options: ResolvedStoreOptions;
  readonly #context: ParseContext;
  readonly #queue: AppendQueue;
  readonly #counters: Counters;
  #closing: Promise<void> | undefined;

  private constructor(backend: Backend, options: ResolvedStoreOptions, context: ParseContext) {
    this.#backend = backend;
    this.#options = options;
    this.#context = context;
    this.#queue = new AppendQueue(backend, options, context.now);
    this.#counters = new Counters(options.onWarning);
  }

  /**
   * Opens (and creates, where new) the store behind a URL: `sqlite:PATH`, `memory:` or `mongodb://…`.
   * @throws EventStoreError `EVT_INVALID_OPTION`, `EVT_MISSING_DRIVER`, `EVT_BACKEND_UNAVAILABLE`, `EVT_SCHEMA_MISMATCH`.
   * @since 0.1.0
   */
  static async open(url: string, options: EventStoreOptions = {}): Promise<EventStore> {
    const resolved = resolveStoreOptions(options);
    const context = parseContext(options);
    const backend = await openBackend(url, {
      zone: context.zone,
      now: context.now,
      readOnly: resolved.readOnly,
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
  get(id: string): Promise<StoredEvent | undefined> {
    this.#assertOpen();
    return this.#backend.get(id);
  }

  /**
   * Searches in time order. See {@link FindOptions}.
   * @throws EventStoreError `EVT_INVALID_SELECTOR`, `EVT_INVALID_OPTION` at once; `EVT_BACKEND_UNAVAILABLE` while reading.
   */
  find(options: FindOptions = {}): EventCursor {
    this.#assertOpen();
    const scope = { by: options.by ?? "event_timestamp", order: options.order ?? "newest" } as const;
    const query: FindQuery = {
      ...this.#condition(options),
      ...scope,
      after: options.cursor === undefined ? undefined : decodeCursor(options.cursor, scope),
      skip: wholeNumber("offset", options.offset),
      limit: wholeNumber("limit", options.limit),
    };
    checkFields(options.fields);
    return new EventCursor(this.#backend, query, options.timeoutMs ?? this.#options.findTimeoutMs, options.fields);
  }

  /** Exact number of matches; counting stops at `limit` where one is given. */
  async count(options: CountOptions = {}): Promise<number> {
    this.#assertOpen();
    const time = AbortSignal.timeout(options.timeoutMs ?? this.#options.findTimeoutMs);
    const signal = options.signal ? AbortSignal.any([options.signal, time]) : time;
    const query = { ...this.#condition(options), signal, limit: wholeNumber("limit", options.limit) };
    const found = await this.#backend.count(query);
    if (signal.aborted) throw new EventStoreError("EVT_BACKEND_UNAVAILABLE", "counting took too long; narrow the time range");
    return found;
  }

  /** About how many events there are; never scans. */
  estimate(): Promise<number> {
    this.#assertOpen();
    return this.#backend.estimate();
  }

  /** Hides events from default results, oldest first, in bounded steps; returns how many were not archived before. */
  async archive(options: ArchiveOptions): Promise<number> {
    this.#assertOpen();
    const at = instantOf(this.#context.now());
    const batch = wholeNumber("batchSize", options.batchSize) || 1000;
    let batches = options.maxBatches ?? Number.POSITIVE_INFINITY;
    let archived = 0;
    for (const target of this.#targets(options, batch)) {
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
    return this.#backend.unarchive(ids);
  }

  /** Deletes for good what was archived before the instant, in bounded steps; returns how many. */
  async purge(options: { readonly archivedBefore: TimeInput; readonly batchSize?: number }): Promise<number> {
    this.#assertOpen();
    const before = this.#instant("archivedBefore", options.archivedBefore);
    const batch = wholeNumber("batchSize", options.batchSize) || 1000;
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

  /** Waits for what was accepted, then lets go of everything. Safe twice. */
  close(): Promise<void> {
    this.#closing ??= this.#queue.drained().then(() => this.#backend.close());
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
      throw error;
    }
  }

  #condition(options: CountOptions & { by?: FindOptions["by"] }) {
    const selector = this.parseSelector(options.selector ?? {});
    return {
      selector,
      from: options.from === undefined ? undefined : this.#instant("from", options.from),
      to: options.to === undefined ? undefined : this.#instant("to", options.to),
      archived: archivedFilter(options, selector),
      signal: options.signal,
    };
  }

  /** For adapters: the guard, with this store's zone. */
  parseSelector(selector: unknown): ParsedSelector {
    return parseSelector(selector, { zone: this.#context.zone });
  }

  #targets(options: ArchiveOptions, batch: number): ArchiveTarget[] {
    if (options.ids) {
      const ids = [...new Set(options.ids)];
      const parts = Math.ceil(ids.length / batch);
      return Array.from({ length: parts }, (_, i) => ({ ids: ids.slice(i * batch, (i + 1) * batch) }));
    }
    const selector = this.parseSelector(options.selector ?? {});
    if (options.before === undefined) {
      if (options.selector) return [{ selector }];
      throw new EventStoreError("EVT_INVALID_OPTION", "archive needs ids, before or selector");
    }
    const value = new DateValue(this.#instant("before", options.before));
    const older: Node = { op: "field", path: ["event_timestamp"], test: { op: "lt", value } };
    const fields = new Set([...selector.fields, "event_timestamp"]);
    return [{ selector: { root: { op: "and", children: [older, selector.root] }, fields } }];
  }

  #instant(name: string, time: TimeInput): Instant {
    if (time instanceof Date && !Number.isNaN(time.getTime())) return instantOf(time);
    const parsed = time instanceof Date ? "not a valid date" : parseTimestamp(time, this.#context.zone);
    if (typeof parsed !== "string") return parsed.instant;
    throw new EventStoreError("EVT_INVALID_OPTION", `${name}: ${parsed}`);
  }

  #assertOpen(): void {
    if (this.#closing) throw new EventStoreError("EVT_CLOSED", "the store is closed");
  }
}

/** Archived events are left out unless asked for, or the selector itself speaks of them. */
function archivedFilter(options: CountOptions & { by?: FindOptions["by"] }, selector: ParsedSelector): boolean | undefined {
  if (options.by === "archived_at") return true;
  const named = selector.fields.has("archived") || selector.fields.has("archived_at");
  return (options.includeArchived ?? named) ? undefined : false;
}

function wholeNumber(name: string, value: number | undefined): number | undefined {
  if (value === undefined || (Number.isInteger(value) && value >= 0)) return value;
  throw new EventStoreError("EVT_INVALID_OPTION", `${name} must be a whole number, 0 or more`);
}

function checkFields(fields: readonly string[] | undefined): void {
  const known = new Set<string>([...EVENT_FIELDS, "received_at", "skew_ms"]);
  const unknown = fields?.find((field) => !known.has(field));
  if (unknown !== undefined) throw new EventStoreError("EVT_INVALID_OPTION", `fields: an event has no field "${unknown}"`);
}
